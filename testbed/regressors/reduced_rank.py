"""Reduced-rank regression, in closed form from Moments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from testbed._linalg import Array, transpose
from testbed.arguments import shown
from testbed.data import LinearMap, Moments
from testbed.regressors.base import LinearRegressor, Rank, resolve_rank
from testbed.regressors.ols import centred_rows, check_rows, least_norm, least_squares_map, with_offset

__all__ = ["ReducedRank"]


@dataclass(frozen=True, repr=False)
class ReducedRank(LinearRegressor):
    """Least squares under a bound on the rank of W (identity weight on the outputs).

    W = B V V', B the least-squares solution and V the first `rank` eigenvectors of B' S_aa B: the predictions of B
    along the directions of the target that they explain best. A rank above what the dimensions allow is no bound. The
    fit is the same in other units of a (any invertible linear map), but of b in other common units only: which of its
    directions are kept depends on the units of its columns.

    Parameters
    ----------
    rank : int, "k", "k-1" or "km"
        Bound on the rank; names are resolved by the law.
    intercept : bool
        Whether a constant is fitted; with it "k-1" is what k class means need.

    References
    ----------
    Izenman, "Reduced-rank regression for the multivariate linear model", J. Multivariate Analysis 5, 1975.

    Examples
    --------
    >>> import numpy as np
    >>> from testbed.regressors import ReducedRank
    >>> rng = np.random.default_rng(0)
    >>> a = rng.standard_normal((200, 3))
    >>> found = ReducedRank(rank=1).fit_rows(a, a @ rng.standard_normal((3, 2)), rng)
    >>> int(np.linalg.matrix_rank(found.weight))
    1
    """

    rank: Rank
    intercept: bool = True

    def fit(self, moments: Moments, source: str, target: str) -> LinearMap:
        """Fit block `target` on block `source` of the Moments, for every repetition at once."""
        self._check_number()
        weight, features = least_squares_map(moments, source, target, self.intercept)
        check_rows(self, moments.n, features)
        explained = transpose(weight) @ moments.block(source, target)  # B' S_aa B
        if not self.intercept:
            cross = moments.n[..., None, None] * moments.mean[source][..., :, None] * moments.mean[target][..., None, :]
            explained = explained + transpose(weight) @ cross
        if not self._binds(weight):
            return with_offset(moments, source, target, weight, self.intercept)
        weight = self._project(weight, explained)
        return LinearMap(weight, with_offset(moments, source, target, weight, self.intercept).offset)

    def fit_rows(self, a: Array, b: Array, rng: np.random.Generator) -> LinearMap:
        """Fit on rows by a singular value decomposition of them, as `OLS` does: features may be rank-deficient."""
        return self._fit(a, b, None)

    def fit_weighted(self, a: Array, b: Array, weight: Array, rng: np.random.Generator) -> LinearMap:
        """Fit on rows that count `weight` times each."""
        return self._fit(a, b, weight)

    def _fit(self, a: Array, b: Array, counts: Array | None) -> LinearMap:
        self._check_number()
        n = float(len(a) if counts is None else counts.sum())
        size = np.linalg.norm(a, axis=0)
        a, b, level = centred_rows(a, b, self.intercept, counts)
        weight, features = least_norm(a, b, size)
        check_rows(self, np.array(n), features, sampled=True)
        if self._binds(weight):
            weight = self._project(weight, transpose(weight) @ (a.T @ b))
        return LinearMap(weight, level(weight))

    def _check_number(self) -> None:
        if isinstance(self.rank, str):
            raise ValueError(
                f"rank = {shown(self.rank)} has no number without a law; bind(regressor, k, states) gives it"
            )

    def _binds(self, weight: Array) -> bool:
        return bool(resolve_rank(self.rank, 1, 1) < weight.shape[-1])

    def _project(self, weight: Array, explained: Array) -> Array:
        """Keep the directions of the target that are explained best."""
        _, vectors = np.linalg.eigh(0.5 * (explained + transpose(explained)))
        top = vectors[..., :, weight.shape[-1] - resolve_rank(self.rank, 1, 1) :]
        return np.asarray(weight @ top @ transpose(top))
