"""Numbers of a law as columns beside what is measured; nothing is assumed of the law, and nothing is claimed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from testbed._linalg import Array, inner
from testbed.laws import Population
from testbed.laws.held import error_name
from testbed.laws.population import NotDefinedError
from testbed.laws.readouts import FeatureClass, Given
from testbed.theory.base import Assumption, Kind, Sides, Statement, Versions, predicted
from testbed.theory.conditions import damage

__all__ = ["Quantity", "QuantityName", "TwoViewCeiling"]

QuantityName = Literal[
    "damage", "constant", "epsilon_ci", "beta", "rank", "affine_rank", "smallest_singular_value", "aligned",
    "anti_aligned", "harmful", "neutral", "tau", "two_view", "mutual_information",
]  # fmt: skip


@dataclass(frozen=True, repr=False)
class Quantity(Statement):
    """A number of the law under its own name, for ``Experiment(theory={...})``: it predicts nothing.

    ``damage``
        e_apx(psi*) - e_apx(phi1), what psi* loses; e_apx(phi1) is 0 in the universal class.
    ``constant``
        E|f_H - EY|^2, without an intercept E|f_H|^2, f_H the best predictor of the class: the damage that is done where
        psi* says nothing at all. No damage exceeds it, and a bound above it is not informative.
    ``epsilon_ci``, ``beta``
        Of the class, the intercept and the conditioning that are asked for, which need not be those of the row.
    ``rank``, ``affine_rank``, ``smallest_singular_value``
        Of the conditional means of X2, the last with their common level taken out where an intercept frees it.
    ``aligned``, ``anti_aligned``, ``harmful``, ``neutral``
        Parts of the signed leak (I14).
    ``tau``
        Unlabelled pairs per label above which a rank-k pretext beats least squares on x1 (I15).
    ``two_view``
        E|E[Y|X1,X2] - E[Y|X1]|^2, what is given up by reading x1 alone (I11).
    ``mutual_information``
        I(X1; X2 | what is given) in nats: all of the dependence, not that in means alone.

    It is NaN, and the column empty, where a law does not compute it or it is not defined.

    Parameters
    ----------
    name : str
        One of the names above.
    feature_class : "linear" or "universal"
        Class of damage, constant, eps_CI, the leak and tau.
    intercept : bool
        Of the read-out.
    given : "yz" or "y"
        What eps_CI, beta, ranks, the leak, tau and the mutual information condition on.

    Raises
    ------
    ValueError
        For an unknown name.

    Examples
    --------
    >>> from testbed import check, theory
    >>> f"{theory.Quantity('beta').sides(check.LAWS['gaussian'].population()).right:.4f}"
    '1.1365'
    """

    name: QuantityName
    feature_class: FeatureClass = "linear"
    intercept: bool = True
    given: Given = "yz"

    versions: ClassVar[Versions] = ()
    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Quantity of the law"
    source: ClassVar[str] = "none"
    claim: ClassVar[str] = "none"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """Nothing is assumed: a quantity is shown wherever the law defines it."""
        return ()

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """Return the number for each law, (...), as the right side."""
        value = self._of[self.name](truth)
        return predicted(truth, np.nan if value is None else value)

    def error(self, truth: Population) -> Array:
        """Standard error of the number where the law needs an integral for it, 0 where it is closed form, (...)."""
        value, name, universal = self.sides(truth).right, self.name, self.feature_class == "universal"
        if name in ("tau", "aligned", "anti_aligned", "harmful", "neutral"):
            found = truth.error_of(name, self.feature_class, self.intercept, self.given)
        elif name == "epsilon_ci" and universal:
            found = truth.se[error_name("epsilon_ci_universal", given=self.given)]
        elif name == "damage" and universal:
            found = truth.error_of("approximation_error", "universal", self.intercept)
        elif name == "constant":
            found = truth.se["bayes_noise"] if universal else np.zeros(())
        elif name == "two_view":
            found = np.hypot(truth.se["bayes_noise"], truth.se.get("bayes_risk_both", np.zeros(())))
        elif name == "mutual_information":
            found = truth.se.get(f"mutual_information_{self.given}", np.zeros(()))
        else:
            found = np.zeros(())
        return np.where(np.isfinite(value), found, np.nan)

    @property
    def _of(self) -> dict[str, Callable[[Population], Array | None]]:
        kind, intercept, given = self.feature_class, self.intercept, self.given
        parts = ("aligned", "anti_aligned", "harmful", "neutral")
        leak = {part: lambda p, part=part: getattr(p.signed_leak(intercept, kind, given), part) for part in parts}
        return {
            "damage": lambda p: damage(p, kind, intercept),
            "constant": self._constant,
            "epsilon_ci": lambda p: p.epsilon_ci(kind, given),
            "beta": lambda p: p.beta(intercept, given),
            "rank": lambda p: p.ranks(given).rank,
            "affine_rank": lambda p: p.ranks(given).affine_rank,
            "smallest_singular_value": self._smallest,
            "tau": lambda p: p.tau(intercept, kind, given),
            "two_view": _two_view,
            "mutual_information": lambda p: p.mutual_information("x1", "x2", given),
            **leak,
        }

    def _constant(self, truth: Population) -> Array:
        f = truth.rows(self.feature_class, self.given).f
        level = 0.0 if self.intercept else np.sum(truth.mean_y**2, axis=-1)
        return np.asarray(inner(f, f) + level)

    def _smallest(self, truth: Population) -> Array:
        ranks = truth.ranks(self.given)
        if not (self.intercept and truth.simplex[self.given]):
            return np.asarray(ranks.singular_values[..., -1])
        values = ranks.affine_singular_values
        states = truth.means(self.given)[0].shape[-2]
        return np.asarray(values[..., min(states - 1, values.shape[-1]) - 1])


@dataclass(frozen=True, repr=False)
class TwoViewCeiling(Statement):
    """E|E[Y|X1,X2] - E[Y|X1]|^2 >= 0: how far the best use of both views is below the Bayes risk of x1.

    No function of x1 gets there, so no psi(x1) and no probe: the excess risk of what sees x1 only is at least 0, and
    that of E[Y|X1,X2] is minus this number.

    References
    ----------
    This project (I11).

    Examples
    --------
    >>> from testbed import check, theory
    >>> f"{theory.TwoViewCeiling().sides(check.LAWS['finite'].population()).right:.4f}"
    '0.1415'
    """

    versions: ClassVar[Versions] = ()
    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Two-view ceiling"
    source: ClassVar[str] = "this project (I11)"
    claim: ClassVar[str] = "E tr Cov(Y|X1) - E tr Cov(Y|X1,X2) = E|E[Y|X1,X2] - E[Y|X1]|^2 >= 0"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """Nothing is assumed: a second view never raises the Bayes risk."""
        return ()

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """The difference of both Bayes risks, on the right; NaN where the law does not compute that of both views."""
        value = _two_view(truth)
        return predicted(truth, np.nan if value is None else value)


def _two_view(truth: Population) -> Array | None:
    try:
        return truth.bayes_risk("x1") - truth.bayes_risk("both")
    except NotDefinedError:  # the law does not compute it
        return None
