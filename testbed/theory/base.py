"""What a statement of the theory is: assumptions with margins, a prediction, and the quantity that it speaks of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal, NamedTuple, get_args, get_origin, get_type_hints

import numpy as np

from testbed._linalg import LOST, Array, inner
from testbed.arguments import shown
from testbed.keys import Dial
from testbed.laws import Population
from testbed.laws.conditional import EDGE

__all__ = [
    "EDGE",
    "Assumption",
    "Exact",
    "FiniteSample",
    "Kind",
    "Sides",
    "Statement",
    "conditional_independence",
    "label_known",
    "label_varies",
    "mean_independence",
    "oracle_error",
    "readable",
    "x1_varies",
]

Kind = Literal["identity", "inequality", "rate"]
CONSTANT = 1e-12  # share of E|Y|^2 at or below which E|Y - EY|^2 is the rounding of a constant


class Sides(NamedTuple):
    """Both sides of a statement on a law."""

    left: Array  # (...) what is measured; NaN where draws must be simulated for it, or where nothing is compared
    right: Array  # (...) the value, bound or mean that is predicted
    scale: Array  # (...) natural size of both sides, against which rounding is judged
    error: Array  # (...) standard error of left - right where a law needs an integral; NaN where left is


class Assumption(NamedTuple):
    """A condition, and how far a law is from its edge."""

    name: str
    margin: Array  # (...) in the condition's own unit: room where it holds, minus the size of the violation where not
    holds: Any  # (...) bool


@dataclass(frozen=True, repr=False)
class Statement(Dial, ABC):
    """A theorem, lemma or identity: what it assumes of a law, and what it then predicts.

    The fields of a subclass choose among the versions of one statement (class of functions, intercept). Everything is
    an array with the leading axes of the population.

    Attributes
    ----------
    kind : "identity", "inequality" or "rate"
        Whether what is measured must equal the prediction, stay below it, or fall with the sample size as predicted.
    title, source, claim : str
        Name in its source, the source with its version, and the formula in plain text.
    """

    kind: ClassVar[Kind]
    title: ClassVar[str]
    source: ClassVar[str]
    claim: ClassVar[str]

    def __post_init__(self) -> None:
        """Check the fields that choose among names, or between yes and no."""
        hints = get_type_hints(type(self))
        for name in (f.name for f in fields(self)):
            hint, value = hints[name], getattr(self, name)
            allowed = (True, False) if hint is bool else get_args(hint) if get_origin(hint) is Literal else None
            if allowed and not any(type(value) is type(a) and value == a for a in allowed):
                raise ValueError(f"{name} = {shown(value)}; allowed: {', '.join(map(repr, allowed))}")

    @abstractmethod
    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """What the statement asks of a law, each with its margin."""

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

    @abstractmethod
    def predicted(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Array:
        """Value, bound or mean that is predicted, (...); a statement about the law alone takes no sample sizes."""

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """Both sides; a statement about the law alone takes no sample sizes."""
        right, none = self.predicted(truth, n_unlabeled, n_labeled), np.full(truth.second2.shape, np.nan)
        return Sides(none, right, self.scale(truth), none)

    def scale(self, truth: Population) -> Array:
        """Natural size of both sides, against which rounding is judged: E|Y - EY|^2 for a risk, (...)."""
        return np.broadcast_to(np.trace(truth.syy, axis1=-2, axis2=-1), truth.second2.shape)


class Exact(Statement):
    """A statement between quantities of the law: both sides are computed, nothing is simulated."""

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """Both sides of the law; sample sizes change nothing."""
        right, left = self.predicted(truth), self.measured(truth)
        return Sides(left, right, self.scale(truth), self.error(truth))

    @abstractmethod
    def measured(self, truth: Population) -> Array:
        """Left side, (...)."""

    def error(self, truth: Population) -> Array:
        """Standard error of the difference of both sides where a law needs an integral, (...)."""
        return np.zeros(truth.second2.shape)


class FiniteSample(Statement):
    """A statement about learners that see draws: its left side is the mean of a column over repetitions.

    Attributes
    ----------
    n_unlabeled, n_labeled : tuple of int
        Sample sizes at which it is checked.
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
    total = np.broadcast_to(np.trace(truth.syy, axis1=-2, axis2=-1), truth.second2.shape)
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


def x1_varies(truth: Population) -> Assumption:
    """Some coordinate of x1 is not a constant: the margin is the largest variance that is not lost in its mean."""
    variance = np.diagonal(truth.s11, axis1=-2, axis2=-1)
    lost = (LOST * truth.mean1) ** 2
    left = np.broadcast_to(np.where(variance > lost, variance, 0.0).max(axis=-1), truth.second2.shape)
    return Assumption("x1 varies", left, left > 0.0)


def conditional_independence(truth: Population, feature_class: Any, given: Any = "yz") -> Assumption:
    """X1 and X2 independent given the state, as far as the class sees it: the margin is -eps_CI."""
    epsilon = truth.epsilon_ci(feature_class, given)
    words = "(Y, Z)" if given == "yz" and truth.latent else "Y"
    return Assumption(f"eps_CI = 0 given {words}", -epsilon, epsilon <= truth.rounding2)


def mean_independence(truth: Population, given: Any = "yz") -> Assumption:
    """E[X2 | X1, state] = E[X2 | state]: the margin is minus the root mean square of the difference."""
    size = truth.mean_dependence(given)
    words = "Y,Z" if given == "yz" and truth.latent else "Y"
    return Assumption(f"E[X2|X1,{words}] = E[X2|{words}]", -size, size <= truth.rounding2)


def readable(truth: Population, intercept: bool, given: Any = "yz") -> Assumption:
    """Some W has W'A_bar' = M, so that a linear read-out finds the label in the means of X2: the margin is beta."""
    beta = truth.beta(intercept, given)
    name = "A" if given == "y" or not truth.latent else "A_bar"
    return Assumption(f"W'{name}' = M solvable{', with intercept' if intercept else ''}", beta, beta > 0.0)


def oracle_error(truth: Population, intercept: bool) -> Array:
    """Standard error of e_apx of the universal psi*, once that has been asked for, (...)."""
    name = "approximation_error" if intercept else "approximation_error_no_intercept"
    return np.broadcast_to(truth.se.get(name, 0.0), truth.second2.shape)
