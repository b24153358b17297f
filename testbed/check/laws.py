"""The laws of the ledger: each satisfies a statement, or breaks it in one place. All structure is frozen."""

from __future__ import annotations

from typing import Any

import numpy as np

from testbed._linalg import Array
from testbed.generators import (
    Augmented,
    CleanMixture,
    ExchangeableViews,
    Factors,
    Generator,
    Hypercube,
    LeeMixture,
    Patches,
    Redundant,
)
from testbed.laws import Finite, GaussianMixture, JointGaussian, Law, Topics
from testbed.theory import sharp_law

__all__ = ["LAWS", "SUITE"]


def _waves(start: int, *shape: int) -> Array:
    """Numbers without a pattern that are the same everywhere: cosines of irrational multiples of squares."""
    squares = np.arange(start, start + np.prod(shape), dtype=float) ** 2
    return np.asarray(np.cos(2.0 * np.pi * np.sqrt(2.0) * squares).reshape(shape))


def _shares(start: int, *shape: int) -> Array:
    """Positive numbers that sum to 1 along the last axis."""
    weights = np.exp(1.5 * _waves(start, *shape))
    return np.asarray(weights / weights.sum(axis=-1, keepdims=True))


def _finite(
    k: int, m: int, d2: int, leak: float = 0.0, means: Array | None = None, points: Array | None = None
) -> Finite:
    """Six points of x1 and seven of x2, independent given the state but for a share of another table.

    `means` (k m, d2) are put in place of the conditional means of X2 by moving its support; `points` (6, d1) are those
    of x1.
    """
    left, right = _shares(1, k, m, 6), _shares(101, k, m, 7)
    prior = _shares(201, 1, k * m).reshape(k, m)
    joint = prior[..., None, None] * left[..., None] * right[..., None, :]
    v2 = _waves(301, 7, d2) if means is None else np.linalg.pinv(right.reshape(k * m, 7)) @ means
    if leak:
        joint = (1.0 - leak) * joint + leak * _shares(401, 1, joint.size).reshape(joint.shape)
    return Finite(joint / joint.sum(), _waves(501, 6, 3) if points is None else points, v2)


def _twins(given: Array, leak: float = 0.0) -> Finite:
    """Two views of one law on common points, P(x | class) = `given`; with a leak they are sometimes the same point."""
    k, s = given.shape
    same = given[:, :, None] * np.eye(s)
    joint = _shares(201, 1, k)[0, :, None, None] * ((1.0 - leak) * given[:, :, None] * given[:, None, :] + leak * same)
    return Finite(joint[:, None], _waves(501, s, 3), _waves(501, s, 3))


def _one_law() -> Finite:
    """Three classes of which two have one law of x2."""
    left, right = _shares(1, 3, 6), _shares(101, 2, 7)[[0, 1, 1]]
    joint = _shares(201, 1, 3)[0, :, None, None] * left[:, :, None] * right[:, None, :]
    return Finite(joint[:, None], _waves(501, 6, 3), _waves(301, 7, 3))


def _shown() -> Finite:
    """Two classes, four values of x1 in each; the first coordinate of x1 is the class."""
    joint = np.zeros((2, 1, 8, 5))
    for y in range(2):
        joint[y, 0, 4 * y : 4 * y + 4] = 0.5 * np.outer(_shares(1 + 10 * y, 4), _shares(101 + 10 * y, 5))
    return Finite(joint, np.column_stack([np.repeat([0.0, 1.0], 4), _waves(501, 8, 2)]), _waves(301, 5, 3))


