"""Leave-one-out errors of kernel ridge regression over a grid of penalties, the constant refitted each time.

Rows are multiplied by the roots of the numbers of rows that they stand for, their `weight`; their targets have the sum
of squares `spread` about their mean, and count as so many rows, one of them left out at a time. The error of row i left
out is its residual divided by one minus the i-th diagonal entry of the smoother.
"""

from __future__ import annotations

import numpy as np

from testbed._linalg import Array
from testbed.regressors.band import EPS, SLAB, reduce_to_band

__all__ = ["by_band", "by_vectors"]

LOST = 1e-4  # share of a leave-one-out error that rounding may be
COLUMNS = 512  # about as many columns at a time: a product of that width is fast


def by_vectors(
    values: Array,
    vectors: Array,
    rotated: Array,
    target: Array,
    grid: Array,
    n: float,
    weight: Array | float = 1.0,
    spread: Array | float = 0.0,
) -> Array:
    """Errors (p,), given the eigenvectors of the centred kernel.

    The smoother is 11'/n + U diag(l / (l + penalty)) U', U orthogonal to 1.
    """
    shrink = values[:, None] / (values[:, None] + grid)
    leverage = 1.0 / n + (vectors**2 / np.reshape(weight, (-1, 1))) @ shrink
    errors, each = np.empty(len(grid)), max(1, COLUMNS // target.shape[1])
    for low in range(0, len(grid), each):
        some = slice(low, low + each)
        kept = shrink[:, some, None] * rotated[:, None, :]
        image = vectors @ kept.reshape(len(kept), -1)  # of several penalties: each alone reads all eigenvectors
        residual = target[:, None, :] - image.reshape(len(target), -1, target.shape[1])
        square = np.einsum("npq,npq->pn", residual, residual) + spread
        errors[some] = np.sum(square / np.maximum(1.0 - leverage[:, some].T, 1e-12) ** 2, axis=1)
    return errors


def by_band(
    kernel: Array, target: Array, grid: Array, weight: Array, spread: Array | float = 0.0
) -> tuple[Array, Array] | None:
    """Errors (p,), and the weights (n, q) of the rows at the smallest; None where rounding could decide.

    With w the weights, Z an orthonormal basis of the complement of w^{1/2} and G = Z (Z' kernel Z + penalty I)^{-1} Z',
    the residual is penalty G target and the diagonal is 1 - (1 - penalty G_ii) / w_i: nothing is subtracted from 1 when
    rows stand for themselves, so small penalties keep their digits. Z' kernel Z = Q B Q' with B a band serves all
    penalties. The kernel (n, n), multiplied by w^{1/2} on both sides, centred or not, is overwritten.
    """
    n = len(kernel)
    axis = np.sqrt(weight / weight.sum())
    axis[0] += 1.0
    axis /= np.linalg.norm(axis)  # I - 2 axis axis' maps w^{1/2} to the first axis: Z is its other columns
    image = kernel @ axis
    image = 2.0 * (image - (axis @ image) * axis)
    inner, left, right = kernel[1:, 1:], np.stack([axis, image], 1)[1:], np.stack([image, axis])[:, 1:]
    for low in range(0, n - 1, SLAB):
        inner[low : low + SLAB] -= left[low : low + SLAB] @ right
    band = reduce_to_band(inner)
    try:
        factor = band.factor(grid)
    except np.linalg.LinAlgError:
        return None
    if not EPS * band.norm() * factor.largest().max() <= LOST:
        return None
    basis = np.zeros((n - 1, n))  # Q' Z'
    band.basis(basis[:, 1:])
    basis -= np.outer(basis @ axis, 2.0 * axis)
    solved = factor.solve(basis @ target)
    gap = 1.0 - 1.0 / weight + grid[:, None] * factor.diagonals(basis) / weight
    errors, each = np.empty(len(grid)), max(1, COLUMNS // target.shape[1])
    for low in range(0, len(grid), each):
        some = slice(low, low + each)
        residual = basis.T @ np.concatenate(list(solved[some]), axis=1)
        square = np.sum(residual.reshape(n, -1, target.shape[1]) ** 2, axis=2).T * grid[some, None] ** 2
        errors[some] = np.sum((square + spread) / gap[some] ** 2, axis=1)
    return errors, basis.T @ solved[int(np.argmin(errors))]
