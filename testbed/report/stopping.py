"""Intervals where the number of repetitions was chosen from the rows themselves (the reasons are in `summarize`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

__all__ = ["fixed_width", "freedom", "reasons", "student"]

Array = np.ndarray[Any, Any]


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
