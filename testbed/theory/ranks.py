"""What is lost where the conditional means of X2 have too few dimensions (I3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from testbed._linalg import Array, principal_roots, residual_square, transpose
from testbed.laws import Population
from testbed.laws.conditional import ABSOLUTE, FeatureClass
from testbed.theory.base import Assumption, Exact, Kind, conditional_independence, oracle_error
from testbed.theory.bounds import IntrinsicBound

__all__ = ["RankLoss"]


@dataclass(frozen=True, repr=False)
class RankLoss(Exact):
    """Under conditional independence given Y, what psi* = A'f* loses is what the directions of A leave of f*.

    With S = E f f' (with an intercept Cov f), f the best predictor of the label in the class::

        e_apx(psi*) - e_apx(phi1) = tr[S - S A (A' S A)^+ A' S].

    0 at rank k, and with an intercept where [A, 1] has rank k.

    Parameters
    ----------
    feature_class : "linear" or "universal"
    intercept : bool
        Of the read-out.

    References
    ----------
    Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, Lemma 3.1, without its assumption on the rank (I3).
    """

    feature_class: FeatureClass = "linear"
    intercept: bool = True

    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Loss of rank"
    source: ClassVar[str] = "this project (I3)"
    claim: ClassVar[str] = "e_apx(psi*) - e_apx(phi1) = tr[S - SA(A'SA)^+A'S]"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """eps_CI = 0 given Y."""
        return (conditional_independence(truth, self.feature_class, "y"),)

    def predicted(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Array:
        """The trace, from the covariance of f and A alone."""
        f = truth.rows(self.feature_class, "y").f
        second = transpose(f) @ f
        if not self.intercept:
            second = second + truth.mean_y[..., :, None] * truth.mean_y[..., None, :]
        root = principal_roots(second)[0]
        means = truth.deviations("y") if self.intercept and truth.simplex["y"] else truth.A
        value = residual_square(root @ means, root, ABSOLUTE, truth.unit2)
        return np.broadcast_to(value, truth.second2.shape)

    def measured(self, truth: Population) -> Array:
        """e_apx(psi*) - e_apx(phi1)."""
        return IntrinsicBound(self.feature_class, self.intercept).measured(truth)

    def error(self, truth: Population) -> Array:
        """Of e_apx, where it is an integral."""
        return np.zeros(truth.second2.shape) if self.feature_class == "linear" else oracle_error(truth, self.intercept)
