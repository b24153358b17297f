"""The linear class where the covariance of x1 may be singular: directions without variance are left out."""

from __future__ import annotations

from abc import abstractmethod
from typing import NamedTuple

import numpy as np

from testbed._linalg import Array, principal_axes, transpose
from testbed.laws.population import Population

__all__ = ["Axes", "SpectralPopulation", "axes_of", "conditional", "whitener"]


class Axes(NamedTuple):
    """Principal axes of x1: S11 = vectors diag(deviation^2) vectors', a deviation of 0 where there is no variance."""

    deviation: Array  # (..., r)
    vectors: Array  # (..., d1, r)


def axes_of(covariance: Array) -> Axes:
    """Principal axes of a positive semidefinite matrix."""
    return Axes(*principal_axes(covariance))


def whitener(axes: Axes) -> Array:
    """Matrix H (..., d1, r) with H H' = the pseudo-inverse of the covariance."""
    keep = axes.deviation > 0.0
    return axes.vectors * np.where(keep, 1.0 / np.where(keep, axes.deviation, 1.0), 0.0)[..., None, :]


def conditional(covariance: Array, seen: list[int], wanted: list[int]) -> Array:
    """Covariance of the coordinates `wanted` given those `seen`, of a Gaussian or in the linear class."""
    rows = covariance[..., wanted, :]
    if not seen:
        return rows[..., wanted]
    white = transpose(whitener(axes_of(covariance[..., seen, :][..., seen]))) @ transpose(rows[..., seen])
    return rows[..., wanted] - transpose(white) @ white


class SpectralPopulation(Population):
    """A population that knows the principal axes of x1."""

    @property
    @abstractmethod
    def axes1(self) -> Axes:
        """Principal axes of x1."""

    @property
    def root1(self) -> Array:
        """Rows R with R'R = S11."""
        return self.axes1.deviation[..., None] * transpose(self.axes1.vectors)

    def white1(self, b: Array) -> Array:
        """Rows R with R'R = b' S11^+ b."""
        return transpose(whitener(self.axes1)) @ b

    def solve1(self, b: Array) -> Array:
        """S11^+ b."""
        return whitener(self.axes1) @ self.white1(b)
