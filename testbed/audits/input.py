"""From arrays or frames to a checked table: views, labels, unlabelled pairs, and what was dropped on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from testbed._linalg import Array
from testbed.arguments import shown
from testbed.audits.columns import keep, resting_on_one
from testbed.audits.labels import Labels, labels_of, missing
from testbed.view import View, unmasked, view_of

__all__ = ["Table", "read"]


@dataclass(frozen=True, eq=False)
class Table:
    """A checked table.

    Attributes
    ----------
    x1, x2 : (n, d1), (n, d2)
        Labelled rows. Columns of x1 are centred and divided by their standard deviations, which changes nothing linear.
    labels : Labels
    pairs1, pairs2 : (N, d1), (N, d2)
        Pairs without a label; N may be 0.
    names1, names2 : tuple of str
        Columns that were kept.
    dropped : tuple of str
        Sentences: what was left out, and why.
    """

    x1: Array
    x2: Array
    labels: Labels
    pairs1: Array
    pairs2: Array
    names1: tuple[str, ...]
    names2: tuple[str, ...]
    dropped: tuple[str, ...]

    @property
    def n(self) -> int:
        """Number of labelled rows."""
        return len(self.x1)


def read(x1: Any, x2: Any, y: Any, z: Any, unlabeled: Any, folds: int) -> Table:
    """Check everything that a table can be wrong in.

    Raises
    ------
    ValueError
        One sentence, which names the argument or the column.
    """
    first, second = view_of(x1, "x1"), view_of(x2, "x2")
    label, latent = _column(y, "y"), None if z is None else _column(z, "z")
    for name, length in (("x2", len(second.values)), ("y", len(label)), ("z", None if z is None else len(latent))):  # type: ignore[arg-type]
        if length is not None and length != len(first.values):
            raise ValueError(f"{name} has {length} rows and x1 has {len(first.values)}: one row each is needed")
    _same_order({"x1": x1, "x2": x2, "y": y, "z": z})
    _share_none(first, second)
    there = ~missing(label)
    if not there.any():
        raise ValueError("y is missing in every row: labels are needed")
    if latent is not None and missing(latent[there]).any():
        raise ValueError(f"z is missing in {int(missing(latent[there]).sum())} labelled rows: leave them out")
    label = _narrow(label[there])
    labels = labels_of(label, None if latent is None else _narrow(latent[there]), max(10, 2 * folds))
    for view, name in ((first, "x1"), (second, "x2")):
        _no_label(view, there, labels, name)
    pairs = [(v.values[~there], w.values[~there]) for v, w in [(first, second)]]
    said = [f"{int(np.sum(~there))} rows without a label serve as unlabelled pairs"] * bool(np.any(~there))
    if unlabeled is not None:
        pairs.append(_pairs(unlabeled, first, second))
    pairs1, pairs2 = (np.vstack([pair[i] for pair in pairs]) for i in (0, 1))
    kept = []
    for view, name, dependent in ((first, "x1", True), (second, "x2", False)):
        columns, sentences = keep(View(view.values[there], view.names, view.named), name, dependent)
        kept.append(columns)
        said += sentences
    a, b = first.values[there][:, kept[0]], second.values[there][:, kept[1]]
    level, unit = a.mean(axis=0), a.std(axis=0)
    b, second_kept, more = _varying(b, kept[1], labels, second)
    table = Table(
        (a - level) / unit, b, labels, (pairs1[:, kept[0]] - level) / unit, pairs2[:, second_kept],
        tuple(first.names[j] for j in kept[0]), tuple(second.names[j] for j in second_kept), (*said, *more),
    )  # fmt: skip
    least = table.x1.shape[1] + labels.design.shape[1] + 5
    if table.n < least:
        raise ValueError(
            f"n = {table.n} labelled rows are too few for d1 = {table.x1.shape[1]} columns of x1 and "
            f"{labels.design.shape[1]} states: at least d1 + k + 5 = {least} are needed"
        )
    return table


def _same_order(parts: dict[str, Any]) -> None:
    """Refuse pandas objects whose rows have the same names in another order: which rows belong together is unclear."""
    import pandas as pd

    indexed = {name: v.index for name, v in parts.items() if isinstance(v, pd.DataFrame | pd.Series)}
    for name, index in list(indexed.items())[1:]:
        one, first = next(iter(indexed.items()))
        if not index.equals(first) and set(index) == set(first):
            raise ValueError(
                f"{one} and {name} have the same index in another order: sort one by the other, or reset both"
            )


def _column(given: Any, name: str) -> npt.NDArray[Any]:
    if given is None:
        raise ValueError(f"{name} is None: a label for each row is needed")
    if hasattr(given, "iloc") and getattr(given, "ndim", 1) == 2 and given.shape[1] == 1:
        given = given.iloc[:, 0]
    if str(getattr(given, "dtype", "")) == "category":  # these are classes, whatever they hold
        values = _classes(given)
    elif hasattr(given, "to_numpy"):
        whole = getattr(getattr(given, "dtype", None), "kind", "") in ("i", "u", "b")  # gaps would make them floats
        values = given.to_numpy(dtype=object) if whole else given.to_numpy()
    else:
        try:
            values = np.asarray(unmasked(given, object))
        except Exception as error:
            raise ValueError(f"{name} = {shown(given)}: an array with a row each is needed") from error
    if values.ndim not in (1, 2) or (values.ndim == 2 and not values.shape[1]):
        raise ValueError(f"{name} has shape {values.shape}: (n,) or (n, k) is needed")
    if values.dtype.kind == "c":
        raise ValueError(f"{name} is complex: classes or real outputs are needed")
    return np.asarray(values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values)


def _classes(given: Any) -> npt.NDArray[Any]:
    """Categories as objects: fractions as texts, so that they are not taken for real outputs."""
    values = np.array(given.astype(object), dtype=object)
    fractions = [isinstance(v, float) and v == v for v in values]
    if any(fractions) and not all(values[fractions] == np.round(values[fractions].astype(float))):
        values[fractions] = [str(v) for v in values[fractions]]
    elif any(fractions):
        values[fractions] = [int(v) for v in values[fractions]]
    return values


def _narrow(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Objects that are all numbers as numbers; whole numbers stay whole, and with them classes."""
    if values.dtype.kind == "O" and all(
        isinstance(v, int | np.integer) and not isinstance(v, bool) and abs(int(v)) < 2**63 for v in values.ravel()
    ):
        return values.astype(np.int64)
    if values.dtype.kind == "O" and all(isinstance(v, int | float | np.number) for v in values.ravel()):
        if all(isinstance(v, bool | np.bool_) for v in values.ravel()):
            return values.astype(bool)
        return values.astype(float)
    return values


