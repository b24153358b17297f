"""The page of all columns, from testbed/columns.py, so that none lacks a line."""

from __future__ import annotations

from pathlib import Path

from sitepages.docstrings import WIDE, cell, code
from testbed import columns as table


def _symbol(column: table.Column) -> str:
    formula = column.symbol.replace("|", "\\|")
    return f"${formula}$" if formula else code(column.plain) or "-"


def _line(column: table.Column) -> str:
    kind = f"{column.kind}, on demand" if column.asked else column.kind
    what = " ".join(filter(None, (column.words, column.after)))
    texts = [cell(x) or "-" for x in (column.unit, column.empty)] + [table.average_of(column) or "-"]
    return "| " + " | ".join([f"`{column.name}`", kind, cell(what), _symbol(column), *texts]) + " |"


def pages(root: Path) -> dict[str, str]:
    """One page: the columns of rows.csv, what summary.csv adds, and the dials."""
    lines = [
        WIDE,
        "# Columns",
        "",
        "Every column of `rows.csv`, in its order. Columns *on demand* are there where an experiment asks for them",
        "(`Experiment(extra=[...])`). What each file of a results folder is: [](../files.md).",
        "",
        "| column | kind | what | symbol | unit | empty where | average over repetitions |",
        "|:--|:--|:--|:--|:--|:--|:--|",
        *map(_line, table.ROWS),
        "",
        "## What summary.csv adds",
        "",
        "Of each number: `NAME_mcse`, its Monte Carlo standard error; `NAME_low` and `NAME_high`, the ends of its 95%",
        f"interval. Of the excess risk also {' and '.join(code(n) for n in table.SHAPE)}.",
        "A column `theory.NAME` is what a statement predicts for the law and the sample sizes of the row.",
        "",
        "## Dials of generators",
        "",
        "A dial stands in the column `generator.NAME`. Dials that are not listed are called by their names.",
        "",
        "| dial | what | symbol | unit |",
        "|:--|:--|:--|:--|",
        *(f"| `{c.name}` | {cell(c.words)} | {_symbol(c)} | {cell(c.unit) or '-'} |" for c in table.DIALS),
    ]
    return {"columns.md": "\n".join(lines) + "\n"}
