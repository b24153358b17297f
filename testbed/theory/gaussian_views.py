"""What all functions of two Gaussian views look like: the leading ones need not be the canonical variables."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import combinations_with_replacement
from typing import Annotated, ClassVar

import numpy as np
from scipy.special import eval_hermitenorm, factorial

from testbed._linalg import Array, inner, transpose
from testbed.allowed import Whole
from testbed.arguments import shown
from testbed.laws import Population
from testbed.laws.gaussian_population import GaussianPopulation
from testbed.laws.spectral import axes_of
from testbed.theory.base import EDGE, Assumption, Exact, Kind, Sides, Versions, compared
from testbed.theory.conditions import gaussian

__all__ = ["GaussianTopFunctions"]

MOST = 6  # functions asked for, and so the degree of their polynomials
MOST_SHARED = 3  # of one encoder
TIE = 1e-6  # difference of two singular values at or below which their functions are not told apart


@dataclass(frozen=True, repr=False)
class GaussianTopFunctions(Exact):
    """The leading functions of Gaussian views are products of Hermite polynomials of the canonical variables.

    With canonical correlations rho_1 >= ... >= rho_d the singular values of the conditional expectation from all
    functions of X2 to all functions of X1 are all products prod_i rho_i^{a_i}, a_i = 0, 1, 2, ..., and only those with
    one a_i = 1 belong to linear functions. So among the `rank` leading functions (constants not counted) that
    nonlinear CCA, the spectral contrastive loss or any whitening joint embedding over all functions finds, the i-th
    canonical variable z_i is one iff rho_i is among the `rank` largest products, and::

        e_apx(leading functions) = E|f*|^2 - sum over these i of |E f* z_i|^2.

    All are linear iff rho_r > rho_1^2; otherwise the square of z_1 comes before z_r, and a label that reads z_r is
    lost whole, which linear CCA keeps. Measured is the residual of f* on the left singular functions of the operator on
    all polynomials up to degree `rank`, whose entries E p(z_1) q(z_2) are taken by Gauss-Hermite quadrature.

    One encoder of both views (`shared`) takes the largest positive eigenvalues where two take singular values. For
    views of one law whose S12 is symmetric these are the products prod_i rho_i^{a_i} with the signs of the rho_i, the
    eigenvalues of S11^{-1/2} S12 S11^{-1/2}: the square of a variable with rho_i < 0 counts, the variable itself never
    is a leading function, and a label that reads it is lost whole at every rank. Polynomials are then taken up to
    degree 2 `rank`.

    Parameters
    ----------
    rank : int
        Number of leading functions, 1 to 6; with `shared` 1 to 3.
    shared : bool
        Whether one encoder serves both views.

    Raises
    ------
    ValueError
        Settings out of range.

    References
    ----------
    Lancaster, "The structure of bivariate distributions", Annals of Mathematical Statistics 29, 1958, for the singular
    functions; the consequence is this project's.

    Examples
    --------
    >>> from testbed import check, theory
    >>> theory.GaussianTopFunctions().sides(check.LAWS["sharp"].population())
    <Sides: left 0.16, right 0.16, scale 1, error 0>
    """

    rank: Annotated[int, Whole(1, MOST)] = 2
    shared: bool = False

    versions: ClassVar[Versions] = ({}, {"rank": 3}, {"shared": True})
    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Leading functions of Gaussian views"
    source: ClassVar[str] = "Lancaster 1958; this project (A9)"
    claim: ClassVar[str] = "e_apx(top r) = E|f*|^2 - sum of |E f* z_i|^2 over rho_i among the r largest products"

    def __post_init__(self) -> None:
        """Check what the settings ask of each other."""
        super().__post_init__()
        if self.shared and self.rank > MOST_SHARED:
            raise ValueError(
                f"rank = {shown(self.rank)}: with shared = True allowed are 1 to {MOST_SHARED}, as the polynomials "
                "have twice that degree"
            )

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """Jointly Gaussian views, and a gap after the last function that is kept; named where it fails, rho_1 < 1.

        For one encoder also views of one law with a symmetric S12; the margin is minus what differs, as a share.
        """
        if not isinstance(truth, GaussianPopulation):
            return (gaussian(truth),)
        if self.shared and truth.s11.shape[-1] != truth.s22.shape[-1]:
            return (gaussian(truth), _one_law(truth))
        values = -np.sort(-self._products(truth)[..., 1:], axis=-1)  # constants are not counted
        gap = values[..., self.rank - 1] - values[..., self.rank]
        largest = 1.0 - truth.spectrum[..., 0]
        below = Assumption("rho_1 < 1", largest, largest > TIE)
        tied = Assumption(f"rho products {self.rank} and {self.rank + 1} differ", gap - TIE, gap > TIE)
        one = (_one_law(truth),) if self.shared else ()
        return (gaussian(truth), *one, tied, *(() if np.all(below.holds) else (below,)))

    def subject(self, truth: Population) -> Assumption:
        """A label that x1 knows of, and views that depend on each other: the margin is the largest correlation."""
        told = super().subject(truth)
        if not isinstance(truth, GaussianPopulation) or not np.all(told.holds):
            return told
        largest = truth.spectrum[..., 0]
        return Assumption("x1 and x2 depend on each other", largest, largest > TIE)

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """Residual of f* on the leading functions, and the sum over canonical variables; NaN elsewhere."""
        if not isinstance(truth, GaussianPopulation):
            return compared(truth, np.nan, np.nan)
        (f, rho), most = self._variables(truth), self._degree
        degrees = _degrees(rho.shape[-1], most)
        larger = np.sum(self._products(truth)[..., None, 1:] > rho[..., :, None] + TIE / 2.0, axis=-1)
        kept = (larger < self.rank) & (rho >= 0.0)
        known = np.where(kept[..., None], f[..., : rho.shape[-1], :], 0.0)
        right = inner(f, f) - inner(known, known)
        operator = np.prod([_moments(rho[..., i], most)[..., degrees[:, None, i], degrees[None, :, i]]
                            for i in range(rho.shape[-1])], axis=0)[..., 1:, 1:]  # fmt: skip
        if self.shared:  # of a symmetric matrix, the largest eigenvalues come last
            u = np.linalg.eigh(0.5 * (operator + transpose(operator)))[1][..., ::-1][..., : self.rank]
        else:
            u = np.linalg.svd(operator)[0][..., : self.rank]
        linear = np.array([np.flatnonzero((degrees == one).all(axis=1))[0] for one in np.eye(rho.shape[-1], dtype=int)])
        seen = transpose(u[..., linear - 1, :]) @ f[..., : rho.shape[-1], :]
        return compared(truth, inner(f, f) - inner(seen, seen), right)

    @property
    def _degree(self) -> int:
        """Largest degree of a leading function: with signs, a larger positive product is two factors shorter."""
        return 2 * self.rank if self.shared else self.rank

    def _variables(self, truth: GaussianPopulation) -> tuple[Array, Array]:
        """E f* z_i for canonical variables, then what of f* is outside of them; and the leading correlations.

        Those beyond the first rank + 1, of either sign, cannot be in one of the rank + 1 largest products.
        """
        most = self.rank + 1
        if not self.shared:
            u, rho, _ = np.linalg.svd(truth.white1(truth.s12) @ axes_of(truth.s22).inverse)
            return transpose(u) @ truth.white1(truth.s1y), np.clip(rho[..., :most], 0.0, 1.0)
        d = truth.s11.shape[-1]
        cross = truth.white1(truth.s12) @ axes_of(truth.s11).inverse if d == truth.s22.shape[-1] else np.zeros((d, d))
        rho, u = np.linalg.eigh(0.5 * (cross + transpose(cross)))
        order = [*range(d - 1, max(d - 1 - most, -1), -1), *range(min(most, max(d - most, 0)))]
        order += [i for i in range(d) if i not in order]
        u, rho = u[..., order], rho[..., order][..., : min(2 * most, d)]
        return transpose(u) @ truth.white1(truth.s1y), np.clip(rho, -1.0, 1.0)

    def _products(self, truth: GaussianPopulation) -> Array:
        """Products of powers of the correlations up to the next degree, the constants' 1 first, (..., products)."""
        rho = self._variables(truth)[1]
        degrees = _degrees(rho.shape[-1], self._degree + (2 if self.shared else 1))
        return np.asarray(np.prod(rho[..., None, :] ** degrees, axis=-1))


