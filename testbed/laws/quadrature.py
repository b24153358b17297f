"""Integrals over x1 in a mixture: randomly shifted Sobol points around each state, with a standard error."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import numpy as np
from scipy.special import ndtri

from testbed._linalg import Array

__all__ = ["SHIFTS", "Estimate", "average", "gaussian_points"]

SHIFTS = 8  # independent shifts of one point set: their spread is the standard error


class Estimate(NamedTuple):
    """An integral and its standard error."""

    value: Array
    se: Array


def gaussian_points(structure: Array, points: int, dimension: int) -> Array:
    """Standard Gaussian points around each state, (..., S, SHIFTS, points, dimension); `points` is a power of 2.

    One scrambled Sobol sequence is cut into a run for each state, and each of SHIFTS copies of it is shifted modulo 1.
    The shifts are drawn from the bytes of `structure` (..., S, d), so a structure has the same points alone and in a
    stack, while independent structures have independent errors: the rule is unbiased over them.
    """
    from scipy.stats import qmc  # slow to import

    batch, states = structure.shape[:-2], structure.shape[-2]
    sobol = qmc.Sobol(dimension, scramble=True, rng=np.random.default_rng(0))
    base = sobol.random_base2((states * points - 1).bit_length())[: states * points]
    base = base.reshape(states, 1, points, dimension)  # aligned runs of 2^m points are nets of their own
    shifts = np.empty((int(np.prod(batch)), SHIFTS, dimension))
    for i, one in enumerate(structure.reshape(-1, *structure.shape[-2:])):
        seed = int.from_bytes(hashlib.sha256(np.ascontiguousarray(one).tobytes()).digest()[:16], "big")
        shifts[i] = np.random.default_rng(seed).random((SHIFTS, dimension))
    moved = (base + shifts.reshape(*batch, 1, SHIFTS, 1, dimension)) % 1.0
    return np.asarray(ndtri(np.clip(moved, 2.0**-54, 1.0 - 2.0**-53)))


def average(values: Array, probability: Array) -> Estimate:
    """Average an integrand, (..., S, SHIFTS, points), over states, points and shifts."""
    each = np.sum(probability[:, None] * values.mean(axis=-1), axis=-2)
    return Estimate(each.mean(axis=-1), each.std(axis=-1, ddof=1) / np.sqrt(SHIFTS))
