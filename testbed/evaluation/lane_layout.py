"""Stacks of matrices laid side by side as lanes, and back, for numba."""

from __future__ import annotations

from typing import Any

import numpy as np

from testbed._linalg import Array
from testbed.evaluation.lanes import LANES, compiled, get, over, put, tile, whole

__all__ = ["given", "held", "load", "load_lower", "matrix", "unload"]


def held(a: Any) -> Any:
    """Array as compiled code takes what it only reads: in order, and read-only, which is a type of its own."""
    view = np.ascontiguousarray(a).view()
    view.flags.writeable = False
    return view


def given(a: Array) -> Array:
    """Stack as compiled code takes it: with one leading axis, in order, and read-only, which asks for no copy."""
    found: Array = held(a if a.ndim == 3 else a[None])
    return found


@compiled
def matrix(n: int, c: int) -> Array:
    """Matrix of lanes, 0 as long as nothing is put there: so is what lies above a triangle."""
    return np.zeros((n, c, LANES))


@compiled
def load(stack: Array, first: int, turned: bool, out: Array) -> None:
    """Lay repetitions of (R, n, c) side by side, from `first` on; the last one stands for those that there are not."""
    _, n, c = stack.shape
    for i in range(n):
        lay(stack, first, i, c, turned, out)


@compiled
def lay(stack: Array, first: int, i: int, c: int, turned: bool, out: Array) -> None:
    """Lay the first c entries of row i of some repetitions side by side, in a row of `out` or in a column."""
    repeats, n, columns = stack.shape
    across = out.shape[1]
    if c >= LANES and first + LANES <= repeats:
        for start in range(0, c, LANES):
            j = min(start, c - LANES)
            source, there = (first * n + i) * columns + j, i * across + j
            if turned:
                tile(stack, source, n * columns, out, (j * across + i) * LANES, across * LANES)
            else:
                tile(stack, source, n * columns, out, there * LANES, LANES)
    else:
        for lane in range(LANES):
            rep = min(first + lane, repeats - 1)
            for j in range(c):
                if turned:
                    out[j, i, lane] = stack[rep, i, j]
                else:
                    out[i, j, lane] = stack[rep, i, j]


@compiled
def unload(a: Array, d: int, first: int, out: Array) -> None:
    """Give each lane back to its repetition, the first d rows."""
    repeats, n, columns = out.shape
    c = a.shape[1]
    for i in range(d):
        if c >= LANES and first + LANES <= repeats:
            for start in range(0, c, LANES):
                j = min(start, c - LANES)
                tile(a, (i * c + j) * LANES, LANES, out, (first * n + i) * columns + j, n * columns)
        else:
            for lane in range(min(LANES, repeats - first)):
                for j in range(c):
                    out[first + lane, i, j] = a[i, j, lane]


@compiled
def load_lower(stack: Array, first: int, out: Array, scale: Array) -> None:
    """Lay lower triangles (R, d, d) side by side; `scale` (d, 1) gets the reciprocals of their diagonals."""
    d = stack.shape[1]
    for i in range(d):
        lay(stack, first, i, min(max(i + 1, LANES), d), False, out)
        put(scale, i, 0, over(whole(1.0), get(out, i, i)))
