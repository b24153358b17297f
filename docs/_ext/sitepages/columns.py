"""The page of all columns, from testbed/columns.py, so that none lacks a line."""

from __future__ import annotations

from pathlib import Path

from sitepages.docstrings import cell, code
from testbed import columns as table


def pages(root: Path) -> dict[str, str]:
    """One page: the columns of rows.csv, what summary.csv adds, and the dials."""
    lines = [
        "# Columns",
        "",
        "Every column of `rows.csv`, in its order. Columns *on demand* are there where an experiment asks for them",
        "(`Experiment(extra=[...])`). What each file of a results folder is: [](../files.md).",
        "",
        table.table(),
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
        *(f"| `{c.name}` | {cell(c.words)} | {code(c.plain)} | {cell(c.unit) or '-'} |" for c in table.DIALS),
    ]
    return {"columns.md": "\n".join(lines) + "\n"}
