"""The population where x1 has a finite support: every quantity is a sum over its points."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np

from testbed._linalg import (
    LOST,
    RELATIVE_CUTOFF,
    Array,
    inner,
    least_squares,
    of_least_norm,
    own_unit,
    transpose,
    upper,
)
from testbed.data import Chain, LinearMap
from testbed.laws.checks import images
from testbed.laws.held import once
from testbed.laws.population import ABSOLUTE, Given, NotDefinedError, Rows
from testbed.laws.spectral import Axes, SpectralPopulation

__all__ = ["NEAR", "TablePopulation", "centred", "nearest"]

NEAR = 1e-9  # share of the reach of a column within which a row is a point
DIGITS = 1e-7  # share of a column's origin that its reach is at least, as more digits are not held there


def nearest(points: Array, rows: Array) -> tuple[Any, Array]:
    """Place of the nearest of the points (s, d) to each row (..., n, d), and how far it is in its worst column.

    Distances are shares of each column's reach, the largest distance of a point from the mean of the points: a fit in
    other units finds the same points, and a large origin takes no digits. A row is a point where the share is at most
    `NEAR`.
    """
    centre = points.mean(axis=0)
    reach = np.abs(points - centre).max(axis=0)
    reach = np.maximum(reach, np.maximum(DIGITS * np.abs(centre), np.finfo(float).tiny))
    own, seen = ((np.asarray(x, dtype=float) - centre) / reach for x in (points, rows))
    place = np.argmax(seen @ (2.0 * own.T) - np.sum(own**2, axis=-1), axis=-1)
    return place, np.abs(seen - own[place]).max(axis=-1, initial=0.0)


class TablePopulation(SpectralPopulation):
    """Truth of a law whose x1 takes finitely many values.

    Regressions are done on features weighted by the root of the probabilities, never on their Gram matrix.

    Attributes
    ----------
    points1 : (s1, d1)
        Distinct values of x1 with mass.
    p1 : (s1,)
        Their probabilities.
    f_table, psi_table, psi_centred : (s1, k), (s1, d2), (s1, d2)
        f* and psi* at the points, and psi* - E X2, which no shift of x2 changes.
    """

    points1: Array
    p1: Array
    f_table: Array
    psi_table: Array
    psi_centred: Array

    @abstractmethod
    def leak_table(self, given: Given) -> Array:
        """psi*(x1) - E[E[X2 | state] | x1] at the points, (s1, d2)."""

    def _fill(self) -> None:
        """Complete the moments that follow from the tables."""
        self.mean1, self.mean_y = self.p1 @ self.points1, self.p1 @ self.f_table
        features = self._weighted(self.points1)
        self._axes, self._left = _axes(features, own_unit(np.abs(self.mean1), np.linalg.norm(features, axis=0)))
        self.s11 = features.T @ features
        self.s12, self.s1y = (features.T @ self._weighted(t) for t in (self.psi_centred, self.f_table))

    @property
    def axes1(self) -> Axes:
        """Principal axes of the covariance of x1."""
        return self._axes

    def _weighted(self, table: Array, centre: bool = True) -> Array:
        """Rows times the root of their probability, centred first."""
        return np.asarray(np.sqrt(self.p1)[:, None] * (centred(table, self.p1) if centre else table))

    def _slope(self, table: Array) -> Array:
        return np.asarray(self._axes.inverse @ (self._left.T @ self._weighted(table)))

    @cached_property
    def linear_f_star(self) -> LinearMap:
        """Best affine predictor of the label from x1."""
        weight = self._slope(self.f_table)
        return LinearMap(weight, self.mean_y - self.mean1 @ weight)

    @property
    def _slope2(self) -> Array:
        return self._slope(self.psi_centred)

    def cross_given(self, given: Given) -> Array:
        """Covariance of X1 with X2 - E[X2 | state]."""
        return self._weighted(self.points1).T @ self._weighted(self._linear_leak_table(given))

    def _linear_leak_table(self, given: Given) -> Array:
        """What of psi* the state does not explain linearly in its code: the leak itself, where codes are one-hot."""
        return self.leak_table(given)

    def _linear_leak(self, given: Given) -> Array:
        return np.asarray(self._left.T @ self._weighted(self._linear_leak_table(given)))

    @once
    def _linear_rows(self, given: Given) -> Rows:
        f, psi = (self._left.T @ self._weighted(t) for t in (self.f_table, self.psi_centred))
        return Rows(f, psi, self._linear_leak(given))

    @once
    def _universal_rows(self, given: Given) -> Rows:
        return Rows(*(self._weighted(t) for t in (self.f_table, self.psi_centred, self.leak_table(given))))

    def _universal_epsilon(self, given: Given) -> Array:
        name = "epsilon_ci_universal" if given == "yz" else "epsilon_ci_universal_y"
        self.se[name] = np.zeros(())
        leak = self._weighted(self.leak_table(given), centre=False)
        return np.asarray(np.sqrt(inner(leak, leak)))

    @cached_property
    def class_floor(self) -> Array:
        """Class floor E|f* - f*_H1|^2, computed as the residual of f* on affine functions of x1."""
        f = self._weighted(self.f_table)
        rest = f - self._left @ (self._left.T @ f)
        return inner(rest, rest)

    def locate(self, x1: Array) -> Any:
        """Index of the support point that each row (..., n, d1) is; ValueError for a row that is none."""
        place, off = nearest(self.points1, x1)
        if np.any(off > NEAR):
            worst = np.unravel_index(int(np.argmax(off)), off.shape)
            gap = float(np.abs(np.asarray(x1)[worst] - self.points1[place[worst]]).max())
            raise NotDefinedError(f"x1: row {worst} is no support point of this law (off by {gap:.3g})")
        return place

    def f_star(self, x1: Array) -> Array:
        """E[Y | X1 = x1], (..., n, d1) -> (..., n, k)."""
        return np.asarray(self.f_table[self.locate(x1)])

    def psi_star(self, x1: Array) -> Array:
        """E[X2 | X1 = x1], (..., n, d1) -> (..., n, d2)."""
        return self._without_rounding(self.psi_table[self.locate(x1)])

    def _nonlinear_approximation(self, psi: Callable[[Array], Array], intercept: bool) -> Array:
        first, second = (psi.first, psi.second) if isinstance(psi, Chain) else (psi, None)
        if first == self.psi_star:
            table, unit, level = self.psi_centred, self.unit2, self.mean2
            if second is not None:
                table, unit, level = (
                    table @ second.weight,
                    self.unit2 @ np.abs(second.weight),
                    second(self.mean2[None, :])[0],
                )
            return self._residual_of(table if intercept else table + level, intercept, ABSOLUTE, unit)
        return self.approximation_error_table(images(psi, self.points1), intercept)

    def approximation_error_table(self, features: Array, intercept: bool = True) -> Array:
        """e_apx of a representation given by its values at `points1`, (s1, r)."""
        if features.ndim != 2 or len(features) != len(self.p1):
            raise ValueError(f"features have shape {features.shape}; one row for each of {len(self.p1)} points of x1")
        return self._residual_of(features, intercept, RELATIVE_CUTOFF, self.feature_unit(features, intercept))

    def feature_unit(self, features: Array, intercept: bool = True) -> Array:
        """Unit of each column of features (s1, r) that are known by their values at `points1` only, (r,)."""
        size, spread = (np.linalg.norm(self._weighted(features, centre), axis=0) for centre in (False, intercept))
        return own_unit(size, spread)

    def _residual_of(self, features: Array, intercept: bool, cutoff: float, unit: Array) -> Array:
        root, target = (self._weighted(t, intercept) for t in (features, self.f_table))
        _, rest, _ = least_squares(root, target, cutoff, unit)
        return inner(rest, rest)

    def lost_table(self, features: Array) -> Array:
        """Part of e_apx that no probe recovers, E|f* - E[Y | psi(X1)]|^2; rows that are equal are one value of psi."""
        _, place = np.unique(np.asarray(features) + 0.0, axis=0, return_inverse=True)
        group = np.eye(int(place.max()) + 1)[place.ravel()]
        mass = self.p1 @ group
        mean = (transpose(group) @ (self.p1[:, None] * self.f_table)) / mass[:, None]
        rest = self._weighted(self.f_table - mean[place.ravel()], centre=False)
        return inner(rest, rest)


def centred(points: Array, mass: Array) -> Array:
    """Points less their mean, and less what rounding of the mean has left: a shift loses nothing that can be kept.

    A coordinate whose deviations are rounding of its values is constant, and 0.
    """
    mean = mass @ points
    once = points - mean
    constant = np.abs(once).max(axis=0) <= LOST * np.abs(mean)
    return np.where(constant, 0.0, once - mass @ once)


def _axes(features: Array, unit: Array) -> tuple[Axes, Array]:
    """Principal axes of the covariance R'R of rows R, and an orthonormal basis of its columns; coordinates in units.

    Taken from the rows: the covariance squares what is small.
    """
    unit = np.where(unit > 0.0, unit, 1.0)
    u, s, vt = np.linalg.svd(features / unit, full_matrices=False)
    keep = s > RELATIVE_CUTOFF * np.maximum(s.max(initial=0.0), 1.0)
    root = np.where(keep, s, 0.0)[:, None] * vt * unit
    inverse = transpose(vt) * np.where(keep, 1.0 / np.where(keep, s, 1.0), 0.0) / unit[:, None]
    rank = int(keep.sum())
    if rank < len(unit):
        null = transpose(np.linalg.svd(upper(features / unit))[2]) / unit[:, None]
        inverse = of_least_norm(inverse, null, np.arange(len(unit)) >= rank)
    return Axes(root, inverse), u * keep
