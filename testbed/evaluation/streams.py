"""Streams of several blocks that are drawn from together: each gives the repetitions of its own block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from testbed._linalg import Array

__all__ = ["Streams"]


class Streams:
    """Draws as from one generator, of which each stream gives an equal part of the leading axis.

    The numbers of a stream are those that it gives alone, so what is computed from them for a stack of blocks has the
    bits of each block alone. See `testbed.laws.wishart.Numbers`.
    """

    def __init__(self, opened: Sequence[np.random.Generator]) -> None:
        self.opened = opened

    def parts(self, whole: npt.NDArray[Any]) -> Iterator[tuple[np.random.Generator, npt.NDArray[Any]]]:
        """Each stream, and the part of an array that is its own."""
        step = len(whole) // len(self.opened)
        return ((rng, whole[i * step : (i + 1) * step]) for i, rng in enumerate(self.opened))

    def standard_normal(self, size: tuple[int, ...], /) -> Array:
        """Draw standard normal numbers of a shape."""
        drawn = np.empty(size)
        for rng, part in self.parts(drawn):
            rng.standard_normal(out=part)
        return drawn

    def standard_gamma(self, shape: Array, /) -> Array:
        """Draw Gamma numbers of a shape parameter and scale 1."""
        drawn = np.empty(shape.shape)
        for (rng, part), (_, own) in zip(self.parts(drawn), self.parts(shape), strict=True):
            rng.standard_gamma(own, out=part)
        return drawn

    def multinomial(self, n: int, pvals: Array, /, size: tuple[int, ...]) -> Any:
        """Draw counts of n rows."""
        drawn = np.empty((*size, len(pvals)), dtype=np.int64)
        for rng, part in self.parts(drawn):
            part[...] = rng.multinomial(n, pvals, size=part.shape[:-1])
        return drawn
