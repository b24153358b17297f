"""What a pretext learnt by reduced rank or by least squares costs (Theorem 4.2), and how many pairs pay for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from testbed._linalg import Array, inner
from testbed.laws import Population
from testbed.theory.base import Assumption, Kind, Sides, Statement, Versions, predicted
from testbed.theory.conditions import (
    LEE,
    conditional_independence,
    features,
    gaussian,
    needed,
    rank,
    readable,
)
from testbed.theory.least_squares import LeastSquaresProbe, PretextError, growth, learnt_rank, probe_text

__all__ = ["Crossover", "ReducedRankPretext", "TotalRisk"]


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
        Rank of the pretext: "k-1" is right for classes with an intercept, "k" for real labels.
    intercept : bool
        Whether pretext and probe have one.
    column : "pretext_part" or "excess_risk"
        The part, or the whole risk: e_apx(psi*) + part, and the estimation of `ExactLeastSquares` at the rank.

    References
    ----------
    This project (I15), for Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, Theorem 4.2, the term eps_pre^2 / beta^2.

    Examples
    --------
    >>> from testbed import check, theory
    >>> right = theory.ReducedRankPretext().sides(check.LAWS["gaussian"].population(), n_unlabeled=1000).right
    >>> float(f"{right:.4g}")
    0.004087
    """

    rank: Literal["k", "k-1"] = "k"
    intercept: bool = True
    column: Literal["pretext_part", "excess_risk"] = "pretext_part"

    kind: ClassVar[Kind] = "rate"
    title: ClassVar[str] = "Pretext part of reduced rank"
    source: ClassVar[str] = "this project (I15)"
    claim: ClassVar[str] = "e_apx(psi~) - e_apx(psi*) ~ (d1 - k) tr(W' Cov(X2|X1) W) / n1"
    n_unlabeled: ClassVar[tuple[int, ...]] = (5000, 10000, 20000, 40000)

    @property
    def pretext(self) -> str:
        """Text of the pretext: reduced-rank regression of x2 on x1."""
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
        """Return the number of unlabelled pairs n1 for each law, (...), in which the rate is a power."""
        return np.full(truth.second2.shape, float(needed("n_unlabeled", n_unlabeled)))

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """Leading term of the mean of the column over repetitions, on the right."""
        r, d1 = self.number(truth), rank(truth, "x1", self.intercept)
        part = np.maximum(d1 - r, 0.0) * self.noise(truth) / needed("n_unlabeled", n_unlabeled)
        if self.column == "pretext_part":
            return predicted(truth, part)
        attained = truth.approximation_error(truth.linear_psi_star, self.intercept) + part
        factor = growth(needed("n_labeled", n_labeled), r, self.intercept)
        return predicted(truth, attained + (truth.bayes_noise + attained) * factor)


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

    Examples
    --------
    >>> from testbed import check, theory
    >>> truth = check.LAWS["gaussian"].population()
    >>> right = theory.TotalRisk().sides(truth, n_unlabeled=200, n_labeled=100).right
    >>> float(f"{right:.4g}")
    0.1033
    """

    intercept: bool = True

    kind: ClassVar[Kind] = "inequality"
    title: ClassVar[str] = "Theorem 4.2, jointly Gaussian"
    source: ClassVar[str] = LEE
    claim: ClassVar[str] = "E ER <= B + (sigma^2 + B) d2/(n2-d2-1), B = e_apx(x1) + (eps_CI + eps_pre)^2 / beta^2"
    n_unlabeled: ClassVar[tuple[int, ...]] = (200, 1000, 5000)
    n_labeled: ClassVar[tuple[int, ...]] = (100, 1000)

    @property
    def pretext(self) -> str:
        """Text of the pretext: least squares of x2 on x1."""
        return f"Predict({probe_text(self.intercept)})"

    @property
    def column(self) -> str:
        """Column that is predicted: the whole excess risk."""
        return "excess_risk"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """The law is jointly Gaussian, and the label can be read from the conditional means."""
        return (gaussian(truth), readable(truth, self.intercept))

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """Bound of the mean excess risk, on the right; infinite where no read-out exists or the mean does not."""
        beta = truth.beta(self.intercept)
        pretext = PretextError(self.intercept, centred=self.intercept).sides(truth, n_unlabeled).right
        error = (truth.epsilon_ci("linear") + np.sqrt(pretext)) / np.where(beta > 0.0, beta, 1.0)
        bound = np.where(beta > 0.0, truth.class_floor + error**2, np.inf)
        factor = growth(needed("n_labeled", n_labeled), learnt_rank(truth, self.intercept), self.intercept)
        return predicted(truth, bound + (truth.bayes_noise + bound) * factor)


@dataclass(frozen=True, repr=False)
class Crossover(Statement):
    """n1 above which the reduced-rank pretext beats least squares on x1, for n2 = n_labeled.

    To leading order in both sample sizes, with e_apx(psi*) = 0 and W as in `ReducedRankPretext`::

        n1 > tau n2,        tau = tr(W' Cov(X2|X1) W) / tr Cov(Y|X1).

    "solved" keeps n2 exact: it is the n1 at which the two mean risks are equal, that of `ReducedRankPretext`
    (e_apx(psi*) and all) and that of `ExactLeastSquares` on x1. It is infinite where the floor e_apx(psi*) of the
    pretext, with what its read-out costs, is above the risk of x1 at this n2: there no number of pairs pays.

    Parameters
    ----------
    rank : "k" or "k-1"
        Rank of the pretext.
    intercept : bool
        Whether pretext and probe have one.
    order : "leading" or "solved"
        Which of the two n1 is predicted.

    References
    ----------
    This project (I15).

    Examples
    --------
    >>> from testbed import check, theory
    >>> f"{theory.Crossover(intercept=False).sides(check.LAWS['gaussian'].population(), n_labeled=100).right:.1f}"
    '260.8'
    """

    rank: Literal["k", "k-1"] = "k"
    intercept: bool = True
    order: Literal["leading", "solved"] = "leading"

    versions: ClassVar[Versions] = ()
    kind: ClassVar[Kind] = "rate"
    title: ClassVar[str] = "Crossover of pretext and labels"
    source: ClassVar[str] = "this project (I15)"
    claim: ClassVar[str] = "the rank-k pretext beats OLS on x1 iff n1 / n2 > tau = tr(W' Cov(X2|X1) W) / tr Cov(Y|X1)"

    @property
    def _part(self) -> ReducedRankPretext:
        return ReducedRankPretext(self.rank, self.intercept)

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """The law satisfies the assumptions of the pretext part, `ReducedRankPretext`."""
        return self._part.assumptions(truth)

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """Return the number of pairs n1 on the right; NaN where no W solves W'A_bar' = M."""
        n2 = needed("n_labeled", n_labeled)
        if self.order == "leading":
            return predicted(truth, self._part.crossover(truth) * n2)
        return predicted(
            truth, self._solved(truth, n2, truth.bayes_noise + truth.class_floor)
        )  # as the two predictions that it equates

    def error(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Array:
        """Standard error of the prediction, where what x1 leaves of the label is a sum of integrals, (...)."""
        n2 = needed("n_labeled", n_labeled)
        if self.order == "leading":
            return truth.error_of("tau", "linear", self.intercept) * n2
        noise, step = truth.bayes_noise + truth.class_floor, truth.se["bayes_noise"] + truth.se["class_floor"]
        both = [self._solved(truth, n2, noise + sign * step) for sign in (1.0, -1.0)]
        with np.errstate(invalid="ignore"):  # infinite both
            return np.where(np.isfinite(both[0] + both[1]), np.abs(both[0] - both[1]) / 2.0, np.nan)

    def _solved(self, truth: Population, n2: int, noise: Array) -> Array:
        """n1 of equal risks, where the best affine predictor of the label leaves `noise` of it.

        Both risks hold the class floor, which cancels: no integral is left but that of the noise.
        """
        part, d1 = self._part, rank(truth, "x1", self.intercept)
        r, floor = part.number(truth), truth.class_floor
        own = truth.approximation_error(features(truth, "x1"), self.intercept) - floor
        lost = truth.approximation_error(truth.linear_psi_star, self.intercept) - floor
        cost = growth(n2, r, self.intercept)
        room = (noise + own) * growth(n2, d1, self.intercept) - lost - (noise + lost) * cost
        pays = np.maximum(d1 - r, 0.0) * part.noise(truth) * (1.0 + cost)
        return np.where(room > 0.0, pays / np.where(room > 0.0, room, 1.0), np.inf)
