"""Labels that a task saves: ratios of the numbers of labels at which two risk curves reach the same level."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from testbed.report.analysis import Analysis, Numbers, Shown, brief
from testbed.report.cells import one_each, select
from testbed.report.files import ReportError
from testbed.report.remarks import failures, failures_said
from testbed.report.repetitions import by_repetition, jackknife_error, student, without_each

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ANALYSIS", "Multiplier", "multipliers", "reached"]

Array = np.ndarray[Any, Any]
PARTS = ["intrinsic", "pretext_part"]  # what no number of labels takes away
CAPTION = "Label multipliers: labels of a supervised learner per label of the task, at equal risk"
NOTE = (
    "Labels at which the mean excess risk falls to the level, by power laws between neighbours in $n_2$; in brackets "
    "95% intervals by a jackknife that leaves a repetition out of both curves. The floor is what no number of labels "
    "takes off the task's risk; at and below it there is no multiplier. An inequality: the learner is above the level "
    "at its last $n_2$, or the task below it at its first (by 95% intervals), and the bound is made of that $n_2$ and "
    "of the nearer end of the other interval."
)


@dataclass(frozen=True)
class Multiplier:
    """Labels that supervised learners need for each label of a task, at named levels of excess risk.

    Attributes
    ----------
    label : str
        What the task is called in the table; may hold ``$mathematics$``.
    task : mapping
        Column -> value of the cells of the task: one for each n_labeled.
    baselines : mapping
        Plain name -> the same of each supervised learner.
    levels : sequence of float
        Excess risks, positive.
    where : mapping
        Holds for all of them.

    Examples
    --------
    >>> from testbed.report import Multiplier
    >>> Multiplier("CCA", {"pretext": "CCA(2)"}, {"no task": {"pretext": "Raw()"}}, levels=[0.1]).levels
    [0.1]
    """

    label: str
    task: Mapping[str, object]
    baselines: Mapping[str, Mapping[str, object]]
    levels: Sequence[float]
    where: Mapping[str, object] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Check that there is something to compare, at levels that a risk can have."""
        if not self.baselines or not self.levels:
            raise ValueError(f"multiplier {self.label!r} needs at least one baseline and one level")
        if not all(math.isfinite(level) and level > 0.0 for level in self.levels):
            raise ValueError(f"levels of multiplier {self.label!r} must be positive, not {self.levels!r}")

    def columns_read(self) -> set[str]:
        """Columns that are read."""
        named = {*self.task, *self.where, *(c for where in self.baselines.values() for c in where)}
        return named | {"n_labeled", "excess_risk", *PARTS}


@dataclass(frozen=True)
class _Curve:
    """A method: numbers of labels (points,), risks and floors (repetitions, points) of the repetitions it has whole."""

    n: Array
    risk: Array
    floor: Array
    reps: Array
    met: Array  # all of its repetitions


def multipliers(
    rows: pd.DataFrame, specs: Sequence[Multiplier], stopping: Mapping[str, Any] | None = None
) -> pd.DataFrame:
    """Divide the labels that a supervised learner needs by those of a task, one line for each level and learner.

    With m(n) the mean excess risk at n labels over the R repetitions that have every cell of both curves, and log m
    linear in log n between neighbours, N is the largest n at which m falls to the level. The multiplier is
    M = N(learner) / N(task). Its error is a jackknife that leaves a repetition out of both curves, since they share
    structure and draws, and the interval is symmetric in log M with Student's t of R - 1 degrees of freedom.

    The floor of a task is the mean of intrinsic + pretext_part, where the rows know it. What is not defined stays
    empty and ``note`` says why: a level at or below that floor, or one that a curve does not reach within the grid, or
    is below at its first n. Where the learner's mean at its last n is above the level by its own interval, the
    multiplier is above multiplier_low = last n / (upper end of the interval of N(task)); where that of the task at its
    first n is below it, multiplier_low = (lower end of the interval of N(learner)) / first n. Ends of intervals that
    would need labels outside of the grid are empty.

    Returns
    -------
    DataFrame
        label, baseline, level, floor, floor_low, floor_high, n_task, n_task_low, n_task_high, n_baseline,
        n_baseline_low, n_baseline_high, multiplier, multiplier_low, multiplier_high, repeats, note, failed
        (repetitions left out, as one of their cells failed).

    Raises
    ------
    ReportError
        If a column does not exist, or two cells of a method have one number of labels.

    References
    ----------
    Henaff et al., "Data-efficient image recognition with contrastive predictive coding", ICML 2020 (label efficiency).
    """
    import pandas as pd

    lines = []
    for spec in specs:
        what = f"multiplier {spec.label!r}"
        task = _curve(rows, {**spec.where, **spec.task}, f"the task of {what}")
        for name, where in spec.baselines.items():
            other = _curve(rows, {**spec.where, **where}, f"the baseline {name} of {what}")
            lines += [
                {"label": spec.label, "baseline": name, "level": level} | _line(task, other, level, stopping)
                for level in spec.levels
            ]
    return pd.DataFrame(lines)


