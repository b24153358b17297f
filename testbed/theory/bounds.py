"""Bounds of the intrinsic risk: what a violation of conditional independence can cost at the population."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from testbed._linalg import Array, inner, transpose
from testbed.arguments import shown
from testbed.laws import JointGaussian, Population
from testbed.laws.readouts import FeatureClass, Given
from testbed.theory.base import EDGE, Assumption, Exact, Kind, Sides, Versions, compared
from testbed.theory.conditions import LEE, damage, damage_error, readable, strictly_linear

__all__ = [
    "IntrinsicBound",
    "PseudoInverseBound",
    "SharpIntrinsicBound",
    "SharperBound",
    "StrictlyLinearBound",
    "sharp_law",
]


@dataclass(frozen=True, repr=False)
class IntrinsicBound(Exact):
    """Intrinsic risk of the pretext optimum above that of x1, against (eps_CI / beta)^2.

    e_apx(psi*) - e_apx(phi1) <= eps_CI^2 / beta^2, with constant 1; e_apx(phi1) is 0 in the universal class. beta is 0
    where no W solves W'A_bar' = M, and nothing is then promised.

    References
    ----------
    Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, Theorem 4.2, its approximation term without the hidden constant (I6).

    Examples
    --------
    >>> from testbed.generators import CleanMixture
    >>> from testbed.theory import IntrinsicBound
    >>> statement = IntrinsicBound("linear", intercept=True)
    >>> truth = CleanMixture(k=3, rho=0.5, structure_seed=1).law().population()
    >>> bool(statement.applies(truth))
    True
    >>> measured, predicted = statement.sides(truth)[:2]
    >>> bool(measured <= predicted)
    True
    """

    feature_class: FeatureClass = "linear"
    intercept: bool = True
    given: Given = "yz"

    versions: ClassVar[Versions] = (
        {},
        {"intercept": False},
        {"feature_class": "universal"},
        {"feature_class": "universal", "intercept": False},
        {"feature_class": "universal", "given": "y"},
    )
    kind: ClassVar[Kind] = "inequality"
    title: ClassVar[str] = "Theorem 4.2, intrinsic part"
    source: ClassVar[str] = f"{LEE}, Theorem 4.2"
    claim: ClassVar[str] = "e_apx(psi*) - e_apx(phi1) <= eps_CI^2 / beta^2"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """A read-out of the conditional means exists."""
        return (readable(truth, self.intercept, self.given),)

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """e_apx(psi*) - e_apx(phi1), and the bound, infinite where no read-out exists."""
        right = self.bound(truth)
        left = self.lost(truth)
        return compared(truth, left, right, error=self._error(truth))

    def bound(self, truth: Population) -> Array:
        """eps_CI^2 / beta^2; infinite where beta is 0, (...)."""
        epsilon, beta = truth.epsilon_ci(self.feature_class, self.given), truth.beta(self.intercept, self.given)
        return np.where(beta > 0.0, epsilon**2 / np.where(beta > 0.0, beta, 1.0) ** 2, np.inf)

    def lost(self, truth: Population) -> Array:
        """e_apx(psi*) - e_apx(phi1), (...)."""
        return damage(truth, self.feature_class, self.intercept)

    def _error(self, truth: Population) -> Array:
        """In the universal class that of e_apx and of eps_CI^2 / beta^2; in the linear one the floor cancels."""
        if self.feature_class == "linear":
            return np.zeros(truth.second2.shape)
        name = "epsilon_ci_universal" if self.given == "yz" else "epsilon_ci_universal_y"
        epsilon = truth.epsilon_ci("universal", self.given)
        beta = truth.beta(self.intercept, self.given)
        slope = np.where(beta > 0.0, 2.0 * epsilon / np.where(beta > 0.0, beta, 1.0) ** 2, 0.0)
        return np.hypot(damage_error(truth, "universal", self.intercept), slope * truth.se[name])


@dataclass(frozen=True, repr=False)
class SharperBound(IntrinsicBound):
    """Intrinsic risk above that of x1, against the best read-out of the conditional means.

    min over W with W'A_bar' = M of E|W'(psi* - A_bar' fbar)|^2: never above (eps_CI / beta)^2, and its infimum over
    invertible maps of X2. Both sides are taken at the same points of x1, so that their integrals share their error.

    Examples
    --------
    >>> from testbed import check, theory
    >>> theory.SharperBound().sides(check.LAWS["sharp"].population())
    <Sides: left 0.16, right 0.16, scale 1, error 0>
    """

    versions: ClassVar[Versions] = (
        {},
        {"feature_class": "universal"},
        {"feature_class": "universal", "intercept": False},
    )
    title: ClassVar[str] = "Sharper intrinsic bound"
    source: ClassVar[str] = "this project (I7)"
    claim: ClassVar[str] = "e_apx(psi*) - e_apx(phi1) <= min_W tr W'GW, W'A_bar' = M"

    def bound(self, truth: Population) -> Array:
        """Return the minimum for each law, (...); infinite where no W solves W'A_bar' = M."""
        return truth.sharper_bound(self.intercept, self.feature_class, self.given)

    def _error(self, truth: Population) -> Array:
        return damage_error(truth, self.feature_class, self.intercept)


@dataclass(frozen=True, repr=False)
class PseudoInverseBound(IntrinsicBound):
    """The bound with 1/beta = |M (A_bar')^+|_2 from the pseudo-inverse, which is finite on every law.

    It is `IntrinsicBound` where the residual of W'A_bar' = M is 0; where it is not, the number stays finite and the
    bound may be false.

    References
    ----------
    Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, Assumption 4.1, whose beta is defined by a pseudo-inverse (I5).

    Examples
    --------
    >>> from testbed import check, theory
    >>> theory.PseudoInverseBound().sides(check.LAWS["sharp"].population())
    <Sides: left 0.16, right 0.16, scale 1, error 0>
    """

    feature_class: FeatureClass = "universal"
    intercept: bool = False

    title: ClassVar[str] = "Theorem 4.2 with the pseudo-inverse beta"
    source: ClassVar[str] = f"{LEE}, Assumption 4.1"
    claim: ClassVar[str] = "e_apx(psi*) - e_apx(phi1) <= eps_CI^2 |M (A_bar')^+|_2^2"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """The residual of W'A_bar' = M is 0 for the W of the pseudo-inverse."""
        residual, holds = truth.readout_residual(self.intercept, self.given)
        return (Assumption("residual W'A_bar' - M = 0", -residual, holds),)

    def bound(self, truth: Population) -> Array:
        """Return eps_CI^2 |W|_2^2 for each law, (...): |W|_2 is the largest singular value of the read-out W."""
        norm = np.linalg.norm(truth.readout(self.intercept, self.given)[0], ord=2, axis=(-2, -1))
        return np.asarray(truth.epsilon_ci(self.feature_class, self.given) ** 2 * norm**2)


@dataclass(frozen=True, repr=False)
class StrictlyLinearBound(IntrinsicBound):
    """The bound of the linear class for a pretext without a constant: psi* = argmin over W of E|X2 - W'X1|^2.

    It holds where that is the affine optimum; elsewhere e_apx(psi*) above the affine floor of x1 may exceed it: the
    class must contain the constant.

    Examples
    --------
    >>> from testbed import check, theory
    >>> theory.StrictlyLinearBound().sides(check.LAWS["sharp"].population())
    <Sides: left 0.16, right 0.16, scale 1, error 0>
    """

    title: ClassVar[str] = "Theorem 4.2, pretext without a constant"
    source: ClassVar[str] = "this project (I6)"
    claim: ClassVar[str] = "e_apx(strictly linear psi*) - e_apx(x1) <= eps_CI^2 / beta^2"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """A read-out exists, and the strictly linear optimum is the affine one."""
        return (readable(truth, self.intercept, self.given), strictly_linear(truth))

    def lost(self, truth: Population) -> Array:
        """e_apx of the strictly linear optimum, above the floor of the affine class, (...)."""
        psi = truth.reduced_psi_star(truth.s12.shape[-1], intercept=False)
        return truth.approximation_error(psi, self.intercept) - truth.class_floor


def sharp_law(epsilon_ci: Any, beta: float = 1.0, explained: float = 0.5) -> JointGaussian:
    """Jointly Gaussian law with d1 = 2, d2 = 1, k = 1 whose intrinsic risk is (eps_CI / beta)^2 exactly.

    x1 ~ N(0, I), Var(Y) = 1 and f* = sqrt(F) x1_1. With sin(theta) = eps_CI / (beta sqrt(F)) let
    psi* = beta sqrt(F) cos(theta) (cos(theta) x1_1 + sin(theta) x1_2): psi* / beta is the projection of f* on a
    direction at the angle theta, so f* - psi*/beta is orthogonal to it, and the best read-out leaves
    F sin(theta)^2 = (eps_CI / beta)^2.

    Parameters
    ----------
    epsilon_ci : float or (...) array
        Violation of conditional independence, 0 to beta sqrt(explained); an array gives a law with leading axes.
    beta : float
        Conditioning, above 0.
    explained : float
        F = E f*^2, the share of the label that x1 explains, between 0 and 1.

    Raises
    ------
    ValueError
        Values outside these ranges.

    Examples
    --------
    >>> from testbed.theory import IntrinsicBound, sharp_law
    >>> sides = IntrinsicBound().sides(sharp_law(0.4).population())
    >>> f"{sides.left:.4f}, {sides.right:.4f}"
    '0.1600, 0.1600'
    """
    if not 0.0 < explained < 1.0:
        raise ValueError(f"explained = {shown(explained)}: a number above 0 and below 1")
    if not (np.isfinite(beta) and beta > 0.0):
        raise ValueError(f"beta = {shown(beta)}: a finite number above 0")
    level = np.asarray(epsilon_ci, dtype=float)
    most = beta * np.sqrt(explained)
    if not np.all((level >= 0.0) & (level <= most * (1.0 + 1e-12))):
        raise ValueError(f"epsilon_ci = {shown(epsilon_ci)}; between 0 and beta sqrt(explained) = {most:.6g}")
    sine = np.minimum(level / most, 1.0)
    cosine2 = 1.0 - sine**2
    covariance = np.zeros((*level.shape, 4, 4))  # x1_1, x1_2, x2, y
    covariance[..., [0, 1, 3], [0, 1, 3]] = 1.0
    covariance[..., 0, 3] = np.sqrt(explained)
    covariance[..., 0, 2], covariance[..., 1, 2] = most * cosine2, most * sine * np.sqrt(cosine2)
    covariance[..., 2, 3] = beta
    left = beta**2 * (1.0 - explained * cosine2) ** 2 / (1.0 - explained)  # what the residual of y explains of x2
    covariance[..., 2, 2] = most**2 * cosine2 + left + beta**2
    upper = np.triu(covariance, 1)
    return JointGaussian(covariance + transpose(upper), 2, 1, 1)


@dataclass(frozen=True, repr=False)
class SharpIntrinsicBound(IntrinsicBound):
    """Where the bound is attained: e_apx(psi*) - e_apx(phi1) = (eps_CI / beta)^2.

    It is if and only if W, W'A_bar' = M, is the best read-out of psi* (the leak W'psi* - f is orthogonal to psi*), and
    W stretches the leak as much as it can, E|W'd|^2 = |W|_2^2 E|d|^2. `sharp_law` gives such laws at every level.

    References
    ----------
    This project (I6), for Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, Theorem 4.2.

    Examples
    --------
    >>> from testbed import check, theory
    >>> theory.SharpIntrinsicBound().sides(check.LAWS["sharp"].population())
    <Sides: left 0.16, right 0.16, scale 1, error 0>
    """

    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Theorem 4.2, intrinsic part, attained"
    source: ClassVar[str] = "this project (I6)"
    claim: ClassVar[str] = "e_apx(psi*) - e_apx(phi1) = eps_CI^2 / beta^2"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """A read-out that is the best one, and stretches the leak fully."""
        weight, _ = truth.readout(self.intercept, self.given)
        _, psi, leak = truth.rows(self.feature_class, self.given)
        read = leak @ weight
        skew = np.linalg.norm(transpose(psi) @ read, axis=(-2, -1))
        largest = np.linalg.norm(weight, ord=2, axis=(-2, -1))
        slack = largest**2 * inner(leak, leak) - inner(read, read)
        label = np.maximum(np.trace(truth.syy, axis1=-2, axis2=-1), 0.0)
        return (
            readable(truth, self.intercept, self.given),
            Assumption("leak orthogonal to psi*", -skew, skew <= truth.rounding2 * np.sqrt(label)),
            Assumption("E|W'd|^2 = |W|^2 E|d|^2", -slack, slack <= EDGE * label),
        )
