"""The base of all statements: assumptions with margins, the two sides that are compared, and their subject."""

from __future__ import annotations

import warnings
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np

from testbed._linalg import Array, inner
from testbed.arguments import shown
from testbed.keys import Dial
from testbed.laws import Population
from testbed.laws.readouts import EDGE
from testbed.screens import short

__all__ = [
    "CONSTANT", "EDGE", "Assumption", "Exact", "FiniteSample", "Kind", "Sides", "Statement", "Versions", "compared",
    "label_known", "label_varies", "predicted", "variance_of_label",
]  # fmt: skip

Versions = tuple[Mapping[str, Any], ...]
Kind = Literal["identity", "inequality", "rate"]
CONSTANT = 1e-12  # share of E|Y|^2 at or below which E|Y - EY|^2 is the rounding of a constant


class Assumption(NamedTuple):
    """A condition on a law, with its margin: how far the law is from breaking it, negative where it does.

    Attributes
    ----------
    name : str
        What is assumed.
    margin : (...)
        In the condition's own unit: room where it holds, minus the size of the violation where not.
    holds : (...) of bool
        Whether the law has it.

    Examples
    --------
    >>> import numpy as np
    >>> from testbed.theory import Assumption
    >>> Assumption("conditional independence", np.array(-0.25), np.array(False))
    <Assumption: name conditional independence, margin -0.25, holds False>
    """

    name: str
    margin: Array
    holds: Any

    def __repr__(self) -> str:
        return short(self)


class Sides(NamedTuple):
    """Both sides of a statement on a law.

    Attributes
    ----------
    left : (...)
        What is measured; NaN where draws must be simulated for it, or where nothing is compared.
    right : (...)
        The value, bound or mean that is predicted.
    scale : (...)
        Natural size of both sides, against which rounding is judged.
    error : (...)
        Standard error of left - right where a law needs an integral; NaN where nothing is compared.

    Examples
    --------
    >>> from testbed import theory
    >>> from testbed.generators import CleanMixture
    >>> truth = CleanMixture(k=3, structure_seed=1).law().population()
    >>> sides = theory.IntrinsicBound().sides(truth)    # both are 0 where conditional independence holds
    >>> bool(sides.left <= 1e-12 * sides.scale), float(sides.right)
    (True, 0.0)
    """

    left: Array
    right: Array
    scale: Array
    error: Array

    def __repr__(self) -> str:
        return short(self)


def variance_of_label(truth: Population) -> Array:
    """E|Y - EY|^2, (...): the natural size of a risk."""
    return np.broadcast_to(np.trace(truth.syy, axis1=-2, axis2=-1), truth.second2.shape)


def compared(truth: Population, left: Any, right: Any, scale: Any = None, error: Any = 0.0) -> Sides:
    """Both sides with the leading axes of the population; the scale is E|Y - EY|^2 unless another is given."""
    scale = variance_of_label(truth) if scale is None else scale
    values = [np.asarray(value, dtype=float) for value in (left, right, scale, error)]
    shape = np.broadcast_shapes(truth.second2.shape, *(value.shape for value in values))
    return Sides(*(np.broadcast_to(value, shape) for value in values))


def predicted(truth: Population, right: Any) -> Sides:
    """The right side alone, with the leading axes of the population: its left side is the draws' to say."""
    return compared(truth, np.nan, right, error=np.nan)


