"""The linear class: best affine predictors from x1, and what is lost by reading the label from an affine map of it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import MutableMapping
from functools import cached_property
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from testbed._linalg import (
    LOST,
    RELATIVE_CUTOFF,
    Array,
    cholesky,
    inner,
    least_squares,
    own_unit,
    residual_square,
    solve_lower,
    solve_root,
    transpose,
    upper,
)
from testbed.data import LinearMap
from testbed.laws.readouts import ABSOLUTE, CLEAR, Given, ReadOuts, Rows
from testbed.maps import Computed

__all__ = ["LinearClass"]

TIE = 1e-9  # share of a singular value by which the next one must be smaller to be told apart


class LinearClass(ReadOuts):
    """Best affine predictors from x1 of the label and of x2, which follow from first and second moments alone.

    Attributes
    ----------
    mean1 : (..., d1)
        Mean of x1.
    s11, s12, s1y : (..., d1, d1), (..., d1, d2), (..., d1, k)
        Centred covariances of x1 with itself, with x2 and with the label.
    """

    mean1: Array
    s11: Array
    s12: Array
    s1y: Array

    @abstractmethod
    def cross_given(self, given: Given) -> Array:
        """Partial covariance of X1 and X2 given the one-hot code of Y or of (Y, Z): (..., d1, d2)."""

    @cached_property
    def unit1(self) -> Array:
        """Unit (..., d1) of each coordinate of x1: its standard deviation, or what shows where its mean is far away."""
        variance = np.clip(np.diagonal(self.s11, axis1=-2, axis2=-1), 0.0, None)
        return own_unit(np.abs(self.mean1), np.sqrt(variance))

    @property
    def lost1(self) -> Array:
        """Share of a function of x1, in standard deviations, that storage of x1 far from 0 may have cost, (...)."""
        return _lost(self.s11, self.mean1)

    @property
    def lost(self) -> Array:
        """Share that storage of the views far from 0 may have cost any quantity, (...)."""
        return np.maximum(self.lost1, _lost(self.s22, self.mean2))

    @cached_property
    def _lower1(self) -> Array:
        return cholesky(self.s11)

    @cached_property
    def root1(self) -> Array:
        """Rows R with R'R = S11, a square root of the covariance of x1."""
        return transpose(self._lower1)

    def solve1(self, b: Array) -> Array:
        """Return S11^{-1} b, (..., d1, r), for b of as many rows as x1 has coordinates; S11 is the covariance of x1."""
        return solve_root(transpose(self._lower1), b)

    def white1(self, b: Array) -> Array:
        """Rows R with R'R = b' S11^{-1} b: the covariance of the best affine predictor of what has covariance b."""
        return solve_lower(self._lower1, b)

    def _linear_rows(self, given: Given) -> Rows:
        return Rows(self.white1(self.s1y), self.white1(self.s12), self._linear_leak(given))

    def _linear_leak(self, given: Given) -> Array:
        return self.white1(self.cross_given(given))

    @cached_property
    def linear_f_star(self) -> LinearMap:
        """Best affine predictor of the label from x1."""
        weight = self.solve1(self.s1y)
        return LinearMap(weight, self.mean_y - _row(self.mean1, weight))

    @property
    def _slope2(self) -> Array:
        """S11^{-1} S12."""
        return self.solve1(self.s12)

    @property
    def _cross_factor(self) -> tuple[Array, Array] | None:
        """Matrices V (..., d1, r), H (..., r, d2) with V H = S11^{-1} S12, where conditional independence gives them.

        The columns of V, r at most d1 and d2, then span those of the best affine predictor of the label too.
        """
        return None

    @cached_property
    def optimal_span(self) -> Array | None:
        """Weights (..., d1, r) that span those of the best affine predictor of x2 and hold those of the label's.

        They are known where conditional independence gives them and the means of x2 tell the states apart; None else.
        """
        factor = self._cross_factor if self.spanned else None
        return None if factor is None else factor[0]

    @cached_property
    def spanned(self) -> bool:
        """Whether `optimal_span` is known."""
        factor = self._cross_factor
        return factor is not None and bool(np.all(self._independent(transpose(factor[1]))))

    @cached_property
    def linear_psi_star(self) -> LinearMap:
        """Best affine predictor of x2 from x1; directions that are rounding are set to zero exactly."""
        return self.reduced_psi_star(self.s12.shape[-1])

    def reduced_psi_star(self, rank: int, intercept: bool = True) -> LinearMap:
        """Best affine (without intercept: linear) predictor of x2 from x1 of at most a given rank."""
        if intercept and self.optimal_span is not None and self._cross_factor is not None:
            span, right = self._cross_factor
            if rank >= span.shape[-1]:
                weight = span @ right
                psi = LinearMap(weight, self.mean2 - _row(self.mean1, weight))
                self._attained[psi] = {True: self.class_floor}  # Lemma 3.4: no loss against the class
                return psi
        weight, root = self._slope2, self.root1
        if not intercept:
            root, target = self._augmented(self.root1, self._slope2, self.mean2, intercept)
            weight, _, _ = least_squares(root, target, unit=np.linalg.norm(root, axis=-2))
        weight = self._above_rounding(root, weight)
        if rank < weight.shape[-1]:
            vt = np.linalg.svd(root @ weight, full_matrices=False)[2][..., :rank, :]
            weight = weight @ (transpose(vt) @ vt)
        level = np.where(np.abs(self.mean2) > ABSOLUTE * self.unit2, self.mean2, 0.0)
        offset = level - _row(self.mean1, weight)
        return LinearMap(weight, offset if intercept else 0.0 * offset)

    def ambiguous(self, rank: int) -> npt.NDArray[np.bool_]:
        """Whether the best affine predictors of x2 of a given rank differ in what they keep of the label, (...).

        They may where singular values r and r + 1 are equal: see `testbed.laws.linear_class`.
        """
        factor = self._cross_factor
        if rank >= min(self.s12.shape[-2:]) or (factor is not None and rank >= factor[0].shape[-1]):
            return np.zeros(self.second2.shape, dtype=bool)
        psi = self.root1 @ self._above_rounding(self.root1, self._slope2)
        return _differ(psi, self.root1 @ self.linear_f_star.weight, rank)

    def _above_rounding(self, root: Array, weight: Array) -> Array:
        """Weights of a predictor of x2 without the directions in which it is rounding, exactly 0 where all of it is.

        The directions are those of x2 in its own units, ``ABSOLUTE`` times which is rounding.
        """
        unit = np.where(self.unit2 > 0.0, self.unit2, 1.0)[..., None, :]
        scaled = weight / unit
        _, s, vt = np.linalg.svd(root @ scaled, full_matrices=False)
        share = np.where(s > ABSOLUTE + self.lost1[..., None], 1.0, 0.0)
        kept = scaled @ (transpose(vt) @ (share[..., None] * vt)) * unit
        return np.asarray(kept * share.max(axis=-1, initial=0.0)[..., None, None])

    def _independent(self, columns: Array) -> Array:
        """Whether functions of x2's means are linearly independent by a wide margin, (...); a tall matrix only."""
        diagonal = np.abs(np.diagonal(upper(columns), axis1=-2, axis2=-1))
        size = np.maximum(self.scale2, self.unit2.max(axis=-1))
        return np.asarray(diagonal.min(axis=-1) > CLEAR * np.maximum(diagonal.max(axis=-1), size))

    def _augmented(self, root: Array, slope: Array, level: Array, intercept: bool) -> tuple[Array, Array]:
        """Roots of the second moments of x1 and of an affine function of it: centred, or with the means as a row."""
        target = self.root1 @ slope
        if intercept:
            return root, target
        batch = np.broadcast_shapes(root.shape[:-2], target.shape[:-2])
        rows = [np.broadcast_to(v, (*batch, v.shape[-1]))[..., None, :] for v in (self.mean1, level)]
        root, target = (np.broadcast_to(a, (*batch, *a.shape[-2:])) for a in (root, target))
        return np.concatenate([rows[0], root], axis=-2), np.concatenate([rows[1], target], axis=-2)

    @cached_property
    def _attained(self) -> MutableMapping[LinearMap | Computed, dict[bool, Array]]:
        return WeakKeyDictionary()

    def _linear_approximation(self, psi: LinearMap, intercept: bool) -> Array:
        root, target = self._augmented(self.root1, self.linear_f_star.weight, self.mean_y, intercept)
        image = root @ psi.weight
        if not intercept:  # the first row is the mean of x1: its image has the offset too
            image = np.concatenate([image[..., :1, :] + psi.offset[..., None, :], image[..., 1:, :]], axis=-2)
        return self.class_floor + residual_square(image, target, RELATIVE_CUTOFF, self.feature_unit_of(psi, intercept))

    def feature_unit_of(self, psi: LinearMap, intercept: bool) -> Array:
        """Unit of each coordinate of an affine map of x1: the size of the numbers that are summed in it, (..., r)."""
        deviation = np.sqrt(np.clip(np.diagonal(self.s11, axis1=-2, axis2=-1), 0.0, None))
        size = deviation if intercept else deviation + np.abs(self.mean1)
        unit = _row(size, psi.magnitude)
        level = np.abs(psi.offset + _row(self.mean1, psi.weight))
        return own_unit(level, unit if intercept else unit + level)

    def distance_to_linear(self, predictor: LinearMap) -> Array:
        """Excess risk of an affine predictor against the best affine one, E|f*_H1 - yhat|^2: closed form."""
        best = self.linear_f_star
        slope = self.root1 @ (predictor.weight - best.weight)
        level = predictor.offset - best.offset + _row(self.mean1, predictor.weight - best.weight)
        return np.asarray(inner(slope, slope) + np.sum(level**2, axis=-1))