def _share_none(first: View, second: View) -> None:
    """Refuse views that share a column, by its name or by its numbers."""
    both = [name for name in first.names if name in second.names] if first.named and second.named else []
    if both:
        raise ValueError(f"x1 and x2 share the column {shown(both[0])}: a column belongs to one view")
    if len(first.values) < 2:
        return
    sizes = [v.values - v.values.mean(axis=0) for v in (first, second)]
    units = [s / np.maximum(np.linalg.norm(s, axis=0), np.finfo(float).tiny) for s in sizes]
    close = np.abs(units[0].T @ units[1]) > 1.0 - 1e-12
    close &= np.logical_and.outer(*(_departs(v.values) for v in (first, second)))
    if close.any():
        i, j = (int(v) for v in np.argwhere(close)[0])
        raise ValueError(
            f"column {first.names[i]} of x1 and column {second.names[j]} of x2 are the same up to origin and unit: a "
            "column belongs to one view"
        )


def _departs(values: Array) -> npt.NDArray[np.bool_]:
    """Columns that differ from their median in at least 5 rows: rarer ones may be equal by chance."""
    return np.asarray(np.sum(values != np.median(values, axis=0), axis=0) >= 5)


def _no_label(view: View, there: npt.NDArray[np.bool_], labels: Labels, name: str) -> None:
    """Refuse a view that holds the label itself."""
    values = view.values[there]
    if labels.state is not None and name == "x1":
        _no_pieces(view.names, values, np.argmax(labels.y, axis=1), name)
    for j in range(values.shape[1]):
        if labels.state is None:
            rows = np.column_stack([values[:, j], labels.y])
            unit = rows - rows.mean(axis=0)
            unit /= np.maximum(np.linalg.norm(unit, axis=0), np.finfo(float).tiny)
            same = bool(np.any(np.abs(unit[:, 0] @ unit[:, 1:]) > 1.0 - 1e-12))
        else:
            index = np.argmax(labels.y, axis=1)
            first = np.array([values[int(np.argmax(index == c)), j] for c in range(labels.y.shape[1])])
            same = len(set(first.tolist())) == len(first) and bool(np.all(values[:, j] == first[index]))
        if same:
            raise ValueError(f"column {view.names[j]} of {name} is the label y itself: leave it out of the view")


