"""Bounds of the intrinsic risk: what a violation of conditional independence can cost at the population."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from testbed._linalg import Array, inner
from testbed.laws import Population
from testbed.laws.conditional import FeatureClass, Given
from testbed.theory.base import Assumption, Exact, Kind, oracle_error, readable

__all__ = ["LEE", "IntrinsicBound", "PseudoInverseBound", "SharperBound", "StrictlyLinearBound", "strictly_linear"]

LEE = "Lee, Lei, Saunshi and Zhuo, NeurIPS 2021"


@dataclass(frozen=True, repr=False)
class IntrinsicBound(Exact):
    """Intrinsic risk of the pretext optimum above that of x1, against (eps_CI / beta)^2.

    e_apx(psi*) - e_apx(phi1) <= eps_CI^2 / beta^2, with constant 1; e_apx(phi1) is 0 in the universal class. beta is 0
    where no W solves W'A_bar' = M, and nothing is then promised.

    References
    ----------
    Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, Theorem 4.2, its approximation term without the hidden constant (I6).
    """

    feature_class: FeatureClass = "linear"
    intercept: bool = True
    given: Given = "yz"

    kind: ClassVar[Kind] = "inequality"
    title: ClassVar[str] = "Theorem 4.2, intrinsic part"
    source: ClassVar[str] = f"{LEE}, Theorem 4.2"
    claim: ClassVar[str] = "e_apx(psi*) - e_apx(phi1) <= eps_CI^2 / beta^2"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """A read-out of the conditional means exists."""
        return (readable(truth, self.intercept, self.given),)

    def predicted(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Array:
        """eps_CI^2 / beta^2; infinite where beta is 0."""
        return _ratio(truth.epsilon_ci(self.feature_class, self.given), truth.beta(self.intercept, self.given))

    def measured(self, truth: Population) -> Array:
        """e_apx(psi*) - e_apx(phi1)."""
        if self.feature_class == "linear":
            return truth.approximation_error(truth.linear_psi_star, self.intercept) - truth.class_floor
        return truth.approximation_error(truth.psi_star, self.intercept)

    def error(self, truth: Population) -> Array:
        """In the universal class that of e_apx and of eps_CI^2 / beta^2; in the linear one the floor cancels."""
        if self.feature_class == "linear":
            return np.zeros(truth.second2.shape)
        name = "epsilon_ci_universal" if self.given == "yz" else "epsilon_ci_universal_y"
        epsilon = truth.epsilon_ci("universal", self.given)
        beta = truth.beta(self.intercept, self.given)
        slope = np.where(beta > 0.0, 2.0 * epsilon / np.where(beta > 0.0, beta, 1.0) ** 2, 0.0)
        return np.hypot(oracle_error(truth, self.intercept), slope * truth.se[name])


@dataclass(frozen=True, repr=False)
class SharperBound(IntrinsicBound):
    """Intrinsic risk above that of x1, against the best read-out of the conditional means.

    min over W with W'A_bar' = M of E|W'(psi* - A_bar' fbar)|^2: never above (eps_CI / beta)^2, and its infimum over
    invertible maps of X2. Both sides are taken at the same points of x1, so that their integrals share their error.
    """

    title: ClassVar[str] = "Sharper intrinsic bound"
    source: ClassVar[str] = "this project (I7)"
    claim: ClassVar[str] = "e_apx(psi*) - e_apx(phi1) <= min_W tr W'GW, W'A_bar' = M"

    def predicted(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Array:
        """The minimum; infinite where no W solves."""
        return truth.sharper_bound(self.intercept, self.feature_class, self.given)

    def error(self, truth: Population) -> Array:
        """Of e_apx, where it is an integral."""
        return np.zeros(truth.second2.shape) if self.feature_class == "linear" else oracle_error(truth, self.intercept)


@dataclass(frozen=True, repr=False)
class PseudoInverseBound(IntrinsicBound):
    """The bound with 1/beta = |M (A_bar')^+|_2 from the pseudo-inverse, which is finite on every law.

    It is `IntrinsicBound` where the residual of W'A_bar' = M is 0; where it is not, the number stays finite and the
    bound may be false.

    References
    ----------
    Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, Assumption 4.1, whose beta is defined by a pseudo-inverse (I5).
    """

    feature_class: FeatureClass = "universal"
    intercept: bool = False

    title: ClassVar[str] = "Theorem 4.2 with the pseudo-inverse beta"
    source: ClassVar[str] = f"{LEE}, Assumption 4.1"
    claim: ClassVar[str] = "e_apx(psi*) - e_apx(phi1) <= eps_CI^2 |M (A_bar')^+|_2^2"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """The residual is 0."""
        residual, holds = truth.readout_residual(self.intercept, self.given)
        return (Assumption("residual W'A_bar' - M = 0", -residual, holds),)

    def predicted(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Array:
        """eps_CI^2 |W|_2^2."""
        norm = np.linalg.norm(truth.readout(self.intercept, self.given)[0], ord=2, axis=(-2, -1))
        return np.asarray(truth.epsilon_ci(self.feature_class, self.given) ** 2 * norm**2)


@dataclass(frozen=True, repr=False)
class StrictlyLinearBound(IntrinsicBound):
    """The bound of the linear class for a pretext without a constant: psi* = argmin over W of E|X2 - W'X1|^2.

    It holds where that is the affine optimum; elsewhere e_apx(psi*) above the affine floor of x1 may exceed it: the
    class must contain the constant.
    """

    title: ClassVar[str] = "Theorem 4.2, pretext without a constant"
    source: ClassVar[str] = "this project (I6)"
    claim: ClassVar[str] = "e_apx(strictly linear psi*) - e_apx(x1) <= eps_CI^2 / beta^2"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """A read-out exists, and the strictly linear optimum is the affine one."""
        return (readable(truth, self.intercept, self.given), strictly_linear(truth))

    def measured(self, truth: Population) -> Array:
        """e_apx of the strictly linear optimum, above the floor of the affine class."""
        psi = truth.reduced_psi_star(truth.s12.shape[-1], intercept=False)
        return truth.approximation_error(psi, self.intercept) - truth.class_floor


def strictly_linear(truth: Population) -> Assumption:
    """The linear optimum without a constant is the one with it: the margin is minus their root mean square distance."""
    affine, linear = truth.linear_psi_star, truth.reduced_psi_star(truth.s12.shape[-1], intercept=False)
    slope = truth.root1 @ (affine.weight - linear.weight)
    level = truth.mean2 - linear.offset - (truth.mean1[..., None, :] @ linear.weight)[..., 0, :]
    size = np.sqrt(inner(slope, slope) + np.sum(level**2, axis=-1))
    return Assumption("linear psi* needs no constant", -size, size <= truth.rounding2 + truth.lost1 * truth.scale2)


def _ratio(epsilon: Array, beta: Array) -> Array:
    return np.where(beta > 0.0, epsilon**2 / np.where(beta > 0.0, beta, 1.0) ** 2, np.inf)
