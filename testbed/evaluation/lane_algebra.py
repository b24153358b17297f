"""Linear algebra on matrices of lanes, for numba: products, triangular systems, roots, and Householder's reflections.

Entries of a product are summed one after the other along the inner axis, ten of them (2 x 5) in registers. Rows and
columns that are not there at the edge of a tile stand for their neighbours: they are computed twice, and are the same.
"""

from __future__ import annotations

from testbed._linalg import Array
from testbed.evaluation.lanes import away, compiled, fma, get, inlined, less, minus, over, plus, put, root, times, whole

__all__ = ["across", "back", "cholesky", "multiply", "reflections", "solve_lower", "solve_upper", "squares"]


@inlined
def multiply(
    a: Array, turned: bool, rows: tuple[int, int], inner: tuple[int, int], b: Array, out: Array, how: int
) -> None:
    """Product a b, or a'b where a is `turned`, of some rows of the result and some of the inner axis.

    It is added to `out` where `how` is 1, subtracted from it where -1, and put in its place where 0.
    """
    if b.shape[1] > 2:
        wide(a, turned, rows, inner, b, out, how)
        return
    last_row, last = rows[1] - 1, b.shape[1] - 1
    for i in range(rows[0], rows[1], 2):
        below = min(i + 1, last_row)
        for j in range(0, last + 1, 2):
            beside = min(j + 1, last)
            s00, s01, s10, s11 = whole(0.0), whole(0.0), whole(0.0), whole(0.0)
            if turned:
                for k in range(inner[0], inner[1]):
                    upper, lower, left, right = get(a, k, i), get(a, k, below), get(b, k, j), get(b, k, beside)
                    s00, s01 = fma(upper, left, s00), fma(upper, right, s01)
                    s10, s11 = fma(lower, left, s10), fma(lower, right, s11)
            else:
                for k in range(inner[0], inner[1]):
                    upper, lower, left, right = get(a, i, k), get(a, below, k), get(b, k, j), get(b, k, beside)
                    s00, s01 = fma(upper, left, s00), fma(upper, right, s01)
                    s10, s11 = fma(lower, left, s10), fma(lower, right, s11)
            if how > 0:
                s00, s01 = plus(get(out, i, j), s00), plus(get(out, i, beside), s01)
                s10, s11 = plus(get(out, below, j), s10), plus(get(out, below, beside), s11)
            elif how < 0:
                s00, s01 = minus(get(out, i, j), s00), minus(get(out, i, beside), s01)
                s10, s11 = minus(get(out, below, j), s10), minus(get(out, below, beside), s11)
            put(out, i, j, s00)
            put(out, i, beside, s01)
            put(out, below, j, s10)
            put(out, below, beside, s11)


