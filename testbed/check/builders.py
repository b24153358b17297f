"""What the laws of the ledger are made of: tables, graphs and mixtures of numbers that are the same everywhere."""

from __future__ import annotations

from typing import Any

import numpy as np

from testbed._linalg import Array
from testbed.generators import CleanMixture
from testbed.laws import Finite, GaussianMixture, JointGaussian

__all__ = [
    "clean", "ends", "finite", "gaussian", "graph", "mixture", "noise",
    "one_law", "patches", "shares", "shown", "twins", "waves",
]  # fmt: skip


def waves(start: int, *shape: int) -> Array:
    """Numbers without a pattern that are the same everywhere: cosines of irrational multiples of squares."""
    squares = np.arange(start, start + np.prod(shape), dtype=float) ** 2
    return np.asarray(np.cos(2.0 * np.pi * np.sqrt(2.0) * squares).reshape(shape))


def shares(start: int, *shape: int) -> Array:
    """Positive numbers that sum to 1 along the last axis."""
    weights = np.exp(1.5 * waves(start, *shape))
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


def finite(
    k: int, m: int, d2: int, leak: float = 0.0, means: Array | None = None, points: Array | None = None
) -> Finite:
    """Six points of x1 and seven of x2, independent given the state but for a share of another table.

    `means` (k m, d2) are put in place of the conditional means of X2 by moving its support; `points` (6, d1) are those
    of x1.
    """
    left, right = shares(1, k, m, 6), shares(101, k, m, 7)
    prior = shares(201, 1, k * m).reshape(k, m)
    joint = prior[..., None, None] * left[..., None] * right[..., None, :]
    v2 = waves(301, 7, d2) if means is None else np.linalg.pinv(right.reshape(k * m, 7)) @ means
    if leak:
        joint = (1.0 - leak) * joint + leak * shares(401, 1, joint.size).reshape(joint.shape)
    return Finite(joint / joint.sum(), waves(501, 6, 3) if points is None else points, v2)


def twins(given: Array, leak: float = 0.0) -> Finite:
    """Two views of one law on common points, P(x | class) = `given`; with a leak they are sometimes the same point."""
    k, s = given.shape
    same = given[:, :, None] * np.eye(s)
    joint = shares(201, 1, k)[0, :, None, None] * ((1.0 - leak) * given[:, :, None] * given[:, None, :] + leak * same)
    return Finite(joint[:, None], waves(501, s, 3), waves(501, s, 3))


def one_law() -> Finite:
    """Three classes of which two have one law of x2."""
    left, right = shares(1, 3, 6), shares(101, 2, 7)[[0, 1, 1]]
    joint = shares(201, 1, 3)[0, :, None, None] * left[:, :, None] * right[:, None, :]
    return Finite(joint[:, None], waves(501, 6, 3), waves(301, 7, 3))


def shown() -> Finite:
    """Two classes, four values of x1 in each; the first coordinate of x1 is the class."""
    joint = np.zeros((2, 1, 8, 5))
    for y in range(2):
        joint[y, 0, 4 * y : 4 * y + 4] = 0.5 * np.outer(shares(1 + 10 * y, 4), shares(101 + 10 * y, 5))
    return Finite(joint, np.column_stack([np.repeat([0.0, 1.0], 4), waves(501, 8, 2)]), waves(301, 5, 3))


def gaussian(d2: int, k: int, m: int = 0, leak: float = 0.0, aligned: float = 0.0) -> JointGaussian:
    """x1 and x2 read (y, z) and have noise of their own; an edge between these noises is the leak.

    `leak` is an edge in all directions; `aligned` moves x2 with the direction of x1 that tells most of y.
    """
    d1 = 4
    state, w1, w2 = np.eye(k + m) + 0.2, waves(1, d1, k + m), waves(101, d2, k + m)
    cross = leak * waves(201, d1, d2) + aligned * w1[:, :1] @ w2[:, :1].T
    c = np.zeros((d1 + d2 + k + m,) * 2)
    x1, x2, s = slice(0, d1), slice(d1, d1 + d2), slice(d1 + d2, None)
    c[x1, x1], c[x2, x2] = w1 @ state @ w1.T + np.eye(d1), w2 @ state @ w2.T + np.eye(d2)
    c[x1, x2] = w1 @ state @ w2.T + cross
    c[x1, s], c[x2, s], c[s, s] = w1 @ state, w2 @ state, state
    upper = np.triu(c)
    return JointGaussian(upper + np.triu(c, 1).T, d1, d2, k, m)


def mixture(mean1: Array, mean2: Array) -> GaussianMixture:
    """Equal states with unit noise."""
    states, width = len(mean1), mean1.shape[1] + mean2.shape[1]
    mean = np.concatenate([mean1, mean2], axis=1)
    return GaussianMixture(np.full(states, 1.0 / states), mean, np.eye(width), mean1.shape[1])


def patches(noise: Array, labels: int = 3) -> GaussianMixture:
    """Images of two patches of three coordinates, six equally likely additive states, and the noise of an image."""
    mean = (waves(1, 1, 2, 3) + 0.7 * waves(101, 6, 1, 3)).reshape(6, 6)
    covariance = np.zeros((12, 12))
    covariance[:6, :6] = covariance[6:, 6:] = noise
    return GaussianMixture(np.full(6, 1.0 / 6.0), np.tile(mean, 2), covariance, 6, np.arange(6) % labels)


def clean(d2: int, rho: float = 0.0, **dials: Any) -> CleanMixture:
    """Three classes in eight dimensions whose noise overlaps."""
    return CleanMixture(d1=8, d2=d2, rho=rho, separation=1.5, structure_seed=1, **dials)


def graph(own: float, across: float, label: Any, edges: Array | None = None) -> Finite:
    """Vertices that are joined by weights of their own, more to those of their class; `edges` (s, s) says which."""
    s = len(label)
    weight = shares(1, s * s).reshape(s, s)
    weight = (weight + weight.T) * np.where(label[:, None] == label, own, across)
    return Finite.from_graph(weight if edges is None else weight * edges, label, waves(501, s, 3))


def ends(one: Finite, joint: Array) -> Finite:
    """The vertices of a graph with another table."""
    return Finite(joint / joint.sum(), one.v1, one.v2)


def noise(chance: Array, delta: float = 0.0, noise_chance: Array | None = None, d: int = 3) -> Finite:
    """States of two or three kinds whose signal has one value a column of `chance`, and noise of d - 1 signs."""
    k, values = chance.shape
    signs = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])[:, : d - 1]
    noise = np.unique(signs, axis=0)
    mix = np.eye(d) + 0.5 * waves(901, d, d)
    return Finite.from_noise(
        shares(801, k), chance, np.linspace(-1.0, 1.5, values)[:, None], noise, mix, delta, noise_chance
    )