def _gaussian(d2: int, k: int, m: int = 0, leak: float = 0.0, aligned: float = 0.0) -> JointGaussian:
    """x1 and x2 read (y, z) and have noise of their own; an edge between these noises is the leak.

    `leak` is an edge in all directions; `aligned` moves x2 with the direction of x1 that tells most of y.
    """
    d1 = 4
    state, w1, w2 = np.eye(k + m) + 0.2, _waves(1, d1, k + m), _waves(101, d2, k + m)
    cross = leak * _waves(201, d1, d2) + aligned * w1[:, :1] @ w2[:, :1].T
    c = np.zeros((d1 + d2 + k + m,) * 2)
    x1, x2, s = slice(0, d1), slice(d1, d1 + d2), slice(d1 + d2, None)
    c[x1, x1], c[x2, x2] = w1 @ state @ w1.T + np.eye(d1), w2 @ state @ w2.T + np.eye(d2)
    c[x1, x2] = w1 @ state @ w2.T + cross
    c[x1, s], c[x2, s], c[s, s] = w1 @ state, w2 @ state, state
    upper = np.triu(c)
    return JointGaussian(upper + np.triu(c, 1).T, d1, d2, k, m)


def _mixture(mean1: Array, mean2: Array) -> GaussianMixture:
    """Equal states with unit noise."""
    states, width = len(mean1), mean1.shape[1] + mean2.shape[1]
    mean = np.concatenate([mean1, mean2], axis=1)
    return GaussianMixture(np.full(states, 1.0 / states), mean, np.eye(width), mean1.shape[1])


def _patches(noise: Array, labels: int = 3) -> GaussianMixture:
    """Images of two patches of three coordinates, six equally likely additive states, and the noise of an image."""
    mean = (_waves(1, 1, 2, 3) + 0.7 * _waves(101, 6, 1, 3)).reshape(6, 6)
    covariance = np.zeros((12, 12))
    covariance[:6, :6] = covariance[6:, 6:] = noise
    return GaussianMixture(np.full(6, 1.0 / 6.0), np.tile(mean, 2), covariance, 6, np.arange(6) % labels)


def _clean(d2: int, rho: float = 0.0, **dials: Any) -> CleanMixture:
    """Three classes in eight dimensions whose noise overlaps."""
    return CleanMixture(d1=8, d2=d2, rho=rho, separation=1.5, structure_seed=1, **dials)


def _graph(own: float, across: float, label: Any, edges: Array | None = None) -> Finite:
    """Vertices that are joined by weights of their own, more to those of their class; `edges` (s, s) says which."""
    s = len(label)
    weight = _shares(1, s * s).reshape(s, s)
    weight = (weight + weight.T) * np.where(label[:, None] == label, own, across)
    return Finite.from_graph(weight if edges is None else weight * edges, label, _waves(501, s, 3))


def _ends(one: Finite, joint: Array) -> Finite:
    """The vertices of a graph with another table."""
    return Finite(joint / joint.sum(), one.v1, one.v2)


def _noise(chance: Array, delta: float = 0.0, noise_chance: Array | None = None, d: int = 3) -> Finite:
    """States of two or three kinds whose signal has one value a column of `chance`, and noise of d - 1 signs."""
    k, values = chance.shape
    signs = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]])[:, : d - 1]
    noise = np.unique(signs, axis=0)
    mix = np.eye(d) + 0.5 * _waves(901, d, d)
    return Finite.from_noise(
        _shares(801, k), chance, np.linspace(-1.0, 1.5, values)[:, None], noise, mix, delta, noise_chance
    )


