"""The laws of the ledger: each satisfies a statement, or breaks it in one place. All structure is frozen."""

from __future__ import annotations

import numpy as np

from testbed._linalg import Array
from testbed.generators import CleanMixture, Generator, LeeMixture
from testbed.laws import Finite, GaussianMixture, JointGaussian, Law, Topics

__all__ = ["LAWS"]


def _waves(*shape: int) -> Array:
    """Numbers without a pattern that are the same everywhere: cosines of the multiples of an irrational number."""
    return np.cos(2.0 * np.pi * np.sqrt(2.0) * np.arange(1.0, np.prod(shape) + 1.0) ** 2).reshape(shape)


def _shares(*shape: int) -> Array:
    """Positive numbers that sum to 1 along the last axis."""
    weights = np.exp(1.5 * _waves(*shape))
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


def _finite(k: int, m: int, d2: int, leak: float = 0.0, means: Array | None = None) -> Finite:
    """Six points of x1 and seven of x2, independent given the state but for a share of another table.

    `means` (k m, d2) are put in place of the conditional means of X2 by moving its support.
    """
    left, right = _shares(k * m, 6).reshape(k, m, 6), _shares(k * m + 1, 7)[1:].reshape(k, m, 7)
    prior = _shares(1, k * m).reshape(k, m)
    joint = prior[..., None, None] * left[..., None] * right[..., None, :]
    v2 = _waves(8, d2)[1:] if means is None else np.linalg.pinv(right.reshape(k * m, 7)) @ means
    if leak:
        joint = (1.0 - leak) * joint + leak * _shares(1, joint.size).reshape(joint.shape)
    return Finite(joint / joint.sum(), _waves(6, 3), v2)


def _gaussian(d2: int, k: int, m: int = 0, leak: float = 0.0, aligned: float = 0.0) -> JointGaussian:
    """x1 and x2 read (y, z) and have noise of their own; an edge between these noises is the leak.

    `leak` is an edge in all directions; `aligned` moves x2 with the direction of x1 that tells most of y.
    """
    d1 = 4
    state, w1, w2 = np.eye(k + m) + 0.2, _waves(d1, k + m), _waves(d2 + 1, k + m)[1:]
    state = 0.5 * (state + state.T)
    cross = leak * _waves(d1, d2) + aligned * w1[:, :1] @ w2[:, :1].T
    c = np.zeros((d1 + d2 + k + m,) * 2)
    x1, x2, s = slice(0, d1), slice(d1, d1 + d2), slice(d1 + d2, None)
    c[x1, x1], c[x2, x2] = w1 @ state @ w1.T + np.eye(d1), w2 @ state @ w2.T + np.eye(d2)
    c[x1, x2] = w1 @ state @ w2.T + cross
    c[x1, s], c[x2, s], c[s, s] = w1 @ state, w2 @ state, state
    upper = np.triu(c)
    return JointGaussian(upper + np.triu(c, 1).T, d1, d2, k, m)


def _mixture(mean1: Array, mean2: Array, label: list[int] | None = None) -> GaussianMixture:
    """Equal states with unit noise."""
    states, width = len(mean1), mean1.shape[1] + mean2.shape[1]
    mean = np.concatenate([mean1, mean2], axis=1)
    return GaussianMixture(np.full(states, 1.0 / states), mean, np.eye(width), mean1.shape[1], label)


CLEAN = dict(k=3, d1=8, separation=1.5, structure_seed=1)
LAWS: dict[str, Generator | Law] = {
    # conditional independence given Y, rank k
    "clean": CleanMixture(**CLEAN, d2=5),
    "clean-square": CleanMixture(**CLEAN, d2=3),
    "lee": LeeMixture(k=4, d1=6, d2=5, scale=1.5, structure_seed=3),
    "lee-printed": LeeMixture(structure_seed=3),
    "finite": _finite(3, 1, 4),
    "finite-plane": _finite(3, 1, 2),
    "gaussian": _gaussian(3, 2),
    # one thing broken: the rank of the means
    "example-3.1": _mixture(np.array([[1.0, 0.5, 0.0], [-1.0, -0.5, 0.0]]), np.array([[1.0, 1.0], [-1.0, -1.0]])),
    "means-on-a-line": _mixture(1.5 * np.eye(3, 4), np.outer([1.0, 2.0, 3.0], [1.0, -1.0, 0.5])),
    "two-means-equal": _finite(3, 1, 3, means=np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 1.0, 0.0]])),
    "gaussian-rank-1": _gaussian(1, 2),
    # one thing broken: conditional independence given Y
    "leak-inside": CleanMixture(**CLEAN, d2=5, rho=0.6),
    "leak-outside": CleanMixture(**CLEAN, d2=5, rho=0.6, direction="outside"),
    "leak-aligned": CleanMixture(**CLEAN, d2=5, rho=0.6, reads="means"),
    "leak-anti-aligned": CleanMixture(**CLEAN, d2=5, rho=-0.6, reads="means"),
    "leak-square": CleanMixture(**CLEAN, d2=3, rho=0.6, reads="generic", direction="generic"),
    "lee-leak": LeeMixture(k=4, d1=6, d2=5, alpha=0.3, scale=1.5, structure_seed=3),
    "finite-leak": _finite(3, 1, 4, leak=0.3),
    "finite-square-leak": _finite(3, 1, 3, leak=0.3),
    "finite-plane-leak": _finite(3, 1, 2, leak=0.3),
    "gaussian-leak": _gaussian(3, 2, leak=0.3),
    "gaussian-square-leak": _gaussian(2, 2, leak=0.3),
    "gaussian-line": _gaussian(1, 1, aligned=0.3),
    # a latent beside the label
    "latent": CleanMixture(k=2, m=2, d1=8, d2=6, separation=1.5, structure_seed=1),
    "latent-leak": CleanMixture(k=2, m=2, d1=8, d2=6, separation=1.5, rho=0.6, structure_seed=1),
    "latent-few": _finite(2, 2, 2),
    "latent-readable": _finite(2, 2, 2, means=np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])),
    "latent-few-leak": _finite(2, 2, 2, leak=0.3),
    "gaussian-latent": _gaussian(4, 2, 1),
    "topics": Topics(_shares(3, 4), np.eye(3) * 0.6 + 0.4 / 3.0, [0.5, 0.3, 0.2], np.array([[1.0], [0.0], [-1.0]])),
}
