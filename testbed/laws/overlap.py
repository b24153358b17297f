"""Bayes noise of Gaussian states with unit covariance, from points where the states overlap."""

from __future__ import annotations

import numpy as np

from testbed._linalg import Array
from testbed.laws.quadrature import Estimate, cube_points, normal_of, over_shifts

__all__ = ["COPIES", "overlap_noise"]

COPIES = 16  # shifts of the points: with 8 the standard error itself would be too uncertain


def overlap_noise(
    structure: Array, centre: Array, prior: Array, one_hot: Array, points: int, kept: list[Array] | None = None
) -> Estimate:
    """Estimate E sum_y f_y (1 - f_y), f = P(Y | t), for t given the state s normal around centre_s.

    Points are drawn around the midpoints of pairs of states of different classes, a pair with a probability
    proportional to its bound w_st = sqrt(p_s p_t) exp(-|c_s - c_t|^2 / 8) on the Bayes error. The density of such a
    point is proportional to sum over pairs of sqrt(p_s N_s p_t N_t), so with Z = sum over pairs of w_st ::

        E sum_y f_y (1 - f_y) = Z E [ sum_y f_y (1 - f_y) / sum_pairs sqrt(fbar_s fbar_t) ],

    and the integrand is at most 1: where classes hardly meet, a few thousand points do what millions around the
    states would. The first coordinate of a point picks the pair, the second runs along the line through its centres,
    on which the integrand depends most.

    Parameters
    ----------
    structure : (S, d)
        Its bytes seed the shifts of the points.
    centre : (S, q)
    prior : (S,)
    one_hot : (S, k)
        Class of each state.
    points : int
        Power of 2: points of each shift.
    kept : list of array, optional
        Integrands (COPIES, n) of earlier calls with fewer points, which are the first of these; the new ones are added.
    """
    kept = [] if kept is None else kept
    done = sum(values.shape[-1] for values in kept)
    first, second = np.nonzero(np.triu(one_hot @ one_hot.T == 0.0))
    gap = centre[first] - centre[second]
    square = np.sum(gap**2, axis=-1)
    log_weight = 0.5 * np.log(prior[first] * prior[second]) - square / 8.0
    edges = np.cumsum(np.exp(log_weight - log_weight.max()))
    total = np.exp(log_weight.max()) * edges[-1]
    middle = 0.5 * (centre[first] + centre[second])
    level = np.log(prior) - 0.5 * np.sum(centre**2, axis=-1)
    mirror = _mirrors(gap)
    new = np.empty((COPIES, points - done))
    cubes = cube_points(structure, 1, points, centre.shape[-1] + 1, COPIES)[0, :, done:]
    for cube, values in zip(cubes, new, strict=True):
        pair = np.searchsorted(edges[:-1], cube[:, 0] * edges[-1], side="right")
        u, axis = normal_of(cube[:, 1:]), mirror[pair]
        u -= axis * (2.0 * np.sum(axis * u, axis=-1, keepdims=True))
        score = (middle[pair] + u) @ centre.T + level
        values[:] = _ratio(score, one_hot)
    kept.append(new)
    return over_shifts(total * np.concatenate(kept, axis=-1).mean(axis=-1))


def _mirrors(gap: Array) -> Array:
    """Unit vectors, or 0, whose mirror images carry the first coordinate axis onto each direction (pairs, q)."""
    length = np.linalg.norm(gap, axis=-1, keepdims=True)
    normal = gap / np.where(length > 0.0, length, 1.0)
    normal[:, 0] += np.where(normal[:, 0] < 0.0, -1.0, 1.0)  # the sign that does not cancel
    return np.asarray(normal / np.linalg.norm(normal, axis=-1, keepdims=True))


def _ratio(score: Array, one_hot: Array) -> Array:
    """sum_y f_y (1 - f_y) over the sum of sqrt(fbar_s fbar_t), s and t of different classes, from log masses."""
    root = np.exp(0.5 * (score - score.max(axis=-1, keepdims=True)))
    root /= np.sqrt(np.sum(root**2, axis=-1, keepdims=True))
    square = root**2
    if one_hot.shape[0] == one_hot.shape[1]:  # a state is a class
        noise, pairs = np.sum(square * (1.0 - square), axis=-1), root.sum(axis=-1) ** 2 - 1.0
    else:
        f = square @ one_hot
        noise = np.sum(f * (1.0 - f), axis=-1)
        pairs = root.sum(axis=-1) ** 2 - np.sum((root @ one_hot) ** 2, axis=-1)
    return np.asarray(2.0 * noise / np.where(pairs > 0.0, pairs, np.inf))
