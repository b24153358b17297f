"""The functions of two views that are correlated most: of Gaussian views, and of a mixture without an edge."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import eval_hermitenorm, factorial, softmax

from testbed._linalg import Array, transpose, upper
from testbed.laws.densities import GaussianStates, gaussian_states
from testbed.laws.joint_gaussian import JointGaussian
from testbed.laws.mixture import GaussianMixture
from testbed.laws.population import NotDefinedError
from testbed.laws.quadrature import SHIFTS, gaussian_points
from testbed.laws.spectral import axes_of
from testbed.screens import short

__all__ = ["CanonicalFunctions", "canonical_functions", "mixture_functions"]

LEAST, MOST = 1e-10, 1.0 - 1e-12  # canonical correlations that count as 0, and as 1
NODES = 2**15  # points of each view over which the posteriors are averaged
ALIKE = 1e-8  # relative deviation of a combination of posteriors that counts as none: its states have one law of x


class CanonicalFunctions(NamedTuple):
    """Leading pairs of functions, orthonormal in each view, with E f_i(X1) g_j(X2) = s_i if i = j, otherwise 0."""

    values: Array  # (r,) s, falling; the constants' 1 first
    first: Callable[[Array], Array]  # (n, d1) -> (n, r)
    second: Callable[[Array], Array]  # (n, d2) -> (n, r)

    def __repr__(self) -> str:
        return short(self)


def canonical_functions(law: JointGaussian, rank: int, shared: bool = False) -> CanonicalFunctions:
    """Singular functions of the operator x1 -> x2 of a jointly Gaussian law, exactly.

    With t_i, u_i the canonical variates and rho_i their correlations, they are the products of h_{n_i}(t_i), h_n the
    Hermite polynomials of unit norm, with singular values prod rho_i^{n_i} (Mehler): a square, of rho_1^2, may come
    before the second variate, of rho_2. Fewer than `rank` where the views are independent.

    With `shared`, of views that have one law in either order, they are the eigenfunctions of the positive eigenvalues:
    the rho_i then have signs, those of the eigenvalues of S11^{-1/2} S12 S11^{-1/2}, and so have their products.

    Raises
    ------
    ValueError
        A law with leading axes, or with a canonical correlation of 1: its singular values do not fall; with `shared`,
        views that are not exchangeable.

    References
    ----------
    Lancaster, "The structure of bivariate distributions", Annals of Mathematical Statistics 29, 1958.
    """
    if law.batch:
        raise NotDefinedError(f"this law has leading axes {law.batch}; give one of them, law[r]")
    truth = law.population()
    white1, white2 = axes_of(truth.s11).inverse, axes_of(truth.s22).inverse
    if shared:
        size = max(np.trace(truth.s11), np.trace(truth.s22))
        same = truth.s11.shape == truth.s22.shape
        if not same or max(np.abs(truth.s11 - truth.s22).max(), np.abs(truth.s12 - truth.s12.T).max()) > ALIKE * size:
            raise NotDefinedError("one encoder needs views that are exchangeable, and those of this law are not")
        cross = transpose(white1) @ (0.5 * (truth.s12 + truth.s12.T)) @ white1
        rho, u = np.linalg.eigh(cross)
        vt, white2 = u.T, white1
    else:
        u, rho, vt = np.linalg.svd(transpose(white1) @ truth.s12 @ white2, full_matrices=False)
    kept = np.abs(rho) > LEAST
    if np.any(np.abs(rho) >= MOST):
        raise NotDefinedError("a canonical correlation is 1, as are its powers: no leading functions are identified")
    degrees, values = _leading(rho[kept], rank)
    axes1, axes2 = white1 @ u[:, kept], white2 @ vt[kept].T
    return CanonicalFunctions(
        values, lambda x: _products(np.asarray(x) @ axes1, degrees), lambda x: _products(np.asarray(x) @ axes2, degrees)
    )


def _leading(rho: Array, rank: int) -> tuple[npt.NDArray[np.intp], Array]:
    """Degrees (r, variates) of the largest positive products of powers, and the products (r,)."""
    start = (0,) * len(rho)
    heap, seen = [(-1.0, start, 1.0)], {start}  # minus the size, which falls with every factor, and the sign
    found: list[tuple[tuple[int, ...], float]] = []
    while heap and len(found) < rank:
        size, degree, sign = heapq.heappop(heap)
        if sign > 0.0:
            found.append((degree, -size))
        for i in range(len(rho)):
            up = (*degree[:i], degree[i] + 1, *degree[i + 1 :])
            if up not in seen:
                seen.add(up)
                heapq.heappush(heap, (size * abs(float(rho[i])), up, sign * float(np.sign(rho[i]))))
    return np.array([d for d, _ in found], dtype=np.intp).reshape(len(found), len(rho)), np.array([v for _, v in found])


def _products(variates: Array, degrees: npt.NDArray[np.intp]) -> Array:
    """Products of Hermite polynomials of unit norm: (n, variates) -> (n, r)."""
    each = eval_hermitenorm(degrees, variates[:, None, :]) / np.sqrt(factorial(degrees))
    return np.asarray(np.prod(each, axis=-1))


@lru_cache(maxsize=16)  # of a frozen law, every repetition asks
def mixture_functions(law: GaussianMixture, rank: int) -> CanonicalFunctions:
    """Singular functions of the operator x1 -> x2 where the views are independent given the state.

    With a(x1) and b(x2) the posteriors of the state, the constant left out, ::

        p(x1, x2) / (p(x1) p(x2)) - 1 = sum_s (a_s(x1) - p_s) (b_s(x2) - p_s) / p_s

    so that the functions are combinations of the posteriors, from a decomposition of two matrices of the size of the
    number of states: their span is exact where all of them are taken; where it is cut, and for the singular values, the
    covariances of the posteriors are averages over 32,768 shifted Sobol points. Fewer than `rank` where there are not
    as many.

    Raises
    ------
    ValueError
        A law with leading axes, an edge from x1 to x2 within a state, a singular covariance within states.
    """
    if law.batch:
        raise NotDefinedError(f"this law has leading axes {law.batch}; give one of them, law[r]")
    if np.any(law.covariance[..., : law.d1, law.d1 :] != 0.0):
        raise NotDefinedError("the views depend on each other within a state: their singular functions are not known")
    p = law.probability
    (one, root1, axes1), (two, root2, axes2) = (_view(gaussian_states(law, v), p) for v in (1, 2))
    u, s, vt = np.linalg.svd((root1 / p) @ root2.T)
    last = min(rank - 1, len(s))
    return CanonicalFunctions(
        np.concatenate([[1.0], s[:last]]), _functions(one, axes1 @ u[:, :last]), _functions(two, axes2 @ vt[:last].T)
    )


def _view(states: GaussianStates, p: Array) -> tuple[Callable[[Array], Array], Array, Array]:
    """Centred posterior of a view, a root R of its covariance R'R, (r, S), and W, (S, r), with W'R'R W = I."""

    def posterior(x: Array) -> Array:
        return np.asarray(softmax(states.log_density(np.asarray(x, dtype=float)), axis=-1)) - p

    each = max(8, NODES // (SHIFTS * len(p)))
    u = gaussian_points(states.mean, 1 << (each.bit_length() - 1), states.mean.shape[-1])
    x = states.mean[:, None, None, :] + u @ np.linalg.inv(states.white)[:, None]
    centred = posterior(x.reshape(-1, x.shape[-1]))
    mass = np.repeat(p / (len(centred) // len(p)), len(centred) // len(p))
    _, s, vt = np.linalg.svd(upper(np.sqrt(mass)[:, None] * centred), full_matrices=False)
    kept = s > ALIKE * s.max(initial=0.0)
    return posterior, s[kept, None] * vt[kept], vt[kept].T / s[kept]


def _functions(posterior: Callable[[Array], Array], axes: Array) -> Callable[[Array], Array]:
    """The constant, and combinations of centred posteriors."""

    def values(x: Array) -> Array:
        image = posterior(x) @ axes
        return np.hstack([np.ones((len(image), 1)), image])

    return values
