"""Ordinary least squares on Moments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from testbed._linalg import RELATIVE_CUTOFF, Array, least_squares, outer, own_unit, solve_positive
from testbed.arguments import shown
from testbed.data import LinearMap, Moments
from testbed.regressors.base import LinearRegressor

__all__ = ["OLS", "least_norm", "least_squares_map"]


@dataclass(frozen=True, repr=False)
class OLS(LinearRegressor):
    """Ordinary least squares, min over W (and c) of sum |b - W'a - c|^2.

    A fit in other units is the same fit: under any invertible linear map of a or of b, and, with an intercept, other
    origins. A column is judged by its own deviation; one whose deviation is rounding of its values is constant.

    A representation of known full rank is solved by its normal equations; one that is rank-deficient (the oracle, a
    truncation, d2 > d1) by a singular value decomposition of its root, which gives the solution of least norm.

    Parameters
    ----------
    intercept : bool
        Whether the constant c is fitted.

    Raises
    ------
    ValueError
        Where the rows are fewer than the rank of the features and the intercept need.

    Examples
    --------
    >>> import numpy as np
    >>> from testbed.data import Moments, Sample
    >>> from testbed.regressors import OLS
    >>> x1 = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> rows = Sample(x1=x1, x2=1.0 + 2.0 * x1, y=x1)
    >>> found = OLS().fit(Moments.of(rows), "x1", "x2")
    >>> found.weight.round(6), found.offset.round(6)
    (array([[2.]]), array([1.]))
    """

    intercept: bool = True

    def fit(self, moments: Moments, source: str, target: str) -> LinearMap:
        """Fit block `target` on block `source` of the Moments, for every repetition at once."""
        return fit_moments(self, moments, source, target)

    def fit_rows(self, a: Array, b: Array, rng: np.random.Generator) -> LinearMap:
        """Fit on rows by a singular value decomposition of them."""
        return fit_rows(self, a, b)

    def fit_weighted(self, a: Array, b: Array, weight: Array, rng: np.random.Generator) -> LinearMap:
        """Fit on rows that count `weight` times each."""
        return fit_rows(self, a, b, weight)


def fit_moments(regressor: LinearRegressor, moments: Moments, source: str, target: str) -> LinearMap:
    """Fit least squares for a regressor that is `OLS` in all but name."""
    weight, rank = least_squares_map(moments, source, target, regressor.intercept)
    check_rows(regressor, moments.n, rank)
    return with_offset(moments, source, target, weight, regressor.intercept)


def fit_rows(regressor: LinearRegressor, a: Array, b: Array, counts: Array | None = None) -> LinearMap:
    """Fit least squares on rows, for a regressor that is `OLS` in all but name; `counts` gives their multiplicity."""
    n = float(len(a) if counts is None else counts.sum())
    size = np.linalg.norm(a, axis=0)
    a, b, level = centred_rows(a, b, regressor.intercept, counts)
    weight, rank = least_norm(a, b, size)
    check_rows(regressor, np.array(n), rank, sampled=True)
    return LinearMap(weight, level(weight), full_rank=weight.shape[1] <= weight.shape[0])


def least_norm(a: Array, b: Array, size: Array) -> tuple[Array, Array]:
    """Weights of least squares on rows (n, p) that are perhaps centred, and the rank of the features.

    Each column is judged in its own unit; `size` (p,) are norms of the columns before they were centred.
    """
    weight, _, rank = least_squares(a, b, RELATIVE_CUTOFF, own_unit(size, np.linalg.norm(a, axis=0)))
    return weight, rank


def centred_rows(
    a: Array, b: Array, intercept: bool, counts: Array | None = None
) -> tuple[Array, Array, Callable[[Array], Array]]:
    """Rows less their means, where an intercept takes these up, and the offset that belongs to a weight.

    Rows with `counts` are multiplied by their roots, so that their products are those of the rows written out.
    """
    mean_a, mean_b = (np.average(v, axis=0, weights=counts) if intercept else np.zeros(v.shape[1]) for v in (a, b))
    a, b = a - mean_a, b - mean_b
    if counts is not None:
        root = np.sqrt(counts)[:, None]
        a, b = root * a, root * b
    return a, b, lambda weight: mean_b - mean_a @ weight


def least_squares_map(moments: Moments, source: str, target: str, intercept: bool) -> tuple[Array, Array]:
    """Weights of least squares and the rank of the features."""
    n = moments.n[..., None]
    if moments.full_rank(source):
        aa, ab = moments.block(source, source), moments.block(source, target)
        width = np.asarray(aa.shape[-1])
        if not intercept:
            aa = aa + n[..., None] * outer(moments.mean[source], moments.mean[source])
            ab = ab + n[..., None] * outer(moments.mean[source], moments.mean[target])
        if np.any(moments.n < width + intercept):
            return np.zeros(ab.shape), width
        return solve_positive(aa, ab), width
    root, image = moments.roots(source, target)
    if not intercept:
        level = (np.sqrt(n) * moments.mean[source], np.sqrt(n) * moments.mean[target])
        root, image = (np.concatenate([v[..., None, :], r], axis=-2) for v, r in zip(level, (root, image), strict=True))
    weight, _, rank = least_squares(root, image, RELATIVE_CUTOFF, moments.unit(source, intercept))
    if np.any(rank >= moments.n - intercept):  # rows that are too few cannot show the rank
        rank = np.maximum(rank, moments.most_rank(source, intercept))
    return weight, rank


def check_rows(regressor: LinearRegressor, n: Array, rank: Array, sampled: bool = False) -> None:
    """Refuse fits with no degree of freedom left: their residual would be 0 whatever the truth.

    A rank `sampled` from rows is at most what they can show.
    """
    found = int(np.max(rank))
    least = found + int(regressor.intercept) + 1
    if np.any(n < least):
        more = " or more" if sampled else ""
        raise ValueError(
            f"{shown(regressor)} on features of rank {found}{more} needs n >= {least}; got n = {int(n.min())}"
        )


def with_offset(moments: Moments, source: str, target: str, weight: Array, intercept: bool) -> LinearMap:
    """Complete weights with the offset that carries the means over; its b <= a columns are independent."""
    offset = moments.mean[target] - (moments.mean[source][..., None, :] @ weight)[..., 0, :]
    full_rank = weight.shape[-1] <= weight.shape[-2] and moments.full_rank(source)
    return LinearMap(weight, offset if intercept else np.zeros_like(offset), full_rank)
