"""Where one method begins to be better than another: zeros of paired differences, and their table."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from testbed.report.analysis import Analysis, Numbers, Shown, brief
from testbed.report.cells import symbol
from testbed.report.files import ReportError
from testbed.report.pairs import differences
from testbed.report.remarks import failures, failures_said

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ANALYSIS", "Crossing", "crossings"]

Array = np.ndarray[Any, Any]
CAPTION = "Where the first method becomes better than the second"
NOTE = (
    "Zero of the paired difference of excess risks, linear in 1/x between neighbours; 95% interval: the x at which the "
    "interval of the difference holds 0; predictions within it are marked *."
)


@dataclass(frozen=True)
class Crossing:
    """The x above which method a has a lower excess risk than method b.

    Attributes
    ----------
    label : str
        What it is called in the table; may hold ``$mathematics$``.
    a, b : mapping
        Column of the summary -> value of each method.
    where : mapping
        Holds for both; leaves one cell of each at every x.
    x : str
        A dial or a sample size, positive.
    predicted : mapping
        Plain name -> column with what theory gives for the crossing, in the unit of x: ``{"tau": "theory.tau"}``.
    unit : str, optional
        A sample size in whose unit x and the prediction are given: "n_labeled" makes pairs per label of n_unlabeled.

    Examples
    --------
    >>> from testbed.report import Crossing
    >>> Crossing("CCA", {"pretext": "CCA(2)"}, {"pretext": "Raw()"}).x
    'n_unlabeled'
    """

    label: str
    a: Mapping[str, object]
    b: Mapping[str, object]
    where: Mapping[str, object] = field(default_factory=dict)
    x: str = "n_unlabeled"
    predicted: Mapping[str, str] = field(default_factory=dict)
    unit: str | None = None

    def columns_read(self) -> set[str]:
        """Columns that are read."""
        return {*self.a, *self.b, *self.where, self.x, *self.predicted.values(), *([self.unit] if self.unit else [])}


def crossings(summary: pd.DataFrame, contrasts: pd.DataFrame, specs: Sequence[Crossing]) -> pd.DataFrame:
    """Find where the sign of a - b changes, one line for each of `specs`.

    With D_j the mean paired difference at x_j, and L_j < D_j < U_j its 95% interval, each of the three is taken as
    linear in 1/x between neighbours (what a risk is to leading order in a sample size). The crossing is the largest x
    at which D changes from above to below 0. A value x is not excluded as long as the interval there holds 0, so the
    95% interval of the crossing (of Fieller's kind: a test turned round, x by x) ends at the last zeros of L and U.
    Where one of them has none within the grid, that end is empty and ``note`` says so.

    Returns
    -------
    DataFrame
        label, x, unit, x_first, x_last, points, failed (pairs left out, as one of the two failed), crossing,
        crossing_low, crossing_high, note; and for each prediction <name> and <name>_covered ("yes" or "no": whether
        the interval holds it).

    Raises
    ------
    ReportError
        If a column does not exist, or two cells of a method have one x.
    """
    import pandas as pd

    return pd.DataFrame([_line(summary, contrasts, spec) for spec in specs])


def _line(summary: pd.DataFrame, contrasts: pd.DataFrame, spec: Crossing) -> dict[str, Any]:
    what = f"crossing {spec.label!r}"
    for column in sorted(spec.columns_read()):
        if column not in summary:
            raise ReportError(f"{what} reads the column {column}, which summary.csv does not have")
    where, other = {**spec.where, **spec.a}, {**spec.where, **spec.b}
    cells = differences(summary, contrasts, where, other, [spec.x], what)
    cells = cells.dropna(subset=["difference"]).sort_values(spec.x)
    scale = cells[spec.unit].to_numpy(dtype=float) if spec.unit else np.ones(len(cells))
    x = cells[spec.x].to_numpy(dtype=float) / scale
    line: dict[str, Any] = {"label": spec.label, "x": spec.x, "unit": spec.unit or ""}
    line |= {"x_first": x.min(initial=math.inf), "x_last": x.max(initial=-math.inf), "points": len(x)}
    line["failed"] = int(cells["n_dropped"].sum())
    line |= {**dict.fromkeys(("crossing", "crossing_low", "crossing_high"), math.nan), "note": ""}
    if len(x) < 2 or x[0] <= 0.0:
        return line | {"x_first": math.nan, "x_last": math.nan, "note": "fewer than two positive values of x"}
    names = ("difference", "difference_low", "difference_high")
    middle, low, high = (_last_fall(x, cells[name].to_numpy(dtype=float)) for name in names)
    line |= {"crossing": middle, "crossing_low": low, "crossing_high": high}
    if math.isnan(middle):
        line["note"] = _without(cells["difference"].to_numpy(dtype=float))
    elif math.isnan(low) or math.isnan(high):
        line["note"] = "the interval leaves the grid"
    for name, column in spec.predicted.items():
        values = cells[column].to_numpy(dtype=float) / scale
        value = float(values.mean()) if np.isfinite(values).all() else math.nan
        known = not any(math.isnan(v) for v in (value, low, high))
        line |= {name: value, f"{name}_covered": ("yes" if low <= value <= high else "no") if known else ""}
    return line


def _last_fall(x: Array, values: Array) -> float:
    """Largest zero at which values go from above to below 0; NaN without one."""
    falls = np.flatnonzero((values[:-1] > 0.0) & (values[1:] <= 0.0))
    if not len(falls) or values[-1] > 0.0:
        return math.nan
    i = falls[-1]
    share = values[i] / (values[i] - values[i + 1])
    return float(1.0 / ((1.0 - share) / x[i] + share / x[i + 1]))


def _without(values: Array) -> str:
    """What is to be said where there is no crossing; a method may be better at small x alone."""
    if values[-1] <= 0.0:
        return "always better in this range"
    return "never better in this range" if np.all(values > 0.0) else "better at smaller x alone"


def _shown(found: pd.DataFrame) -> list[Shown]:
    note = NOTE + failures_said(found, "pairs left out, as one of the two failed")
    return [Shown(CAPTION, note, _wide(found))]


def _wide(found: pd.DataFrame) -> pd.DataFrame:
    """Table of texts."""
    import pandas as pd

    lines = []
    names = [column.removesuffix("_covered") for column in found.columns if column.endswith("_covered")]
    for row in found.to_dict("records"):
        per = f" / {symbol(row['unit'])}" if row["unit"] else ""
        low, high = (brief(row[f"crossing_{end}"]) for end in ("low", "high"))
        line = {
            "what": row["label"],
            "x": f"{symbol(row['x'])}{per}, {brief(row['x_first'])} to {brief(row['x_last'])}",
            "crossing": (row["note"] if math.isnan(row["crossing"]) else brief(row["crossing"]))
            + failures(row.get("failed", 0)),
            "95% interval": "-" if low == high == "-" else f"{low} to {high}",
        }
        inside = {name: " *" if row[f"{name}_covered"] == "yes" else "" for name in names}
        lines.append(line | {name: brief(row[name]) + inside[name] for name in names})
    return pd.DataFrame(lines)


def _frame(numbers: Numbers, specs: Sequence[Crossing]) -> pd.DataFrame:
    return crossings(numbers.summary, numbers.contrasts, specs)


ANALYSIS = Analysis("CROSSINGS", "crossings", Crossing, _frame, _shown)
