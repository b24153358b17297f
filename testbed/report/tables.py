"""Tables as data: a line for each place on the grid, a column for each method, every mean with its error."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from testbed.columns import COLUMNS, METHOD
from testbed.report.cells import combinations, labels_of, method_names, one_each, risk_of, select, varying, words
from testbed.report.files import ReportError
from testbed.report.remarks import HANGS, PART, failures, hanging, selected

if TYPE_CHECKING:
    import pandas as pd

ROUNDING = 1e-15  # below it a risk is the rounding of an exact zero

__all__ = [
    "Grid",
    "Table",
    "cell_texts",
    "default_table",
    "grid_of",
    "note",
    "number",
    "sentence",
    "table",
    "to_grid",
    "to_markdown",
]


@dataclass(frozen=True)
class Table:
    """What a table shows.

    Attributes
    ----------
    caption : str
        What the numbers are; may hold ``$mathematics$``.
    where : mapping
        Column of the summary -> value, or list of values, that a cell must have.
    value : str
        The measured column.
    rows : sequence of str, optional
        Columns that tell the lines apart; by default the dials and sample sizes that vary.
    columns : sequence of str
        Columns that together name a method; those that do not vary are left out of its name.
    labels : mapping
        Name of a method -> what its column, or its line, is called instead.
    name : str
        Its label in LaTeX is ``tab:<name of the experiment>-<name>``.
    message : bool or mapping
        What of it is for readers of a paper: all of it; nothing; or column -> value, or list of values, of the cells.
        That is table.tex, and table_long.tex has all of it.

    Examples
    --------
    >>> from testbed.report import Table
    >>> TABLES = [Table("Excess risk at 100 labels", where={"n_labeled": 100}, columns=["pretext"])]
    >>> TABLES[0].value
    'excess_risk'
    """

    caption: str
    where: Mapping[str, object] = field(default_factory=dict)
    value: str = "excess_risk"
    rows: Sequence[str] | None = None
    columns: Sequence[str] = METHOD
    labels: Mapping[str, str] = field(default_factory=dict)
    name: str = "table"
    message: bool | Mapping[str, object] = True

    def columns_read(self) -> set[str]:
        """Columns of the summary that the table shows or selects by."""
        chosen = () if isinstance(self.message, bool) else self.message
        return {*self.where, self.value, *(self.rows or ()), *self.columns, *chosen}

    def shown(self) -> Table:
        """Give the table of its message."""
        return (
            self
            if isinstance(self.message, bool)
            else replace(self, where={**self.where, **self.message}, message=True)
        )


def default_table(summary: pd.DataFrame) -> Table:
    """Give the table of a summary for which none was declared: excess risk of every method at every place.

    Examples
    --------
    >>> import pandas as pd
    >>> from testbed.report import default_table
    >>> default_table(pd.DataFrame({"generator": ["CleanMixture(k=3)"], "excess_risk": [0.25]})).caption
    'Excess risk of each method (CleanMixture).'
    """
    generators = summary["generator"].astype(str).str.partition("(")[0].unique()
    value = risk_of(summary)
    return Table(f"{COLUMNS[value].words.capitalize()} of each method ({', '.join(generators)}).", value=value)


@dataclass(frozen=True)
class Grid:
    """The cells of a table on its lines and columns.

    Attributes
    ----------
    cells : DataFrame
        Cells of the summary that are shown.
    lines : DataFrame
        Texts at the side of each line.
    names : list of str
        What the columns are called.
    at : (lines, columns) int
        Number of the cell that stands there; -1 for none.
    """

    cells: pd.DataFrame
    lines: pd.DataFrame
    names: list[str]
    at: np.ndarray[Any, Any]


def table(
    summary: pd.DataFrame,
    value: str = "excess_risk",
    rows: Sequence[str] | None = None,
    columns: Sequence[str] = METHOD,
    *,
    where: Mapping[str, object] | None = None,
    labels: Mapping[str, str] | None = None,
    latex: bool = False,
) -> pd.DataFrame:
    """Lay a summary out wide: one line for each combination of `rows`, one column for each method, as text.

    A cell is the mean and its Monte Carlo standard error, see `number`; 'failed (n)' where all n repetitions failed;
    followed by '[n failed]' where some did, and by '[median m]' where an excess risk hangs on few repetitions (in LaTeX
    by a dagger); '-' where the cell was not run or the column is empty.

    Raises
    ------
    ReportError
        If `value` is not a measured column, or two cells fall on one place.
    """
    import pandas as pd

    grid = grid_of(Table("", where or {}, value, rows, columns, labels or {}), summary)
    return pd.concat([grid.lines, pd.DataFrame(cell_texts(grid, value, latex), columns=grid.names)], axis=1)


def grid_of(spec: Table, summary: pd.DataFrame) -> Grid:
    """Cells, lines and columns of a table. Errors as in `table`."""
    import pandas as pd

    if f"{spec.value}_mcse" not in summary:
        raise ReportError(f"a table wants the measured column {spec.value}, which summary.csv does not have")
    if lacking := [column for column in (*(spec.rows or ()), *spec.columns) if column not in summary]:
        raise ReportError(f"a table wants the columns {', '.join(lacking)}, which summary.csv does not have")
    cells = select(summary, spec.where, "the table")
    rows = (varying(cells) or ["n_labeled"]) if spec.rows is None else list(spec.rows)
    cells = cells.assign(method=method_names(cells, spec.columns, spec.labels)).reset_index(drop=True)
    one_each(cells, [*rows, "method"], "the table")
    lines = cells[rows].drop_duplicates().reset_index(drop=True).astype(object)
    lines = lines.apply(lambda column: pd.Series(_sides(column.tolist(), spec.labels), dtype=object))
    at = np.full((len(lines), cells["method"].nunique()), -1)
    at[combinations(cells, rows), combinations(cells, ["method"])] = np.arange(len(cells))
    return Grid(cells, lines, list(dict.fromkeys(cells["method"])), at)


def cell_texts(grid: Grid, value: str, latex: bool = False) -> np.ndarray[Any, Any]:
    """Texts of all cells of a table."""
    cells = grid.cells
    hangs = hanging(cells) if value == "excess_risk" else cells["n_ok"] < 0
    median = cells["excess_risk_median"].where(hangs) if "excess_risk_median" in cells else cells[value].where(hangs)
    columns = (*(cells[name] for name in (value, f"{value}_mcse", "n_ok", "n_failed")), median)
    texts = np.array([*(_cell(*n, latex=latex) for n in zip(*columns, strict=True)), "-"], dtype=object)
    return np.asarray(texts[grid.at])


def _sides(values: Sequence[object], labels: Mapping[str, str]) -> list[str]:
    """Labels of the lines: those of a text that has one, such as a method that stands at the side."""
    return [labels.get(str(v), text) for v, text in zip(values, labels_of(values), strict=True)]


def number(mean: float, error: float, latex: bool = False) -> str:
    """Write a mean with its standard error, both to the second significant digit of the error.

    ``0.01123 ± 0.00031``; very large and small ones as ``(3.20 ± 0.10)e-09``; ``0`` for what is rounding, below 1e-15;
    three digits alone where there is no error (one repetition), four digits with ``± 0`` where the number was the same
    in all repetitions, to rounding. For LaTeX in short, ``0.01123(31)``, ``3.20(10)e-09``, and without an error for the
    same number.

    Examples
    --------
    >>> from testbed.report.tables import number
    >>> number(0.011234, 0.00031), number(3.2e-9, 1e-10), number(0.011234, 0.00031, latex=True)
    ('0.01123 ± 0.00031', '(3.20 ± 0.10)e-09', '0.01123(31)')
    """
    if math.isnan(mean):
        return "-"
    if abs(mean) < ROUNDING and not error > ROUNDING:
        return "0"
    size, tail = max(abs(mean), 0.0 if math.isnan(error) else error), ""
    if size and not 1e-4 <= size < 1e6:
        power = math.floor(math.log10(size))
        mean, error, tail = mean / 10.0**power, error / 10.0**power, f"e{power:+03d}"
    if math.isnan(error):
        return f"{mean:.3g}{tail}"
    if error <= ROUNDING * abs(mean):
        return f"{mean:.4g}{tail}" if latex else f"({mean:.4g} ± 0){tail}" if tail else f"{mean:.4g} ± 0"
    decimals = 1 - math.floor(math.log10(float(f"{error:.1e}")))
    shown = [f"{round(v, decimals) + 0.0:.{max(decimals, 0)}f}" for v in (mean, error)]
    if latex:
        return f"{shown[0]}({shown[1] if decimals <= 0 else round(error * 10.0**decimals)}){tail}"
    return f"({' ± '.join(shown)}){tail}" if tail else " ± ".join(shown)


def note(spec: Table, summary: pd.DataFrame, latex: bool = False) -> str:
    """Say what the numbers of a table are and over how many repetitions."""
    cells = select(summary, spec.where, "the table")
    n = cells["n_ok"]
    few, many = (int(n[n > 0].min()), int(n.max())) if (n > 0).any() else (0, 0)
    over = f"{few} repetitions" if few == many else f"{few} to {many} repetitions"
    said = words(spec.value)
    error = "the digits in brackets are the Monte Carlo standard error of the last ones" if latex else ""
    mean = f"mean over {over}; {error}." if latex else f"mean ± Monte Carlo standard error over {over}."
    text = f"{said[:1].upper()}{said[1:]}: {mean}"
    if selected(cells).any():
        text += f" [n failed]: {PART}."
    if spec.value == "excess_risk" and hanging(cells).any():
        text += f" † {HANGS}; summary.csv has their medians." if latex else f" [median m]: {HANGS}."
    return text


def sentence(text: str) -> str:
    """End a caption with a full stop."""
    return text if text.endswith((".", "!", "?")) else f"{text}."


def to_markdown(spec: Table, summary: pd.DataFrame, footer: str) -> str:
    """Write a table in Markdown: caption, table, what the numbers are, where they come from."""
    wide = table(summary, spec.value, spec.rows, spec.columns, where=spec.where, labels=spec.labels)
    wide.columns = [column.removeprefix("generator.") for column in wide.columns]
    grid = to_grid(wide)
    return f"**{sentence(spec.caption)}**\n\n{grid}\n\n{note(spec, summary)}\n\n<sub>{footer}</sub>\n"


def to_grid(wide: pd.DataFrame) -> str:
    """Write a frame of texts as the lines of a Markdown table."""
    from tabulate import tabulate

    if not len(wide):
        return "No cells."
    shown = wide.rename(columns=_bar).map(_bar)
    return tabulate(shown, headers="keys", tablefmt="pipe", showindex=False, disable_numparse=True)  # type: ignore[arg-type]


def _cell(mean: float, error: float, ok: int, failed: int, median: float, *, latex: bool) -> str:
    if not ok:
        return f"failed ({failed})"
    hangs = "" if math.isnan(median) else "†" if latex else f" [median {median:.3g}]"
    return number(mean, error, latex) + failures(failed) + hangs


def _bar(text: str) -> str:
    return text.replace("|", r"\|")  # a bar in a text is not the edge of a Markdown cell
