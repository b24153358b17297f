"""What a pretext learnt by least squares or by reduced rank costs (Theorem 4.2)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from testbed._linalg import Array, inner
from testbed.arguments import shown
from testbed.laws import Population
from testbed.theory._sizes import (
    LeastSquaresProbe,
    check_representation,
    gaussian,
    growth,
    learnt_rank,
    needed,
    probe_text,
    rank,
    widened,
)
from testbed.theory.base import Assumption, FiniteSample, Kind, conditional_independence, readable
from testbed.theory.bounds import LEE

__all__ = ["PretextError", "ReducedRankPretext", "TotalRisk"]


@dataclass(frozen=True, repr=False)
class PretextError(FiniteSample):
    """Mean error of the least-squares pretext, eps_pre^2 = E|psi~ - psi*|^2, n = n_unlabeled.

    The regression of x2 on x1 is that of `ExactLeastSquares` with x2 for the label: with d the rank of x1 and
    T = tr Cov(X2 - E^L[X2|X1]), jointly Gaussian::

        eps_pre^2 = T (1/n + (1 + 1/n) d / (n - d - 2)),  about (d + 1) T / n;   without intercept T d / (n - d - 1)

    Parameters
    ----------
    intercept : bool
        Whether the pretext has one.
    centred : bool
        tr Cov(psi~ - psi*) instead, which is what a probe with an intercept feels: T d / (n - d - 2) with an
        intercept in the pretext, the same as above without one (all means are 0).

    References
    ----------
    Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, Theorem 4.2, the quantity eps_pre; its mean is this project's (F5).
    """

    intercept: bool = True
    centred: bool = False

    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Error of the least-squares pretext"
    source: ClassVar[str] = "this project (F5)"
    claim: ClassVar[str] = "E|psi~ - psi*|^2 = T (1/n + (1+1/n) d1/(n-d1-2)), T = tr Cov(X2 - E^L[X2|X1])"

    def __post_init__(self) -> None:
        """Check the settings."""
        check_representation("x1", self.intercept)
        if not isinstance(self.centred, bool):
            raise ValueError(f"centred = {shown(self.centred)}; allowed: True, False")

    @property
    def pretext(self) -> str:
        """Least squares."""
        return f"Predict({probe_text(self.intercept)})"

    @property
    def probe(self) -> str:
        """Any; the least-squares one is named."""
        return "OLS()"

    @property
    def column(self) -> str:
        """Error of the representation."""
        return "pretext_error"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """The law is jointly Gaussian."""
        return (gaussian(truth),)

    def residual(self, truth: Population) -> Array:
        """T, what the best affine predictor leaves of X2, (...)."""
        psi = truth.rows("linear").psi
        return np.asarray(np.maximum(np.trace(truth.s22, axis1=-2, axis2=-1) - inner(psi, psi), 0.0))

    def predicted(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Array:
        """Mean of eps_pre^2 over repetitions."""
        n, d = needed("n_unlabeled", n_unlabeled), rank(truth, "x1", self.intercept)
        factor = growth(n - self.intercept, d, False) if self.centred else growth(n, d, self.intercept)
        return widened(self.residual(truth) * factor, truth)


@dataclass(frozen=True, repr=False)
class ReducedRankPretext(LeastSquaresProbe):
    """What learning psi* by reduced-rank regression costs, n1 = n_unlabeled, and the pairs per label that pay for it.

    With r the rank of psi* and W the read-out W'A_bar' = M::

        pretext part:  e_apx(psi~) - e_apx(psi*)  ~  (d1 - r) tr(W' Cov(X2|X1) W) / n1

    The leading term in 1/n1 of the error of the span of psi~ (to first order only the component of the estimation error
    along W moves it). It beats least squares on x1 if and only if n1 / n2 > tau = tr(W' Cov(X2|X1) W) / tr Cov(Y|X1),
    up to terms in d1 / n2 and d1 / n1. A conjecture where the law is not jointly Gaussian.

    Parameters
    ----------
    rank : "k" or "k-1"
        That of the pretext: "k-1" is right for classes with an intercept, "k" for real labels.
    intercept : bool
        Whether pretext and probe have one.
    column : "pretext_part" or "excess_risk"
        The part, or the whole risk: e_apx(psi*) + part, and the estimation of `ExactLeastSquares` at the rank.

    References
    ----------
    This project (I15), for Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, Theorem 4.2, the term eps_pre^2 / beta^2.
    """

    rank: Literal["k", "k-1"] = "k"
    intercept: bool = True
    column: Literal["pretext_part", "excess_risk"] = "pretext_part"

    kind: ClassVar[Kind] = "rate"
    title: ClassVar[str] = "Pretext part of reduced rank"
    source: ClassVar[str] = "this project (I15)"
    claim: ClassVar[str] = "e_apx(psi~) - e_apx(psi*) ~ (d1 - k) tr(W' Cov(X2|X1) W) / n1"
    n_unlabeled: ClassVar[tuple[int, ...]] = (5000, 10000, 20000, 40000)

    def __post_init__(self) -> None:
        """Check the settings."""
        check_representation("x1", self.intercept)
        for name, allowed in (("rank", ("k", "k-1")), ("column", ("pretext_part", "excess_risk"))):
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} = {shown(getattr(self, name))}; allowed: {', '.join(map(repr, allowed))}")

    @property
    def pretext(self) -> str:
        """Reduced-rank regression."""
        return f'Predict(ReducedRank("{self.rank}"{"" if self.intercept else ", intercept=False"}))'

    @property
    def exponent(self) -> float | None:
        """Of the pretext part, -1 in the pairs; the whole has none."""
        return -1.0 if self.column == "pretext_part" else None

    def number(self, truth: Population) -> int:
        """Rank of the pretext."""
        return int(truth.A.shape[-2]) - (self.rank == "k-1")

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """Jointly Gaussian, independent given the state, readable, and psi* of the rank of the pretext."""
        gap = np.abs(rank(truth, "linear_psi_star", self.intercept) - self.number(truth))
        fits = Assumption(f"rank of psi* = {self.rank}", -gap, gap == 0.0)
        return (
            gaussian(truth),
            conditional_independence(truth, "linear"),
            readable(truth, self.intercept),
            fits,
        )

    def noise(self, truth: Population) -> Array:
        """tr(W' Cov(X2|X1) W), (...); NaN where no W solves."""
        weight, solved = truth.readout(self.intercept)
        psi = truth.rows("linear").psi @ weight
        kept = np.maximum(inner(weight, truth.s22 @ weight) - inner(psi, psi), 0.0)
        return np.where(solved, kept, np.nan)

    def crossover(self, truth: Population) -> Array:
        """Pairs per label tau above which the pretext beats least squares on x1, (...)."""
        return truth.tau(self.intercept)

    def abscissa(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Array:
        """Unlabelled pairs."""
        return widened(np.asarray(float(needed("n_unlabeled", n_unlabeled))), truth)

    def predicted(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Array:
        """Leading term of the mean of the column over repetitions."""
        r, d1 = self.number(truth), rank(truth, "x1", self.intercept)
        part = np.maximum(d1 - r, 0.0) * self.noise(truth) / needed("n_unlabeled", n_unlabeled)
        if self.column == "pretext_part":
            return widened(part, truth)
        attained = truth.approximation_error(truth.linear_psi_star, self.intercept) + part
        factor = growth(needed("n_labeled", n_labeled), r, self.intercept)
        return widened(attained + (truth.bayes_noise + attained) * factor, truth)


@dataclass(frozen=True, repr=False)
class TotalRisk(LeastSquaresProbe):
    """Risk of a probe on a least-squares pretext, with every constant, over jointly Gaussian draws.

    With B = e_apx(x1) + (eps_CI + eps_pre)^2 / beta^2, eps_pre^2 the mean of `PretextError`, p = min(rank of x1, rank
    of x2) and n = n_labeled::

        E ER <= B + (E tr Cov(Y|X1) + B) p / (n - p - 1)          (with an intercept as in `ExactLeastSquares`)

    It is the bound of e_apx(psi~) by Minkowski's inequality, in the mean over pretext draws, put into the exact mean of
    least squares given psi~. The paper has O~(sigma^2 d2 / n2 + (eps_CI^2 + eps_pre^2) / beta^2) for all sub-Gaussian
    laws.

    Parameters
    ----------
    intercept : bool
        Whether pretext and probe have one.

    References
    ----------
    Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, Theorem 4.2; the constants are this project's.
    """

    intercept: bool = True

    kind: ClassVar[Kind] = "inequality"
    title: ClassVar[str] = "Theorem 4.2, jointly Gaussian"
    source: ClassVar[str] = LEE
    claim: ClassVar[str] = "E ER <= B + (sigma^2 + B) d2/(n2-d2-1), B = e_apx(x1) + (eps_CI + eps_pre)^2 / beta^2"
    n_unlabeled: ClassVar[tuple[int, ...]] = (200, 1000, 5000)
    n_labeled: ClassVar[tuple[int, ...]] = (100, 1000)

    def __post_init__(self) -> None:
        """Check the setting."""
        check_representation("x1", self.intercept)

    @property
    def pretext(self) -> str:
        """Least squares."""
        return f"Predict({probe_text(self.intercept)})"

    @property
    def column(self) -> str:
        """The whole."""
        return "excess_risk"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """A jointly Gaussian law whose label can be read from the conditional means."""
        return (gaussian(truth), readable(truth, self.intercept))

    def predicted(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Array:
        """Bound of the mean of the excess risk; infinite where no read-out exists or the mean does not."""
        beta = truth.beta(self.intercept)
        pretext = PretextError(self.intercept, centred=self.intercept).predicted(truth, n_unlabeled)
        error = (truth.epsilon_ci("linear") + np.sqrt(pretext)) / np.where(beta > 0.0, beta, 1.0)
        bound = np.where(beta > 0.0, truth.class_floor + error**2, np.inf)
        factor = growth(needed("n_labeled", n_labeled), learnt_rank(truth, self.intercept), self.intercept)
        return widened(bound + (truth.bayes_noise + bound) * factor, truth)
