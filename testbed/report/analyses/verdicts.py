"""Verdicts on violations: what a bound says, what happened, and which quantity of the law ranks the damage."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from testbed.report.analysis import Analysis, Numbers, Shown
from testbed.report.cells import select, symbol
from testbed.report.files import ReportError
from testbed.report.ranks import ZERO, constant, correlation, told_apart
from testbed.report.remarks import failures, failures_said
from testbed.report.repetitions import jackknife_error, left_out, student

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ANALYSIS", "PREDICTORS", "Verdict", "verdicts"]

Array = np.ndarray[Any, Any]
PREDICTORS = {
    "eps_CI": "epsilon_ci_linear",
    "eps_CI / beta": "theory.bound",
    "sharper bound": "theory.sharper",
    "harmful part": "theory.harmful",
    "mutual information": "theory.mutual_information",
}
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
SPEARMAN = "spearman."  # what the columns of correlations begin with


@dataclass(frozen=True)
class Verdict:
    """One kind of violation over a range of sizes.

    Attributes
    ----------
    label : str
        What it is called in the table; may hold ``$mathematics$``.
    where : mapping
        Column -> value, or list of values, of its cells.
    size : str
        Column with the size of the violation; the verdict is on the cell where it is most violated. The column of the
        damage itself where kinds are pooled that have no common size.
    falling : bool
        Whether the violation grows as `size` falls (a rank, a singular value).
    damage : str
        Column with what happened, such as ``intrinsic_class`` or ``excess_risk_class``.
    bound : str, optional
        Column with the bound of the damage; where it is empty there is none.
    ceiling : str, optional
        Column with the risk of the best constant: a bound that is not below it says nothing.
    control : bool
        Whether the violation is a control.
    predictors : mapping
        Name -> column of the quantities that are ranked against the damage over the cells. The bound stands for
        eps_CI / beta, whose square it is.

    Examples
    --------
    >>> from testbed.report import Verdict
    >>> Verdict("leak", {"pretext": 'Oracle("linear")'}).size
    'epsilon_ci_linear'
    """

    label: str
    where: Mapping[str, object] = field(default_factory=dict)
    size: str = "epsilon_ci_linear"
    falling: bool = False
    damage: str = "intrinsic_class"
    bound: str | None = "theory.bound"
    ceiling: str | None = "theory.constant"
    control: bool = False
    predictors: Mapping[str, str] = field(default_factory=lambda: PREDICTORS)

    def columns_read(self) -> set[str]:
        """Columns that are read."""
        named = (self.size, self.damage, self.bound, self.ceiling)
        return {*self.where, *(column for column in named if column), *self.predictors.values()}


def verdicts(rows: pd.DataFrame, specs: Sequence[Verdict], stopping: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """Judge kinds of violation, one line for each of `specs`.

    With m_j(c) the mean of column c over the ok repetitions of cell j::

        size_first, size_last    least and largest m_j(size)
        bound, ceiling, damage   at the cell where the size is most violated (of several, that of the largest damage)
        informative              "yes" where bound < ceiling, "no" where it is not, "none" where there is no bound
        spearman.<predictor>     Spearman's correlation over the cells of m_j(damage) with m_j(predictor)

    A number is exact where it is the same in all repetitions: both sides are then quantities of a law, and a grid is
    not a sample, so that there is nothing to have an interval. Where one is measured, the interval of the damage is
    Student's. That of a correlation is a jackknife that deletes half of the repetitions, the same half in **every**
    cell: the range of the correlation over 400 halves drawn with a fixed seed. To leave out one repetition moves a mean
    by too little to change an order, and an error taken from that is 0 where the order is in doubt; a half moves it by
    its standard error. In simulations the range covers at least 93% of the time where neighbouring cells are .3
    standard errors apart or more (a test), usually more than 95%; where cells cannot be told apart at all it covers
    less. Values below 1e-12, and differences below 1e-9 of the largest value, are rounding and count as ties. A
    correlation is not defined where damage or predictor is constant over the cells, nor over fewer than three of them;
    cells where the predictor is empty (beta = 0, an infinite mutual information) are left out, and
    ``spearman.<predictor>_cells`` says how many remain.

    Parameters
    ----------
    rows : DataFrame
        Rows as `read_rows` gives them.
    specs : sequence of Verdict
    stopping : mapping, optional
        As in `summarize`.

    Returns
    -------
    DataFrame
        label, control, size, size_first, size_last, cells, repeats; bound, ceiling and damage, each with ``_low`` and
        ``_high``; informative, exact ("yes" or "no": whether the damage is), best (names of the predictors of the
        largest positive correlation, among those that are defined on all cells), and for each predictor
        ``spearman.<predictor>``, ``_low``, ``_high``, ``_cells`` and ``_note``.

    Raises
    ------
    ReportError
        If a column does not exist or is no number, or no cell is found.

    References
    ----------
    J. Shao and C. F. J. Wu, "A general theory for jackknife variance estimation", Annals of Statistics 17, 1989: why a
    statistic that is not smooth needs more than one observation deleted.
    """
    import pandas as pd

    return pd.DataFrame([_line(rows, spec, stopping) for spec in specs])


def _line(rows: pd.DataFrame, spec: Verdict, stopping: Mapping[str, Any] | None) -> dict[str, object]:
    what = f"verdict {spec.label!r}"
    named = [spec.size, spec.damage, *(c for c in (spec.bound, spec.ceiling) if c), *spec.predictors.values()]
    for column in named:
        if column not in rows or rows[column].dtype.kind not in "iuf":
            raise ReportError(f"{what} reads the column {column}, which rows.csv does not have as numbers")
    cells = select(rows, spec.where, what)
    failed = int((cells["status"] != "ok").sum())
    cells = cells[cells["status"] == "ok"]
    damage, number = left_out(cells, spec.damage)
    line: dict[str, object] = {"label": spec.label, "control": "yes" if spec.control else "no"}
    line |= {"size": "damage" if spec.size == spec.damage else spec.size, "failed": failed}
    if not damage.shape[1]:
        return line | {"cells": 0, "repeats": 0}
    size, quantile = left_out(cells, spec.size)[0][0], float(student(number.min(), None, stopping))
    strength = told_apart(-size if spec.falling else size)
    worst = max(range(len(size)), key=lambda j: (strength[j], damage[0, j]))
    least, most = (float(end) if abs(end) > ZERO else 0.0 for end in (size.min(), size.max()))
    line |= {"size_first": least, "size_last": most, "cells": len(size), "repeats": damage.shape[0] - 1}
    for side, read in (("bound", spec.bound), ("ceiling", spec.ceiling), ("damage", spec.damage)):
        line |= _interval(side, left_out(cells, read)[0][:, worst] if read else np.full(2, math.nan), quantile)
    line["informative"] = _informative(line["bound"], line["ceiling"])
    line |= {"exact": "yes" if constant(damage) else "no", "best": None}
    found = {name: correlation(cells, spec.damage, column) for name, column in spec.predictors.items()}
    whole = {n: f["correlation"] for n, f in found.items() if f["cells"] == len(size) and not f["note"]}
    if (most := max(whole.values(), default=0.0)) > 0.0:
        line["best"] = ", ".join(name for name, value in whole.items() if value > most - 1e-9)
    for name, each in found.items():
        at = f"{SPEARMAN}{name}"
        line |= {at: each["correlation"]} | {f"{at}_{k}": each[k] for k in ("low", "high", "cells", "note")}
    return line


def _interval(name: str, means: Array, quantile: float) -> dict[str, Any]:
    """A mean with its interval, from itself and from the means without each repetition in turn."""
    middle = float(means[0]) if not abs(means[0]) <= ZERO else 0.0
    half = 0.0 if constant(means) else quantile * jackknife_error(means[1:])
    return {name: middle, f"{name}_low": middle - half, f"{name}_high": middle + half}


def _informative(bound: Any, ceiling: Any) -> str:
    if math.isnan(bound):
        return "none"
    return "-" if math.isnan(ceiling) else "yes" if bound < ceiling else "no"


def _shown(judged: pd.DataFrame) -> list[Shown]:
    """What happened, and what ranks it."""
    said = {HAPPENED: failures_said(judged, "rows that failed"), RANKED: ""}
    return [Shown(caption, NOTES[caption] + said[caption], wide) for caption, wide in _wide(judged).items()]


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
        texts = {p: _said(row, p) + ("*" if p in best else "") for p in names}
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


def _said(row: dict[Any, Any], name: str) -> str:
    name = f"{SPEARMAN}{name}"
    middle, low, high = (row[f"{name}{end}"] for end in ("", "_low", "_high"))
    if math.isnan(middle):
        return "n.d."
    text = _ranked(middle) + (f"\n[{_ranked(low)}, {_ranked(high)}]" if high > low else "")
    return text + (f" ({int(row[f'{name}_cells'])})" if row[f"{name}_cells"] < row["cells"] else "")


def _frame(numbers: Numbers, specs: Sequence[Verdict]) -> pd.DataFrame:
    return verdicts(numbers.rows, specs, numbers.stopping)


ANALYSIS = Analysis("VERDICTS", "verdict", Verdict, _frame, _shown)
