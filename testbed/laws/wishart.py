"""Exact draws of Gaussian scatter matrices, block by block."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from testbed._linalg import Array, pinv, symmetric_root, transpose

__all__ = ["BlockRoot", "leading", "remainder"]


class BlockRoot(NamedTuple):
    """Block-triangular root L of a covariance over (x1, x2): L L' = [[c11, c12], [c21, c22]]."""

    l11: Array
    l21: Array
    l22: Array

    @staticmethod
    def of(covariance: Array, d1: int) -> BlockRoot:
        """Factor a positive semidefinite covariance, singular ones included."""
        c11, c21, c22 = covariance[..., :d1, :d1], covariance[..., d1:, :d1], covariance[..., d1:, d1:]
        l11 = symmetric_root(c11)
        scale = np.sqrt(np.trace(c11, axis1=-2, axis2=-1))
        l21 = c21 @ pinv(l11, 1e-12 * scale)
        return BlockRoot(l11, l21, symmetric_root(c22 - l21 @ transpose(l21)))


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
    t11 = _triangle(dof, d1, rng)
    a1 = root.l11 @ t11
    if not x2:
        return a1, a1[..., :0, :]
    t21 = rng.standard_normal((*dof.shape, d2, d1))
    t21 *= (np.arange(d1) < dof[..., None])[..., None, :]
    return a1, root.l21 @ t11 + root.l22 @ t21


def remainder(dof: Array, root: BlockRoot, rng: np.random.Generator) -> Array:
    """Draw a3: what the scatter of x2 has beyond x1. It is drawn last, so leaving it out changes nothing else."""
    d1, d2 = root.l11.shape[-1], root.l22.shape[-1]
    return np.asarray(root.l22 @ _triangle(np.maximum(dof - d1, 0.0), d2, rng))


def _triangle(dof: Array, d: int, rng: np.random.Generator) -> Array:
    """Bartlett factor T, (..., d, d)."""
    t = np.zeros((*dof.shape, d, d))
    below = np.tril_indices(d, -1)
    t[..., below[0], below[1]] = rng.standard_normal((*dof.shape, len(below[0])))
    left = np.maximum(dof[..., None] - np.arange(d), 0.0)
    t *= (left > 0.0)[..., None, :]
    diagonal = np.arange(d)
    t[..., diagonal, diagonal] = np.sqrt(2.0 * rng.standard_gamma(0.5 * left))
    return t
