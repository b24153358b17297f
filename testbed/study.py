"""One task: a law and some of its repetitions -> all their rows. A pure function of its arguments."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from functools import cached_property, partial
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import numpy as np

from testbed._global_state import kept, seeded, snapshot
from testbed._linalg import Array
from testbed.cell import Block, Cell, Row
from testbed.columns import THEORY
from testbed.data import Chain, LinearMap, read_only
from testbed.draws import MomentsDraws, RowsDraws, source_of, stacks
from testbed.extra import errors01, rank_used, sines, split_columns
from testbed.failures import exhausted, said
from testbed.keys import canonical
from testbed.laws import Law, Population
from testbed.laws.table_population import TablePopulation
from testbed.laws.undefined import NotDefinedError
from testbed.outside import handed_rows, predictor, representation
from testbed.pretexts import Optimum, Predict, Pretext, Truncated
from testbed.pretexts.base import Draw, Psi, Unknown
from testbed.regressors import LinearRegressor, Regressor, bind
from testbed.risk import EVALUATION_POINTS, check_risk, linear_risk, nonlinear_risk, pretext_error
from testbed.tuning import tuned

__all__ = ["Block", "Cell", "Row", "run_blocks", "run_cells"]

T = TypeVar("T")


def run_cells(cells: Sequence[Cell], seed: int, reps: range) -> list[Row]:
    """Run repetitions of cells that share a generator and a kind of draw; a failing repetition is a row too."""
    return [row for block in run_blocks(cells, seed, reps) for row in block.rows()]


def run_blocks(cells: Sequence[Cell], seed: int, reps: range) -> list[Block]:
    """Run them, and leave the rows in columns: on Moments a row costs less than a dictionary of it."""
    with kept():  # a learner may use the global random state: each piece of work is seeded
        nested = max((cell.nested for cell in cells), key=len)
        source = source_of(cells[0].generator, seed, nested)
        if cells[0].draws == "moments":
            whole = (_MomentsFits(MomentsDraws(source, part)) for part in stacks(source, reps))
            return [block for each in whole for cell in cells for block in _stack(cell, each, each.draws)]
        fits = (_RowsFits(RowsDraws(source, rep)) for rep in reps)
        return [_attempt(cell, each.draws.rep, each) for each in fits for cell in cells]


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
        why = said(error)
        if "read-only" in why:
            why += " (what learners are given is shared by all: write into a copy, a = a.copy())"
        return Block.lost(cell, reps, why, traceback.format_exc(), exhausted(error))


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
        work = f"optimum {canonical(pretext)}"

        def aim() -> Psi:
            found, d1 = self.seeded(work, lambda: pretext.aim(self.law)), self.law.shape[0]
            aimed = found if isinstance(found, Unknown) else representation(found, d1, pretext, self.number(work))
            if self.law.pretext_law is self.law or not isinstance(self.truth, TablePopulation):
                return aimed
            try:
                found(self.truth.points1)
            except NotDefinedError as error:  # a point of the labelled law that the pairs never meet
                return Unknown(f"what the pairs teach is not defined on the labelled law: {error}")
            return aimed

        return self._once((work,), aim)

    def number(self, work: str) -> int:
        """Seed of the global random generators for a piece of work."""
        return self._draws.source.number("learner", work, self._draws.first)

    def seeded(self, work: str, compute: Callable[[], T]) -> T:
        """Do a piece of a learner's work, with the global random generators seeded for it."""
        return seeded(self.number(work), compute)

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
                known[key] = statement.sides(self.truth, *key[1:]).right
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
            "rank_used": rank_used(pretext, probe, self.law.shape, width),
        }


