"""Exact statements of Lee, Lei, Saunshi and Zhuo (2021), section 3: the pretext optimum under independent views."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from testbed._linalg import Array, inner, principal_roots, residual_square, transpose
from testbed.data import LinearMap
from testbed.laws import Population
from testbed.laws.readouts import ABSOLUTE, FeatureClass, Given
from testbed.theory.base import Assumption, Exact, Kind, Sides, Versions, compared
from testbed.theory.conditions import (
    LEE,
    conditional_independence,
    damage,
    damage_error,
    mean_independence,
    readable,
    strictly_linear,
)

__all__ = ["LatentOptimum", "LinearLemma", "LinearNeverGains", "OptimumOfLabel", "RankLoss", "ZeroError"]


@dataclass(frozen=True, repr=False)
class OptimumOfLabel(Exact):
    """The pretext optimum is a linear image of the label's best predictor, psi* = A'f*.

    Measured is the distance sqrt(E|psi*(X1) - A'f*(X1)|^2), taken from the rows of both; predicted is 0.

    References
    ----------
    Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, Lemma 3.1, first part.

    Examples
    --------
    >>> from testbed.generators import CleanMixture
    >>> from testbed.theory import OptimumOfLabel
    >>> truth = CleanMixture(k=3, structure_seed=1).law().population()    # X1 and X2 are independent given Y
    >>> bool(OptimumOfLabel().applies(truth))
    True
    """

    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Lemma 3.1, psi* = A'f*"
    source: ClassVar[str] = f"{LEE}, Lemma 3.1"
    claim: ClassVar[str] = "psi* = A'f*"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """E[X2 | X1, Y] = E[X2 | Y], which conditional independence implies."""
        return (mean_independence(truth, "y"),)

    def subject(self, truth: Population) -> Assumption:
        """A psi* that is not constant: the margin is the root mean square of psi* - E X2."""
        psi = truth.rows("universal", "y").psi
        told = np.broadcast_to(np.sqrt(inner(psi, psi)), truth.second2.shape)
        return Assumption("x1 tells something of x2", told, told > truth.rounding2)

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """sqrt(E|psi* - A'f*|^2) and 0; for a real label A'f* stands for E[E[X2|Y] | X1]."""
        leak = truth.rows("universal", "y").leak
        return compared(truth, np.sqrt(inner(leak, leak)), 0.0, truth.scale2)


@dataclass(frozen=True, repr=False)
class ZeroError(Exact):
    """Where A has rank k, a linear read-out of psi* is f*: e_apx(psi*) = 0.

    With an intercept the affine rank counts: rank [A, 1] = k, so k - 1 independent differences of rows are enough.

    References
    ----------
    Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, Lemma 3.1, second part; its affine version is I2 of this project.

    Examples
    --------
    >>> from testbed import check, theory
    >>> sides = theory.ZeroError().sides(check.LAWS["finite"].population())
    >>> bool(abs(sides.left - sides.right) < 1e-9)
    True
    """

    intercept: bool = False

    versions: ClassVar[Versions] = ({}, {"intercept": True})
    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Lemma 3.1, e_apx(psi*) = 0"
    source: ClassVar[str] = f"{LEE}, Lemma 3.1"
    claim: ClassVar[str] = "rank A = k (intercept: rank [A, 1] = k) => e_apx(psi*) = 0"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """Conditional independence given Y, and rank; the margin of the rank is the singular value that decides it."""
        return (conditional_independence(truth, "universal", "y"), readable(truth, self.intercept, "y"))

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """Return e_apx(psi*), what the best read-out of psi* leaves of the label, and 0."""
        left = damage(truth, "universal", self.intercept)
        return compared(truth, left, 0.0, error=damage_error(truth, "universal", self.intercept))


@dataclass(frozen=True, repr=False)
class LatentOptimum(Exact):
    """e_apx(psi*) = tr M [S - S A_bar (A_bar' S A_bar)^+ A_bar' S] M', S = E fbar fbar' (with an intercept Cov fbar).

    It is the residual of f* = M fbar on A_bar' fbar, computed by regression of their rows; 0 where W'A_bar' = M has a
    solution, and for any rank of A_bar.

    References
    ----------
    Lemma 3.1 of Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, with latents and without its condition on the rank (I3).

    Examples
    --------
    >>> from testbed import check, theory
    >>> theory.LatentOptimum().sides(check.LAWS["gaussian-rank-1"].population())
    <Sides: left 0.563725, right 0.563725, scale 2.4, error 0>
    """

    intercept: bool = True

    versions: ClassVar[Versions] = ({}, {"intercept": False})
    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Lemma 3.1 with latents, any rank"
    source: ClassVar[str] = "this project (I3)"
    claim: ClassVar[str] = "e_apx(psi*) = tr M[S - S A_bar(A_bar'S A_bar)^+ A_bar'S]M'"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """Conditional independence given (Y, Z)."""
        return (conditional_independence(truth, "universal", "yz"),)

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """e_apx(psi*), and the residual of f* on A_bar' fbar."""
        f, psi, gap = truth.rows("universal", "yz")
        image = psi - gap
        if not self.intercept:
            image, f = (
                np.concatenate(
                    [np.broadcast_to(level, (*rows.shape[:-2], rows.shape[-1]))[..., None, :], rows], axis=-2
                )
                for level, rows in ((truth.mean2, image), (truth.mean_y, f))
            )
        right = residual_square(image, f, ABSOLUTE, truth.unit2)
        left = damage(truth, "universal", self.intercept)
        return compared(truth, left, right, error=damage_error(truth, "universal", self.intercept))


@dataclass(frozen=True, repr=False)
class RankLoss(Exact):
    """Under conditional independence given Y, what psi* = A'f* loses is what the directions of A leave of f*.

    With S = E f f' (with an intercept Cov f), f the best predictor of the label in the class::

        e_apx(psi*) - e_apx(phi1) = tr[S - S A (A' S A)^+ A' S].

    0 at rank k, and with an intercept where [A, 1] has rank k.

    Du and Xiang 2024 is the same with more than the label in psi*: where E[X2|X1] = A'f* + B'g(X1) and the components
    of (f*, g) are linearly independent, e_apx(psi*) = 0 iff rank A = k and rank [A; B] = rank A + rank B, which says
    that (f*, g) in the place of a state has the read-out [I 0]. The generator `Redundant` has such laws.
    Where (f*, g) are linearly dependent only the 'if' holds.

    Parameters
    ----------
    feature_class : "linear" or "universal"
    intercept : bool
        Of the read-out.

    References
    ----------
    Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, Lemma 3.1, without its assumption on the rank (I3); Du and Xiang 2024.

    Examples
    --------
    >>> from testbed import check, theory
    >>> theory.RankLoss().sides(check.LAWS["gaussian-rank-1"].population())
    <Sides: left 0.563725, right 0.563725, scale 2.4, error 0>
    """

    feature_class: FeatureClass = "linear"
    intercept: bool = True

    versions: ClassVar[Versions] = ({}, {"intercept": False})
    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Loss of rank"
    source: ClassVar[str] = "this project (I3)"
    claim: ClassVar[str] = "e_apx(psi*) - e_apx(phi1) = tr[S - SA(A'SA)^+A'S]"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """X1 and X2 are independent given Y as far as the class sees it: eps_CI = 0."""
        return (conditional_independence(truth, self.feature_class, "y"),)

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """e_apx(psi*) - e_apx(phi1), and the trace, from the covariance of f and A alone."""
        right = self._trace(truth)
        left = damage(truth, self.feature_class, self.intercept)
        return compared(truth, left, right, error=damage_error(truth, self.feature_class, self.intercept))

    def _trace(self, truth: Population) -> Array:
        f = truth.rows(self.feature_class, "y").f
        second = transpose(f) @ f
        if not self.intercept:
            second = second + truth.mean_y[..., :, None] * truth.mean_y[..., None, :]
        root = principal_roots(second)[0]
        means = truth.deviations("y") if self.intercept and truth.simplex["y"] else truth.A
        return residual_square(root @ means, root, ABSOLUTE, truth.unit2)


@dataclass(frozen=True, repr=False)
class LinearLemma(Exact):
    """In the linear class conditional independence loses nothing: e_apx(linear psi*) = e_apx(x1).

    Asked for are uncorrelated residuals given the one-hot state (linear eps_CI = 0) and a read-out W'A_bar' = M.

    References
    ----------
    Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, Lemma 3.4.

    Examples
    --------
    >>> from testbed import check, theory
    >>> theory.LinearLemma().sides(check.LAWS["finite"].population())
    <Sides: left 0.0684837, right 0.0684837, scale 0.64444, error 0>
    """

    given: Given = "yz"

    versions: ClassVar[Versions] = ({}, {"given": "y"})
    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Lemma 3.4"
    source: ClassVar[str] = f"{LEE}, Lemma 3.4"
    claim: ClassVar[str] = "e_apx(linear psi*) = e_apx(x1)"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """Linear conditional independence and a read-out, with intercept."""
        return (conditional_independence(truth, "linear", self.given), readable(truth, True, self.given))

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """e_apx(linear psi*) by regression, and e_apx(x1): both hold the same class floor, so its error cancels."""
        psi, right = truth.linear_psi_star, truth.class_floor
        again = LinearMap(psi.weight, psi.offset)  # a law may know the lemma by psi
        return compared(truth, truth.approximation_error(again, True), right)


@dataclass(frozen=True, repr=False)
class LinearNeverGains(Exact):
    """A linear pretext never has a lower asymptote than x1: e_apx(x1) <= e_apx(linear psi*), on any law.

    References
    ----------
    Follows from psi* being a linear map of x1; Lemma 3.4 of Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, is its equality.

    Examples
    --------
    >>> from testbed import check, theory
    >>> sides = theory.LinearNeverGains().sides(check.LAWS["sharp"].population())
    >>> bool(sides.left <= sides.right)
    True
    """

    intercept: bool = True

    kind: ClassVar[Kind] = "inequality"
    title: ClassVar[str] = "A linear pretext never gains"
    source: ClassVar[str] = "this project (I9)"
    claim: ClassVar[str] = "e_apx(x1) <= e_apx(linear psi*)"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """None with an intercept; without one psi* must be linear, or its level is a feature that x1 lacks."""
        return () if self.intercept else (strictly_linear(truth),)

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """Return e_apx(x1) and e_apx(linear psi*), the first of which is never the larger."""
        right = truth.approximation_error(truth.linear_psi_star, self.intercept)
        return compared(
            truth, truth.approximation_error(LinearMap.identity(truth.s11.shape[-1]), self.intercept), right
        )
