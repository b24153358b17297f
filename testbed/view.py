"""Arrays and frames of a user as numbers: views, real and finite, and labels, of which none is missing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from testbed._linalg import Array
from testbed.arguments import cut, shown

__all__ = ["View", "outputs_of", "unmasked", "view_of"]

LARGEST, SMALLEST = 1e100, 1e-100  # squares stay within the range of floats
EXACT = 2.0**53  # from here on whole numbers are no exact floats


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
        whole = any(getattr(kind, "kind", "O") in "iu" for kind in given.dtypes)
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
        whole, values = values.dtype.kind in "iu", values.astype(float)
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
    if whole and (far := size >= EXACT).any():
        raise ValueError(
            f"column {names[int(np.argmax(far))]} of {name} has whole numbers of 2^53 or more, of which floats hold "
            "the first sixteen digits only: take an origin off"
        )
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


def outputs_of(given: Any, name: str = "y") -> Array:
    """Read a label for each row as outputs (n, k).

    One column of texts, categories, truth values or whole numbers of an integer type is a label of classes, written
    one-hot in the order of their names; anything else is numbers, as they are.

    Raises
    ------
    ValueError
        No label, a label that is missing in some rows, or is the same in all of them.
    """
    if given is None:
        raise ValueError(f"{name} = None: a label for each row is needed")
    given = given.toarray() if hasattr(given, "toarray") and not isinstance(given, np.ndarray) else given
    values: np.ndarray[Any, Any] = np.asarray(given if hasattr(given, "isna") else unmasked(given, float))
    if not values.ndim:
        raise ValueError(f"{name} = {shown(given)}: an array with a row each is needed")
    absent: np.ndarray[Any, Any] = _absent(given, values)
    gone = (
        np.atleast_1d(np.any(absent.reshape(absent.shape[0], -1), axis=1)) if absent.size else np.zeros(0, dtype=bool)
    )
    if gone.any():
        raise ValueError(
            f"{name} is missing in {int(gone.sum())} of {len(gone)} rows, of which the first is row "
            f"{int(np.argmax(gone))}: unlabelled rows cannot stand among labelled ones; leave them out"
        )
    values = values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values
    if values.ndim == 1 and (values.dtype.kind in "iubUSO" or str(getattr(given, "dtype", "")) == "category"):
        return _one_hot(values, name)
    outputs = view_of(given, name).values
    if np.all(outputs == outputs[0]):
        raise ValueError(f"{name} is the same in all {len(outputs)} rows: there is nothing to predict")
    return outputs


def _absent(given: Any, values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Entries without a value: None, NaN, or what pandas calls missing."""
    if hasattr(given, "isna"):
        return np.asarray(given.isna())
    if values.dtype.kind == "f":
        return np.asarray(np.isnan(values))
    if values.dtype.kind != "O":
        return np.zeros(values.shape, dtype=bool)
    gone = [v is None or (isinstance(v, float) and v != v) for v in values.ravel()]
    return np.array(gone, dtype=bool).reshape(values.shape)


def _one_hot(values: np.ndarray[Any, Any], name: str) -> Array:
    try:
        classes, place = np.unique(values, return_inverse=True)
    except TypeError as error:
        raise ValueError(f"{name} holds values of several types, such as {shown(values[0])}: give one") from error
    if len(classes) < 2:
        raise ValueError(f"{name} is the same in all {len(values)} rows: there is nothing to predict")
    if len(classes) > max(20, len(values) // 4):
        raise ValueError(
            f"{name} has {len(classes)} distinct values in {len(values)} rows, too many for classes: give real outputs "
            "as floating numbers, or merge classes"
        )
    return np.asarray(np.eye(len(classes))[place.ravel()])
