"""Weighted rows: the fit of the rows that they stand for, at a cost that does not depend on n."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.ensemble import RandomForestRegressor
from sklearn.kernel_ridge import KernelRidge as ReferenceKernelRidge
from sklearn.linear_model import ElasticNet, Lasso, LinearRegression, RidgeCV
from sklearn.linear_model import Ridge as ReferenceRidge
from sklearn.tree import DecisionTreeRegressor

from testbed.evaluation import Cell, run_cells
from testbed.evaluation.draws import RowsDraws
from testbed.evaluation.source import Source
from testbed.laws import Finite
from testbed.pretexts import Oracle, Predict, Raw, Truncated
from testbed.regressors import OLS, KernelRidge, Nystroem, ReducedRank, Ridge, Sklearn
from testbed.regressors.base import Regressor

RNG = np.random.default_rng(3)
A = RNG.normal(size=(30, 4))[RNG.integers(30, size=70)]  # rows that come more than once, with other targets
B = RNG.normal(size=(70, 3)) + A[:, :1]
COUNTS = RNG.integers(2, 9, size=70)  # no row of leverage near 1, where leaving it out is rounding
NEW = RNG.normal(size=(40, 4))

EXACT: list[Regressor] = [
    OLS(),
    OLS(intercept=False),
    ReducedRank(2),
    ReducedRank(2, intercept=False),
    Ridge(3.0),
    Ridge(),
    Ridge(0.0, intercept=False),
    KernelRidge(0.3, 1.0),
    KernelRidge("loo", 1.0),
    KernelRidge("loo", 3.0),
    Sklearn(LinearRegression()),
    Sklearn(ReferenceRidge(2.0)),
    Sklearn(Lasso(0.05, tol=1e-12)),
    Sklearn(ElasticNet(0.05, tol=1e-12)),
    Sklearn(ReferenceKernelRidge(kernel="rbf", alpha=0.3)),
    Sklearn(DecisionTreeRegressor(max_depth=4)),
]
NOT_EXACT: list[Regressor] = [
    Ridge("cv"),
    KernelRidge(),  # the median distance is taken among the first rows
    Nystroem(10),
    Sklearn(RidgeCV()),
    Sklearn(RandomForestRegressor()),
    Sklearn(DecisionTreeRegressor()),
    Sklearn(DecisionTreeRegressor(max_depth=4, min_samples_leaf=3)),
    Sklearn(Lasso(0.05, selection="random")),
]


@pytest.mark.parametrize("learner", EXACT, ids=str)
def test_a_weighted_fit_is_that_of_the_rows_written_out(learner: Regressor) -> None:
    assert learner.weighted
    order = RNG.permutation(COUNTS.sum())
    a, b = (np.repeat(v, COUNTS, axis=0)[order] for v in (A, B))
    tree = "Tree" in repr(learner)  # away from the rows, rounding decides between splits that are equally good
    new = A if tree else NEW
    plain = learner.fit_rows(a, b, np.random.default_rng(1))(new)
    fitted = learner.fit_weighted(A, B, COUNTS.astype(float), np.random.default_rng(1))(new)
    np.testing.assert_allclose(fitted, plain, atol=1e-9)
    other = learner.fit_weighted(A, B, np.ones(len(A)), np.random.default_rng(1))(new)
    assert np.abs(other - plain).max() > 1e-6, "the weights do not count"


@pytest.mark.parametrize("learner", NOT_EXACT, ids=str)
def test_what_counts_bins_or_resamples_rows_is_given_rows(learner: Regressor) -> None:
    assert not learner.weighted
    if isinstance(learner, Nystroem | KernelRidge | Sklearn):
        return
    with pytest.raises(ValueError, match="batches"):
        learner.fit_weighted(A, B, COUNTS.astype(float), RNG)


def law(s1: int = 12, s2: int = 9) -> Finite:
    rng = np.random.default_rng(8)
    joint = rng.gamma(0.5, size=(3, 2, s1, s2))
    return Finite(joint / joint.sum(), rng.normal(size=(s1, 3)), rng.normal(size=(s2, 4)))


def test_the_counts_are_those_of_the_same_draw() -> None:
    draws = RowsDraws(Source(law(), 5), 2)
    for rows, counted in (
        (draws.pretext(300), draws.pretext(300, weighted=True)),
        (draws.labeled(80), draws.labeled(80, weighted=True)),
    ):
        assert rows.weight is None and counted.weight is not None and counted.n == rows.n
        blocks = ("x1", "y") if counted.x2.shape[1] == 0 else ("x1", "x2", "y")
        table = [np.hstack([getattr(s, block) for block in blocks]) for s in (rows, counted)]
        written = np.repeat(table[1], counted.weight.astype(int), axis=0)
        np.testing.assert_array_equal(*(t[np.lexsort(t.T)] for t in (table[0], written)))


def test_a_finite_law_is_scored_over_its_support() -> None:
    """Every part is exact, and rows written out by hand give the same numbers."""
    pretexts = [
        Predict(KernelRidge(0.3, 1.0)),
        Truncated(Predict(KernelRidge(0.3, 1.0)), 2),
        Raw(),
        Oracle("universal"),
    ]
    probe = Sklearn(DecisionTreeRegressor(max_depth=3))
    cells = [Cell(law(), pretext, p, 500, 200, "rows") for pretext in pretexts for p in (probe, OLS())]
    rows = run_cells(cells, 4, range(3))
    truth = law().population()
    for row in rows:
        assert row["status"] == "ok" and row["excess_risk_se"] == 0.0
        parts = [float(row[name]) for name in ("intrinsic", "pretext_part", "estimation")]  # type: ignore[arg-type]
        assert abs(sum(parts) - float(row["excess_risk"])) < 1e-12  # type: ignore[arg-type]
    for rep in range(3):
        draws = RowsDraws(Source(law(), 4), rep)
        pairs, labeled = draws.pretext(500), draws.labeled(200)
        psi = KernelRidge(0.3, 1.0).fit_rows(pairs.x1, pairs.x2, RNG)
        for place, readout in enumerate((probe, OLS())):
            predictor = readout.fit_rows(psi(labeled.x1), labeled.y, np.random.default_rng(0))
            risk = truth.p1 @ np.sum((truth.f_table - predictor(psi(truth.points1))) ** 2, axis=1)
            found = rows[rep * len(cells) + place]["excess_risk"]
            assert abs(float(found) - risk) < 1e-9  # type: ignore[arg-type]


def test_a_billion_rows_are_a_draw_like_any_other() -> None:
    cell = Cell(law(), Predict(KernelRidge(1e-3, 1.0)), OLS(), 10**9, 10**9, "rows")
    (row,) = run_cells([cell], 0, range(1))
    assert row["status"] == "ok"
    assert abs(float(row["estimation"])) < 1e-6  # type: ignore[arg-type]
