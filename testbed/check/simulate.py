"""The simulated side of a finite-sample statement: means over repetitions, and exponents with a jackknife."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from testbed._linalg import Array
from testbed.columns import EXTRA
from testbed.evaluation import Cell, run_cells
from testbed.laws import Law
from testbed.laws.population import NotDefinedError
from testbed.pretexts import Pretext
from testbed.registry import parse
from testbed.regressors import Regressor
from testbed.theory import FiniteSample

__all__ = ["Mean", "Slope", "columns", "mean_of", "sizes_of", "slope_of"]

SEED = 0
REPEATS = {"moments": 2048, "rows": 128}  # repetitions: on Moments they cost microseconds


@dataclass(frozen=True)
class Mean:
    """Mean over repetitions with its Monte Carlo standard error."""

    value: float
    error: float


@dataclass(frozen=True)
class Slope:
    """Slope of the logarithm of means in the logarithm of a size, with its jackknife standard error."""

    value: float
    error: float


def sizes_of(statement: FiniteSample) -> list[tuple[int, int]]:
    """Pairs (n_unlabeled, n_labeled) that a statement names."""
    return [(n1, n2) for n1 in statement.n_unlabeled for n2 in statement.n_labeled]


def columns(statement: FiniteSample, law: Law) -> dict[tuple[int, int], Array]:
    """Column that a statement speaks of, over repetitions, at each pair (n_unlabeled, n_labeled) it names.

    Raises
    ------
    RuntimeError
        Where a repetition fails, with its error: the ledger is no place for a mean over what is left.
    """
    pretext, probe = parse(statement.pretext), parse(statement.probe)
    return {size: _column(pretext, probe, law, size, statement.column) for size in sizes_of(statement)}


def _column(pretext: Pretext, probe: Regressor, law: Law, size: tuple[int, int], column: str) -> Array:
    draws: Literal["moments", "rows"] = "moments" if pretext.linear and probe.linear else "rows"
    cell = Cell(law, pretext, probe, *size, draws, extra=(column,) if column in EXTRA else ())
    rows = run_cells([cell], SEED, range(REPEATS[draws]))
    failed = [row["error"] for row in rows if row["status"] != "ok"]
    if failed:
        raise RuntimeError(f"{len(failed)} of {len(rows)} repetitions failed: {failed[0]}")
    return np.array([row[column] for row in rows], dtype=float)


def mean_of(values: Array) -> Mean:
    """Return the mean of one column over repetitions, with its standard error."""
    return Mean(float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values))))


def slope_of(values: list[Array], sizes: list[float]) -> Slope:
    """Regress the log mean at each size on its logarithm; repetitions, the independent units, are left out in turn.

    Raises
    ------
    NotDefinedError
        Where a mean is not positive, so that it has no logarithm.
    """
    x = np.log(np.asarray(sizes))
    weight = (x - x.mean()) / np.sum((x - x.mean()) ** 2)
    totals, n = np.array([v.sum() for v in values]), len(values[0])
    if np.any(totals <= 0.0):
        raise NotDefinedError(f"the mean at size {sizes[int(np.argmax(totals <= 0.0))]:g} is not positive: no exponent")
    left = np.array([(total - v) / (n - 1) for total, v in zip(totals, values, strict=True)])
    each = weight @ np.log(np.maximum(left, np.finfo(float).tiny))
    error = np.sqrt((n - 1) / n * np.sum((each - each.mean()) ** 2))
    return Slope(float(weight @ np.log(totals / n)), float(error))
