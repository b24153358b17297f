"""What a probe on a representation of x1 gives up: the other view, what is lost, what is not linear."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from testbed._linalg import RELATIVE_CUTOFF, Array, inner, least_squares
from testbed.laws import Population
from testbed.laws.conditional import ABSOLUTE
from testbed.laws.table_population import TablePopulation
from testbed.laws.undefined import NotDefinedError
from testbed.theory._sizes import unknown, widened
from testbed.theory.base import Assumption, Exact, Kind, Statement

__all__ = ["IntrinsicParts", "TwoViewCeiling"]


@dataclass(frozen=True, repr=False)
class TwoViewCeiling(Statement):
    """E|E[Y|X1,X2] - E[Y|X1]|^2 >= 0: how far the best use of both views is below the Bayes risk of x1.

    No function of x1 gets there, so no psi(x1) and no probe: the excess risk of what sees x1 only is at least 0, and
    that of E[Y|X1,X2] is minus this number.

    References
    ----------
    This project (I11).
    """

    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Two-view ceiling"
    source: ClassVar[str] = "this project (I11)"
    claim: ClassVar[str] = "E tr Cov(Y|X1) - E tr Cov(Y|X1,X2) = E|E[Y|X1,X2] - E[Y|X1]|^2 >= 0"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """None."""
        return ()

    def predicted(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Array:
        """The difference of both Bayes risks; NaN where the law does not compute that of both views."""
        try:
            both = truth.bayes_risk("both")
        except NotDefinedError:
            return widened(np.asarray(np.nan), truth)
        return widened(np.asarray(truth.bayes_noise - both), truth)


@dataclass(frozen=True, repr=False)
class IntrinsicParts(Exact):
    """What a linear probe cannot read of the label is either lost, or there and not linear.

    e_apx(psi) = E|f* - E[Y|psi]|^2 + E|E[Y|psi] - E^L[Y|psi]|^2: no probe recovers the first part, a nonlinear one the
    second.

    Parameters
    ----------
    representation : "signs" or "psi_star"
        Whether each coordinate of x1 is above its mean, which merges points; or the pretext optimum.

    References
    ----------
    This project; the second part is what Chen, Kornblith, Norouzi and Hinton, ICML 2020, section 4, call linearity.
    """

    representation: Literal["signs", "psi_star"] = "signs"

    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Information lost, and not linear"
    source: ClassVar[str] = "this project"
    claim: ClassVar[str] = "e_apx(psi) = E|f* - E[Y|psi]|^2 + E|E[Y|psi] - E^L[Y|psi]|^2"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """x1 has a finite support, so that E[Y|psi] is a sum."""
        finite = np.full(truth.second2.shape, isinstance(truth, TablePopulation))
        return (Assumption("x1 has a finite support", np.where(finite, 0.0, -1.0), finite),)

    def _features(self, truth: TablePopulation) -> tuple[Array, float, Array]:
        """Values of the features, and the unit and share of it up to which they are rounding."""
        if self.representation == "psi_star":
            return truth.psi_centred, ABSOLUTE, truth.unit2
        signs = (truth.points1 > truth.mean1).astype(float)
        return signs, RELATIVE_CUTOFF, truth.feature_unit(signs)

    def predicted(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Array:
        """Sum of both parts; NaN without a finite support."""
        if not isinstance(truth, TablePopulation):
            return unknown(truth)
        (psi, cutoff, unit), weight = self._features(truth), np.sqrt(truth.p1)[:, None]
        _, place = np.unique(psi + 0.0, axis=0, return_inverse=True)
        group = np.eye(int(place.max()) + 1)[place.ravel()]
        given = group @ ((group.T @ (truth.p1[:, None] * truth.f_table)) / (truth.p1 @ group)[:, None])
        _, rest, _ = least_squares(weight * (psi - truth.p1 @ psi), weight * (given - truth.p1 @ given), cutoff, unit)
        lost = weight * (truth.f_table - given)
        return np.asarray(inner(lost, lost) + inner(rest, rest))

    def measured(self, truth: Population) -> Array:
        """e_apx with an intercept; NaN without a finite support."""
        if not isinstance(truth, TablePopulation):
            return unknown(truth)
        if self.representation == "psi_star":
            return truth.approximation_error(truth.psi_star)
        return np.asarray(truth.approximation_error_table(self._features(truth)[0]))
