"""Each fast path against the plain one: equal to rounding where it is the same computation, equal in law elsewhere."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import ks_2samp
from sklearn.metrics.pairwise import rbf_kernel

from testbed import _linalg
from testbed.columns import MEASURED
from testbed.data import LinearMap, Moments
from testbed.evaluation import BLOCK, Cell, run_cells
from testbed.evaluation.draws import MomentsDraws
from testbed.evaluation.source import Source
from testbed.generators import LeeMixture
from testbed.laws import GaussianMixture, mixture, wishart
from testbed.laws.mixture_population import MixturePopulation
from testbed.laws.population import ABSOLUTE, Population
from testbed.pretexts import Oracle, Predict, Raw, Truncated
from testbed.regressors import OLS, KernelRidge, Nystroem, ReducedRank, Ridge, kernel
from tests.statistics_ import SHARE


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def covariance(d: int, seed: int) -> np.ndarray:
    a = rng(seed).standard_normal((d, d + 3))
    return a @ a.T / d


def laws() -> dict[str, GaussianMixture]:
    means = rng(1).standard_normal((3, 30)) * 2.0
    p = [0.2, 0.3, 0.5]
    return {
        "independent": LeeMixture(k=4, d1=22, d2=18).law(rng(2), 5),
        "leak": LeeMixture(k=4, d1=22, d2=18, alpha=0.3, scale=2.0).law(rng(2), 5),
        "shared": GaussianMixture(p, means, covariance(30, 3), 20, label=[0, 1, 1]),
        "each its own": GaussianMixture(p, means, np.stack([covariance(30, s) for s in range(3)]), 20),
    }


@pytest.mark.parametrize("d", [3, 40])
def test_cholesky_solvers_equal_the_general_one(d: int) -> None:
    a = rng().standard_normal((4, 2, d, d + 5))
    positive, b = a @ _linalg.transpose(a), rng(1).standard_normal((2, d, 7))
    lower = np.linalg.cholesky(positive)
    assert_allclose(_linalg.solve_positive(positive, b), np.linalg.solve(positive, b), rtol=1e-8, atol=1e-10)
    assert_allclose(
        _linalg.solve_root(_linalg.transpose(lower), b), np.linalg.solve(positive, b), rtol=1e-8, atol=1e-10
    )
    assert_allclose(_linalg.solve_lower(lower, b), np.linalg.solve(lower, b), rtol=1e-9, atol=1e-11)


def test_a_matrix_that_is_not_positive_is_solved_all_the_same() -> None:
    a = rng().standard_normal((3, 20, 20))
    a = a + _linalg.transpose(a)
    b = rng(1).standard_normal((3, 20, 2))
    assert_allclose(_linalg.solve_positive(a, b), np.linalg.solve(a, b), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("shape", [(12, 5), (5, 12), (6, 6)])
def test_residual_without_svd(shape: tuple[int, int]) -> None:
    root, target = rng().standard_normal((5, *shape)), rng(1).standard_normal((shape[0], 4))
    root[3, :, 2] = root[3, :, 0] + 1e-5 * root[3, :, 2]  # too close for normal equations
    root[4, :, 2] = root[4, :, 0] + 1e-3 * root[4, :, 2]
    root[1, :, 2] = root[1, :, 0] - 2.0 * root[1, :, 1]  # dependent columns
    root[2, :, 1] = root[2, :, 0] + 1e-13 * root[2, :, 3]  # and a column below the cutoff
    _, plain, _ = _linalg.least_squares(root, target, 1e-10)
    fast = _linalg.residual_square(root, target, 1e-10)
    assert_allclose(fast, _linalg.inner(plain, plain), rtol=1e-10, atol=1e-12)
    for i in range(5):  # a slice that needs the full analysis leaves the others alone
        assert_array_equal(_linalg.residual_square(root[i], target, 1e-10), fast[i])


def test_diagonal_roots_are_the_eigenvalue_ones() -> None:
    c = np.diag(rng().random(6))
    values, vectors = np.linalg.eigh(c)
    assert_allclose(_linalg.symmetric_root(c), (vectors * np.sqrt(values)) @ vectors.T, atol=1e-14)
    assert not _linalg.is_diagonal(covariance(4, 0))
    assert not _linalg.is_diagonal(np.zeros((2, 3)))


@pytest.mark.parametrize("name", ["independent", "leak"])
def test_draws_without_multiplying_by_the_identity(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    law = laws()[name]
    fast = law.moments(60, rng(5))
    for module in (mixture, wishart):
        monkeypatch.setattr(module, "rooted", lambda root, a: root @ a)
    plain = law.moments(60, rng(5))
    for a, b in (("x1", "x1"), ("x1", "x2"), ("x2", "x2"), ("x1", "y"), ("x2", "y")):
        assert_allclose(fast.block(a, b), plain.block(a, b), rtol=1e-11, atol=1e-11)


@pytest.mark.parametrize("name", list(laws()))
@pytest.mark.parametrize("n", [25, 400])
def test_one_root_of_the_scatter_has_the_law_of_the_rows(name: str, n: int) -> None:
    law = laws()[name]
    law = law[0] if law.batch else law
    drawn = law.moments(n, rng(6), 200)
    rows = [Moments.of(law.sample(n, rng(1000 + i))) for i in range(200)]
    for a, b in (("x1", "x1"), ("x1", "x2"), ("x2", "x2"), ("x1", "y")):
        direction = rng(7).standard_normal(drawn.block(a, b).shape[-2:])
        ours = _linalg.inner(drawn.block(a, b), direction)
        theirs = np.array([_linalg.inner(m.block(a, b), direction) for m in rows])
        assert ks_2samp(ours, theirs).pvalue > SHARE / 4  # four comparisons


@pytest.mark.parametrize("name", list(laws()))
def test_linear_class_by_woodbury(name: str) -> None:
    truth = laws()[name].population()
    assert_allclose(_linalg.transpose(truth.root1) @ truth.root1, truth.s11, rtol=1e-10, atol=1e-11)
    assert_allclose(truth.linear_f_star.weight, np.linalg.solve(truth.s11, truth.s1y), rtol=1e-8, atol=1e-10)
    cross = truth.cross_given("yz")
    plain = np.sqrt(_linalg.inner(cross, np.linalg.solve(truth.s11, cross)))
    assert_allclose(truth.epsilon_ci("linear"), plain, rtol=1e-10, atol=1e-12)


def plain_beta(truth: Population, intercept: bool) -> np.ndarray:
    """Assumption 4.1 as it is written: 1 / |M P (A_bar' P)^+|."""
    means, read = truth.A_bar, truth.M
    if intercept:
        means, read = (v - v.mean(axis=axis, keepdims=True) for v, axis in ((means, -2), (read, -1)))
    weight = read @ _linalg.pinv(_linalg.transpose(means), ABSOLUTE * truth.scale2)
    valid = np.abs(weight @ _linalg.transpose(means) - read).max(axis=(-1, -2)) < 1e-8
    return np.where(valid, 1.0 / np.linalg.norm(weight, ord=2, axis=(-2, -1)), 0.0)


@pytest.mark.parametrize("intercept", [False, True])
def test_beta_without_pseudo_inverse(intercept: bool) -> None:
    generators = [LeeMixture(k=4, d1=22, d2=18), LeeMixture(k=4, d1=5, d2=3), LeeMixture(k=6, d1=5, d2=3)]
    for generator in generators:
        truth = generator.law(rng(2), 5).population()
        assert_allclose(truth.beta(intercept), plain_beta(truth, intercept), rtol=1e-8)
    means = rng(3).standard_normal((3, 12))
    means[2, 6:] = means[1, 6:] + 1e-6 * means[2, 6:]  # nearly dependent rows of A
    truth = GaussianMixture([0.2, 0.3, 0.5], means, np.eye(12), 6).population()
    assert_allclose(truth.beta(intercept), plain_beta(truth, intercept), rtol=1e-6)


def test_optimum_and_its_risk_without_svd(monkeypatch: pytest.MonkeyPatch) -> None:
    law = laws()["independent"]
    truth, plain = law.population(), MixturePopulation(law, redrawn=True)
    monkeypatch.setattr(type(plain), "_cross_factor", None)
    slow, floor = plain.linear_psi_star, plain.approximation_error(plain.linear_psi_star)
    monkeypatch.undo()
    fast = truth.linear_psi_star
    assert_allclose(fast.weight, slow.weight, rtol=1e-8, atol=1e-10)
    assert_allclose(truth.approximation_error(fast), floor, rtol=1e-10, atol=1e-12)
    assert_allclose(truth.approximation_error(LinearMap(fast.weight, fast.offset)), floor, rtol=1e-10, atol=1e-12)


def test_kernel_in_one_product() -> None:
    a, b = rng().standard_normal((30, 6)) + 50.0, rng(1).standard_normal((20, 6)) + 50.0
    assert_allclose(kernel.rbf(a, b, 1.7), rbf_kernel(a, b, gamma=0.5 / 1.7**2), rtol=1e-11)
    assert_array_equal(np.diagonal(kernel.rbf(a, a, 1.7)), 1.0)


@pytest.mark.parametrize("penalty", ["loo", 0.1])
def test_landmarks_by_cholesky(penalty: float | str, monkeypatch: pytest.MonkeyPatch) -> None:
    a = rng().standard_normal((300, 8))
    b, fresh = np.sin(a[:, :3]) + 0.3 * rng(1).standard_normal((300, 3)), rng(2).standard_normal((50, 8))
    learner = Nystroem(landmarks=40, penalty=penalty)
    fast = learner.fit_rows(a, b, rng(3))
    monkeypatch.setattr(kernel, "CLEAR", np.inf)  # nothing is well conditioned: whitened coordinates, SVD
    plain = learner.fit_rows(a, b, rng(3))
    assert_allclose(fast(fresh), plain(fresh), rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("learner", [Nystroem(landmarks=40), KernelRidge()])
def test_image_of_the_rows_fitted_on(learner: Nystroem | KernelRidge) -> None:
    a = rng().standard_normal((200, 5))
    fitted = learner.fit_rows(a, np.cos(a), rng(1))
    assert_allclose(fitted(a), fitted(a.copy()), rtol=1e-10, atol=1e-10)


def test_blocks_stacked_have_their_own_bits() -> None:
    law = LeeMixture(k=2, d1=5, d2=4, structure_seed=1, alpha=0.2)
    learners = [Raw(), Predict(OLS()), Predict(ReducedRank("k")), Oracle("linear"), Truncated(Predict(Ridge("cv")), 1)]
    curve = (50, 100, 400)
    cells = [
        Cell(law, pretext, probe, 200, n, "moments", tuple(m for m in curve if m <= n))
        for pretext in learners
        for probe in (OLS(), Ridge("gcv"))
        for n in curve
    ]
    together = run_cells(cells, 0, range(10, 3 * BLOCK))
    apart = [row for part in (range(10, BLOCK), range(BLOCK, 3 * BLOCK)) for row in run_cells(cells, 0, part)]
    values = [{(r["key"], r["rep"]): [r[name] for name in MEASURED] for r in rows} for rows in (together, apart)]
    assert values[0] == values[1]


def test_running_sums_are_the_pooled_batches() -> None:
    source = Source(LeeMixture(k=2, d1=5, d2=4, structure_seed=1), 0, (50, 100, 400))
    draws = MomentsDraws(source, range(3))
    for n in (400, 100):
        steps = [draws._labeled_step(size, text, 1) for size, text in source.steps(n)]
        pooled = steps[0][0]
        for (batch,) in steps[1:]:
            pooled = pooled + batch
        (total,) = draws.labeled(n, 1)
        assert_array_equal(total.block("x1", "x1"), pooled.block("x1", "x1")[:3])
        assert_array_equal(total.n, float(n))
