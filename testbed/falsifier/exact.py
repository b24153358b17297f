"""Linear algebra in fractions: nothing is rounded, so a rank is a rank and an equality is an equality."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

__all__ = [
    "Matrix",
    "Vector",
    "identity",
    "positive_definite",
    "product",
    "pseudo_inverse",
    "rank",
    "residual",
    "turned",
]

Vector = list[Fraction]
Matrix = list[Vector]
ZERO, ONE = Fraction(0), Fraction(1)


def identity(n: int) -> Matrix:
    """Return the identity of size n."""
    return [[ONE if i == j else ZERO for j in range(n)] for i in range(n)]


def turned(a: Sequence[Sequence[Fraction]]) -> Matrix:
    """Transpose a matrix that has at least one row."""
    return [list(column) for column in zip(*a, strict=True)]


def product(a: Matrix, b: Matrix) -> Matrix:
    """Matrix product a b."""
    columns = turned(b)
    return [[sum((x * y for x, y in zip(row, column, strict=True)), ZERO) for column in columns] for row in a]


def _inner(weight: Sequence[Fraction], a: Sequence[Fraction], b: Sequence[Fraction]) -> Fraction:
    return sum((w * x * y for w, x, y in zip(weight, a, b, strict=True) if x and y), ZERO)


def residual(weight: Sequence[Fraction], columns: Sequence[Vector], targets: Sequence[Vector]) -> Fraction:
    """Least squares of the targets on the columns, rows weighted: the squared residuals, summed over the targets.

    Gram and Schmidt without square roots. Columns that depend on those before them are left out, exactly.
    """
    basis: list[tuple[Vector, Fraction]] = []
    for column in columns:
        rest = _without(weight, column, basis)
        square = _inner(weight, rest, rest)
        if square:
            basis.append((rest, square))
    left = [_without(weight, target, basis) for target in targets]
    return sum((_inner(weight, rest, rest) for rest in left), ZERO)


def _without(weight: Sequence[Fraction], vector: Vector, basis: Sequence[tuple[Vector, Fraction]]) -> Vector:
    for direction, square in basis:
        share = _inner(weight, direction, vector) / square
        if share:
            vector = [v - share * d for v, d in zip(vector, direction, strict=True)]
    return vector


def _echelon(a: Matrix) -> tuple[Matrix, list[int]]:
    """Reduced row echelon form without its zero rows, and the columns of the pivots."""
    rows, pivots = [list(row) for row in a], list[int]()
    for column in range(len(rows[0])):
        top = len(pivots)
        found = next((i for i in range(top, len(rows)) if rows[i][column]), None)
        if found is None:
            continue
        rows[top], rows[found] = rows[found], rows[top]
        lead = rows[top][column]
        rows[top] = [x / lead for x in rows[top]]
        for i in range(len(rows)):
            factor = rows[i][column]
            if i != top and factor:
                rows[i] = [x - factor * y for x, y in zip(rows[i], rows[top], strict=True)]
        pivots.append(column)
        if len(pivots) == len(rows):
            break
    return rows[: len(pivots)], pivots


def rank(a: Matrix) -> int:
    """Rank of a matrix."""
    return len(_echelon(a)[1])


def _inverse(a: Matrix) -> Matrix:
    n = len(a)
    whole, _ = _echelon([[*row, *unit] for row, unit in zip(a, identity(n), strict=True)])
    return [row[n:] for row in whole]


def pseudo_inverse(a: Matrix) -> Matrix:
    """Moore and Penrose's inverse, from the factors a = B C of full rank: C'(C C')^{-1} (B'B)^{-1} B'."""
    right, pivots = _echelon(a)
    if not pivots:
        return [[ZERO] * len(a) for _ in a[0]]
    left = [[row[j] for j in pivots] for row in a]
    wide, tall = turned(right), turned(left)
    return product(product(wide, _inverse(product(right, wide))), product(_inverse(product(tall, left)), tall))


def positive_definite(a: Matrix) -> bool:
    """Whether a symmetric matrix is positive definite: all pivots of its LDL' factors are positive."""
    rows = [list(row) for row in a]
    for i, row in enumerate(rows):
        if row[i] <= 0:
            return False
        for below in rows[i + 1 :]:
            factor = below[i] / row[i]
            if factor:
                below[i:] = [x - factor * y for x, y in zip(below[i:], row[i:], strict=True)]
    return True