def reached(n: Array, risk: Array, level: float) -> Array:
    """Logarithm of the largest n at which a risk falls to a level, along power laws between neighbours.

    Parameters
    ----------
    n : (points,)
        Rising.
    risk : (..., points)
    level : float

    Returns
    -------
    (...)
        NaN where the risk does not fall through the level, or ends above it.
    """
    if len(n) < 2:
        return np.full(risk.shape[:-1], np.nan)
    above = np.log(np.maximum(risk, np.finfo(float).tiny)) - math.log(level)
    falls = (above[..., :-1] > 0.0) & (above[..., 1:] <= 0.0)
    last = falls.shape[-1] - 1 - np.argmax(falls[..., ::-1], axis=-1)
    start, end = (np.take_along_axis(above, (last + i)[..., None], axis=-1)[..., 0] for i in (0, 1))
    log = np.log(n)
    known = falls.any(axis=-1) & (above[..., -1] <= 0.0)
    share = np.divide(start, start - end, out=np.full(known.shape, np.nan), where=known)
    return np.asarray(log[last] + share * (log[last + 1] - log[last]))


def _curve(rows: pd.DataFrame, where: Mapping[str, object], what: str) -> _Curve:
    for column in (*where, "n_labeled", "excess_risk"):
        if column not in rows:
            raise ReportError(f"{what} reads the column {column}, which rows.csv does not have")
    cells = select(rows, where, what)
    one_each(cells.drop_duplicates("key"), ["n_labeled"], what)
    met = cells["rep"].unique()
    cells = cells[cells["status"] == "ok"].sort_values(["n_labeled", "rep"], kind="stable")
    whole = cells.groupby("rep")["key"].nunique() == cells["key"].nunique()
    reps = whole.index[whole].to_numpy()
    cells = cells[cells["rep"].isin(reps)]
    cells = cells.assign(_floor=cells[PARTS].sum(axis=1, skipna=False) if set(PARTS) <= set(cells) else np.nan)
    n = cells["n_labeled"].drop_duplicates().to_numpy(dtype=float)
    return _Curve(n, by_repetition(cells, "excess_risk"), by_repetition(cells, "_floor"), reps, met)


