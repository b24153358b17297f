"""Batched linear algebra with leading axes: one slice of a stack has the bits it would have alone."""

from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

RELATIVE_CUTOFF = 1e-11  # singular values of a feature root below this share of the largest are rounding


def transpose(a: Array) -> Array:
    """Swap the last two axes."""
    return np.swapaxes(a, -1, -2)


def symmetric_root(c: Array) -> Array:
    """Symmetric square root of a positive semidefinite matrix, exact for the identity."""
    values, vectors = np.linalg.eigh(c)
    scaled = vectors * np.sqrt(np.clip(values, 0.0, None))[..., None, :]
    return np.asarray(scaled @ transpose(vectors))


def cholesky(c: Array) -> Array:
    """Lower-triangular root L of a positive definite matrix, L L' = c."""
    return cast(Array, np.linalg.cholesky(c))


def upper(a: Array) -> Array:
    """Upper-triangular R of a = Q R: the same Gram matrix in fewer rows."""
    return cast(Array, np.linalg.qr(a, mode="r"))


def solve(a: Array, b: Array) -> Array:
    """Solve a x = b for a stack of invertible matrices."""
    return cast(Array, np.linalg.solve(a, b))


def pinv(a: Array, cutoff: float | Array) -> Array:
    """Pseudo-inverse that drops singular values at or below an **absolute** cutoff (one number a slice)."""
    u, s, vt = np.linalg.svd(a, full_matrices=False)
    keep = s > np.asarray(cutoff)[..., None]
    inverse = np.where(keep, 1.0 / np.where(keep, s, 1.0), 0.0)
    return transpose(vt) @ (inverse[..., None] * transpose(u))


def least_squares(root: Array, target: Array, cutoff: float | Array = 0.0) -> tuple[Array, Array, Array]:
    """Regress the columns of `target` (..., m, q) on those of `root` (..., m, p).

    Returns the coefficients of least norm (..., p, q), the residual **up to a rotation of its rows**, and the rank
    (...). Singular values at or below the larger of `cutoff` (absolute) and ``RELATIVE_CUTOFF`` times the largest
    count as zero. Works on the root, never on its Gram matrix, which would square the condition number.
    """
    m, p, q = root.shape[-2], root.shape[-1], target.shape[-1]
    if m > 2 * (p + q):  # a tall problem is first rotated into a small one
        batch = np.broadcast_shapes(root.shape[:-2], target.shape[:-2])
        both = [np.broadcast_to(a, (*batch, *a.shape[-2:])) for a in (root, target)]
        r = upper(np.concatenate(both, axis=-1))
        root, target = r[..., :p], r[..., p:]
    u, s, vt = np.linalg.svd(root, full_matrices=False)
    floor = np.maximum(np.asarray(cutoff), RELATIVE_CUTOFF * s.max(axis=-1, initial=0.0))
    keep = s > floor[..., None]
    inverse = np.where(keep, 1.0 / np.where(keep, s, 1.0), 0.0)
    coordinates = np.where(keep[..., None], transpose(u) @ target, 0.0)
    coefficients = transpose(vt) @ (inverse[..., None] * coordinates)
    return coefficients, target - u @ coordinates, keep.sum(axis=-1)


def inner(a: Array, b: Array) -> Array:
    """Sum over the last two axes of a * b: the trace of a' b."""
    return cast(Array, np.sum(a * b, axis=(-1, -2)))


def outer(a: Array, b: Array) -> Array:
    """Outer product of vectors along the last axis."""
    return a[..., :, None] * b[..., None, :]
