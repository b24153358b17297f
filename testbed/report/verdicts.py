"""Verdicts on violations: what a bound says, what happened, and which quantity of the law ranks the damage."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from testbed.report.cells import select
from testbed.report.files import ReportError
from testbed.report.slopes import by_repetition, left_out
from testbed.report.stopping import freedom

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PREDICTORS", "SPEARMAN", "Verdict", "verdicts"]

Array = np.ndarray[Any, Any]
PREDICTORS = {
    "eps_CI": "epsilon_ci_linear",
    "eps_CI / beta": "theory.bound",
    "sharper bound": "theory.sharper",
    "harmful part": "theory.harmful",
    "mutual information": "theory.mutual_information",
}
SPEARMAN = "spearman."  # what the columns of correlations begin with
ZERO = 1e-12  # below it a risk, or a quantity that should predict one, is rounding
DIGITS = 9  # to which values of the largest that is there are told apart
HALVES = 400  # halves of the repetitions that an interval of a correlation is the range of


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
    size, quantile = left_out(cells, spec.size)[0][0], _quantile(number, stopping)
    strength = _told_apart(-size if spec.falling else size)
    worst = max(range(len(size)), key=lambda j: (strength[j], damage[0, j]))
    least, most = (float(end) if abs(end) > ZERO else 0.0 for end in (size.min(), size.max()))
    line |= {"size_first": least, "size_last": most, "cells": len(size), "repeats": damage.shape[0] - 1}
    for side, read in (("bound", spec.bound), ("ceiling", spec.ceiling), ("damage", spec.damage)):
        line |= _interval(side, left_out(cells, read)[0][:, worst] if read else np.full(2, math.nan), quantile)
    line["informative"] = _informative(line["bound"], line["ceiling"])
    line |= {"exact": "yes" if _constant(damage) else "no", "best": None}
    found = {name: _correlation(cells, spec.damage, column) for name, column in spec.predictors.items()}
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
    half = 0.0 if _constant(means) else quantile * _error(means[1:])
    return {name: middle, f"{name}_low": middle - half, f"{name}_high": middle + half}


def _informative(bound: Any, ceiling: Any) -> str:
    if math.isnan(bound):
        return "none"
    return "-" if math.isnan(ceiling) else "yes" if bound < ceiling else "no"


def _correlation(cells: pd.DataFrame, damage: str, column: str) -> dict[str, Any]:
    """Spearman's correlation of damage and predictor over the cells, with its range over halves of the repetitions."""
    wide = [by_repetition(cells, name) for name in (damage, column)]
    there = ~np.isnan(wide[1]).all(axis=0)
    a, b = (_halves(side[:, there]) for side in wide)
    line: dict[str, Any] = dict.fromkeys(("correlation", "low", "high"), math.nan) | {"cells": int(there.sum())}
    for side, name in ((a, "damage"), (b, "predictor")):
        if side.shape[1] < 3:
            return line | {"note": f"not defined: {side.shape[1]} cells"}
        if np.ptp(_told_apart(side[0])) == 0.0:
            return line | {"note": f"not defined: constant {name}"}
    middle = float(_spearman(a[:1], b[:1])[0])
    if _constant(a) and _constant(b):
        return line | {"correlation": middle, "low": middle, "high": middle, "note": None}
    if len(wide[0]) < 4:
        return line | {"correlation": middle, "note": "fewer than four repetitions: no interval"}
    every = _spearman(a, b)
    return line | {"correlation": middle, "low": float(every.min()), "high": float(every.max()), "note": None}


def _halves(wide: Array) -> Array:
    """Means of each cell, (1 + HALVES, cells): of all repetitions, and of halves of them."""
    rng = np.random.default_rng(0)
    repeats = len(wide)
    order = np.argsort(rng.random((HALVES, repeats)), axis=1)
    picks = np.vstack([np.ones(repeats), order < repeats // 2])
    known = ~np.isnan(wide)
    with np.errstate(invalid="ignore"):
        means: Array = (picks @ np.where(known, wide, 0.0)) / (picks @ known)
    return np.where(np.isnan(means), means[0], means)  # a half without the cell says nothing of it


def _spearman(a: Array, b: Array) -> Array:
    """Spearman's correlation of each line of two matrices; 0 where one of them is constant."""
    from scipy.stats import rankdata

    ranks = [rankdata(np.array([_told_apart(row) for row in side]), axis=1) for side in (a, b)]
    x, y = (r - r.mean(axis=1, keepdims=True) for r in ranks)
    size = np.sqrt(np.sum(x**2, axis=1) * np.sum(y**2, axis=1))
    return np.asarray(np.where(size > 0.0, np.sum(x * y, axis=1) / np.where(size > 0.0, size, 1.0), 0.0))


def _told_apart(values: Array) -> Array:
    """Values without their rounding: what should be equal is."""
    largest = float(np.max(np.abs(values), initial=0.0))
    return np.zeros_like(values) if largest < ZERO else np.round(values / largest, DIGITS) + 0.0


def _constant(means: Array) -> bool:
    """Whether leaving out repetitions moves nothing."""
    return bool(np.all(np.abs(means - means[0]) <= np.maximum(ZERO, 1e-12 * np.abs(means[0]))))


def _error(left: Array) -> float:
    """Standard error by jackknife, from the values without each repetition in turn."""
    n = len(left)
    return math.sqrt((n - 1) / n * float(np.sum((left - left.mean()) ** 2))) if n > 1 else math.nan


def _quantile(number: Array, stopping: Mapping[str, Any] | None) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(freedom(number.min(keepdims=True), None, stopping), 0.975)[0])
