"""Kernel ridge regression with an RBF kernel: exact, and on landmarks."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np
from scipy.linalg import lapack

from testbed._linalg import Array
from testbed.allowed import Count, NotNegative, Positive
from testbed.arguments import Seed, generator_of, shown
from testbed.regressors.base import Regressor, distinct
from testbed.regressors.leave_one_out import by_band, by_vectors
from testbed.screens import Short

__all__ = ["KernelRidge", "Nystroem"]

GRID = np.geomspace(1e-8, 1e2, 21)  # penalties to choose from
CLEAR = 1e-8  # share of the largest above which every squared singular value has kept enough digits
LARGE = 2000  # rows above which a band is faster than eigenvectors
MEDIAN_ROWS = 1000  # rows among which the median distance is taken


@dataclass(frozen=True, eq=False, repr=False)
class KernelPredictor(Short):
    """x -> level + sum_i (k(x, centre_i) - mean_i) weight_i.

    The mean of the kernel over the rows is taken out of each term, not of the sum: weights may be large where the
    kernel hardly varies, and their sum is then rounding.
    """

    centre: Array
    weight: Array
    level: Array
    mean: Array
    bandwidth: float
    fitted: tuple[Array, Array] | None = field(default=None, repr=False)  # rows it was fitted on, and their image

    def __post_init__(self) -> None:
        """Have the rows shown as a shape."""
        self._contain("fitted")

    def __call__(self, x: Array) -> Array:
        """Predict rows; the image of those it was fitted on is known already."""
        if self.fitted is not None and x is self.fitted[0]:
            return self.fitted[1]
        kernel = rbf(x, self.centre, self.bandwidth)
        kernel -= self.mean
        return np.asarray(kernel @ self.weight + self.level)


class _Kernel(Regressor):
    penalty: float | str
    bandwidth: float | str

    def _width(self, a: Array) -> float:
        return median_distance(a) if self.bandwidth == "median" else float(self.bandwidth)


@dataclass(frozen=True, repr=False)
class KernelRidge(_Kernel):
    """Kernel ridge regression, min over f in the RBF space of sum |b - f(a) - c|^2 + penalty |f|^2.

    k(x, x') = exp(-|x - x'|^2 / (2 bandwidth^2)); the constant c is not penalised. One eigendecomposition of the
    centred kernel serves all outputs and all penalties; for "loo" with over 2,000 rows a band does.

    The kernel depends on the units of the columns of a beside each other by definition: with the median distance the
    fit is the same in other common units, under rotations and from other origins; a fixed bandwidth has the unit of a.

    Parameters
    ----------
    penalty : float or "loo"
        The penalty, or the minimiser of the exact leave-one-out error over 21 values from 1e-8 to 1e2.
    bandwidth : float or "median"
        The bandwidth, or the median distance between two rows (among the first 1,000).

    Examples
    --------
    >>> import numpy as np
    >>> from testbed.regressors import KernelRidge
    >>> rng = np.random.default_rng(0)
    >>> a = rng.standard_normal((200, 2))
    >>> b = np.sin(a[:, :1])
    >>> found = KernelRidge().fit_rows(a, b, rng)
    >>> found(np.array([[0.5, 0.0]])).round(2)    # sin(0.5) is 0.48
    array([[0.48]])
    """

    penalty: NotNegative | Literal["loo"] = "loo"
    bandwidth: Positive | Literal["median"] = "median"

    @property
    def weighted(self) -> bool:
        """Whether the bandwidth is a number: the median distance would look at the rows."""
        return self.bandwidth != "median"

    def fit_weighted(self, a: Array, b: Array, weight: Array, rng: np.random.Generator) -> KernelPredictor:
        """Fit on rows that count `weight` times each; the cost is that of the distinct ones.

        With w the weights, N their sum, H the centring by them and w^{1/2} H K H' w^{1/2} = V diag(l) V', the smoother
        is w^{-1/2} V diag(l / (l + penalty)) V' w^{1/2}; a copy of row i has the leverage 1/N + (V ... V')_ii / w_i.
        """
        points, mean, weight, spread = distinct(a, b, weight)
        n = float(weight.sum())
        if n < 3:
            raise ValueError(f"{shown(self)} needs n >= 3; got n = {n:g}")
        width, root = self._width(points), np.sqrt(weight)[:, None]
        kernel = rbf(points, points, width)
        column = weight @ kernel / n
        centred = kernel - column - column[:, None] + weight @ column / n
        level = weight @ mean / n
        dual = root * self._solve(root * centred * root.T, root * (mean - level), n, weight, spread)
        dual -= weight[:, None] * dual.sum(axis=0) / n
        return KernelPredictor(points, dual, level, column, width)

    def fit_rows(self, a: Array, b: Array, rng: np.random.Generator) -> KernelPredictor:
        """Fit on rows; cost n^3."""
        if len(a) < 3:
            raise ValueError(f"{shown(self)} needs n >= 3; got n = {len(a)}")
        width = self._width(a)
        kernel = rbf(a, a, width)
        column = kernel.mean(axis=0)
        centred = kernel - column - column[:, None] + column.mean()
        weight = self._solve(centred, b - b.mean(axis=0), len(a))
        weight -= weight.mean(axis=0)
        return KernelPredictor(a, weight, b.mean(axis=0), column, width)

    def _solve(
        self, centred: Array, target: Array, n: float, weight: Array | float = 1.0, spread: Array | float = 0.0
    ) -> Array:
        """Solve (centred + penalty I) x = target, both multiplied by the roots of the weights."""
        penalty = self.penalty
        if isinstance(penalty, str) and len(centred) > LARGE:
            found = by_band(centred.copy(), target, GRID, np.broadcast_to(weight, len(centred)), spread)
            if found is not None:
                return found[1]
        values, vectors = np.linalg.eigh(centred)
        values, rotated = np.maximum(values, 0.0), vectors.T @ target
        if isinstance(penalty, str):
            penalty = _best(by_vectors(values, vectors, rotated, target, GRID, n, weight, spread))
        return np.asarray(vectors @ (rotated / np.maximum(values + penalty, 1e-14 * values[-1])[:, None]))


@dataclass(frozen=True, repr=False)
class Nystroem(_Kernel):
    """Kernel ridge regression on landmarks: the same objective over f in the span of k(., a_l), l = 1..landmarks.

    Units matter as in `KernelRidge`. As a pretext in a sweep, its bandwidth and penalty are chosen on repetition 0 of a
    cell and held for the others; as a probe, they are chosen in each repetition.

    Parameters
    ----------
    landmarks : int
        Number of rows drawn without replacement as landmarks (all of them where there are fewer).
    penalty, bandwidth
        As for `KernelRidge`; leave-one-out is exact for the problem on these landmarks.

    References
    ----------
    Williams and Seeger, "Using the Nystroem method to speed up kernel machines", NIPS 2000.

    Examples
    --------
    >>> import numpy as np
    >>> from testbed.regressors import Nystroem
    >>> rng = np.random.default_rng(0)
    >>> a = rng.standard_normal((200, 2))
    >>> b = np.sin(a[:, :1])
    >>> found = Nystroem(landmarks=50).fit_rows(a, b, rng)
    >>> found(np.array([[0.5, 0.0]])).round(2)    # sin(0.5) is 0.48
    array([[0.48]])
    """

    landmarks: Count = 500
    penalty: NotNegative | Literal["loo"] = "loo"
    bandwidth: Positive | Literal["median"] = "median"

    tune_once: ClassVar[bool] = True

    def fit_rows(self, a: Array, b: Array, rng: Seed) -> KernelPredictor:
        """Fit on rows; cost n landmarks^2."""
        rng = generator_of(rng)
        return self._fit(a, b, rng)[0]

    def tuned(self, a: Array, b: Array, rng: Seed) -> Nystroem:
        """Return a copy with the bandwidth and penalty chosen on these rows."""
        rng = generator_of(rng)
        predictor, penalty = self._fit(a, b, rng)
        return dataclasses.replace(self, penalty=penalty, bandwidth=predictor.bandwidth)

    def _fit(self, a: Array, b: Array, rng: np.random.Generator) -> tuple[KernelPredictor, float]:
        if len(a) < 3:
            raise ValueError(f"{shown(self)} needs n >= 3; got n = {len(a)}")
        width = self._width(a)
        centre = a[rng.choice(len(a), size=min(self.landmarks, len(a)), replace=False)]
        inner, features = rbf(centre, centre, width), rbf(a, centre, width)
        mean, target = features.mean(axis=0), b - b.mean(axis=0)
        penalty = self.penalty
        if isinstance(penalty, str):
            penalty = _choose(features - mean, inner, target)
        weight = _landmark_weights(features, mean, inner, target, penalty)
        level = b.mean(axis=0)
        image = (features - mean) @ weight + level
        return KernelPredictor(centre, weight, level, mean, width, (a, image)), penalty


def _whitening(inner: Array) -> Array:
    """Matrix W with W' inner W = I on the directions of `inner` that are not rounding."""
    values, vectors = np.linalg.eigh(inner)
    keep = values > 1e-12 * values[-1]
    return np.asarray(vectors[:, keep] / np.sqrt(values[keep]))


