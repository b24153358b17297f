"""Augmentations x -> T(x): what corruption does to first and second moments, to rows, and to points of a support."""

from __future__ import annotations

import math
from itertools import product
from typing import Annotated, Literal, NamedTuple

import numpy as np

from testbed._linalg import Array
from testbed.allowed import NotNegative, Real, Tuple
from testbed.arguments import Seed, generator_of, shown

__all__ = ["Augmentation", "Augmented", "Level", "augment", "augmented_moments", "augmented_points", "check_level"]

Augmentation = Literal["gaussian", "mask", "resample"]
Level = NotNegative | Annotated[tuple[float, ...], Tuple(Real(at_least=0.0), least=1)]
LARGEST = 2**16  # numbers in the table from points of a support to their augmentations


class Augmented(NamedTuple):
    """Moments of T(x) for x of mean m and covariance S; Cov T(x) = between + within."""

    mean: Array  # (..., d) E T(x)
    cross: Array  # (..., d, d) Cov(T(x), x)
    between: Array  # (..., d, d) Cov E[T(x) | x]
    within: Array  # (..., d) diagonal of E Cov(T(x) | x): coordinates are corrupted independently


def check_level(augmentation: Augmentation, level: Level) -> None:
    """Refuse what is no probability, unless the level is a standard deviation."""
    if augmentation != "gaussian" and np.max(level) > 1.0:
        raise ValueError(
            f"level = {shown(level)}: a probability from 0 to 1 is needed, or a tuple with one for each coordinate"
        )


def _levels(level: Level, d: int) -> Array:
    """Level of each of d coordinates."""
    if isinstance(level, tuple) and len(level) != d:
        raise ValueError(f"level = {shown(level)} has {len(level)} entries; x1 has {d} coordinates")
    return np.broadcast_to(np.asarray(level, dtype=float), (d,))


def augmented_moments(augmentation: Augmentation, level: Level, mean: Array, covariance: Array) -> Augmented:
    """Moments of T(x), x of the given mean (..., d) and covariance (..., d, d).

    "gaussian": T(x) = x + N(0, diag(level^2)). "mask": each coordinate is set to 0 with probability q = level, ::

        E T(x) = (1-q) m,   between = (1-q)^2 S,   within = q (1-q) diag(S + m m').

    "resample": each coordinate is, with probability q, drawn anew from its own marginal law: E T(x) = m, between =
    (1-q)^2 S, within = (1 - (1-q)^2) diag(S). Cov(T(x), x) = (1-q) S in both, S for the first.

    References
    ----------
    Chen, Xu, Weinberger and Sha, "Marginalized denoising autoencoders", ICML 2012 (mask); Bahri, Jiang, Tay and
    Metzler, "SCARF", ICLR 2022 (resample).
    """
    levels = _levels(level, mean.shape[-1])
    variance = np.diagonal(covariance, axis1=-2, axis2=-1)
    if augmentation == "gaussian":
        return Augmented(mean, covariance, covariance, np.broadcast_to(levels**2, mean.shape))
    keep = 1.0 - levels
    between = keep[:, None] * covariance * keep
    if augmentation == "mask":
        return Augmented(keep * mean, keep[:, None] * covariance, between, levels * keep * (variance + mean**2))
    return Augmented(mean, keep[:, None] * covariance, between, (1.0 - keep**2) * variance)


def augment(augmentation: Augmentation, level: Level, x: Array, rng: Seed) -> Array:
    """Draw T(x) for each row of x (n, d); "resample" takes the coordinates of other rows."""
    rng = generator_of(rng)
    levels = _levels(level, x.shape[-1])
    if augmentation == "gaussian":
        return x + levels * rng.standard_normal(x.shape)
    hit = rng.random(x.shape) < levels
    if augmentation == "mask":
        return np.where(hit, 0.0, x)
    other = np.take_along_axis(x, rng.integers(len(x), size=x.shape), axis=0)
    return np.where(hit, other, x)


def augmented_points(
    augmentation: Augmentation, level: Level, points: Array, probability: Array
) -> tuple[Array, Array]:
    """Values of T(x) over the points (s, d) of a finite support, (t, d), and their probabilities given x, (s, t).

    Raises
    ------
    ValueError
        For "gaussian", whose values are not finitely many, and for tables of more than 2^16 numbers.
    """
    if augmentation == "gaussian":
        raise ValueError("augmentation = 'gaussian' leaves a finite support; allowed on it: 'mask', 'resample'")
    s, d = points.shape
    levels = _levels(level, d)
    values, kernels = [], []  # of each coordinate: its values after augmentation, and their law given each point
    for j in range(d):
        (
            own,
            place,
        ) = np.unique(points[:, j], return_inverse=True)
        marginal = np.bincount(place.ravel(), weights=probability, minlength=len(own))
        stay = np.eye(len(own))[place.ravel()]
        if augmentation == "resample":
            values.append(own)
            kernels.append((1.0 - levels[j]) * stay + levels[j] * marginal)
        else:
            values.append(np.append(own, 0.0))
            kernels.append(np.hstack([(1.0 - levels[j]) * stay, np.full((s, 1), levels[j])]))
    size = s * math.prod(int(np.sum(np.any(k > 0.0, axis=0))) for k in kernels)
    if size > LARGEST:
        raise ValueError(
            f"augmentation = {shown(augmentation)} of {s} points in {d} coordinates: a table of {size} numbers"
        )
    values = [v[np.any(k > 0.0, axis=0)] for v, k in zip(values, kernels, strict=True)]
    kernels = [k[:, np.any(k > 0.0, axis=0)] for k in kernels]
    table = np.ones((s, 1))
    for kernel in kernels:
        table = (table[:, :, None] * kernel[:, None, :]).reshape(s, -1)
    reached = np.any(table > 0.0, axis=0)
    return np.array(list(product(*values)))[reached], table[:, reached]
