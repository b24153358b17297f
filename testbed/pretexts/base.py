"""The base of all pretexts: from draws of (x1, x2) to a representation psi of x1, and its optimum on a law."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, NoReturn

import numpy as np

from testbed._linalg import Array
from testbed.arguments import shown
from testbed.data import LinearMap, Moments, Sample
from testbed.guards import Guarded
from testbed.keys import Dial
from testbed.laws import Law

__all__ = ["Draw", "Pretext", "Psi", "Unknown", "rows_of"]

Psi = LinearMap | Callable[[Array], Array]
Draw = Sequence[Moments] | Sample  # independent batches of Moments for linear pretexts, rows for the others


@dataclass(frozen=True)
class Unknown:
    """An optimum that cannot be computed, and why: rows leave its parts of the risk empty."""

    reason: str

    def __call__(self, x1: Array) -> NoReturn:
        """Refuse to be evaluated."""
        raise ValueError(self.reason)


class Pretext(Dial, Guarded, kind="pretext"):
    """Base of the pretext tasks, frozen dataclasses of their settings."""

    called: ClassVar[str] = "a pretext of testbed.pretexts"

    @property
    @abstractmethod
    def linear(self) -> bool:
        """Whether psi is affine in x1 and is learnt from Moments alone."""

    @property
    def folds(self) -> int:
        """Number of independent batches of Moments that the fit wants; 0 where it looks at no pairs."""
        return 1

    @property
    def needs_square(self) -> bool:
        """Whether a fit uses the scatter of x2 with itself."""
        return False

    @property
    def tune_once(self) -> bool:
        """Whether its learner chooses its settings on repetition 0 of a cell and holds them (see `tuned`)."""
        return False

    @property
    def weighted(self) -> bool:
        """Whether the rows of a finite law may come once each, with `Sample.weight` their counts."""
        return False

    @property
    def leading(self) -> Literal["variance", "first", "none"]:
        """What `Truncated` keeps of psi: the directions that vary most, or the first coordinates.

        "first" where the task itself gives all coordinates the same variance and orders them; "none", and a truncation
        is refused, where an invertible map of psi is the same to the task, so that nothing orders its directions.
        """
        return "variance"

    @abstractmethod
    def fit(self, draw: Draw, law: Law, rng: np.random.Generator) -> Psi:
        """Learn psi from draws of the pairs; `law` is read by oracles only."""

    @abstractmethod
    def optimum(self, law: Law) -> Psi:
        """Return the representation that the task aims at, with infinitely many pairs; `Unknown` where it is not known.

        A law that the task cannot serve is refused by a ValueError with the reason.
        """

    def aim(self, law: Law) -> Psi:
        """Return what the pairs of a law teach in the limit: the optimum of the law that draws them (`pretext_law`)."""
        return self.optimum(law.pretext_law)

    def tuned(self, draw: Draw, law: Law, rng: np.random.Generator) -> Pretext:
        """Return a copy whose learner holds the settings it chooses on these rows, where it is one to do so."""
        return self


def rows_of(draw: Draw, task: Pretext) -> Sample:
    """Rows of a draw, each as often as its weight says: for learners that shuffle, resample or make batches."""
    if not isinstance(draw, Sample):
        raise TypeError(f"{shown(task)} is fitted on rows, not on Moments")
    if draw.weight is None:
        return draw
    place = np.repeat(np.arange(len(draw.x1)), draw.weight.astype(int))
    return Sample(draw.x1[place], draw.x2[place], draw.y[place], None if draw.z is None else draw.z[place])
