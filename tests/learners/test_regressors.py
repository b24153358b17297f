"""Regressors against scikit-learn, plain numpy and brute force on the same rows."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression
from sklearn.linear_model import Ridge as ReferenceRidge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.svm import SVR
from sklearn.tree import DecisionTreeRegressor

from testbed.data import Moments
from testbed.regressors import OLS, KernelRidge, Nystroem, ReducedRank, Ridge, Sklearn, bind
from testbed.regressors.kernel import GRID, rbf

RNG = np.random.default_rng(0)
A = RNG.normal(size=(60, 4)) @ RNG.normal(size=(4, 4)) + 1.0
B = A @ RNG.normal(size=(4, 3)) + RNG.normal(size=(60, 3)) - 2.0
MOMENTS = Moments.of_blocks({"a": A, "b": B})
NEW = RNG.normal(size=(7, 4))


@pytest.mark.parametrize("intercept", [False, True])
def test_ols_and_ridge_are_those_of_scikit_learn(intercept: bool) -> None:
    ours = OLS(intercept).fit(MOMENTS, "a", "b")
    theirs = LinearRegression(fit_intercept=intercept).fit(A, B)
    np.testing.assert_allclose(ours(NEW), theirs.predict(NEW), atol=1e-9)
    np.testing.assert_allclose(OLS(intercept).fit_rows(A, B, RNG)(NEW), theirs.predict(NEW), atol=1e-9)
    ours = Ridge(3.0, intercept).fit(MOMENTS, "a", "b")
    theirs = ReferenceRidge(3.0, fit_intercept=intercept).fit(A, B)
    np.testing.assert_allclose(ours(NEW), theirs.predict(NEW), atol=1e-9)


@pytest.mark.parametrize("intercept", [False, True])
def test_generalised_cross_validation_takes_the_best_of_its_grid(intercept: bool) -> None:
    from testbed.regressors.ridge import GRID as SHARES

    a = A - A.mean(axis=0) if intercept else A
    b = B - B.mean(axis=0) if intercept else B
    gram, scores = a.T @ a, []
    for share in SHARES:
        hat = a @ np.linalg.solve(gram + share * np.trace(gram) / 4.0 * np.eye(4), a.T)
        df = np.trace(hat) + intercept
        scores.append(60 * np.sum((b - hat @ b) ** 2) / (60 - df) ** 2)
    best = SHARES[int(np.argmin(scores))] * np.trace(gram) / 4.0
    ours = Ridge("gcv", intercept).fit(MOMENTS, "a", "b")
    np.testing.assert_allclose(ours(NEW), Ridge(best, intercept).fit(MOMENTS, "a", "b")(NEW), atol=1e-8)


def test_folds_take_the_best_of_their_grid() -> None:
    from testbed.regressors.ridge import GRID as SHARES

    centred = A - A.mean(axis=0)
    penalties = SHARES * np.trace(centred.T @ centred) / 4.0
    folds = np.array_split(np.arange(60), 5)
    scores = []
    for penalty in penalties:
        error = 0.0
        for held in folds:
            rest = np.setdiff1d(np.arange(60), held)
            fit = ReferenceRidge(penalty).fit(A[rest], B[rest])
            error += np.sum((B[held] - fit.predict(A[held])) ** 2)
        scores.append(error)
    best = ReferenceRidge(penalties[int(np.argmin(scores))]).fit(A, B)
    np.testing.assert_allclose(Ridge("cv").fit_rows(A, B, RNG)(NEW), best.predict(NEW), atol=1e-8)


@pytest.mark.parametrize("intercept", [False, True])
def test_reduced_rank_is_the_best_of_its_rank(intercept: bool) -> None:
    """Its residual is that of OLS plus the fitted values' singular values left out (Eckart and Young)."""
    for rank in (1, 2, 3):
        fitted = ReducedRank(rank, intercept).fit(MOMENTS, "a", "b")
        assert np.linalg.matrix_rank(fitted.weight, tol=1e-9) == rank
        full = OLS(intercept).fit(MOMENTS, "a", "b")(A)
        s = np.linalg.svd(full - (B.mean(axis=0) if intercept else 0.0), compute_uv=False)
        expected = np.sum((B - full) ** 2) + np.sum(s[rank:] ** 2)
        assert np.sum((B - fitted(A)) ** 2) == pytest.approx(expected, rel=1e-9)


