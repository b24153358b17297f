"""Factor analysis by maximum likelihood, from second moments."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from testbed._linalg import Array, symmetric_root
from testbed.allowed import Count, Positive
from testbed.arguments import shown
from testbed.laws import Law
from testbed.models.base import Data, Model
from testbed.models.inputs import check_latent, covariance_of, law_covariance
from testbed.models.linear_gaussian import LinearGaussian
from testbed.models.normal import LOG_2PI
from testbed.regressors.base import Rank

__all__ = ["FactorAnalysis"]

LEAST = 1e-9  # of the noise variance of a column, as a share of the variance of the column
EQUAL = 1e-8  # nats by which two ends differ that are one maximum
POLISH = 20  # most steps of Newton that follow those of L-BFGS


@dataclass(frozen=True, repr=False)
class FactorAnalysis(Model):
    """x = mean + W z + e, z ~ N(0, I), e ~ N(0, diag noise_var), by maximum likelihood.

    The likelihood sees the data through mean and covariance only, so a fit costs the same for every n, and the law's
    own moments give the optimum. It is fitted on columns of unit variance and mapped back: **a fit in other units of
    each column, or with other origins, is the same fit.** (It is not that of rotated columns: the noise is diagonal.)

    For given noise variances the best W has a closed form: with R the correlation matrix, theta and V the eigenvalues,
    falling, and eigenvectors of Psi^{-1/2} R Psi^{-1/2}, it is Psi^{1/2} V_q max(theta_q - 1, 0)^{1/2}. What is left,
    ::

        -(1/2) [d log 2 pi + log det Psi + sum_{i <= q} (1 + log theta_i) + sum_{i > q} theta_i]      (theta_i >= 1),

    is maximised over log Psi by L-BFGS and steps of Newton from two starts, of which the better one is kept: the shares
    of each column that the others do not explain, and one half for all. It may have several local maxima, and where the
    noise of a column tends to 0 (a Heywood case) the variance stops at 1e-9 of the column's. The repetitions of a stack
    are fitted one after another.

    Parameters
    ----------
    rank : int, "k", "k-1" or "km"
        Number of factors, less than the number of columns of x.
    tolerance : float
        Largest slope of the mean log-likelihood in the logarithm of a noise variance, in nats, with which a fit counts
        as converged; otherwise a ConvergenceWarning (of scikit-learn) gives the slope.
    max_iterations : int
        Most steps of L-BFGS from each start.

    Raises
    ------
    ValueError
        A rank that x does not have room for, NaN, constant columns.

    References
    ----------
    Joreskog, "Some contributions to maximum likelihood factor analysis", Psychometrika 32 (1967).

    Examples
    --------
    >>> import numpy as np
    >>> from testbed.generators import CleanMixture
    >>> from testbed.models import FactorAnalysis
    >>> rng = np.random.default_rng(0)
    >>> rows = CleanMixture(k=3, structure_seed=1).law().sample(500, rng)
    >>> fitted = FactorAnalysis(2).fit(rows, rng)
    >>> fitted.psi(rows.x1).shape    # the posterior means, or probabilities, of the latent given each row
    (500, 2)
    """

    rank: Rank
    tolerance: Positive = 1e-7
    max_iterations: Count = 20000

    linear: ClassVar[bool] = True

    def fit(self, data: Data, rng: np.random.Generator | None = None) -> LinearGaussian:
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
        """Loading and noise variances of one covariance, found on its correlations."""
        deviation = np.sqrt(np.diagonal(covariance))
        correlation = covariance / np.outer(deviation, deviation)
        np.fill_diagonal(correlation, 1.0)
        root = symmetric_root(correlation)
        ends = [self._climb(root, rank, start) for start in _starts(correlation)]
        best = min(value for value, _, _ in ends)
        _, slope, point = min((end for end in ends if end[0] <= best + EQUAL), key=lambda end: end[1])
        if slope > self.tolerance:
            _warn(f"{shown(self)} has not converged: the log-likelihood still has the slope {slope:.1e} nats, above "
                  f"tolerance = {self.tolerance:g}; raise max_iterations or the tolerance")  # fmt: skip
        vectors, values = _spectrum(point, root)
        largest = np.take_along_axis(vectors, np.argmax(np.abs(vectors), axis=0)[None], axis=0)
        loading = (vectors * np.sign(largest) * np.sqrt(np.maximum(values - 1.0, 0.0)))[:, :rank]
        noise = np.exp(point)
        return (deviation * np.sqrt(noise))[:, None] * loading, deviation**2 * noise

    def _climb(self, root: Array, rank: int, start: Array) -> tuple[float, float, Array]:
        """Minus the log-likelihood, its largest slope away from the bounds, and log noise variances."""
        from scipy.optimize import minimize

        low, high = float(np.log(LEAST)), 0.0  # at the maximum no column has more noise than variance
        most = self.max_iterations
        options: Any = {"maxiter": most, "maxfun": 4 * most, "ftol": 0.0, "gtol": 1e-9, "maxcor": 30}
        loss: Any = _loss
        bounds = [(low, high)] * len(start)
        point: Array = minimize(loss, start, (root, rank), "L-BFGS-B", jac=True, bounds=bounds, options=options).x
        value, slope = _loss(point, root, rank)
        left = np.abs(np.clip(point - slope, low, high) - point).max()
        for _ in range(min(POLISH, most)):
            free = (np.clip(point - slope, low, high) - point) != 0.0
            if not np.any(free):
                break
            step = np.zeros_like(point)
            step[free] = np.linalg.lstsq(_curvature(point, root, rank)[np.ix_(free, free)], slope[free], 1e-12)[0]
            trial = np.clip(point - step, low, high)
            new, turned = _loss(trial, root, rank)
            distance = np.abs(np.clip(trial - turned, low, high) - trial).max()
            if distance >= left or new > value + 1e-12 * abs(value):
                break
            point, value, slope, left = trial, new, turned, distance
        return value, float(left), point


def _starts(correlation: Array) -> list[Array]:
    """Logarithms of noise variances to start from."""
    d = len(correlation)
    half = np.full(d, np.log(0.5))
    if np.linalg.eigvalsh(correlation)[0] <= LEAST:
        return [half]
    return [np.log(np.clip(1.0 / np.diagonal(np.linalg.inv(correlation)), LEAST, 1.0)), half]


def _spectrum(point: Array, root: Array) -> tuple[Array, Array]:
    """Eigenvectors and eigenvalues, falling, of Psi^{-1/2} R Psi^{-1/2}.

    From singular values of its root: an eigenvalue keeps its digits beside others that are large where noise tends
    to 0.
    """
    vectors, singular, _ = np.linalg.svd(np.exp(-0.5 * point)[:, None] * root)
    return vectors, singular**2


def _loss(point: Array, root: Array, rank: int) -> tuple[float, Array]:
    """Minus the mean log-likelihood with the best loading, and its gradient, in the log noise variances."""
    vectors, values = _spectrum(point, root)
    taken = (np.arange(len(point)) < rank) & (values > 1.0)
    terms = np.where(taken, 1.0 + np.log(np.where(taken, values, 1.0)), values)
    loss = 0.5 * (len(point) * LOG_2PI + float(point.sum()) + float(terms.sum()))
    return loss, 0.5 * vectors**2 @ np.where(taken, 0.0, 1.0 - values)


def _curvature(point: Array, root: Array, rank: int) -> Array:
    """Second derivatives of `_loss`: how eigenvectors turn when the noise of a column changes."""
    vectors, values = _spectrum(point, root)
    taken = (np.arange(len(point)) < rank) & (values > 1.0)
    rest, left = vectors[:, ~taken], values[~taken]
    total = ((rest * left) @ rest.T) * (rest @ rest.T)
    for axis, value in zip(vectors[:, taken].T, values[taken], strict=True):
        total += np.outer(axis, axis) * ((rest * ((1.0 - left) * (value + left) / (value - left))) @ rest.T)
    return np.asarray(0.5 * total)


def _warn(message: str) -> None:
    from sklearn.exceptions import ConvergenceWarning

    warnings.warn(message, ConvergenceWarning, stacklevel=2)
