"""Stacks of matrices: their type, transposes, inner and outer products, triangles, and what storage may have lost."""

from __future__ import annotations

from functools import lru_cache
from typing import cast

import numpy as np
import numpy.typing as npt

__all__ = ["LOST", "Array", "contrasts", "inner", "outer", "transpose", "upper"]

Array = npt.NDArray[np.float64]

LOST = 100.0 * float(np.finfo(float).eps)  # share of a number that its storage, and sums with it, may have lost


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


def contrasts(direction: Array) -> Array:
    """Orthonormal basis of the complement of a vector (d,), as columns (d, d - 1)."""
    return _contrasts(direction.tobytes())


@lru_cache(maxsize=16)
def _contrasts(entries: bytes) -> Array:
    """Find it; each block of repetitions asks for those of the same few vectors."""
    found: Array = np.linalg.qr(np.frombuffer(entries)[:, None], mode="complete")[0]
    found.flags.writeable = False
    return found[:, 1:]
