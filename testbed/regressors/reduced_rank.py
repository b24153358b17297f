"""Reduced-rank regression on Moments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from testbed._linalg import transpose
from testbed.data import LinearMap, Moments
from testbed.regressors.base import LinearRegressor, Rank, check_rank, resolve_rank
from testbed.regressors.ols import check_rows, least_squares_map, with_offset

__all__ = ["ReducedRank"]


@dataclass(frozen=True, repr=False)
class ReducedRank(LinearRegressor):
    """Least squares under a bound on the rank of W (identity weight on the outputs).

    W = B V V', B the least-squares solution and V the first `rank` eigenvectors of B' S_aa B: the predictions of B
    along the directions of the target that they explain best. A rank above what the dimensions allow is no bound.

    Parameters
    ----------
    rank : int, "k", "k-1" or "km"
        Bound on the rank; names are resolved by the law.
    intercept : bool
        Whether a constant is fitted; with it "k-1" is what k class means need.

    References
    ----------
    Izenman, "Reduced-rank regression for the multivariate linear model", J. Multivariate Analysis 5, 1975.
    """

    rank: Rank
    intercept: bool = True

    def __post_init__(self) -> None:
        """Check the rank."""
        check_rank(self.rank)

    def fit(self, moments: Moments, source: str, target: str) -> LinearMap:
        """Fit every repetition at once."""
        if isinstance(self.rank, str):
            raise ValueError(f"rank = {self.rank!r} has no number without a law; bind(regressor, k, states) gives it")
        weight, features = least_squares_map(moments, source, target, self.intercept)
        check_rows(self, moments.n, features)
        explained = transpose(weight) @ moments.block(source, target)  # B' S_aa B
        if not self.intercept:
            cross = moments.n[..., None, None] * moments.mean[source][..., :, None] * moments.mean[target][..., None, :]
            explained = explained + transpose(weight) @ cross
        width = weight.shape[-1]
        if resolve_rank(self.rank, 1, 1) < width:
            _, vectors = np.linalg.eigh(0.5 * (explained + transpose(explained)))
            top = vectors[..., :, width - resolve_rank(self.rank, 1, 1) :]
            weight = weight @ top @ transpose(top)
            return LinearMap(weight, with_offset(moments, source, target, weight, self.intercept).offset)
        return with_offset(moments, source, target, weight, self.intercept)
