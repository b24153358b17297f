"""The laws of the ledger: each satisfies a statement, or breaks it in one place. All structure is frozen."""

from __future__ import annotations

import numpy as np

from testbed.check.builders import (
    clean,
    ends,
    finite,
    gaussian,
    graph,
    mixture,
    noise,
    one_law,
    patches,
    shares,
    shown,
    twins,
)
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
from testbed.laws import Finite, JointGaussian, Law, Topics
from testbed.theory import sharp_law

__all__ = ["LAWS", "SUITE"]


LINE = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])  # means of the states of two classes
EQUAL = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 1.0, 0.0]])  # means of three classes, two of them equal
COUPLED = np.kron(np.eye(2), 0.5 * np.eye(3)) + 0.2 + 0.1 * np.kron(np.ones((2, 2)), np.diag([0.0, 1.0, 2.0]))
UNEVEN = np.diag([1.0, 1.0, 1.0, 0.5, 0.5, 0.5])  # noise of the second patch is less than that of the first
THREE, SIX = np.array([0, 0, 1, 1, 2, 2]), np.arange(8) % 2
RING = np.eye(8) + np.roll(np.eye(8), 1, axis=1) + np.roll(np.eye(8), -1, axis=1)
BLOCKS = (np.arange(8)[:, None] // 2 == np.arange(8) // 2).astype(float)
CUBE, SKEW = Hypercube(3, 2).law(), np.tile(np.array([[1.0, 1.4], [0.6, 1.0]]), (8, 8))
SIDES = (np.arange(6)[:, None] % 2 != np.arange(6) % 2).astype(float)
TWO, STATES = shares(701, 2, 2), shares(751, 3, 3)
LOUD = np.array([[0.4, 0.1, 0.1, 0.4], [0.1, 0.4, 0.4, 0.1]])  # of the signs of a noise; its mean is 0 in each state
TILTED = Finite.from_noise(
    [0.5, 0.5],
    [[0.25, 0.25, 0.25, 0.25, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.5, 0.5]],
    [[1.0, 1.0], [1.0, -1.0], [2.0, 1.0], [2.0, -1.0], [-1.0, 0.5], [-2.0, -0.5]],
    [[0.0]],
    np.eye(2, 3),
)
WORDS, SOFT = shares(1, 3, 4), 0.6 * np.eye(3) + 0.4 / 3.0

SUITE: dict[str, tuple[str, Generator | Law]] = {
    "clean": ("conditional independence given Y, rank k, d2 > k", clean(5)),
    "clean-square": ("the same with d2 = k", clean(3)),
    "lee": ("the printed design, classes overlapping", LeeMixture(k=4, d1=6, d2=5, scale=1.5, structure_seed=3)),
    "lee-printed": ("the printed design at its printed scale", LeeMixture(structure_seed=3)),
    "finite": ("finite supports, conditional independence given Y", finite(3, 1, 4)),
    "finite-plane": ("the same with d2 = k - 1: affine rank only", finite(3, 1, 2)),
    "gaussian": ("jointly Gaussian, conditional independence given Y", gaussian(3, 2)),
    "example-3.1": (
        "two Gaussian classes with opposite means: rank A = 1 < k = 2, affine rank 1",
        mixture(np.array([[1.0, 0.5, 0.0], [-1.0, -0.5, 0.0]]), np.array([[1.0, 1.0], [-1.0, -1.0]])),
    ),
    "off-centre": (
        "two Gaussian classes, conditional independence, E X1 X2 = 0: a pretext without a constant is 0",
        mixture(np.array([[0.0], [2.0]]), np.array([[1.0], [0.0]])),
    ),
    "means-on-a-line": (
        "three classes whose means of x2 are on a line: affine rank 1 < k - 1",
        mixture(1.5 * np.eye(3, 4), np.outer([1.0, 2.0, 3.0], [1.0, -1.0, 0.5])),
    ),
    "two-means-equal": ("finite supports, two classes with one mean of x2", finite(3, 1, 3, means=EQUAL)),
    "two-means-equal-plane": ("the same with d2 = k - 1", finite(3, 1, 2, means=EQUAL[:, :2])),
    "gaussian-wide": ("the same with d2 > d1", gaussian(5, 2)),
    "gaussian-rank-1": ("jointly Gaussian, d2 = 1 < k = 2", gaussian(1, 2)),
    "leak-inside": ("edge into the row space of A, from noise of x1", clean(5, 0.6)),
    "leak-outside": ("edge out of the row space of A", clean(5, 0.6, direction="outside")),
    "leak-aligned": ("edge from the class means of x1, with their sign", clean(5, 0.6, reads="means")),
    "leak-anti-aligned": ("edge from the class means of x1, against it", clean(5, -0.6, reads="means")),
    "leak-square": ("generic edge, d2 = k", clean(3, 0.6, reads="generic", direction="generic")),
    "lee-leak": ("the printed leak", LeeMixture(k=4, d1=6, d2=5, alpha=0.3, scale=1.5, structure_seed=3)),
    "finite-leak": ("finite supports, dependent views", finite(3, 1, 4, leak=0.3)),
    "finite-square-leak": ("the same with d2 = k", finite(3, 1, 3, leak=0.3)),
    "finite-plane-leak": ("the same with d2 = k - 1", finite(3, 1, 2, leak=0.3)),
    "gaussian-leak": ("jointly Gaussian, dependent noise", gaussian(3, 2, leak=0.3)),
    "gaussian-square-leak": ("the same with d2 = k", gaussian(2, 2, leak=0.3)),
    "gaussian-many": ("jointly Gaussian, four outputs, dependent noise", gaussian(4, 4, leak=0.3)),
    "gaussian-line": ("the same with d2 = k = 1", gaussian(1, 1, leak=0.3)),
    "gaussian-line-aligned": ("and an edge along the label", gaussian(1, 1, leak=0.3, aligned=0.3)),
    "sharp": ("jointly Gaussian, attains the intrinsic bound", sharp_law(0.4)),
    "latent": (
        "latent states: conditional independence given (Y, Z) only",
        CleanMixture(k=2, m=2, d1=8, d2=6, separation=1.5, structure_seed=1),
    ),
    "latent-leak": (
        "latent states and an edge",
        CleanMixture(k=2, m=2, d1=8, d2=6, separation=1.5, rho=0.6, structure_seed=1),
    ),
    "latent-few": ("latent states, d2 = 2 < km = 4, label not readable", finite(2, 2, 2)),
    "latent-readable": ("latent states, d2 = 2 < km = 4, label readable", finite(2, 2, 2, means=LINE)),
    "latent-few-leak": ("latent states, d2 = 2 < km = 4, dependent views", finite(2, 2, 2, leak=0.3)),
    "gaussian-latent": ("jointly Gaussian, a latent output", gaussian(4, 2, 1)),
    "one-hot": ("finite supports, x1 one-hot: its covariance is singular", finite(3, 1, 4, points=np.eye(6))),
    "label-shown": ("finite supports, a coordinate of x1 is the class", shown()),
    "one-law": ("finite supports, two classes with one law of x2", one_law()),
    "twins": ("finite supports, two draws from one of three classes", twins(shares(1, 3, 5))),
    "twins-two": ("the same, two classes", twins(shares(11, 2, 4))),
    "twins-many": ("the same, five classes", twins(shares(21, 5, 6))),
    "twins-apart": ("the same, three classes that share no point", twins(np.kron(np.eye(3), np.array([[0.7, 0.3]])))),
    "twins-leak": ("the first of these, sometimes one draw shown twice", twins(shares(1, 3, 5), 0.3)),
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
        patches(COUPLED),
    ),
    "patches-many": ("the same, every state a class", patches(COUPLED, 6)),
    "patches-uneven": ("two patches, additive, noise of the places unequal", patches(UNEVEN)),
    "patches-interaction": (
        "two patches, place and class show together only",
        Patches(patches=2, d0=3, position_std=0.0, class_std=0.0, interaction_std=1.4, structure_seed=1),
    ),
    "graph": ("a symmetric graph of six vertices, two a class", graph(3.0, 1.0, THREE)),
    "graph-ring": ("a ring of eight vertices, the classes its halves", graph(1.0, 1.0, np.repeat([0, 1], 4), RING)),
    "graph-sides": ("edges between classes only: negative eigenvalues", graph(1.0, 1.0, np.arange(6) % 2, SIDES)),
    "graph-clusters": ("classes nearly apart", graph(1.0, 0.02, THREE)),
    "graph-apart": ("four components", graph(1.0, 0.0, np.repeat(np.arange(4), 2))),
    "graph-pair": ("two vertices", Finite.from_graph([[0.4, 0.1], [0.1, 0.4]], [0, 1])),
    "graph-directed": (
        "a graph whose edges have a direction",
        ends(graph(3.0, 1.0, THREE), graph(3.0, 1.0, THREE).joint * (1.0 + np.triu(np.ones((6, 6))))),
    ),
    "graph-mixed": (
        "a symmetric graph, vertices of no certain class",
        ends(graph(3.0, 1.0, THREE), graph(3.0, 1.0, THREE).joint + 0.2 * graph(3.0, 1.0, THREE).joint[::-1]),
    ),
    "graph-two": ("two components, the classes", graph(1.0, 0.0, np.repeat([0, 1], 4))),
    "graph-apart-mixed": ("four components, each with vertices of both classes", graph(1.0, 1.0, SIX, BLOCKS)),
    "hypercube": ("five signs, two at full size, the first one the label", Hypercube()),
    "hypercube-small": ("three signs, two at full size, the first one the label", Hypercube(3, 2)),
    "hypercube-wide": ("four signs, three at full size, the first one the label", Hypercube(4, 3)),
    "hypercube-whole": ("three signs, all at full size, the first one the label", Hypercube(3, 3)),
    "hypercube-spurious": ("three signs, two at full size, the last one the label", Hypercube(3, 2, "spurious")),
    "hypercube-narrow": ("three signs, one at full size, the label", Hypercube(3, 1)),
    "hypercube-directed": ("three signs, two at full size, x1 rescaled more often", ends(CUBE, CUBE.joint * SKEW)),
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
    "noise": ("finite supports, a signal of the state mixed with noise of its own in each view", noise(TWO)),
    "noise-wrong-pairs": ("the same, three of ten pairs wrong", noise(TWO, 0.3)),
    "noise-three": ("three states, two noises", noise(STATES, d=3)),
    "noise-unequal": ("two states, noises correlated in each, oppositely", noise(TWO, noise_chance=LOUD)),
    "noise-tilted": ("two states whose covariances of the signal differ", TILTED),
    "topics": (
        "three topics, halves of four words, a real label",
        Topics(WORDS, SOFT, np.array([0.5, 0.3, 0.2]), np.array([[1.0], [0.0], [-1.0]])),
    ),
}
LAWS: dict[str, Generator | Law] = {name: source for name, (_, source) in SUITE.items()}
