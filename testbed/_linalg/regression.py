"""Regressions on matrices that may lack full rank: coefficients, residuals, ranks and the units they are judged in."""

from __future__ import annotations

import numpy as np
from scipy.linalg import lapack

from testbed._linalg.arrays import LOST, Array, inner, transpose, upper
from testbed._linalg.roots import of_least_norm

__all__ = ["RELATIVE_CUTOFF", "least_squares", "own_unit", "pinv", "rank_of", "residual_square"]

RELATIVE_CUTOFF = 1e-11  # singular values of a feature root, in its units, below this share of the largest are rounding
CLEAR = 1e-4  # a Cholesky factor whose diagonal stays above this share of its largest is of a well-conditioned matrix
SUSPECT = 1e-8  # a triangular factor whose diagonal falls below this share of its largest goes to the full analysis


def pinv(a: Array, cutoff: float | Array, unit: Array | None = None) -> Array:
    """Pseudo-inverse that drops singular values at or below an **absolute** cutoff (one number a slice).

    With `unit` (..., q), sizes of the columns of `a` (..., p, q), it is the singular values in these units that are
    dropped, and what is left is inverted in the units of `a`.
    """
    u, s, vt = np.linalg.svd(a, full_matrices=False)
    if unit is None:
        keep = s > np.asarray(cutoff)[..., None]
    else:
        left, values, right = np.linalg.svd(_in_units(a, unit), full_matrices=False)
        real = values > np.asarray(cutoff)[..., None]
        if not np.all(real):
            cut = (left * np.where(real, values, 0.0)[..., None, :]) @ right * unit[..., None, :]
            u, s, vt = np.linalg.svd(np.where(np.all(real, axis=-1)[..., None, None], a, cut), full_matrices=False)
        keep = np.arange(s.shape[-1]) < real.sum(axis=-1)[..., None]
    inverse = np.where(keep, 1.0 / np.where(keep, s, 1.0), 0.0)
    return transpose(vt) @ (inverse[..., None] * transpose(u))


def _in_units(a: Array, unit: Array) -> Array:
    """Columns divided by their units; one without a unit is 0."""
    return np.asarray(np.where(unit > 0.0, 1.0, 0.0)[..., None, :] * a / np.where(unit > 0.0, unit, 1.0)[..., None, :])


def least_squares(
    root: Array, target: Array, cutoff: float | Array = 0.0, unit: Array | None = None
) -> tuple[Array, Array, Array]:
    """Regress the columns of `target` (..., m, q) on those of `root` (..., m, p).

    Returns the coefficients of least norm (..., p, q), the residual **up to a rotation of its rows**, and the rank
    (...). Singular values at or below the larger of `cutoff` (absolute) and ``RELATIVE_CUTOFF`` times the largest
    count as zero; those of the columns divided by `unit` (..., p), where columns have units of their own. Works on the
    root, never on its Gram matrix, which would square the condition number.
    """
    m, p, q = root.shape[-2], root.shape[-1], target.shape[-1]
    if unit is not None:
        root = _in_units(root, unit)
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
    if unit is not None:
        safe = np.where(unit > 0.0, unit, 1.0)[..., :, None]
        coefficients = coefficients / safe
        if p and not np.all(keep.sum(axis=-1) == p):
            axes = np.linalg.svd(root, full_matrices=True)[2] if root.shape[-2] < p else vt
            gone = np.concatenate([~keep, np.ones((*keep.shape[:-1], p - keep.shape[-1]), dtype=bool)], axis=-1)
            coefficients = of_least_norm(coefficients, transpose(axes) / safe, gone)
    return coefficients, target - u @ coordinates, keep.sum(axis=-1)


def residual_square(root: Array, target: Array, cutoff: float | Array = 0.0, unit: Array | None = None) -> Array:
    """Squared residual of the regression of `target` (..., m, q) on `root` (..., m, p), summed over columns.

    `cutoff` and `unit` as in `least_squares`. Slices whose normal equations leave no doubt are done by them, with the
    residual formed in full: it is least at the solution, so an error of the coefficients enters squared. The next are
    done by a triangular factor of both side by side, and those that may hide a singular value at or below the cutoff by
    `least_squares`: each slice for itself.
    """
    if unit is not None:
        root = _in_units(root, unit)
    batch = np.broadcast_shapes(root.shape[:-2], target.shape[:-2])
    root, target = (np.broadcast_to(a, (*batch, *a.shape[-2:])).reshape(-1, *a.shape[-2:]) for a in (root, target))
    floor = np.broadcast_to(np.asarray(cutoff), batch).reshape(-1)
    value, left = np.zeros(floor.shape), np.ones(floor.shape, dtype=bool)
    for share, attempt in ((CLEAR, _by_normal_equations), (SUSPECT, _by_triangle)):
        if root.shape[-1] <= root.shape[-2] and np.any(left):
            found, diagonal = attempt(root[left], target[left]) if not np.all(left) else attempt(root, target)
            safe = diagonal.min(axis=-1) > np.maximum(100.0 * floor[left], share * diagonal.max(axis=-1))
            value[left] = np.where(safe, found, 0.0)
            left[left] = ~safe
    if np.any(left):
        _, rest, _ = least_squares(root[left], target[left], floor[left])
        value[left] = inner(rest, rest)
    return value.reshape(batch)


def own_unit(size: Array, spread: Array) -> Array:
    """Unit of a feature that is known by its values only: the norm of its deviations, `spread`.

    Where the norm of its values, `size`, is so large that rounding of them shows, the unit is so large that
    ``RELATIVE_CUTOFF`` times it is what was lost: with that as the cutoff a constant is no feature.
    """
    return np.asarray(np.maximum(spread, LOST / RELATIVE_CUTOFF * size))


def rank_of(rows: Array, cutoff: float | Array, unit: Array) -> Array:
    """Number of singular values of the columns of `rows`, each in its unit, above `cutoff` and rounding, (...)."""
    s = np.linalg.svd(_in_units(rows, unit), compute_uv=False)
    floor = np.maximum(np.asarray(cutoff), RELATIVE_CUTOFF * s.max(axis=-1, initial=0.0))
    return np.asarray(np.sum(s > floor[..., None], axis=-1))


def _by_normal_equations(root: Array, target: Array) -> tuple[Array, Array]:
    """Squared residuals, and diagonals of the Cholesky factors (0 where there is none)."""
    gram, coefficients = transpose(root) @ root, transpose(target) @ root
    diagonal = np.zeros(gram.shape[:-1])
    for i, (matrix, rows) in enumerate(zip(gram, coefficients, strict=True)):
        factor, solution, info = lapack.dposv(matrix.T, rows.T, lower=1, overwrite_b=1)
        if info == 0:
            diagonal[i], rows[...] = factor.diagonal(), solution.T
    rest = target - root @ transpose(coefficients)
    return inner(rest, rest), diagonal


def _by_triangle(root: Array, target: Array) -> tuple[Array, Array]:
    """Squared residuals, and absolute diagonals of the triangular factors."""
    p = root.shape[-1]
    columns = np.concatenate([transpose(root), transpose(target)], axis=-2)
    for each in columns:
        matrix = each.T
        factor = lapack.dgeqrf(matrix, overwrite_a=1)[0]
        if factor is not matrix:
            matrix[...] = factor
    rest = np.tril(columns[:, p:, p:])
    return inner(rest, rest), np.abs(np.diagonal(columns[:, :p, :p], axis1=-2, axis2=-1))
