"""The linear leak: eps_CI^2 and the leak in label units, by a delete-one jackknife in closed form."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.stats import norm

from testbed._linalg import Array
from testbed.audits.estimate import Estimate
from testbed.audits.labels import Labels
from testbed.audits.residuals import Residuals, pair_squares

__all__ = ["LeftOut", "epsilon_squared", "label_units", "leak_epsilon", "leak_label_units", "read_out"]

PIECE = 8192  # rows that are left out at a time


class LeftOut(NamedTuple):
    """A statistic of all rows, and of the rows without each of them."""

    whole: float
    without: Array

    @property
    def point(self) -> float:
        """Jackknife estimate n e - (n-1) mean(e_(i))."""
        n = len(self.without)
        return n * self.whole - (n - 1) * float(self.without.mean())

    @property
    def se(self) -> float:
        """Jackknife standard error of the estimate."""
        n = len(self.without)
        return float(np.sqrt((n - 1) / n * np.sum((self.without - self.without.mean()) ** 2)))


class _Removed(NamedTuple):
    """What leaving a row out changes: C_(i) = a C - b_i r1 r2', S_(i)^{-1} = (S^{-1} + c_i S^{-1}xx'S^{-1}) / s."""

    a: float
    s: float
    b: Array
    c: Array
    scale: Array  # (n, d2)


def _removed(r: Residuals) -> _Removed:
    n, p = r.n, r.p
    share = n / (n - 1) ** 2
    b = 1.0 / ((1.0 - r.leverage) * (n - 1 - p))
    c = share / (1.0 - share * np.sum(r.white**2, axis=1))
    variance = ((n - p) * r.scale**2 - r.r2**2 / (1.0 - r.leverage)[:, None]) / (n - 1 - p)
    tiny = np.finfo(float).eps * r.scale**2
    return _Removed((n - p) / (n - 1 - p), (n - 1) / (n - 2), b, c, np.sqrt(np.maximum(variance, tiny)))


def epsilon_squared(r: Residuals) -> LeftOut:
    """E = tr C'S^{-1}C with x2 in units of its within-class standard deviations, which are refitted as well."""
    q = _removed(r)
    square = np.sum(r.cross**2, axis=0)
    g, m = r.r1 @ r.cross, r.white @ r.cross
    u = q.a * m - (q.b * np.sum(r.r1 * r.white, axis=1))[:, None] * r.r2
    each = q.a**2 * square - 2.0 * q.a * q.b[:, None] * r.r2 * g
    each += (q.b**2 * np.sum(r.r1**2, axis=1))[:, None] * r.r2**2 + q.c[:, None] * u**2
    return LeftOut(float(np.sum(square / r.scale**2)), np.sum(each / q.scale**2, axis=1) / q.s)


def read_out(contrast_means: Array, labels: Labels) -> Array:
    """W (..., d2, k) with W' = M P (A_bar'P)^+, from the contrasts of the means (..., q, d2)."""
    return np.asarray(np.linalg.pinv(contrast_means) @ labels.summed.T)


def label_units(r: Residuals, labels: Labels) -> LeftOut:
    """e_W^2 = tr W'C'S^{-1}C W with the map W from x2 to the label refitted for each row that is left out."""
    q = _removed(r)
    contrasts = labels.contrast @ r.means
    weight = read_out(contrasts / r.scale, labels) / r.scale[:, None]
    moved = r.rows @ labels.contrast.T
    root = np.linalg.qr(r.cross, mode="r")
    g, m = r.r1 @ r.cross, r.white @ r.cross
    u = q.a * m - (q.b * np.sum(r.r1 * r.white, axis=1))[:, None] * r.r2
    size = q.b**2 * np.sum(r.r1**2, axis=1)
    without = np.empty(r.n)
    for start in range(0, r.n, PIECE):
        cut = slice(start, start + PIECE)
        rest = (r.r2[cut] / (1.0 - r.leverage[cut])[:, None])[:, None, :]
        scale = q.scale[cut][:, None, :]
        w = read_out((contrasts - moved[cut][:, :, None] * rest) / scale, labels) / np.swapaxes(scale, 1, 2)
        image = [np.einsum("nj,njk->nk", v[cut], w) for v in (r.r2, g, u)]
        value = q.a**2 * np.sum((root @ w) ** 2, axis=(1, 2))
        value -= 2.0 * q.a * q.b[cut] * np.sum(image[0] * image[1], axis=1)
        value += size[cut] * np.sum(image[0] ** 2, axis=1) + q.c[cut] * np.sum(image[2] ** 2, axis=1)
        without[cut] = value / q.s
    return LeftOut(float(np.sum((root @ weight) ** 2)), without)


def _influence(r: Residuals) -> float:
    """Standard error of e to first order; the units of x2 are estimated too."""
    cross, r2 = r.cross / r.scale, r.r2 / r.scale
    square = np.sum(cross**2, axis=0)
    u = 2.0 * np.sum((r.r1 @ cross) * r2, axis=1) - np.sum((r.white @ cross) ** 2, axis=1) - (r2**2 - 1.0) @ square
    return float(u.std(ddof=1) / np.sqrt(r.n))


def _interval(found: LeftOut, se: float, level: float, method: str, note: str) -> Estimate:
    half = float(norm.ppf(0.5 + level / 2.0)) * se
    low, high = max(found.point - half, 0.0), max(found.point + half, 0.0)
    return Estimate(found.point, low, high, level, se, method, note)


def leak_epsilon(r: Residuals, note: str = "", level: float = 0.95) -> Estimate:
    """eps_CI^2 of the linear class with its interval, +- 1.96 standard errors, cut at 0."""
    found = epsilon_squared(r)
    degenerate = 2.0 * pair_squares(r.r1, r.r2 / r.scale) / r.n**2
    se = max(found.se, float(np.sqrt(_influence(r) ** 2 + degenerate)))
    return _interval(found, se, level, "delete-one jackknife", note)


def leak_label_units(r: Residuals, labels: Labels, note: str = "", level: float = 0.95) -> Estimate:
    """e_W^2, the leak in label units, with its interval."""
    found = label_units(r, labels)
    weight = read_out(labels.contrast @ r.means / r.scale, labels) / r.scale[:, None]
    degenerate = 2.0 * pair_squares(r.r1, r.r2 @ weight) / r.n**2
    return _interval(found, float(np.sqrt(found.se**2 + degenerate)), level, "delete-one jackknife", note)
