"""Integrals over x1 in a mixture: randomly shifted Sobol points around each state, with a standard error."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import scipy
from scipy.special import ndtri

from testbed._linalg import Array
from testbed.laws.held import met
from testbed.screens import short

__all__ = [
    "SHIFTS", "Estimate", "average", "balanced", "cube_points", "gaussian_points", "normal_of", "over_shifts",
    "resolved", "scrambled_sobol",
]  # fmt: skip

SHIFTS = 8  # independent shifts of one point set: their spread is the standard error
BITS = 30  # of a Sobol point
DIRECTIONS = Path(scipy.__file__).parent / "stats" / "_sobol_direction_numbers.npz"


class Estimate(NamedTuple):
    """An integral and its standard error."""

    value: Array
    se: Array

    def __repr__(self) -> str:
        return short(self)

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


def scrambled_sobol(dimension: int, log2_points: int) -> Array:
    """First 2^m points of a Sobol sequence, (2^m, dimension), scrambled by a linear matrix and a shift of seed 0.

    Equal to ``qmc.Sobol(dimension, rng=np.random.default_rng(0)).random_base2(m)``: direction numbers of Joe and Kuo
    in the file that scipy ships, points in the order of the Gray code. Importing ``scipy.stats`` takes half a second:
    scipy itself is asked only where it keeps that file elsewhere.

    References
    ----------
    Joe and Kuo, "Constructing Sobol sequences with better two-dimensional projections", SIAM J. Sci. Comput. 30, 2008.
    Matousek, "On the L2-discrepancy for anchored boxes", J. Complexity 14, 1998, for the scrambling.
    """
    if not DIRECTIONS.is_file():
        from scipy.stats import qmc  # slow to import

        return np.asarray(qmc.Sobol(dimension, rng=np.random.default_rng(0)).random_base2(log2_points))
    vectors, shift = _scrambled(dimension)
    points = np.empty((2**log2_points, dimension), dtype=np.uint32)
    points[0] = shift
    for j in range(log2_points):  # the Gray code of the second half is that of the first, backwards, and one bit
        points[2**j : 2 ** (j + 1)] = points[2**j - 1 :: -1] ^ vectors[:, j]
    return points * 2.0**-BITS


@lru_cache(maxsize=64)
def _scrambled(dimension: int) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint32]]:
    """Direction numbers (dimension, BITS) and shift (dimension,) after scrambling."""
    rng = np.random.default_rng(0).spawn(1)[0]  # as scipy does
    powers = 2 ** np.arange(BITS, dtype=np.uint32)
    shift = rng.integers(2, size=(dimension, BITS), dtype=np.uint32) @ powers
    lower = np.tril(rng.integers(2, size=(dimension, BITS, BITS), dtype=np.uint32))
    lower[:, np.arange(BITS), np.arange(BITS)] = 1
    plain = _directions(dimension)
    bits = (plain[..., None] >> _places(BITS)) & 1  # (dimension, BITS numbers, bit from the highest)
    mixed = np.einsum("dpk,djk->djp", lower, bits) % 2
    return np.asarray(mixed @ powers[::-1], dtype=np.uint32), np.asarray(shift, dtype=np.uint32)


def _places(bits: int) -> npt.NDArray[np.uint32]:
    """Places of the bits from the highest to the lowest."""
    return np.arange(bits - 1, -1, -1, dtype=np.uint32)


def _directions(dimension: int) -> npt.NDArray[np.uint32]:
    """Direction numbers of the plain sequence from primitive polynomials and their initial values."""
    with np.load(DIRECTIONS) as file:
        polynomials, initial = (file[name][:dimension].tolist() for name in ("poly", "vinit"))
    rows = [[1] * BITS]
    for polynomial, start in zip(polynomials[1:], initial[1:], strict=True):
        degree = polynomial.bit_length() - 1
        row = start[:degree]
        for j in range(degree, BITS):
            value = row[j - degree]
            for i in range(1, degree + 1):
                if polynomial >> (degree - i) & 1:
                    value ^= row[j - i] << i
            row.append(value)
        rows.append(row)
    return np.array(rows, dtype=np.uint32) << _places(BITS)
