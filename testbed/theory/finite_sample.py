"""Least squares on draws: exact means over jointly Gaussian ones, leading terms over others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from testbed._linalg import Array
from testbed.arguments import is_word
from testbed.laws import Population
from testbed.laws.finite_population import FinitePopulation
from testbed.laws.gaussian_population import GaussianPopulation
from testbed.theory._sizes import (
    PRETEXTS,
    EstimationRate,
    LeastSquaresProbe,
    Representation,
    check_representation,
    fitted_directions,
    gaussian,
    growth,
    needed,
    rank,
    residual,
    tabled,
    unknown,
    widened,
)
from testbed.theory.base import Assumption, Kind

__all__ = ["ExactLeastSquares", "MisspecifiedLeastSquares"]


@dataclass(frozen=True, repr=False)
class ExactLeastSquares(LeastSquaresProbe):
    """Mean risk of least squares from features of rank p to the label, n = n_labeled, over jointly Gaussian draws.

    With T = tr Cov(Y | psi), the residual variance of the label::

        without intercept (means 0)   e_apx(psi) + T p / (n - p - 1),                       n > p + 1
        with intercept                e_apx(psi) + T (1/n + (1 + 1/n) p / (n - p - 2)),     n > p + 2

    Equalities; infinite for smaller n. Where the law is not Gaussian the same expression, with
    T = E tr Cov(Y | X1) + e_apx(psi), is a line of reference.

    Parameters
    ----------
    representation : "x1", "linear_psi_star" or "psi_star"
        The features: x1, or the pretext optimum of a class.
    intercept : bool
        Whether the probe has one.
    column : "excess_risk" or "estimation"
        The whole, or what is beyond e_apx(psi).

    References
    ----------
    Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, section 3, the jointly Gaussian case; the exact mean is that of an
    inverse Wishart matrix (Anderson, An Introduction to Multivariate Statistical Analysis, 3rd ed., section 7.7).
    """

    representation: Representation = "linear_psi_star"
    intercept: bool = True
    column: Literal["excess_risk", "estimation"] = "excess_risk"

    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Least squares on Gaussian draws"
    source: ClassVar[str] = "this project (F1)"
    claim: ClassVar[str] = "E ER = e_apx(psi) + T p/(n-p-1); with intercept e_apx(psi) + T (1/n + (1+1/n) p/(n-p-2))"

    def __post_init__(self) -> None:
        """Check the settings."""
        check_representation(self.representation, self.intercept)
        if not is_word(self.column, ("excess_risk", "estimation")):
            raise ValueError(f"column = {self.column!r}; allowed: 'excess_risk', 'estimation'")

    @property
    def pretext(self) -> str:
        """The representation is given, not learnt."""
        return PRETEXTS[self.representation]

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """The law is jointly Gaussian."""
        return (gaussian(truth),)

    def rank(self, truth: Population) -> Array:
        """Rank p of the features, (...)."""
        return rank(truth, self.representation, self.intercept)

    def least(self, truth: Population) -> Array:
        """Smallest n at which the variance over draws is finite, so that a Monte Carlo error means something, (...)."""
        return self.rank(truth) + 4.0 + self.intercept

    def predicted(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Array:
        """Mean of the column over repetitions."""
        left = residual(truth, self.representation, self.intercept)
        estimation = left * growth(needed("n_labeled", n_labeled), self.rank(truth), self.intercept)
        intrinsic = left - truth.bayes_noise if self.column == "excess_risk" else 0.0
        return widened(intrinsic + estimation, truth)


@dataclass(frozen=True, repr=False)
class MisspecifiedLeastSquares(EstimationRate):
    """Leading term of the estimation part of least squares where the residual depends on the features, n = n_labeled.

    estimation ~ (1/n) tr(S^{-1} E[psi psi' |Y - W'psi|^2]), S = E psi psi', the intercept among the features. It needs
    fourth moments: computed on finite supports, and T p / n for jointly Gaussian laws; NaN elsewhere.

    Parameters
    ----------
    representation : "x1", "linear_psi_star" or "psi_star"
        The features.
    intercept : bool
        Whether the probe has one.

    References
    ----------
    This project (F4); the sandwich covariance of White, Econometrica 48, 1980.
    """

    representation: Representation = "x1"
    intercept: bool = True

    kind: ClassVar[Kind] = "rate"
    title: ClassVar[str] = "Least squares with a residual that depends on x1"
    source: ClassVar[str] = "this project (F4)"
    claim: ClassVar[str] = "estimation ~ tr(S^{-1} E[psi psi' |residual|^2]) / n2"
    n_labeled: ClassVar[tuple[int, ...]] = (1000, 2000, 4000, 8000)

    def __post_init__(self) -> None:
        """Check the settings."""
        check_representation(self.representation, self.intercept)

    @property
    def pretext(self) -> str:
        """The representation is given, not learnt."""
        return PRETEXTS[self.representation]

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """Fourth moments are known; named where it fails, labels enough for every point to be met."""
        return (tabled(truth), *self.labels_meet_all(truth))

    def abscissa(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Array:
        """Labels."""
        return widened(np.asarray(float(needed("n_labeled", n_labeled))), truth)

    def predicted(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Array:
        """Leading term."""
        n = needed("n_labeled", n_labeled)
        if isinstance(truth, GaussianPopulation):
            p = rank(truth, self.representation, self.intercept) + self.intercept
            return widened(residual(truth, self.representation, self.intercept) * p / n, truth)
        if not isinstance(truth, FinitePopulation):
            return unknown(truth)
        u = fitted_directions(truth, self.representation, self.intercept)
        target = np.sqrt(truth.p1)[:, None] * truth.f_table
        missed = np.sum((target - u @ (u.T @ target)) ** 2, axis=-1) / truth.p1
        noise = np.sum(truth.f_table * (1.0 - truth.f_table), axis=-1)
        return np.asarray(np.sum(u**2, axis=-1) @ (missed + noise) / n)