def test_named_ranks_need_a_law() -> None:
    with pytest.raises(ValueError, match="has no number without a law"):
        ReducedRank("k").fit(MOMENTS, "a", "b")
    assert bind(ReducedRank("km"), 3, 6) == ReducedRank(6)
    with pytest.raises(ValueError, match="rank = 0"):
        ReducedRank(0)
    with pytest.raises(ValueError, match="rank = 'all'"):
        ReducedRank("all")


def test_too_few_rows_say_what_is_needed() -> None:
    with pytest.raises(ValueError, match=r"features of rank 4 needs n >= 6; got n = 5"):
        OLS().fit(Moments.of_blocks({"a": A[:5], "b": B[:5]}), "a", "b")
    OLS(intercept=False).fit(Moments.of_blocks({"a": A[:5], "b": B[:5]}), "a", "b")


def leave_one_out(penalty: float, bandwidth: float, a: np.ndarray, b: np.ndarray) -> float:
    errors = 0.0
    for i in range(len(a)):
        rest = np.delete(np.arange(len(a)), i)
        fitted = KernelRidge(penalty, bandwidth).fit_rows(a[rest], b[rest], RNG)
        errors += float(np.sum((b[i] - fitted(a[i : i + 1])[0]) ** 2))
    return errors


def test_kernel_ridge_solves_its_problem_and_leaves_one_out_exactly() -> None:
    a, b = A[:25], B[:25]
    penalty, bandwidth = 0.3, 4.0
    kernel = rbf(a, a, bandwidth)
    system = np.block([[kernel + penalty * np.eye(25), np.ones((25, 1))], [np.ones((1, 25)), np.zeros((1, 1))]])
    solved = np.linalg.solve(system, np.vstack([b, np.zeros((1, 3))]))
    expected = rbf(NEW, a, bandwidth) @ solved[:25] + solved[25]
    np.testing.assert_allclose(KernelRidge(penalty, bandwidth).fit_rows(a, b, RNG)(NEW), expected, atol=1e-8)
    grid = GRID[6:]  # below, both are interpolation to rounding
    best = grid[int(np.argmin([leave_one_out(p, bandwidth, a, b) for p in grid]))]
    chosen = KernelRidge("loo", bandwidth).fit_rows(a, b, RNG)(NEW)
    np.testing.assert_allclose(chosen, KernelRidge(best, bandwidth).fit_rows(a, b, RNG)(NEW), atol=1e-8)


def test_all_rows_as_landmarks_are_the_full_kernel() -> None:
    full = KernelRidge(0.3, 3.0).fit_rows(A, B, RNG)(NEW)
    np.testing.assert_allclose(Nystroem(60, 0.3, 3.0).fit_rows(A, B, RNG)(NEW), full, atol=1e-5)
    tuned = Nystroem(30).tuned(A, B, np.random.default_rng(4))
    assert isinstance(tuned.penalty, float)
    assert isinstance(tuned.bandwidth, float)
    direct = Nystroem(30).fit_rows(A, B, np.random.default_rng(4))(NEW)
    np.testing.assert_allclose(tuned.fit_rows(A, B, np.random.default_rng(4))(NEW), direct, atol=1e-9)


def test_scikit_learn_regressors_take_their_seed_from_the_stream() -> None:
    tree = Sklearn(DecisionTreeRegressor(splitter="random"))
    first, again, other = (tree.fit_rows(A, B, np.random.default_rng(s))(NEW) for s in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    for estimator in (SVR(), KNeighborsRegressor()):  # one output only, and several
        assert Sklearn(estimator).fit_rows(A, B, RNG)(NEW).shape == (7, 3)
        assert Sklearn(estimator).fit_rows(A, B[:, :1], RNG)(NEW).shape == (7, 1)
    with pytest.raises(ValueError, match="estimator ="):
        Sklearn(DecisionTreeRegressor)


@pytest.mark.parametrize("bad", [{"penalty": -1.0}, {"penalty": "aic"}, {"penalty": float("nan")}])
def test_bad_penalties_are_refused(bad: dict[str, object]) -> None:
    for regressor in (Ridge, KernelRidge, Nystroem):
        with pytest.raises(ValueError, match="penalty = "):
            regressor(**bad)
