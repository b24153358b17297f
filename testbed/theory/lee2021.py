"""Exact statements of Lee, Lei, Saunshi and Zhuo (2021): what the pretext optimum is worth at the population."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from testbed._linalg import Array, inner, residual_square
from testbed.data import LinearMap
from testbed.laws import Population
from testbed.laws.conditional import ABSOLUTE, Given
from testbed.theory.base import (
    Assumption,
    Exact,
    Kind,
    conditional_independence,
    mean_independence,
    oracle_error,
    readable,
)
from testbed.theory.bounds import LEE, strictly_linear

__all__ = ["ExcessSplit", "LatentOptimum", "LinearLemma", "LinearNeverGains", "OptimumOfLabel", "ZeroError"]


@dataclass(frozen=True, repr=False)
class OptimumOfLabel(Exact):
    """The pretext optimum is a linear image of the label's best predictor, psi* = A'f*.

    Measured is the distance sqrt(E|psi*(X1) - A'f*(X1)|^2), taken from the rows of both; predicted is 0.

    References
    ----------
    Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, Lemma 3.1, first part.
    """

    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Lemma 3.1, psi* = A'f*"
    source: ClassVar[str] = f"{LEE}, Lemma 3.1"
    claim: ClassVar[str] = "psi* = A'f*"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """E[X2 | X1, Y] = E[X2 | Y], which conditional independence implies."""
        return (mean_independence(truth, "y"),)

    def predicted(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Array:
        """Zero."""
        return np.zeros(truth.second2.shape)

    def measured(self, truth: Population) -> Array:
        """sqrt(E|psi* - A'f*|^2); for a real label A'f* stands for E[E[X2|Y] | X1]."""
        gap = truth.rows("universal", "y").gap
        return np.sqrt(inner(gap, gap))

    def subject(self, truth: Population) -> Assumption:
        """A psi* that is not constant: the margin is the root mean square of psi* - E X2."""
        psi = truth.rows("universal", "y").psi
        told = np.broadcast_to(np.sqrt(inner(psi, psi)), truth.second2.shape)
        return Assumption("x1 tells something of x2", told, told > truth.rounding2)

    def scale(self, truth: Population) -> Array:
        """Root mean square of |X2 - E X2|."""
        return truth.scale2


@dataclass(frozen=True, repr=False)
class ZeroError(Exact):
    """Where A has rank k, a linear read-out of psi* is f*: e_apx(psi*) = 0.

    With an intercept the affine rank counts: rank [A, 1] = k, so k - 1 independent differences of rows are enough.

    References
    ----------
    Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, Lemma 3.1, second part; its affine version is I2 of this project.
    """

    intercept: bool = False

    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Lemma 3.1, e_apx(psi*) = 0"
    source: ClassVar[str] = f"{LEE}, Lemma 3.1"
    claim: ClassVar[str] = "rank A = k (intercept: rank [A, 1] = k) => e_apx(psi*) = 0"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """Conditional independence given Y, and rank; the margin of the rank is the singular value that decides it."""
        return (conditional_independence(truth, "universal", "y"), readable(truth, self.intercept, "y"))

    def predicted(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Array:
        """Zero."""
        return np.zeros(truth.second2.shape)

    def measured(self, truth: Population) -> Array:
        """e_apx(psi*)."""
        return truth.approximation_error(truth.psi_star, self.intercept)

    def error(self, truth: Population) -> Array:
        """Of the integral."""
        return oracle_error(truth, self.intercept)


@dataclass(frozen=True, repr=False)
class LatentOptimum(Exact):
    """e_apx(psi*) = tr M [S - S A_bar (A_bar' S A_bar)^+ A_bar' S] M', S = E fbar fbar' (with an intercept Cov fbar).

    It is the residual of f* = M fbar on A_bar' fbar, computed by regression of their rows; 0 where W'A_bar' = M has a
    solution, and for any rank of A_bar.

    References
    ----------
    Lemma 3.1 of Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, with latents and without its condition on the rank (I3).
    """

    intercept: bool = True

    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Lemma 3.1 with latents, any rank"
    source: ClassVar[str] = "this project (I3)"
    claim: ClassVar[str] = "e_apx(psi*) = tr M[S - S A_bar(A_bar'S A_bar)^+ A_bar'S]M'"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """Conditional independence given (Y, Z)."""
        return (conditional_independence(truth, "universal", "yz"),)

    def predicted(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Array:
        """Residual of f* on A_bar' fbar."""
        f, psi, gap = truth.rows("universal", "yz")
        image = psi - gap
        if not self.intercept:
            image, f = (
                np.concatenate(
                    [np.broadcast_to(level, (*rows.shape[:-2], rows.shape[-1]))[..., None, :], rows], axis=-2
                )
                for level, rows in ((truth.mean2, image), (truth.mean_y, f))
            )
        return residual_square(image, f, ABSOLUTE, truth.unit2)

    def measured(self, truth: Population) -> Array:
        """e_apx(psi*)."""
        return truth.approximation_error(truth.psi_star, self.intercept)

    def error(self, truth: Population) -> Array:
        """Of the integral."""
        return oracle_error(truth, self.intercept)


@dataclass(frozen=True, repr=False)
class LinearLemma(Exact):
    """In the linear class conditional independence loses nothing: e_apx(linear psi*) = e_apx(x1).

    Asked for are uncorrelated residuals given the one-hot state (linear eps_CI = 0) and a read-out W'A_bar' = M.

    References
    ----------
    Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, Lemma 3.4.
    """

    given: Given = "yz"

    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Lemma 3.4"
    source: ClassVar[str] = f"{LEE}, Lemma 3.4"
    claim: ClassVar[str] = "e_apx(linear psi*) = e_apx(x1)"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """Linear conditional independence and a read-out, with intercept."""
        return (conditional_independence(truth, "linear", self.given), readable(truth, True, self.given))

    def predicted(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Array:
        """e_apx(x1), the class floor."""
        return truth.class_floor

    def measured(self, truth: Population) -> Array:
        """e_apx(linear psi*), by regression; both sides hold the same class floor, so its integral has no error."""
        psi = truth.linear_psi_star
        return truth.approximation_error(LinearMap(psi.weight, psi.offset), True)  # a law may know the lemma by psi


@dataclass(frozen=True, repr=False)
class LinearNeverGains(Exact):
    """A linear pretext never has a lower asymptote than x1: e_apx(x1) <= e_apx(linear psi*), on any law.

    References
    ----------
    Follows from psi* being a linear map of x1; Lemma 3.4 of Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, is its equality.
    """

    intercept: bool = True

    kind: ClassVar[Kind] = "inequality"
    title: ClassVar[str] = "A linear pretext never gains"
    source: ClassVar[str] = "this project (I9)"
    claim: ClassVar[str] = "e_apx(x1) <= e_apx(linear psi*)"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """None with an intercept; without one psi* must be linear, or its level is a feature that x1 lacks."""
        return () if self.intercept else (strictly_linear(truth),)

    def predicted(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Array:
        """e_apx(linear psi*)."""
        return truth.approximation_error(truth.linear_psi_star, self.intercept)

    def measured(self, truth: Population) -> Array:
        """e_apx(x1)."""
        return truth.approximation_error(LinearMap.identity(truth.s11.shape[-1]), self.intercept)


@dataclass(frozen=True, repr=False)
class ExcessSplit(Exact):
    """Total excess risk = e_apx(psi*) + (e_apx(psi) - e_apx(psi*)) + estimation, for a psi and a read-out that are off.

    psi is the linear optimum cut to rank one, the read-out the constant EY: then estimation is the variance
    E|E^L[f* | psi] - EY|^2 that the best read-out explains, and the middle part may be negative.

    References
    ----------
    The decomposition in Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, section 4, as an equality (I10).
    """

    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Excess risk, split"
    source: ClassVar[str] = "this project (I10)"
    claim: ClassVar[str] = "E|f* - yhat|^2 = intrinsic + pretext part + estimation"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """None."""
        return ()

    def predicted(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Array:
        """The three parts; estimation from the covariances of psi with x1 and y."""
        psi = truth.reduced_psi_star(1)
        intrinsic = truth.approximation_error(truth.linear_psi_star)
        pretext = truth.approximation_error(psi) - intrinsic
        rows, f = truth.root1 @ psi.weight, truth.root1 @ truth.linear_f_star.weight
        return intrinsic + pretext + inner(f, f) - residual_square(rows, f, ABSOLUTE, truth.unit2)

    def measured(self, truth: Population) -> Array:
        """E|f* - EY|^2, by way of the distance in the class."""
        weight = np.zeros(truth.linear_f_star.weight.shape)
        return truth.class_floor + truth.distance_to_linear(LinearMap(weight, truth.mean_y))
