"""Integrals over x1 in a mixture: randomly shifted Sobol points around each state, with a standard error."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from testbed._linalg import Array
from testbed.laws.errors import met
from testbed.laws.sobol import scrambled_sobol

__all__ = [
    "SHIFTS", "Estimate", "average", "balanced", "cube_points", "gaussian_points", "normal_of", "over_shifts",
    "resolved",
]  # fmt: skip

SHIFTS = 8  # independent shifts of one point set: their spread is the standard error


class Estimate(NamedTuple):
    """An integral and its standard error."""

    value: Array
    se: Array

    @property
    def unresolved(self) -> bool:
        """Whether the error is above a relative 1e-3 and an absolute 1e-12 anywhere."""
        return not np.all(met(self.value, self.se))


def resolved(estimate: Callable[[int], Estimate], points: int, most: int) -> Estimate:
    """Estimate with four times as many points, again and again, until it is resolved or `most` is met."""
    found = estimate(points)
    while 4 * points <= most and found.unresolved:
        points *= 4
        found = estimate(points)
    return found


def cube_points(structure: Array, runs: int, points: int, dimension: int, copies: int = SHIFTS) -> Array:
    """Points in the unit cube, (..., runs, copies, points, dimension); `points` is a power of 2.

    One scrambled Sobol sequence is cut into runs, and each of the copies of it is shifted modulo 1. The shifts are
    drawn from the bytes of `structure` (..., S, d), so a structure has the same points alone and in a stack, while
    independent structures have independent errors: the rule is unbiased over them.
    """
    batch = structure.shape[:-2]
    base = scrambled_sobol(dimension, (runs * points - 1).bit_length())[: runs * points]
    base = base.reshape(runs, 1, points, dimension)  # aligned runs of 2^m points are nets of their own
    shifts = np.empty((int(np.prod(batch)), copies, dimension))
    for i, one in enumerate(structure.reshape(-1, *structure.shape[-2:])):
        seed = int.from_bytes(hashlib.sha256(np.ascontiguousarray(one).tobytes()).digest()[:16], "big")
        shifts[i] = np.random.default_rng(seed).random((copies, dimension))
    moved = base + shifts.reshape(*batch, 1, copies, 1, dimension)
    moved -= moved >= 1.0  # modulo 1
    return np.asarray(moved)


def gaussian_points(structure: Array, points: int, dimension: int) -> Array:
    """Standard Gaussian points around each state of `structure`, (..., S, SHIFTS, points, dimension)."""
    return normal_of(cube_points(structure, structure.shape[-2], points, dimension))


def normal_of(cube: Array) -> Array:
    """Standard Gaussian quantiles of points of the cube."""
    return np.asarray(ndtri(np.clip(cube, 2.0**-54, 1.0 - 2.0**-53)))


def average(values: Array, probability: Array) -> Estimate:
    """Average an integrand, (..., S, SHIFTS, points), over states, points and shifts."""
    return over_shifts(np.sum(probability[:, None] * values.mean(axis=-1), axis=-2))


def balanced(values: Array, fbar: Array, probability: Array) -> Estimate:
    """Average an integrand as `average` does, every node weighed by the density of the mixture over that of the nodes.

    The nodes are equally many around each state s, so their density is the mean of N_s, and the weight of a node is
    sum_s p_s N_s / mean_s N_s = S / sum_s (fbar_s / p_s), at most S times the largest p. Where a rare, narrow state
    lies within a frequent, wide one, its own nodes then do what few of the other's would.

    Parameters
    ----------
    values : (..., S, SHIFTS, points)
    fbar : (..., S, SHIFTS, points, S)
        Posterior of the state at the nodes.
    probability : (S,)

    References
    ----------
    Veach and Guibas, "Optimally combining sampling techniques for Monte Carlo rendering", SIGGRAPH 1995.
    """
    return average(values / np.sum(fbar / probability, axis=-1), np.ones(len(probability)))


def over_shifts(each: Array) -> Estimate:
    """Mean of the estimates of the single shifts, (..., copies), and its standard error."""
    return Estimate(each.mean(axis=-1), each.std(axis=-1, ddof=1) / np.sqrt(each.shape[-1]))
