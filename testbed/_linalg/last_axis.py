"""Sums and maxima along a short last axis, with the bits that numpy's own have: it is slow at many short rows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from testbed._linalg.arrays import Array

__all__ = ["largest_of_last", "normalised_exp", "sum_of_last"]

PLAIN_SUM = 8  # from here on numpy adds in an order of its own
MANY = 100  # rows below which nothing is gained


def sum_of_last(a: Array) -> Array:
    """Sum over the last axis, (..., n) -> (...)."""
    return _by_columns(np.add, a) if a.shape[-1] < PLAIN_SUM and MANY * a.shape[-1] < a.size else np.sum(a, axis=-1)


def largest_of_last(a: Array) -> Array:
    """Largest along the last axis, (..., n) -> (...)."""
    return _by_columns(np.maximum, a) if MANY * a.shape[-1] < a.size else np.max(a, axis=-1)


def normalised_exp(log: Array) -> Array:
    """Probabilities proportional to exp(log) along the last axis; the array that is given is overwritten."""
    log -= largest_of_last(log)[..., None]
    np.exp(log, out=log)
    log /= sum_of_last(log)[..., None]
    return log


def _by_columns(combine: Callable[..., Any], a: Array) -> Array:
    found = a[..., 0].copy()
    for column in range(1, a.shape[-1]):
        combine(found, a[..., column], out=found)
    return np.asarray(found)
