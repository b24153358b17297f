"""The functions of two views that are correlated most, in a mixture whose states leave nothing between the views."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from scipy.special import softmax

from testbed._linalg import Array, upper
from testbed.laws.densities import GaussianStates, gaussian_states
from testbed.laws.hermite import CanonicalFunctions
from testbed.laws.mixture import GaussianMixture
from testbed.laws.quadrature import SHIFTS, gaussian_points
from testbed.laws.undefined import NotDefinedError

__all__ = ["mixture_functions"]

NODES = 2**15  # points of each view over which the posteriors are averaged
ALIKE = 1e-8  # relative deviation of a combination of posteriors that counts as none: its states have one law of x


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
