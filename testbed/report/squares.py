"""Squares of a heat map: their edges, values on their grid, and lines where a difference between them is 0."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["edges_of", "equality", "grid_of"]

Array = np.ndarray[Any, Any]


def grid_of(at: tuple[Array, Array], values: pd.Series, shape: tuple[int, ...]) -> Array:
    """Values at places of a grid, NaN at the others."""
    grid = np.full(shape, np.nan)
    grid[at] = values.to_numpy(dtype=float)
    return grid


def edges_of(values: Array, scale: str) -> Array:
    """Ends of cells: half way between neighbours, on the scale of the axis."""
    v = np.log(values) if scale == "log" else values
    if len(v) == 1:
        edges = np.array([v[0] - 0.5, v[0] + 0.5])
    else:
        middle = 0.5 * (v[1:] + v[:-1])
        edges = np.concatenate([[2 * v[0] - middle[0]], middle, [2 * v[-1] - middle[-1]]])
    return np.exp(edges) if scale == "log" else edges


def equality(x: Array, y: Array, difference: Array, scales: tuple[str, str]) -> list[tuple[Array, Array]]:
    """Lines where the difference is 0, linear between the middles of cells on the `scales` of the axes: x and y."""
    from contourpy import contour_generator

    if min(difference.shape) < 2:
        return []
    u, v = (np.log(a) if s == "log" else a for a, s in zip((x, y), scales, strict=True))
    lines = map(np.asarray, contour_generator(u, v, np.ma.masked_invalid(difference)).lines(0.0))
    back = [np.exp if scale == "log" else np.asarray for scale in scales]
    return [(back[0](line.T[0]), back[1](line.T[1])) for line in lines]
