r"""The verdicts as two tables, in Markdown and in LaTeX: what happened, and what ranks it."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from testbed.report.cells import break_name, symbol
from testbed.report.latex import comment, escape, laid_out
from testbed.report.remarks import failures, failures_said
from testbed.report.tables import to_grid
from testbed.report.verdicts import SPEARMAN

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["verdicts_to_latex", "verdicts_to_markdown"]

ROOM, DIGIT, GAP = 345.0, 4.3, 6.0  # points: the text of a plain article, a character, the space between columns
HEAD = 10  # characters of a heading's line
HAPPENED = "What the bound says and what happened"
RANKED = "Which quantity of the law ranks the damage"
NOTES = {
    HAPPENED: (
        "Size: range over the cells; bound, constant and damage: where the violation is strongest. Damage: risk of "
        "psi* above e_apx(x1) at the population, or the measured part of the risk that the script names; constant: "
        "risk of the best constant above e_apx(x1), and a bound that is not below it says nothing. In brackets 95% "
        "intervals (Student's t); without, a number is of the law, free of sampling."
    ),
    RANKED: (
        "Spearman's correlation over the cells; * the largest positive one of those that are defined on all cells; in "
        "brackets 95% intervals by a jackknife that deletes half of the repetitions at a time; without, it is exact: "
        "both sides are quantities of laws (and a grid is no sample), or no half changes an order. n.d.: not defined, "
        "as the damage or the quantity is constant over the cells, or there are fewer than three; a number in round "
        "brackets: defined on so many cells only."
    ),
}


def verdicts_to_markdown(judged: pd.DataFrame, footer: str) -> str:
    """Write the frame of `verdicts` as two Markdown tables."""
    wide = {caption: table.map(_flat) for caption, table in _wide(judged).items()}
    parts = [f"**{caption}.**\n\n{to_grid(table)}\n\n{_note(caption, judged)}\n" for caption, table in wide.items()]
    return "\n".join([*parts, f"<sub>{footer}</sub>\n"])


def verdicts_to_latex(judged: pd.DataFrame, footer: str) -> str:
    r"""Write the frame of `verdicts` as LaTeX floats that need ``\usepackage{booktabs}`` and no other package.

    A table that is wider than the page of a plain article is cut into parts, each with the names of the violations.
    """
    floats = [comment(footer)]
    for caption, table in _wide(judged).items():
        blocks = _blocks(table)
        for place, block in enumerate(blocks):
            part = f" (part {place + 1} of {len(blocks)})" if len(blocks) > 1 else ""
            number = len(floats)
            label = "tab:verdict" + (f"-{number}" if number > 1 else "")
            floats.append(_float(table[block], f"{caption}{part}. {escape(_note(caption, judged))}", label))
    return "\n".join(floats)


def _note(caption: str, judged: pd.DataFrame) -> str:
    return NOTES[caption] + (failures_said(judged, "rows that failed") if caption == HAPPENED else "")


def _float(table: pd.DataFrame, caption: str, label: str) -> str:
    """One float; cells of two lines are stacked."""

    def head(column: str) -> str:
        return _stacked("\n".join(break_name(column, HEAD)))

    align = "l" + "c" * (len(table.columns) - 1)
    return laid_out(table, align, caption=caption, label=label, gap=3, head=head, cell=_stacked)


def _stacked(text: str) -> str:
    """Lines on top of each other; a bracket that begins one is no argument of the break before it."""
    lines = [escape(line).replace("[", "{[}") for line in text.split("\n")]
    return lines[0] if len(lines) == 1 else r"\shortstack[l]{" + r" \\ ".join(lines) + "}"


def _blocks(table: pd.DataFrame) -> list[list[str]]:
    """Columns that fit on one page, each time beside the first."""
    widths = {column: _width([*break_name(column, HEAD), *table[column]]) for column in table.columns}
    first, *others = table.columns
    blocks, left = [[first]], ROOM - widths[first]
    for column in others:
        if len(blocks[-1]) > 1 and widths[column] > left:
            blocks.append([first])
            left = ROOM - widths[first]
        blocks[-1].append(column)
        left -= widths[column]
    return blocks


def _width(texts: Sequence[str]) -> float:
    """Points that a column takes up, roughly: its longest line without commands."""
    lines = [re.sub(r"\\[a-zA-Z]+ ?|[${}^_]", "", line) for text in texts for line in text.split("\n")]
    return DIGIT * max(map(len, lines)) + GAP


def _flat(text: str) -> str:
    return text.replace("\n", " ")


def _wide(judged: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Both tables as texts, by caption."""
    import pandas as pd

    happened, ranked = [], []
    found = [c.removesuffix("_note").removeprefix(SPEARMAN) for c in judged.columns if c.endswith("_note")]
    names = list(dict.fromkeys(found))
    for row in judged.to_dict("records"):
        name = row["label"] + ("\n(control)" if row["control"] == "yes" else "")
        if not row["cells"]:
            happened.append({"violation": name, "size": "no cells"})
            continue
        ends = [f"{row[f'size_{end}'] + 0.0:.3g}" for end in ("first", "last")]
        what = symbol(str(row["size"])).removesuffix(" linear").replace("epsilon ci", "eps_CI")
        happened.append(
            {
                "violation": name,
                "size": f"{what}\n{' to '.join(dict.fromkeys(ends))}",
                "bound": "none" if math.isnan(row["bound"]) else _number(row, "bound"),
                "constant": _number(row, "ceiling"),
                "below constant": "-" if row["informative"] == "none" else row["informative"],
                "damage": _number(row, "damage") + failures(row.get("failed", 0)),
            }
        )
        best = str(row["best"] or "").split(", ")
        texts = {p: _correlation(row, p) + ("*" if p in best else "") for p in names}
        ranked.append({"violation": name, "cells": str(int(row["cells"])), **texts})
    tables = {HAPPENED: happened, RANKED: ranked}
    return {caption: pd.DataFrame(lines).fillna("-") for caption, lines in tables.items() if lines}


def _number(row: dict[Any, Any], name: str) -> str:
    middle, low, high = (row[f"{name}{end}"] for end in ("", "_low", "_high"))
    if math.isnan(middle):
        return "-"
    return f"{middle:.3g}" + (f"\n[{low:.3g}, {high:.3g}]" if high > low else "")


def _ranked(value: float) -> str:
    """Two digits of a correlation, and as many as tell it from 1: an order that is not perfect is not said to be."""
    return next(text for d in range(2, 17) if abs(float(text := f"{value:.{d}f}")) < 1.0 or abs(value) > 1.0 - 1e-9)


def _correlation(row: dict[Any, Any], name: str) -> str:
    name = f"{SPEARMAN}{name}"
    middle, low, high = (row[f"{name}{end}"] for end in ("", "_low", "_high"))
    if math.isnan(middle):
        return "n.d."
    text = _ranked(middle) + (f"\n[{_ranked(low)}, {_ranked(high)}]" if high > low else "")
    return text + (f" ({int(row[f'{name}_cells'])})" if row[f"{name}_cells"] < row["cells"] else "")
