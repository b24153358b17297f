"""Moments of laws whose Moments have no short form: rows are drawn and summed, a block of them at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import reduce
from operator import add

from testbed.data import Moments, Sample

__all__ = ["pooled_rows", "stacked_repeats"]

CHUNK = 2**14  # rows drawn at once


def pooled_rows(
    draw: Callable[[int], Sample], n: int, blocks: tuple[str, ...], x2_square: bool, deficient: frozenset[str]
) -> Moments:
    """Moments of `n` rows of draw(size): memory does not grow with n, time does."""
    sizes = [CHUNK] * (n // CHUNK) + ([n % CHUNK] if n % CHUNK else [])
    whole = reduce(add, (Moments.of(draw(size)) for size in sizes))
    pairs = {
        (a, b): v
        for (a, b), v in whole.scatter.items()
        if a in blocks and b in blocks and (x2_square or (a, b) != ("x2", "x2"))
    }
    return Moments(whole.n, {a: whole.mean[a] for a in blocks}, pairs, deficient=deficient)


def stacked_repeats(parts: Iterable[Moments]) -> Moments:
    """Lay Moments of single repetitions along a new leading axis."""
    return Moments.stacked([part[None] for part in parts])
