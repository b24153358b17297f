"""How much dependence within states, in nats, eps_CI can at most be: Pinsker's inequality with its constant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from testbed._linalg import Array
from testbed.laws import Population
from testbed.laws.finite_population import FinitePopulation
from testbed.laws.gaussian_population import GaussianPopulation
from testbed.laws.readouts import Given
from testbed.theory.base import EDGE, Assumption, Exact, Kind, Sides, Versions, compared
from testbed.theory.conditions import tabled, unknown

__all__ = ["InformationBound"]


@dataclass(frozen=True, repr=False)
class InformationBound(Exact):
    """eps_CI over all functions is small where X1 and X2 say little of each other within states.

    On finite supports, with the diameter of the values of X2 (Pinsker, Jensen), and on jointly Gaussian laws, with the
    largest variance of X2 within a state::

        eps_CI^2 <= diam(X2)^2 / 2 I(X1; X2 | Y, Z)        eps_CI^2 <= 2 lambda_max(Cov(X2 | Y, Z)) I(X1; X2 | Y, Z)

    in nats. There is no converse: where only variances depend on x1 the information is positive and eps_CI is 0.

    Parameters
    ----------
    given : "yz" or "y"
        What the state is: (Y, Z) as the law shows it, or Y alone.

    References
    ----------
    This project. Cover and Thomas, Elements of Information Theory, 2nd ed., Lemma 11.6.1, for Pinsker's inequality.

    Examples
    --------
    >>> from testbed import check, theory
    >>> theory.InformationBound().sides(check.LAWS["sharp"].population())
    <Sides: left 0.16, right 0.23208, scale 2.2112, error 0>
    """

    given: Given = "yz"

    versions: ClassVar[Versions] = ({}, {"given": "y"})
    kind: ClassVar[Kind] = "inequality"
    title: ClassVar[str] = "Information bounds eps_CI"
    source: ClassVar[str] = "this project (A12)"
    claim: ClassVar[str] = (
        "eps_CI^2 <= diam(X2)^2 / 2 I(X1; X2 | Y, Z) (jointly Gaussian: 2 lambda_max(Cov(X2 | Y, Z)) in its place)"
    )

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """X2 bounded or jointly Gaussian with x1 and the label."""
        return (tabled(truth),)

    def subject(self, truth: Population) -> Assumption:
        """A dependence within states."""
        nats = truth.mutual_information("x1", "x2", self.given)
        size = unknown(truth) if nats is None else np.broadcast_to(nats, truth.second2.shape)
        return Assumption("X1 and X2 depend on each other within states", size, size > EDGE)

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """eps_CI^2 and its bound, in the unit of |X2|^2; NaN for laws of another kind."""
        if not isinstance(truth, FinitePopulation | GaussianPopulation):
            return compared(truth, np.nan, np.nan, truth.second2)
        size = _spread(truth, self.given) * truth.mutual_information("x1", "x2", self.given)
        return compared(truth, truth.epsilon_ci("universal", self.given) ** 2, size, truth.second2)


def _spread(truth: FinitePopulation | GaussianPopulation, given: Given) -> Array:
    """diam(X2)^2 / 2, or twice the largest eigenvalue of Cov(X2 | state)."""
    if isinstance(truth, FinitePopulation):
        gaps = truth.points2[:, None] - truth.points2[None]
        return np.asarray(0.5 * np.sum(gaps**2, axis=-1).max())
    return np.asarray(2.0 * np.linalg.eigvalsh(truth.within2(given))[..., -1])
