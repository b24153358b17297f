"""Two views through one encoder: the second moments in which every linear loss of such a pair is written."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from testbed._linalg import Array, transpose
from testbed.laws.augmentation import Augmentation, Level, augmented_moments
from testbed.laws.spectral import axes_of

__all__ = ["SharedViews", "augmented_views", "pooled_views", "ridge_modes", "white_views"]


class SharedViews(NamedTuple):
    """Moments of two exchangeable views V and V'."""

    mean: Array  # (..., d) E V
    square: Array  # (..., d, d) S = Cov V
    cross: Array  # (..., d, d) G = Cov(V, V'), symmetric
    target: Array  # (..., d, d) Cov(V, what is to be rebuilt): of V', or of the x that both are made from


def pooled_views(mean1: Array, mean2: Array, s11: Array, s12: Array, s22: Array) -> SharedViews:
    """Views x1 and x2 in either order with probability 1/2 each: one encoder cannot tell the order.

    Exchangeable views are left as they are; where the means differ by 2 b, S gains b b' and G loses it.
    """
    mean, half = 0.5 * (mean1 + mean2), 0.5 * (mean1 - mean2)
    apart = half[..., :, None] * half[..., None, :]
    cross = 0.5 * (s12 + transpose(s12)) - apart
    return SharedViews(mean, 0.5 * (s11 + s22) + apart, cross, cross)


def augmented_views(augmentation: Augmentation, level: Level, mean: Array, covariance: Array) -> SharedViews:
    """Two independent augmentations of one x of this mean (..., d) and covariance (..., d, d)."""
    seen = augmented_moments(augmentation, level, mean, covariance)
    square = seen.between + np.eye(mean.shape[-1]) * seen.within[..., None, :]
    return SharedViews(seen.mean, square, seen.between, seen.cross)


def white_views(views: SharedViews, penalty: float = 0.0) -> tuple[Array, npt.NDArray[np.bool_], Array]:
    """Axes H (..., d, d) with H'SH = I, which of them vary (..., d), and H'(S - G + penalty I)H.

    Directions in which the views do not vary have a column of zeros in H: S is projected, not inverted.
    """
    axes = axes_of(views.square)
    inner = views.square - views.cross + penalty * np.eye(views.square.shape[-1])
    return axes.inverse, axes.varies, transpose(axes.inverse) @ inner @ axes.inverse


def ridge_modes(views: SharedViews, beta: float, penalty: float) -> tuple[Array, Array]:
    """Eigenvalues c (..., d) of S^{-1/2} (2 beta (S - G) + penalty I) S^{-1/2}, rising, and W (..., d, d).

    The columns of W are the modes, scaled to w'Sw = 1; where the views do not vary c is infinite and w = 0.
    """
    axes, varies, inner = white_views(views, 0.5 * penalty / beta)
    inner = beta * (inner + transpose(inner))
    beyond = 1.0 + 2.0 * np.trace(np.abs(inner), axis1=-2, axis2=-1)  # what does not vary comes last
    values, vectors = np.linalg.eigh(
        inner + np.eye(varies.shape[-1]) * np.where(varies, 0.0, beyond[..., None])[..., None]
    )
    count = varies.sum(axis=-1)[..., None]
    there = np.arange(varies.shape[-1]) < count
    return np.where(there, values, np.inf), np.where(there[..., None, :], axes @ vectors, 0.0)
