"""Means with their Monte Carlo errors, one line a cell, and paired differences between methods."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np

from testbed.columns import METHOD, PLACE, ROWS
from testbed.report.cells import combinations
from testbed.report.files import ReportError, errors, identifying, measured
from testbed.report.remarks import selected, share_of_few
from testbed.report.repetitions import fixed_width, reasons, student

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["contrasts", "summarize"]

Array = np.ndarray[Any, Any]
GAP = ("difference", "difference_mcse", "difference_low", "difference_high", "n_pairs", "n_dropped", "paired")


def summarize(rows: pd.DataFrame, stopping: Mapping[str, Any] | None = None) -> pd.DataFrame:
    """Average the rows of each cell: one line per ``key``, in the order in which the keys first appear.

    With x_1 .. x_n the values of a measured column in the n = ``n_ok`` rows whose status is ok, and m their mean::

        <column>       m
        <column>_mcse  sqrt(s^2 / n + e^2),    s^2 = sum (x_r - m)^2 / (n - 1)
        <column>_low   m - t mcse,             t = the .975 quantile of Student's t with n - 1 degrees of freedom
        <column>_high  m + t mcse

    Repetitions are the only independent units, so s^2 / n is the squared error of m as far as they differ. e is the
    integration error that they **share**. An integral over x1 that was taken once for all of them (the law is frozen)
    is the same number in every row: its error moves all rows together, never shows in their spread, and is added in
    quadrature, once, not divided by n. Where the structure is redrawn, each repetition has its own integral and its own
    error, and both are in s already; adding them again would count them twice. What decides is the number itself, for
    two independent integrals do not agree to the last bit:

    - ``class_floor`` identical in all ok rows: e = ``class_floor_se`` for class_floor, and for excess_risk, intrinsic
      and label_mse where these contain it (excess_risk differs from excess_risk_class: the row's class is linear).
      excess_risk_class, pretext_part and estimation are differences in which the floor cancels.
    - ``epsilon_ci_universal`` identical in all ok rows: e = ``epsilon_ci_universal_se``, for that column.
    - ``bayes_noise`` identical in all ok rows: e = ``bayes_noise_se`` for that column, and for label_mse, which
      contains it, in quadrature with that of the floor.
    - otherwise e = 0. The scoring error of a nonlinear predictor comes from points drawn anew for each repetition.
      An integral whose error rows.csv does not carry (intrinsic in the universal class) adds nothing.

    Failed rows are counted in ``n_failed`` and enter no mean: where there are some, the mean is that of a **selected**
    part, of the repetitions that the learner survived, and ``selected`` says "yes". With one ok row there is no spread:
    mcse, low and high are empty. A column that is empty in some ok row of a cell is empty for that cell: no mean of a
    part stands under n_ok. What a statement predicts for each repetition, ``theory.<name>``, is averaged in the same
    way. Columns ``<column>_se`` hold the root mean square of the rows' own integration errors.

    **Means that hang on few repetitions.** ``excess_risk_median`` is the median over the ok repetitions.
    ``excess_risk_share`` is the part of sum (x_r - m)^2 that is carried by the few repetitions furthest from the mean:
    one in twenty, at least one. Above two thirds the mean and its error hang on them, as those of a risk with rare
    large values do; the report says so and shows the median, since another run has other rare values and may have
    another mean. Normal repetitions have a share of about .4 at n = 10 and .3 at n = 100, exponential ones one of .5;
    they are above two thirds once in 80 at n = 10 and never at n = 100, and once in 6 and once in 60. It is empty where
    n < 8.

    **Coverage.** Student's interval of the mean of few skewed repetitions holds the truth less often than .95: about
    .90 at n = 10 and .92 at n = 20 where they are exponential (skewness 2); .92 at n = 10 where the skewness is 1.8,
    which least squares has on few labels; .94 at a skewness of 1. From n = 100 on it is right to about a percent.

    **Precision on demand.** Where the number of repetitions was chosen from the rows, n is random, and a cell stops
    early where its spread happens to be small: m +- t mcse would then cover too seldom. The column ``stopped`` says why
    a cell stopped, and its intervals account for it. t has the degrees of freedom of the first stage, the only number
    that was fixed beforehand; and the half-width for excess_risk in a cell that stopped for its ``precision`` is at
    least t precision |m|: the width that was asked for, which the spread at stopping did not choose. As precision goes
    to 0 such intervals of fixed width are asymptotically valid (Chow and Robbins, 1965); a test simulates their
    coverage.

    Parameters
    ----------
    rows : DataFrame
        Rows as `read_rows` gives them.
    stopping : mapping, optional
        As in manifest.json: the relative ``precision``, the repetitions of the ``first`` stage, and by key in ``cells``
        why each cell ``stopped``. A cell that is not named there has a number of repetitions that was fixed.

    Returns
    -------
    DataFrame
        The identifying columns, n_ok, n_failed, selected, ``stopped`` if there is `stopping`, then the columns above
        for each measured one.

    Examples
    --------
    >>> import testbed
    >>> from testbed.generators import CleanMixture
    >>> from testbed.pretexts import Raw
    >>> from testbed.regressors import OLS
    >>> from testbed.report import summarize
    >>> law = CleanMixture(k=3, structure_seed=0)
    >>> rows = testbed.run(testbed.Experiment("x", law, Raw(), OLS(), 100, [50, 100], repeats=3), progress=False)
    >>> summarize(rows)["n_ok"].tolist()
    [3, 3]
    """
    import pandas as pd

    cell, keys = pd.factorize(rows["key"])
    ok = (rows["status"] == "ok").to_numpy()
    summary = rows[identifying(rows)].groupby(cell).first()  # first that is not empty: a dial may be younger than a row
    summary["n_ok"] = np.bincount(cell[ok], minlength=len(keys))
    summary["n_failed"] = np.bincount(cell[~ok], minlength=len(keys))
    summary["selected"] = np.where(selected(summary), "yes", "no")
    if stopping:
        summary["stopped"] = reasons(keys, stopping)
    mean, spread = _moments(rows.loc[ok, measured(rows.columns)], cell[ok], len(keys))
    n = summary["n_ok"].to_numpy()
    shared = _shared(rows, cell, ok, len(keys))
    with np.errstate(divide="ignore", invalid="ignore"):
        quantile = student(n, keys, stopping)
        least = fixed_width(mean["excess_risk"], keys, stopping)
        square = (rows.loc[ok, errors(rows.columns)] ** 2).groupby(cell[ok]).mean().reindex(range(len(keys)))
        columns: dict[str, Array] = {}
        for column in measured(rows.columns):
            columns[column] = mean[column] + 0.0  # no -0 in the file
            error = np.hypot(spread[column] / np.sqrt(n), shared.get(column, 0.0))
            columns[f"{column}_mcse"] = error
            half = quantile * (np.maximum(error, least) if column == "excess_risk" else error)
            columns[f"{column}_low"] = mean[column] - half + 0.0
            columns[f"{column}_high"] = mean[column] + half
            if f"{column}_se" in square:
                columns[f"{column}_se"] = np.sqrt(square[f"{column}_se"])
        risk = rows.loc[ok, "excess_risk"]
        columns["excess_risk_median"] = risk.groupby(cell[ok]).median().reindex(range(len(keys))).to_numpy()
        columns["excess_risk_share"] = share_of_few(risk.to_numpy(), cell[ok], len(keys))
    return pd.concat([summary, pd.DataFrame(columns, index=summary.index)], axis=1).reset_index(drop=True)


def contrasts(
    rows: pd.DataFrame, stopping: Mapping[str, Any] | None = None, methods: Sequence[tuple[str, ...]] | None = None
) -> pd.DataFrame:
    """Compare every two methods on the same law and sample sizes, repetition by repetition.

    A method is a pretext, a probe and the path of its draws. Within each (generator, n_unlabeled, n_labeled), with d_r
    the excess risk of a minus that of b in the n = ``n_pairs`` repetitions that are ok in both (rows of one's own have
    no excess risk; there it is label_mse, on the same rows held out)::

        difference       mean of d_r
        difference_mcse  sqrt(var(d_r) / n + e^2)
        difference_low, difference_high   Student-t interval of 95%, n - 1 degrees of freedom

    ``n_dropped`` repetitions failed in one or both: where there are some, the mean is that of a selected part.

    Methods with equal ``draws`` share structure and draws (``paired`` says draws), others only the structure, so
    d_r has less spread than either risk. e is the integration error of the class floor shared by all rows (see
    `summarize`); it cancels unless exactly one of the two risks contains the floor. With no common repetition the
    difference is empty, with one its error. With `stopping`, intervals have the degrees of freedom of the first stage.
    Methods stand in the order in which they first appear, or in that of `methods`.

    Examples
    --------
    >>> import testbed
    >>> from testbed import Experiment, report
    >>> from testbed.generators import CleanMixture
    >>> from testbed.pretexts import CCA, Raw
    >>> from testbed.regressors import OLS
    >>> law = CleanMixture(k=2, d1=4, d2=3, structure_seed=0)
    >>> rows = testbed.run(Experiment("few", law, [Raw(), CCA(1)], OLS(), 50, 40, repeats=4), progress=False)
    >>> gaps = report.contrasts(rows)
    >>> len(gaps), int(gaps["n_pairs"][0]), gaps["paired"][0]
    (1, 4, 'draws')
    """
    import pandas as pd

    group, method = combinations(rows, PLACE), combinations(rows, METHOD)
    names = rows[list(METHOD)].drop_duplicates().reset_index(drop=True)
    if methods is not None:
        texts = list(zip(*(names[name].astype(str) for name in METHOD), strict=True))
        order = sorted(range(len(names)), key=lambda i: methods.index(texts[i]))
        names, method = names.iloc[order].reset_index(drop=True), np.argsort(order)[method]
    places = [*PLACE[:1], *(column for column in rows.columns if column.startswith("generator.")), *PLACE[1:]]
    head = rows[places].groupby(group).first()
    cell, keys = pd.factorize(rows["key"])
    ok = (rows["status"] == "ok").to_numpy()
    present, shared = np.zeros((2, len(head), len(names)))
    present[group, method] = 1
    shared[group, method] = _contained(rows, cell, ok, len(keys))[cell]

    place = pd.MultiIndex.from_arrays([group, rows["rep"].to_numpy(), method])
    if place.has_duplicates:
        raise ReportError("two cells have the same generator, sample sizes and method, so their rows cannot be paired")
    scored = rows["excess_risk"].fillna(rows["label_mse"])
    risk = pd.Series(scored.where(ok).to_numpy(), index=place).unstack()
    lost = pd.Series(np.where(ok, 0.0, 1.0), index=place).unstack() if not ok.all() else None
    block = risk.index.get_level_values(0).to_numpy()
    parts = [head.iloc[:0]]
    for a, b in itertools.combinations(range(len(names)), 2):
        at = np.flatnonzero(present[:, a] * present[:, b])
        if not len(at):  # methods of different laws
            continue
        gap = (risk[a] - risk[b]).to_numpy()
        paired = ~np.isnan(gap)
        mean, spread = _moments(pd.DataFrame({"gap": gap[paired]}), block[paired], len(head))
        n = np.bincount(block[paired], minlength=len(head))[at]
        with np.errstate(divide="ignore", invalid="ignore"):
            mcse = np.hypot(spread["gap"][at] / np.sqrt(n), shared[at, a] - shared[at, b])
            width = student(n, None, stopping) * mcse
        middle, part = mean["gap"][at], head.iloc[at]
        part = part.assign(**{f"{name}_{side}": names[name][i] for side, i in (("a", a), ("b", b)) for name in METHOD})
        part = part.assign(difference=middle, difference_mcse=mcse)
        part = part.assign(difference_low=middle - width, difference_high=middle + width, n_pairs=n)
        either = np.zeros(len(gap)) if lost is None else (lost[a] + lost[b] > 0.0).to_numpy(dtype=float)  # NaN: not run
        part = part.assign(n_dropped=np.bincount(block, either, len(head))[at].astype(int))
        paired = _draws(names.iloc[a]) == _draws(names.iloc[b])
        parts.append(part.assign(paired="draws" if paired else "structure"))
    sides = [f"{name}_{side}" for side in "ab" for name in METHOD]
    return pd.concat(parts).sort_index(kind="stable").reset_index(drop=True).reindex(columns=[*places, *sides, *GAP])


def _draws(method: pd.Series[Any]) -> tuple[object, bool, bool]:
    """Which draws a method reads: folds of Moments have streams of their own, for the pairs and for the labels."""
    folds = [str(method["draws"]) == "moments" and 'penalty="cv"' in str(method[part]) for part in ("pretext", "probe")]
    return method["draws"], folds[0], folds[1]


def _moments(values: pd.DataFrame, cell: Array, cells: int) -> tuple[dict[str, Array], dict[str, Array]]:
    """Mean and standard deviation by cell; a constant has spread 0, a column with gaps in a cell has neither."""
    grouped = values.groupby(cell)
    index = range(cells)
    n = np.bincount(cell, minlength=cells)
    count, mean, spread = (f.reindex(index) for f in (grouped.count(), grouped.mean(), grouped.std()))
    low, high = grouped.min().reindex(index), grouped.max().reindex(index)
    means, spreads = {}, {}
    for column in values.columns:
        whole = (count[column].to_numpy() == n) & (n > 0)
        constant = whole & (low[column] == high[column]).to_numpy()
        means[column] = np.where(whole, np.where(constant, low[column], mean[column]), np.nan)
        spreads[column] = np.where(whole & (n > 1), np.where(constant, 0.0, spread[column]), np.nan)
    return means, spreads


def _shared(rows: pd.DataFrame, cell: Array, ok: Array, cells: int) -> dict[str, Array]:
    """Integration error shared by all ok rows of a cell, for each column that has one (rule in `summarize`)."""
    own = {name: _common(rows, cell, ok, cells, name) for name in {n for column in ROWS for n in column.integrals}}
    contained = own | {"class_floor": _contained(rows, cell, ok, cells)}
    return {
        column.name: reduce(np.hypot, [(own if n == column.name else contained)[n] for n in column.integrals])
        for column in ROWS
        if column.integrals
    }


def _common(rows: pd.DataFrame, cell: Array, ok: Array, cells: int, column: str) -> Array:
    """Error of an integral that is the same number in all ok rows of a cell; 0 where it is not."""
    grouped = rows.loc[ok, [column, f"{column}_se"]].groupby(cell[ok])
    low, high = (f.reindex(range(cells)) for f in (grouped.min(), grouped.max()))
    return np.where((low == high).all(axis=1), high[f"{column}_se"], 0.0)


def _contained(rows: pd.DataFrame, cell: Array, ok: Array, cells: int) -> Array:
    """Error of the floor where the excess risk contains it: the row's class is linear."""
    differ = (rows["excess_risk"] != rows["excess_risk_class"])[ok]
    linear = differ.groupby(cell[ok]).any().reindex(range(cells), fill_value=False)
    return np.where(linear, _common(rows, cell, ok, cells, "class_floor"), 0.0)
