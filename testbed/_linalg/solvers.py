"""Solutions of square systems: general, symmetric positive definite and triangular ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import numpy as np
from scipy.linalg import lapack

from testbed._linalg.arrays import Array, transpose
from testbed._linalg.roots import principal_roots

__all__ = ["solve", "solve_lower", "solve_positive", "solve_root", "solve_upper"]

SMALL = 16  # up to this size one call for the whole stack beats one call a slice


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


def solve_upper(lower: Array, b: Array) -> Array:
    """Solve L'x = b for a lower-triangular L."""
    if lower.shape[-1] <= SMALL:
        return solve(transpose(lower), b)
    return _each(_trtrs_transposed, lower, b)


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


def _trtrs_transposed(upper: Array, b: Array) -> Array:
    return cast(Array, lapack.dtrtrs(upper, b, lower=0, trans=0, overwrite_b=1)[0])
