"""The sign of a leak: what a violation of conditional independence does to the label (I14)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from testbed._linalg import Array
from testbed.laws import Population
from testbed.laws.conditional import FeatureClass, Given
from testbed.theory.base import Assumption, Kind, readable
from testbed.theory.bounds import SharperBound

__all__ = ["SignedLeakBound", "SignedLeakIdentity"]


@dataclass(frozen=True, repr=False)
class SignedLeakBound(SharperBound):
    """Intrinsic risk above that of x1, from the parts of the leak that the label sees.

    With W'psi* = f* + g, a = E[g f*'] F^+, h = g - a f*, H = E hh', B = I + a, F = E f*f' (with an intercept Cov f*) ::

        e_apx(psi*) - e_apx(phi1) <= tr[F - F B'(B F B' + H)^+ B F].

    With k = 1 and d2 = 1 it is F H / ((1 + a)^2 F + H): an aligned leak (a > 0) lowers it, one that is anti-aligned
    raises it. It is computed as the residual of f* on W'psi*.
    """

    feature_class: FeatureClass = "universal"
    intercept: bool = True
    given: Given = "yz"

    title: ClassVar[str] = "Signed leak, bound"
    source: ClassVar[str] = "this project (I14)"
    claim: ClassVar[str] = "e_apx(psi*) - e_apx(phi1) <= tr[F - FB'(BFB' + H)^+BF]"

    def predicted(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Array:
        """The residual; infinite where no W solves."""
        value = truth.signed_leak(self.intercept, self.feature_class, self.given).predicted
        return np.where(np.isfinite(value), value, np.inf)


@dataclass(frozen=True, repr=False)
class SignedLeakIdentity(SignedLeakBound):
    """The signed-leak bound is attained where the label takes all of psi*.

    Given Y alone that is d2 = k without an intercept or for a real label, and d2 = k - 1 for a one-hot label with an
    intercept, whose codes have k - 1 dimensions: with d2 = k one direction of psi* is left over, and may help.
    """

    given: Given = "y"

    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Signed leak, equality"
    claim: ClassVar[str] = "equality where d2 = k (one-hot with intercept: k - 1), given Y"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """A read-out exists, and psi* has no direction left over; the margin is minus their number."""
        k, d2 = truth.mean_y.shape[-1], truth.s12.shape[-1]
        needed = k - int(self.intercept and truth.simplex["y"])
        alone = self.given == "y" or not truth.latent
        spare = np.full(truth.second2.shape, float(abs(d2 - needed)))
        name = "d2 = k - 1" if needed < k else "d2 = k"
        return (
            readable(truth, self.intercept, self.given),
            Assumption(f"{name}, given Y alone", -spare, (spare == 0.0) & alone),
        )
