"""Closed forms of a stack of structures, compiled: of mixtures whose x1 has the covariance I within every state.

With C1 and C2 the centred means of the states (S rows), r the roots of their probabilities, and G = r C1 C1' r, all
that a structure adds to a block of repetitions follows from matrices of S rows::

    best affine predictor of the label     V* = C1'r (I + G)^{-1} r (onehot - p_y)
    class floor, states far apart          |L^{-1} r (onehot - p_y)|^2            L L' = I + G
    bound on the Bayes error of the state  the largest -|c_s - c_t|^2 / 8 + log sqrt(p_s p_t)
    beta, states that are classes          the root of the smallest eigenvalue of B'C2 C2'B, B'B = I, B'1 = 0

LANES repetitions are computed side by side, as in `testbed.evaluation.compiled`; the first call of an installation
compiles, and the result is kept on disk. What to trust of these numbers is decided in `testbed.evaluation.structures`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from testbed._linalg import UNEVEN, Array
from testbed.evaluation.lane_algebra import cholesky, multiply, solve_lower, solve_upper, squares
from testbed.evaluation.lane_layout import load, matrix, unload
from testbed.evaluation.lanes import LANES, away, compiled, fma, get, less, minus, over, plus, put, root, times, whole

__all__ = ["Forms", "forms"]

STEPS, SMALL_STEP = 64, 1e-15  # of Laguerre's iteration, in units of the trace
NOTHING = 1e-290  # squared length of a column that is 0 already: its reflection is then the identity


class Forms(NamedTuple):
    """What `forms` finds, with a leading axis of structures."""

    mean1: Array  # (R, d1)
    mean2: Array  # (R, d2)
    centred1: Array  # (R, S, d1)
    centred2: Array  # (R, S, d2)
    variance2: Array  # (R, d2) of the coordinates of x2
    weight: Array  # (R, d1, k) V*
    offset: Array  # (R, k)
    apart: Array  # (R,) trace of G
    floor: Array  # (R,)
    overlap: Array  # (R,) logarithm of the largest term of the bound
    smallest: Array  # (R,) eigenvalue of B'C2 C2'B, as a share of its trace
    whole2: Array  # (R,) this trace


@compiled
def forms(mean: Array, p: Array, label: Any, classes: int, basis: Array, variance: Array, d1: int) -> Any:
    """Compute `Forms` from means (R, S, d1 + d2), labels (S,), B (S, S - 1), and variances of x2 within (R, 1, d2)."""
    repeats, states, width = mean.shape
    d2, q = width - d1, states - 1
    mean1, mean2 = np.empty((repeats, 1, d1)), np.empty((repeats, 1, d2))
    centred1, centred2 = np.empty((repeats, states, d1)), np.empty((repeats, states, d2))
    variance2 = np.empty((repeats, 1, d2))
    weight, offset = np.empty((repeats, d1, classes)), np.empty((repeats, 1, classes))
    apart, floor, overlap = np.zeros(repeats), np.zeros(repeats), np.full(repeats, -np.inf)
    smallest, whole2 = np.zeros(repeats), np.zeros(repeats)
    size, of_class = np.sqrt(p), np.zeros(classes)
    for s in range(states):
        of_class[label[s]] += p[s]
    shape1, shape2 = matrix(states, d1), matrix(states, d2)
    gram, scale = matrix(states, states), matrix(states, 1)
    codes, found = matrix(states, classes), matrix(d1, classes)
    level, constant, spread = matrix(1, d1), matrix(1, classes), matrix(1, d2)
    turned, turn = matrix(states, q), matrix(states, q)
    inside, room = matrix(q, q), matrix(q, 2)
    for s in range(states):
        for j in range(q):
            put(turn, s, j, whole(basis[s, j]))
    for rep in range(repeats):
        centre(mean[rep], 0, p, mean1[rep, 0], centred1[rep])
        centre(mean[rep], d1, p, mean2[rep, 0], centred2[rep])
    for first in range(0, repeats, LANES):
        there = min(LANES, repeats - first)
        load(centred1, first, False, shape1)
        gram[:] = 0.0
        squares(shape1, False, gram)
        for s in range(states):
            for lane in range(there):
                apart[first + lane] += p[s] * gram[s, s, lane]
            for t in range(s):
                mass = 0.5 * np.log(p[s] * p[t])
                for lane in range(there):
                    square = gram[s, s, lane] + gram[t, t, lane] - 2.0 * gram[s, t, lane]
                    overlap[first + lane] = max(overlap[first + lane], mass - 0.125 * max(square, 0.0))
        for s in range(states):
            for t in range(s + 1):
                put(gram, s, t, times(get(gram, s, t), whole(size[s] * size[t])))
            put(gram, s, s, plus(get(gram, s, s), whole(1.0)))
            for j in range(d1):
                put(shape1, s, j, times(get(shape1, s, j), whole(size[s])))
            for c in range(classes):
                put(codes, s, c, whole(size[s] * ((1.0 if label[s] == c else 0.0) - of_class[c])))
        cholesky(gram, scale)
        solve_lower(gram, scale, states, codes)
        for s in range(states):
            for c in range(classes):
                for lane in range(there):
                    floor[first + lane] += codes[s, c, lane] ** 2
        solve_lower(gram, scale, states, shape1)
        solve_upper(gram, scale, states, shape1)
        for i in range(d1):
            x = whole(0.0)
            for s in range(states):
                x = less(get(shape1, s, i), whole(size[s]), x)
            for c in range(classes):
                put(found, i, c, times(x, whole(of_class[c])))
            for s in range(states):
                put(found, i, label[s], fma(get(shape1, s, i), whole(size[s]), get(found, i, label[s])))
        unload(found, d1, first, weight)
        load(mean1, first, False, level)
        for c in range(classes):
            x = whole(of_class[c])
            for i in range(d1):
                x = less(get(level, 0, i), get(found, i, c), x)
            put(constant, 0, c, x)
        unload(constant, 1, first, offset)
        load(centred2, first, False, shape2)
        load(variance, first, False, spread)
        for j in range(d2):
            x = get(spread, 0, j)
            for s in range(states):
                x = fma(times(get(shape2, s, j), whole(p[s])), get(shape2, s, j), x)
            put(spread, 0, j, x)
        unload(spread, 1, first, variance2)
        gram[:] = 0.0
        squares(shape2, False, gram)
        for s in range(states):
            for t in range(s):
                put(gram, t, s, get(gram, s, t))
        multiply(gram, False, (0, states), (0, states), turn, turned, 0)
        multiply(turn, True, (0, q), (0, states), turned, inside, 0)
        for i in range(q):
            for lane in range(there):
                whole2[first + lane] += inside[i, i, lane]
        tridiagonal(inside, room)
        least = lowest(inside, room)
        for lane in range(there):
            smallest[first + lane] = least[lane]
    return (
        mean1[:, 0], mean2[:, 0], centred1, centred2, variance2[:, 0], weight, offset[:, 0], apart, floor, overlap,
        smallest, whole2,
    )  # fmt: skip


@compiled
def centre(mean: Array, start: int, p: Array, level: Array, out: Array) -> None:
    """Mean of a view over the states, and theirs less that: see `testbed.laws.states` for what is far from 0."""
    states, d = out.shape
    size, again, far = np.zeros(d), np.zeros(d), False
    level[:] = 0.0
    for s in range(states):
        for j in range(d):
            level[j] += p[s] * mean[s, start + j]
    for s in range(states):
        for j in range(d):
            out[s, j] = mean[s, start + j] - level[j]
            size[j] = max(size[j], abs(out[s, j]))
            again[j] += p[s] * out[s, j]
    for j in range(d):
        if abs(level[j]) > UNEVEN * size[j]:
            far = True
        else:
            again[j] = 0.0
    if far:
        for s in range(states):
            for j in range(d):
                out[s, j] -= again[j]


@compiled
def tridiagonal(a: Array, room: Array) -> None:
    """Make a symmetric matrix of lanes tridiagonal by Householder's reflections, after division by its trace."""
    n = a.shape[0]
    trace = whole(0.0)
    for i in range(n):
        trace = plus(trace, get(a, i, i))
    for i in range(n):
        for j in range(n):
            put(a, i, j, over(get(a, i, j), trace))
    for j in range(n - 2):
        square = whole(0.0)
        for i in range(j + 1, n):
            square = fma(get(a, i, j), get(a, i, j), square)
        first = get(a, j + 1, j)
        size = away(first, root(square))
        put(a, j + 1, j, minus(first, size))
        scale = over(whole(1.0), plus(less(size, first, square), whole(NOTHING)))
        along = whole(0.0)
        for i in range(j + 1, n):
            x = whole(0.0)
            for c in range(j + 1, n):
                x = fma(get(a, i, c), get(a, c, j), x)
            x = times(x, scale)
            put(room, i, 0, x)
            along = fma(x, get(a, i, j), along)
        along = times(along, times(scale, whole(0.5)))
        for i in range(j + 1, n):
            put(room, i, 0, less(along, get(a, i, j), get(room, i, 0)))
        for i in range(j + 1, n):
            for c in range(j + 1, n):
                x = less(get(a, i, j), get(room, c, 0), get(a, i, c))
                put(a, i, c, less(get(room, i, 0), get(a, c, j), x))
        put(a, j + 1, j, size)


