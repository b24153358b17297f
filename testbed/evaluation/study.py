"""From some cells of a law and some repetitions to all their rows, as a pure function of its arguments."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

import numpy as np

from testbed._global_state import hold_memory, kept, snapshot
from testbed._linalg import Array
from testbed.arguments import placeless
from testbed.data import LinearMap
from testbed.engine import NUMPY, check_engine
from testbed.evaluation.cell import Block, Cell, Row
from testbed.evaluation.descent import Descent
from testbed.evaluation.draws import MomentsDraws, RowsDraws, stacks
from testbed.evaluation.extra import Learnt, errors01
from testbed.evaluation.own_rows import OwnDescent, own_draws
from testbed.evaluation.reduced import reduced
from testbed.evaluation.risk import EVALUATION_POINTS, affine_risk, check_risk, linear_risk
from testbed.evaluation.rows import RowsDescent
from testbed.evaluation.source import Source, source_of
from testbed.failures import exhausted, said
from testbed.keys import canonical
from testbed.outside import predictor, representation
from testbed.pretexts import Predict, Pretext
from testbed.pretexts.base import Draw, Psi, Unknown
from testbed.regressors import Regressor

__all__ = ["ready", "run_blocks", "run_cells"]

T = TypeVar("T")


def ready(engine: str) -> None:
    """Compile what an engine compiles, if that was not done on this machine before: workers then find it on disk."""
    check_engine(engine)
    if engine != NUMPY:
        from testbed.evaluation import compiled

        compiled.ready()


def run_cells(cells: Sequence[Cell], seed: int, reps: range) -> list[Row]:
    """Run repetitions of cells that share a generator and a kind of draw; a failing repetition is a row too.

    Examples
    --------
    >>> import testbed
    >>> from testbed.evaluation import run_cells
    >>> from testbed.generators import CleanMixture
    >>> from testbed.pretexts import Raw
    >>> from testbed.regressors import OLS
    >>> law = CleanMixture(k=3, structure_seed=0)
    >>> cells = testbed.Experiment("x", law, Raw(), OLS(), n_unlabeled=100, n_labeled=50, repeats=2).cells()
    >>> len(run_cells(cells, seed=0, reps=range(2)))
    2
    """
    return [row for block in run_blocks(cells, seed, reps) for row in block.rows()]


def run_blocks(cells: Sequence[Cell], seed: int, reps: range, engine: str = NUMPY) -> list[Block]:
    """Run them, and leave the rows in columns: on Moments a row costs less than a dictionary of it.

    `reps` may be any range, of one block of 64 repetitions or of several. On Moments they are computed in stacks: of a
    block, or where the structure is frozen of up to ``together(source_of(generator, seed))`` repetitions from the block
    of the first one on. A row has the same bits however repetitions are joined to calls and cut into stacks; they are
    those of the engine (`testbed.engine`), whose draws are those of every other.
    """
    check_engine(engine)
    hold_memory()
    with kept():  # a learner may use the global random state: each piece of work is seeded
        source = source_of(cells[0].generator, seed, max((cell.nested for cell in cells), key=len), engine)
        if cells[0].draws == "moments":
            whole = map(MomentsDescent, stacks(source, reps))
            return [block for each in whole for cell in cells for block in _stack(cell, each)]
        fits = (_on_rows(source, rep) for rep in reps)
        return [_attempt(cell, each.draws.rep, each) for each in fits for cell in cells]


def _on_rows(source: Source, rep: int) -> RowsDescent:
    own = own_draws(source, rep)
    return RowsDescent(RowsDraws(source, rep)) if own is None else OwnDescent(own)


def _stack(cell: Cell, whole: MomentsDescent) -> list[Block]:
    """Rows of all repetitions at once; where that fails, one at a time, so that only what fails is lost."""
    draws = whole.draws
    try:
        return [Block.of(cell, draws.reps, whole.measure(cell))]
    except Exception:  # whatever a learner raises is a row
        return [_attempt(cell, rep, MomentsDescent(draws.only(rep))) for rep in draws.reps]


def _attempt(cell: Cell, rep: int, fits: MomentsDescent | RowsDescent) -> Block:
    """Row of one repetition; what a learner raises becomes its error."""
    reps = range(rep, rep + 1)
    try:
        return Block.of(cell, reps, fits.measure(cell))
    except Exception as error:
        why = said(error)
        if "read-only" in why:
            why += " (what learners are given is shared by all: write into a copy, a = a.copy())"
        return Block.lost(cell, reps, why, placeless(traceback.format_exc()), exhausted(error))


class MomentsDescent(Descent[MomentsDraws]):
    """Cells on Moments: linear learners, and all repetitions of a stack at once."""

    def once(self, key: tuple[Any, ...], compute: Callable[[], T]) -> T:
        """Compute it; the repetitions are named too, since a stack and its parts know the same draws."""
        return super().once((self.draws.reps, *key), compute)

    def seeded(self, work: str, compute: Callable[[], T]) -> T:
        """Do it for all repetitions at once; what draws from the global generators is done for each alone."""
        if len(self.draws.reps) == 1:
            return super().seeded(work, compute)
        before = super().seeded(work, snapshot)
        found = super().seeded(work, compute)
        if snapshot() != before:
            raise RuntimeError(f"{work}: draws from the global random state, so repetitions are not fitted together")
        return found

    def reduced(self, cell: Cell, pretext: Pretext, probe: Regressor) -> Mapping[str, Any] | None:
        """Columns of the risk from draws in root form, where least squares is all that is done (`reduced`)."""
        found = reduced(self.draws, self.truth, pretext, probe, cell.n_unlabeled, cell.n_labeled)
        if found is None:
            return None
        predictor, attained = found
        intrinsic = self.truth.class_floor  # all that conditional independence leaves, and what the others attain
        if isinstance(pretext, Predict) and not self.truth.spanned:
            intrinsic = self.truth.approximation_error(self.aim(pretext))
        risk = affine_risk(self.truth, predictor, intrinsic, attained)
        check_risk(self.truth, risk)
        return risk

    def pairs(self, pretext: Pretext, n: int) -> Draw:
        """Moments of n pairs, in the batches that the task takes."""
        return self.draws.pretext(n, pretext.folds, pretext.needs_square)

    def fit(self, pretext: Pretext, pairs: Draw, n: int) -> Psi:
        """Learn a linear map for each repetition; nothing linear is random, so the stream is always that of 0."""
        work = f"{canonical(pretext)} n={n}"
        found = self.seeded(work, lambda: pretext.fit(pairs, self.law, np.random.default_rng(0)))
        return representation(found, self.law.shape[0], pretext)

    def read(self, learnt: Learnt, n: int, work: str) -> tuple[LinearMap, int]:
        """Push the Moments of n labels to psi, and fit the probe there."""
        psi, probe = learnt.psi, learnt.probe
        if not isinstance(psi, LinearMap) or not isinstance(learnt.optimum, LinearMap | Unknown):
            raise TypeError(f"{learnt.pretext!r} calls itself linear, but its representation is not a LinearMap")
        pushed = [m.push("x1", psi) for m in self.draws.labeled(n, probe.folds)]
        found = self.seeded(work, lambda: probe.fit_parts(pushed, "psi", "y"))
        width = psi.weight.shape[-1]
        readout = predictor(found, (width, self.law.shape[2]), probe)
        if not isinstance(readout, LinearMap):
            raise TypeError(f"{probe!r} calls itself linear, but its predictor is not a LinearMap")
        return readout, width

    def risk(self, learnt: Learnt, readout: LinearMap, width: int) -> dict[str, Any]:
        """Return the columns of the risk, in closed form."""
        return {**linear_risk(self.truth, learnt.psi, readout, learnt.optimum, learnt.probe)}

    def errors01(self, psi: Psi, readout: Any) -> Array | None:
        """0-1 error of each repetition, over the points that its nonlinear predictors would be scored on."""
        if self.law.batch:
            return None
        whole = psi.then(readout)  # type: ignore[union-attr]
        each = [LinearMap(w, b) for w, b in zip(whole.weight, whole.offset, strict=True)]
        each_rows = ((r, RowsDraws(self.draws.source, r)) for r in self.draws.reps)
        points = [self.once(("points", r), partial(rows.evaluation, EVALUATION_POINTS)) for r, rows in each_rows]
        return errors01(self.law, each, points)
