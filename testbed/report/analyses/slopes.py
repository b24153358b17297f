"""Exponents of power laws: least squares in logarithms, with a jackknife over repetitions."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from testbed.report.analysis import Analysis, Numbers, Shown
from testbed.report.cells import one_each, select, symbol, words
from testbed.report.files import ReportError, is_measured
from testbed.report.remarks import failures, failures_said
from testbed.report.repetitions import by_repetition, jackknife_error, student, without_each
from testbed.report.weighted import weighted

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ANALYSIS", "Slope", "jackknife", "slopes"]

Array = np.ndarray[Any, Any]
CAPTION = "Exponents of power laws"
NOTE = (
    "Least-squares slopes of the logarithm of the mean on that of x; 95% intervals by a jackknife over repetitions, "
    "which leaves one out at every x; Student's t. 'Weighted': by weighted least squares, where that is outside of the "
    "interval: a power law is so by chance in fewer than one fit of twenty, and else it bends."
)
WEIGHTED = ("weighted", "weighted_low", "weighted_high")
ROUNDING = 1e-9  # of an exponent: where all repetitions are one number, the interval is a point


@dataclass(frozen=True)
class Slope:
    """The exponent s of a power law y ~ c (x - offset)^s along a dial.

    Attributes
    ----------
    label : str
        What it is called in the table; may hold ``$mathematics$``.
    where : mapping
        Column -> value, or list of values, of the cells that are fitted: one cell for each value of x.
    x : str
        A dial, a sample size or a measured column, whose mean is then taken.
    y : str
        The measured column.
    offset : float
        Taken off x: p + 1 where least squares on p features without intercept has the mean T p / (n - p - 1).
    predicted : float or str, optional
        The exponent that theory gives; or a column, such as ``theory.exact``, whose own exponent over the same cells is
        the prediction (what a formula that is no power law gives there).

    Examples
    --------
    >>> from testbed.report import Slope
    >>> SLOPES = [Slope("risk of x1 in n2", where={"pretext": "Raw()"}, predicted=-1.0)]
    >>> SLOPES[0].x, SLOPES[0].y
    ('n_labeled', 'excess_risk')
    """

    label: str
    where: Mapping[str, object] = field(default_factory=dict)
    x: str = "n_labeled"
    y: str = "excess_risk"
    offset: float = 0.0
    predicted: float | str | None = None

    def columns_read(self) -> set[str]:
        """Columns that are read."""
        return {*self.where, self.x, self.y, *([self.predicted] if isinstance(self.predicted, str) else [])}


def slopes(rows: pd.DataFrame, specs: Sequence[Slope], stopping: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """Fit the exponents of power laws, one line for each of `specs`.

    With m_j the mean of y over the ok repetitions at x_j, the exponent is the least-squares slope of log m_j on
    log(x_j - offset). Repetitions are the only independent units: those at different x may share structure and draws,
    and the m_j are then dependent. So the standard error is a jackknife that leaves out repetition r at **every** x,
    for each of the R repetitions in turn, s_(r) being the slope of what is left and s_(.) their mean::

        slope_se^2 = (R - 1) / R  sum_r (s_(r) - s_(.))^2,      slope_low, slope_high = slope -+ t slope_se,

    t the .975 quantile of Student's t with R - 1 degrees of freedom (R of the x that has fewest; with precision on
    demand those of the first stage). Errors of integrals that all repetitions share are not in it.

    A mean that is 0 or negative has no logarithm: there is then no slope, and ``note`` says at which x. So it does
    where fewer than two values of x are left, or one repetition, which has no interval.

    Parameters
    ----------
    rows : DataFrame
        Rows as `read_rows` gives them.
    specs : sequence of Slope
    stopping : mapping, optional
        As in `summarize`.

    Returns
    -------
    DataFrame
        label, x, y, offset, x_first, x_last, points, repeats, failed (rows, which enter no mean), slope, slope_se,
        slope_low, slope_high, weighted, weighted_low, weighted_high (see `testbed.report.weighted`), predicted, covered
        ("yes" or "no": whether the interval holds the prediction), note.

    Raises
    ------
    ReportError
        If a column does not exist or is no number, x - offset is not positive, or two cells have one x.

    References
    ----------
    B. Efron, "The Jackknife, the Bootstrap and Other Resampling Plans", SIAM 1982, section 3.
    """
    import pandas as pd

    return pd.DataFrame([_line(rows, spec, stopping) for spec in specs])


def _line(rows: pd.DataFrame, spec: Slope, stopping: Mapping[str, Any] | None) -> dict[str, object]:
    what = f"slope {spec.label!r}"
    for column in (spec.x, spec.y, *([spec.predicted] if isinstance(spec.predicted, str) else [])):
        if column not in rows or rows[column].dtype.kind not in "iuf":
            raise ReportError(f"{what} reads the column {column}, which rows.csv does not have as numbers")
    cells = select(rows, spec.where, what)
    if not is_measured(spec.x):
        one_each(cells.drop_duplicates("key"), [spec.x], what)
    failed = int((cells["status"] != "ok").sum())
    cells = cells[cells["status"] == "ok"]
    values = {name: by_repetition(cells, name) for name in (spec.x, spec.y)}
    x, y = (without_each(values[name]) for name in (spec.x, spec.y))
    repeats = y.shape[0] - 1
    line: dict[str, object] = {"label": spec.label, "x": spec.x, "y": spec.y, "offset": spec.offset}
    line |= {"x_first": x[0].min(initial=np.inf), "x_last": x[0].max(initial=-np.inf)}
    line |= {"points": y.shape[1], "repeats": repeats, "failed": failed}
    line |= dict.fromkeys(("slope", "slope_se", "slope_low", "slope_high", *WEIGHTED, "predicted"), math.nan)
    line |= {"covered": "", "note": ""}
    if y.shape[1] < 2 or np.ptp(x[0]) == 0.0:
        return line | {"x_first": math.nan, "x_last": math.nan, "note": "fewer than two values of x"}
    if (x <= spec.offset).any():
        raise ReportError(f"{what}: {spec.x} goes down to {x.min():g}, not above the offset {spec.offset:g}")
    predicted = spec.predicted
    if isinstance(predicted, str):
        theirs = without_each(by_repetition(cells, predicted))[:1]
        predicted = float(_fit(x[:1] - spec.offset, theirs)[0]) if (theirs > 0).all() else None
    line["predicted"] = math.nan if predicted is None else predicted
    if not (y[0] > 0).all():
        bad = ", ".join(f"{v:g}" for v in x[0][~(y[0] > 0)])
        return line | {"note": f"the mean of {spec.y} is not positive at {spec.x} = {bad}: no power law"}
    slope, error = jackknife(values[spec.x] - spec.offset, values[spec.y])
    line |= {"slope": slope, **dict(zip(WEIGHTED, weighted(values[spec.x] - spec.offset, values[spec.y]), strict=True))}
    if math.isnan(error):
        why = "one repetition" if repeats < 2 else "without one repetition a mean is not positive"
        return line | {"note": f"{why}: no interval"}
    fewest = int((~np.isnan(values[spec.y])).sum(axis=0).min())
    half = float(student(fewest, None, stopping)) * error
    line |= {"slope_se": error, "slope_low": slope - half, "slope_high": slope + half}
    if predicted is not None:
        line["covered"] = "yes" if abs(predicted - slope) <= half + ROUNDING else "no"
    return line


def jackknife(x: Array, y: Array) -> tuple[float, float]:
    """Slope of log mean y on log mean x, and its standard error.

    Parameters
    ----------
    x, y : (repetitions, points)
        NaN where a repetition is missing; the means of x are positive. The error is NaN where a repetition is the only
        one, or leaves a mean of y that is not positive.
    """
    a, b = without_each(x), without_each(y)
    slope = float(_fit(a[:1], b[:1])[0])
    if len(b) < 3 or not (b > 0).all():
        return slope, math.nan
    left = _fit(a[1:], b[1:])
    return slope, jackknife_error(left)


def _fit(x: Array, y: Array) -> Array:
    """Least-squares slope of log y on log x, for each line."""
    a, b = np.log(x), np.log(y)
    a = a - a.mean(axis=-1, keepdims=True)
    return np.asarray(np.sum(a * b, axis=-1) / np.sum(a**2, axis=-1))


def _shown(fitted: pd.DataFrame) -> list[Shown]:
    """One table."""
    return [Shown(CAPTION, NOTE + failures_said(fitted, "rows that failed"), _wide(fitted))]


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
                + _differs(row)
                + failures(row.get("failed", 0)),
                "95% interval": row["note"] if row["note"] and not math.isnan(row["slope"]) else interval,
                "predicted": "-" if math.isnan(row["predicted"]) else f"{row['predicted']:.3f}",
                "covered": row["covered"] or "-",
            }
        )
    return pd.DataFrame(lines)


def _differs(row: Mapping[Any, Any]) -> str:
    """The weighted exponent, where it is outside of the interval of the other."""
    value = row.get("weighted", math.nan)
    return f" (weighted {value:.3f})" if value < row["slope_low"] or value > row["slope_high"] else ""


def _frame(numbers: Numbers, specs: Sequence[Slope]) -> pd.DataFrame:
    return slopes(numbers.rows, specs, numbers.stopping)


ANALYSIS = Analysis("SLOPES", "slopes", Slope, _frame, _shown)