def _row(v: Array, weight: Array) -> Array:
    return (v[..., None, :] @ weight)[..., 0, :]


def _lost(covariance: Array, mean: Array) -> Array:
    """``LOST`` times the largest ratio of a mean to a standard deviation; constants have lost nothing."""
    deviation = np.sqrt(np.maximum(np.diagonal(covariance, axis1=-2, axis2=-1), 0.0))
    there = deviation > LOST * np.abs(mean)
    return np.asarray((LOST * np.abs(mean) / np.where(there, deviation, np.inf)).max(axis=-1))


def _differ(psi: Array, f: Array, rank: int) -> npt.NDArray[np.bool_]:
    """Whether the best predictors of a given rank differ in what they keep of the label, (...).

    The singular directions of psi with values equal to the r-th one span a tied space: any part of it of the missing
    dimension serves the regression as well. With c the coefficients of f on an orthonormal basis of its functions, the
    label that a part V keeps is |V'c|^2, the same for every V if and only if c c' is a multiple of the identity.

    Parameters
    ----------
    psi, f : (..., m, d2), (..., m, k)
        Rows of the best affine predictors of x2 and of the label: their inner products are covariances.
    rank : int
        The rank that is kept.
    """
    u, s, _ = np.linalg.svd(psi, full_matrices=False)
    batch = s.shape[:-1]
    found = np.zeros(batch, dtype=bool)
    if rank >= s.shape[-1]:
        return found
    close = (s[..., rank - 1] > 0.0) & (s[..., rank] >= (1.0 - TIE) * s[..., rank - 1])
    for place in map(tuple, np.argwhere(close)):  # few laws have ties
        level = s[place][rank - 1]
        tied = np.abs(s[place] - level) <= TIE * level * len(s[place])
        label = np.broadcast_to(f, (*batch, *f.shape[-2:]))[place]
        c = u[place][:, tied].T @ label
        found[place] = np.ptp(np.linalg.eigvalsh(c @ c.T)) > TIE * float(np.sum(label**2))
    return found
