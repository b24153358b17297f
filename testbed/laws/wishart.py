"""Exact draws of Gaussian scatter matrices, block by block."""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

import numpy as np

from testbed._linalg import (
    Array,
    is_diagonal,
    is_identity,
    outer,
    pinv,
    scaled_root,
    symmetric_root,
    transpose,
    units_of,
)

__all__ = ["BlockRoot", "Numbers", "leading", "remainder", "rooted", "triangle"]

ROUNDING = 1e-14  # share of the variance of x2, in its units, below which what x1 leaves of it is rounding
SINGULAR = 1e-12  # share of the size of a root of Cov(X1), in its units, below which it is singular


class Numbers(Protocol):
    """What draws in root form need of a random generator: that of numpy, or `testbed.evaluation.streams.Streams`."""

    def standard_normal(self, size: tuple[int, ...], /) -> Any:
        """Draw standard normal numbers of a shape."""

    def standard_gamma(self, shape: Array, /) -> Any:
        """Draw Gamma numbers of a shape parameter and scale 1."""

    def multinomial(self, n: int, pvals: Array, /, size: tuple[int, ...]) -> Any:
        """Draw counts of n rows."""


class BlockRoot(NamedTuple):
    """Block-triangular root L of a covariance over (x1, x2): L L' = [[c11, c12], [c21, c22]]."""

    l11: Array
    l21: Array
    l22: Array

    @staticmethod
    def of(covariance: Array, d1: int) -> BlockRoot:
        """Factor a positive semidefinite covariance, singular ones included."""
        c11, c21, c22 = covariance[..., :d1, :d1], covariance[..., d1:, :d1], covariance[..., d1:, d1:]
        if is_identity(covariance):  # its own root, as what follows would find
            return BlockRoot(c11, c21, c22)
        unit1, even1 = scaled_root(c11)
        l11 = unit1[..., :, None] * even1
        diagonal = np.diagonal(l11, axis1=-2, axis2=-1)
        if is_diagonal(l11) and np.all(diagonal > 0.0):
            l21 = c21 / diagonal[..., None, :]
        else:
            size = np.sqrt(np.sum(even1**2, axis=(-2, -1)))
            l21 = (c21 / unit1[..., None, :]) @ pinv(even1, SINGULAR * size)
        unit2 = units_of(c22)
        left = (c22 - l21 @ transpose(l21)) / outer(unit2, unit2)
        rounding = ROUNDING * np.sum(np.diagonal(c22, axis1=-2, axis2=-1) / unit2**2, axis=-1)
        return BlockRoot(l11, l21, unit2[..., :, None] * symmetric_root(left, rounding))


def rooted(root: Array, a: Array) -> Array:
    """Product root @ a, without the work where the root is diagonal."""
    if not is_diagonal(root):
        return root @ a
    scale = np.diagonal(root, axis1=-2, axis2=-1)
    return a if is_identity(root) else scale[..., None] * a


def leading(dof: Array, root: BlockRoot, rng: np.random.Generator, x2: bool) -> tuple[Array, Array]:
    """Draw the x1 columns of a root of a Wishart matrix with whole `dof` >= 0, by Bartlett's decomposition.

    With T lower-trapezoidal, T_ij ~ N(0, 1) below the diagonal and T_ii^2 ~ chi^2(dof - i), L T T' L' ~
    Wishart(dof, L L') for **any** root L. Columns i >= dof of T are zero, which is the exact singular law when there
    are fewer degrees of freedom than dimensions. Returns a1, a2 (no rows unless `x2`): the scatter of x1 is a1 a1',
    that of x1 with x2 is a1 a2', and that of x2 is a2 a2' + a3 a3' with a3 from `remainder`.

    References
    ----------
    Anderson, An Introduction to Multivariate Statistical Analysis, 3rd ed., section 7.2.
    """
    d1, d2 = root.l11.shape[-1], root.l22.shape[-1]
    t11 = triangle(dof, d1, rng)
    a1 = rooted(root.l11, t11)
    if not x2:
        return a1, a1[..., :0, :]
    t21 = rng.standard_normal((*dof.shape, d2, d1))
    if np.any(dof < d1):
        t21 *= (np.arange(d1) < dof[..., None])[..., None, :]
    a2 = rooted(root.l22, t21)
    return a1, a2 + root.l21 @ t11 if np.any(root.l21) else a2


def remainder(dof: Array, root: BlockRoot, rng: np.random.Generator) -> Array:
    """Draw a3: what the scatter of x2 has beyond x1. It is drawn last, so leaving it out changes nothing else."""
    d1, d2 = root.l11.shape[-1], root.l22.shape[-1]
    return rooted(root.l22, triangle(np.maximum(dof - d1, 0.0), d2, rng))


def triangle(dof: Array, d: int, rng: Numbers) -> Array:
    """Bartlett factor T, (..., d, d)."""
    t = rng.below(dof.shape, d) if hasattr(rng, "below") else _below(rng, dof.shape, d)
    left = np.maximum(dof[..., None] - np.arange(d), 0.0)
    if np.any(dof < d):
        t *= (left > 0.0)[..., None, :]
    diagonal = np.arange(d)
    t[..., diagonal, diagonal] = np.sqrt(2.0 * rng.standard_gamma(0.5 * left))
    return t


def _below(rng: Numbers, shape: tuple[int, ...], d: int) -> Array:
    """Standard normals below the diagonal of matrices (..., d, d); the generator of "fast" has its own way."""
    t = np.zeros((*shape, d, d))
    below = rng.standard_normal((*shape, d * (d - 1) // 2))
    for i in range(1, d):
        t[..., i, :i] = below[..., i * (i - 1) // 2 : i * (i + 1) // 2]
    return t
