"""Choosing cells of a summary, naming their methods, and saying columns in words."""

from __future__ import annotations

import dataclasses
import json
import re
import warnings
from collections.abc import Mapping, Sequence
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

import numpy as np

from testbed.columns import COLUMNS, METHOD
from testbed.keys import canonical, written
from testbed.report.files import ReportError

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "break_name",
    "combinations",
    "labels_of",
    "literal",
    "method_names",
    "one_each",
    "risk_of",
    "select",
    "symbol",
    "text_of",
    "varying",
    "words",
]


def risk_of(summary: pd.DataFrame) -> str:
    """Column that methods are compared by: the excess risk, or where no truth is known the label error."""
    unknown = bool(summary["excess_risk"].isna().all() and summary["label_mse"].notna().any())
    return "label_mse" if unknown else "excess_risk"


def words(column: str) -> str:
    """Say a column in words with its symbol, as an axis label: ``n_labeled`` is 'labelled pairs $n_2$'."""
    name = column.rpartition(".")[2]
    return COLUMNS[name].label if name in COLUMNS else name.replace("_", " ")


def symbol(column: str) -> str:
    """Shortest name of a column: its symbol in mathematics, or the name of the dial."""
    name = column.rpartition(".")[2]
    return f"${COLUMNS[name].symbol}$" if name in COLUMNS and COLUMNS[name].short else name.replace("_", " ")


def literal(text: str) -> str:
    r"""Write what is no mathematics for the captions and headings that may hold some: ``$`` becomes ``\$``."""
    return text.replace("$", r"\$")


def labels_of(values: Sequence[object], digits: int = 15) -> list[str]:
    """Label the values of a dial: numbers to some digits, and to all of them where two would have the same label.

    What is missing is "-"; a text is `literal`, and in quotation marks where it would be taken for something else.
    """
    short = [_label(value, digits) for value in values]
    meant: dict[str, set[str]] = {}
    for value, text in zip(values, short, strict=True):
        meant.setdefault(text, set()).add(repr(value))
    return [_label(v, 0) if len(meant[text]) > 1 else text for v, text in zip(values, short, strict=True)]


def _label(value: object, digits: int) -> str:
    """Label with some digits; 0 for all that tell the value from others."""
    if value is None or value != value:
        return "-"
    if isinstance(value, Real) and not isinstance(value, Integral):
        return f"{float(value):.{digits}g}" if digits else repr(float(value))
    text = str(value)
    return literal(text if digits or isinstance(value, Integral) else json.dumps(text, ensure_ascii=False))


def select(summary: pd.DataFrame, where: Mapping[str, object], what: str) -> pd.DataFrame:
    """Keep the cells that equal `where` on every column.

    A value is compared as a number where the column holds numbers and by its text otherwise, so a pretext may be given
    as the object itself; a list, tuple or range allows any of its members; None matches what is empty. Nothing found is
    not an error, since a smaller run of the same script has fewer cells: a warning says where the search for `what`
    (a curve, a table) ended.
    """
    for column, wanted in where.items():
        if column not in summary:
            warnings.warn(f"{what} selects no cells: there is no column {column}", stacklevel=2)
            return summary.iloc[:0]
        options = list(wanted) if isinstance(wanted, list | tuple | range | set | frozenset) else [wanted]
        found = summary[_equal(column, summary[column], options)]
        if len(summary) and not len(found):
            had = ", ".join("-" if value != value else str(value) for value in summary[column].unique())
            warnings.warn(f"{what} selects no cells: {column} is none of {options}, only {had}", stacklevel=2)
        summary = found
    return summary


def one_each(cells: pd.DataFrame, columns: Sequence[str], what: str) -> None:
    """Refuse cells that `columns` do not tell apart.

    Raises
    ------
    ReportError
        Names the place and the columns in which the cells differ, which `where` then has to fix.
    """
    twice = cells.duplicated(list(columns), keep=False)
    if twice.any():
        place = cells[twice].iloc[0]
        same = select(cells, {c: None if place[c] != place[c] else place[c] for c in columns}, what)
        others = [c for c in varying(same, [*METHOD, *_dials(same)]) if c not in columns]
        where = ", ".join(f"{c} = {place[c]}" for c in columns)
        raise ReportError(f"{what} has {len(same)} cells at {where}; they differ in {', '.join(others) or 'key'}")