@compiled
def lowest(a: Array, room: Array) -> Array:
    """Smallest eigenvalue of tridiagonal matrices of lanes by Laguerre's iteration, which nears it from below.

    With q_i the pivots of a - x I, the sums of 1 / (eigenvalue - x) and of its square follow from recurrences in which
    all terms are positive. A lane whose step is small, or has met a pivot that is not positive or 0, stays.
    """
    n = a.shape[0]
    x, moving = np.zeros(LANES), np.full(LANES, 1.0)
    pivot, first, second = np.empty(LANES), np.empty(LANES), np.empty(LANES)
    once, twice, sound = np.empty(LANES), np.empty(LANES), np.empty(LANES)
    for i in range(n):
        for lane in range(LANES):
            room[i, 0, lane] = a[i, i, lane]
            room[i, 1, lane] = a[i, i - 1, lane] ** 2 if i > 0 else 0.0
    for _ in range(STEPS):
        for lane in range(LANES):
            pivot[lane], sound[lane] = 1.0, moving[lane]
            first[lane] = second[lane] = once[lane] = twice[lane] = 0.0
        for i in range(n):
            for lane in range(LANES):
                coupling = room[i, 1, lane] / pivot[lane]
                inverse = 1.0 / (room[i, 0, lane] - x[lane] - coupling)
                second[lane] = coupling * (2.0 * first[lane] ** 2 + second[lane]) * inverse
                first[lane] = (1.0 + coupling * first[lane]) * inverse
                once[lane] += first[lane]
                twice[lane] += first[lane] ** 2 + second[lane]
                pivot[lane] = 1.0 / inverse
                sound[lane] = sound[lane] if 0.0 < inverse < np.inf else 0.0
        left = 0.0
        for lane in range(LANES):
            spread = (n - 1.0) * (n * twice[lane] - once[lane] ** 2)
            step = n / (once[lane] + np.sqrt(max(spread, 0.0)))
            step = step if sound[lane] > 0.0 else 0.0
            x[lane] += step
            moving[lane] = 1.0 if step > SMALL_STEP else 0.0
            left += moving[lane]
        if left == 0.0:
            break
    return x
