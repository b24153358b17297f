"""Rates of the part of the risk that labels buy: on a pretext optimum (Theorems 3.2, 3.5), and on a learnt one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from testbed._linalg import Array
from testbed.laws import Population
from testbed.laws.finite_population import FinitePopulation
from testbed.laws.gaussian_population import GaussianPopulation
from testbed.laws.readouts import FeatureClass
from testbed.theory.base import Assumption, Kind, Sides, Versions, predicted
from testbed.theory.conditions import (
    LEE,
    PRETEXTS,
    Representation,
    conditional_independence,
    fitted_directions,
    gaussian,
    needed,
    rank,
    readable,
    residual,
    tabled,
)
from testbed.theory.least_squares import LeastSquaresProbe, growth, learnt_rank, probe_text

__all__ = ["EstimationRate", "LinearOracleRate", "MisspecifiedLeastSquares", "OracleRate", "PretextEstimation"]


class EstimationRate(LeastSquaresProbe):
    """A rate of the part of the risk that labels buy."""

    def labels_meet_all(self, truth: Population) -> tuple[Assumption, ...]:
        """On finite supports, where it fails: no point has a leverage above a tenth of the fewest labels.

        A rate is that of many labels. A rare point of x1 that alone holds a direction of the features, of leverage h,
        is met by n labels about n / h times; until that is many the line bends.
        """
        if not isinstance(truth, FinitePopulation):
            return ()
        u = fitted_directions(truth, getattr(self, "representation", "x1"), self.intercept)
        room = np.asarray(min(self.n_labeled) / 10.0 - np.max(np.sum(u**2, axis=-1) / truth.p1))
        return () if room >= 0.0 else (Assumption("the labels meet every point of x1", room, room >= 0.0),)

    @property
    def column(self) -> str:
        """What is beyond e_apx."""
        return "estimation"

    @property
    def exponent(self) -> float | None:
        """In the labels left over, -1."""
        return -1.0


@dataclass(frozen=True, repr=False)
class OracleRate(EstimationRate):
    """Risk of a linear probe on the pretext optimum: sigma^2 k / n, n = n_labeled, where x1 needs sigma^2 d1 / n.

    ER <= O~(sigma^2 k / n): the slope is -1 in log(n - p - 1), p the rank of psi*; with an intercept in log(n - p - 2),
    where the factor of `ExactLeastSquares` is (p + 1 - 2/n) / (n - p - 2). The raw n would bend the line. It is 1 in
    log k at fixed sigma^2 and beta and large n. Predicted is the estimation part of `ExactLeastSquares`, exact for
    jointly Gaussian laws and the leading term where Y given x1 is about homoskedastic; sigma^2 = E tr Cov(Y | X1).
    Every law of this package is sub-Gaussian in psi*, as the theorem asks.

    Parameters
    ----------
    intercept : bool
        Whether the probe has one.
    size : "n_labeled" or "k"
        What the rate is in.

    References
    ----------
    Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, Theorem 3.2.

    Examples
    --------
    >>> from testbed import check, theory
    >>> right = theory.OracleRate().sides(check.LAWS["gaussian"].population(), n_labeled=100).right
    >>> float(f"{right:.4g}")
    0.02432
    """

    intercept: bool = True
    size: Literal["n_labeled", "k"] = "n_labeled"

    representation: ClassVar[Representation] = "psi_star"
    feature_class: ClassVar[FeatureClass] = "universal"
    kind: ClassVar[Kind] = "rate"
    title: ClassVar[str] = "Theorem 3.2"
    source: ClassVar[str] = LEE
    claim: ClassVar[str] = "ER(psi*) <= O~(sigma^2 k / n2)"
    n_labeled: ClassVar[tuple[int, ...]] = (200, 400, 800, 1600, 3200)

    @property
    def pretext(self) -> str:
        """Text of the pretext: the optimum, which is given and not learnt."""
        return PRETEXTS[self.representation]

    @property
    def exponent(self) -> float | None:
        """-1 in the labels left over, 1 in the number of classes."""
        return -1.0 if self.size == "n_labeled" else 1.0

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """Conditional independence given Y, A of rank k; named where it fails, labels that meet every point."""
        return (
            conditional_independence(truth, self.feature_class, "y"),
            readable(truth, self.intercept, "y"),
            *self.labels_meet_all(truth),
        )

    def abscissa(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Array:
        """Labels less what the fit takes, n - p - 1 (intercept: n - p - 2); or the coefficients, p (p + 1)."""
        p = rank(truth, self.representation, self.intercept)
        if self.size == "k":
            return p + self.intercept
        return needed("n_labeled", n_labeled) - p - 1.0 - self.intercept

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """Mean of the estimation part: exact for jointly Gaussian laws, else of the right order; on the right."""
        p = rank(truth, self.representation, self.intercept)
        factor = growth(needed("n_labeled", n_labeled), p, self.intercept)
        return predicted(truth, residual(truth, self.representation, self.intercept) * factor)


@dataclass(frozen=True, repr=False)
class LinearOracleRate(OracleRate):
    """The same in the linear class: the best affine predictor of x2, ER <= e_apx(x1) + O~(sigma^2 k / n).

    sigma^2 is E tr Cov(Y | X1) + e_apx(x1), what the best affine predictor of the label leaves.

    References
    ----------
    Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, Theorem 3.5.

    Examples
    --------
    >>> from testbed import check, theory
    >>> right = theory.LinearOracleRate().sides(check.LAWS["gaussian"].population(), n_labeled=100).right
    >>> float(f"{right:.4g}")
    0.02432
    """

    representation: ClassVar[Representation] = "linear_psi_star"
    feature_class: ClassVar[FeatureClass] = "linear"
    title: ClassVar[str] = "Theorem 3.5"
    claim: ClassVar[str] = "ER(linear psi*) <= e_apx(x1) + O~(sigma^2 k / n2)"


@dataclass(frozen=True, repr=False)
class PretextEstimation(EstimationRate):
    """Estimation part on a least-squares pretext: sigma^2 d2 / n, or sigma^2 km / n after truncation, n = n_labeled.

    Predicted is T times the factor of `ExactLeastSquares` at p = min(rank of x1, rank of x2), or at the rank of the
    truncation, with T = E tr Cov(Y | X1) + e_apx of the optimum: the limit of many pairs, exact there for jointly
    Gaussian laws.

    Parameters
    ----------
    truncated : bool
        Keep the leading km principal components of psi~.
    intercept : bool
        Whether pretext and probe have one.

    References
    ----------
    Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, Theorem 4.2 and Remark 4.1.

    Examples
    --------
    >>> from testbed import check, theory
    >>> right = theory.PretextEstimation().sides(check.LAWS["gaussian"].population(), n_labeled=100).right
    >>> float(f"{right:.4g}")
    0.03283
    """

    truncated: bool = False
    intercept: bool = True

    versions: ClassVar[Versions] = ({}, {"truncated": True})
    kind: ClassVar[Kind] = "rate"
    title: ClassVar[str] = "Theorem 4.2, estimation part, and Remark 4.1"
    source: ClassVar[str] = LEE
    claim: ClassVar[str] = "estimation ~ sigma^2 d2 / n2; truncated to km components sigma^2 km / n2"
    n_unlabeled: ClassVar[tuple[int, ...]] = (100000,)
    n_labeled: ClassVar[tuple[int, ...]] = (200, 400, 800, 1600, 3200)

    @property
    def pretext(self) -> str:
        """Least squares, or its leading components."""
        inner = f"Predict({probe_text(self.intercept)})"
        return f'Truncated({inner}, "km")' if self.truncated else inner

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """The law is jointly Gaussian."""
        return (gaussian(truth),)

    def rank(self, truth: Population) -> Array:
        """Coordinates of psi~ that are independent, (...)."""
        whole = learnt_rank(truth, self.intercept)
        return np.minimum(whole, float(truth.A_bar.shape[-2])) if self.truncated else whole

    def abscissa(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Array:
        """Labels less what the fit takes."""
        return needed("n_labeled", n_labeled) - self.rank(truth) - 1.0 - self.intercept

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """Mean of the estimation part for many pairs, on the right."""
        number = truth.A_bar.shape[-2] if self.truncated else truth.s22.shape[-1]
        left = truth.bayes_noise + truth.approximation_error(
            truth.reduced_psi_star(number, self.intercept), self.intercept
        )
        return predicted(truth, left * growth(needed("n_labeled", n_labeled), self.rank(truth), self.intercept))


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

    Examples
    --------
    >>> from testbed import check, theory
    >>> truth = check.LAWS["gaussian"].population()
    >>> right = theory.MisspecifiedLeastSquares().sides(truth, n_labeled=100).right
    >>> float(f"{right:.4g}")
    0.03918
    """

    representation: Representation = "x1"
    intercept: bool = True

    kind: ClassVar[Kind] = "rate"
    title: ClassVar[str] = "Least squares with a residual that depends on x1"
    source: ClassVar[str] = "this project (F4)"
    claim: ClassVar[str] = "estimation ~ tr(S^{-1} E[psi psi' |residual|^2]) / n2"
    n_labeled: ClassVar[tuple[int, ...]] = (1000, 2000, 4000, 8000)

    @property
    def pretext(self) -> str:
        """The representation is given, not learnt."""
        return PRETEXTS[self.representation]

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """Fourth moments are known; named where it fails, labels enough for every point to be met."""
        return (tabled(truth), *self.labels_meet_all(truth))

    def abscissa(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Array:
        """Return the number of labelled rows n2 for each law, (...), in which the rate is a power."""
        return np.full(truth.second2.shape, float(needed("n_labeled", n_labeled)))

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """Return the leading term of the estimation part, as the right side."""
        n = needed("n_labeled", n_labeled)
        if isinstance(truth, GaussianPopulation):
            p = rank(truth, self.representation, self.intercept) + self.intercept
            return predicted(truth, residual(truth, self.representation, self.intercept) * p / n)
        if not isinstance(truth, FinitePopulation):
            return predicted(truth, np.nan)
        u = fitted_directions(truth, self.representation, self.intercept)
        target = np.sqrt(truth.p1)[:, None] * truth.f_table
        missed = np.sum((target - u @ (u.T @ target)) ** 2, axis=-1) / truth.p1
        noise = np.sum(truth.f_table * (1.0 - truth.f_table), axis=-1)
        return predicted(truth, np.sum(u**2, axis=-1) @ (missed + noise) / n)
