"""What statements share: kinds of laws, the representation and its rank, the factor of an exact Gaussian regression."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from testbed._linalg import RELATIVE_CUTOFF, Array, rank_of
from testbed.data import LinearMap
from testbed.laws import Population
from testbed.laws.finite_population import FinitePopulation
from testbed.laws.gaussian_population import GaussianPopulation
from testbed.laws.population import ABSOLUTE
from testbed.laws.spectral import axes_of
from testbed.laws.table_population import centred
from testbed.theory.base import Assumption, FiniteSample

__all__ = [
    "PRETEXTS", "EstimationRate", "LeastSquaresProbe", "Representation", "check_representation", "features",
    "finite_supports", "fitted_directions", "gaussian", "growth", "learnt_rank", "needed", "probe_text", "rank",
    "residual", "tabled", "unknown", "widened",
]  # fmt: skip

Representation = Literal["x1", "linear_psi_star", "psi_star"]
PRETEXTS: dict[str, str] = {"x1": "Raw()", "linear_psi_star": 'Oracle("linear")', "psi_star": 'Oracle("universal")'}


def check_representation(representation: object, intercept: object) -> None:
    """Refuse what is neither x1 nor a pretext optimum."""
    if representation not in PRETEXTS:
        raise ValueError(f"representation = {representation!r}; allowed: {', '.join(map(repr, PRETEXTS))}")
    if not isinstance(intercept, bool):
        raise ValueError(f"intercept = {intercept!r}; allowed: True, False")


def needed(name: str, value: int | None) -> int:
    """Sample size that a prediction depends on."""
    if value is None:
        raise ValueError(f"{name} = None: this prediction depends on it; give a whole number")
    return value


def probe_text(intercept: bool) -> str:
    """Canonical text of least squares."""
    return "OLS()" if intercept else "OLS(intercept=False)"


class LeastSquaresProbe(FiniteSample):
    """A statement about a least-squares probe."""

    intercept: bool

    @property
    def probe(self) -> str:
        """Least squares."""
        return probe_text(self.intercept)


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


def gaussian(truth: Population) -> Assumption:
    """A jointly Gaussian law; no distance from that family is defined, so the margin is 0 or minus infinity."""
    holds = np.full(truth.second2.shape, isinstance(truth, GaussianPopulation))
    return Assumption("jointly Gaussian", np.where(holds, 0.0, -np.inf), holds)


def features(truth: Population, representation: Representation) -> Any:
    """The representation as what `Population.approximation_error` takes."""
    if representation == "x1":
        return LinearMap.identity(truth.s11.shape[-1])
    return truth.linear_psi_star if representation == "linear_psi_star" else truth.psi_star


def rank(truth: Population, representation: Representation, intercept: bool) -> Array:
    """Rank of the features, of their second moments where no intercept takes up the means, (...)."""
    if representation == "x1":
        rows, mean = truth.root1, truth.mean1
        unit, floor = truth.unit1, RELATIVE_CUTOFF
    elif representation == "linear_psi_star":
        rows, mean, unit, floor = truth.root1 @ truth.linear_psi_star.weight, truth.mean2, truth.unit2, ABSOLUTE
    else:
        rows, mean, unit, floor = truth.psi_star_root(), truth.mean2, truth.unit2, ABSOLUTE
    if not intercept:
        level = np.broadcast_to(mean, (*rows.shape[:-2], mean.shape[-1]))[..., None, :]
        rows = np.concatenate([rows, level], axis=-2)
    return rank_of(rows, floor, unit).astype(float)


def fitted_directions(truth: FinitePopulation, representation: Representation, intercept: bool) -> Array:
    """Orthonormal columns that the weighted features span at the points of x1, the constant among them, (s1, p)."""
    psi = np.asarray(features(truth, representation)(truth.points1), dtype=float)
    unit = truth.unit1 if representation == "x1" else truth.unit2  # what is rounding in psi* is no feature
    psi = (centred(psi, truth.p1) if intercept else psi) / np.where(unit > 0.0, unit, 1.0)
    if intercept:
        psi = np.column_stack([np.ones(len(psi)), psi])
    u, s, _ = np.linalg.svd(np.sqrt(truth.p1)[:, None] * psi, full_matrices=False)
    return np.asarray(u[:, s > ABSOLUTE * max(s.max(), 1.0)])


def residual(truth: Population, representation: Representation, intercept: bool) -> Array:
    """What the best read-out leaves of the label: E tr Cov(Y | X1) + e_apx(psi); jointly Gaussian: tr S_yy|psi."""
    return truth.bayes_noise + truth.approximation_error(features(truth, representation), intercept)


def growth(n: int, p: Any, intercept: bool) -> Array:
    """Mean excess of least squares on p Gaussian features over the residual variance; infinite where it has no mean.

    p / (n - p - 1), and with an intercept 1/n + (1 + 1/n) p / (n - p - 2).
    """
    p = np.asarray(p, dtype=float)
    left = n - p - 1.0 - intercept
    share = p / np.where(left > 0.0, left, 1.0)
    return np.where(left > 0.0, 1.0 / n + (1.0 + 1.0 / n) * share if intercept else share, np.inf)


def widened(value: Array, truth: Population) -> Array:
    """A prediction with the leading axes of the population."""
    return np.broadcast_to(value, np.broadcast_shapes(np.shape(value), truth.second2.shape)).astype(float)


def finite_supports(truth: Population) -> Assumption:
    """A law on finite supports; like `gaussian`, without a distance."""
    holds = np.full(truth.second2.shape, isinstance(truth, FinitePopulation))
    return Assumption("finite supports", np.where(holds, 0.0, -np.inf), holds)


def tabled(truth: Population) -> Assumption:
    """A law on finite supports, or a jointly Gaussian one: everything about both views is known."""
    holds = np.full(truth.second2.shape, isinstance(truth, FinitePopulation | GaussianPopulation))
    return Assumption("finite supports or jointly Gaussian", np.where(holds, 0.0, -np.inf), holds)


def unknown(truth: Population) -> Array:
    """NaN with the leading axes of the population: what a law does not give."""
    return np.full(truth.second2.shape, np.nan)


def learnt_rank(truth: Population, intercept: bool) -> Array:
    """Rank of a least-squares pretext, almost surely: that of x1 or of x2, whichever is less."""
    rank2 = axes_of(truth.s22, ABSOLUTE * truth.unit2).varies.sum(axis=-1)
    return np.asarray(np.minimum(rank(truth, "x1", intercept), rank2))
