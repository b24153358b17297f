"""Population quantities that follow from first and second moments: the same formulas for every law."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, MutableMapping
from functools import cached_property
from typing import Literal
from weakref import WeakKeyDictionary

import numpy as np

from testbed._linalg import (
    Array,
    cholesky,
    contrasts,
    inner,
    least_squares,
    pinv,
    residual_square,
    solve_lower,
    solve_root,
    transpose,
    upper,
)
from testbed.data import LinearMap

__all__ = ["FeatureClass", "Given", "Population"]

FeatureClass = Literal["linear", "universal"]
Given = Literal["y", "yz"]

CLEAR = 1e-6  # share of the largest above which a diagonal of a triangular factor leaves no doubt of the rank
ABSOLUTE = 1e-10  # times sqrt(E|X2|^2): below it a singular value of a population matrix is rounding


class Population(ABC):
    """Exact truth of a law, with its leading axes.

    A subclass provides the attributes below; the linear class follows from them. Quantities that need an integral
    over x1 carry a standard error in `se`, by name.

    Attributes
    ----------
    mean1, mean2, mean_y : (..., d1), (..., d2), (..., k)
    s11, s12, s1y, syy : (..., d1, d1), (..., d1, d2), (..., d1, k), (..., k, k)
        Centred covariances.
    second2 : (...)
        E|X2|^2.
    A, A_bar, M : (..., k, d2), (..., km, d2), (k, km)
        Conditional means of X2 given the label and given the state, and the map that sums the latent out.
    se : dict
        Standard error of each quantity that needs an integral; 0 where it was closed form.

    References
    ----------
    Lee, Lei, Saunshi and Zhuo, "Predicting What You Already Know Helps", NeurIPS 2021: Definition 4.1, Assumption 4.1.
    """

    mean1: Array
    mean2: Array
    mean_y: Array
    s11: Array
    s12: Array
    s1y: Array
    syy: Array
    second2: Array
    A: Array
    A_bar: Array
    M: Array
    se: dict[str, Array]

    @abstractmethod
    def f_star(self, x1: Array) -> Array:
        """Best predictor of the label, E[Y | X1 = x1]: (..., n, d1) -> (..., n, k)."""

    @abstractmethod
    def psi_star(self, x1: Array) -> Array:
        """Pretext optimum of the universal class, E[X2 | X1 = x1]: (..., n, d1) -> (..., n, d2)."""

    @abstractmethod
    def cross_given(self, given: Given) -> Array:
        """Partial covariance of X1 and X2 given the one-hot code of Y or of (Y, Z): (..., d1, d2)."""

    @property
    @abstractmethod
    def bayes_noise(self) -> Array:
        """Risk of f*: E tr Cov(Y | X1)."""

    @property
    @abstractmethod
    def class_floor(self) -> Array:
        """Distance of the best affine predictor from the best one: E|f*(X1) - f*_H1(X1)|^2."""

    @abstractmethod
    def psi_star_root(self) -> Array:
        """Rows R with R'R = covariance of psi*(X1), (..., rows, d2)."""

    @abstractmethod
    def _universal_epsilon(self, given: Given) -> Array:
        """Violation of conditional independence in the universal class."""

    @abstractmethod
    def _nonlinear_approximation(self, psi: Callable[[Array], Array], intercept: bool) -> Array:
        """Smallest E|f* - W'psi|^2 for a representation that is not linear."""

    @cached_property
    def scale2(self) -> Array:
        """Root mean square of |X2|, to which every absolute cutoff is tied."""
        return np.sqrt(self.second2)

    @cached_property
    def _lower1(self) -> Array:
        return cholesky(self.s11)

    @cached_property
    def root1(self) -> Array:
        """Rows R with R'R = S11."""
        return transpose(self._lower1)

    def solve1(self, b: Array) -> Array:
        """S11^{-1} b."""
        return solve_root(transpose(self._lower1), b)

    @cached_property
    def linear_f_star(self) -> LinearMap:
        """Best affine predictor of the label from x1."""
        weight = self.solve1(self.s1y)
        return LinearMap(weight, self.mean_y - _row(self.mean1, weight))

    @property
    def _cross_factor(self) -> tuple[Array, Array] | None:
        """Matrices V (..., d1, r), H (..., r, d2) with V H = S11^{-1} S12, where conditional independence gives them.

        The columns of V, r at most d1 and d2, then span those of the best affine predictor of the label too.
        """
        return None

    @cached_property
    def linear_psi_star(self) -> LinearMap:
        """Best affine predictor of x2 from x1; directions that are rounding are set to zero exactly."""
        return self.reduced_psi_star(self.s12.shape[-1])

    def reduced_psi_star(self, rank: int, intercept: bool = True) -> LinearMap:
        """Best affine (without intercept: linear) predictor of x2 from x1 of at most a given rank."""
        if intercept and self._cross_factor is not None and rank >= self._cross_factor[0].shape[-1]:
            span, right = self._cross_factor
            if np.all(self._independent(transpose(right))):
                weight = span @ right
                psi = LinearMap(weight, self.mean2 - _row(self.mean1, weight))
                self._attained[psi] = {True: self.class_floor}  # Lemma 3.4: no loss against the class
                return psi
        root, target = self._augmented(self.root1, self.solve1(self.s12), self.mean2, intercept)
        weight, _, _ = least_squares(root, target)
        _, s, vt = np.linalg.svd(root @ weight, full_matrices=False)
        signal = (s > ABSOLUTE * self.scale2[..., None]) & (np.arange(s.shape[-1]) < rank)
        share = np.where(signal, 1.0, 0.0)
        weight = weight @ (transpose(vt) @ (share[..., None] * vt))
        weight = weight * share.max(axis=-1)[..., None, None]  # exactly 0 where all of it was rounding
        offset = self.mean2 - _row(self.mean1, weight)
        return LinearMap(weight, offset if intercept else 0.0 * offset)

    def _independent(self, columns: Array) -> Array:
        """Whether columns are linearly independent by a wide margin, (...); a tall matrix only."""
        diagonal = np.abs(np.diagonal(upper(columns), axis1=-2, axis2=-1))
        return np.asarray(diagonal.min(axis=-1) > CLEAR * np.maximum(diagonal.max(axis=-1), self.scale2))

    def _augmented(self, root: Array, slope: Array, level: Array, intercept: bool) -> tuple[Array, Array]:
        """Roots of the second moments of x1 and of an affine function of it: centred, or with the means as a row."""
        target = self.root1 @ slope
        if intercept:
            return root, target
        batch = np.broadcast_shapes(root.shape[:-2], target.shape[:-2])
        rows = [np.broadcast_to(v, (*batch, v.shape[-1]))[..., None, :] for v in (self.mean1, level)]
        root, target = (np.broadcast_to(a, (*batch, *a.shape[-2:])) for a in (root, target))
        return np.concatenate([rows[0], root], axis=-2), np.concatenate([rows[1], target], axis=-2)

    def epsilon_ci(self, feature_class: FeatureClass = "linear", given: Given = "yz") -> Array:
        """Size of the violation of conditional independence, eps_CI.

        linear: Frobenius norm of S11^{-1/2} S_{1,2 | onehot(state)}; universal: sqrt(E|psi*(X1) - A_bar' fbar(X1)|^2).
        `given` conditions on the label alone ("y") or on label and latent ("yz").
        """
        if given not in {"y", "yz"}:
            raise ValueError(f"given = {given!r}; allowed: 'y', 'yz'")
        if feature_class == "linear":
            cross = self.cross_given(given)
            if not np.any(cross):
                return np.zeros(self.second2.shape)
            white = solve_lower(self._lower1, cross)
            return np.sqrt(inner(white, white))
        if feature_class == "universal":
            return self._universal_epsilon(given)
        raise ValueError(f"feature_class = {feature_class!r}; allowed: 'linear', 'universal'")

    def beta(self, intercept: bool = False, given: Given = "yz") -> Array:
        """Conditioning of the label in X2: 1/beta = |W|_2 with W' = M (A_bar')^+; 0 where W'A_bar' - M is not 0.

        With an intercept the rows are centred first, P = I - 11'/km: W' = M P (A_bar' P)^+. Given Y alone, A_bar is A
        and M the identity, so beta is the k-th (with intercept the (k-1)-th) singular value.
        """
        if given not in {"y", "yz"}:
            raise ValueError(f"given = {given!r}; allowed: 'y', 'yz'")
        means, read = (self.A_bar, self.M) if given == "yz" else (self.A, np.eye(self.A.shape[-2]))
        if read.shape[-1] == read.shape[-2]:  # a state is a class, and W the pseudo-inverse itself
            basis = contrasts(np.ones(len(read))) if intercept else np.eye(len(read))
            return self._smallest(transpose(basis) @ means)
        if intercept:
            means = means - means.mean(axis=-2, keepdims=True)
            read = read - read.mean(axis=-1, keepdims=True)
        weight = read @ pinv(transpose(means), ABSOLUTE * self.scale2)
        residual = np.abs(weight @ transpose(means) - read).max(axis=(-1, -2))
        norm = np.linalg.norm(weight, ord=2, axis=(-2, -1))
        valid = (residual < 1e-8) & (norm > 0.0)
        return np.where(valid, 1.0 / np.where(valid, norm, 1.0), 0.0)

    def _smallest(self, means: Array) -> Array:
        """Smallest singular value of independent rows; 0 where they are dependent."""
        if means.shape[-2] > means.shape[-1]:
            return np.zeros(means.shape[:-2])
        rows = means.reshape(-1, *means.shape[-2:])
        squares = np.linalg.eigvalsh(rows @ transpose(rows))
        smallest = np.sqrt(np.maximum(squares[:, 0], 0.0))
        doubtful = squares[:, 0] < CLEAR * squares[:, -1]  # squares would lose digits
        if np.any(doubtful):
            smallest[doubtful] = np.linalg.svd(rows[doubtful], compute_uv=False)[:, -1]
        smallest = smallest.reshape(means.shape[:-2])
        return np.where(smallest > ABSOLUTE * self.scale2, smallest, 0.0)

    def approximation_error(self, psi: LinearMap | Callable[[Array], Array], intercept: bool = True) -> Array:
        """Smallest risk of a linear read-out of psi, e_apx = min E|f* - W'psi(X1)|^2 (with an intercept: affine).

        Kept for as long as psi is: all probes and sample sizes ask for it again.
        """
        if not isinstance(psi, LinearMap):
            return self._nonlinear_approximation(psi, intercept)
        known = self._attained.setdefault(psi, {})
        if intercept not in known:
            known[intercept] = self._linear_approximation(psi, intercept)
        return known[intercept]

    @cached_property
    def _attained(self) -> MutableMapping[LinearMap, dict[bool, Array]]:
        return WeakKeyDictionary()

    def _linear_approximation(self, psi: LinearMap, intercept: bool) -> Array:
        root, target = self._augmented(self.root1, self.linear_f_star.weight, self.mean_y, intercept)
        image = root @ psi.weight
        if not intercept:  # the first row is the mean of x1: its image has the offset too
            image = np.concatenate([image[..., :1, :] + psi.offset[..., None, :], image[..., 1:, :]], axis=-2)
        return self.class_floor + residual_square(image, target, ABSOLUTE * self.scale2)

    def distance_to_linear(self, predictor: LinearMap) -> Array:
        """Excess risk of an affine predictor against the best affine one, E|f*_H1 - yhat|^2: closed form."""
        best = self.linear_f_star
        slope = self.root1 @ (predictor.weight - best.weight)
        level = predictor.offset - best.offset + _row(self.mean1, predictor.weight - best.weight)
        return np.asarray(inner(slope, slope) + np.sum(level**2, axis=-1))

    @property
    def baseline_risk(self) -> Array:
        """Risk of the best constant against f*: E|f* - EY|^2."""
        return np.asarray(np.trace(self.syy, axis1=-2, axis2=-1)) - self.bayes_noise


def _row(v: Array, weight: Array) -> Array:
    return (v[..., None, :] @ weight)[..., 0, :]
