"""Columns of a view: numbers, finite, neither constant nor copies; which were dropped, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.linalg import qr

from testbed._linalg import Array
from testbed.arguments import cut, shown

__all__ = ["View", "keep", "resting_on_one", "unmasked", "view_of"]

LARGEST, SMALLEST = 1e100, 1e-100  # squares stay within the range of floats
SMALL = 1e-9  # share of a column, after the others are taken out of it, at or below which it follows from them


@dataclass(frozen=True, eq=False)
class View:
    """Numbers of a view (rows, d) and the names of its columns; `named` where the names came with the data."""

    values: Array
    names: tuple[str, ...]
    named: bool


def view_of(given: Any, name: str) -> View:
    """Read an array or a frame as numbers.

    Raises
    ------
    ValueError
        No table of numbers; columns of text; values that are missing or infinite: which column, how many.
    """
    frame = hasattr(given, "columns") and hasattr(given, "iloc")
    names = tuple(str(c) for c in given.columns) if frame else ()
    if frame:
        if len(set(names)) < len(names):
            twice = next(label for label in names if names.count(label) > 1)
            raise ValueError(f"{name} has more than one column {shown(twice)}: give each a name of its own")
        for label, kind in zip(names, given.dtypes, strict=True):
            if getattr(kind, "kind", "O") not in "fiub":
                raise ValueError(f"column {shown(label)} of {name} has type {kind}: numbers are needed (code it first)")
        values = given.to_numpy(dtype=float, na_value=np.nan)
    else:
        try:
            values = np.asarray(given.toarray() if hasattr(given, "toarray") else unmasked(given, float))
        except Exception as error:
            raise ValueError(f"{name} = {shown(given)}: an array (n, d) of numbers is needed") from error
        if values.dtype.kind not in "fiub":
            raise ValueError(f"{name} has type {values.dtype}: an array (n, d) of real numbers is needed")
        if values.ndim == 1:
            values = values[:, None]
        if values.ndim != 2:
            raise ValueError(f"{name} has shape {values.shape}: an array (n, d) is needed")
        values = values.astype(float)
    named = bool(names) and not _by_default(given.columns)
    names = names if named else tuple(f"{name}[{j}]" for j in range(values.shape[1]))
    if not values.shape[1] or not len(values):
        raise ValueError(f"{name} has shape {values.shape}: at least one row and one column are needed")
    wrong = np.sum(~np.isfinite(values), axis=0)
    if wrong.any():
        listed = [f"{names[j]} ({_kinds(values[:, j])})" for j in np.flatnonzero(wrong)]
        raise ValueError(
            f"{name} has values that are missing or infinite, in {cut(', '.join(listed[:5]), 160)}"
            f"{f' and {len(listed) - 5} more columns' if len(listed) > 5 else ''}: leave these rows or columns out"
        )
    size = np.abs(values).max(axis=0)
    for far, where in ((size > LARGEST, f"values above {LARGEST:g}"), ((size > 0.0) & (size < SMALLEST), _NONE)):
        if far.any():
            raise ValueError(f"column {names[int(np.argmax(far))]} of {name} has {where}: choose another unit")
    return View(values, names, named)


_NONE = f"no value above {SMALLEST:g}"


def _by_default(columns: Any) -> bool:
    """Whether a frame was made without names: pandas then counts its columns from 0."""
    import pandas as pd

    return isinstance(columns, pd.RangeIndex) and columns.start == 0 and columns.step == 1


def unmasked(given: Any, kind: type) -> Any:
    """Entries that numpy masks as missing ones, in an array of a kind that can hold them; anything else as it is."""
    if not np.ma.is_masked(given) or given.dtype.kind not in "fiubOUS":
        return given
    return given.astype(kind if given.dtype.kind in "fiub" else object).filled(np.nan)


def _kinds(column: Array) -> str:
    nan, inf = int(np.isnan(column).sum()), int(np.isinf(column).sum())
    return ", ".join(f"{count} {word}" for count, word in ((nan, "missing"), (inf, "infinite")) if count)


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
