"""The simulated side of a finite-sample statement: means over repetitions, and exponents with a jackknife."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from testbed._linalg import Array
from testbed.columns import EXTRA
from testbed.evaluation import Block, Cell, run_blocks
from testbed.laws import Law
from testbed.laws.population import NotDefinedError
from testbed.registry import parse
from testbed.theory import FiniteSample

__all__ = ["Mean", "Simulated", "Slope", "mean_of", "sizes_of", "slope_of"]

SEED = 0
REPEATS = {"moments": 2048, "rows": 128}  # repetitions: on Moments they cost microseconds

_Name = tuple[str, str, tuple[int, int], str]  # canonical texts of pretext and probe, sizes, and column


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


class Simulated:
    """Columns that some statements speak of on one law, simulated together: they share draws and fits.

    They are measured when the first one is asked for. No number depends on what is measured beside it.
    """

    def __init__(self, statements: Sequence[FiniteSample], law: Law) -> None:
        self._statements, self._law = statements, law

    def columns(self, statement: FiniteSample) -> dict[tuple[int, int], Array]:
        """Column of one of the statements, over repetitions, at each pair (n_unlabeled, n_labeled) that it names.

        Raises
        ------
        RuntimeError
            Where a repetition fails, with its error: the ledger is no place for a mean over what is left.
        """
        return {size: self._column(_named(statement, size)) for size in sizes_of(statement)}

    @cached_property
    def _cells(self) -> dict[_Name, Cell]:
        cells: dict[_Name, Cell] = {}
        for statement in self._statements:
            pretext, probe, column = parse(statement.pretext), parse(statement.probe), statement.column
            draws: Literal["moments", "rows"] = "moments" if pretext.linear and probe.linear else "rows"
            extra = (column,) if column in EXTRA else ()
            for size in sizes_of(statement):
                cells.setdefault(_named(statement, size), Cell(self._law, pretext, probe, *size, draws, extra=extra))
        return cells

    @cached_property
    def _blocks(self) -> dict[int, list[Block]]:
        found: dict[int, list[Block]] = defaultdict(list)
        for draws, repeats in REPEATS.items():
            if cells := [cell for cell in self._cells.values() if cell.draws == draws]:
                for block in run_blocks(cells, SEED, range(repeats)):
                    found[id(block.cell)].append(block)
        return found

    def _column(self, named: _Name) -> Array:
        blocks = self._blocks[id(self._cells[named])]
        failed = [block.failed[i][0] for block in blocks for i in sorted(block.failed)]
        if failed:
            raise RuntimeError(f"{len(failed)} of {sum(len(b.reps) for b in blocks)} repetitions failed: {failed[0]}")
        at = blocks[0].cell.measured.index(named[-1])
        return np.array([value for block in blocks for value in block.columns[at]], dtype=float)


def _named(statement: FiniteSample, size: tuple[int, int]) -> _Name:
    return statement.pretext, statement.probe, size, statement.column


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
