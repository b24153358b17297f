"""Values by repetition and cell, their means without each repetition in turn, and the jackknife made of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["by_repetition", "jackknife_error", "left_out", "without_each"]

Array = np.ndarray[Any, Any]


def by_repetition(cells: pd.DataFrame, column: str) -> Array:
    """Values by repetition and cell, (repetitions, points)."""
    if not len(cells):  # pandas fails on the keys of none where all have more than 127
        return np.empty((0, 0))
    wide = cells.pivot_table(column, "rep", "key", observed=True, sort=False, dropna=False)
    return wide.to_numpy(dtype=float)


def left_out(cells: pd.DataFrame, column: str) -> tuple[Array, Array]:
    """Means as in `without_each`, and the numbers of repetitions that they are of."""
    wide = by_repetition(cells, column)
    return without_each(wide), (~np.isnan(wide)).sum(axis=0)


def without_each(wide: Array) -> Array:
    """Means of each column, (R + 1, points): of all repetitions, then without each in turn; NaN is a missing one."""
    if not wide.size:
        return np.zeros((1, 0))
    there = ~np.isnan(wide)
    number, filled = there.sum(axis=0), np.where(there, wide, 0.0)
    total = filled.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.vstack([total / number, (total - filled) / (number - there)])


def jackknife_error(left: Array) -> float:
    """Standard error from the R values without each repetition; NaN where R < 2 or one of them is not known.

    It is the root of (R - 1) / R sum_r (s_(r) - s_(.))^2, s_(r) being the value without repetition r.
    """
    n = len(left)
    return math.sqrt((n - 1) / n * float(np.sum((left - left.mean()) ** 2))) if n > 1 else math.nan
