"""The linear class where the covariance of x1 may be singular: directions without variance are left out."""

from __future__ import annotations

from abc import abstractmethod
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from testbed._linalg import Array, principal_roots, transpose
from testbed.laws.population import Population
from testbed.screens import short

__all__ = ["Axes", "SpectralPopulation", "axes_of", "conditional"]


class Axes(NamedTuple):
    """Principal axes of a covariance in the units of its coordinates: G'G = S, and H H' its pseudo-inverse.

    Rows of G and columns of H that belong to directions without variance are 0.
    """

    root: Array  # (..., d, d) G
    inverse: Array  # (..., d, d) H

    def __repr__(self) -> str:
        return short(self)

    @property
    def varies(self) -> npt.NDArray[np.bool_]:
        """Which axes have variance, (..., d)."""
        return np.asarray(np.any(self.inverse != 0.0, axis=-2))


def axes_of(covariance: Array, floor: float | Array = 0.0) -> Axes:
    """Principal axes of a positive semidefinite matrix; standard deviations up to `floor` (..., d) are rounding."""
    return Axes(*principal_roots(covariance, floor))


def conditional(covariance: Array, seen: list[int], wanted: list[int]) -> Array:
    """Covariance of the coordinates `wanted` given those `seen`, of a Gaussian or in the linear class."""
    rows = covariance[..., wanted, :]
    if not seen:
        return rows[..., wanted]
    white = transpose(axes_of(covariance[..., seen, :][..., seen]).inverse) @ transpose(rows[..., seen])
    return rows[..., wanted] - transpose(white) @ white


class SpectralPopulation(Population):
    """A population that knows the principal axes of x1."""

    @property
    @abstractmethod
    def axes1(self) -> Axes:
        """Principal axes of the covariance of x1."""

    @property
    def root1(self) -> Array:
        """Rows R with R'R = S11, a square root of the covariance of x1."""
        return self.axes1.root

    def white1(self, b: Array) -> Array:
        """Rows R with R'R = b' S11^+ b."""
        return transpose(self.axes1.inverse) @ b

    def solve1(self, b: Array) -> Array:
        """Return S11^+ b, (..., d1, r): S11^+ is the pseudo-inverse of the covariance of x1."""
        return self.axes1.inverse @ self.white1(b)
