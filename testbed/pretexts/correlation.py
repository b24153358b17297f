"""Linear canonical correlations of the two views."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from testbed._linalg import LOST, Array, transpose
from testbed.arguments import Seed, shown
from testbed.data import Moments
from testbed.laws import Law, Population
from testbed.laws.spectral import Axes, axes_of
from testbed.pretexts.base import NO_LAW, Draw, Pretext, Psi
from testbed.pretexts.one_view import centred, moments_of
from testbed.regressors.base import Rank, check_rank, resolve_rank

__all__ = ["CCA", "check_variates"]

ZERO = 1e-10  # canonical correlations of a law at or below this are rounding: their directions are left out


@dataclass(frozen=True, repr=False)
class CCA(Pretext):
    """Linear canonical correlation analysis: psi(x1) = U_r' S11^{-1/2} (x1 - mean).

    U s V' is the singular value decomposition of S11^{-1/2} S12 S22^{-1/2} (pseudo-inverses where a view is singular),
    so that psi has unit variances and no correlations, and s its canonical correlations, falling. It is the same under
    any invertible linear map of either view. At the optimum,
    directions without correlation are set to 0: nothing identifies them.

    Parameters
    ----------
    rank : int, "k", "k-1" or "km"
        Number of canonical variates, at most min(d1, d2); a named one keeps all of them where there are fewer.

    Raises
    ------
    ValueError
        In a fit or at the optimum: a number above min(d1, d2). In a fit: n rows with n - 1 < rank S11 + rank S22, where
        some correlations are 1 whatever the truth.

    References
    ----------
    Hotelling, "Relations between two sets of variates", Biometrika 28, 1936.

    Examples
    --------
    >>> from testbed.generators import CleanMixture
    >>> from testbed.pretexts import CCA
    >>> law = CleanMixture(k=3, structure_seed=1).law()
    >>> psi = CCA(2).optimum(law)    # what it learns from infinitely many pairs
    >>> truth = law.population()
    >>> float(truth.approximation_error(psi).round(3))    # the excess risk of its best linear read-out, e_apx
    0.092
    """

    rank: Rank

    @property
    def linear(self) -> bool:
        """The variates are affine in x1."""
        return True

    @property
    def needs_square(self) -> bool:
        """The scatter (x2, x2) is looked at."""
        return True

    @property
    def leading(self) -> Literal["variance", "first", "none"]:
        """The first variates: all have variance 1."""
        return "first"

    def fit(self, draw: Draw, law: Law = NO_LAW, rng: Seed = 0) -> Psi:
        """Decompose the moments of the pairs (divisor n)."""
        moments = moments_of(draw)
        one, s12, two = self._seen(moments)
        weight, _ = self._variates(one, s12, two, law)
        return centred(weight, moments.mean["x1"], full_rank=True)

    def optimum(self, law: Law) -> Psi:
        """Canonical variates of the law."""
        truth = law.population()
        one, s12, two = _known(truth)
        weight, correlation = self._variates(one, s12, two, law)
        lost = _lost(one, truth.mean1) + _lost(two, truth.mean2)
        kept = np.where(correlation > (ZERO + lost)[..., None], 1.0, 0.0)
        return centred(weight * kept[..., None, :], truth.mean1, full_rank=bool(np.all(kept)))

    def correlations(self, source: Law | Draw, law: Law | None = None) -> Array:
        """Canonical correlations (..., r), falling: of a law exactly, or of draws, whose named rank `law` resolves.

        Raises
        ------
        ValueError
            Draws of fewer pairs than `fit` takes, whose correlations would be 1; a named rank of draws without a law.
        """
        if isinstance(source, Law):
            (one, s12, two), law = _known(source.population()), source
        else:
            one, s12, two = self._seen(moments_of(source))
        if isinstance(self.rank, str) and law is None:
            raise ValueError(f"rank = {shown(self.rank)} of draws needs the law that it speaks of; give a number")
        check_variates(self.rank, s12)
        rank = self.rank if law is None else resolve_rank(self.rank, law.shape[2], law.states)
        return np.asarray(np.linalg.svd(_white(one, s12, two), compute_uv=False)[..., : int(rank)])

    def _seen(self, moments: Moments) -> tuple[Axes, Array, Axes]:
        """Axes of both views and their cross-covariance in draws that are enough for them."""
        n = moments.n[..., None, None]
        s11, s12, s22 = (moments.block(a, b) / n for a, b in (("x1", "x1"), ("x1", "x2"), ("x2", "x2")))
        one, two = (axes_of(s, LOST * np.abs(moments.mean[v])) for s, v in ((s11, "x1"), (s22, "x2")))
        used = one.varies.sum(axis=-1) + two.varies.sum(axis=-1)
        if np.any(moments.n - 1.0 < used):
            least = int(np.max(used)) + 1
            raise ValueError(f"{shown(self)} needs n >= {least} pairs; got n = {int(np.min(moments.n))}")
        return one, s12, two

    def _variates(self, one: Axes, s12: Array, two: Axes, law: Law) -> tuple[Array, Array]:
        """Weights of the leading variates, and their correlations."""
        check_variates(self.rank, s12)
        u, s, _ = np.linalg.svd(_white(one, s12, two), full_matrices=False)
        rank = resolve_rank(self.rank, law.shape[2], law.states)
        return one.inverse @ u[..., :rank], s[..., :rank]


def _known(truth: Population) -> tuple[Axes, Array, Axes]:
    """Axes of both views of a law and their cross-covariance."""
    one, two = (axes_of(s, LOST * np.abs(m)) for s, m in ((truth.s11, truth.mean1), (truth.s22, truth.mean2)))
    return one, truth.s12, two


def _white(one: Axes, s12: Array, two: Axes) -> Array:
    """Cross-covariance of the views in white coordinates."""
    return np.asarray(transpose(one.inverse) @ s12 @ two.inverse)


def _lost(axes: Axes, mean: Array) -> Array:
    """What storage of values far from 0 may have cost a correlation of white coordinates, (...)."""
    return np.asarray(LOST * (np.abs(mean)[..., None, :] @ np.abs(axes.inverse))[..., 0, :].max(axis=-1))


def check_variates(rank: Rank, s12: Array) -> None:
    """Refuse more pairs of variates than the smaller view has coordinates; `s12` is (..., d1, d2)."""
    d1, d2 = s12.shape[-2:]
    check_rank(rank, min(d1, d2), f"x1 has {d1} coordinates and x2 has {d2}")