@compiled
def wide(a: Array, turned: bool, rows: tuple[int, int], inner: tuple[int, int], b: Array, out: Array, how: int) -> None:
    """`multiply` by tiles of 2 x 5: sums enough that none waits for the one before."""
    last = b.shape[1] - 1
    for i in range(rows[0], rows[1], 2):
        below = min(i + 1, rows[1] - 1)
        for j in range(0, last + 1, 5):
            j1, j2, j3, j4 = min(j + 1, last), min(j + 2, last), min(j + 3, last), min(j + 4, last)
            s0, s1, s2, s3, s4 = whole(0.0), whole(0.0), whole(0.0), whole(0.0), whole(0.0)
            t0, t1, t2, t3, t4 = whole(0.0), whole(0.0), whole(0.0), whole(0.0), whole(0.0)
            for k in range(inner[0], inner[1]):
                if turned:
                    x, y = get(a, k, i), get(a, k, below)
                else:
                    x, y = get(a, i, k), get(a, below, k)
                b0, b1, b2, b3, b4 = get(b, k, j), get(b, k, j1), get(b, k, j2), get(b, k, j3), get(b, k, j4)
                s0, s1, s2, s3, s4 = fma(x, b0, s0), fma(x, b1, s1), fma(x, b2, s2), fma(x, b3, s3), fma(x, b4, s4)
                t0, t1, t2, t3, t4 = fma(y, b0, t0), fma(y, b1, t1), fma(y, b2, t2), fma(y, b3, t3), fma(y, b4, t4)
            if how > 0:
                s0, s1, s2 = plus(get(out, i, j), s0), plus(get(out, i, j1), s1), plus(get(out, i, j2), s2)
                s3, s4 = plus(get(out, i, j3), s3), plus(get(out, i, j4), s4)
                t0, t1, t2 = plus(get(out, below, j), t0), plus(get(out, below, j1), t1), plus(get(out, below, j2), t2)
                t3, t4 = plus(get(out, below, j3), t3), plus(get(out, below, j4), t4)
            elif how < 0:
                s0, s1, s2 = minus(get(out, i, j), s0), minus(get(out, i, j1), s1), minus(get(out, i, j2), s2)
                s3, s4 = minus(get(out, i, j3), s3), minus(get(out, i, j4), s4)
                t0, t1, t2 = (
                    minus(get(out, below, j), t0),
                    minus(get(out, below, j1), t1),
                    minus(get(out, below, j2), t2),
                )
                t3, t4 = minus(get(out, below, j3), t3), minus(get(out, below, j4), t4)
            put(out, i, j, s0)
            put(out, i, j1, s1)
            put(out, i, j2, s2)
            put(out, i, j3, s3)
            put(out, i, j4, s4)
            put(out, below, j, t0)
            put(out, below, j1, t1)
            put(out, below, j2, t2)
            put(out, below, j3, t3)
            put(out, below, j4, t4)


@compiled
def squares(a: Array, triangle: bool, out: Array) -> None:
    """Add a a' to `out` on and below its diagonal; a is (d, n), and lower-triangular where it is a `triangle`."""
    d, n, _ = a.shape
    for i in range(0, d, 2):
        below = min(i + 1, d - 1)
        for j in range(0, i + 1, 2):
            beside = min(j + 1, d - 1)
            s00, s01, s10, s11 = get(out, i, j), get(out, i, beside), get(out, below, j), get(out, below, beside)
            for k in range(beside + 1 if triangle else n):
                upper, lower, left, right = get(a, i, k), get(a, below, k), get(a, j, k), get(a, beside, k)
                s00, s01 = fma(upper, left, s00), fma(upper, right, s01)
                s10, s11 = fma(lower, left, s10), fma(lower, right, s11)
            put(out, i, j, s00)
            put(out, i, beside, s01)
            put(out, below, j, s10)
            put(out, below, beside, s11)


@compiled
def solve_lower(lower: Array, scale: Array, d: int, b: Array) -> None:
    """Put L^{-1} b in place of the first d rows of b."""
    for i in range(0, d, 2):
        multiply(lower, False, (i, min(i + 2, d)), (0, i), b, b, -1)
        for j in range(b.shape[1]):
            x = times(get(b, i, j), get(scale, i, 0))
            put(b, i, j, x)
            if i + 1 < d:
                put(b, i + 1, j, times(less(get(lower, i + 1, i), x, get(b, i + 1, j)), get(scale, i + 1, 0)))


@compiled
def solve_upper(lower: Array, scale: Array, d: int, b: Array) -> None:
    """Put L^{-T} b in place of the first d rows of b."""
    for end in range(d, 0, -2):
        start = max(end - 2, 0)
        multiply(lower, True, (start, end), (end, d), b, b, -1)
        for j in range(b.shape[1]):
            x = times(get(b, end - 1, j), get(scale, end - 1, 0))
            put(b, end - 1, j, x)
            if start < end - 1:
                put(b, start, j, times(less(get(lower, end - 1, start), x, get(b, start, j)), get(scale, start, 0)))


