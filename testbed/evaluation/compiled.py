"""Least squares on draws in root form, compiled by numba: the formulas of `pair_roots` and `reduced`.

LANES repetitions are computed side by side (`testbed.evaluation.lanes`), so a repetition has the same bits whatever
stands beside it. Sums are formed in another order than numpy's, so numbers agree with its own to rounding. Orthonormal
columns are never written out: after Householder's reflections the first rows are Q'a, and the others are what Q leaves.

The first call of an installation compiles for some seconds; the result is kept on disk.
"""

from __future__ import annotations

import numpy as np

from testbed._linalg import Array
from testbed.evaluation.forms import forms
from testbed.evaluation.lane_algebra import across, back, cholesky, multiply, reflections, solve_lower, solve_upper
from testbed.evaluation.lane_layout import given, held, load, load_lower, matrix, unload
from testbed.evaluation.lanes import LANES, compiled, get, over, plus, put, whole
from testbed.evaluation.normals import beside
from testbed.evaluation.pooling import pooled
from testbed.evaluation.steps import STEPS
from testbed.laws.wishart import triangle

__all__ = ["fitted", "lost", "ready", "vanishing"]


@compiled
def fill(a: Array, start: int, stop: int, x: float) -> None:
    """Make a number all entries of some rows."""
    for i in range(start, stop):
        for j in range(a.shape[1]):
            put(a, i, j, whole(x))


@compiled
def over_identity(axes: Array, d: int) -> None:
    """Put the identity below d rows."""
    fill(axes, d, axes.shape[0], 0.0)
    for j in range(axes.shape[1]):
        put(axes, d + j, j, whole(1.0))


@compiled
def vanishing(lower: Array, contrasts: Array, own: Array, noise: Array, loose: Array) -> Array:
    """`PairRoot.vanishing` of a law without an edge, (R, d1, m), from T, F and what else its first stage has drawn."""
    repeats, d1, m = loose.shape
    q, r = contrasts.shape[1], noise.shape[2]
    out = np.empty((repeats, d1, m))
    triangle, scale, basis = matrix(d1, d1), matrix(d1, 1), matrix(d1, q)
    upper, turn, square, stretch, spread = matrix(q, q), matrix(q, q), matrix(q, q), matrix(q, q), matrix(q, 1)
    means, inside, known = matrix(q, r), matrix(q, r), matrix(d1, r)
    unused, sides, room = matrix(r, r), matrix(r, r), matrix(r, r)
    one, two, three, four, five, six = (
        matrix(q, r), matrix(q, r), matrix(q, m), matrix(q, m), matrix(r, m), matrix(r, m)
    )  # fmt: skip
    free, stretched, found = matrix(d1, m), matrix(q, m), matrix(d1, m)
    for first in range(0, repeats, LANES):
        load_lower(lower, first, triangle, scale)
        load(contrasts, first, True, basis)
        load(own, first, False, means)
        load(noise, first, False, known)
        load(loose, first, False, free)
        solve_lower(triangle, scale, d1, basis)
        reflections(basis, upper, turn, square)
        for i in range(q):  # K K' = I + C'C, where C' is the triangle
            for j in range(q):
                put(square, j, i, get(upper, i, j))
        multiply(upper, False, (0, q), (0, q), square, stretch, 0)
        for i in range(q):
            put(stretch, i, i, plus(get(stretch, i, i), whole(1.0)))
        cholesky(stretch, spread)
        for i in range(q):
            for j in range(i + 1, q):
                put(stretch, i, j, whole(0.0))
        multiply(upper, False, (0, q), (0, q), means, inside, 0)
        solve_lower(stretch, spread, q, inside)
        across(basis, turn, known, one, two)
        for i in range(q):
            for j in range(r):
                put(known, i, j, plus(get(known, i, j), get(inside, i, j)))
        reflections(known, unused, sides, room)  # all that follows is in the coordinates of Q and its complement
        across(basis, turn, free, three, four)
        across(known, sides, free, five, six)
        fill(free, 0, r, 0.0)
        back(known, sides, free, five, six)
        multiply(stretch, False, (0, q), (0, q), free, stretched, 0)
        for i in range(q):
            for j in range(m):
                put(free, i, j, get(stretched, i, j))
        back(basis, turn, free, three, four)
        for i in range(0, d1, 2):
            end = min(i + 2, d1)
            multiply(triangle, False, (i, end), (0, end), free, found, 0)
        unload(found, d1, first, out)
    return out


