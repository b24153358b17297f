"""Two permutation tests within classes: of any dependence, and of dependence in means."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from testbed._linalg import Array
from testbed.audits.residuals import Residuals, symmetric_squares

__all__ = ["Permutations", "permutation_tests"]

MANY, FEW = 999, 199  # permutations, and how many above ROWS rows
ROWS = 20_000
COST = 4e7  # operations a permutation, above which the denominator is a sum over PAIRS of rows
PAIRS = 20_000


class Permutations(NamedTuple):
    """p-values: of the plain statistic tr C'S^{-1}C, and of the studentised one."""

    plain: float
    studentised: float
    number: int


class _Statistic:
    """|R1'R2|^2 and sum_{i != j} a_ij / sqrt(sum_{i != j} a_ij^2), a_ij = (r1_i'r1_j)(r2_i'r2_j), for permuted r2.

    Where the denominator would be slow it is a sum over a fixed set of pairs of rows, drawn once: the statistic is
    then another function of the same rows, and the test is as exact with it.
    """

    def __init__(self, r1: Array, r2: Array, rng: np.random.Generator) -> None:
        self.r1, self.r2 = r1, r2
        self.size1, self.size2 = np.sum(r1**2, axis=1), np.sum(r2**2, axis=1)
        n, widths = len(r1), [v.shape[1] * (v.shape[1] + 1) // 2 for v in (r1, r2)]
        self.squares = None
        if 2.0 * n * widths[0] * widths[1] <= COST:
            self.squares = symmetric_squares(r1).T.copy(), symmetric_squares(r2)
        else:
            self.i = rng.integers(0, n, PAIRS)
            self.j = (self.i + rng.integers(1, n, PAIRS)) % n
            self.kernel = np.einsum("ij,ij->i", r1[self.i], r1[self.j]) ** 2

    def __call__(self, order: npt.NDArray[np.intp]) -> tuple[float, float]:
        size2 = self.size2[order]
        plain = float(np.sum((self.r1.T @ self.r2[order]) ** 2))
        own = self.size1 * size2
        if self.squares is not None:
            below = float(np.sum((self.squares[0] @ self.squares[1][order]) ** 2)) - float(own @ own)
        else:
            other = np.einsum("ij,ij->i", self.r2[order[self.i]], self.r2[order[self.j]]) ** 2
            below = float(self.kernel @ other)
        return plain, (plain - float(own.sum())) / np.sqrt(max(below, np.finfo(float).tiny))


def permutation_tests(
    r: Residuals, state: npt.NDArray[np.intp] | None, rng: np.random.Generator, number: int | None = None
) -> Permutations:
    """Permute the residuals of x2 within classes (over all rows where y is real), and count.

    p = (1 + number of permutations at least as large) / (1 + permutations).
    """
    number = number or (MANY if r.n <= ROWS else FEW)
    group = np.zeros(r.n, dtype=np.intp) if state is None else state
    order = np.argsort(group, kind="stable")
    group = group[order]
    statistic = _Statistic(r.r1[order], (r.r2 / r.scale)[order], rng)
    observed = np.array(statistic(np.arange(r.n)))
    larger = np.zeros(2)
    for _ in range(number):
        larger += np.array(statistic(np.argsort(group + rng.random(r.n)))) >= observed * (1.0 - 1e-12)
    plain, studentised = (1.0 + larger) / (1.0 + number)
    return Permutations(float(plain), float(studentised), number)
