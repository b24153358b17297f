"""One task: a law and some of its repetitions -> all their rows. A pure function of its arguments."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from functools import cached_property
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import numpy as np

from testbed._linalg import Array
from testbed.cell import EXTRA, IDENTITY, MEASURED, THEORY, Block, Cell, Row
from testbed.data import Chain, LinearMap
from testbed.draws import BLOCK, MomentsDraws, RowsDraws, Source
from testbed.extra import errors01, sines, split_columns
from testbed.failures import exhausted, said
from testbed.keys import canonical
from testbed.laws import Law, Population
from testbed.laws.table_population import TablePopulation
from testbed.laws.undefined import NotDefinedError
from testbed.pretexts import Optimum, Predict, Pretext, Truncated
from testbed.pretexts.base import Draw, Psi, Unknown
from testbed.regressors import LinearRegressor, ReducedRank, Regressor, bind
from testbed.risk import EVALUATION_POINTS, linear_risk, nonlinear_risk, pretext_error

__all__ = ["EXTRA", "IDENTITY", "MEASURED", "THEORY", "Block", "Cell", "Row", "run_blocks", "run_cells"]

T = TypeVar("T")

STACK_SIZE, MOST_BLOCKS = 4096, 16  # numbers in a scatter times blocks that a stack holds: it stays in the cache


def run_cells(cells: Sequence[Cell], seed: int, reps: range) -> list[Row]:
    """Run repetitions of cells that share a generator and a kind of draw; a failing repetition is a row too."""
    return [row for block in run_blocks(cells, seed, reps) for row in block.rows()]


def run_blocks(cells: Sequence[Cell], seed: int, reps: range) -> list[Block]:
    """Run them, and leave the rows in columns: on Moments a row costs less than a dictionary of it."""
    source = _source(cells, seed)
    if cells[0].draws == "moments":
        stacks = (_MomentsFits(MomentsDraws(source, part)) for part in _parts(source, reps))
        return [block for each in stacks for cell in cells for block in _stack(cell, each, each.draws)]
    fits = (_RowsFits(RowsDraws(source, rep)) for rep in reps)
    return [_attempt(cell, each.draws.rep, each) for each in fits for cell in cells]


_SOURCES: dict[tuple[str, int, tuple[int, ...]], Source] = {}


def _source(cells: Sequence[Cell], seed: int) -> Source:
    """Source of some cells; the last one is kept, since a frozen law holds integrals that every block would take."""
    nested = max((cell.nested for cell in cells), key=len)
    key = (cells[0].texts[0], seed, nested)
    if key not in _SOURCES:
        _SOURCES.clear()
        _SOURCES[key] = Source(cells[0].generator, seed, nested)
    return _SOURCES[key]


def _parts(source: Source, reps: range) -> list[range]:
    """Cut repetitions into stacks: a block each, or several of a frozen law that is small."""
    first, together = reps.start // BLOCK, 1
    if source.frozen:
        d1, d2, _, _ = source.block(first).shape
        together = max(1, min(MOST_BLOCKS, STACK_SIZE // (d1 * (d1 + d2))))
    edges = range(first * BLOCK, reps.stop, together * BLOCK)
    return [range(max(e, reps.start), min(e + together * BLOCK, reps.stop)) for e in edges]


def _stack(cell: Cell, whole: _MomentsFits, draws: MomentsDraws) -> list[Block]:
    """Rows of all repetitions at once; where that fails, one at a time, so that only what fails is lost."""
    try:
        return [Block.of(cell, draws.reps, whole.measure(cell))]
    except Exception:  # whatever a learner raises is a row
        return [_attempt(cell, rep, _MomentsFits(draws.only(rep))) for rep in draws.reps]


def _attempt(cell: Cell, rep: int, fits: _MomentsFits | _RowsFits) -> Block:
    """Row of one repetition; what a learner raises becomes its error."""
    reps = range(rep, rep + 1)
    try:
        return Block.of(cell, reps, fits.measure(cell))
    except Exception as error:
        return Block.lost(cell, reps, said(error), traceback.format_exc(), exhausted(error))


_PREDICTED: MutableMapping[Population, dict[tuple[str, int, int], Array]] = WeakKeyDictionary()  # a frozen truth stays


class _Fits:
    """What cells of one law compute, each thing once."""

    def __init__(self, draws: MomentsDraws | RowsDraws) -> None:
        self._kept: dict[tuple[Any, ...], Any] = {}
        self._draws = draws

    @cached_property
    def law(self) -> Law:
        return self._draws.law

    @cached_property
    def truth(self) -> Population:
        return self.law.population()

    def bound(self, cell: Cell) -> tuple[Any, Any]:
        """Pretext and probe with the numbers that their named ranks have on this law."""
        pretext, probe = (bind(learner, self.law.shape[2], self.law.states) for learner in (cell.pretext, cell.probe))
        return pretext, probe

    def optimum(self, pretext: Pretext) -> Psi:
        """Representation that a task aims at, on the law that draws its pairs."""

        def aim() -> Psi:
            found = pretext.aim(self.law)
            if self.law.pretext_law is self.law or not isinstance(self.truth, TablePopulation):
                return found
            try:
                found(self.truth.points1)
            except NotDefinedError as error:  # a point of the labelled law that the pairs never meet
                return Unknown(f"what the pairs teach is not defined on the labelled law: {error}")
            return found

        return self._once(("optimum", canonical(pretext)), aim)

    def _once(self, key: tuple[Any, ...], compute: Callable[[], T]) -> T:
        if key not in self._kept:
            self._kept[key] = compute()
        kept: T = self._kept[key]
        return kept

    def errors01(self, psi: Psi, readout: Any) -> Any:
        """0-1 error of a readout of psi."""
        raise NotImplementedError

    def added(
        self,
        cell: Cell,
        risk: Mapping[str, Any],
        learners: tuple[Pretext, Regressor],
        psi: Psi,
        optimum: Psi,
        read: Any,
    ) -> dict[str, Any]:
        """Columns that the experiment asks for beside the measured ones: further parts of the risk, and predictions."""
        columns: dict[str, Any] = {}
        pretext, probe = learners
        if {"information_lost", "not_linear"} & {*cell.extra}:
            columns |= split_columns(self.law, pretext, optimum, probe, risk["intrinsic"])
        if {"subspace_sine", "label_sine"} & {*cell.extra}:
            columns |= sines(self.truth, psi, optimum)
        if "error01" in cell.extra:
            columns["error01"] = self.errors01(psi, read)
        if "intrinsic_class" in cell.extra and risk["intrinsic"] is not None:
            columns["intrinsic_class"] = risk["intrinsic"] - risk["class_floor"]
        if "pretext_error" in cell.extra and isinstance(pretext, Predict):
            columns["pretext_error"] = pretext_error(self.truth, psi, optimum)
        known = _PREDICTED.setdefault(self.truth, {})
        for name, statement in cell.theory.items():
            key = (canonical(statement), cell.n_unlabeled, cell.n_labeled)
            if key not in known:
                known[key] = statement.predicted(self.truth, *key[1:])
            columns[f"{THEORY}{name}"] = known[key]
        return columns

    def constants(self, pretext: Pretext, probe: Regressor, width: int) -> dict[str, Any]:
        """Columns that belong to the law, beta with the probe's intercept, and the rank that a learner was given."""
        intercept = probe.intercept if isinstance(probe, LinearRegressor) else True
        return {
            "epsilon_ci_linear": self._once(("linear",), lambda: self.truth.epsilon_ci("linear")),
            "epsilon_ci_universal": self._once(("universal",), lambda: self.truth.epsilon_ci("universal")),
            "epsilon_ci_universal_se": self.truth.se["epsilon_ci_universal"],
            "beta": self._once(("beta", intercept), lambda: self.truth.beta(intercept)),
            "bayes_noise": self.truth.bayes_noise,
            "bayes_noise_se": self.truth.se["bayes_noise"],
            "rank_used": _rank_used(pretext, probe, self.law.shape, width),
        }


