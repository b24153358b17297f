"""Gaussian posteriors of a latent: one for each row."""

from __future__ import annotations

from typing import NamedTuple, cast

import numpy as np

from testbed._linalg import Array, cholesky, solve, transpose
from testbed.arguments import Seed, generator_of
from testbed.screens import short

__all__ = ["LOG_2PI", "Normal", "divergence", "inverse", "log_determinant", "standard_rate"]

LOG_2PI = float(np.log(2.0 * np.pi))


class Normal(NamedTuple):
    """N(mean, covariance) for each row.

    Attributes
    ----------
    mean : (..., n, q)
    covariance : (..., n, q, q), or (..., 1, q, q) where all rows share it
    """

    mean: Array
    covariance: Array

    def __repr__(self) -> str:
        return short(self)

    @property
    def entropy(self) -> Array:
        """Differential entropy in nats, (..., n)."""
        q = self.mean.shape[-1]
        each = 0.5 * (q * (1.0 + LOG_2PI) + log_determinant(self.covariance))
        return np.broadcast_to(each, self.mean.shape[:-1])

    def draw(self, rng: Seed) -> Array:
        """One draw for each row, (..., n, q)."""
        rng = generator_of(rng)
        noise = rng.standard_normal(self.mean.shape)
        return self.mean + (cholesky(self.covariance) @ noise[..., None])[..., 0]


def log_determinant(c: Array) -> Array:
    """Log determinant of positive definite matrices, (..., q, q) -> (...)."""
    return np.asarray(2.0 * np.sum(np.log(np.diagonal(cholesky(c), axis1=-2, axis2=-1)), axis=-1))


def inverse(c: Array) -> Array:
    """Inverse of positive definite matrices, symmetric to the last bit."""
    found = cast(Array, np.linalg.inv(c))
    return 0.5 * (found + transpose(found))


def divergence(q: Normal, p: Normal) -> Array:
    """KL(q || p) in nats of each row, (..., n)."""
    gap = p.mean - q.mean
    batch = np.broadcast_shapes(p.covariance.shape, q.covariance.shape)
    trace = np.trace(solve(p.covariance, np.broadcast_to(q.covariance, batch)), axis1=-2, axis2=-1)
    square = np.sum(gap * solve(p.covariance, gap[..., None])[..., 0], axis=-1)
    logs = log_determinant(p.covariance) - log_determinant(q.covariance)
    return np.asarray(0.5 * (trace + square - gap.shape[-1] + logs))


def standard_rate(q: Normal) -> Array:
    """KL(q || N(0, I)) in nats of each row, (..., n)."""
    trace = np.trace(q.covariance, axis1=-2, axis2=-1)
    size = np.sum(q.mean**2, axis=-1)
    return np.asarray(0.5 * (trace + size - q.mean.shape[-1] - log_determinant(q.covariance)))
