"""Random laws for tests: finite ones of all kinds, and jointly Gaussian ones."""

from __future__ import annotations

import numpy as np

from testbed.laws import Finite, JointGaussian


def finite(rng: np.random.Generator, *, violated: bool | None = None) -> Finite:
    """k 2..5, m 1..3, supports up to 30, means of full and deficient rank, CI given (Y, Z) held or violated."""
    k, m = int(rng.integers(2, 6)), int(rng.integers(1, 4))
    s1, s2 = (int(s) for s in rng.integers(2, 31, size=2))
    d1, d2 = int(rng.integers(1, 9)), int(rng.integers(1, 16))
    prior = rng.dirichlet(np.full(k * m, 0.7)).reshape(k, m)
    if m > 1 and rng.random() < 0.3:
        prior[0, 0] = 0.0  # a state without mass
    left, right = (rng.dirichlet(np.full(s, 0.5), size=(k, m)) for s in (s1, s2))
    if rng.random() < 0.3:
        right[-1] = right[0]  # two classes alike in x2
    joint = prior[..., None, None] * left[..., None] * right[..., None, :]
    if rng.random() < 0.5 if violated is None else violated:
        share = rng.random()
        joint = (1.0 - share) * joint + share * rng.dirichlet(np.full(joint.size, 0.3)).reshape(joint.shape)
    v1, v2 = rng.normal(size=(s1, d1)), rng.normal(size=(s2, d2))
    if rng.random() < 0.2:
        v2 = v2[:, :1] * rng.normal(size=(1, d2))  # means on a line
    if rng.random() < 0.2:
        v1[0] = v1[-1]  # two support points of x1 that are one value
    return Finite(joint / joint.sum(), v1, v2)


def gaussian(rng: np.random.Generator, d1: int = 4, d2: int = 3, k: int = 2, m: int = 1) -> JointGaussian:
    """A covariance without structure."""
    width = d1 + d2 + k + m
    root = rng.normal(size=(width, 2 * width))
    return JointGaussian(root @ root.T / (2 * width), d1, d2, k, m)