class _MomentsFits(_Fits):
    """Cells on Moments: all repetitions at once."""

    def __init__(self, draws: MomentsDraws) -> None:
        super().__init__(draws)
        self.draws = draws

    def psi(self, pretext: Pretext, n: int) -> Psi:
        """Representation learnt from n pairs; a truncation shares the fit of what it truncates."""

        def learn() -> Psi:
            draw = self.draws.pretext(n, pretext.folds, pretext.needs_square) if pretext.folds else []
            if isinstance(pretext, Optimum):
                return self.optimum(pretext)
            if isinstance(pretext, Truncated):
                return pretext.cut(self.psi(pretext.pretext, n), draw, self.law)
            return pretext.fit(draw, self.law, np.random.default_rng(0))  # nothing linear is random

        return self._once((canonical(pretext), n), learn)

    def errors01(self, psi: Psi, readout: Any) -> Any:
        """0-1 error of each repetition, over the points that its nonlinear predictors would be scored on."""
        if self.law.batch:
            return None
        whole = psi.then(readout)  # type: ignore[union-attr]
        each = [LinearMap(w, b) for w, b in zip(whole.weight, whole.offset, strict=True)]
        points = [self._once(("points", r), lambda r=r: self._points(r)) for r in self.draws.reps]  # type: ignore[misc]
        return errors01(self.law, each, points)

    def _points(self, rep: int) -> Array:
        return RowsDraws(self.draws.source, rep).evaluation(EVALUATION_POINTS)

    def measure(self, cell: Cell) -> dict[str, Any]:
        """All measured columns of a cell, with an axis of repetitions."""
        pretext, probe = self.bound(cell)
        psi, optimum = self.psi(pretext, cell.n_unlabeled), self.optimum(pretext)
        if not isinstance(psi, LinearMap) or not isinstance(optimum, LinearMap):
            raise TypeError(f"{pretext!r} calls itself linear, but its representation is not a LinearMap")
        pushed = [m.push("x1", psi) for m in self.draws.labeled(cell.n_labeled, probe.folds)]
        readout = probe.fit_parts(pushed, "psi", "y")
        risk = linear_risk(self.truth, psi, readout, optimum, probe)
        added = self.added(cell, risk, (pretext, probe), psi, optimum, readout)
        return risk | self.constants(pretext, probe, psi.weight.shape[-1]) | added