@dataclass(frozen=True, repr=False)
class Statement(Dial, ABC):
    """A theorem, lemma or identity: what it assumes of a law, and the two sides that it compares.

    The fields of a subclass choose among the versions of one statement (class of functions, intercept). Everything is
    an array with the leading axes of the population.

    Attributes
    ----------
    kind : "identity", "inequality" or "rate"
        Whether what is measured must equal the prediction, stay below it, or fall with the sample size as predicted.
    title, source, claim : str
        Name in its source, the source with its version, and the formula in plain text.
    versions : tuple of mappings
        Settings of each version that `testbed check` runs and `testbed describe` shows. It is not inherited: a class
        that says nothing has one version, that of its defaults. Where nothing is compared there is none.

    Examples
    --------
    >>> from testbed import theory
    >>> from testbed.generators import CleanMixture
    >>> truth = CleanMixture(k=3, structure_seed=1).law().population()
    >>> bool(theory.ZeroError().applies(truth)), float(theory.ZeroError().sides(truth).right)
    (True, 0.0)
    """

    versions: ClassVar[Versions] = ({},)
    kind: ClassVar[Kind]
    title: ClassVar[str]
    source: ClassVar[str]
    claim: ClassVar[str]

    def __init_subclass__(cls) -> None:
        """Give a class that names no versions the one of its defaults, whatever its base has."""
        super().__init_subclass__()
        if "versions" not in vars(cls):
            cls.versions = ({},)

    @abstractmethod
    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """What the statement asks of a law, each with its margin."""

    @abstractmethod
    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """Both sides; a statement about the law alone takes no sample sizes."""

    def predicted(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Array:
        """Give the right side of `sides`; the former spelling, which goes in the next version."""
        warnings.warn("Statement.predicted is Statement.sides(...).right now", DeprecationWarning, stacklevel=2)
        return self.sides(truth, n_unlabeled, n_labeled).right

    def subject(self, truth: Population) -> Assumption:
        """What the statement speaks of, of which a degenerate law has nothing: by default a label that x1 knows of.

        Without it both sides are 0, or what rounding makes of 0, and their agreement would say nothing.
        """
        return label_known(truth, getattr(self, "feature_class", "universal"), getattr(self, "intercept", True))

    def asked(self, truth: Population) -> tuple[Assumption, ...]:
        """The assumptions, and where the law lacks it the subject."""
        subject = self.subject(truth)
        return self.assumptions(truth) if np.all(subject.holds) else (*self.assumptions(truth), subject)

    def applies(self, truth: Population) -> Any:
        """Whether all assumptions hold, and there is something to speak of, (...) bool."""
        holds = [np.asarray(a.holds) for a in self.asked(truth)]
        return np.logical_and.reduce(np.broadcast_arrays(*holds)) if holds else np.ones(truth.second2.shape, dtype=bool)


class Exact(Statement):
    """A statement between quantities of the law: both sides are computed, nothing is simulated.

    Examples
    --------
    >>> from testbed import theory
    >>> from testbed.generators import CleanMixture
    >>> truth = CleanMixture(k=3, rho=0.5, structure_seed=1).law().population()
    >>> sides = theory.IntrinsicBound().sides(truth)
    >>> bool(sides.left <= sides.right)
    True
    """

    def measured(self, truth: Population) -> Array:
        """Give the left side of `sides`; the former spelling, which goes in the next version."""
        warnings.warn("Exact.measured is Exact.sides(...).left now", DeprecationWarning, stacklevel=2)
        return self.sides(truth).left


class FiniteSample(Statement):
    """A statement about learners that see draws: its left side is the mean of a column over repetitions.

    Attributes
    ----------
    n_unlabeled, n_labeled : tuple of int
        Sample sizes at which it is checked.

    Examples
    --------
    >>> from testbed import theory
    >>> theory.OracleRate().pretext, theory.OracleRate().column
    ('Oracle("universal")', 'estimation')
    """

    n_unlabeled: ClassVar[tuple[int, ...]] = (1000,)
    n_labeled: ClassVar[tuple[int, ...]] = (1000,)

    def subject(self, truth: Population) -> Assumption:
        """A label that varies: what labels buy is not nothing where x1 knows nothing of them."""
        return label_varies(truth)

    @property
    @abstractmethod
    def pretext(self) -> str:
        """Canonical text of the pretext it is about."""

    @property
    @abstractmethod
    def probe(self) -> str:
        """Canonical text of the probe it is about."""

    @property
    @abstractmethod
    def column(self) -> str:
        """Measured column whose mean is predicted."""

    @property
    def exponent(self) -> float | None:
        """Of a rate, the slope of log(column) in log(abscissa); None for what is no rate."""
        return None

    def abscissa(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Array:
        """Size in which a rate is a straight line in logarithms, (...)."""
        raise ValueError(f"{shown(self)} is no rate: it has no abscissa")


def label_varies(truth: Population) -> Assumption:
    """The label is not a constant: the margin is E|Y - EY|^2."""
    total = variance_of_label(truth)
    return Assumption("the label varies", total, total > CONSTANT * (total + np.sum(truth.mean_y**2, axis=-1)))


def label_known(truth: Population, feature_class: Any = "universal", intercept: bool = True) -> Assumption:
    """The label varies, and its best predictor f of the class: the margin is E|f - EY|^2 (no intercept: E|f|^2)."""
    varies = label_varies(truth)
    if not np.any(varies.holds):
        return varies
    f = truth.rows(feature_class).f
    level = 0.0 if intercept else np.sum(truth.mean_y**2, axis=-1)  # is something to be read too
    told = np.broadcast_to(inner(f, f) + level, truth.second2.shape)
    least = (EDGE + truth.lost1) ** 2 * varies.margin
    return Assumption("x1 tells something of the label", told, varies.holds & (told > least))
