"""Penalties chosen from data, where rows are scarce and rounding could choose for them."""

from __future__ import annotations

import numpy as np
import pytest

from testbed.data import Moments
from testbed.generators import LeeMixture
from testbed.regressors import KernelRidge, Nystroem, Ridge
from testbed.regressors.ridge import GRID

LAW = LeeMixture(k=3, d1=20, d2=15, scale=2.0, alpha=0.2, structure_seed=1).law()


def best_penalty(a: np.ndarray, b: np.ndarray, intercept: bool) -> float:
    """Minimiser of n RSS / (n - df)^2 by a singular value decomposition of the rows: sums of positive terms only."""
    n, p = a.shape
    if intercept:
        a, b = a - a.mean(axis=0), b - b.mean(axis=0)
    rank = min(n - intercept, p)
    u, s, _ = np.linalg.svd(a, full_matrices=False)
    values, projected = s[:rank] ** 2, u[:, :rank].T @ b
    rest = np.sum((b - u[:, :rank] @ projected) ** 2) if rank < n - intercept else 0.0
    scores = []
    for share in GRID:
        kept = share * values.sum() / p / (values + share * values.sum() / p)
        rss = rest + np.sum((kept[:, None] * projected) ** 2)
        scores.append(n * rss / (n - intercept - rank + kept.sum()) ** 2)
    return float(GRID[int(np.argmin(scores))] * values.sum() / p)


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("n", [3, 5, 10, 20, 21, 22, 60])
def test_generalised_cross_validation_with_fewer_rows_than_columns(n: int, intercept: bool) -> None:
    samples = [LAW.sample(n, np.random.default_rng(seed)) for seed in range(40)]
    x = LAW.sample(10, np.random.default_rng(99)).x1
    for sample in samples:
        chosen = Ridge("gcv", intercept).fit(Moments.of(sample), "x1", "y")
        best = Ridge(best_penalty(sample.x1, sample.y, intercept), intercept).fit(Moments.of(sample), "x1", "y")
        np.testing.assert_allclose(chosen(x), best(x), atol=1e-6)


@pytest.mark.parametrize("n", [1, 2, 6])
def test_features_that_are_constant_predict_the_mean(n: int) -> None:
    """psi* = 0, or one row: nothing to learn, nothing raised, the mean of the labels predicted."""
    sample = LAW.sample(n, np.random.default_rng(0))
    zero = np.zeros((n, 3))
    for regressor in (Ridge("gcv"), Ridge(2.0), *([Ridge("cv")] if n >= 5 else [])):
        fitted = regressor.fit_rows(zero, sample.y, np.random.default_rng(0))
        np.testing.assert_allclose(fitted(np.zeros((2, 3))), np.tile(sample.y.mean(axis=0), (2, 1)), atol=1e-12)
    if n >= 3:
        for kernel in (KernelRidge(), Nystroem(3)):
            fitted = kernel.fit_rows(zero, sample.y, np.random.default_rng(0))
            np.testing.assert_allclose(fitted(np.zeros((2, 3))), np.tile(sample.y.mean(axis=0), (2, 1)), atol=1e-9)


def test_held_out_batches_need_rows() -> None:
    a, b = np.zeros((4, 2)), np.zeros((4, 1))
    with pytest.raises(ValueError, match="needs at least 5 rows, one a fold; got 4"):
        Ridge("cv").fit_rows(a, b, np.random.default_rng(0))
    with pytest.raises(ValueError, match="needs independent batches"):
        Ridge("cv").fit(Moments.of_blocks({"a": a, "b": b}), "a", "b")
    for kernel in (KernelRidge(), Nystroem(3)):
        with pytest.raises(ValueError, match=r"needs n >= 3; got n = 2"):
            kernel.fit_rows(a[:2], b[:2], np.random.default_rng(0))
