"""Density of x1 under a law, and how far a model is from it: the excess log-loss KL(p_D || p_theta)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from testbed._linalg import Array, cholesky, scaled_root, solve_lower, transpose
from testbed.laws import GaussianMixture, JointGaussian, Law
from testbed.laws.quadrature import SHIFTS, Estimate, average, gaussian_points, resolved
from testbed.laws.table_population import TablePopulation
from testbed.models.normal import LOG_2PI, Normal, divergence

__all__ = ["gaussian_excess", "integrated_excess", "log_components", "log_density", "table_excess"]

FEWEST, LARGEST = 64, 2**20  # points around each state to start with, and numbers held at the nodes at most


def log_components(x: Array, mean: Array, covariance: Array) -> Array:
    """Log densities log N(x; mean_s, C_s) of rows, (..., n, d) -> (..., n, S).

    Means are (..., S, d), and C is (..., d, d), or (..., S, d, d) for one each.
    """
    own = covariance.ndim == mean.ndim + 1
    columns = []
    for s in range(mean.shape[-2]):
        lower = cholesky(covariance[..., s, :, :] if own else covariance)
        white = solve_lower(lower, transpose(x - mean[..., s, None, :]))
        level = np.sum(np.log(np.diagonal(lower, axis1=-2, axis2=-1)), axis=-1)
        columns.append(-0.5 * (np.sum(white**2, axis=-2) + x.shape[-1] * LOG_2PI) - level[..., None])
    return np.stack(columns, axis=-1)


def _components(law: Law) -> tuple[Array, Array, Array]:
    """Probabilities, means and covariances of x1 in the states of a Gaussian law or mixture."""
    if isinstance(law, GaussianMixture):
        first = slice(0, law.d1)
        return law.probability, law.mean[..., first], law.covariance[..., first, first]
    if isinstance(law, JointGaussian):
        truth = law.population()
        if not np.all(truth.axes1.varies):
            raise ValueError("the covariance of x1 is singular, so its law has no density and no excess log-loss")
        return np.ones(1), truth.mean1[..., None, :], truth.s11
    raise ValueError(f"{type(law).__name__}: x1 has a finite support, against which a density has no excess log-loss")


def log_density(law: Law, x1: Array) -> Array:
    """Log density log p_D(x1) of rows (..., n, d1), or log P_D where the support is finite: (..., n), in nats."""
    from scipy.special import logsumexp

    truth = law.population()
    if isinstance(truth, TablePopulation):
        return np.asarray(np.log(truth.p1)[truth.locate(x1)])
    probability, mean, covariance = _components(law)
    return np.asarray(logsumexp(log_components(x1, mean, covariance) + np.log(probability), axis=-1))


def gaussian_excess(law: JointGaussian, mean: Array, covariance: Array) -> Estimate:
    """KL(N(0, S11) || N(mean, covariance)), closed form."""
    _, centre, s11 = _components(law)
    if s11.shape[-1] != covariance.shape[-1]:
        raise ValueError(f"x1 has {s11.shape[-1]} columns under the law, and {covariance.shape[-1]} in the model")
    value = divergence(Normal(centre, s11[..., None, :, :]), Normal(mean[..., None, :], covariance[..., None, :, :]))
    return Estimate(value[..., 0], np.zeros(value.shape[:-1]))


def integrated_excess(law: Law, log_likelihood: Callable[[Array], Array]) -> Estimate:
    """KL(p_D || p_theta) by randomly shifted Sobol points around each state; the shifts' spread is the error.

    Points are multiplied until the relative error is below 1e-3, or a bound on memory is met.
    """
    probability, mean, covariance = _components(law)
    unit, even = scaled_root(covariance)
    root = even * unit[..., None, :]
    own = covariance.ndim == mean.ndim + 1
    d = mean.shape[-1]

    def estimate(points: int) -> Estimate:
        u = gaussian_points(mean, points, d)
        x = mean[..., :, None, None, :] + u @ (root[..., None, :, :] if own else root[..., None, None, :, :])
        rows = x.reshape(*x.shape[:-4], -1, d)
        ratio = log_density(law, rows) - log_likelihood(rows)
        return average(ratio.reshape(x.shape[:-1]), probability)

    batch = int(np.prod(law.batch))
    most = LARGEST // (SHIFTS * mean.shape[-2] * d * max(batch, 1))
    return resolved(estimate, FEWEST, most)


def table_excess(law: Law, log_likelihood: Callable[[Array], Array]) -> Estimate:
    """KL(p_D || p_theta) over the support of x1, exact; infinite where the model leaves out a point of it.

    Raises
    ------
    ValueError
        A law whose x1 has a density, against which probabilities of values have no excess log-loss.
    """
    truth = law.population()
    if not isinstance(truth, TablePopulation):
        raise ValueError(
            f"{type(law).__name__}: x1 has a density, against which probabilities of values have no excess log-loss"
        )
    ratio = np.log(truth.p1) - log_likelihood(truth.points1)
    return Estimate(np.asarray(truth.p1 @ ratio), np.zeros(()))
