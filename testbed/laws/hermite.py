"""The functions of two jointly Gaussian views that are correlated most: products of Hermite polynomials."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import eval_hermitenorm, factorial

from testbed._linalg import Array, transpose
from testbed.laws.joint_gaussian import JointGaussian
from testbed.laws.spectral import axes_of
from testbed.laws.undefined import NotDefinedError

__all__ = ["CanonicalFunctions", "canonical_functions"]

LEAST, MOST = 1e-10, 1.0 - 1e-12  # canonical correlations that count as 0, and as 1


class CanonicalFunctions(NamedTuple):
    """Leading pairs of functions, orthonormal in each view, with E f_i(X1) g_j(X2) = s_i if i = j, otherwise 0."""

    values: Array  # (r,) s, falling; the constants' 1 first
    first: Callable[[Array], Array]  # (n, d1) -> (n, r)
    second: Callable[[Array], Array]  # (n, d2) -> (n, r)


def canonical_functions(law: JointGaussian, rank: int) -> CanonicalFunctions:
    """Singular functions of the operator x1 -> x2 of a jointly Gaussian law, exactly.

    With t_i, u_i the canonical variates and rho_i their correlations, they are the products of h_{n_i}(t_i), h_n the
    Hermite polynomials of unit norm, with singular values prod rho_i^{n_i} (Mehler): a square, of rho_1^2, may come
    before the second variate, of rho_2. Fewer than `rank` where the views are independent.

    Raises
    ------
    ValueError
        A law with leading axes, or with a canonical correlation of 1: its singular values do not fall.

    References
    ----------
    Lancaster, "The structure of bivariate distributions", Annals of Mathematical Statistics 29, 1958.
    """
    if law.batch:
        raise NotDefinedError(f"this law has leading axes {law.batch}; give one of them, law[r]")
    truth = law.population()
    white1, white2 = axes_of(truth.s11).inverse, axes_of(truth.s22).inverse
    u, rho, vt = np.linalg.svd(transpose(white1) @ truth.s12 @ white2, full_matrices=False)
    kept = rho > LEAST
    if np.any(rho >= MOST):
        raise NotDefinedError("a canonical correlation is 1, as are its powers: no leading functions are identified")
    degrees, values = _leading(rho[kept], rank)
    axes1, axes2 = white1 @ u[:, kept], white2 @ vt[kept].T
    return CanonicalFunctions(
        values, lambda x: _products(np.asarray(x) @ axes1, degrees), lambda x: _products(np.asarray(x) @ axes2, degrees)
    )


def _leading(rho: Array, rank: int) -> tuple[npt.NDArray[np.intp], Array]:
    """Degrees (r, variates) of the largest products of powers, and the products (r,)."""
    start = (0,) * len(rho)
    heap, seen = [(-1.0, start)], {start}
    found: list[tuple[tuple[int, ...], float]] = []
    while heap and len(found) < rank:
        value, degree = heapq.heappop(heap)
        found.append((degree, -value))
        for i in range(len(rho)):
            up = (*degree[:i], degree[i] + 1, *degree[i + 1 :])
            if up not in seen:
                seen.add(up)
                heapq.heappush(heap, (value * float(rho[i]), up))
    return np.array([d for d, _ in found], dtype=np.intp).reshape(len(found), len(rho)), np.array([v for _, v in found])


def _products(variates: Array, degrees: npt.NDArray[np.intp]) -> Array:
    """Products of Hermite polynomials of unit norm: (n, variates) -> (n, r)."""
    each = eval_hermitenorm(degrees, variates[:, None, :]) / np.sqrt(factorial(degrees))
    return np.asarray(np.prod(each, axis=-1))
