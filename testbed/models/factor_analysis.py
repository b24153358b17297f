"""Factor analysis by scikit-learn, fed with second moments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from testbed._linalg import Array
from testbed.generators.checks import positive, whole
from testbed.laws import Law
from testbed.models.base import Data, Model
from testbed.models.inputs import check_latent, covariance_of, law_covariance, rows_with
from testbed.models.linear_gaussian import LinearGaussian
from testbed.regressors.base import Rank, check_rank

__all__ = ["FactorAnalysis"]


@dataclass(frozen=True, repr=False)
class FactorAnalysis(Model):
    """x = mean + W z + e, e ~ N(0, diag noise_var), by maximum likelihood (scikit-learn's EM with exact steps).

    The likelihood sees the data through mean and covariance only, so the fit runs on 2d rows that have them (the
    rows of a root and their negatives): it costs the same for every n, and the law's own moments give the optimum. The
    repetitions of a stack are fitted one after another.

    Parameters
    ----------
    rank : int, "k", "k-1" or "km"
        Number of factors, less than the number of columns of x.
    tolerance : float
        Gain of the mean log-likelihood in one step, in nats, at which the iteration stops; it is slow, so what is
        left may be a hundred times as much.
    max_iterations : int
        Most iterations; scikit-learn warns where they do not suffice.

    Raises
    ------
    ValueError
        A rank that x does not have room for, NaN, constant columns.
    """

    rank: Rank
    tolerance: float = 1e-7
    max_iterations: int = 20000

    linear: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Check the settings."""
        check_rank(self.rank)
        positive("tolerance", self.tolerance)
        whole("max_iterations", self.max_iterations, 1)

    def fit(self, data: Data, rng: np.random.Generator) -> LinearGaussian:
        """Fit to Moments or rows of x1; nothing is random."""
        return self.of_moments(*covariance_of(self, data))

    def optimum(self, law: Law) -> LinearGaussian:
        """Fit to the covariance of x1 under the law."""
        return self.of_moments(*law_covariance(self, law))

    def of_moments(self, mean: Array, covariance: Array) -> LinearGaussian:
        """Fit to a mean (..., d) and a covariance with divisor n (..., d, d)."""
        d = covariance.shape[-1]
        rank = check_latent(self.rank, d, noise_left=True)
        slices = [self._one(c, rank) for c in covariance.reshape(-1, d, d)]
        batch = covariance.shape[:-2]
        loading = np.stack([w for w, _ in slices]).reshape(*batch, d, rank)
        return LinearGaussian(mean, loading, np.stack([v for _, v in slices]).reshape(*batch, d))

    def _one(self, covariance: Array, rank: int) -> tuple[Array, Array]:
        from sklearn.decomposition import FactorAnalysis as Sklearn

        x = rows_with(np.zeros(len(covariance)), covariance)
        model = Sklearn(rank, tol=len(x) * self.tolerance, max_iter=self.max_iterations, svd_method="lapack")
        model.fit(x)
        return np.ascontiguousarray(model.components_.T), np.asarray(model.noise_variance_)
