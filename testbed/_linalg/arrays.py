"""Stacks of matrices: their type, transposes, inner and outer products, triangles, and what storage may have lost."""

from __future__ import annotations

from functools import lru_cache
from typing import cast

import numpy as np
import numpy.typing as npt

__all__ = ["LOST", "Array", "contrasts", "inner", "outer", "standards", "transpose", "upper"]

Array = npt.NDArray[np.float64]

LOST = 100.0 * float(np.finfo(float).eps)  # share of a number that its storage, and sums with it, may have lost
CONSTANT = 1e-13  # share of its mean at or below which the deviation of a column is rounding


def transpose(a: Array) -> Array:
    """Swap the last two axes."""
    return np.swapaxes(a, -1, -2)


def upper(a: Array) -> Array:
    """Upper-triangular R of a = Q R: the same Gram matrix in fewer rows."""
    return cast(Array, np.linalg.qr(a, mode="r"))


def inner(a: Array, b: Array) -> Array:
    """Sum over the last two axes of a * b: the trace of a' b."""
    return cast(Array, np.sum(a * b, axis=(-1, -2)))


def outer(a: Array, b: Array) -> Array:
    """Outer product of vectors along the last axis."""
    return a[..., :, None] * b[..., None, :]


def standards(x: Array, constant: float = 1.0) -> tuple[Array, Array]:
    """Means and standard deviations of the columns of rows (n, d), `constant` where one is constant to rounding."""
    mean, deviation = x.mean(axis=0), x.std(axis=0)
    return mean, np.where(deviation > CONSTANT * np.abs(mean), deviation, constant)


def contrasts(direction: Array) -> Array:
    """Orthonormal basis of the complement of a vector (d,), as columns (d, d - 1)."""
    return _contrasts(direction.tobytes())


@lru_cache(maxsize=16)
def _contrasts(entries: bytes) -> Array:
    """Find it; each block of repetitions asks for those of the same few vectors."""
    found: Array = np.linalg.qr(np.frombuffer(entries)[:, None], mode="complete")[0]
    found.flags.writeable = False
    return found[:, 1:]
