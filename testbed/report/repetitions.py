"""Intervals over repetitions: means without each in turn, the jackknife, and Student's quantile.

Where the number of repetitions was chosen from the rows themselves, the reasons are in `summarize`.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "by_repetition",
    "fixed_width",
    "freedom",
    "jackknife_error",
    "left_out",
    "reasons",
    "student",
    "without_each",
]

Array = np.ndarray[Any, Any]


def by_repetition(cells: pd.DataFrame, column: str) -> Array:
    """Values by repetition and cell, (repetitions, points)."""
    if not len(cells):  # pandas fails on the keys of none where all have more than 127
        return np.empty((0, 0))
    import pandas as pd

    (rep, reps), (key, keys) = (pd.factorize(cells[name]) for name in ("rep", "key"))
    place = rep * len(keys) + key
    if np.bincount(place).max() > 1:  # the mean of what one repetition has several times
        wide = cells.pivot_table(column, "rep", "key", observed=True, sort=False, dropna=False)
        return wide.to_numpy(dtype=float)
    values = np.full(len(reps) * len(keys), np.nan)
    values[place] = cells[column].to_numpy(dtype=float)
    return values.reshape(len(reps), len(keys))


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


def reasons(keys: Iterable[str], stopping: Mapping[str, Any]) -> list[str]:
    """Why each cell stopped: "precision", "max_repeats", "failing", or "repeats" where the number was fixed."""
    return [stopping["cells"].get(key, {}).get("stopped", "repeats") for key in keys]


def freedom(n: Array, keys: Iterable[str] | None, stopping: Mapping[str, Any] | None) -> Array:
    """Degrees of freedom: of the first stage where n was chosen from the rows; without `keys`, everywhere."""
    if not stopping:
        return n - 1.0
    first = np.minimum(n, stopping["first"])
    chosen = True if keys is None else np.array([key in stopping["cells"] for key in keys])
    return np.where(chosen, first, n) - 1.0


def student(n: Array | int, keys: Iterable[str] | None = None, stopping: Mapping[str, Any] | None = None) -> Array:
    """The .975 quantile of Student's t with the `freedom` of means over n repetitions; NaN where n < 2."""
    from scipy.special import stdtrit

    return np.asarray(stdtrit(freedom(np.asarray(n), keys, stopping), 0.975))


def fixed_width(mean: Array, keys: Iterable[str], stopping: Mapping[str, Any] | None) -> Array:
    """Least error that an interval uses: precision |mean| in a cell that stopped for it, 0 elsewhere."""
    if not stopping:
        return np.zeros_like(mean)
    return np.where(np.array(reasons(keys, stopping)) == "precision", stopping["precision"] * np.abs(mean), 0.0)
