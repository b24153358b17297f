"""Steps of draws in root form, compiled: what `testbed.laws.roots` does with the normals of a stack, in one pass."""

from __future__ import annotations

import numpy as np

from testbed._linalg import Array
from testbed.evaluation.lane_algebra import reflections
from testbed.evaluation.lane_layout import given, held, load, matrix
from testbed.evaluation.lanes import LANES, compiled, fma, get, less, put, times, whole
from testbed.laws.roots import PLAIN, Steps

__all__ = ["STEPS"]

DISTINCT = 1e-4  # smallest diagonal of a triangle, as a share of its largest, from which its signs are no rounding


def contrasted(direction: Array, size: Array, means: Array, normals: Array) -> tuple[Array, Array]:
    """Sums of the states, split into their mean and contrasts: for `testbed.laws.roots.Steps`."""
    return split(held(direction), held(size), given(means), given(normals))


def turned(direction: Array, size: Array, means: Array) -> Array:
    """Contrasts of the states' means after a rotation; numpy's where they are hardly independent, as its signs are."""
    own, least = rotated(held(direction), held(size), given(means))
    doubtful = ~(least > DISTINCT)
    if np.any(doubtful):
        each = np.broadcast_to(means, (len(size), *means.shape[-2:]))
        own[doubtful] = PLAIN.turned(direction[doubtful], size[doubtful], each[doubtful])
    return own


@compiled
def split(direction: Array, size: Array, means: Array, normals: Array) -> tuple[Array, Array]:
    """`Steps.contrasted`, from directions and sizes (R, S), means (R or 1, S, d) and normals (R, S, d)."""
    repeats, states, d = normals.shape
    level, contrasts = np.zeros((repeats, d)), np.empty((repeats, states - 1, d))
    first, along, axis = np.empty(d), np.empty(d), np.empty(states)
    for rep in range(repeats):
        place = rep if means.shape[0] > 1 else 0
        along[:] = 0.0
        axis[:] = direction[rep]
        axis[0] += 1.0
        share = 1.0 / axis[0]
        for s in range(states):
            for j in range(d):
                x = size[rep, s] * means[place, s, j] + normals[rep, s, j]
                along[j] += axis[s] * share * x
                if s == 0:
                    first[j] = x
                else:
                    contrasts[rep, s - 1, j] = x
        for j in range(d):
            level[rep, j] = first[j] - axis[0] * along[j]
        for s in range(1, states):
            for j in range(d):
                contrasts[rep, s - 1, j] -= axis[s] * along[j]
    return level, contrasts


@compiled
def rotated(direction: Array, size: Array, means: Array) -> tuple[Array, Array]:
    """`Steps.turned`, and the smallest diagonal of the result as a share of the largest: its signs are LAPACK's."""
    repeats, states = size.shape
    d, q = means.shape[2], states - 1
    own, least = np.zeros((repeats, q, q)), np.empty(repeats)
    mean, columns = matrix(states, d), matrix(d, q)
    axis, scale, share = matrix(states, 1), matrix(states, 1), matrix(1, 1)
    upper, turn, room = matrix(q, q), matrix(q, q), matrix(q, q)
    for first in range(0, repeats, LANES):
        if first == 0 or means.shape[0] > 1:
            load(means, first, False, mean)
        for lane in range(LANES):
            rep = min(first + lane, repeats - 1)
            for s in range(states):
                scale[s, 0, lane], axis[s, 0, lane] = size[rep, s], direction[rep, s]
            axis[0, 0, lane] += 1.0
            share[0, 0, lane] = 1.0 / axis[0, 0, lane]
        for j in range(d):
            along = whole(0.0)
            for s in range(states):
                along = fma(times(get(axis, s, 0), get(scale, s, 0)), get(mean, s, j), along)
            along = times(along, get(share, 0, 0))
            for s in range(1, states):
                put(columns, j, s - 1, less(get(axis, s, 0), along, times(get(scale, s, 0), get(mean, s, j))))
        reflections(columns, upper, turn, room)
        for lane in range(min(LANES, repeats - first)):
            small, large = np.inf, 0.0
            for i in range(q):
                for j in range(i + 1):
                    own[first + lane, i, j] = upper[j, i, lane]
                small, large = min(small, abs(upper[i, i, lane])), max(large, abs(upper[i, i, lane]))
            least[first + lane] = small / large
    return own, least


STEPS = Steps(contrasted, turned)