def _choose(centred: Array, inner: Array, target: Array) -> float:
    """Penalty by leave-one-out on whitened features."""
    features = centred @ _whitening(inner)
    values, right = np.linalg.eigh(features.T @ features)
    if values[0] > CLEAR * values[-1]:  # the squares have kept enough digits of every singular value
        u = (features @ right) / np.sqrt(values)
    else:
        u, s, _ = np.linalg.svd(features, full_matrices=False)
        values = s**2
    return _best(by_vectors(values, u, u.T @ target, target, GRID, len(centred)))


def _best(errors: Array) -> float:
    """Penalty of the smallest error."""
    return float(GRID[int(np.argmin(errors))])


def _landmark_weights(features: Array, mean: Array, inner: Array, target: Array, penalty: float) -> Array:
    """Minimise sum |target - (features - mean) w|^2 + penalty w' inner w.

    By Cholesky on the normal equations where they are well conditioned, otherwise in whitened coordinates.
    """
    n = len(features)
    gram = features.T @ features - n * np.outer(mean, mean)
    cross = features.T @ target  # the target is centred
    lower, info = lapack.dpotrf(gram + penalty * inner, lower=1)
    diagonal = np.diagonal(lower)
    if info == 0 and penalty >= 1e-14 * n and diagonal.min() ** 2 > CLEAR * diagonal.max() ** 2:
        return np.asarray(lapack.dpotrs(lower, cross, lower=1)[0])
    whiten = _whitening(inner)
    white = features @ whiten - mean @ whiten
    gram = white.T @ white
    gram[np.diag_indices_from(gram)] += max(penalty, 1e-14 * float(np.trace(gram)))
    return np.asarray(whiten @ np.linalg.solve(gram, white.T @ target))


def rbf(a: Array, b: Array, bandwidth: float) -> Array:
    """Gaussian kernel exp(-|x - x'|^2 / (2 bandwidth^2)) between rows: the exponent is one matrix product."""
    middle = b.mean(axis=0)  # distances do not depend on it, their rounding does
    left, right = (a - middle) / bandwidth, (b - middle) / bandwidth
    half_left, half_right = (0.5 * np.sum(v**2, axis=1, keepdims=True) for v in (left, right))
    exponent = (
        np.hstack([left, -half_left, np.ones_like(half_left)])
        @ np.hstack([right, np.ones_like(half_right), -half_right]).T
    )
    if a is b:
        np.fill_diagonal(exponent, 0.0)
    np.minimum(exponent, 0.0, out=exponent)
    return np.asarray(np.exp(exponent, out=exponent))


def median_distance(a: Array) -> float:
    """Median distance between two of the first 1,000 rows; 1 where they coincide."""
    from scipy.spatial.distance import pdist

    return float(np.median(pdist(a[:MEDIAN_ROWS]))) or 1.0
