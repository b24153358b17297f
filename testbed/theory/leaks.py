"""How a risk splits, and the sign of a leak: what a violation of conditional independence does to the label."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from testbed._linalg import Array, inner, residual_square, solve, transpose
from testbed.data import LinearMap
from testbed.laws import Population
from testbed.laws.readouts import ABSOLUTE, FeatureClass, Given
from testbed.theory.base import Assumption, Exact, Kind, Sides, Statement, Versions, compared, predicted
from testbed.theory.bounds import SharperBound
from testbed.theory.conditions import needed, readable

__all__ = ["ExcessSplit", "LearntLeak", "SignedLeakBound", "SignedLeakIdentity"]


@dataclass(frozen=True, repr=False)
class SignedLeakBound(SharperBound):
    """Intrinsic risk above that of x1, from the parts of the leak that the label sees.

    With W'psi* = f* + g, a = E[g f*'] F^+, h = g - a f*, H = E hh', B = I + a, F = E f*f' (with an intercept Cov f*) ::

        e_apx(psi*) - e_apx(phi1) <= tr[F - F B'(B F B' + H)^+ B F].

    With k = 1 and d2 = 1 it is F H / ((1 + a)^2 F + H): an aligned leak (a > 0) lowers it, one that is anti-aligned
    raises it. It is computed as the residual of f* on W'psi*.

    Examples
    --------
    >>> from testbed import check, theory
    >>> theory.SignedLeakBound().sides(check.LAWS["sharp"].population())
    <Sides: left 0.16, right 0.16, scale 1, error 0>
    """

    feature_class: FeatureClass = "universal"
    intercept: bool = True
    given: Given = "yz"

    versions: ClassVar[Versions] = ({}, {"feature_class": "linear"}, {"intercept": False})
    title: ClassVar[str] = "Signed leak, bound"
    source: ClassVar[str] = "this project (I14)"
    claim: ClassVar[str] = "e_apx(psi*) - e_apx(phi1) <= tr[F - FB'(BFB' + H)^+BF]"

    def bound(self, truth: Population) -> Array:
        """Return the right side for each law, (...), as a residual; infinite where no W solves W'A_bar' = M."""
        value = truth.signed_leak(self.intercept, self.feature_class, self.given).predicted
        return np.where(np.isfinite(value), value, np.inf)


@dataclass(frozen=True, repr=False)
class SignedLeakIdentity(SignedLeakBound):
    """The signed-leak bound is attained where the label takes all of psi*.

    Given Y alone that is d2 = k without an intercept or for a real label, and d2 = k - 1 for a one-hot label with an
    intercept, whose codes have k - 1 dimensions: with d2 = k one direction of psi* is left over, and may help.

    Examples
    --------
    >>> from testbed import check, theory
    >>> theory.SignedLeakIdentity().sides(check.LAWS["sharp"].population())
    <Sides: left 0.16, right 0.16, scale 1, error 0>
    """

    given: Given = "y"

    versions: ClassVar[Versions] = ({}, {"feature_class": "linear"}, {"intercept": False})
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


@dataclass(frozen=True, repr=False)
class LearntLeak(Statement):
    """Risk above that of x1 of what least squares learns from n1 pairs: estimation noise is a leak without a sign.

    With F = Cov f, c = Cov(f, psi*), R = Cov(X2 | X1), all of the linear class, q the dimension of f (k, for classes
    k - 1) and n1 = n_unlabeled::

        e_apx(psi~) - e_apx(x1) ~ (d1 - d2) / (d1 - q)  tr[F - c (Cov psi* + N)^{-1} c'],
        N = (d1 - q) / (n1 - d1 - 2) R.

    N is the covariance of the estimation error of psi~ across the d1 - q directions of x1 that f does not use: it acts
    as a harmful leak does in I14. So an aligned leak, which enlarges c, outweighs it and an anti-aligned one does not.
    The factor is what d2 - q spare coordinates of psi~ give back: noise in random directions of x1 holds some of f. It
    is 0 at d2 = d1, where psi~ is an invertible map of x1. An approximation, of both means by their ratio.

    References
    ----------
    This project, from I14 and the exact mean of the estimation error of least squares (F5).

    Examples
    --------
    >>> from testbed import check, theory
    >>> f"{theory.LearntLeak().sides(check.LAWS['gaussian'].population(), n_unlabeled=1000).right:.3g}"
    '0.00205'
    """

    versions: ClassVar[Versions] = ()  # it is an approximation of a mean: nothing is compared
    kind: ClassVar[Kind] = "rate"
    title: ClassVar[str] = "Learnt leak"
    source: ClassVar[str] = "this project (I14, F5)"
    claim: ClassVar[str] = "e_apx(psi~) - e_apx(x1) ~ (d1-d2)/(d1-q) tr[F - c(Cov psi* + N)^-1 c']"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """d2 is at least the dimension of f and at most d1."""
        d1, d2 = truth.s12.shape[-2:]
        room = np.full(truth.second2.shape, float(min(d1 - d2, d2 - self._dimension(truth))))
        return (Assumption("q <= d2 <= d1", room, room >= 0.0),)

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """The approximation; infinite where n1 <= d1 + 2, NaN where d2 is out of range."""
        f, psi, _ = truth.rows("linear")
        (d1, d2), q = truth.s12.shape[-2:], self._dimension(truth)
        left = needed("n_unlabeled", n_unlabeled) - d1 - 2
        if left <= 0:
            return predicted(truth, np.inf)
        if not q <= d2 <= d1:
            return predicted(truth, np.nan)
        signal, cross = transpose(psi) @ psi, transpose(psi) @ f
        noise = (d1 - q) / left * (truth.s22 - signal)
        lost = np.trace(transpose(f) @ f - transpose(cross) @ solve(signal + noise, cross), axis1=-2, axis2=-1)
        return predicted(truth, (d1 - d2) / max(d1 - q, 1) * lost)

    @staticmethod
    def _dimension(truth: Population) -> int:
        return int(truth.mean_y.shape[-1]) - int(truth.simplex["y"])


@dataclass(frozen=True, repr=False)
class ExcessSplit(Exact):
    """Excess risk = e_apx(psi*) + (e_apx(psi) - e_apx(psi*)) + estimation, for any psi and any read-out.

    It is checked where psi is the linear optimum cut to rank one and the read-out is the constant EY: then estimation
    is the variance E|E^L[f* | psi] - EY|^2 that the best read-out explains, and the middle part may be negative.

    References
    ----------
    The decomposition in Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, section 4, as an equality (I10).

    Examples
    --------
    >>> from testbed import check, theory
    >>> theory.ExcessSplit().sides(check.LAWS["sharp"].population())
    <Sides: left 0.5, right 0.5, scale 1, error 0>
    """

    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Excess risk, split"
    source: ClassVar[str] = "this project (I10)"
    claim: ClassVar[str] = "E|f* - yhat|^2 = intrinsic + pretext part + estimation"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """Nothing is assumed: the split is an identity in every law."""
        return ()

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """E|f* - EY|^2 by way of the distance in the class, and the three parts; estimation from covariances of psi."""
        psi = truth.reduced_psi_star(1)
        intrinsic = truth.approximation_error(truth.linear_psi_star)
        pretext = truth.approximation_error(psi) - intrinsic
        rows, f = truth.root1 @ psi.weight, truth.root1 @ truth.linear_f_star.weight
        right = intrinsic + pretext + inner(f, f) - residual_square(rows, f, ABSOLUTE, truth.unit2)
        constant = LinearMap(np.zeros(truth.linear_f_star.weight.shape), truth.mean_y)
        return compared(truth, truth.class_floor + truth.distance_to_linear(constant), right)
