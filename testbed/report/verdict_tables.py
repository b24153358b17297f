r"""The verdicts as two tables, in Markdown and in LaTeX: what happened, and what ranks it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from testbed.report.cells import break_name, symbol
from testbed.report.latex import escape
from testbed.report.tables import to_grid
from testbed.report.verdicts import SPEARMAN

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["verdicts_to_latex", "verdicts_to_markdown"]

HAPPENED = "What the bound says and what happened"
RANKED = "Which quantity of the law ranks the damage"
NOTES = {
    HAPPENED: (
        "Size: range over the cells; bound, constant and damage: where the violation is strongest. Damage: risk above "
        "e_apx(x1), of psi* at the population or as measured; constant: that of the best constant, and a bound at or "
        "above it is not informative. In brackets 95% intervals (Student's t); without, a number is of the law, free "
        "of sampling."
    ),
    RANKED: (
        "Spearman's correlation over the cells; * the largest positive one of those that are defined on all cells; in "
        "brackets 95% intervals by a jackknife over repetitions; without, it is exact: both sides are quantities of "
        "laws (and a grid is no sample), or no repetition changes an order. n.d.: not defined, as the damage or the "
        "quantity is constant over the cells, or there are fewer than three; a number in round brackets: defined on so "
        "many cells only."
    ),
}


def verdicts_to_markdown(judged: pd.DataFrame, footer: str) -> str:
    """Write the frame of `verdicts` as two Markdown tables."""
    parts = [f"**{caption}.**\n\n{to_grid(wide)}\n\n{NOTES[caption]}\n" for caption, wide in _wide(judged).items()]
    return "\n".join([*parts, f"<sub>{footer}</sub>\n"])


def verdicts_to_latex(judged: pd.DataFrame, footer: str) -> str:
    r"""Write the frame of `verdicts` as two LaTeX floats that need ``\usepackage{booktabs}`` and no other package."""
    floats = ["% " + " ".join(footer.split()).encode("ascii", "replace").decode()]
    for number, (caption, wide) in enumerate(_wide(judged).items()):
        heads = [r"\shortstack{" + r" \\ ".join(map(escape, break_name(c, 12))) + "}" for c in wide.columns]
        text = wide.map(escape).to_latex(
            index=False,
            escape=False,
            header=[head.replace("{", "{{").replace("}", "}}") for head in heads],  # pandas takes each as a template
            column_format="l" + "c" * (len(wide.columns) - 1),
            caption=f"{caption}. {escape(NOTES[caption])}",
            label="tab:verdict" + (f"-{number + 1}" if number else ""),
            position="htbp",
        )
        size = "\\begin{table}[htbp]\n\\centering\n\\footnotesize\n\\setlength{\\tabcolsep}{4pt}\n"
        floats.append(str(text).replace("\\begin{table}[htbp]\n", size))
    return "\n".join(floats)


def _wide(judged: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Both tables as texts, by caption."""
    import pandas as pd

    happened, ranked = [], []
    found = [c.removesuffix("_note").removeprefix(SPEARMAN) for c in judged.columns if c.endswith("_note")]
    names = list(dict.fromkeys(found))
    for row in judged.to_dict("records"):
        name = row["label"] + (" (control)" if row["control"] == "yes" else "")
        if not row["cells"]:
            happened.append({"violation": name, "size": "no cells"})
            continue
        ends = [f"{row[f'size_{end}'] + 0.0:.3g}" for end in ("first", "last")]
        what = symbol(str(row["size"])).removesuffix(" linear").replace("epsilon ci", "eps_CI")
        happened.append(
            {
                "violation": name,
                "size": f"{what} {' to '.join(dict.fromkeys(ends))}",
                "bound": "none" if math.isnan(row["bound"]) else _number(row, "bound"),
                "constant": _number(row, "ceiling"),
                "informative": "-" if row["informative"] == "none" else row["informative"],
                "damage": _number(row, "damage"),
            }
        )
        best = str(row["best"] or "").split(", ")
        texts = {p: _correlation(row, p) + ("*" if p in best else "") for p in names}
        ranked.append({"violation": name, "cells": str(int(row["cells"])), **texts})
    return {HAPPENED: pd.DataFrame(happened).fillna("-"), RANKED: pd.DataFrame(ranked).fillna("-")}


def _number(row: dict[Any, Any], name: str) -> str:
    middle, low, high = (row[f"{name}{end}"] for end in ("", "_low", "_high"))
    if math.isnan(middle):
        return "-"
    return f"{middle:.3g}" + (f" [{low:.3g}, {high:.3g}]" if high > low else "")


def _correlation(row: dict[Any, Any], name: str) -> str:
    name = f"{SPEARMAN}{name}"
    middle, low, high = (row[f"{name}{end}"] for end in ("", "_low", "_high"))
    if math.isnan(middle):
        return "n.d."
    text = f"{middle:.2f}" + (f" [{low:.2f}, {high:.2f}]" if high > low else "")
    return text + (f" ({int(row[f'{name}_cells'])})" if row[f"{name}_cells"] < row["cells"] else "")
