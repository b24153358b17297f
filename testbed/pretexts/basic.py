"""The representations a pretext is compared with: x1 itself, and the truth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from testbed.data import LinearMap
from testbed.laws import Law
from testbed.laws.population import FeatureClass
from testbed.pretexts.base import Draw, Pretext, Psi

__all__ = ["Oracle", "Raw"]


@dataclass(frozen=True, repr=False)
class Raw(Pretext):
    """No pretext: psi(x1) = x1. With a regressor as its probe it is a supervised baseline."""

    @property
    def linear(self) -> bool:
        """The identity is linear."""
        return True

    @property
    def folds(self) -> int:
        """No pairs are looked at."""
        return 0

    @property
    def weighted(self) -> bool:
        """No pairs are looked at, so their weights are not missed."""
        return True

    def fit(self, draw: Draw, law: Law, rng: np.random.Generator) -> Psi:
        """Return the identity."""
        return self.optimum(law)

    def optimum(self, law: Law) -> Psi:
        """Return the identity."""
        return LinearMap.identity(law.shape[0])


@dataclass(frozen=True, repr=False)
class Oracle(Pretext):
    """The truth: psi*(x1), the best predictor of x2 from x1 in a class.

    Parameters
    ----------
    feature_class : "linear" or "universal"
        All affine maps of x1, or all measurable functions: E[X2 | X1 = x1].
    pairs : bool
        That of the law of the unlabelled pairs, where a shift makes it another one: what infinitely many of them teach.
        The optimum, from which the pretext part is counted, is that of the labelled law all the same.
    """

    feature_class: FeatureClass
    pairs: bool = False

    def __post_init__(self) -> None:
        """Check the settings."""
        if not isinstance(self.pairs, bool):
            raise ValueError(f"pairs = {self.pairs!r}; allowed: True, False")
        if self.feature_class not in ("linear", "universal"):
            raise ValueError(f"feature_class = {self.feature_class!r}; allowed: 'linear', 'universal'")

    @property
    def linear(self) -> bool:
        """Whether the class is the linear one."""
        return self.feature_class == "linear"

    @property
    def folds(self) -> int:
        """No pairs are looked at."""
        return 0

    @property
    def weighted(self) -> bool:
        """No pairs are looked at, so their weights are not missed."""
        return True

    def fit(self, draw: Draw, law: Law, rng: np.random.Generator) -> Psi:
        """Return the truth."""
        return self.optimum(law.pretext_law if self.pairs else law)

    def optimum(self, law: Law) -> Psi:
        """Return the truth."""
        truth = law.population()
        return truth.linear_psi_star if self.linear else truth.psi_star