def _line(task: _Curve, other: _Curve, level: float, stopping: Mapping[str, Any] | None) -> dict[str, Any]:
    both = np.intersect1d(task.reps, other.reps)
    r, t = len(both), float(student(len(both), None, stopping))
    curves = (task, other)
    risks = [c.risk[np.isin(c.reps, both)] for c in curves]
    floor = task.floor[np.isin(task.reps, both)]
    floor = floor.mean(axis=-1) if floor.size else np.empty(0)
    ends = ("", "_low", "_high")
    line: dict[str, Any] = dict(zip([f"floor{end}" for end in ends], _interval(floor, t), strict=True))
    names = [f"{what}{end}" for what in ("n_task", "n_baseline", "multiplier") for end in ends]
    line |= {**dict.fromkeys(names, math.nan), "repeats": r, "note": ""}
    line["failed"] = len(np.intersect1d(task.met, other.met)) - r
    if r < 1 or min(len(c.n) for c in curves) < 2:
        return line | {"note": "fewer than two numbers of labels"}
    if level <= line["floor"]:
        return line | {"note": "below the task's floor"}
    found = [reached(c.n, without_each(risk), level) for c, risk in zip(curves, risks, strict=True)]
    whole, left = [each[0] for each in found], [each[1:] for each in found]
    for name, curve, log, each in zip(("n_task", "n_baseline"), curves, whole, left, strict=True):
        if np.isfinite(log):
            half = t * jackknife_error(each)
            low, high = log - half, log + half
            line |= {name: math.exp(log)}
            line |= {f"{name}_low": math.exp(low) if low >= math.log(curve.n[0]) else math.nan}
            line |= {f"{name}_high": math.exp(high) if high <= math.log(curve.n[-1]) else math.nan}
    if not np.isfinite(whole[0]):
        if _interval(risks[0][:, 0], t)[2] < level and (risks[0].mean(axis=0) < level).all():
            line["multiplier_low"] = line["n_baseline_low"] / task.n[0]
        return line | {"note": _why(task.n, risks[0].mean(axis=0), level, "task")}
    if not np.isfinite(whole[1]):
        if _interval(risks[1][:, -1], t)[1] > level:
            line["multiplier_low"] = other.n[-1] / line["n_task_high"]
        return line | {"note": _why(other.n, risks[1].mean(axis=0), level, "baseline")}
    ratio, half = float(whole[1] - whole[0]), t * jackknife_error(left[1] - left[0])
    line["multiplier"] = math.exp(ratio)
    if not math.isnan(line["n_baseline_low"] + line["n_task_high"]):
        line["multiplier_low"] = math.exp(ratio - half)
    if not math.isnan(line["n_baseline_high"] + line["n_task_low"]):
        line["multiplier_high"] = math.exp(ratio + half)
    if math.isnan(line["multiplier_low"] + line["multiplier_high"]):
        line["note"] = "the interval leaves the grid" if r > 1 else "no interval"
    return line


def _why(n: Array, mean: Array, level: float, who: str) -> str:
    if mean[-1] > level:
        return f"the {who} is above it at n = {n[-1]:g}"
    return f"the {who} is below it at n = {n[0]:g}"


def _interval(values: Array, t: float) -> tuple[float, float, float]:
    """Mean and the ends of its interval; the mean itself where all are the same to rounding."""
    if not len(values):
        return (math.nan,) * 3
    mean = float(values.mean())
    half = t * float(values.std(ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else math.nan
    return mean, mean - half, mean + half


def _shown(found: pd.DataFrame) -> list[Shown]:
    note = NOTE + failures_said(found, "repetitions left out, as one of their cells failed")
    return [Shown(CAPTION, note, _wide(found))]


def _wide(found: pd.DataFrame) -> pd.DataFrame:
    """Table of texts: a line for each task and level, a column for each supervised learner."""
    import pandas as pd

    lines = []
    for (label, level), group in found.groupby(["label", "level"], sort=False):
        records: list[dict[Any, Any]] = group.to_dict("records")
        line = {"what": label, "floor": brief(records[0]["floor"]), "risk": f"{level:g}"}
        failed = max(int(row.get("failed", 0)) for row in records)
        line["labels of the task"] = _said(records[0], "n_task") + failures(failed)
        lines.append(line | {f"per label: {row['baseline']}": _said(row, "multiplier") for row in records})
    return pd.DataFrame(lines).fillna("-")


def _said(row: Mapping[Any, Any], name: str) -> str:
    value, low, high = (float(row[f"{name}{end}"]) for end in ("", "_low", "_high"))
    if math.isnan(value):
        return "-" if name == "n_task" else row["note"] if math.isnan(low) else f"> {brief(low)}"
    return brief(value) if math.isnan(low) and math.isnan(high) else f"{brief(value)} ({brief(low)} to {brief(high)})"


def _frame(numbers: Numbers, specs: Sequence[Multiplier]) -> pd.DataFrame:
    return multipliers(numbers.rows, specs, numbers.stopping)


ANALYSIS = Analysis("MULTIPLIERS", "multipliers", Multiplier, _frame, _shown)
