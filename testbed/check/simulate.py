"""The simulated side of a finite-sample statement: means over repetitions, and exponents with a jackknife."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from testbed._linalg import Array, inner
from testbed.data import LinearMap
from testbed.laws import Law
from testbed.pretexts import Pretext
from testbed.registry import parse
from testbed.regressors import Regressor
from testbed.study import MEASURED, Cell, run_cells
from testbed.theory import FiniteSample

__all__ = ["Mean", "Slope", "columns", "mean_of", "slope_of"]

SEED = 0
REPEATS = {"moments": 2048, "rows": 128}  # repetitions: on Moments they cost microseconds
LEAST_PRECISION = 30  # repetitions below which a Monte Carlo error means nothing


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


def columns(statement: FiniteSample, law: Law) -> dict[tuple[int, int], Array]:
    """Column that a statement speaks of, over repetitions, at each pair (n_unlabeled, n_labeled) it names.

    Raises
    ------
    ValueError
        Where a repetition fails, with its error: the ledger is no place for a mean over what is left.
    """
    pretext, probe = parse(statement.pretext), parse(statement.probe)
    sizes = [(n1, n2) for n1 in statement.n_unlabeled for n2 in statement.n_labeled]
    if statement.column not in MEASURED:
        return {size: _pretext_errors(pretext, law, size[0]) for size in sizes}
    return {size: _column(pretext, probe, law, size, statement.column) for size in sizes}


def _column(pretext: Pretext, probe: Regressor, law: Law, size: tuple[int, int], column: str) -> Array:
    draws = "moments" if pretext.linear and probe.linear else "rows"
    cell = Cell(law, pretext, probe, *size, draws)  # type: ignore[arg-type]
    rows = run_cells([cell], SEED, range(REPEATS[draws]))
    failed = [row["error"] for row in rows if row["status"] != "ok"]
    if failed:
        raise ValueError(f"{len(failed)} of {len(rows)} repetitions failed: {failed[0]}")
    return np.array([row[column] for row in rows], dtype=float)


def _pretext_errors(pretext: Pretext, law: Law, n: int) -> Array:
    """E|psi~ - psi*|^2 of a linear pretext, psi* its population optimum."""
    rng = np.random.default_rng(SEED)
    moments = law.moments(n, rng, REPEATS["moments"])
    psi, optimum, truth = pretext.fit([moments], law, rng), pretext.optimum(law), law.population()
    if not isinstance(psi, LinearMap) or not isinstance(optimum, LinearMap):
        raise ValueError(f"{pretext!r}: the error of a representation is computed for linear ones")
    weight = psi.weight - optimum.weight
    slope = truth.root1 @ weight
    level = psi.offset - optimum.offset + (truth.mean1[..., None, :] @ weight)[..., 0, :]
    return np.asarray(inner(slope, slope) + np.sum(level**2, axis=-1))


def mean_of(values: Array) -> Mean:
    """Mean of one column."""
    return Mean(float(values.mean()), float(values.std(ddof=1) / np.sqrt(len(values))))


def slope_of(values: list[Array], sizes: list[float]) -> Slope:
    """Regress the log mean at each size on its logarithm; repetitions, the independent units, are left out in turn.

    Raises
    ------
    ValueError
        Where a mean is not positive, so that it has no logarithm.
    """
    x = np.log(np.asarray(sizes))
    weight = (x - x.mean()) / np.sum((x - x.mean()) ** 2)
    totals, n = np.array([v.sum() for v in values]), len(values[0])
    if np.any(totals <= 0.0):
        raise ValueError(f"the mean at size {sizes[int(np.argmax(totals <= 0.0))]:g} is not positive: no exponent")
    left = np.array([(total - v) / (n - 1) for total, v in zip(totals, values, strict=True)])
    each = weight @ np.log(np.maximum(left, np.finfo(float).tiny))
    error = np.sqrt((n - 1) / n * np.sum((each - each.mean()) ** 2))
    return Slope(float(weight @ np.log(totals / n)), float(error))