def _no_pieces(names: tuple[str, ...], values: Array, index: npt.NDArray[np.intp], name: str) -> None:
    """Refuse columns that are functions of the label and together tell all classes apart, such as its one-hot code."""
    first = np.array([int(np.argmax(index == c)) for c in range(int(index.max()) + 1)])
    pieces = np.flatnonzero(np.all(values == values[first[index]], axis=0) & (np.ptp(values, axis=0) > 0.0))
    if len(pieces) > 1 and len(np.unique(values[first][:, pieces], axis=0)) == len(first):
        listed = ", ".join(names[j] for j in pieces[:4]) + (f" and {len(pieces) - 4} more" * (len(pieces) > 4))
        raise ValueError(f"columns {listed} of {name} are the label y itself, in pieces: leave them out of the view")


def _pairs(unlabeled: Any, first: View, second: View) -> tuple[Array, Array]:
    if not isinstance(unlabeled, tuple | list) or len(unlabeled) != 2:
        raise ValueError(f"unlabeled = {shown(unlabeled)}: the pair (x1, x2) of the unlabelled rows is needed")
    views = [view_of(v, f"unlabeled {name}") for v, name in zip(unlabeled, ("x1", "x2"), strict=True)]
    for i, (view, known, name) in enumerate(zip(views, (first, second), ("x1", "x2"), strict=True)):
        if view.values.shape[1] != known.values.shape[1]:
            raise ValueError(
                f"the unlabelled pairs have {view.values.shape[1]} columns of {name} and the table has "
                f"{known.values.shape[1]}: the same columns are needed"
            )
        if view.named and known.named and view.names != known.names:
            if set(view.names) != set(known.names):
                other = next(n for n in view.names if n not in known.names)
                raise ValueError(
                    f"the unlabelled pairs have a column {shown(other)} of {name}, which the table has not"
                )
            order = [view.names.index(n) for n in known.names]
            views[i] = View(view.values[:, order], known.names, True)
    if len(views[0].values) != len(views[1].values):
        raise ValueError(
            f"the unlabelled pairs have {len(views[0].values)} rows of x1 and {len(views[1].values)} of x2"
        )
    return views[0].values, views[1].values


def _varying(
    x2: Array, kept: npt.NDArray[np.intp], labels: Labels, view: View
) -> tuple[Array, npt.NDArray[np.intp], list[str]]:
    """Drop columns of x2 that do not vary given the label: they have no standard deviation to be divided by."""
    design = labels.design
    rest = x2 - design @ np.linalg.lstsq(design, x2, rcond=None)[0]
    still = np.linalg.norm(rest, axis=0) <= 1e-10 * np.linalg.norm(x2 - x2.mean(axis=0), axis=0)
    leverage = np.einsum("ij,ij->i", design, design @ np.linalg.inv(design.T @ design))
    still |= resting_on_one(rest**2, (1.0 - leverage)[:, None])
    if not still.any():
        return x2, kept, []
    if still.all():
        raise ValueError("x2 does not vary given the label: there is nothing that x1 could add to it")
    names = ", ".join(view.names[j] for j in kept[still][:4])
    what = "a function of the label, but for one row at most"
    said = f"{int(still.sum())} of {len(view.names)} columns of x2 dropped, each {what}: {names}"
    return x2[:, ~still], kept[~still], [said]
