"""A summary as plots read it: short names of columns, methods in one column, one cell at each point."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from testbed.arguments import meant, shown
from testbed.columns import METHOD
from testbed.report import ReportError
from testbed.report.cells import method_names, one_each, select, words
from testbed.report.loading import summary_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["cells_of", "column_of", "mapping", "one_cell_each", "said"]

SHORT = ("generator.", "pretext.", "probe.", "theory.")


def cells_of(data: object, where: Mapping[str, object] | None, labels: Mapping[str, str] | None) -> pd.DataFrame:
    """Cells that are drawn, with a column ``method`` that names pretext and probe as far as they vary."""
    cells = summary_of(data)
    where, labels = mapping("where", where), mapping("labels", labels)
    if where:
        cells = select(cells, {column_of(cells, name): value for name, value in where.items()}, "where")
    for name in METHOD:
        if labels:
            cells = cells.assign(**{name: [labels.get(str(v), str(v)) for v in cells[name]]})
    return cells.assign(method=method_names(cells, METHOD, labels)).reset_index(drop=True)


def column_of(cells: pd.DataFrame, name: str) -> str:
    """Full name of a column, which may be given without what stands before its dot: k of ``generator.k``.

    Raises
    ------
    ReportError
        If there is no such column, or several.
    """
    if not isinstance(name, str):
        raise ReportError(f"{shown(name)} is no name of a column: a text is needed")
    if name in cells:
        return name
    found = [start + name for start in SHORT if start + name in cells]
    if len(found) == 1:
        return found[0]
    if found:
        raise ReportError(f"there are several columns {name}: {', '.join(found)}")
    known = [str(column) for column in cells]
    raise ReportError(f"there is no column {shown(name)}{meant(name, known)}; there are {', '.join(known)}")


def said(name: str) -> str:
    """A column as a title, a legend or an axis calls it: its words, or its name where those explain it at length."""
    return name if name in METHOD or name == "generator" else words(name)


def mapping(name: str, given: Mapping[str, Any] | None) -> Mapping[str, Any]:
    """Refuse what is no mapping; none is an empty one."""
    if given is not None and not isinstance(given, Mapping):
        raise ReportError(f"{name} = {shown(given)}: a mapping is needed, such as {{'pretext': 'Raw()'}}")
    return given or {}


def one_cell_each(cells: pd.DataFrame, columns: Sequence[str], what: str, how: str = "") -> None:
    """Refuse several cells at one point: a mean of cells whose dials differ is the mean of nothing."""
    try:
        one_each(cells, list(dict.fromkeys(columns)), what)
    except ReportError as error:
        raise ReportError(f"{error}: {how}choose one value with where") from None
