"""Scrambled Sobol points with the bits of scipy.stats.qmc.Sobol, without the half second that importing it takes."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import scipy

from testbed._linalg import Array

__all__ = ["scrambled_sobol"]

BITS = 30
DIRECTIONS = Path(scipy.__file__).parent / "stats" / "_sobol_direction_numbers.npz"


def scrambled_sobol(dimension: int, log2_points: int) -> Array:
    """First 2^m points of a Sobol sequence, (2^m, dimension), scrambled by a linear matrix and a shift of seed 0.

    Equal to ``qmc.Sobol(dimension, rng=np.random.default_rng(0)).random_base2(m)``: direction numbers of Joe and Kuo
    in the file that scipy ships, points in the order of the Gray code. Where scipy keeps that file elsewhere, scipy
    itself is asked.

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
    bits = (plain[..., None] >> powers_of(BITS)) & 1  # (dimension, BITS numbers, bit from the highest)
    mixed = np.einsum("dpk,djk->djp", lower, bits) % 2
    return np.asarray(mixed @ powers[::-1], dtype=np.uint32), np.asarray(shift, dtype=np.uint32)


def powers_of(bits: int) -> npt.NDArray[np.uint32]:
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
    return np.array(rows, dtype=np.uint32) << powers_of(BITS)
