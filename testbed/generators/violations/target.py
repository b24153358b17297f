"""Other targets made of X2: fewer coordinates (V6), squares and singular functions (the remedies of V8)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from testbed.allowed import Count
from testbed.arguments import shown
from testbed.generators.violations.base import Violation, refused
from testbed.laws import Finite, GaussianMixture, JointGaussian, Law, SquaredMixture

__all__ = ["CanonicalTarget", "SquareTarget", "TruncateTarget"]


@dataclass(frozen=True, repr=False)
class TruncateTarget(Violation):
    """V6: only the first d2 coordinates of X2 are predicted.

    Breaks the rank assumption where d2 < k m: rank(A_bar) is at most d2. Harmless if and only if the rows of M stay in
    the column space of A_bar (with an intercept, of [A_bar, 1]); e_apx is the loss of rank (I3). Nothing else
    moves, so risks along d2 are those of one law with less and less to predict.

    Parameters
    ----------
    base : Generator or Law
        A mixture, a finite or a jointly Gaussian law.
    d2 : int
        Coordinates that are kept, 1 to the base's d2.

    Raises
    ------
    ValueError
        d2 out of range, with the range; a base whose x2 is no vector of free coordinates.

    Examples
    --------
    >>> from testbed.generators import CleanMixture, TruncateTarget
    >>> truth = TruncateTarget(CleanMixture(k=3, structure_seed=1), d2=1).law().population()
    >>> truth.A.shape
    (3, 1)
    """

    d2: Count = 1

    def violate(self, base: Law) -> Law:
        """Return the law of the base with the first `d2` coordinates of X2 alone."""
        if not isinstance(base, GaussianMixture | Finite | JointGaussian):
            refused(self, base, "the coordinates of its x2 are word frequencies, which sum to 1")
        d1, d2, k, m = base.shape
        if self.d2 > d2:
            raise ValueError(f"d2 = {shown(self.d2)}: attainable with the base's d2 = {d2}: 1 to {d2}")
        if isinstance(base, Finite):
            return Finite(base.joint, base.v1, base.v2[:, : self.d2])
        width = d1 + self.d2
        if isinstance(base, GaussianMixture):
            covariance = base.covariance[..., :width, :width]
            return self.changed(base, mean=base.mean[..., :width], covariance=covariance)
        kept = [*range(width), *range(d1 + d2, base.covariance.shape[-1])]
        return JointGaussian(base.covariance[..., kept, :][..., kept], d1, self.d2, k, m)


@dataclass(frozen=True, repr=False)
class SquareTarget(Violation):
    """A remedy of V8: the target is h(X2) = X2^2, coordinate by coordinate, in place of X2.

    Where the conditional means of X2 say nothing and those of X2^2 have rank k (with an intercept: affine rank k - 1),
    as under `RandomSign`, regression of the squares has e_apx(psi*) = 0. In a mixture without an edge
    E[X2_i^2 | state] = mu2_i^2 + C22_ii, and the population is as exact as the base's (`SquaredMixture`).

    Parameters
    ----------
    base : Generator or Law
        A finite law, or a mixture without an edge.

    Raises
    ------
    ValueError
        From `law`: other laws, in which E[X2^2 | X1, state] is quadratic in X1.

    Examples
    --------
    >>> from testbed.generators import CleanMixture, SquareTarget
    >>> truth = SquareTarget(CleanMixture(k=3, structure_seed=1)).law().population()
    >>> truth.A.shape    # x2 is replaced by the squares of its coordinates
    (3, 10)
    """

    def violate(self, base: Law) -> Law:
        """Return the law of the base with X2^2 in place of X2."""
        if isinstance(base, Finite):
            return Finite(base.joint, base.v1, base.v2**2)
        if not isinstance(base, GaussianMixture) or np.any(base.covariance[..., : base.d1, base.d1 :]):
            refused(self, base, "the mean of X2^2 given x1 and the state is not the state's: only without an edge")
        return SquaredMixture(base)


@dataclass(frozen=True, repr=False)
class CanonicalTarget(Violation):
    """A remedy of V8: the target is the top right singular functions of the views, D2^{-1/2} V_r, in place of X2.

    With Q = D1^{-1/2} P12 D2^{-1/2} = U diag(s) V' the regression of the new target on x1 is D1^{-1/2} U_r diag(s_r):
    nonlinear canonical correlation (ACE), obtained by regression. The first function is the constant. Independence
    given (Y, Z) makes rank(Q) at most k m, and where the laws p(x2 | state) are linearly independent r = k m functions
    make e_apx(psi*) = 0, whatever the means of X2 are. In general, with no assumption,
    e_apx <= E|f* - E[f* | X2]|^2 / (1 - s_{r+1}^2).

    Parameters
    ----------
    base : Generator or Law
        A finite law: the singular functions are then exact.
    rank : int
        r, the constant included: 1 to the number of singular values.

    Raises
    ------
    ValueError
        A rank out of range, with the range; a base that is not finite.

    Examples
    --------
    >>> from testbed.generators import CleanFinite, CanonicalTarget
    >>> truth = CanonicalTarget(CleanFinite(k=3, structure_seed=1), rank=1).law().population()
    >>> truth.A.shape    # E[X2 | Y] of one canonical variable
    (3, 1)
    """

    rank: Count = 2

    def violate(self, base: Law) -> Law:
        """Put the singular functions in the place of X2."""
        if not isinstance(base, Finite):
            refused(self, base, "its singular functions are not a finite table")
        truth = base.population()
        _, s, vt = truth.operator
        if self.rank > len(s):
            raise ValueError(f"rank = {shown(self.rank)}: attainable with {len(s)} singular values: 1 to {len(s)}")
        return Finite(truth.table, truth.points1, vt[: self.rank].T / np.sqrt(truth.p2)[:, None])
