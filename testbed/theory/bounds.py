"""Bounds of the intrinsic risk: what a violation of conditional independence can cost at the population."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from testbed._linalg import Array
from testbed.laws import Population
from testbed.laws.conditional import FeatureClass, Given
from testbed.theory.base import Assumption, Exact, Kind, readable

__all__ = ["IntrinsicBound", "SharperBound"]

LEE = "Lee, Lei, Saunshi and Zhuo, NeurIPS 2021"


@dataclass(frozen=True, repr=False)
class IntrinsicBound(Exact):
    """Intrinsic risk of the pretext optimum above that of x1, against (eps_CI / beta)^2.

    e_apx(psi*) - e_apx(phi1) <= eps_CI^2 / beta^2, with constant 1; e_apx(phi1) is 0 in the universal class.

    References
    ----------
    Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, Theorem 4.2, its approximation term without the hidden constant.
    """

    feature_class: FeatureClass = "linear"
    intercept: bool = True
    given: Given = "yz"

    kind: ClassVar[Kind] = "inequality"
    title: ClassVar[str] = "Theorem 4.2, intrinsic part"
    source: ClassVar[str] = LEE
    claim: ClassVar[str] = "e_apx(psi*) - e_apx(phi1) <= eps_CI^2 / beta^2"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """A read-out of the conditional means exists."""
        return (readable(truth, self.intercept, self.given),)

    def predicted(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Array:
        """eps_CI^2 / beta^2; infinite where beta is 0."""
        beta = truth.beta(self.intercept, self.given)
        epsilon = truth.epsilon_ci(self.feature_class, self.given)
        return np.where(beta > 0.0, epsilon**2 / np.where(beta > 0.0, beta, 1.0) ** 2, np.inf)

    def measured(self, truth: Population) -> Array:
        """e_apx(psi*) - e_apx(phi1)."""
        if self.feature_class == "linear":
            return truth.approximation_error(truth.linear_psi_star, self.intercept) - truth.class_floor
        return truth.approximation_error(truth.psi_star, self.intercept)


@dataclass(frozen=True, repr=False)
class SharperBound(IntrinsicBound):
    """Intrinsic risk above that of x1, against the best read-out of the conditional means.

    min over W with W'A_bar' = M of E|W'(psi* - A_bar' fbar)|^2: never above (eps_CI / beta)^2, and its infimum over
    invertible maps of X2.
    """

    title: ClassVar[str] = "Sharper intrinsic bound"
    source: ClassVar[str] = "this project (I7)"
    claim: ClassVar[str] = "e_apx(psi*) - e_apx(phi1) <= min_W tr W'GW, W'A_bar' = M"

    def predicted(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Array:
        """The minimum; infinite where no W solves."""
        return truth.sharper_bound(self.intercept, self.feature_class, self.given)
