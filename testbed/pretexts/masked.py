"""Contrast of the two halves that a random mask makes of x1: noise in single coordinates does not enter."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from testbed._linalg import Array
from testbed.data import LinearMap
from testbed.laws import Law
from testbed.pretexts.one_view import OneView, centred, top, width_of
from testbed.regressors.base import Rank

__all__ = ["OffDiagonal"]


@dataclass(frozen=True, repr=False)
class OffDiagonal(OneView):
    """Contrast of complementary masks of x1: psi(x1) = V_r'(x1 - mean), V_r the top r eigenvectors of offdiag(S11).

    A mask a of fair coins makes the views x_a = a (x1 - mean) and x_{1-a} = (1 - a) (x1 - mean). Their
    cross-covariance is the off-diagonal part of S11 over 4, so of the linear encoders with orthonormal rows, W W' = I,
    the one whose views agree most, with the largest ::

        E<W x_a, W x_{1-a}> = tr(W offdiag(S11) W') / 4,

    reads the leading eigenvectors of offdiag(S11); all masks are averaged in closed form. Eigenvalues of an
    off-diagonal part sum to 0, so the last of many features belong to negative ones, whose views disagree. Variances of
    single coordinates are not seen, where `PCA` follows them. Only the span is identified. It follows covariances, so
    units of each column matter by definition; common units and origins do not, rotations do.

    Parameters
    ----------
    rank : int, "k", "k-1" or "km"
        Number of eigenvectors kept; a named one keeps all of them where there are fewer.

    Raises
    ------
    ValueError
        In a fit or at the optimum: a number above d1.

    References
    ----------
    Ji, Deng, Nakada, Zou and Zhang, "The power of contrast for feature learning", JMLR 2023, for the masks.

    Examples
    --------
    >>> from testbed.generators import CleanMixture
    >>> from testbed.pretexts import OffDiagonal
    >>> law = CleanMixture(k=3, structure_seed=1).law()
    >>> psi = OffDiagonal(2).optimum(law)    # what it learns from infinitely many draws
    >>> truth = law.population()
    >>> float(truth.approximation_error(psi).round(3))    # the excess risk of its best linear read-out, e_apx
    0.093
    """

    rank: Rank

    def solve(self, mean: Array, covariance: Array, law: Law) -> LinearMap:
        """Return the map to the leading eigenvectors of the covariances between coordinates of x1."""
        d = covariance.shape[-1]
        return centred(top(covariance * (1.0 - np.eye(d)), width_of(self.rank, law, d)), mean)
