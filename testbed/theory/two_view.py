"""What a probe on a representation of x1 gives up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from testbed._linalg import Array
from testbed.laws import Population
from testbed.theory._sizes import widened
from testbed.theory.base import Assumption, Kind, Statement

__all__ = ["TwoViewCeiling"]


@dataclass(frozen=True, repr=False)
class TwoViewCeiling(Statement):
    """E|E[Y|X1,X2] - E[Y|X1]|^2 >= 0: how far the best use of both views is below the Bayes risk of x1.

    No function of x1 gets there, so no psi(x1) and no probe: the excess risk of what sees x1 only is at least 0, and
    that of E[Y|X1,X2] is minus this number.

    References
    ----------
    This project (I11).
    """

    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Two-view ceiling"
    source: ClassVar[str] = "this project (I11)"
    claim: ClassVar[str] = "E tr Cov(Y|X1) - E tr Cov(Y|X1,X2) = E|E[Y|X1,X2] - E[Y|X1]|^2 >= 0"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """None."""
        return ()

    def predicted(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Array:
        """The difference of both Bayes risks; NaN where the law does not compute that of both views."""
        try:
            both = truth.bayes_risk("both")
        except ValueError:
            return widened(np.asarray(np.nan), truth)
        return widened(np.asarray(truth.bayes_noise - both), truth)
