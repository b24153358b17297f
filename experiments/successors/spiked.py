"""One signal among irrelevant coordinates, seen at n points: what joint embedding and reconstruction keep of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from scipy.linalg import eigvalsh_tridiagonal

if TYPE_CHECKING:
    from collections.abc import Callable

    from testbed._linalg import Array

A_S = 0.2  # variance of the augmentation of the signal, whose own variance is 1
STEPS = 60  # of a bisection
MEASURES = ("half of the signal lost", "half of the encoder")


class Spectrum(NamedTuple):
    """A sample covariance of (signal, rest) of unit variances, in the eigenbasis of the rest; leading axes are draws.

    ``p`` (...) is the variance of the signal, ``x`` (..., d) the eigenvalues of the rest, ``q2`` (..., d) the squares
    of the covariances with it.
    """

    p: Array
    x: Array
    q2: Array


def drawn(gamma: float, d: int, draws: int, rng: np.random.Generator) -> Spectrum:
    """Draw n = (d + 1) / gamma points, d of whose dimensions are the rest: eigenvalues of a bidiagonal matrix."""
    n = round((d + 1) / gamma)
    m, largest = min(n, d), max(n, d)
    diagonal = np.sqrt(rng.chisquare(largest - np.arange(m), (draws, m)))
    below = np.sqrt(rng.chisquare(np.arange(m - 1, 0, -1), (draws, m - 1)))
    square = diagonal**2
    square[:, 1:] += below**2
    off = diagonal[:, :-1] * below
    values = np.array([eigvalsh_tridiagonal(*pair) for pair in zip(square, off, strict=True)]).clip(0.0) / n
    h2 = rng.chisquare(1, (draws, m)) / n
    left = rng.chisquare(n - m, draws) / n if n > m else np.zeros(draws)
    return Spectrum(h2.sum(axis=1) + left, values, values * h2)


def limit(gamma: float, nodes: int = 400) -> Spectrum:
    """The law of Marchenko and Pastur, by Gauss's rule for the semicircle in x."""
    angle = np.arange(1, nodes + 1) * np.pi / (nodes + 1)
    x = 1.0 + gamma + 2.0 * np.sqrt(gamma) * np.cos(angle)
    return Spectrum(np.asarray(1.0), x, gamma * 2.0 / (nodes + 1) * np.sin(angle) ** 2)


def joint_embedding(sample: Spectrum, r: Any) -> tuple[Array, Array]:
    """Share of the signal that is lost, and share of the encoder's square on it (after division by the noise).

    The largest rho with r p - rho = sum r q^2 / (x - rho); the eigenvector is (1, sqrt(r) q / (rho - x)).
    """
    p, x, q2 = sample
    r = np.broadcast_to(np.asarray(r, dtype=float), p.shape)
    low = np.maximum(x.max(axis=-1), r * p)

    def above(rho: Array) -> Any:
        return r * p - rho + (r[..., None] * q2 / (rho[..., None] - x)).sum(axis=-1) < 0.0

    rho = _bisected(above, low, low + np.sqrt(r * q2.sum(axis=-1)))
    square = (q2 / (rho[..., None] - x) ** 2).sum(axis=-1)
    return square / (1.0 + square), 1.0 / (1.0 + r * square)


def kept(sample: Spectrum, v: Any, alpha: Any, edge: float | None = None) -> tuple[Array, Array]:
    """Share of the signal that reconstruction loses, and share of the encoder's square on the signal.

    The encoder w solves C^2 w = rho (C + noise) w for the largest rho. With C = [[p, q'], [q, X]] and the diagonal
    D = X^2 - rho X - rho alpha, rho is the largest at which the two rows [[1 + q'q/D, q'h/D], [., h'h/D - m]], with
    h = (p + X - rho) q and m = p^2 + q'q - rho (p + a_s), are not positive definite. ``edge`` is the largest x of a
    limit, where no rho beyond it means that all is lost.
    """
    v, alpha = (np.broadcast_to(np.asarray(a, dtype=float), sample.p.shape) for a in (v, alpha))
    p, x, q2 = sample.p, v[..., None] * sample.x, v[..., None] * sample.q2
    top = v * edge if edge is not None else x.max(axis=-1)
    low = top**2 / (top + alpha)

    def sums(rho: Array) -> tuple[Array, Array, Array, Array]:
        d = x**2 - rho[..., None] * (x + alpha[..., None])
        h = (p - rho)[..., None] + x
        a0, a1, a2 = ((q2 * h**i / d).sum(axis=-1) for i in range(3))
        return 1.0 + a0, a1, a2 - (p**2 + q2.sum(axis=-1) - rho * (p + A_S)), d

    def above(rho: Array) -> Any:
        one, cross, other, _ = sums(rho)
        return (one > 0.0) & (one * other > cross**2)

    scale = p + q2.sum(axis=-1) + x.max(axis=-1)
    rho = _bisected(above, low * (1.0 + 1e-13), low + 4.0 * scale)
    one, cross, _, d = sums(rho)
    square = (q2 * (((p - rho)[..., None] + x - (cross / one)[..., None]) / d) ** 2).sum(axis=-1)
    lost, share = v * square / (1.0 + v * square), 1.0 / (1.0 + square)
    if edge is None:
        return lost, share
    found = ~above(low * (1.0 + 1e-9))
    return np.where(found, lost, 1.0), np.where(found, share, 0.0)


def _bisected(above: Callable[[Array], Any], low: Array, high: Array) -> Array:
    """Where a condition that holds beyond a point begins to hold."""
    low, high = np.array(low, dtype=float), np.array(high, dtype=float)
    for _ in range(STEPS):
        middle = 0.5 * (low + high)
        held = above(middle)
        low, high = np.where(held, low, middle), np.where(held, middle, high)
    return high


def lost_limit(gamma: float, r: Any) -> Array:
    """Share of the signal that joint embedding loses as n grows at d / n = gamma; of PCA, r = s / v."""
    r = np.asarray(r, dtype=float)
    return np.asarray(gamma / np.maximum(r - 1.0, np.sqrt(gamma)) ** 2)


def crossing_limit(gamma: Any, measure: str) -> Any:
    """v / s where PCA loses half of the signal, or has half of its square on it, as n grows."""
    gamma = np.asarray(gamma, dtype=float)
    if measure == MEASURES[0]:
        return 1.0 / (1.0 + np.sqrt(2.0 * gamma))
    return 1.0 / (1.0 + 0.5 * (gamma + np.sqrt(gamma**2 + 8.0 * gamma)))


def crossing(sample: Spectrum, measure: str) -> Array:
    """v / s of each draw at which both tasks need the same alpha for half, found without use of what PCA does.

    Joint embedding reads v and alpha through r alone, so it needs alpha = r v a_s with one r; v follows by bisection of
    what reconstruction does at that alpha.
    """
    index = MEASURES.index(measure)

    def lacks(values: tuple[Array, Array]) -> Any:
        return values[0] > 0.5 if index == 0 else values[1] < 0.5

    ones = np.ones_like(sample.p)
    r = _bisected(lambda r: ~lacks(joint_embedding(sample, r)), ones, 30.0 * ones)
    return _bisected(lambda v: lacks(kept(sample, v, r * v * A_S)), 0.01 * ones, 1.5 * ones)
