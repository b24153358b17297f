"""Checks of the arrays a law is built from: each names the argument, its value and what is allowed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from testbed._linalg import FLAT, Array, is_diagonal
from testbed.arguments import cut

__all__ = [
    "correlation", "frozen_array", "images", "keeps_directions", "least_eigenvalue", "positive_semidefinite",
    "probabilities",
]  # fmt: skip

TOLERANCE = 1e-9  # of a sum of probabilities, and of a correlation: asymmetry up to that is rounding
LEAST = 1e-12  # an eigenvalue of a correlation matrix down to minus that is the rounding of 0


def frozen_array(name: str, value: object, dtype: Any = np.float64) -> Array:
    """Copy into a read-only array, refusing what is not a finite number."""
    try:
        given = np.asarray(value)
        if given.dtype.kind == "c":
            raise TypeError("it holds complex ones")
        if given.dtype.kind in "mM":
            raise TypeError("it holds times")
        array = np.array(value, dtype=dtype, order="C")
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{name} must be an array of numbers: {cut(str(error))}") from error
    if not np.all(np.isfinite(array)):
        raise ValueError(f"{name} holds {int(np.sum(~np.isfinite(array)))} values that are NaN or infinite")
    array.setflags(write=False)
    return array


def images(psi: Callable[[Array], Any], x1: Array) -> Array:
    """Image of points under a representation, refusing what is not one row of numbers for each."""
    features = frozen_array("psi(x1)", psi(x1))
    if features.ndim != 2 or len(features) != len(x1):
        raise ValueError(f"psi maps {x1.shape} to {features.shape}; it must return (n, r) for (n, d1)")
    return features


def probabilities(name: str, value: object) -> Array:
    """Return a vector as probabilities, or raise a ValueError where it is negative or does not sum to 1."""
    p = frozen_array(name, value)
    if p.ndim != 1 or p.size == 0:
        raise ValueError(f"{name} has shape {p.shape}; it must be a vector with one entry for each state")
    if p.min() < 0.0:
        raise ValueError(f"{name} holds the negative value {p.min():.6g}")
    if abs(p.sum() - 1.0) > TOLERANCE:
        raise ValueError(f"{name} sums to {p.sum():.12g}; it must sum to 1")
    return p


def positive_semidefinite(name: str, value: object) -> Array:
    """Return a stack of covariance matrices, or raise a ValueError where one is not positive semidefinite."""
    c = frozen_array(name, value)
    if c.ndim < 2 or c.shape[-1] != c.shape[-2]:
        raise ValueError(f"{name} has shape {c.shape}; its last two axes must be equal")
    variance = np.diagonal(c, axis1=-2, axis2=-1)
    if variance.size and variance.min() < 0.0:
        raise ValueError(f"{name} is not positive semidefinite: it holds the variance {variance.min():.3g}")
    if is_diagonal(c):
        return c
    r, off = correlation(c), np.abs(c - np.swapaxes(c, -1, -2))
    skew = np.abs(r - np.swapaxes(r, -1, -2))
    if skew.max(initial=0.0) > TOLERANCE:
        raise ValueError(
            f"{name} is not symmetric: entries differ from their mirror image by up to {off.flat[skew.argmax()]:.3g}"
        )
    lowest = least_eigenvalue(r)
    if lowest < -LEAST or np.any((variance == 0.0)[..., None] & (c != 0.0)):
        raise ValueError(
            f"{name} is not positive semidefinite: scaled to variances of 1, its smallest eigenvalue is {lowest:.3g}, "
            f"and {-LEAST:.0e} is the rounding that is allowed; if it should be, its digits were lost in storage: give "
            "x1 and x2 in coordinates that are less alike"
        )
    return c


def keeps_directions(name: str, c: Array, blocks: Mapping[str, slice]) -> None:
    """Refuse a covariance in which a direction of a block has lost its variance in storage, but not its covariances.

    Such a direction counts as none, and what it says of other coordinates would be lost in silence: the matrix is
    indefinite, by the square of a covariance that should be 0.
    """
    r = correlation(c)
    for block, at in blocks.items():
        values, vectors = np.linalg.eigh(r[..., at, at])
        flat = values <= FLAT * np.maximum(values[..., -1:], 0.0)
        if not np.any(flat):
            continue
        kept = np.where(flat, np.inf, values).min(axis=-1)
        seen = np.abs(np.swapaxes(vectors, -1, -2) @ r[..., at, :])
        seen[..., at] = 0.0
        told = np.where(flat, seen.max(axis=-1), 0.0).max(axis=-1)
        if np.any(told > LEAST / np.sqrt(np.minimum(kept, 1.0))):
            raise ValueError(
                f"{name}: scaled to variances of 1, the block of {block} has an eigenvalue of {values.min():.3g}, "
                f"which is rounding, and its direction has covariances of up to {told.max():.3g} with others, which "
                f"are not: storage has made it indefinite; give {block} in coordinates that are less alike"
            )


def least_eigenvalue(r: Array) -> float:
    """Smallest eigenvalue of a stack of correlation matrices, at most 1; diagonal ones are not decomposed."""
    if is_diagonal(r):
        return float(np.diagonal(r, axis1=-2, axis2=-1).min(initial=1.0))
    return float(np.linalg.eigvalsh(r).min(initial=1.0))


def correlation(c: Array) -> Array:
    """Covariance in units of the standard deviations of its coordinates; one without variance is left as it is."""
    deviation = np.sqrt(np.diagonal(c, axis1=-2, axis2=-1))
    unit = np.where(deviation > 0.0, deviation, 1.0)
    return np.asarray(c / unit[..., :, None] / unit[..., None, :])
