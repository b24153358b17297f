"""How much two views of a Gaussian mixture say of each other within a state, in nats."""

from __future__ import annotations

import numpy as np

from testbed._linalg import Array, principal_roots, transpose
from testbed.laws.checks import correlation
from testbed.laws.quadrature import SHIFTS, Estimate, average, gaussian_points, resolved
from testbed.laws.states import MixtureStates

__all__ = ["information_within"]

CERTAIN = 1e-12  # 1 - r^2 below it: the views share a coordinate, and the information is infinite
FLAT = 1e-12  # share of the largest eigenvalue of a correlation matrix at or below which there is no variance
FEWEST, MOST = 512, 2**11  # points around each state and shift


def information_within(states: MixtureStates, group: Array) -> Estimate | None:
    """I(X1; X2 | G) of a mixture, G the group of the state.

    Where each group is one state, sum_s p_s (-1/2 sum log(1 - r^2)), r the canonical correlations within the state.
    Elsewhere E log p(x1, x2 | g) - log p(x1 | g) - log p(x2 | g) over randomly shifted Sobol points, with its standard
    error, for a law without leading axes whose states have densities; None for others.

    Parameters
    ----------
    states : MixtureStates
    group : (S, G)
        One-hot group of each state.
    """
    if np.all(group.sum(axis=0) == 1.0):
        value = _within(states)
        return Estimate(value, np.zeros(value.shape))
    if states.batch:
        return None
    covariance = _each(states)
    values = np.linalg.eigvalsh(correlation(covariance))
    if np.any(values[:, 0] <= FLAT * values[:, -1]):
        return None
    views = (slice(0, None), slice(0, states.d1), slice(states.d1, None))
    factors: list[Array] = [np.linalg.cholesky(covariance[:, v, v]).astype(float) for v in views]

    def estimate(points: int) -> Estimate:
        u = gaussian_points(states.mean, points, states.mean.shape[-1])
        values = np.empty((len(states.probability), SHIFTS, points))
        for s in range(len(values)):
            x = states.mean[s] + u[s] @ transpose(factors[0][s])
            inside = np.flatnonzero(group @ group[s])
            both, first, second = (
                _log_density(x[..., v], states.mean[inside][:, v], factor[inside], states.probability[inside])
                for v, factor in zip(views, factors, strict=True)
            )
            values[s] = both - first - second
        return average(values, states.probability)

    return resolved(estimate, FEWEST, MOST)


def _each(states: MixtureStates) -> Array:
    """Covariance of each state."""
    if not states.shared:
        return states.covariance
    return np.broadcast_to(states.covariance, (len(states.probability), *states.covariance.shape[-2:]))


def _within(states: MixtureStates) -> Array:
    """Average over states of the Gaussian information."""
    c, d1 = states.covariance, states.d1
    one, two = (principal_roots(block)[1] for block in (c[..., :d1, :d1], c[..., d1:, d1:]))
    r = np.linalg.svd(transpose(one) @ c[..., :d1, d1:] @ two, compute_uv=False)
    left = 1.0 - np.minimum(r, 1.0) ** 2
    logs = np.log(np.where(left > CERTAIN, left, 1.0))
    nats = np.where(left > CERTAIN, -0.5 * logs, np.inf).sum(axis=-1)
    value = nats if states.shared else nats @ states.probability
    return np.array(np.broadcast_to(value, states.batch))


def _log_density(x: Array, mean: Array, factor: Array, probability: Array) -> Array:
    """Log density of a mixture at points (..., d), from Cholesky factors; up to the constant that all views share."""
    logs = []
    for mu, lower, p in zip(mean, factor, probability / probability.sum(), strict=True):
        level = np.log(p) - np.log(np.diag(lower)).sum()
        logs.append(level - 0.5 * np.sum(_solved(lower, x - mu) ** 2, axis=-1))
    return np.asarray(np.logaddexp.reduce(logs, axis=0))


def _solved(lower: Array, rows: Array) -> Array:
    """L^{-1} of each row."""
    from scipy.linalg import solve_triangular

    flat = solve_triangular(lower, rows.reshape(-1, rows.shape[-1]).T, lower=True)
    return np.asarray(flat.T.reshape(rows.shape))
