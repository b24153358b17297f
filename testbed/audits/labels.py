"""What y and z are: classes or real outputs; which rows have a label; the states that they make together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from testbed._linalg import Array
from testbed.arguments import cut, shown

LARGEST, SMALLEST = 1e60, 1e-60  # of real outputs: fourth powers stay within the range of floats
MOST = 20  # whole floating numbers of more values than this are no classes

__all__ = ["Labels", "labels_of", "missing"]


@dataclass(frozen=True, eq=False)
class Labels:
    """Label and latent of the labelled rows.

    Attributes
    ----------
    y : (n, k)
        One-hot classes, or real outputs.
    design : (n, p)
        What x1 and x2 are regressed on: one-hot states, or (1, y, z) where these are real.
    state : (n,) or None
        Number of the state of each row; None where y is real.
    contrast : (q, p)
        Maps coefficients on the design to conditional means without their common level: an orthonormal basis of
        P = I - 11'/S for S states, the slopes on (y, z) for real outputs.
    summed : (k, q)
        M in the coordinates of `contrast`: sums z out.
    names : tuple of str
        Of the classes; empty where y is real.
    counts : tuple of int
        Rows of each class.
    latent : bool
        Whether z is given.
    """

    y: Array
    design: Array
    state: npt.NDArray[np.intp] | None
    contrast: Array
    summed: Array
    names: tuple[str, ...]
    counts: tuple[int, ...]
    latent: bool


def missing(values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Rows without a value: None, NaN, NaT, or pandas' NA."""
    import pandas as pd

    gone = np.asarray(pd.isna(values))
    return np.asarray(gone.any(axis=1) if gone.ndim == 2 else gone)


