"""From a law to the numbers of a row: pairs, representation, labels, predictor, risk, columns, in this order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Generic, TypeVar

from testbed._global_state import seeded
from testbed._linalg import Array
from testbed.evaluation.cell import Cell
from testbed.evaluation.draws import Draws
from testbed.evaluation.extra import Learnt, asked, constants
from testbed.evaluation.risk import check_risk
from testbed.keys import canonical
from testbed.laws import Law, Population
from testbed.laws.population import NotDefinedError
from testbed.laws.table_population import TablePopulation
from testbed.maps import Computed
from testbed.outside import representation
from testbed.pretexts import Optimum, Pretext, Truncated
from testbed.pretexts.base import Draw, Psi, Unknown
from testbed.regressors import Regressor

__all__ = ["Descent"]

T = TypeVar("T")
D = TypeVar("D", bound=Draws)


class Descent(Generic[D]):
    """What the cells of one law compute from the same draws; what several cells need is computed once."""

    def __init__(self, draws: D) -> None:
        self.draws = draws

    @property
    def law(self) -> Law:
        """Law of these repetitions."""
        return self.draws.law

    @property
    def truth(self) -> Population:
        """Population of the law, against which everything is scored."""
        return self.law.population()

    def measure(self, cell: Cell) -> dict[str, Any]:
        """Return all measured columns of a cell; on Moments each has an axis of repetitions."""
        pretext, probe = cell.learners(self.law)
        risk = self.reduced(cell, pretext, probe)
        if risk is not None and not cell.extra:
            learnt = Learnt(self.law, pretext, probe, None, None)
            return {**risk, **constants(learnt, self.law.shape[1]), **asked(cell, learnt, risk, lambda: None)}
        psi, optimum = self.learn(pretext, cell.n_unlabeled), self.aim(pretext)
        learnt = Learnt(self.law, pretext, probe, psi, optimum)
        work = f"{cell.texts[1]} {cell.texts[2]} n={cell.n_unlabeled}, {cell.n_labeled}"
        readout, width = self.read(learnt, cell.n_labeled, work)
        if risk is None:
            risk = self.risk(learnt, readout, width)
            check_risk(self.truth, risk)
        found = asked(cell, learnt, risk, partial(self.errors01, psi, readout))
        return {**risk, **constants(learnt, width), **found}

    def reduced(self, cell: Cell, pretext: Pretext, probe: Regressor) -> Mapping[str, Any] | None:
        """Columns of the risk where they are found without psi itself, whatever else is asked for; None elsewhere."""
        return None

    def learn(self, pretext: Pretext, n: int) -> Psi:
        """Representation learnt from n pairs; a truncation shares the fit of what it truncates."""

        def learn() -> Psi:
            draw = self.pairs(pretext, n) if pretext.folds else []
            if isinstance(pretext, Optimum):
                return self.aim(pretext)  # the same object, so that nothing is left between the two
            if isinstance(pretext, Truncated):
                return pretext.cut(self.learn(pretext.pretext, n), draw, self.law)
            return self.fit(pretext, draw, n)

        return self.once(("learn", canonical(pretext), n), learn)

    def aim(self, pretext: Pretext) -> Psi:
        """Representation that a task aims at, on the law that draws its pairs."""
        work = f"optimum {canonical(pretext)}"

        def aim() -> Psi:
            found, d1 = self.seeded(work, lambda: pretext.aim(self.law)), self.law.shape[0]
            ours = isinstance(found, Unknown | Computed)  # nothing to check, and its losses are known by what it is
            aimed = found if ours else representation(found, d1, pretext, self.number(work))
            if self.law.pretext_law is self.law or not isinstance(self.truth, TablePopulation):
                return aimed
            try:
                found(self.truth.points1)
            except NotDefinedError as error:  # a point of the labelled law that the pairs never meet
                return Unknown(f"what the pairs teach is not defined on the labelled law: {error}")
            return aimed

        return self.once((work,), aim)

    def pairs(self, pretext: Pretext, n: int) -> Draw:
        """Draw n pairs (x1, x2), as a task takes them."""
        raise NotImplementedError

    def fit(self, pretext: Pretext, pairs: Draw, n: int) -> Psi:
        """Return the representation that a task learns from n pairs."""
        raise NotImplementedError

    def read(self, learnt: Learnt, n: int, work: str) -> tuple[Any, int]:
        """Fit the probe to n labels: its predictor, and the coordinates that it reads."""
        raise NotImplementedError

    def risk(self, learnt: Learnt, readout: Any, width: int) -> Mapping[str, Any]:
        """Return the columns of the risk of the predictor, against the population."""
        raise NotImplementedError

    def errors01(self, psi: Psi, readout: Any) -> Array | None:
        """Return the 0-1 error of a fitted probe on psi, one for each repetition; None where it is not defined."""
        raise NotImplementedError

    def once(self, key: tuple[Any, ...], compute: Callable[[], T]) -> T:
        """Compute what has this name for these repetitions, unless it is known."""
        return self.draws.once(key, compute)

    def number(self, work: str) -> int:
        """Seed of the global random generators for a piece of work."""
        return self.draws.source.number("learner", work, self.draws.first)

    def seeded(self, work: str, compute: Callable[[], T]) -> T:
        """Do a piece of a learner's work, with the global random generators seeded for it."""
        return seeded(self.number(work), compute)