@compiled
def cholesky(a: Array, scale: Array) -> None:
    """Put the lower-triangular root of a positive definite matrix in its lower half."""
    d = a.shape[0]
    for j in range(0, d, 2):
        beside = min(j + 1, d - 1)
        for i in range(j, d, 2):
            below = min(i + 1, d - 1)
            s00, s01, s10, s11 = get(a, i, j), get(a, i, beside), get(a, below, j), get(a, below, beside)
            for c in range(j):
                upper, lower, left, right = get(a, i, c), get(a, below, c), get(a, j, c), get(a, beside, c)
                s00, s01 = less(upper, left, s00), less(upper, right, s01)
                s10, s11 = less(lower, left, s10), less(lower, right, s11)
            put(a, i, j, s00)
            if i > j:  # nothing is put above the diagonal
                put(a, i, beside, s01)
            put(a, below, j, s10)
            put(a, below, beside, s11)
        for c in range(j, beside + 1):
            if c > j:
                for i in range(c, d):
                    put(a, i, c, less(get(a, i, j), get(a, c, j), get(a, i, c)))
            size = root(get(a, c, c))
            put(a, c, c, size)
            put(scale, c, 0, over(whole(1.0), size))
            for i in range(c + 1, d):
                put(a, i, c, times(get(a, i, c), get(scale, c, 0)))


@compiled
def reflections(axes: Array, upper: Array, compact: Array, room: Array) -> None:
    """Factor columns (n, q) of full rank into I - V W V', whose first q columns are Q, and R; V takes their place.

    `upper` (q, q) gets R, `compact` (q, q) the upper-triangular W, and `room` is of this size too.
    """
    n, q, _ = axes.shape
    for j in range(q):
        square = whole(0.0)
        for i in range(j, n):
            square = fma(get(axes, i, j), get(axes, i, j), square)
        first = get(axes, j, j)
        size = away(first, root(square))
        put(upper, j, j, size)
        put(axes, j, j, minus(first, size))
        scale = over(whole(1.0), less(size, first, square))
        put(compact, j, j, scale)
        for c in range(j + 1, q, 4):
            c1, c2, c3 = min(c + 1, q - 1), min(c + 2, q - 1), min(c + 3, q - 1)
            s0, s1, s2, s3 = whole(0.0), whole(0.0), whole(0.0), whole(0.0)
            for i in range(j, n):
                v = get(axes, i, j)
                s0, s1 = fma(v, get(axes, i, c), s0), fma(v, get(axes, i, c1), s1)
                s2, s3 = fma(v, get(axes, i, c2), s2), fma(v, get(axes, i, c3), s3)
            s0, s1, s2, s3 = times(s0, scale), times(s1, scale), times(s2, scale), times(s3, scale)
            for i in range(j, n):  # all four are read before one is written: the last may stand for others
                v = get(axes, i, j)
                x0, x1 = less(v, s0, get(axes, i, c)), less(v, s1, get(axes, i, c1))
                x2, x3 = less(v, s2, get(axes, i, c2)), less(v, s3, get(axes, i, c3))
                put(axes, i, c, x0)
                put(axes, i, c1, x1)
                put(axes, i, c2, x2)
                put(axes, i, c3, x3)
        for c in range(j + 1, q):
            put(upper, j, c, get(axes, j, c))
    for j in range(q):
        for i in range(j):
            put(axes, i, j, whole(0.0))
            put(upper, j, i, whole(0.0))
            put(compact, j, i, whole(0.0))
    multiply(axes, True, (0, q), (0, n), axes, room, 0)
    for j in range(q):
        for i in range(j):
            x = whole(0.0)
            for c in range(i, j):
                x = fma(get(compact, i, c), get(room, c, j), x)
            put(compact, i, j, minus(whole(0.0), times(x, get(compact, j, j))))


@compiled
def across(axes: Array, compact: Array, b: Array, room: Array, more: Array) -> None:
    """Put the coordinates of b on Q, and below them those of what Q leaves of b, in place of b."""
    n, q, _ = axes.shape
    multiply(axes, True, (0, q), (0, n), b, room, 0)
    multiply(compact, True, (0, q), (0, q), room, more, 0)
    multiply(axes, False, (0, n), (0, q), more, b, -1)


@compiled
def back(axes: Array, compact: Array, b: Array, room: Array, more: Array) -> None:
    """Undo `across`: coordinates become columns again."""
    n, q, _ = axes.shape
    multiply(axes, True, (0, q), (0, n), b, room, 0)
    multiply(compact, False, (0, q), (0, q), room, more, 0)
    multiply(axes, False, (0, n), (0, q), more, b, -1)