class _RowsFits(_Fits):
    """Cells on the rows of one repetition."""

    def __init__(self, draws: RowsDraws) -> None:
        super().__init__(draws)
        self.draws = draws

    def psi(self, pretext: Pretext, n: int) -> Psi:
        """Representation learnt from n pairs; a truncation shares the fit of what it truncates."""

        def learn() -> Psi:
            draw: Draw = self.draws.pretext(n, pretext.weighted) if pretext.folds else []
            if isinstance(pretext, Optimum):
                return self.optimum(pretext)  # the same object, so that nothing is left between the two
            if isinstance(pretext, Truncated):
                return pretext.cut(self.psi(pretext.pretext, n), draw, self.law)
            learner = _tuned(self.draws.source, pretext, n) if pretext.tune_once else pretext
            return learner.fit(draw, self.law, self.draws.learner(f"{canonical(pretext)} n={n}"))

        return self._once((canonical(pretext), n), learn)

    def image(self, psi: Psi, x1: Array) -> Array:
        """Image of rows under psi; a truncation shares that of what it truncates."""
        if isinstance(psi, Chain):
            return psi.second(self.image(psi.first, x1))
        key = ("image", id(psi), id(x1))
        return self._once(key, lambda: (psi, x1, psi(x1)))[2]  # both are kept, so their ids stay their own

    def errors01(self, psi: Psi, readout: Any) -> Any:
        """0-1 error of this repetition."""
        x1 = self.draws.evaluation(EVALUATION_POINTS)
        return errors01(self.law, [lambda rows: readout(self.image(psi, rows))], [x1])

    def measure(self, cell: Cell) -> dict[str, Any]:
        """All measured columns of a cell."""
        pretext, probe = self.bound(cell)
        psi, optimum = self.psi(pretext, cell.n_unlabeled), self.optimum(pretext)
        labeled = self.draws.labeled(cell.n_labeled, probe.weighted)
        rng = self.draws.learner(f"{cell.texts[1]} {cell.texts[2]} n={cell.n_unlabeled}, {cell.n_labeled}")
        features = self.image(psi, labeled.x1)
        readout = probe.fit_counted(features, labeled.y, labeled.weight, rng)
        risk: dict[str, Any] = {}
        linear = isinstance(probe, LinearRegressor) and isinstance(readout, LinearMap)
        if linear and isinstance(psi, LinearMap) and isinstance(optimum, LinearMap):
            risk |= linear_risk(self.truth, psi, readout, optimum, probe)
        else:
            x1 = self.draws.evaluation(EVALUATION_POINTS)
            risk |= nonlinear_risk(self.truth, x1, self.image(psi, x1), psi, readout, optimum, probe)
        added = self.added(cell, risk, (pretext, probe), psi, optimum, readout)
        return risk | self.constants(pretext, probe, features.shape[1]) | added


_TUNED: dict[tuple[int, str, str, int], Pretext] = {}


def _tuned(source: Source, pretext: Pretext, n: int) -> Pretext:
    """Learner with the settings it chooses on repetition 0, kept for the process: the same whatever chunk runs."""
    key = (source.seed, source.text, canonical(pretext), n)
    if key not in _TUNED:
        first = RowsDraws(source, 0)
        _TUNED[key] = pretext.tuned(first.pretext(n), first.law, first.learner(f"{key[2]} n={n}"))
    return _TUNED[key]


def _rank_used(pretext: Pretext, probe: Regressor, shape: tuple[int, int, int, int], width: int) -> int | None:
    """Rank that a bound learner was given, cut to what its dimensions allow: psi has `width` coordinates."""
    d1, d2, k, _ = shape
    if isinstance(pretext, Truncated):
        return min(width, d1)
    if isinstance(pretext, Predict) and isinstance(pretext.regressor, ReducedRank):
        return min(int(pretext.regressor.rank), d1, d2)
    return min(int(probe.rank), width, k) if isinstance(probe, ReducedRank) else None
