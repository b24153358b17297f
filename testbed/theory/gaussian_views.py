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
from testbed.laws import Population
from testbed.laws.gaussian_population import GaussianPopulation
from testbed.laws.spectral import axes_of
from testbed.theory.base import Assumption, Exact, Kind, Sides, Versions, compared
from testbed.theory.conditions import gaussian

__all__ = ["GaussianTopFunctions"]

MOST = 6  # functions asked for, and so the degree of their polynomials
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

    Parameters
    ----------
    rank : int
        Number of leading functions, 1 to 6.

    References
    ----------
    Lancaster, "The structure of bivariate distributions", Annals of Mathematical Statistics 29, 1958, for the singular
    functions; the consequence is this project's.
    """

    rank: Annotated[int, Whole(1, MOST)] = 2

    versions: ClassVar[Versions] = ({}, {"rank": 3})
    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Leading functions of Gaussian views"
    source: ClassVar[str] = "Lancaster 1958; this project (A9)"
    claim: ClassVar[str] = "e_apx(top r) = E|f*|^2 - sum of |E f* z_i|^2 over rho_i among the r largest products"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """Jointly Gaussian views, and a gap after the last function that is kept; named where it fails, rho_1 < 1."""
        if not isinstance(truth, GaussianPopulation):
            return (gaussian(truth),)
        values = -np.sort(-self._products(truth)[..., 1:], axis=-1)  # constants are not counted
        gap = values[..., self.rank - 1] - values[..., self.rank]
        largest = 1.0 - truth.spectrum[..., 0]
        below = Assumption("rho_1 < 1", largest, largest > TIE)
        tied = Assumption(f"rho products {self.rank} and {self.rank + 1} differ", gap - TIE, gap > TIE)
        return (gaussian(truth), tied, *(() if np.all(below.holds) else (below,)))

    def subject(self, truth: Population) -> Assumption:
        """A label that x1 knows of, and views that depend on each other: the margin is the largest correlation."""
        told = super().subject(truth)
        if not isinstance(truth, GaussianPopulation) or not np.all(told.holds):
            return told
        largest = truth.spectrum[..., 0]
        return Assumption("x1 and x2 depend on each other", largest, largest > TIE)

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """Residual of f* on the leading singular functions, and the sum over canonical variables; NaN elsewhere."""
        if not isinstance(truth, GaussianPopulation):
            return compared(truth, np.nan, np.nan)
        f, rho = self._variables(truth)
        degrees = _degrees(rho.shape[-1], self.rank)
        larger = np.sum(self._products(truth)[..., None, 1:] > rho[..., :, None] + TIE / 2.0, axis=-1)
        known = np.where(larger[..., None] < self.rank, f[..., : rho.shape[-1], :], 0.0)
        right = inner(f, f) - inner(known, known)
        operator = np.prod([_moments(rho[..., i], self.rank)[..., degrees[:, None, i], degrees[None, :, i]]
                            for i in range(rho.shape[-1])], axis=0)  # fmt: skip
        u = np.linalg.svd(operator[..., 1:, 1:])[0][..., : self.rank]
        linear = np.array([np.flatnonzero((degrees == one).all(axis=1))[0] for one in np.eye(rho.shape[-1], dtype=int)])
        seen = transpose(u[..., linear - 1, :]) @ f[..., : rho.shape[-1], :]
        return compared(truth, inner(f, f) - inner(seen, seen), right)

    def _variables(self, truth: GaussianPopulation) -> tuple[Array, Array]:
        """E f* z_i for canonical variables, then what of f* is outside of them; and the leading correlations.

        Those beyond the first rank + 1 cannot be among the rank + 1 largest products.
        """
        cross = truth.white1(truth.s12) @ axes_of(truth.s22).inverse
        u, rho, _ = np.linalg.svd(cross)
        return transpose(u) @ truth.white1(truth.s1y), np.clip(rho[..., : self.rank + 1], 0.0, 1.0)

    def _products(self, truth: GaussianPopulation) -> Array:
        """Products of powers of the correlations up to degree rank + 1, the constants' 1 first, (..., products)."""
        rho = self._variables(truth)[1]
        return np.asarray(np.prod(rho[..., None, :] ** _degrees(rho.shape[-1], self.rank + 1), axis=-1))


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
