"""Checks of the arrays a law is built from: each names the argument, its value and what is allowed."""

from __future__ import annotations

from typing import Any

import numpy as np

from testbed._linalg import Array

__all__ = ["frozen_array", "positive_semidefinite", "probabilities"]

TOLERANCE = 1e-9


def frozen_array(name: str, value: object, dtype: Any = np.float64) -> Array:
    """Copy into a read-only array, refusing what is not a finite number."""
    try:
        array = np.array(value, dtype=dtype, order="C")
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name} must be an array of numbers: {error}") from error
    if not np.all(np.isfinite(array)):
        raise ValueError(f"{name} holds {int(np.sum(~np.isfinite(array)))} values that are NaN or infinite")
    array.setflags(write=False)
    return array


def probabilities(name: str, value: object) -> Array:
    """Check a vector of probabilities."""
    p = frozen_array(name, value)
    if p.ndim != 1 or p.size == 0:
        raise ValueError(f"{name} has shape {p.shape}; it must be a vector with one entry for each state")
    if p.min() < 0.0:
        raise ValueError(f"{name} holds the negative value {p.min():.6g}")
    if abs(p.sum() - 1.0) > TOLERANCE:
        raise ValueError(f"{name} sums to {p.sum():.12g}; it must sum to 1")
    return p


def positive_semidefinite(name: str, value: object) -> Array:
    """Check a stack of covariance matrices."""
    c = frozen_array(name, value)
    if c.ndim < 2 or c.shape[-1] != c.shape[-2]:
        raise ValueError(f"{name} has shape {c.shape}; its last two axes must be equal")
    size = max(float(np.abs(c).max(initial=0.0)), np.finfo(float).tiny)
    skew = float(np.abs(c - np.swapaxes(c, -1, -2)).max(initial=0.0))
    if skew > TOLERANCE * size:
        raise ValueError(f"{name} is not symmetric: entries differ from their mirror image by up to {skew:.3g}")
    lowest = float(np.linalg.eigvalsh(c).min())
    if lowest < -TOLERANCE * size:
        raise ValueError(f"{name} is not positive semidefinite: its smallest eigenvalue is {lowest:.3g}")
    return c
