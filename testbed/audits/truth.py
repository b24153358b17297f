"""A table drawn from a law, and what is true of it: what an audit can find, and what it cannot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from testbed._linalg import Array
from testbed.arguments import shown
from testbed.audits.input import Table, read
from testbed.audits.names import BETA, BOUND, EPSILON, LEAK, MEANS, UNIVERSAL
from testbed.audits.result import Audit
from testbed.laws import Law
from testbed.laws.base import check_n
from testbed.laws.population import Population

if TYPE_CHECKING:
    from testbed.generators import Generator

__all__ = ["drawn", "truth_of"]


def drawn(
    source: Generator | Law, n: int, pairs: int, folds: int, splits: int, seed: int
) -> tuple[Table, Callable[[Audit], Audit]]:
    """Draw a table of `n` labelled rows and `pairs` unlabelled ones, and give what adds the truth to its audit.

    Raises
    ------
    ValueError
        A law that stands for many (leading axes), sizes out of range, a table that cannot be audited.
    """
    check_n(n, "n")
    if pairs != 0:
        check_n(pairs, "pairs")
    streams = np.random.SeedSequence(seed, spawn_key=(1,)).spawn(3)
    rngs = [np.random.Generator(np.random.SFC64(s)) for s in streams]
    law = source.law() if isinstance(source, Law) or getattr(source, "frozen", True) else source.law(rngs[0])
    if law.batch:
        raise ValueError(f"--law {shown(source)} has leading axes {law.batch}: one law is needed")
    sample = law.sample(n, rngs[1])
    other = law.pretext_law.sample(pairs, rngs[2]) if pairs else None
    table = read(sample.x1, sample.x2, sample.y, None, None if other is None else (other.x1, other.x2), folds)
    return table, lambda found: replace(found, truth=truth_of(law.population(), found))


def truth_of(p: Population, found: Audit) -> dict[str, float]:
    """True values given y, with x2 in units of its true standard deviations given y."""
    within = p.s22 - np.swapaxes(p.A, -1, -2) @ _label_square(p) @ p.A
    scale = np.sqrt(np.diagonal(within))
    white = np.linalg.solve(np.linalg.cholesky(p.s11), p.cross_given("y"))
    contrast = _contrast(p, bool(found.classes)) @ p.A / scale
    weight = np.linalg.pinv(contrast) @ _contrast(p, bool(found.classes))
    values = np.linalg.svd(contrast, compute_uv=False)
    square = float(np.sum((white / scale) ** 2))
    known = {EPSILON: square, **{f"{MEANS}{i + 1}": float(v) for i, v in enumerate(values)}}
    solvable = contrast.shape[0] <= contrast.shape[1] and values[-1] > 1e-9
    known[BETA] = float(values[-1]) if solvable else 0.0
    known[BOUND] = square / known[BETA] ** 2 if solvable else float("inf") if square > 0.0 else 0.0
    known[LEAK] = float(np.sum((white / scale @ weight) ** 2)) if solvable else float("nan")
    if np.allclose(scale, scale[0], rtol=1e-9, atol=0.0) and found.classes:
        known[UNIVERSAL] = float(p.epsilon_ci("universal", given="y")) ** 2 / float(scale[0]) ** 2
    return known


def _label_square(p: Population) -> Array:
    """Covariance of the label, for Cov(E[X2|Y]) = A' Cov(Y) A: one-hot or real."""
    return np.asarray(p.syy)


def _contrast(p: Population, classes: bool) -> Array:
    k = p.A.shape[-2]
    if not classes:
        return np.eye(k)
    return np.asarray(np.linalg.qr(np.column_stack([np.ones(k), np.eye(k)[:, 1:]]))[0][:, 1:].T)
