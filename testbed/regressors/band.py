"""Symmetric matrices as Q B Q' with B block tridiagonal: one reduction serves every shift of the diagonal.

An eigendecomposition spends half of the flops of its first step on products of a matrix with a vector, at the speed of
memory. Stopping at a band of width b leaves products of matrices only: with m rows the reduction and Q cost 4/3 m^3
flops each, and for each penalty p the Cholesky factor of B + p I costs m b^2, a solution m b and the diagonal of
U (B + p I)^{-1} U' = |L^{-1} U'|^2, for n rows of U, 4 n m b.

References
----------
Dongarra, Sorensen and Hammarling, "Block reduction of matrices to condensed forms for eigenvalue computations",
J. Comput. Appl. Math. 27, 1989. Bischof, Lang and Sun, "A framework for symmetric band reduction", ACM Trans. Math.
Softw. 26, 2000. Golub and Van Loan, "Matrix Computations", 4th ed., 5.1.7 (W Y form) and 4.5.1 (block Cholesky).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy.linalg import lapack

from testbed._linalg import Array, transpose

__all__ = ["Band", "Factor", "reduce_to_band"]

BLOCK = 32  # width of the band: less makes the reduction slow, more the diagonals
SLAB = 256  # rows at a time: what is touched twice is still in cache
WIDE = 128  # reflectors at a time that form Q
EPS = float(np.finfo(float).eps)


@dataclass(frozen=True, eq=False)
class Panel:
    """The orthogonal matrix I - V T V' on the rows from `start`."""

    start: int
    v: Array
    t: Array

    def then(self, other: Panel) -> Panel:
        """Their product as one panel; the other starts further down."""
        both = np.hstack([self.v, np.zeros((len(self.v), other.v.shape[1]))])
        lower, k = both[other.start - self.start :], len(self.t)
        lower[:, k:] = other.v
        t = np.zeros((both.shape[1], both.shape[1]))
        t[:k, :k], t[k:, k:] = self.t, other.t
        t[:k, k:] = -self.t @ (lower[:, :k].T @ other.v) @ other.t
        return Panel(self.start, both, t)


@dataclass(frozen=True, eq=False)
class Band:
    """Blocks of B on the diagonal and below it, and the panels whose product is Q."""

    diagonal: list[Array]
    below: list[Array]
    panels: list[Panel]

    def basis(self, out: Array) -> None:
        """Write Q' (m, m) into `out`, by backward accumulation: the last panels act on few rows."""
        wide: list[Panel] = []
        for panel in self.panels:
            if wide and wide[-1].v.shape[1] + panel.v.shape[1] <= WIDE:
                wide[-1] = wide[-1].then(panel)
            else:
                wide.append(panel)
        pairs = [(panel.start, panel.v, np.ascontiguousarray((panel.v @ panel.t).T)) for panel in reversed(wide)]
        out[...] = 0.0
        np.fill_diagonal(out, 1.0)
        work = np.empty(SLAB * len(out))
        for low in range(0, len(out), SLAB):  # rows of Q' do not meet
            for start, v, right in pairs:
                if start < low + SLAB:
                    rows = out[low : low + SLAB, start:]
                    rows -= np.matmul(rows @ v, right, out=_shaped(work, rows.shape))

    def norm(self) -> float:
        """Frobenius norm of the whole symmetric matrix."""
        square = sum(np.sum(v**2) for v in self.diagonal) + 2.0 * sum(np.sum(v**2) for v in self.below)
        return float(np.sqrt(square))

    def factor(self, penalties: Array) -> Factor:
        """Cholesky factors of B + p I, one for each of the penalties (p,); LinAlgError where there is none."""
        inverse: list[Array] = []
        step: list[Array] = []
        for j, diagonal in enumerate(self.diagonal):
            block = diagonal + penalties[:, None, None] * np.eye(len(diagonal))
            if j:
                step.append(self.below[j - 1] @ transpose(inverse[-1]))
                block -= step[-1] @ transpose(step[-1])
            lower = np.linalg.cholesky(block)
            inverse.append(np.stack([lapack.dtrtri(each, lower=1)[0] for each in lower]))
        return Factor(inverse, step)


