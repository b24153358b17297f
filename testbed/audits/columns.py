"""Columns of a view that are neither constant nor copies; which were dropped, and why."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.linalg import qr

from testbed._linalg import Array
from testbed.view import View

__all__ = ["keep", "resting_on_one"]

SMALL = 1e-9  # share of a column, after the others are taken out of it, at or below which it follows from them


def keep(view: View, name: str, dependent: bool) -> tuple[npt.NDArray[np.intp], list[str]]:
    """Columns to keep, and a sentence for each kind that is dropped.

    Constant columns, those that differ in one row only, and copies (up to origin and unit) go; with `dependent` also
    those that follow linearly from the others, which change nothing that is linear.
    """
    values, said = view.values, []
    level = values.mean(axis=0)
    centred = values - level
    size = np.linalg.norm(centred, axis=0)
    constant = size <= 1e-12 * np.sqrt(len(values)) * np.maximum(np.abs(values).max(axis=0), np.finfo(float).tiny)
    said += _sentence(view, np.flatnonzero(constant), name, "constant")
    single = ~constant & resting_on_one(centred**2, 1.0 - 1.0 / len(values))
    said += _sentence(view, np.flatnonzero(single), name, "constant but for one row")
    kept = np.flatnonzero(~constant & ~single)
    if not len(kept):
        raise ValueError(f"{name} has no column that varies in more than one row")
    unit = centred[:, kept] / size[kept]
    if len(kept) > 1:
        copies = _copies(unit)
        said += _sentence(view, kept[copies], name, "a copy of another column")
        kept, unit = kept[~copies], unit[:, ~copies]
    if dependent and len(kept) > 1:
        follows = _dependent(unit)
        said += _sentence(view, kept[follows], name, "a linear combination of other columns")
        kept = kept[~follows]
    return kept, said


def resting_on_one(squares: Array, rest: Array | float) -> npt.NDArray[np.bool_]:
    """Columns whose sum of squares (n, d) vanishes with one row; `rest` (n, 1) is 1 minus the leverage of the row."""
    total = squares.sum(axis=0)
    return np.asarray(np.max(squares / rest, axis=0) >= (1.0 - 1e-10) * total)


def _copies(unit: Array) -> npt.NDArray[np.bool_]:
    """Columns that equal an earlier one up to sign: their correlation is 1."""
    close = np.abs(unit.T @ unit) > 1.0 - 1e-12
    return np.asarray(np.any(np.triu(close, 1), axis=0))


def _dependent(unit: Array) -> npt.NDArray[np.bool_]:
    """Columns that pivoting leaves nothing of."""
    triangle = np.linalg.qr(unit, mode="r")
    r, order = qr(triangle, mode="r", pivoting=True)
    diagonal = np.abs(np.diagonal(r))
    gone = np.zeros(unit.shape[1], dtype=bool)
    gone[order[int(np.sum(diagonal > SMALL)) :]] = True
    return gone


def _sentence(view: View, columns: Sequence[int] | npt.NDArray[np.intp], name: str, why: str) -> list[str]:
    if not len(columns):
        return []
    listed = ", ".join(view.names[j] for j in columns[:4]) + (f" and {len(columns) - 4} more" * (len(columns) > 4))
    return [f"{len(columns)} of {view.values.shape[1]} columns of {name} dropped, each {why}: {listed}"]