def labels_of(y: npt.NDArray[Any], z: npt.NDArray[Any] | None, least: int) -> Labels:
    """Read the labels of the labelled rows; `least` is the smallest number of rows that a state may have.

    Raises
    ------
    ValueError
        Fewer than two classes; a class or state of too few rows; y and z of different kinds; dependent outputs.
    """
    if _is_one_hot(y):
        y = np.argmax(y.astype(float), axis=1)
    if _is_real(y):
        return _real(y, z)
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim == 2:
        raise ValueError(
            f"y has {y.shape[1]} columns that are neither one-hot classes nor real outputs: give one label"
        )
    names, index = _codes(y, "y")
    if len(names) < 2:
        raise ValueError(f"y has {len(names)} class ({shown(names[0])}): at least two classes are needed")
    counts = np.bincount(index)
    _enough(names, counts, least, "class", len(y))
    k = len(names)
    if z is None:
        state, member = index, np.eye(k)
    else:
        if _is_real(z):
            raise ValueError("z is real and y has classes: give z as groups too (bin it), or leave it out")
        if z.ndim == 2 and z.shape[1] != 1:
            raise ValueError(f"z has {z.shape[1]} columns: give one column of groups")
        groups, latent = _codes(z.reshape(len(z)), "z")
        present, state = np.unique(index * len(groups) + latent, return_inverse=True)
        member = (present // len(groups) == np.arange(k)[:, None]).astype(float)
        pairs = [f"{names[s // len(groups)]}, {groups[s % len(groups)]}" for s in present]
        _enough(pairs, np.bincount(state), least, "state (y, z)", len(y))
    states = member.shape[1]
    basis = np.linalg.qr(np.column_stack([np.ones(states), np.eye(states)[:, 1:]]))[0][:, 1:]
    return Labels(
        np.eye(k)[index], np.eye(states)[state], state, basis.T, member @ basis, tuple(names),
        tuple(int(c) for c in counts), z is not None,
    )  # fmt: skip


def _real(y: npt.NDArray[Any], z: npt.NDArray[Any] | None) -> Labels:
    outputs = _numbers(y, "y")
    k = outputs.shape[1]
    if z is not None:
        if not _is_real(z):
            raise ValueError("z has groups and y is real: give z as real outputs too, or leave it out")
        outputs = np.column_stack([outputs, _numbers(z, "z")])
    centred = outputs - outputs.mean(axis=0)
    size = np.linalg.norm(centred, axis=0)
    if np.any(size <= 1e-12 * np.linalg.norm(outputs, axis=0)):
        raise ValueError(f"column {int(np.argmin(size))} of (y, z) is constant: there is nothing to condition on")
    if np.linalg.matrix_rank(centred / size, tol=1e-10 * np.sqrt(len(size))) < len(size):
        raise ValueError("the columns of (y, z) are linearly dependent: leave out those that follow from the others")
    q = outputs.shape[1]
    design = np.column_stack([np.ones(len(outputs)), outputs])
    return Labels(outputs[:, :k], design, None, np.eye(q, q + 1, 1), np.eye(k, q), (), (), z is not None)


def _is_real(values: npt.NDArray[Any]) -> bool:
    """Whether values are real outputs: floating numbers that are not all whole, or of more than 20 values."""
    if values.dtype.kind != "f":
        return False
    return not bool(np.all(values == np.round(values))) or len(np.unique(values)) > MOST


def _is_one_hot(values: npt.NDArray[Any]) -> bool:
    wide = values.ndim == 2 and values.shape[1] > 1 and values.dtype.kind in "fiub"
    return wide and bool(np.all((values == 0) | (values == 1)) and np.all(values.sum(axis=1) == 1))


def _numbers(values: npt.NDArray[Any], name: str) -> Array:
    numbers = np.asarray(values, dtype=float).reshape(len(values), -1)
    wrong = int(np.sum(~np.isfinite(numbers)))
    if wrong:
        raise ValueError(f"{name} has {wrong} values that are infinite: real outputs are finite")
    size = np.abs(numbers).max(axis=0)
    far = (size > LARGEST) | ((size > 0.0) & (size < SMALLEST))
    if far.any():
        j = int(np.argmax(far))
        raise ValueError(
            f"column {j} of {name} has values up to {size[j]:.3g}: choose a unit in which they are between "
            f"{SMALLEST:g} and {LARGEST:g}"
        )
    return numbers


def _codes(values: npt.NDArray[Any], name: str) -> tuple[list[str], npt.NDArray[np.intp]]:
    """Names of the classes in order, and the class of each row."""
    if values.dtype.kind == "f" and not np.all(np.isfinite(values)):
        raise ValueError(f"{name} has {int(np.sum(~np.isfinite(values)))} values that are infinite")
    plain = [v.item() if isinstance(v, np.generic) else v for v in values]
    try:
        found = sorted(set(plain))
    except TypeError:  # values of several types
        try:
            found = sorted(set(plain), key=lambda v: (type(v).__name__, str(v)))
        except TypeError as error:
            raise ValueError(f"{name} has values that are no labels, such as {shown(plain[0])}") from error
    place = {v: i for i, v in enumerate(found)}
    whole = all(isinstance(v, float) and v.is_integer() for v in found)
    names = [cut(str(int(v) if whole else v), 60) for v in found]
    return names, np.array([place[v] for v in plain], dtype=np.intp)


def _enough(names: list[str], counts: npt.NDArray[np.intp], least: int, what: str, rows: int) -> None:
    """Refuse a state of too few rows, with what to do about it."""
    small = [(str(name), int(count)) for name, count in zip(names, counts, strict=True) if count < least]
    if not small:
        return
    if len(counts) > rows / 4:
        raise ValueError(
            f"y has {len(counts)} distinct values in {rows} rows, too many for classes: give real outputs as floating "
            "numbers, or merge classes"
        )
    listed = ", ".join(f"{shown(name)} ({count} rows)" for name, count in small[:5])
    more = f" and {len(small) - 5} more" if len(small) > 5 else ""
    raise ValueError(
        f"{what} {listed}{more} has fewer than {least} rows, the least for these folds: merge it with another, or "
        "leave its rows out"
    )
