"""How many unlabelled pairs pay for themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from testbed._linalg import Array
from testbed.laws import Population
from testbed.theory._sizes import check_representation, features, growth, needed, rank, widened
from testbed.theory.base import Assumption, Kind, Statement
from testbed.theory.learnt import ReducedRankPretext

__all__ = ["Crossover"]


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
        That of the pretext.
    intercept : bool
        Whether pretext and probe have one.
    order : "leading" or "solved"

    References
    ----------
    This project (I15).
    """

    rank: Literal["k", "k-1"] = "k"
    intercept: bool = True
    order: Literal["leading", "solved"] = "leading"

    kind: ClassVar[Kind] = "rate"
    title: ClassVar[str] = "Crossover of pretext and labels"
    source: ClassVar[str] = "this project (I15)"
    claim: ClassVar[str] = "the rank-k pretext beats OLS on x1 iff n1 / n2 > tau = tr(W' Cov(X2|X1) W) / tr Cov(Y|X1)"

    def __post_init__(self) -> None:
        """Check the settings."""
        check_representation("x1", self.intercept)
        for name, allowed in (("rank", ("k", "k-1")), ("order", ("leading", "solved"))):
            if getattr(self, name) not in allowed:
                raise ValueError(f"{name} = {getattr(self, name)!r}; allowed: {', '.join(map(repr, allowed))}")

    @property
    def _part(self) -> ReducedRankPretext:
        return ReducedRankPretext(self.rank, self.intercept)

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """Those of the pretext part."""
        return self._part.assumptions(truth)

    def predicted(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Array:
        """Number of pairs; NaN where no W solves W'A_bar' = M."""
        n2 = needed("n_labeled", n_labeled)
        if self.order == "leading":
            return widened(self._part.crossover(truth) * n2, truth)
        return self._solved(truth, n2, truth.bayes_noise + truth.class_floor)  # as the two predictions that it equates

    def error(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Array:
        """Standard error of the prediction, where what x1 leaves of the label is a sum of integrals, (...)."""
        n2 = needed("n_labeled", n_labeled)
        if self.order == "leading":
            return widened(truth.error_of("tau", "linear", self.intercept) * n2, truth)
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
        return widened(np.where(room > 0.0, pays / np.where(room > 0.0, room, 1.0), np.inf), truth)
