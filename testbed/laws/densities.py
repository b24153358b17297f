"""Densities of laws: Gaussian states with their roots, and the ratio p(x1, x2) / (p(x1) p(x2))."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import numpy as np
from scipy.special import logsumexp, xlogy

from testbed._linalg import Array, cholesky, solve_lower, transpose
from testbed.laws.base import Law
from testbed.laws.finite import Finite
from testbed.laws.joint_gaussian import JointGaussian
from testbed.laws.mixture import GaussianMixture
from testbed.laws.population import NotDefinedError
from testbed.laws.table_population import nearest
from testbed.laws.topics import Topics

__all__ = ["GaussianStates", "Ratio", "density_ratio", "gaussian_states"]

Ratio = Callable[[Array, Array], Array]


class GaussianStates(NamedTuple):
    """States of a Gaussian law over some coordinates, ready for log densities."""

    level: Array  # (S,) log probability, less half the log determinant
    mean: Array  # (S, d)
    white: Array  # (S, d, d) W with W W' = the inverse of the covariance

    def log_density(self, x: Array) -> Array:
        """Log of p_s N(x; mean_s, C_s) up to a constant common to all states: (n, d) -> (n, S)."""
        pairs = zip(self.mean, self.white, strict=True)
        return np.asarray(self.level - 0.5 * np.stack([np.sum(((x - m) @ w) ** 2, axis=-1) for m, w in pairs], axis=-1))


def _parameters(law: Law) -> tuple[Array, Array, Array]:
    """Log probabilities, means and covariances of the states over (x1, x2)."""
    if law.batch:
        raise ValueError(f"this law has leading axes {law.batch}; give one of them, law[r]")
    if isinstance(law, JointGaussian):
        d = law.d1 + law.d2
        return np.zeros(1), np.zeros((1, d)), law.covariance[None, :d, :d]
    if not isinstance(law, GaussianMixture):
        raise ValueError(f"a {type(law).__name__} has no Gaussian states")
    d = law.mean.shape[-1]
    return np.log(law.probability), law.mean, np.broadcast_to(law.covariance, (len(law.mean), d, d))


def _states(level: Array, mean: Array, covariance: Array) -> GaussianStates:
    try:
        roots = cholesky(np.ascontiguousarray(covariance))
    except np.linalg.LinAlgError as error:
        raise NotDefinedError("the covariance within states is singular, and there is no density") from error
    white = transpose(solve_lower(roots, np.broadcast_to(np.eye(mean.shape[-1]), roots.shape)))
    return GaussianStates(level - np.sum(np.log(np.diagonal(roots, axis1=-2, axis2=-1)), axis=-1), mean, white)


def gaussian_states(law: Law, view: Literal[1, 2] = 1) -> GaussianStates:
    """States of x1, or of x2.

    Raises
    ------
    ValueError
        Laws that are neither a `GaussianMixture` nor `JointGaussian`, have leading axes, or singular states.
    """
    level, mean, covariance = _parameters(law)
    seen = slice(law.shape[0]) if view == 1 else slice(law.shape[0], None)
    return _states(level, mean[:, seen], covariance[:, seen, seen])


def density_ratio(law: Law) -> Ratio:
    """Density of the pairs against that of independent views, p(x1, x2) / (p(x1) p(x2)).

    Returns
    -------
    callable
        (n, d1), (m, d2) -> (n, m): every x1 with every x2. Its mean over x2 ~ p(x2) is 1 at every x1.

    Raises
    ------
    ValueError
        Laws without densities: singular covariances, leading axes.
    """
    if isinstance(law, Finite):
        return _finite(law)
    if isinstance(law, Topics):
        return _topics(law)
    return _gaussian(law)


def _finite(law: Finite) -> Ratio:
    truth = law.population()
    table = truth.p12 / np.outer(truth.p1, truth.p2)

    def ratio(x1: Array, x2: Array) -> Array:
        return np.asarray(table[truth.locate(x1)][:, nearest(truth.points2, x2)[0]])

    return ratio


def _topics(law: Topics) -> Ratio:
    prior = np.log(law.probability)

    def likelihood(x: Array, length: int) -> Array:
        return np.asarray(length * np.sum(xlogy(np.asarray(x)[:, None, :], law.words), axis=-1))

    def ratio(x1: Array, x2: Array) -> Array:
        one, two = likelihood(x1, law.length1), likelihood(x2, law.length2)
        shared = logsumexp(prior + one[:, None] + two[None], axis=-1)
        return np.exp(shared - logsumexp(prior + one, axis=-1)[:, None] - logsumexp(prior + two, axis=-1))

    return ratio


def _gaussian(law: Law) -> Ratio:
    level, mean, covariance = _parameters(law)
    d1 = law.shape[0]
    c11, c12, c22 = covariance[:, :d1, :d1], covariance[:, :d1, d1:], covariance[:, d1:, d1:]
    one, two = (_states(level, m, c) for m, c in ((mean[:, :d1], c11), (mean[:, d1:], c22)))
    slope = np.linalg.solve(c11, c12)
    rest = _states(np.zeros(len(level)), mean[:, d1:], c22 - transpose(c12) @ slope)

    def ratio(x1: Array, x2: Array) -> Array:
        first, second = one.log_density(x1), logsumexp(two.log_density(x2), axis=-1)
        posterior = first - logsumexp(first, axis=-1, keepdims=True)
        log = np.full((len(x1), len(x2)), -np.inf)
        for s in range(len(level)):  # pairs state by state: their table is large
            a = (rest.mean[s] + (x1 - one.mean[s]) @ slope[s]) @ rest.white[s]
            b = x2 @ rest.white[s]
            square = np.sum(a**2, axis=-1)[:, None] - 2.0 * a @ b.T + np.sum(b**2, axis=-1)
            log = np.logaddexp(log, posterior[:, s, None] + rest.level[s] - 0.5 * np.maximum(square, 0.0))
        return np.asarray(np.exp(log - second))

    return ratio
