"""Square roots of covariances, perhaps singular, in units that decide nothing."""

from __future__ import annotations

from typing import cast

import numpy as np
import numpy.typing as npt

from testbed._linalg.arrays import Array, outer, transpose

__all__ = [
    "FLAT",
    "UNEVEN",
    "cholesky",
    "is_diagonal",
    "is_identity",
    "of_least_norm",
    "principal_roots",
    "scaled_root",
    "spectral_root",
    "symmetric_root",
    "units_of",
]

FLAT = 1e-13  # share of the largest eigenvalue of a correlation matrix at or below which there is no variance
UNEVEN = 1e3  # ratio of standard deviations above which roots are taken of the correlation matrix


def is_diagonal(c: Array) -> bool:
    """Whether every matrix of a stack is square and diagonal."""
    if c.shape[-2] != c.shape[-1]:
        return False
    return bool(np.count_nonzero(c) == np.count_nonzero(np.diagonal(c, axis1=-2, axis2=-1)))


def is_identity(c: Array) -> bool:
    """Whether every matrix of a stack is the identity."""
    return is_diagonal(c) and bool(np.all(np.diagonal(c, axis1=-2, axis2=-1) == 1.0))


def symmetric_root(c: Array, floor: float | Array = 0.0) -> Array:
    """Symmetric square root of a positive semidefinite matrix, exact for a diagonal one.

    Eigenvalues at or below `floor` (one number a slice) are rounding: their roots would be far above it.
    """
    if is_diagonal(c):
        return np.sqrt(np.clip(c, 0.0, None))
    values, vectors = np.linalg.eigh(c)
    kept = np.where(values > np.asarray(floor)[..., None], values, 0.0)
    scaled = vectors * np.sqrt(np.clip(kept, 0.0, None))[..., None, :]
    return np.asarray(scaled @ transpose(vectors))


def units_of(c: Array) -> Array:
    """Units (..., d) in which a root of a covariance is taken: 1, or standard deviations where they are far apart.

    An eigenvalue is known to a share of the largest one, so the variance of a coordinate in small units would be lost
    beside that of one in large units.
    """
    deviation = np.sqrt(np.clip(np.diagonal(c, axis1=-2, axis2=-1), 0.0, None))
    there = deviation > 0.0
    least = np.where(there, deviation, np.inf).min(axis=-1, keepdims=True, initial=np.inf)
    uneven = deviation.max(axis=-1, keepdims=True, initial=0.0) > UNEVEN * least
    return np.where(uneven & there, deviation, 1.0)


def scaled_root(c: Array) -> tuple[Array, Array]:
    """Units u (..., d) of `units_of`, and a symmetric S with (u S)(u S)' = c."""
    unit = units_of(c)
    return unit, symmetric_root(c / outer(unit, unit))


def principal_roots(c: Array, floor: float | Array = 0.0) -> tuple[Array, Array]:
    """Matrices G, H (..., d, d) with G'G = c and H H' = its pseudo-inverse: principal axes of the correlation matrix.

    A direction has no variance where its eigenvalue in the correlation matrix is at most 1e-13 of the largest, so that
    units decide nothing; a coordinate has none where its standard deviation is at most `floor` (..., d). Rows of G and
    columns of H that belong to such directions are 0.
    """
    variance = np.diagonal(c, axis1=-2, axis2=-1)
    there = (variance > 0.0) & (variance > np.asarray(floor) ** 2)
    unit = np.sqrt(np.where(there, variance, 1.0))
    both = there[..., :, None] & there[..., None, :]
    correlation = np.where(both, c / unit[..., :, None] / unit[..., None, :], 0.0)
    if not np.all(there):  # coordinates without variance are told apart from directions without: eigenvalue -1
        correlation = correlation - np.where(there, 0.0, 1.0)[..., None] * np.eye(c.shape[-1])
    values, vectors = np.linalg.eigh(correlation)
    keep = values > FLAT * np.maximum(values[..., -1:], 0.0)
    deviation = np.sqrt(np.where(keep, values, 0.0))
    vectors = np.where(there[..., :, None], vectors, 0.0)
    inverse = vectors * np.where(keep, 1.0 / np.where(keep, deviation, 1.0), 0.0)[..., None, :] / unit[..., :, None]
    gone = ~keep & (values > -0.5)
    if np.any(gone):
        inverse = of_least_norm(inverse, vectors / unit[..., :, None], gone)
    return deviation[..., None] * transpose(vectors) * unit[..., None, :], inverse


def of_least_norm(a: Array, axes: Array, gone: npt.NDArray[np.bool_]) -> Array:
    """Take from the columns of `a` (..., d, q) their parts along the columns of `axes` (..., d, r) that are `gone`."""
    order = np.argsort(~gone, axis=-1, kind="stable")
    first = np.take_along_axis(gone, order, axis=-1)[..., None, :]
    null = np.where(first, np.take_along_axis(axes, order[..., None, :], axis=-1), 0.0)
    size = np.linalg.norm(null, axis=-2, keepdims=True)
    basis = np.where(first, np.linalg.qr(null / np.where(size > 0.0, size, 1.0))[0], 0.0)
    plain = np.asarray(a - basis @ (transpose(basis) @ a))
    rows = np.linalg.norm(axes, axis=-1)
    uneven = rows.max(axis=-1) > UNEVEN * np.where(rows > 0.0, rows, np.inf).min(axis=-1)
    if not np.any(uneven):
        return plain
    return np.where(uneven[..., None, None], _without(a, null, int(gone.sum(axis=-1).max())), plain)


def _without(a: Array, null: Array, count: int) -> Array:
    """Take from columns their parts along the first `count` of others, one by one: reflections lose small rows."""
    done: list[Array] = []
    for j in range(count):
        column = null[..., :, j : j + 1]
        for _ in range(2):
            for other in done:
                column = column - other * (transpose(other) @ column)
            size = np.linalg.norm(column, axis=-2, keepdims=True)
            column = column / np.where(size > 0.0, size, 1.0)
        done.append(column)
        a = a - column * (transpose(column) @ a)
    return a


def cholesky(c: Array) -> Array:
    """Lower-triangular root L of a positive definite matrix, L L' = c."""
    return cast(Array, np.linalg.cholesky(c))


def spectral_root(c: Array, cross: Array, floor: float | Array = 0.0) -> tuple[Array, Array]:
    """Matrices R, T with R'R = c, positive semidefinite and perhaps singular, and R'T = cross, in the range of c.

    `floor` (..., d) holds standard deviations that are rounding, as in `principal_roots`.
    """
    root, inverse = principal_roots(c, floor)
    return root, transpose(inverse) @ cross