def varying(cells: pd.DataFrame, columns: Sequence[str] | None = None) -> list[str]:
    """Columns that take more than one value (empty counts as one); by default those of the dials and sample sizes.

    Where these do not tell two generators apart, such as the dials ``[1]`` and ``"[1]"``, the generator is one too.
    """
    found = [c for c in (_dials(cells) if columns is None else columns) if cells[c].nunique(dropna=False) > 1]
    if columns is None and "generator" in cells:
        both = cells[[*found, "generator"]].drop_duplicates()
        if len(both) > (len(both[found].drop_duplicates()) if found else 1):
            found.append("generator")
    return found


def method_names(
    cells: pd.DataFrame, columns: Sequence[str] = METHOD, labels: Mapping[str, str] | None = None
) -> pd.Series:
    """Name the method of each cell: its pretext and probe, as far as they vary, joined by ' + '.

    Other `columns` likewise; the last one, the path of the draws, is left out where the others tell methods apart.
    `labels` gives other names, by the full text ('pretext + probe + draws'), one without the draws, the shortened one,
    or that of a single column; they may hold mathematics, which a text of a pretext or probe does not.
    """
    import pandas as pd

    def joined(chosen: Sequence[str]) -> list[str]:
        return [" + ".join(texts) for texts in zip(*(cells[column].astype(str) for column in chosen), strict=True)]

    known = labels or {}

    def shown(chosen: Sequence[str]) -> list[str]:
        """What stands where no label is given: those of the columns, and a number with the symbol of its column."""
        between = ", " if any(cells[column].dtype.kind in "iuf" for column in chosen) else " + "
        return [between.join(texts) for texts in zip(*(_named(c, cells[c], known) for c in chosen), strict=True)]

    needed = varying(cells, columns) or list(columns[:1])
    if len(needed) > 1 and len(cells[needed].drop_duplicates()) == len(cells[needed[:-1]].drop_duplicates()):
        needed = needed[:-1] if needed[-1] == columns[-1] else needed
    short = columns[:-1] if columns[-1] == METHOD[-1] and len(columns) > 1 else columns
    texts = [joined(chosen) for chosen in (columns, short, needed)]
    given = zip(zip(*texts, strict=True), shown(needed), strict=True)
    names = [next((known[text] for text in each if text in known), other) for each, other in given]
    return pd.Series(names, cells.index, dtype=object)


def _named(column: str, values: pd.Series, labels: Mapping[str, str]) -> list[str]:
    """Texts of a column: those of methods as they are or are labelled, numbers with its symbol."""
    if values.dtype.kind not in "iuf":
        return [labels.get(str(value), literal(str(value))) for value in values]
    return [text if text == "-" else f"{symbol(column)} = {text}" for text in labels_of(values.tolist())]


def break_name(name: str, width: int) -> list[str]:
    """Break the name of a method into short lines, after a space, a comma or an opening bracket."""
    lines = [""]
    for piece in re.findall(r"\$(?:[^$\\]|\\.)+\$[ ,(]*|(?:\\\$|\(\)|[^ ,($])+[ ,(]*|.", name):
        if lines[-1] and len((lines[-1] + piece).rstrip()) > width:
            lines.append("")
        lines[-1] += piece
    return [line.rstrip() for line in lines]


def combinations(frame: pd.DataFrame, columns: Sequence[str]) -> np.ndarray[Any, Any]:
    """Number the combinations of some columns in the order in which they first appear: one number a row."""
    import pandas as pd

    groups = frame.groupby(list(columns), sort=False, dropna=False, observed=True).ngroup()
    return pd.factorize(groups)[0]


def text_of(value: object) -> str:
    """Text that cells have of a value: of a law its canonical one, which tells it from others of its shape."""
    return canonical(value) if dataclasses.is_dataclass(value) and not isinstance(value, type) else str(value)


def _dials(cells: pd.DataFrame) -> list[str]:
    return [c for c in cells.columns if c.startswith("generator.") or c in ("n_unlabeled", "n_labeled")]


def _equal(name: str, column: pd.Series, options: Sequence[object]) -> pd.Series:
    """Which cells hold one of some values; a text among the dials is as `written`."""
    empty = column.isna() & any(option is None for option in options)
    if column.dtype.kind in "iuf":
        return column.isin([v for v in options if isinstance(v, Real)]) | empty
    dial = "." in name
    texts = {written(v) if dial and isinstance(v, str) else text_of(v) for v in options if v is not None}
    return column.astype(str).isin(texts) | empty
