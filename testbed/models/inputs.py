"""What a model is fitted to: x1 as Moments or as rows, checked."""

from __future__ import annotations

from typing import Any

import numpy as np

from testbed._linalg import LOST, Array, symmetric_root
from testbed.arguments import cut, shown
from testbed.data import Moments, Sample
from testbed.laws import Law
from testbed.models.base import Data, Model

__all__ = ["check_latent", "checked", "covariance_of", "law_covariance", "rows_of", "rows_with"]

ROUNDED = 2.0**-100  # share of the largest variance at or below which that of another column is rounding


def covariance_of(model: Model, data: Data) -> tuple[Array, Array]:
    """Mean (..., d) and covariance with divisor n (..., d, d) of x1, the maximum likelihood estimates.

    Raises
    ------
    ValueError
        Rows that are NaN or infinite, one row, or constant columns (their likelihood has no maximum).
    """
    if not isinstance(data, Moments):
        x, weight = rows_of(model, data)
        data = Moments.of_blocks({"x1": x}, weight)
    if np.any(data.n < 2):
        raise ValueError(f"{shown(model)} needs n >= 2 rows; got n = {int(np.min(data.n))}")
    covariance = data.block("x1", "x1") / data.n[..., None, None]
    _refuse_constant(model, covariance, data.mean["x1"])
    return data.mean["x1"], covariance


def law_covariance(model: Model, law: Law) -> tuple[Array, Array]:
    """Mean and covariance of x1 under the law: what `covariance_of` tends to."""
    truth = law.population()
    _refuse_constant(model, truth.s11, truth.mean1)
    return truth.mean1, truth.s11


def rows_of(model: Model, data: Data) -> tuple[Array, Array | None]:
    """Return the rows of x1 and their weights."""
    if isinstance(data, Moments):
        raise TypeError(f"{shown(model)} is fitted on rows, not on Moments")
    x, weight = (data.x1, data.weight) if isinstance(data, Sample) else (data, None)
    x = _numbers(x)
    if x.ndim < 2 or x.shape[-1] == 0 or x.shape[-2] == 0:
        raise ValueError(f"x has shape {x.shape}; rows (n, d) are needed")
    wrong = int(np.sum(~np.isfinite(x)))
    if wrong:
        raise ValueError(f"x holds {wrong} values that are NaN or infinite")
    return x, weight


def checked(x: Array, d: int) -> Array:
    """Rows (..., n, d) of which a fitted model of d columns is asked.

    Raises
    ------
    ValueError
        Another number of columns, no axis of rows, NaN or infinite values.
    """
    x = _numbers(x)
    if x.ndim < 2 or x.shape[-1] != d:
        raise ValueError(f"x has shape {x.shape}; rows (n, {d}) are needed")
    wrong = int(np.sum(~np.isfinite(x)))
    if wrong:
        raise ValueError(f"x holds {wrong} values that are NaN or infinite")
    return x


def _said(error: Exception) -> str:
    try:
        return str(error)
    except Exception:
        return type(error).__name__


def _numbers(x: Any) -> Array:
    try:
        if np.asarray(x).dtype.kind == "c":
            raise TypeError("it holds complex ones")
        return np.asarray(x, dtype=float)
    except Exception as error:  # whatever an object from outside raises when it is made an array of
        raise ValueError(f"x must be an array of numbers: {cut(_said(error))}") from error


def rows_with(mean: Array, covariance: Array) -> Array:
    """2d rows of a given mean (..., d) and covariance with divisor n (..., d, d): a root and its negative.

    The mean over them of any function of second degree is its expectation.
    """
    root = np.sqrt(covariance.shape[-1]) * symmetric_root(covariance)
    return np.asarray(mean[..., None, :] + np.concatenate([root, -root], axis=-2))


def check_latent(rank: object, d: int, noise_left: bool) -> int:
    """Latent dimension as int, or what is wrong with it beside the d columns of x.

    `noise_left` says that a direction must be left over, from which the variance of the noise is learnt.
    """
    if isinstance(rank, str):
        raise ValueError(
            f"rank = {shown(rank)} is a number on a law only: use bind(model, k, states), or write the number"
        )
    number: int = int(rank)  # type: ignore[call-overload]
    most = d - noise_left
    if number > most:
        why = ", one less than the columns, so that there is a direction to learn the noise from" if noise_left else ""
        raise ValueError(f"rank = {shown(rank)}: with {d} columns in x, at most {most}{why}")
    return number


def _refuse_constant(model: Model, covariance: Array, mean: Array) -> None:
    """Refuse columns whose variance is rounding: beside their own mean, or as what draws leave of a constant one.

    Columns may have units of their own, so a small variance says nothing, unless it is that of rounding of the largest.
    """
    variance = np.diagonal(covariance, axis1=-2, axis2=-1)
    least = np.maximum((LOST * mean) ** 2, ROUNDED * variance.max(axis=-1, keepdims=True))
    columns = np.flatnonzero(np.any((variance <= least).reshape(-1, variance.shape[-1]), axis=0))
    if columns.size:
        raise ValueError(
            f"x: columns {columns.tolist()} are constant, so {shown(model)} has no likelihood; leave them out"
        )
