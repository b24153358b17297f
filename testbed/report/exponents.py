r"""The table of fitted exponents, in Markdown and in LaTeX."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from testbed.report.cells import symbol, words
from testbed.report.latex import comment, escape, laid_out
from testbed.report.remarks import failures, failures_said
from testbed.report.tables import to_grid

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["exponents_to_latex", "exponents_to_markdown"]

CAPTION = "Exponents of power laws"
NOTE = (
    "Least-squares slopes of the logarithm of the mean on that of x; 95% intervals by a jackknife over repetitions, "
    "which leaves one out at every x; Student's t."
)


def exponents_to_markdown(fitted: pd.DataFrame, footer: str) -> str:
    """Write the frame of `slopes` as a Markdown table."""
    return f"**{CAPTION}.**\n\n{to_grid(_wide(fitted))}\n\n{_note(fitted)}\n\n<sub>{footer}</sub>\n"


def exponents_to_latex(fitted: pd.DataFrame, footer: str) -> str:
    r"""Write the frame of `slopes` as a LaTeX float that needs ``\usepackage{booktabs}`` and no other package.

    The texts are broken into columns of 2 cm, so that it fits a plain article; what is covered is left to the reader.
    """
    wide = _wide(fitted).drop(columns="covered")
    for column in wide.columns[3:]:  # a minus, not a hyphen
        wide[column] = [re.sub(r"-\d+\.\d+", r"$\g<0>$", text) for text in wide[column]]
    caption = f"{CAPTION}. {escape(_note(fitted))}"
    table = laid_out(wide, r"*{3}{p{2cm}}ccc", caption=caption, label="tab:slopes", size="scriptsize")
    return f"{comment(footer)}\n{table}"


def _note(fitted: pd.DataFrame) -> str:
    return NOTE + failures_said(fitted, "rows that failed")


def _wide(fitted: pd.DataFrame) -> pd.DataFrame:
    """Table of texts."""
    import pandas as pd

    lines = []
    said = fitted[["covered", "note"]].astype(object).where(fitted[["covered", "note"]].notna(), None)
    for row in fitted.assign(**said).to_dict("records"):  # pandas makes a missing text of None
        shift = f" - {row['offset']:g}" if row["offset"] else ""
        ends = "" if math.isnan(row["x_first"]) else f", {row['x_first']:g} to {row['x_last']:g}"
        interval = "-" if math.isnan(row["slope_low"]) else f"{row['slope_low']:.3f} to {row['slope_high']:.3f}"
        lines.append(
            {
                "what": row["label"],
                "mean of": words(row["y"]).partition(" $")[0],
                "against": f"{symbol(row['x'])}{shift}{ends}",
                "exponent": (row["note"] if math.isnan(row["slope"]) else f"{row['slope']:.3f}")
                + failures(row.get("failed", 0)),
                "95% interval": row["note"] if row["note"] and not math.isnan(row["slope"]) else interval,
                "predicted": "-" if math.isnan(row["predicted"]) else f"{row['predicted']:.3f}",
                "covered": row["covered"] or "-",
            }
        )
    return pd.DataFrame(lines)