@compiled
def fitted(lower: Array, contrasts: Array, labels: Array, beyond: Array) -> Array:
    """`Labeled.within`, its weights on w (R, d1, k), from T, F, B and the weights (R, d1, m) that vanish, m >= 0."""
    repeats, d1, m = beyond.shape
    q, k = labels.shape[1:]
    out, n = np.empty((repeats, d1, k)), d1 + q
    triangle, scale = matrix(d1, d1), matrix(d1, 1)
    axes, upper, turn, room = matrix(n, q), matrix(q, q), matrix(q, q), matrix(q, q)
    fit, rest, square, spread, share = matrix(n, k), matrix(n, m), matrix(m, m), matrix(m, 1), matrix(m, k)
    one, two, three, four = matrix(q, k), matrix(q, k), matrix(q, m), matrix(q, m)
    for first in range(0, repeats, LANES):
        load_lower(lower, first, triangle, scale)
        load(contrasts, first, True, axes)
        load(labels, first, False, fit)
        solve_lower(triangle, scale, d1, axes)
        over_identity(axes, d1)
        reflections(axes, upper, turn, room)
        for i in range(q):  # R^{-T} B
            multiply(upper, True, (i, i + 1), (0, i), fit, fit, -1)
            for j in range(k):
                put(fit, i, j, over(get(fit, i, j), get(upper, i, i)))
        fill(fit, q, n, 0.0)
        if m > 0:
            load(beyond, first, False, rest)
            fill(rest, d1, n, 0.0)
            solve_lower(triangle, scale, d1, rest)
            across(axes, turn, rest, three, four)
            multiply(rest, True, (0, m), (q, n), rest, square, 0)
            cholesky(square, spread)
            multiply(rest, True, (0, m), (0, q), fit, share, 0)
            solve_lower(square, spread, m, share)
            solve_upper(square, spread, m, share)
            multiply(rest, False, (q, n), (0, m), share, fit, -1)
        back(axes, turn, fit, one, two)
        solve_upper(triangle, scale, d1, fit)
        unload(fit, d1, first, out)
    return out


@compiled
def lost(beyond: Array, means: Array, best: Array) -> Array:
    """`lost_beyond`, (R,), from A (R, d1, m), and sqrt(p) times the states' means of w, (R or 1, S, d1), and V*."""
    repeats, d1, m = beyond.shape
    states, k = means.shape[1], best.shape[2]
    out, n = np.zeros(repeats), d1 + states
    axes, upper, turn, room = matrix(n, states), matrix(states, states), matrix(states, states), matrix(states, states)
    rest, weight, one, two = matrix(n, m), matrix(d1, k), matrix(states, m), matrix(states, m)
    square, spread, target = matrix(m, m), matrix(m, 1), matrix(m, k)
    for first in range(0, repeats, LANES):
        if first == 0 or means.shape[0] > 1:
            load(means, first, True, axes)
            load(best, first, False, weight)
            over_identity(axes, d1)
            reflections(axes, upper, turn, room)
        load(beyond, first, False, rest)
        multiply(rest, True, (0, m), (0, d1), weight, target, 0)
        fill(rest, d1, n, 0.0)
        across(axes, turn, rest, one, two)
        multiply(rest, True, (0, m), (states, n), rest, square, 0)
        cholesky(square, spread)
        solve_lower(square, spread, m, target)
        for lane in range(min(LANES, repeats - first)):
            for i in range(m):
                for j in range(k):
                    out[first + lane] += target[i, j, lane] ** 2
    return out


def ready() -> None:
    """Compile all that has no result on disk yet, so that no row is late for it."""
    lower, row, column = map(given, (np.eye(2)[None], np.ones((1, 1, 2)), np.ones((1, 2, 1))))
    one, two = given(np.ones((1, 1, 1))), held(np.ones(2))
    beyond = given(vanishing(lower, row, one, column, column))
    fitted(lower, row, one, beyond)
    lost(beyond, row, column)
    draw = (lower, held(np.ones((1, 2))), held(np.ones((1, 2))), row)
    pooled(np.empty((0, 0, 0, LANES)), *draw, *draw)
    forms(lower, two, held(np.arange(2)), 2, column[0], one, 1)
    STEPS.contrasted(two[None], two[None], lower, lower)
    STEPS.turned(two[None], two[None], np.array([[0.0, 1.0], [2.0, 0.0]]))
    triangle(np.full(1, 4.0), 2, beside([np.random.Generator(np.random.SFC64(0))]))
