"""Which quantity ranks the damage: Spearman's correlation over cells, with its range over halves of the repetitions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from testbed.report.repetitions import by_repetition

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ZERO", "constant", "correlation", "told_apart"]

Array = np.ndarray[Any, Any]
ZERO = 1e-12  # below it a risk, or a quantity that should predict one, is rounding
DIGITS = 9  # to which values of the largest that is there are told apart
HALVES = 400  # halves of the repetitions that an interval of a correlation is the range of


def correlation(cells: pd.DataFrame, damage: str, column: str) -> dict[str, Any]:
    """Spearman's correlation of damage and predictor over the cells, with its range over halves of the repetitions."""
    wide = [by_repetition(cells, name) for name in (damage, column)]
    there = ~np.isnan(wide[1]).all(axis=0)
    a, b = (_halves(side[:, there]) for side in wide)
    line: dict[str, Any] = dict.fromkeys(("correlation", "low", "high"), math.nan) | {"cells": int(there.sum())}
    for side, name in ((a, "damage"), (b, "predictor")):
        if side.shape[1] < 3:
            return line | {"note": f"not defined: {side.shape[1]} cells"}
        if np.ptp(told_apart(side[0])) == 0.0:
            return line | {"note": f"not defined: constant {name}"}
    middle = float(_spearman(a[:1], b[:1])[0])
    if constant(a) and constant(b):
        return line | {"correlation": middle, "low": middle, "high": middle, "note": None}
    if len(wide[0]) < 4:
        return line | {"correlation": middle, "note": "fewer than four repetitions: no interval"}
    every = _spearman(a, b)
    return line | {"correlation": middle, "low": float(every.min()), "high": float(every.max()), "note": None}


def _halves(wide: Array) -> Array:
    """Means of each cell, (1 + HALVES, cells): of all repetitions, and of halves of them."""
    rng = np.random.default_rng(0)
    repeats = len(wide)
    order = np.argsort(rng.random((HALVES, repeats)), axis=1)
    picks = np.vstack([np.ones(repeats), order < repeats // 2])
    known = ~np.isnan(wide)
    with np.errstate(invalid="ignore"):
        means: Array = (picks @ np.where(known, wide, 0.0)) / (picks @ known)
    return np.where(np.isnan(means), means[0], means)  # a half without the cell says nothing of it


def _spearman(a: Array, b: Array) -> Array:
    """Spearman's correlation of each line of two matrices; 0 where one of them is constant."""
    from scipy.stats import rankdata

    ranks = [rankdata(told_apart(side), axis=1) for side in (a, b)]
    x, y = (r - r.mean(axis=1, keepdims=True) for r in ranks)
    size = np.sqrt(np.sum(x**2, axis=1) * np.sum(y**2, axis=1))
    return np.asarray(np.where(size > 0.0, np.sum(x * y, axis=1) / np.where(size > 0.0, size, 1.0), 0.0))


def told_apart(values: Array) -> Array:
    """Values without their rounding, line by line (..., n): what should be equal is."""
    largest = np.max(np.abs(values), axis=-1, initial=0.0, keepdims=True)
    return np.where(largest < ZERO, 0.0, np.round(values / np.where(largest < ZERO, 1.0, largest), DIGITS) + 0.0)


def constant(means: Array) -> bool:
    """Whether the statistic is the same whichever repetitions are left out."""
    return bool(np.all(np.abs(means - means[0]) <= np.maximum(ZERO, 1e-12 * np.abs(means[0]))))