class _MomentsFits(_Fits):
    """Cells on Moments: all repetitions at once."""

    def __init__(self, draws: MomentsDraws) -> None:
        super().__init__(draws)
        self.draws = draws

    def psi(self, pretext: Pretext, n: int) -> Psi:
        """Representation learnt from n pairs; a truncation shares the fit of what it truncates."""
        text = canonical(pretext)

        def learn() -> Psi:
            draw = self.draws.pretext(n, pretext.folds, pretext.needs_square) if pretext.folds else []
            if isinstance(pretext, Optimum):
                return self.optimum(pretext)
            if isinstance(pretext, Truncated):
                return pretext.cut(self.psi(pretext.pretext, n), draw, self.law)
            work, rng = f"{text} n={n}", np.random.default_rng  # nothing linear is random: its stream is always 0
            found = self.seeded(work, lambda: pretext.fit(draw, self.law, rng(0)))
            return representation(found, self.law.shape[0], pretext)

        return self._once((text, n), learn)

    def seeded(self, work: str, compute: Callable[[], T]) -> T:
        """Do it for all repetitions at once; what draws from the global generators is done for each alone."""
        if len(self.draws.reps) == 1:
            return super().seeded(work, compute)
        before = super().seeded(work, snapshot)
        found = super().seeded(work, compute)
        if snapshot() != before:
            raise RuntimeError(f"{work}: draws from the global random state, so repetitions are not fitted together")
        return found

    def errors01(self, psi: Psi, readout: Any) -> Any:
        """0-1 error of each repetition, over the points that its nonlinear predictors would be scored on."""
        if self.law.batch:
            return None
        whole = psi.then(readout)  # type: ignore[union-attr]
        each = [LinearMap(w, b) for w, b in zip(whole.weight, whole.offset, strict=True)]
        each_rows = ((r, RowsDraws(self.draws.source, r)) for r in self.draws.reps)
        points = [self._once(("points", r), partial(rows.evaluation, EVALUATION_POINTS)) for r, rows in each_rows]
        return errors01(self.law, each, points)

    def measure(self, cell: Cell) -> dict[str, Any]:
        """All measured columns of a cell, with an axis of repetitions."""
        pretext, probe = self.bound(cell)
        psi, optimum = self.psi(pretext, cell.n_unlabeled), self.optimum(pretext)
        if not isinstance(psi, LinearMap) or not isinstance(optimum, LinearMap | Unknown):
            raise TypeError(f"{pretext!r} calls itself linear, but its representation is not a LinearMap")
        pushed = [m.push("x1", psi) for m in self.draws.labeled(cell.n_labeled, probe.folds)]
        work = f"{cell.texts[1]} {cell.texts[2]} n={cell.n_unlabeled}, {cell.n_labeled}"
        found = self.seeded(work, lambda: probe.fit_parts(pushed, "psi", "y"))
        readout = predictor(found, (psi.weight.shape[-1], self.law.shape[2]), probe)
        if not isinstance(readout, LinearMap):
            raise TypeError(f"{probe!r} calls itself linear, but its predictor is not a LinearMap")
        risk = linear_risk(self.truth, psi, readout, optimum, probe)
        check_risk(self.truth, risk)
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
            task = tuned(self.draws.source, pretext, n) if pretext.tune_once else pretext
            found = self.seeded(work, lambda: task.fit(handed_rows(draw, task), self.law, self.draws.learner(work)))
            return representation(found, self.law.shape[0], pretext, self.number(f"{work} image"))

        work = f"{canonical(pretext)} n={n}"
        return self._once((canonical(pretext), n), learn)

    def image(self, psi: Psi, x1: Array) -> Array:
        """Image of rows under psi; a truncation shares that of what it truncates."""
        if isinstance(psi, Chain):
            first, taken = self.image(psi.first, x1), psi.second.weight.shape[0]
            if first.shape[1] != taken:
                raise ValueError(f"a representation had {taken} coordinates in the fit, and later {first.shape[1]}")
            return read_only(psi.second(first))
        key = ("image", id(psi), id(x1))
        return self._once(key, lambda: (psi, x1, read_only(psi(x1))))[2]  # both are kept, so their ids stay their own

    def errors01(self, psi: Psi, readout: Any) -> Any:
        """0-1 error of this repetition."""
        x1 = self.draws.evaluation(EVALUATION_POINTS)
        return errors01(self.law, [lambda rows: readout(self.image(psi, rows))], [x1])

    def measure(self, cell: Cell) -> dict[str, Any]:
        """All measured columns of a cell."""
        pretext, probe = self.bound(cell)
        psi, optimum = self.psi(pretext, cell.n_unlabeled), self.optimum(pretext)
        labeled = self.draws.labeled(cell.n_labeled, probe.weighted)
        work = f"{cell.texts[1]} {cell.texts[2]} n={cell.n_unlabeled}, {cell.n_labeled}"
        features = self.image(psi, labeled.x1)

        def fit() -> Any:
            return probe.fit_counted(features, labeled.y, labeled.weight, self.draws.learner(work))

        shape = features.shape[1], labeled.y.shape[1]
        readout: Any = predictor(self.seeded(work, fit), shape, probe, self.number(f"{work} predictor"))
        linear = isinstance(probe, LinearRegressor) and isinstance(readout, LinearMap)
        if linear and isinstance(psi, LinearMap) and isinstance(optimum, LinearMap | Unknown):
            risk: dict[str, Any] = {**linear_risk(self.truth, psi, readout, optimum, probe)}
        else:
            x1 = self.draws.evaluation(EVALUATION_POINTS)
            image = self.image(psi, x1)
            if image.shape[1] != shape[0]:
                raise ValueError(
                    f"a representation gave {shape[0]} features of some rows and {image.shape[1]} of others"
                )
            risk = {**nonlinear_risk(self.truth, x1, image, psi, readout, optimum, probe)}
        check_risk(self.truth, risk)
        added = self.added(cell, risk, (pretext, probe), psi, optimum, readout)
        return risk | self.constants(pretext, probe, features.shape[1]) | added
