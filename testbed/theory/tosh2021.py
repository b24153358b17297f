"""Two views that are redundant for the label, and embeddings by landmarks (Tosh, Krishnamurthy and Hsu 2021)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any, ClassVar

import numpy as np

from testbed._linalg import Array, inner, least_squares
from testbed.allowed import Count
from testbed.laws import Population
from testbed.laws.finite_population import FinitePopulation
from testbed.theory.base import (
    CONSTANT,
    EDGE,
    Assumption,
    Exact,
    Kind,
    Sides,
    compared,
    label_varies,
    variance_of_label,
)
from testbed.theory.conditions import finite_supports, tabled

__all__ = ["LandmarkAverage", "LandmarkDraws", "LandmarkRisk", "LandmarkSpan", "TwoViewBound"]

TOSH = "Tosh, Krishnamurthy and Hsu, ALT 2021"
DRAWS = 400  # sets of random landmarks
LISTED = 2**12  # sets of landmarks up to which all of them are listed


@dataclass(frozen=True, repr=False)
class TwoViewBound(Exact):
    """Predicting the label by way of the other view, mu(x1) = E[E[Y|X2] | X1 = x1].

    With e1 = E|E[Y|X1] - E[Y|X1,X2]|^2 and e2 the same for X2, E|mu(X1) - E[Y|X1,X2]|^2 <= e1 + e2: mu - f* is a
    function of x1, so orthogonal to f* - E[Y|X1,X2], and by Jensen's inequality at most e2. The
    triangle inequality alone gives (sqrt e1 + sqrt e2)^2.

    Parameters
    ----------
    triangle : bool
        Hold it to the weaker bound of the triangle inequality.

    References
    ----------
    Tosh, Krishnamurthy and Hsu, "Contrastive learning, multi-view redundancy, and linear models", ALT 2021, whose
    setting it is; the constant 1 is this project's (I12).

    Examples
    --------
    >>> from testbed import check, theory
    >>> theory.TwoViewBound().sides(check.LAWS["sharp"].population())
    <Sides: left 0.494805, right 0.51334, scale 1, error 0>
    """

    triangle: bool = False

    kind: ClassVar[Kind] = "inequality"
    title: ClassVar[str] = "Two views"
    source: ClassVar[str] = TOSH
    claim: ClassVar[str] = "E|mu - E[Y|X1,X2]|^2 <= e1 + e2"

    def subject(self, truth: Population) -> Assumption:
        """A label that both views together know of: the margin is E|E[Y|X1,X2] - EY|^2."""
        varies = label_varies(truth)
        if truth.two_view is None or not np.any(varies.holds):
            return varies
        told = np.asarray(varies.margin - truth.bayes_risk("both"))
        return Assumption("the views tell something of the label", told, told > CONSTANT * varies.margin)

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """No condition but a law whose two views are known together."""
        return (tabled(truth),)

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """E|mu - E[Y|X1,X2]|^2, and e1 + e2 or (sqrt e1 + sqrt e2)^2; NaN where they are not known."""
        views = truth.two_view
        if views is None:
            return compared(truth, np.nan, np.nan)
        right = (np.sqrt(views.e1) + np.sqrt(views.e2)) ** 2 if self.triangle else views.e1 + views.e2
        return compared(truth, views.error, right)


def _mu(truth: FinitePopulation) -> Array:
    """Rows of mu at the points of x1, weighted by the root of the probability."""
    return np.asarray(np.sqrt(truth.p1)[:, None] * ((truth.p12 @ truth.f2_table) / truth.p1[:, None]))


def _embedding(truth: FinitePopulation) -> Array:
    """Weighted rows of the embedding at all landmarks, each scaled by the root of its own probability: Q."""
    return np.asarray(truth.p12 / np.sqrt(np.outer(truth.p1, truth.p2)))


def _left(root: Array, target: Array) -> Array:
    _, rest, _ = least_squares(root, target)
    return inner(rest, rest)


@dataclass(frozen=True, repr=False)
class LandmarkSpan(Exact):
    """With every value of x2 as a landmark the embedding is as good as mu: min E|mu - W'phi|^2 = 0.

    phi_j(x1) = p(x1, x2_j) / (p(x1) p(x2_j)), the odds that contrastive learning estimates;
    mu(x1) = sum_j p(x2_j) E[Y|x2_j] phi_j(x1).

    References
    ----------
    Tosh, Krishnamurthy and Hsu, ALT 2021, landmark embeddings.

    Examples
    --------
    >>> from testbed import check, theory
    >>> sides = theory.LandmarkSpan().sides(check.LAWS["finite"].population())
    >>> bool(abs(sides.left - sides.right) < 1e-9)
    True
    """

    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Landmarks at all values of x2"
    source: ClassVar[str] = TOSH
    claim: ClassVar[str] = "min_W E|mu - W'phi|^2 = 0"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """The supports of x1 and x2 are finite."""
        return (finite_supports(truth),)

    def subject(self, truth: Population) -> Assumption:
        """A mu that is not constant: the margin is E|mu - EY|^2."""
        varies = label_varies(truth)
        if not isinstance(truth, FinitePopulation) or not np.any(varies.holds):
            return varies
        rest = _mu(truth) - np.sqrt(truth.p1)[:, None] * truth.mean_y
        told = np.asarray(inner(rest, rest))
        return Assumption("x1 tells something of the label by way of x2", told, told > EDGE**2 * varies.margin)

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """Residual of mu on the embedding, NaN without finite supports, and 0."""
        left = _left(_embedding(truth), _mu(truth)) if isinstance(truth, FinitePopulation) else np.nan
        return compared(truth, left, 0.0)


@dataclass(frozen=True, repr=False)
class LandmarkRisk(Exact):
    """Intrinsic risk of the embedding at all landmarks: e_apx(phi) <= E|f* - mu|^2 <= e2.

    The landmarks span the constants, so an intercept changes nothing.

    References
    ----------
    Tosh, Krishnamurthy and Hsu, ALT 2021, with the constant of `TwoViewBound`.

    Examples
    --------
    >>> from testbed import check, theory
    >>> sides = theory.LandmarkRisk().sides(check.LAWS["finite"].population())
    >>> bool(sides.left <= sides.right)
    True
    """

    kind: ClassVar[Kind] = "inequality"
    title: ClassVar[str] = "Risk of the landmark embedding"
    source: ClassVar[str] = TOSH
    claim: ClassVar[str] = "e_apx(phi) <= e2"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """The supports of x1 and x2 are finite."""
        return (finite_supports(truth),)

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """e_apx of the embedding, and e2 = E|E[Y|X2] - E[Y|X1,X2]|^2; NaN without finite supports."""
        if not isinstance(truth, FinitePopulation):
            return compared(truth, np.nan, np.nan)
        left = _left(_embedding(truth), np.sqrt(truth.p1)[:, None] * truth.f_table)
        return compared(truth, left, truth.two_view.e2)


class _RandomLandmarks(Exact):
    """A statement about m landmarks drawn from p(x2)."""

    landmarks: int

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """The supports of x1 and x2 are finite."""
        return (finite_supports(truth),)

    def subject(self, truth: Population) -> Assumption:
        """A label that varies, and an average over landmarks that does: the margin is its variance."""
        varies = label_varies(truth)
        if not isinstance(truth, FinitePopulation) or not np.any(varies.holds):
            return varies
        spread = self.spread(truth)
        return Assumption("landmarks differ", spread, spread > CONSTANT * varies.margin)

    def spread(self, truth: FinitePopulation) -> Array:
        """Variance of the average over landmarks."""
        second = np.sum(_embedding(truth) ** 2 @ np.sum(truth.f2_table**2, axis=-1))
        return np.asarray(max(second - inner(_mu(truth), _mu(truth)), 0.0) / self.landmarks)

    def _drawn(self, truth: FinitePopulation) -> Any:
        """Sets of landmarks, drawn with a seed of their own."""
        return np.random.default_rng(0).choice(len(truth.p2), size=(DRAWS, self.landmarks), p=truth.p2)


@dataclass(frozen=True, repr=False)
class LandmarkAverage(_RandomLandmarks):
    """The average over m landmarks l_j drawn from p(x2) of phi_j(x1) E[Y|l_j] misses mu by exactly its variance.

    E|(1/m) sum_j phi_j E[Y|l_j] - mu|^2 = (1/m) (E phi^2 |E[Y|X2]|^2 - E|mu|^2), the first mean on the right over
    independent x1 and x2: it is unbiased for mu at every x1. Measured over all sets of landmarks, or 400 drawn ones
    where there are more than 2^12.

    Parameters
    ----------
    landmarks : int
        Their number m.

    References
    ----------
    Tosh, Krishnamurthy and Hsu, ALT 2021, the argument for random landmarks, with its variance computed.

    Examples
    --------
    >>> from testbed import check, theory
    >>> theory.LandmarkAverage().sides(check.LAWS["finite"].population())
    <Sides: left 0.180709, right 0.180709, scale 0.64444, error 0>
    """

    landmarks: Count = 2

    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Average over random landmarks"
    source: ClassVar[str] = TOSH
    claim: ClassVar[str] = "E|(1/m) sum_j phi_j E[Y|l_j] - mu|^2 = (E phi^2 |E[Y|X2]|^2 - E|mu|^2) / m"

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """Mean over sets of landmarks, and its prediction; NaN without finite supports."""
        if not isinstance(truth, FinitePopulation):
            return compared(truth, np.nan, np.nan)
        right = self.spread(truth)
        errors, chance = self._errors(truth)
        drawn = 0.0 if self._listed(truth) else errors.std(ddof=1) / np.sqrt(DRAWS)
        scale = np.maximum(variance_of_label(truth), np.nan_to_num(right))  # the average may miss by more
        return compared(truth, chance @ errors, right, scale, drawn)

    def _listed(self, truth: FinitePopulation) -> bool:
        return bool(len(truth.p2) ** self.landmarks <= LISTED)

    def _errors(self, truth: FinitePopulation) -> tuple[Array, Array]:
        """E|average - mu|^2 of each set of landmarks, and its probability."""
        ratio = _embedding(truth) / np.sqrt(truth.p2)  # phi, each x1 weighted by the root of its probability
        if self._listed(truth):
            sets = np.array(list(product(range(len(truth.p2)), repeat=self.landmarks)))
            chance = np.prod(truth.p2[sets], axis=-1)
        else:
            sets, chance = self._drawn(truth), np.full(DRAWS, 1.0 / DRAWS)
        average = np.mean([ratio.T[own][..., None] * truth.f2_table[own][:, None] for own in sets.T], axis=0)
        return np.sum((average - _mu(truth)) ** 2, axis=(-1, -2)), chance


@dataclass(frozen=True, repr=False)
class LandmarkDraws(_RandomLandmarks):
    """With m landmarks drawn from p(x2), the embedding misses mu by O(1/m) in the mean over landmarks.

    E min_W E|mu - W'phi|^2 <= (1/m) (sum_ij p(x1_i) p(x2_j) phi_j(x1_i)^2 |E[Y|x2_j]|^2 - E|mu|^2): the average of
    phi_j E[Y|x2_j] over the landmarks is unbiased for mu, and this is its variance.

    Parameters
    ----------
    landmarks : int
        Their number m.

    References
    ----------
    Tosh, Krishnamurthy and Hsu, ALT 2021, the argument for random landmarks, with its variance computed.
    """

    landmarks: Count = 5

    kind: ClassVar[Kind] = "inequality"
    title: ClassVar[str] = "Random landmarks"
    source: ClassVar[str] = TOSH
    claim: ClassVar[str] = "E min_W E|mu - W'phi|^2 <= (E phi^2 |E[Y|X2]|^2 - E|mu|^2) / m"

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """Mean over sets of landmarks drawn with a seed of their own, and the variance; NaN without finite supports."""
        if not isinstance(truth, FinitePopulation):
            return compared(truth, np.nan, np.nan)
        draws = self._draws(truth)
        return compared(truth, draws.mean(), self.spread(truth), error=draws.std(ddof=1) / np.sqrt(DRAWS))

    def _draws(self, truth: FinitePopulation) -> Array:
        chosen = self._drawn(truth)
        roots = np.moveaxis(_embedding(truth)[:, chosen], 0, 1)
        return _left(roots, np.broadcast_to(_mu(truth), (DRAWS, *_mu(truth).shape)))