@dataclass(frozen=True, eq=False)
class Factor:
    """L for each penalty: the inverses of its diagonal blocks (p, b, b), and the blocks below these."""

    inverse: list[Array]
    step: list[Array]

    def largest(self) -> Array:
        """Lower bounds, near enough, of the norms of (B + p I)^{-1} (p,): of its leading blocks, by interlacing."""
        return np.asarray(np.max([np.sum(each**2, axis=(1, 2)) for each in self.inverse], axis=0))

    def solve(self, b: Array) -> Array:
        """Solutions (p, m, q) of (B + p I) x = b for b (m, q)."""
        parts: list[Array] = []
        for j, right in enumerate(self._rows(b)):
            parts.append(self.inverse[j] @ (right - self.step[j - 1] @ parts[-1] if j else right))
        for j in reversed(range(len(parts))):
            if j + 1 < len(parts):
                parts[j] -= transpose(self.step[j]) @ parts[j + 1]
            parts[j] = transpose(self.inverse[j]) @ parts[j]
        return np.concatenate(parts, axis=1)

    def diagonals(self, right: Array) -> Array:
        """Diagonals (p, n) of U (B + p I)^{-1} U' for U' = `right` (m, n), as sums of squares."""
        out = np.zeros((len(self.inverse[0]), right.shape[1]))
        for low in range(0, right.shape[1], SLAB):
            columns, last = slice(low, low + SLAB), np.empty(0)
            for j, rows in enumerate(self._rows(right[:, columns])):
                last = self.inverse[j] @ (rows - self.step[j - 1] @ last if j else rows)
                out[:, columns] += np.einsum("pij,pij->pj", last, last)
        return out

    def _rows(self, a: Array) -> list[Array]:
        edges = np.cumsum([0, *(each.shape[-1] for each in self.inverse)])
        return [a[low:high] for low, high in pairwise(edges)]


def reduce_to_band(a: Array, block: int = BLOCK) -> Band:
    """Blocks B and panels of a = Q B Q' for a symmetric matrix (m, m), which is overwritten.

    QR of a panel below the band gives I - V T V'; with X = a V T and W = X - V (V T)' X / 2 both sides are updated at
    once, a <- a - V W' - W V'. Of `a` only the tiles (of SLAB rows) on and below the diagonal are looked at.
    """
    m, low = len(a), 0
    diagonal, below, panels = [], [], []
    work, thin = np.empty(SLAB * m), np.empty(block * m)
    while m - low > 2 * block:
        start = low + block
        diagonal.append(_from_below(a[low:start, low:start]))
        factor, t, _ = lapack.dgeqrt(block, np.asfortranarray(a[start:, low:start]))
        below.append(np.triu(factor[:block]))
        v = np.ascontiguousarray(np.tril(factor, -1))
        np.fill_diagonal(v, 1.0)
        panels.append(Panel(start, v, np.triu(t)))
        tiles = list(pairwise([start, *range((start // SLAB + 1) * SLAB, m, SLAB), m]))
        w = _product(a, tiles, v @ panels[-1].t, thin)
        w -= v @ (0.5 * (panels[-1].t.T @ (v.T @ w)))
        left, right = np.hstack([v, w]), np.hstack([w, v]).T.copy()
        for i, j in tiles:
            rows = a[i:j, start:j]
            rows -= np.matmul(left[i - start : j - start], right[:, : j - start], out=_shaped(work, rows.shape))
        low = start
    rest = _from_below(a[low:, low:])
    diagonal.append(rest[:block, :block])
    if len(rest) > block:
        below.append(rest[block:, :block])
        diagonal.append(rest[block:, block:])
    return Band(diagonal, below, panels)


def _from_below(a: Array) -> Array:
    """Symmetric matrix of this lower triangle."""
    return np.asarray(np.tril(a) + np.tril(a, -1).T)


def _product(a: Array, tiles: list[tuple[int, int]], right: Array, thin: Array) -> Array:
    """Trailing block of `a` times `right`, by the tiles on and below its diagonal."""
    out = np.zeros_like(right)
    start = tiles[0][0]
    for i, j in tiles:
        rows, before = slice(i - start, j - start), slice(0, i - start)
        out[rows] += a[i:j, start:j] @ right[: j - start]
        if i > start:
            out[before] += np.matmul(a[i:j, start:i].T, right[rows], out=_shaped(thin, right[before].shape))
    return out


def _shaped(work: Array, shape: tuple[int, ...]) -> Array:
    """The beginning of a vector that is there already, as a matrix: fresh memory costs as much as the product."""
    return work[: shape[0] * shape[1]].reshape(shape)