LINE = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])  # means of the states of two classes
EQUAL = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 1.0, 0.0]])  # means of three classes, two of them equal
COUPLED = np.kron(np.eye(2), 0.5 * np.eye(3)) + 0.2 + 0.1 * np.kron(np.ones((2, 2)), np.diag([0.0, 1.0, 2.0]))
UNEVEN = np.diag([1.0, 1.0, 1.0, 0.5, 0.5, 0.5])  # noise of the second patch is less than that of the first
THREE, SIX = np.array([0, 0, 1, 1, 2, 2]), np.arange(8) % 2
RING = np.eye(8) + np.roll(np.eye(8), 1, axis=1) + np.roll(np.eye(8), -1, axis=1)
BLOCKS = (np.arange(8)[:, None] // 2 == np.arange(8) // 2).astype(float)
CUBE, SKEW = Hypercube(3, 2).law(), np.tile(np.array([[1.0, 1.4], [0.6, 1.0]]), (8, 8))
SIDES = (np.arange(6)[:, None] % 2 != np.arange(6) % 2).astype(float)
TWO, STATES = _shares(701, 2, 2), _shares(751, 3, 3)
LOUD = np.array([[0.4, 0.1, 0.1, 0.4], [0.1, 0.4, 0.4, 0.1]])  # of the signs of a noise; its mean is 0 in each state
TILTED = Finite.from_noise(
    [0.5, 0.5],
    [[0.25, 0.25, 0.25, 0.25, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.5, 0.5]],
    [[1.0, 1.0], [1.0, -1.0], [2.0, 1.0], [2.0, -1.0], [-1.0, 0.5], [-2.0, -0.5]],
    [[0.0]],
    np.eye(2, 3),
)
WORDS, SOFT = _shares(1, 3, 4), 0.6 * np.eye(3) + 0.4 / 3.0

SUITE: dict[str, tuple[str, Generator | Law]] = {
    "clean": ("conditional independence given Y, rank k, d2 > k", _clean(5)),
    "clean-square": ("the same with d2 = k", _clean(3)),
    "lee": ("the printed design, classes overlapping", LeeMixture(k=4, d1=6, d2=5, scale=1.5, structure_seed=3)),
    "lee-printed": ("the printed design at its printed scale", LeeMixture(structure_seed=3)),
    "finite": ("finite supports, conditional independence given Y", _finite(3, 1, 4)),
    "finite-plane": ("the same with d2 = k - 1: affine rank only", _finite(3, 1, 2)),
    "gaussian": ("jointly Gaussian, conditional independence given Y", _gaussian(3, 2)),
    "example-3.1": (
        "two Gaussian classes with opposite means: rank A = 1 < k = 2, affine rank 1",
        _mixture(np.array([[1.0, 0.5, 0.0], [-1.0, -0.5, 0.0]]), np.array([[1.0, 1.0], [-1.0, -1.0]])),
    ),
    "off-centre": (
        "two Gaussian classes, conditional independence, E X1 X2 = 0: a pretext without a constant is 0",
        _mixture(np.array([[0.0], [2.0]]), np.array([[1.0], [0.0]])),
    ),
    "means-on-a-line": (
        "three classes whose means of x2 are on a line: affine rank 1 < k - 1",
        _mixture(1.5 * np.eye(3, 4), np.outer([1.0, 2.0, 3.0], [1.0, -1.0, 0.5])),
    ),
    "two-means-equal": ("finite supports, two classes with one mean of x2", _finite(3, 1, 3, means=EQUAL)),
    "two-means-equal-plane": ("the same with d2 = k - 1", _finite(3, 1, 2, means=EQUAL[:, :2])),
    "gaussian-wide": ("the same with d2 > d1", _gaussian(5, 2)),
    "gaussian-rank-1": ("jointly Gaussian, d2 = 1 < k = 2", _gaussian(1, 2)),
    "leak-inside": ("edge into the row space of A, from noise of x1", _clean(5, 0.6)),
    "leak-outside": ("edge out of the row space of A", _clean(5, 0.6, direction="outside")),
    "leak-aligned": ("edge from the class means of x1, with their sign", _clean(5, 0.6, reads="means")),
    "leak-anti-aligned": ("edge from the class means of x1, against it", _clean(5, -0.6, reads="means")),
    "leak-square": ("generic edge, d2 = k", _clean(3, 0.6, reads="generic", direction="generic")),
    "lee-leak": ("the printed leak", LeeMixture(k=4, d1=6, d2=5, alpha=0.3, scale=1.5, structure_seed=3)),
    "finite-leak": ("finite supports, dependent views", _finite(3, 1, 4, leak=0.3)),
    "finite-square-leak": ("the same with d2 = k", _finite(3, 1, 3, leak=0.3)),
    "finite-plane-leak": ("the same with d2 = k - 1", _finite(3, 1, 2, leak=0.3)),
    "gaussian-leak": ("jointly Gaussian, dependent noise", _gaussian(3, 2, leak=0.3)),
    "gaussian-square-leak": ("the same with d2 = k", _gaussian(2, 2, leak=0.3)),
    "gaussian-many": ("jointly Gaussian, four outputs, dependent noise", _gaussian(4, 4, leak=0.3)),
    "gaussian-line": ("the same with d2 = k = 1", _gaussian(1, 1, leak=0.3)),
    "gaussian-line-aligned": ("and an edge along the label", _gaussian(1, 1, leak=0.3, aligned=0.3)),
    "sharp": ("jointly Gaussian, attains the intrinsic bound", sharp_law(0.4)),
    "latent": (
        "latent states: conditional independence given (Y, Z) only",
        CleanMixture(k=2, m=2, d1=8, d2=6, separation=1.5, structure_seed=1),
    ),
    "latent-leak": (
        "latent states and an edge",
        CleanMixture(k=2, m=2, d1=8, d2=6, separation=1.5, rho=0.6, structure_seed=1),
    ),
    "latent-few": ("latent states, d2 = 2 < km = 4, label not readable", _finite(2, 2, 2)),
    "latent-readable": ("latent states, d2 = 2 < km = 4, label readable", _finite(2, 2, 2, means=LINE)),
    "latent-few-leak": ("latent states, d2 = 2 < km = 4, dependent views", _finite(2, 2, 2, leak=0.3)),
    "gaussian-latent": ("jointly Gaussian, a latent output", _gaussian(4, 2, 1)),
    "one-hot": ("finite supports, x1 one-hot: its covariance is singular", _finite(3, 1, 4, points=np.eye(6))),
    "label-shown": ("finite supports, a coordinate of x1 is the class", _shown()),
    "one-law": ("finite supports, two classes with one law of x2", _one_law()),
    "twins": ("finite supports, two draws from one of three classes", _twins(_shares(1, 3, 5))),
    "twins-two": ("the same, two classes", _twins(_shares(11, 2, 4))),
    "twins-many": ("the same, five classes", _twins(_shares(21, 5, 6))),
    "twins-apart": ("the same, three classes that share no point", _twins(np.kron(np.eye(3), np.array([[0.7, 0.3]])))),
    "twins-leak": ("the first of these, sometimes one draw shown twice", _twins(_shares(1, 3, 5), 0.3)),
    "views": ("two draws from one class", ExchangeableViews(d=5, structure_seed=1)),
    "views-redrawn": (
        "the same, the class of the second redrawn with probability 1/2",
        ExchangeableViews(d=5, w=0.5, structure_seed=1),
    ),
    "views-independent": ("the same, redrawn always", ExchangeableViews(d=5, w=1.0, structure_seed=1)),
    "patches": (
        "two patches, additive in place and class, class means orthogonal to those of places",
        Patches(patches=2, d0=3, class_std=1.0, structure_seed=1),
    ),
    "patches-any": (
        "four patches, additive, class means anywhere",
        Patches(d0=2, class_std=1.0, orthogonal=False, structure_seed=1),
    ),
    "patches-coupled": (
        "two patches, additive, two states a class, noise correlated between patches",
        _patches(COUPLED),
    ),
    "patches-many": ("the same, every state a class", _patches(COUPLED, 6)),
    "patches-uneven": ("two patches, additive, noise of the places unequal", _patches(UNEVEN)),
    "patches-interaction": (
        "two patches, place and class show together only",
        Patches(patches=2, d0=3, position_std=0.0, class_std=0.0, interaction_std=1.4, structure_seed=1),
    ),
    "graph": ("a symmetric graph of six vertices, two a class", _graph(3.0, 1.0, THREE)),
    "graph-ring": ("a ring of eight vertices, the classes its halves", _graph(1.0, 1.0, np.repeat([0, 1], 4), RING)),
    "graph-sides": ("edges between classes only: negative eigenvalues", _graph(1.0, 1.0, np.arange(6) % 2, SIDES)),
    "graph-clusters": ("classes nearly apart", _graph(1.0, 0.02, THREE)),
    "graph-apart": ("four components", _graph(1.0, 0.0, np.repeat(np.arange(4), 2))),
    "graph-pair": ("two vertices", Finite.from_graph([[0.4, 0.1], [0.1, 0.4]], [0, 1])),
    "graph-directed": (
        "a graph whose edges have a direction",
        _ends(_graph(3.0, 1.0, THREE), _graph(3.0, 1.0, THREE).joint * (1.0 + np.triu(np.ones((6, 6))))),
    ),
    "graph-mixed": (
        "a symmetric graph, vertices of no certain class",
        _ends(_graph(3.0, 1.0, THREE), _graph(3.0, 1.0, THREE).joint + 0.2 * _graph(3.0, 1.0, THREE).joint[::-1]),
    ),
    "graph-two": ("two components, the classes", _graph(1.0, 0.0, np.repeat([0, 1], 4))),
    "graph-apart-mixed": ("four components, each with vertices of both classes", _graph(1.0, 1.0, SIX, BLOCKS)),
    "hypercube": ("five signs, two at full size, the first one the label", Hypercube()),
    "hypercube-small": ("three signs, two at full size, the first one the label", Hypercube(3, 2)),
    "hypercube-wide": ("four signs, three at full size, the first one the label", Hypercube(4, 3)),
    "hypercube-whole": ("three signs, all at full size, the first one the label", Hypercube(3, 3)),
    "hypercube-spurious": ("three signs, two at full size, the last one the label", Hypercube(3, 2, "spurious")),
    "hypercube-narrow": ("three signs, one at full size, the label", Hypercube(3, 1)),
    "hypercube-directed": ("three signs, two at full size, x1 rescaled more often", _ends(CUBE, CUBE.joint * SKEW)),
    "factors": (
        "jointly Gaussian, two factors in unequal noise",
        Factors(2, 6, 6, noise_var_max=4.0, structure_seed=1),
    ),
    "factors-many": ("the same, twelve coordinates of x1", Factors(2, 12, 3, structure_seed=1)),
    "factors-views": (
        "two views of x1 of these factors, each with noise of its own",
        Augmented(Factors(2, 6, 6, noise_var_max=4.0, structure_seed=1), "gaussian", 0.5),
    ),
    "redundant": ("finite supports, x2 shows a nonlinear function of x1 beside the label", Redundant()),
    "canonical-square": (
        "jointly Gaussian, correlations .8 and .6: the square of the first variable before the second",
        JointGaussian.from_correlations([0.8, 0.6], [[0.0, 1.0]]),
    ),
    "canonical-linear": (
        "jointly Gaussian, correlations .8 and .7: the second variable first",
        JointGaussian.from_correlations([0.8, 0.7], [[0.0, 1.0]]),
    ),
    "canonical-tied": (
        "jointly Gaussian, correlations .8, .64 and .64, the square of the first",
        JointGaussian.from_correlations([0.8, 0.64, 0.64], [[0.5, 1.0, -1.0]]),
    ),
    "canonical-negative": (
        "jointly Gaussian, correlations -.8 and .5: one encoder has the square of the first variable, not the first",
        JointGaussian.from_correlations([-0.8, 0.5], [[1.0, 1.0]]),
    ),
    "noise": ("finite supports, a signal of the state mixed with noise of its own in each view", _noise(TWO)),
    "noise-wrong-pairs": ("the same, three of ten pairs wrong", _noise(TWO, 0.3)),
    "noise-three": ("three states, two noises", _noise(STATES, d=3)),
    "noise-unequal": ("two states, noises correlated in each, oppositely", _noise(TWO, noise_chance=LOUD)),
    "noise-tilted": ("two states whose covariances of the signal differ", TILTED),
    "topics": (
        "three topics, halves of four words, a real label",
        Topics(WORDS, SOFT, np.array([0.5, 0.3, 0.2]), np.array([[1.0], [0.0], [-1.0]])),
    ),
}
LAWS: dict[str, Generator | Law] = {name: source for name, (_, source) in SUITE.items()}
