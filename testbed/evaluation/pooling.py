"""Draws of a nested curve added to each other, compiled: the formulas of `testbed.laws.roots.Root.__add__`.

The scatter within states stays as lanes from one size to the next, and is never written out.
"""

from __future__ import annotations

import numpy as np

from testbed._linalg import Array
from testbed.evaluation.lane_algebra import cholesky, squares
from testbed.evaluation.lane_layout import held, load, load_lower, matrix, unload
from testbed.evaluation.lanes import LANES, compiled, fma, get, less, minus, over, plus, put, root, times, whole
from testbed.laws.roots import Root

__all__ = ["pooled", "together"]


def together(one: Root, two: Root) -> Root:
    """Pool two draws of some repetitions of one law."""
    known = one.__dict__.pop("_lanes", np.empty((0, 0, 0, LANES)))  # its memory is that of the sums
    parts = (one.lower, one.counts, one.level, one.contrasts, two.lower, two.counts, two.level, two.contrasts)
    sums, lower, level, contrasts = pooled(known, *map(held, parts))
    total = Root(one.frame, one.n + two.n, one.counts + two.counts, lower, contrasts, level)
    total.__dict__["_lanes"] = sums  # the next step of a nested curve starts from it
    return total


@compiled
def reflect(counts: Array, size: Array, axis: Array, columns: Array) -> None:
    """Reflect columns (d, S) as `testbed.laws.roots.reflected` does rows, of which the first is here the last column.

    `size` gets the roots of counts (S, 1).

    `axis` (S + 1, 1) gets the direction, with 1 added to its last entry, and below it the root of the sum of counts.
    """
    states = counts.shape[0]
    n = whole(0.0)
    for s in range(states):
        n = plus(n, get(counts, s, 0))
        put(size, s, 0, root(get(counts, s, 0)))
    long = root(n)
    put(axis, states, 0, long)
    for s in range(states):
        put(axis, s, 0, over(get(size, s, 0), long))
    last = states - 1
    put(axis, last, 0, plus(get(axis, last, 0), whole(1.0)))
    for i in range(columns.shape[0]):
        along = whole(0.0)
        for s in range(states):
            along = fma(get(axis, s, 0), get(columns, i, s), along)
        along = over(along, get(axis, last, 0))
        for s in range(states):
            put(columns, i, s, less(get(axis, s, 0), along, get(columns, i, s)))


@compiled
def state_sums(counts: Array, level: Array, contrasts: Array, first: int, parts: tuple[Array, ...]) -> None:
    """Lay sums of w in each state over the root of its count side by side, (d, S), from their mean and contrasts.

    With them the counts (S, 1), and 1 where these are not 0, else 0; for `axis` and `size` see `reflect`. The first
    state, and the mean, come last.
    """
    columns, own, there, size, axis = parts
    repeats, states = counts.shape
    last = states - 1
    load(contrasts, first, True, columns)
    for lane in range(LANES):
        rep = min(first + lane, repeats - 1)
        n = 0.0
        for s in range(states):
            own[(s + last) % states, 0, lane] = counts[rep, s]
            there[(s + last) % states, 0, lane] = min(counts[rep, s], 1.0)
            n += counts[rep, s]
        n = np.sqrt(n)
        for i in range(columns.shape[0]):
            columns[i, last, lane] = -level[rep, i] * n
    reflect(own, size, axis, columns)


@compiled
def pooled(
    within: Array, lower1: Array, counts1: Array, level1: Array, contrasts1: Array,
    lower2: Array, counts2: Array, level2: Array, contrasts2: Array,
) -> tuple[Array, Array, Array, Array]:  # fmt: skip
    """Pool two draws of R repetitions.

    `within` (R / LANES, d, d, LANES) is the scatter of the first within states, empty where it is not known yet; its
    place is taken by that of both. With it are returned its lower-triangular root (R, d, d), and level and contrasts.
    """
    repeats, d, _ = lower1.shape
    states = counts1.shape[1]
    known, groups = within.shape[0] > 0, (repeats + LANES - 1) // LANES
    sums, factor = within if known else np.zeros((groups, d, d, LANES)), np.empty((repeats, d, d))
    level, contrasts = np.empty((repeats, d)), np.empty((repeats, states - 1, d))
    triangle, scale, apart, between = matrix(d, d), matrix(d, 1), matrix(d, 2 * states), matrix(d, states)
    axis, both, size = matrix(states + 1, 1), matrix(states, 1), matrix(states, 1)
    one, own1, there1, size1 = matrix(d, states), matrix(states, 1), matrix(states, 1), matrix(states, 1)
    two, own2, there2, size2 = matrix(d, states), matrix(states, 1), matrix(states, 1), matrix(states, 1)
    for group in range(groups):
        first, total = group * LANES, sums[group]
        state_sums(counts1, level1, contrasts1, first, (one, own1, there1, size1, axis))
        state_sums(counts2, level2, contrasts2, first, (two, own2, there2, size2, axis))
        for s in range(states):
            has1, has2, n = get(there1, s, 0), get(there2, s, 0), plus(get(own1, s, 0), get(own2, s, 0))
            put(both, s, 0, n)
            share = over(get(own2, s, 0), plus(n, times(minus(whole(1.0), has1), minus(whole(1.0), has2))))
            apart1 = root(times(get(own1, s, 0), share))
            scale1 = over(has1, plus(get(size1, s, 0), minus(whole(1.0), has1)))
            scale2 = over(has2, plus(get(size2, s, 0), minus(whole(1.0), has2)))
            for i in range(d):
                x, y = get(one, i, s), get(two, i, s)
                put(apart, i, s, less(has1, x, x))
                put(apart, i, states + s, less(has2, y, y))
                x = times(scale1, x)
                step = minus(times(scale2, y), x)
                put(between, i, s, times(apart1, step))
                put(one, i, s, times(root(n), fma(share, step, x)))
        if not known:
            load_lower(lower1, first, triangle, scale)
            squares(triangle, True, total)
        load_lower(lower2, first, triangle, scale)
        squares(triangle, True, total)
        if min(there1.min(), there2.min()) == 0.0:  # else these columns are 0
            squares(apart, False, total)
        squares(between, False, total)
        for i in range(d):
            for j in range(i + 1):
                put(triangle, i, j, get(total, i, j))
        cholesky(triangle, scale)
        unload(triangle, d, first, factor)
        reflect(both, size, axis, one)
        for lane in range(min(LANES, repeats - first)):
            rep = first + lane
            for i in range(d):
                level[rep, i] = -one[i, states - 1, lane] / axis[states, 0, lane]
            for s in range(states - 1):
                for i in range(d):
                    contrasts[rep, s, i] = one[i, s, lane]
    return sums, factor, level, contrasts
