"""The representations a pretext is compared with: x1 itself, and the truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from testbed.arguments import Seed, shown
from testbed.data import LinearMap
from testbed.laws import Law
from testbed.laws.population import FeatureClass
from testbed.pretexts.base import NO_LAW, Draw, Pretext, Psi, Source, Unknown

__all__ = ["Optimum", "Oracle", "Raw"]


@dataclass(frozen=True, repr=False)
class Raw(Pretext):
    """No pretext: psi(x1) = x1. With a regressor as its probe it is a supervised baseline.

    Examples
    --------
    >>> from testbed.generators import CleanMixture
    >>> from testbed.pretexts import Raw
    >>> law = CleanMixture(k=3, structure_seed=1).law()
    >>> psi = Raw().optimum(law)    # what it learns from infinitely many pairs
    >>> truth = law.population()
    >>> float(truth.approximation_error(psi).round(3))    # the excess risk of its best linear read-out, e_apx
    0.092
    """

    source: ClassVar[Source] = "nothing"

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

    def fit(self, draw: Draw, law: Law = NO_LAW, rng: Seed = 0) -> Psi:
        """Return the identity on x1, whatever the draw."""
        return self.optimum(law)

    def optimum(self, law: Law) -> Psi:
        """Return the identity on x1."""
        return LinearMap.identity(law.shape[0])


@dataclass(frozen=True, repr=False)
class Oracle(Pretext):
    """The truth: psi*(x1), the best predictor of x2 from x1 in a class.

    Parameters
    ----------
    feature_class : "linear" or "universal"
        All affine maps of x1, or all measurable functions: E[X2 | X1 = x1].
    pairs : bool
        Whether psi* is that of the law of the unlabelled pairs, which a shift makes another one than that of the
        labelled data. Either way nothing is estimated, and the row has no pretext part.

    Examples
    --------
    >>> from testbed.generators import CleanMixture
    >>> from testbed.pretexts import Oracle
    >>> law = CleanMixture(k=3, structure_seed=1).law()
    >>> psi = Oracle("linear").optimum(law)    # what it learns from infinitely many pairs
    >>> truth = law.population()
    >>> float(truth.approximation_error(psi).round(3))    # the excess risk of its best linear read-out, e_apx
    0.092
    """

    reads_law: ClassVar[bool] = True
    source: ClassVar[Source] = "law"

    feature_class: FeatureClass
    pairs: bool = False

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

    def fit(self, draw: Draw, law: Law = NO_LAW, rng: Seed = 0) -> Psi:
        """Return psi* of the law that the oracle aims at, whatever the draw."""
        return self.aim(law)

    def aim(self, law: Law) -> Psi:
        """Return psi* of the law of the pairs or, where `pairs` is false, of the labelled data."""
        return self.optimum(law.pretext_law if self.pairs else law)

    def optimum(self, law: Law) -> Psi:
        """Return psi* of a law, in the class of functions that the oracle names."""
        truth = law.population()
        return truth.linear_psi_star if self.linear else truth.psi_star


@dataclass(frozen=True, repr=False)
class Optimum(Pretext):
    """What a task aims at, in place of what it learns: the representation that infinitely many pairs would teach.

    Its row has no pretext part, so that it says what the task itself costs.

    Parameters
    ----------
    pretext : Pretext
        The task.

    Raises
    ------
    ValueError
        In a fit, on laws where the optimum is not known.

    Examples
    --------
    >>> from testbed.generators import CleanMixture
    >>> from testbed.pretexts import CCA, Optimum
    >>> law = CleanMixture(k=3, structure_seed=1).law()
    >>> psi = Optimum(CCA(2)).fit([law.moments(30, rng=0)], law)    # whatever the draw
    >>> bool((psi.weight == CCA(2).optimum(law).weight).all())
    True
    """

    reads_law: ClassVar[bool] = True
    source: ClassVar[Source] = "limit"

    pretext: Pretext

    def __post_init__(self) -> None:
        """Refuse the optimum of an optimum."""
        super().__post_init__()
        if isinstance(self.pretext, Optimum):
            raise ValueError(f"pretext = {shown(self.pretext)}: a task is needed, not an Optimum itself")

    @property
    def linear(self) -> bool:
        """Whether the optimum of the task is affine in x1."""
        return self.pretext.linear

    @property
    def folds(self) -> int:
        """No pairs are looked at."""
        return 0

    @property
    def weighted(self) -> bool:
        """No pairs are looked at, so their weights are not missed."""
        return True

    @property
    def leading(self) -> Literal["variance", "first", "none"]:
        """The rule of the task for what `Truncated` keeps."""
        return self.pretext.leading

    def fit(self, draw: Draw, law: Law = NO_LAW, rng: Seed = 0) -> Psi:
        """Return what infinitely many pairs would teach, whatever the draw."""
        return self.aim(law)

    def aim(self, law: Law) -> Psi:
        """Return what the task tends to with infinitely many pairs of the law."""
        return _known(self.pretext.aim(law))

    def optimum(self, law: Law) -> Psi:
        """Return the optimum of the task."""
        return _known(self.pretext.optimum(law))


def _known(found: Psi) -> Psi:
    """An optimum that is known; elsewhere its reason, raised."""
    if isinstance(found, Unknown):
        raise ValueError(found.reason)
    return found
