"""Canonical correlations with covariances shrunk to the identity; all the way, partial least squares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np

from testbed._linalg import Array, transpose
from testbed.allowed import Real
from testbed.arguments import Seed
from testbed.laws import Law
from testbed.laws.spectral import axes_of
from testbed.pretexts.base import NO_LAW, Draw, Pretext, Psi
from testbed.pretexts.correlation import check_variates
from testbed.pretexts.one_view import centred, moments_of
from testbed.regressors.base import Rank, resolve_rank

__all__ = ["RidgeCCA"]


@dataclass(frozen=True, repr=False)
class RidgeCCA(Pretext):
    """Canonical correlations with both covariances shrunk to the identity: psi(x1) = U_r' C1^{-1/2} (x1 - mean).

    With C_v = (1 - c) S_vv + c I and c the shrinkage, U s V' is the singular value decomposition of
    C1^{-1/2} S12 C2^{-1/2}. At c = 1 it is partial least squares of two views (PLS-SVD): U holds the leading left
    singular vectors of S12, the directions of most covariance. The identity has the units of the data, so units of
    each column matter by definition; origins and rotations of either view do not.

    Parameters
    ----------
    rank : int, "k", "k-1" or "km"
        Number of variates, at most min(d1, d2); a named one keeps all of them where there are fewer.
    shrinkage : float
        c, in (0, 1]. Without shrinkage it is `CCA`.

    Raises
    ------
    ValueError
        In a fit or at the optimum: a number above min(d1, d2).

    References
    ----------
    Vinod, "Canonical ridge and econometrics of joint production", Journal of Econometrics 4, 1976; Wegelin, "A survey
    of partial least squares methods", University of Washington, technical report 371, 2000.

    Examples
    --------
    >>> from testbed.generators import CleanMixture
    >>> from testbed.pretexts import RidgeCCA
    >>> law = CleanMixture(k=3, structure_seed=1).law()
    >>> psi = RidgeCCA(2).optimum(law)    # what PLS learns from infinitely many pairs
    >>> truth = law.population()
    >>> float(truth.approximation_error(psi).round(3))    # the excess risk of its best linear read-out, e_apx
    0.092
    """

    rank: Rank
    shrinkage: Annotated[float, Real(above=0.0, at_most=1.0)] = 1.0

    @property
    def linear(self) -> bool:
        """The variates are affine in x1."""
        return True

    @property
    def needs_square(self) -> bool:
        """The scatter (x2, x2) is looked at, unless nothing of it is left."""
        return self.shrinkage < 1.0

    @property
    def leading(self) -> Literal["variance", "first", "none"]:
        """The first variates: the task orders them."""
        return "first"

    def fit(self, draw: Draw, law: Law = NO_LAW, rng: Seed = 0) -> Psi:
        """Decompose the moments of the pairs (divisor n - 1, which shrinkage sees)."""
        moments = moments_of(draw)
        n = np.maximum(moments.n - 1.0, 1.0)[..., None, None]
        s22 = moments.block("x2", "x2") / n if self.needs_square else None
        s11, s12 = (moments.block("x1", v) / n for v in ("x1", "x2"))
        return self._variates(s11, s12, s22, moments.mean["x1"], law)

    def optimum(self, law: Law) -> Psi:
        """Decompose the moments of the law."""
        truth = law.population()
        return self._variates(truth.s11, truth.s12, truth.s22, truth.mean1, law)

    def _variates(self, s11: Array, s12: Array, s22: Array | None, mean: Array, law: Law) -> Psi:
        """Weights of the leading variates."""
        check_variates(self.rank, s12)
        one = self._inverse(s11)
        two = np.eye(s12.shape[-1]) if s22 is None else self._inverse(s22)
        u = np.linalg.svd(transpose(one) @ s12 @ two, full_matrices=False)[0]
        return centred(one @ u[..., : resolve_rank(self.rank, law.shape[2], law.states)], mean)

    def _inverse(self, covariance: Array) -> Array:
        """H with H H' the inverse of the shrunken covariance."""
        if self.shrinkage == 1.0:
            return np.eye(covariance.shape[-1])
        return axes_of((1.0 - self.shrinkage) * covariance + self.shrinkage * np.eye(covariance.shape[-1])).inverse
