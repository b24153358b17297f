"""Batched linear algebra with leading axes: one slice of a stack has the bits it would have alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np
import numpy.typing as npt
from scipy.linalg import lapack

Array = npt.NDArray[np.float64]

RELATIVE_CUTOFF = 1e-11  # singular values of a feature root, in its units, below this share of the largest are rounding
CLEAR = 1e-4  # a Cholesky factor whose diagonal stays above this share of its largest is of a well-conditioned matrix
SUSPECT = 1e-8  # a triangular factor whose diagonal falls below this share of its largest goes to the full analysis
FLAT = 1e-13  # share of the largest eigenvalue of a correlation matrix at or below which there is no variance
LOST = 100.0 * float(np.finfo(float).eps)  # share of a number that its storage, and sums with it, may have lost
UNEVEN = 1e3  # ratio of standard deviations above which roots are taken of the correlation matrix
SMALL = 16  # up to this size one call for the whole stack beats one call a slice


def transpose(a: Array) -> Array:
    """Swap the last two axes."""
    return np.swapaxes(a, -1, -2)


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


def upper(a: Array) -> Array:
    """Upper-triangular R of a = Q R: the same Gram matrix in fewer rows."""
    return cast(Array, np.linalg.qr(a, mode="r"))


def solve(a: Array, b: Array) -> Array:
    """Solve a x = b for a stack of invertible matrices."""
    return cast(Array, np.linalg.solve(a, b))


def solve_positive(a: Array, b: Array) -> Array:
    """Solve a x = b for symmetric positive definite a, by Cholesky: half the work of `solve`.

    A slice that turns out singular, where b is in its range, gets a solution of about least norm.
    """
    if a.shape[-1] <= SMALL:
        try:
            return solve(a, b)
        except np.linalg.LinAlgError:  # at least one slice: the others keep the bits they would have alone
            as_it_stands = _each(lambda matrix, rows: _gesv(matrix.T, rows), a, b)
            return np.ascontiguousarray(as_it_stands)  # in the order of `solve`, on which the bits of products depend
    return _each(_posv, a, b)


def solve_root(root: Array, b: Array) -> Array:
    """Solve R'R x = b for an upper-triangular R."""
    if root.shape[-1] <= SMALL:
        return solve(root, solve(transpose(root), b))
    return _each(_potrs, root, b)


def solve_lower(lower: Array, b: Array) -> Array:
    """Solve L x = b for a lower-triangular L."""
    if lower.shape[-1] <= SMALL:
        return solve(lower, b)
    return _each(_trtrs, lower, b)


def _each(solver: Callable[[Array, Array], Array], a: Array, b: Array) -> Array:
    """Call a LAPACK solver slice by slice; it overwrites the right-hand side, which is copied in its order."""
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    out = np.empty((*batch, b.shape[-1], b.shape[-2]))
    out[...] = transpose(b)
    many = out.reshape(-1, *out.shape[-2:])
    matrices = np.broadcast_to(a, (*batch, *a.shape[-2:])).reshape(-1, *a.shape[-2:])
    for matrix, rows in zip(matrices, many, strict=True):
        right = rows.T
        solution = solver(matrix.T, right)
        if solution is not right:
            right[...] = solution
    return transpose(out)


def _posv(a: Array, b: Array) -> Array:
    _, x, info = lapack.dposv(a, b, lower=1, overwrite_b=1)
    return cast(Array, x) if info == 0 else _gesv(a, b)


def _gesv(a: Array, b: Array) -> Array:
    try:
        return solve(a, b)
    except np.linalg.LinAlgError:
        _, inverse = principal_roots(a)
        return inverse @ (transpose(inverse) @ b)


def _potrs(lower: Array, b: Array) -> Array:
    return cast(Array, lapack.dpotrs(lower, b, lower=1, overwrite_b=1)[0])


def _trtrs(upper: Array, b: Array) -> Array:
    return cast(Array, lapack.dtrtrs(upper, b, lower=0, trans=1, overwrite_b=1)[0])


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


def contrasts(direction: Array) -> Array:
    """Orthonormal basis of the complement of a vector (d,), as columns (d, d - 1)."""
    return cast(Array, np.linalg.qr(direction[:, None], mode="complete")[0][:, 1:])


def inner(a: Array, b: Array) -> Array:
    """Sum over the last two axes of a * b: the trace of a' b."""
    return cast(Array, np.sum(a * b, axis=(-1, -2)))


def outer(a: Array, b: Array) -> Array:
    """Outer product of vectors along the last axis."""
    return a[..., :, None] * b[..., None, :]