def _one_law(truth: GaussianPopulation) -> Assumption:
    """Whether both views have one law in either order: S11 = S22, S12 symmetric, one mean."""
    name = "both views have one law, in either order"
    if truth.s11.shape[-1] != truth.s22.shape[-1]:
        none = np.full(truth.second2.shape, -np.inf)
        return Assumption(name, none, np.isfinite(none))
    size = np.trace(truth.s11, axis1=-2, axis2=-1) + np.trace(truth.s22, axis1=-2, axis2=-1)
    apart = np.maximum(np.abs(truth.s11 - truth.s22), np.abs(truth.s12 - transpose(truth.s12))).max(axis=(-2, -1))
    share = apart / np.where(size > 0.0, size, 1.0)
    return Assumption(name, -share, share <= EDGE + truth.lost)


@cache
def _degrees(variables: int, most: int) -> Array:
    """All degrees (functions, variables) whose sum is at most `most`, that of the constant first."""
    chosen = [c for total in range(most + 1) for c in combinations_with_replacement(range(variables), total)]
    return np.array([np.bincount(np.array(c, dtype=int), minlength=variables) for c in chosen], dtype=int)


def _moments(rho: Array, most: int) -> Array:
    """E h_a(z1) h_b(z2) for standard normal (z1, z2) of correlation rho (...), a, b <= most: (..., most+1, most+1)."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(most + 1)  # exact to degree 2 most + 1
    weights = weights / weights.sum()
    z2 = rho[..., None, None] * nodes[:, None] + np.sqrt(1.0 - rho[..., None, None] ** 2) * nodes
    degree = np.arange(most + 1)
    size = np.sqrt(factorial(degree))
    inside = np.einsum("...ijb,j->...ib", eval_hermitenorm(degree, z2[..., None]) / size, weights)
    return np.asarray(transpose(eval_hermitenorm(degree, nodes[:, None]) / size * weights[:, None]) @ inside)
