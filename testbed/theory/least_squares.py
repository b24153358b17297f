"""Least squares on draws: the exact mean of its risk and of a pretext's error on Gaussian laws, and what it undoes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from testbed._linalg import Array, inner, transpose
from testbed.laws import Population
from testbed.laws.readouts import ABSOLUTE
from testbed.laws.spectral import axes_of
from testbed.laws.table_population import TablePopulation
from testbed.theory.base import Assumption, FiniteSample, Kind, Sides, Versions, predicted
from testbed.theory.conditions import (
    PRETEXTS,
    Representation,
    features,
    gaussian,
    needed,
    rank,
    residual,
)

__all__ = [
    "BlindPretext", "ExactLeastSquares", "LeastSquaresProbe", "PretextError", "growth", "learnt_rank", "probe_text",
]  # fmt: skip

LEFT = 1e-6  # of the unit of a coordinate of x2: a standard deviation of what x1 leaves of it up to that is none


def probe_text(intercept: bool) -> str:
    """Canonical text of least squares."""
    return "OLS()" if intercept else "OLS(intercept=False)"


def growth(n: int, p: Any, intercept: bool) -> Array:
    """Mean excess of least squares on p Gaussian features over the residual variance; infinite where it has no mean.

    p / (n - p - 1), and with an intercept 1/n + (1 + 1/n) p / (n - p - 2).
    """
    p = np.asarray(p, dtype=float)
    left = n - p - 1.0 - intercept
    share = p / np.where(left > 0.0, left, 1.0)
    return np.where(left > 0.0, 1.0 / n + (1.0 + 1.0 / n) * share if intercept else share, np.inf)


def learnt_rank(truth: Population, intercept: bool) -> Array:
    """Rank of a least-squares pretext, almost surely: that of x1 or of x2, whichever is less."""
    rank2 = axes_of(truth.s22, ABSOLUTE * truth.unit2).varies.sum(axis=-1)
    return np.asarray(np.minimum(rank(truth, "x1", intercept), rank2))


class LeastSquaresProbe(FiniteSample):
    """A statement about a least-squares probe."""

    intercept: bool

    @property
    def probe(self) -> str:
        """Text of the probe: least squares of the label on psi."""
        return probe_text(self.intercept)


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

    Examples
    --------
    >>> from testbed.generators import CleanGaussian
    >>> from testbed.theory import ExactLeastSquares
    >>> truth = CleanGaussian(k=1, structure_seed=1).law().population()
    >>> statement = ExactLeastSquares()
    >>> bool(statement.applies(truth))
    True
    """

    representation: Representation = "linear_psi_star"
    intercept: bool = True
    column: Literal["excess_risk", "estimation"] = "excess_risk"

    versions: ClassVar[Versions] = ({}, {"intercept": False})
    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Least squares on Gaussian draws"
    source: ClassVar[str] = "this project (F1)"
    claim: ClassVar[str] = "E ER = e_apx(psi) + T p/(n-p-1); with intercept e_apx(psi) + T (1/n + (1+1/n) p/(n-p-2))"

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

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """Mean of the column over repetitions, on the right."""
        left = residual(truth, self.representation, self.intercept)
        estimation = left * growth(needed("n_labeled", n_labeled), self.rank(truth), self.intercept)
        intrinsic = left - truth.bayes_noise if self.column == "excess_risk" else 0.0
        return predicted(truth, intrinsic + estimation)


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

    Examples
    --------
    >>> from testbed import check, theory
    >>> truth = check.LAWS["gaussian"].population()
    >>> right = theory.PretextError().sides(truth, n_unlabeled=1000, n_labeled=1000).right
    >>> float(f"{right:.4g}")
    0.02132
    """

    intercept: bool = True
    centred: bool = False

    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Error of the least-squares pretext"
    source: ClassVar[str] = "this project (F5)"
    claim: ClassVar[str] = "E|psi~ - psi*|^2 = T (1/n + (1+1/n) d1/(n-d1-2)), T = tr Cov(X2 - E^L[X2|X1])"

    @property
    def pretext(self) -> str:
        """Text of the pretext: least squares of x2 on x1."""
        return f"Predict({probe_text(self.intercept)})"

    @property
    def probe(self) -> str:
        """Text of a probe, which the statement does not depend on: least squares."""
        return "OLS()"

    @property
    def column(self) -> str:
        """Column that is predicted: the squared error of the representation."""
        return "pretext_error"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """The law is jointly Gaussian."""
        return (gaussian(truth),)

    def residual(self, truth: Population) -> Array:
        """T, what the best affine predictor leaves of X2, (...)."""
        psi = truth.rows("linear").psi
        return np.asarray(np.maximum(np.trace(truth.s22, axis1=-2, axis2=-1) - inner(psi, psi), 0.0))

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """Mean of eps_pre^2 over repetitions, on the right."""
        n, d = needed("n_unlabeled", n_unlabeled), rank(truth, "x1", self.intercept)
        factor = growth(n - self.intercept, d, False) if self.centred else growth(n, d, self.intercept)
        return predicted(truth, self.residual(truth) * factor)


@dataclass(frozen=True, repr=False)
class BlindPretext(LeastSquaresProbe):
    """Least squares on a least-squares pretext is least squares on x1, for every number of pairs.

    Where what x1 leaves of x2 varies in as many directions as x1 or more, psi~ is almost surely an invertible affine
    map of x1, which the probe undoes: e_apx(psi~) = e_apx(x1), so the pretext part is e_apx(x1) - e_apx(psi*): 0 under
    conditional independence, however wrong psi~ is. Discrete laws are left out: a draw may repeat a few points.

    References
    ----------
    This project (T1), on the procedure of Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, section 2.

    Examples
    --------
    >>> from testbed import check, theory
    >>> truth = check.LAWS["gaussian-wide"].population()
    >>> bool(abs(theory.BlindPretext().sides(truth, n_unlabeled=100, n_labeled=1000).right) < 1e-9)
    True
    """

    intercept: bool = True

    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "A least-squares pretext is x1"
    source: ClassVar[str] = "this project (T1)"
    claim: ClassVar[str] = "d2 >= d1 => e_apx(psi~) = e_apx(x1)"
    n_unlabeled: ClassVar[tuple[int, ...]] = (100, 1000)

    @property
    def pretext(self) -> str:
        """Text of the pretext: least squares of x2 on x1."""
        return f"Predict({probe_text(self.intercept)})"

    @property
    def column(self) -> str:
        """Column that is predicted: the pretext part e_apx(psi~) - e_apx(psi*)."""
        return "pretext_part"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """Densities, and a residual of x2 with at least as many independent coordinates as x1."""
        dense = np.full(truth.second2.shape, not isinstance(truth, TablePopulation))
        psi = truth.rows("linear").psi
        left = axes_of(truth.s22 - transpose(psi) @ psi, LEFT * truth.unit2)
        noisy = left.varies.sum(axis=-1)
        spare = noisy - rank(truth, "x1", True)
        return (
            Assumption("x1 and x2 have densities", np.where(dense, 0.0, -np.inf), dense),
            Assumption("rank of Cov(X2|X1) >= rank of x1", spare, spare >= 0.0),
        )

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """e_apx(x1) - e_apx(psi*), on the right."""
        optimum = truth.reduced_psi_star(truth.s22.shape[-1], self.intercept)
        best = truth.approximation_error(optimum, self.intercept)
        return predicted(truth, truth.approximation_error(features(truth, "x1"), self.intercept) - best)
