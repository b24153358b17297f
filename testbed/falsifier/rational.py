"""The exact population of a table of whole numbers, in fractions.

It shares no code with `testbed.laws.Finite`, and rounds nothing: where the two differ, one of them is wrong.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import product as pairs

from testbed.falsifier.exact import (
    ZERO,
    Matrix,
    Vector,
    identity,
    positive_definite,
    product,
    pseudo_inverse,
    rank,
    residual,
    turned,
)

__all__ = ["Counts", "Points", "Rational", "UndefinedError"]

Counts = tuple[tuple[tuple[tuple[int, ...], ...], ...], ...]
Points = tuple[tuple[int, ...], ...]


class UndefinedError(ValueError):
    """A quantity that a law does not define; a search then skips the law."""


@dataclass(frozen=True)
class Rational:
    """A law with P(y, z, x1 = v1[a], x2 = v2[b]) = counts[y][z][a][b] / total, and its truth as fractions.

    Points of a view with one value are one point; points and states without mass are left out, as in `Finite`.

    Parameters
    ----------
    counts : (k, m, s1, s2)
        Whole numbers of at least 0.
    v1, v2 : (s1, d1), (s2, d2)
        Whole numbers: the values of the points of x1 and of x2.

    Raises
    ------
    UndefinedError
        If a class has no mass, or a view has one value only.
    """

    counts: Counts
    v1: Points
    v2: Points

    def __post_init__(self) -> None:
        """Refuse what no statement speaks of."""
        if not all(any(c for state in label for row in state for c in row) for label in self.counts):
            raise UndefinedError("a class has no mass")
        if len(self.points1) < 2 or len(self.points2) < 2:
            raise UndefinedError("a view has one value only")

    @cached_property
    def _mass(self) -> dict[tuple[tuple[int, int], tuple[int, ...], tuple[int, ...]], Fraction]:
        """Probability of each state, value of x1 and value of x2 that has some."""
        found: Counter[tuple[tuple[int, int], tuple[int, ...], tuple[int, ...]]] = Counter()
        for y, label in enumerate(self.counts):
            for z, state in enumerate(label):
                for a, row in enumerate(state):
                    for b, count in enumerate(row):
                        if count:
                            found[(y, z), self.v1[a], self.v2[b]] += count
        total = sum(found.values())
        return {cell: Fraction(count, total) for cell, count in found.items()}

    @cached_property
    def points1(self) -> list[tuple[int, ...]]:
        """Values of x1 that have positive probability."""
        return sorted({x1 for _, x1, _ in self._mass})

    @cached_property
    def points2(self) -> list[tuple[int, ...]]:
        """Values of x2 that have positive probability."""
        return sorted({x2 for _, _, x2 in self._mass})

    @cached_property
    def states(self) -> list[tuple[int, int]]:
        """States (y, z) that have positive probability."""
        return sorted({state for state, _, _ in self._mass})

    @property
    def k(self) -> int:
        """Number of classes of the label."""
        return len(self.counts)

    @cached_property
    def table(self) -> list[Matrix]:
        """p(state, x1, x2): a matrix (s1, s2) for each state."""
        cell = self._mass
        return [[[cell.get((s, a, b), ZERO) for b in self.points2] for a in self.points1] for s in self.states]

    @cached_property
    def joint1(self) -> Matrix:
        """Probabilities p(state, x1), (states, s1)."""
        return [[sum(row, ZERO) for row in state] for state in self.table]

    @cached_property
    def joint2(self) -> Matrix:
        """Probabilities p(state, x2), (states, s2)."""
        return [[sum(column, ZERO) for column in zip(*state, strict=True)] for state in self.table]

    @cached_property
    def both(self) -> Matrix:
        """Probabilities p(x1, x2), (s1, s2)."""
        return [[sum(cells, ZERO) for cells in zip(*rows, strict=True)] for rows in zip(*self.table, strict=True)]

    @cached_property
    def p1(self) -> Vector:
        """Probabilities p(x1) of the points of x1, (s1,)."""
        return [sum(column, ZERO) for column in zip(*self.joint1, strict=True)]

    @cached_property
    def p2(self) -> Vector:
        """Probabilities p(x2) of the points of x2, (s2,)."""
        return [sum(column, ZERO) for column in zip(*self.joint2, strict=True)]

    @cached_property
    def prior(self) -> Vector:
        """Probabilities of the states."""
        return [sum(row, ZERO) for row in self.joint1]

    @cached_property
    def M(self) -> Matrix:
        """Map that sums the latent out, (k, states)."""
        return [[Fraction(y == label) for label, _ in self.states] for y in range(self.k)]

    @cached_property
    def fbar(self) -> Matrix:
        """P(state | x1), a row for each state."""
        return [[p / q for p, q in zip(row, self.p1, strict=True)] for row in self.joint1]

    @cached_property
    def f(self) -> Matrix:
        """f* = P(y | x1), a row for each class."""
        return product(self.M, self.fbar)

    @cached_property
    def psi(self) -> Matrix:
        """psi* = E[X2 | x1], a row for each coordinate of x2."""
        sums = product(self.both, _numbers(self.points2))
        return turned([[v / q for v in row] for row, q in zip(sums, self.p1, strict=True)])

    @cached_property
    def A_bar(self) -> Matrix:
        """Conditional means E[X2 | state], (states, d2)."""
        sums = product(self.joint2, _numbers(self.points2))
        return [[v / q for v in row] for row, q in zip(sums, self.prior, strict=True)]

    @cached_property
    def A(self) -> Matrix:
        """Conditional means E[X2 | y], (k, d2)."""
        weight = product(self.M, [[q] for q in self.prior])
        sums = product(self.M, [[q * v for v in row] for row, q in zip(self.A_bar, self.prior, strict=True)])
        return [[v / q[0] for v in row] for row, q in zip(sums, weight, strict=True)]

    def gap(self, given: str = "yz") -> Matrix:
        """Leak: psi* minus what the state (given "y": the label) explains of it, a row for each coordinate of x2."""
        expected = product(turned(self.A_bar), self.fbar) if given == "yz" else product(turned(self.A), self.f)
        return _minus(self.psi, expected)

    def explain(self, columns: Matrix, targets: Matrix, intercept: bool = True) -> Fraction:
        """Least squares of functions of x1 on functions of x1: the squared residual under p(x1)."""
        ones = [[Fraction(1)] * len(self.p1)] if intercept else []
        return residual(self.p1, [*ones, *columns], targets)

    @cached_property
    def x1(self) -> Matrix:
        """Coordinates of x1 at its points, a row for each."""
        return turned(_numbers(self.points1))

    def linear(self, target: Matrix, intercept: bool = True) -> Matrix:
        """Best affine (without intercept: linear) predictors from x1 of functions of x1, at the points."""
        columns = [*([[Fraction(1)] * len(self.p1)] if intercept else []), *self.x1]
        gram = [[_mean(self.p1, a, b) for b in columns] for a in columns]
        cross = [[_mean(self.p1, a, t) for t in target] for a in columns]
        return product(turned(product(pseudo_inverse(gram), cross)), columns)

    def levelled(self, intercept: bool = True, given: str = "yz") -> tuple[Matrix, Matrix]:
        """Conditional means of X2 and the map to labels; with an intercept their common level is taken out."""
        means, read = (self.A_bar, self.M) if given == "yz" else (self.A, identity(self.k))
        if intercept:
            level = [sum(column, ZERO) / len(means) for column in zip(*means, strict=True)]
            means = [[v - c for v, c in zip(row, level, strict=True)] for row in means]
            read = [[v - sum(row, ZERO) / len(row) for v in row] for row in read]
        return means, read

    def readout(self, intercept: bool = True) -> Matrix:
        """W (d2, k) of least norm with W'A_bar' = M.

        Raises
        ------
        UndefinedError
            If there is none.
        """
        means, read = self.levelled(intercept)
        weight = product(pseudo_inverse(means), turned(read))
        if product(means, weight) != turned(read):
            raise UndefinedError("no W solves W'A_bar' = M")
        return weight

    def beta2_exceeds(self, level: Fraction, intercept: bool = True) -> bool:
        """Whether beta^2 > level, decided by pivots: beta^2 > t > 0 iff I - t W'W is positive definite."""
        try:
            weight = self.readout(intercept)
        except UndefinedError:
            return level < 0
        square = product(turned(weight), weight)
        if not any(map(any, square)):
            return level < 0  # nothing to read: beta is 0 by convention
        if level <= 0:
            return True
        return positive_definite(_minus(identity(len(square)), [[level * v for v in row] for row in square]))

    def dependent(self) -> Fraction:
        """Distance from independence given the state: sum of |p(s, x1, x2) - p(s, x1) p(s, x2) / p(s)|, halved."""
        total = ZERO
        for table, left, right, mass in zip(self.table, self.joint1, self.joint2, self.prior, strict=True):
            for (a, p), (b, q) in pairs(enumerate(left), enumerate(right)):
                total += abs(table[a][b] - p * q / mass)
        return total / 2

    def ranks(self) -> tuple[int, int]:
        """Rank and affine rank of the conditional means of X2 given the state."""
        return rank(self.A_bar), rank(self.levelled()[0])


def _numbers(points: list[tuple[int, ...]]) -> Matrix:
    return [[Fraction(v) for v in point] for point in points]


def _minus(a: Matrix, b: Matrix) -> Matrix:
    return [[x - y for x, y in zip(r, s, strict=True)] for r, s in zip(a, b, strict=True)]


def _mean(weight: Vector, a: Vector, b: Vector) -> Fraction:
    return sum((w * x * y for w, x, y in zip(weight, a, b, strict=True)), ZERO)
