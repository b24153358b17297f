"""What every pretext is: draws of (x1, x2) -> representation psi of x1, and the optimum it aims at."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from testbed._linalg import Array
from testbed.data import LinearMap, Moments, Sample
from testbed.keys import Dial
from testbed.laws import Law

__all__ = ["Draw", "Pretext", "Psi", "Unknown"]

Psi = LinearMap | Callable[[Array], Array]
Draw = Sequence[Moments] | Sample  # independent batches of Moments for linear pretexts, rows for the others


@dataclass(frozen=True)
class Unknown:
    """The optimum of a task where it is not computed: what is measured against it is left empty."""

    of: str

    def __call__(self, x1: Array) -> Array:
        """Refuse to be a representation."""
        raise ValueError(f"the optimum of {self.of} is not computed")


class Pretext(Dial):
    """Base of the pretext tasks, frozen dataclasses of their settings."""

    @property
    @abstractmethod
    def linear(self) -> bool:
        """Whether psi is affine in x1, so that Moments suffice."""

    @property
    def folds(self) -> int:
        """Number of independent batches of Moments that the fit wants; 0 where it looks at no pairs."""
        return 1

    @property
    def needs_square(self) -> bool:
        """Whether the scatter (x2, x2) is looked at."""
        return False

    @property
    def tune_once(self) -> bool:
        """Whether its learner chooses its settings on repetition 0 of a cell and holds them (see `tuned`)."""
        return False

    @abstractmethod
    def fit(self, draw: Draw, law: Law, rng: np.random.Generator) -> Psi:
        """Learn psi from draws of the pairs; `law` is read by oracles only."""

    @abstractmethod
    def optimum(self, law: Law) -> Psi:
        """Return the representation that the task aims at, with infinitely many pairs; `Unknown` if not computed."""

    def tuned(self, draw: Draw, law: Law, rng: np.random.Generator) -> Pretext:
        """Return a copy whose learner holds the settings it chooses on these rows, where it is one to do so."""
        return self
