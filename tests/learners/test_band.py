"""The band of a kernel: the algebra, and leave-one-out over penalties against eigenvectors and against plain solves."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.linalg import block_diag

from testbed.generators import LeeMixture
from testbed.regressors import KernelRidge, band, kernel, leave_one_out
from testbed.regressors.band import Band, reduce_to_band
from testbed.regressors.kernel import GRID, rbf
from testbed.regressors.leave_one_out import by_band, by_vectors

RNG = np.random.default_rng(5)
LAW = LeeMixture(k=4, d1=12, d2=3, scale=1.5, structure_seed=2).law()
KEPT = GRID >= 1e-3  # below, one minus a sum over eigenvectors has fewer than nine digits
SIZES = [(1, 4), (4, 4), (7, 4), (8, 4), (9, 4), (13, 4), (40, 4), (67, 16), (150, 16)]

Problem = tuple[np.ndarray, np.ndarray, np.ndarray]


def symmetric(m: int) -> np.ndarray:
    root = np.random.default_rng(m).normal(size=(m, m))
    return root @ root.T / m


def dense(found: Band) -> np.ndarray:
    matrix = block_diag(*found.diagonal)
    low = 0
    for diagonal, below in zip(found.diagonal, found.below, strict=False):
        start = low + len(diagonal)
        matrix[start : start + len(below), low:start] = below
        matrix[low:start, start : start + len(below)] = below.T
        low = start
    return matrix


def basis(found: Band, m: int) -> np.ndarray:
    out = np.full((m, m), np.nan)
    found.basis(out)
    return out


@pytest.mark.parametrize(("m", "block"), SIZES)
def test_a_matrix_is_its_band_turned(m: int, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(band, "SLAB", 24)  # several tiles, none of them a multiple of the block of 16
    monkeypatch.setattr(band, "WIDE", 40)  # panels joined by pairs, and more
    a = symmetric(m)
    found = reduce_to_band(a.copy(), block)
    turned, b = basis(found, m), dense(found)
    assert [len(each) for each in found.diagonal[:-1]] == [block] * (len(found.diagonal) - 1)
    np.testing.assert_allclose(turned @ turned.T, np.eye(m), atol=1e-13)
    np.testing.assert_allclose(turned.T @ b @ turned, a, atol=1e-12)
    assert found.norm() == pytest.approx(np.linalg.norm(a), rel=1e-12)


@pytest.mark.parametrize(("m", "block"), SIZES)
def test_solutions_and_diagonals_of_the_inverse(m: int, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(band, "SLAB", 24)
    penalties = np.array([0.1, 1.0, 30.0])
    found = reduce_to_band(symmetric(m), block)
    factor, b = found.factor(penalties), dense(found)
    right, columns = RNG.normal(size=(m, 3)), RNG.normal(size=(m, m + 9))
    solved, diagonals, largest = factor.solve(right), factor.diagonals(columns), factor.largest()
    for j, penalty in enumerate(penalties):
        inverse = np.linalg.inv(b + penalty * np.eye(m))
        np.testing.assert_allclose(solved[j], inverse @ right, atol=1e-11)
        np.testing.assert_allclose(diagonals[j], np.sum(columns * (inverse @ columns), axis=0), rtol=1e-11)
        assert np.linalg.norm(inverse, 2) / m <= largest[j] <= block * np.linalg.norm(inverse, 2) * (1.0 + 1e-12)


def problem(n: int, bandwidth: float, outputs: int, weighted: bool) -> Problem:
    """Kernel and target, both multiplied by the roots of the weights, and the weights."""
    sample = LAW.sample(n, np.random.default_rng(n))
    weight = np.random.default_rng(n).integers(1, 6, size=n).astype(float) if weighted else np.ones(n)
    root = np.sqrt(weight)[:, None]
    target = sample.x2[:, :outputs] - weight @ sample.x2[:, :outputs] / weight.sum()
    return root * rbf(sample.x1, sample.x1, bandwidth) * root.T, root * target, weight


def by_eigenvectors(problem: Problem, spread: np.ndarray | float) -> np.ndarray:
    matrix, target, weight = problem
    axis = np.sqrt(weight / weight.sum())
    without = np.eye(len(axis)) - np.outer(axis, axis)
    values, vectors = np.linalg.eigh(without @ matrix @ without)
    values = np.maximum(values, 0.0)
    return by_vectors(values, vectors, vectors.T @ target, target, GRID, weight.sum(), weight, spread)


@pytest.mark.parametrize("weighted", [False, True])
@pytest.mark.parametrize(("n", "outputs"), [(300, 3), (301, 1), (67, 3), (33, 1), (3, 2)])
def test_errors_are_those_of_the_eigenvectors(n: int, outputs: int, weighted: bool) -> None:
    spread = np.random.default_rng(n).uniform(size=n) if weighted else 0.0
    matrix, target, weight = problem(n, 2.0, outputs, weighted)
    expected = by_eigenvectors((matrix, target, weight), spread)
    found = by_band(matrix.copy(), target, GRID, weight, spread)
    assert found is not None
    np.testing.assert_allclose(found[0][KEPT], expected[KEPT], rtol=1e-9)
    assert np.argmin(found[0]) == np.argmin(expected)
    axis = np.sqrt(weight / weight.sum())
    without = np.eye(n) - np.outer(axis, axis)
    system = without @ matrix @ without + GRID[np.argmin(expected)] * np.eye(n)
    np.testing.assert_allclose(found[1], np.linalg.solve(system, target), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("weighted", [False, True])
def test_errors_do_not_depend_on_how_many_penalties_share_a_product(
    weighted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    spread = RNG.uniform(size=67) if weighted else 0.0
    given = problem(67, 2.0, 3, weighted)
    together = by_eigenvectors(given, spread)[KEPT]
    for columns in (1, 12):  # one penalty at a time, and four
        monkeypatch.setattr(leave_one_out, "COLUMNS", columns)
        np.testing.assert_allclose(by_eigenvectors(given, spread)[KEPT], together, rtol=1e-9)


def test_small_penalties_keep_their_digits() -> None:
    """Against refits of a well-conditioned kernel without each row: at 1e-8, too, nine digits are right."""
    n = 40
    matrix, target, weight = problem(n, 1.0, 3, weighted=False)
    errors = np.zeros(len(GRID))
    for i in range(n):
        rest = np.delete(np.arange(n), i)
        for j, penalty in enumerate(GRID):
            system = np.ones((n, n))
            system[: n - 1, : n - 1] = matrix[np.ix_(rest, rest)] + penalty * np.eye(n - 1)
            system[-1, -1] = 0.0
            solved = np.linalg.solve(system, np.vstack([target[rest], np.zeros((1, 3))]))
            errors[j] += np.sum((target[i] - matrix[i, rest] @ solved[:-1] - solved[-1]) ** 2)
    found = by_band(matrix.copy(), target, GRID, weight)
    assert found is not None
    np.testing.assert_allclose(found[0], errors, rtol=1e-9)


def test_a_weight_counts_rows() -> None:
    """The errors of rows with weights are those of the rows written out, each as often as its weight says."""
    sample = LAW.sample(60, RNG)
    counts = RNG.integers(2, 6, size=60)
    a, b = np.repeat(sample.x1, counts, axis=0), np.repeat(sample.x2, counts, axis=0)
    b += RNG.normal(size=b.shape)
    start = np.r_[0, np.cumsum(counts)[:-1]]
    mean = np.add.reduceat(b, start) / counts[:, None]
    spread = np.add.reduceat(np.sum((b - np.repeat(mean, counts, axis=0)) ** 2, axis=1), start)
    root = np.sqrt(counts)[:, None]
    one = by_band(rbf(a, a, 2.0), b - b.mean(axis=0), GRID, np.ones(len(a)))
    matrix, target = root * rbf(sample.x1, sample.x1, 2.0) * root.T, root * (mean - b.mean(axis=0))
    other = by_band(matrix, target, GRID, counts.astype(float), spread)
    assert one is not None
    assert other is not None
    np.testing.assert_allclose(other[0][KEPT], one[0][KEPT], rtol=1e-9)


@pytest.mark.parametrize("bandwidth", ["median", 1.0, 3.0, 30.0, 1000.0])
def test_both_ways_choose_one_penalty_and_predict_alike(
    bandwidth: float | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wide bandwidths leave differences of kernels near 1: an entry's rounding moves a fit by eps n / penalty of it."""
    sample, new = LAW.sample(300, np.random.default_rng(8)), LAW.sample(50, np.random.default_rng(9)).x1
    weight = np.random.default_rng(10).integers(1, 6, size=300).astype(float)
    chosen: list[float] = []

    def spied(*args: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
        found = by_band(*args)
        assert found is not None
        chosen.append(float(GRID[np.argmin(found[0])]))
        return found

    def fits(learner: KernelRidge) -> list[np.ndarray]:
        return [
            learner.fit_rows(sample.x1, sample.x2, RNG)(new),
            learner.fit_weighted(sample.x1, sample.x2, weight, RNG)(new),
        ]

    monkeypatch.setattr(kernel, "by_band", spied)
    slow = fits(KernelRidge("loo", bandwidth))
    assert chosen == []
    monkeypatch.setattr(kernel, "LARGE", 100)
    fast = fits(KernelRidge("loo", bandwidth))
    assert len(chosen) == 2
    for j, (one, other) in enumerate(zip(slow, fast, strict=True)):
        np.testing.assert_array_equal(one, fits(KernelRidge(chosen[j], bandwidth))[j])
        rounding = np.finfo(float).eps * weight.sum() / chosen[j]
        np.testing.assert_allclose(other, one, rtol=0.0, atol=max(1e-9, rounding) * np.abs(one).max())


def test_eigenvectors_where_rounding_could_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    """Penalties near the rounding of a singular kernel: no band, and the bits of the fit by eigenvectors."""
    sample = LAW.sample(300, np.random.default_rng(8))
    a, grid, one = sample.x1[:, :2], np.geomspace(1e-14, 1e2, 17), np.ones(300)
    assert by_band(rbf(a, a, 3.0), sample.x2, grid[2:], one) is None  # doubtful
    assert by_band(rbf(a, a, 3.0) - 0.1 * np.eye(300), sample.x2, grid, one) is None  # indefinite
    assert by_band(rbf(a, a, 3.0), sample.x2, GRID, one) is not None
    monkeypatch.setattr(kernel, "GRID", grid)
    slow = KernelRidge("loo", 3.0).fit_rows(a, sample.x2, RNG)
    monkeypatch.setattr(kernel, "LARGE", 100)
    np.testing.assert_array_equal(KernelRidge("loo", 3.0).fit_rows(a, sample.x2, RNG).weight, slow.weight)


def test_rows_that_coincide(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel of ones, centred nothing: the mean is predicted."""
    monkeypatch.setattr(kernel, "LARGE", 100)
    b = LAW.sample(200, np.random.default_rng(3)).x2
    fitted = KernelRidge().fit_rows(np.zeros((200, 2)), b, RNG)
    np.testing.assert_allclose(fitted(np.zeros((2, 2))), np.tile(b.mean(axis=0), (2, 1)), atol=1e-9)
