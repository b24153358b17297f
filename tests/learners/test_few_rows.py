"""Fewer labelled rows than x1 has columns: what a representation of low rank is for."""

from __future__ import annotations

import numpy as np
import pytest

import testbed
from testbed import Experiment
from testbed.data import LinearMap, Moments
from testbed.generators import LeeMixture
from testbed.laws import GaussianMixture
from testbed.pretexts import Oracle, Predict, Pretext, Raw, Truncated
from testbed.regressors import OLS, LinearRegressor, ReducedRank, Ridge
from tests.statistics_ import assert_means, assert_one_law

WIDE = LeeMixture(k=3, d1=20, d2=15, scale=2.0, alpha=0.2, structure_seed=1)
LOW = [Truncated(Predict(OLS()), 2), Predict(ReducedRank(2)), Truncated(Oracle("linear"), 2)]
PROBES = [OLS(), OLS(False), ReducedRank(1), ReducedRank(2, False), Ridge(0.3), Ridge("gcv"), Ridge(0.0)]


@pytest.mark.parametrize("probe", PROBES, ids=repr)
@pytest.mark.parametrize("pretext", LOW, ids=repr)
def test_a_fit_on_few_moments_is_the_fit_on_their_rows(pretext: Pretext, probe: LinearRegressor) -> None:
    law, rng = WIDE.law(), np.random.default_rng(0)
    psi = pretext.fit([law.moments(300, rng)], law, rng)
    assert isinstance(psi, LinearMap)
    for n in (6, 12, 20, 21, 60):
        sample = law.sample(n, rng)
        fast = probe.fit(Moments.of(sample).push("x1", psi), "psi", "y")
        slow = probe.fit_rows(psi(sample.x1), sample.y, rng)
        x = psi(law.sample(50, rng).x1)
        np.testing.assert_allclose(fast(x), slow(x), atol=1e-6, err_msg=f"n = {n}")


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize(("n", "d1", "rank"), [(9, 12, 2), (12, 12, 3), (13, 12, 3), (40, 12, 3), (30, 3, 3)])
def test_mean_risk_of_least_squares_on_gaussian_rows(n: int, d1: int, rank: int, intercept: bool) -> None:
    """F1, equalities: e_apx + T p/(n-p-1), and with intercept e_apx + T (1/n + (1+1/n) p/(n-p-2)); rate 1e-8.

    One Gaussian state, x2 in the place of the label, features of a given rank in more columns than that.
    """
    rng, d2 = np.random.default_rng(n), 2
    root = rng.normal(size=(d1 + d2, d1 + d2)) / np.sqrt(d1) + np.eye(d1 + d2)
    mean = rng.normal(size=(1, d1 + d2)) * intercept
    law = GaussianMixture([1.0], mean, root @ root.T, d1)
    psi = LinearMap(rng.normal(size=(d1, rank)) @ rng.normal(size=(rank, rank + 2)), np.zeros(rank + 2))
    c11, c12, c22 = (root @ root.T)[:d1, :d1], (root @ root.T)[:d1, d1:], (root @ root.T)[d1:, d1:]
    w = psi.weight
    explained = c12.T @ w @ np.linalg.pinv(w.T @ c11 @ w, rcond=1e-10) @ w.T @ c12
    noise = np.trace(c22 - c12.T @ np.linalg.solve(c11, c12))
    residual = np.trace(c22 - explained)  # T
    if intercept:
        expected = residual * (1.0 / n + (1.0 + 1.0 / n) * rank / (n - rank - 2))
    else:
        expected = residual * rank / (n - rank - 1)
    best = law.population().linear_psi_star
    risks = []
    for _ in range(10):  # 20,000 repetitions in stacks that a cache holds
        moments = law.moments(n, rng, 2_000).push("x1", psi)
        fitted = psi.then(OLS(intercept).fit(moments, "psi", "x2"))
        gap = fitted.weight - best.weight
        level = fitted.offset - best.offset + (law.mean[0, :d1] @ gap)
        risks.append(np.sum(gap * (c11 @ gap), axis=(-1, -2)) + np.sum(level**2, axis=-1))
    assert_means(np.concatenate(risks), residual - noise + expected)


def test_moments_and_rows_agree_in_law_with_few_rows() -> None:
    """Kolmogorov-Smirnov on final risks, n_labeled on both sides of d1; rate 1e-8."""
    changes = {"pretext": LOW, "probe": [OLS(), Ridge()], "n_unlabeled": [60], "n_labeled": [8, 20, 30]}
    frames = [
        testbed.run(Experiment("few", [WIDE], draws=draws, repeats=200, seed=seed, **changes), progress=False)
        for seed, draws in enumerate(("auto", "rows"))
    ]
    assert all((frame["status"] == "ok").all() for frame in frames)
    fast, slow = (f.pivot(index="rep", columns=["pretext", "probe", "n_labeled"], values="excess_risk") for f in frames)
    assert_one_law(fast.to_numpy(float), slow[fast.columns].to_numpy(float))


@pytest.mark.parametrize("draws", ["auto", "rows"])
def test_what_is_too_few_says_so_and_the_rest_goes_on(draws: str) -> None:
    probes = [OLS(), ReducedRank(1), Ridge(0.0), Ridge()]
    rows = testbed.run(
        Experiment("few", [WIDE], [Raw(), LOW[1]], probes, [60], [3, 8], repeats=2, draws=draws), progress=False
    )
    for (pretext, probe, n), cell in rows.groupby(["pretext", "probe", "n_labeled"]):
        rank = 20 if pretext == "Raw()" else 2
        if probe == "Ridge()" or n >= rank + 2:
            assert (cell["status"] == "ok").all(), (pretext, probe, n)
            continue
        least = rank + 2
        if draws == "rows":  # of unknown origin: they show no more than their number
            rank, least = f"{min(rank, n - 1)} or more", min(rank, n - 1) + 2
        expected = f"ValueError: {probe} on features of rank {rank} needs n >= {least}; got n = {n}"
        assert (cell["error"] == expected).all(), cell["error"].iloc[0]


def degenerate(kind: str) -> GaussianMixture:
    """x2 whose last coordinate is a copy, or a constant: images of least squares that are not independent."""
    root = np.vstack([np.eye(7), np.eye(7)[6:] * (kind == "copied")])
    mean = 1.5 * np.random.default_rng(0).normal(size=(3, 7)) @ root.T
    mean[:, 7] += 3.0 * (kind == "constant")
    return GaussianMixture(np.full(3, 1.0 / 3.0), mean, root @ (np.eye(7) + 0.3) @ root.T, 5)


@pytest.mark.parametrize("kind", ["copied", "constant"])
@pytest.mark.parametrize("draws", ["auto", "rows"])
def test_coordinates_that_add_nothing_change_nothing(kind: str, draws: str) -> None:
    """A target that is a copy or a constant leaves the span of psi~, and with it every least-squares read-out."""
    law = degenerate(kind)
    probes = [OLS(), OLS(False), ReducedRank(1), ReducedRank(1, False), Ridge(0.0), Ridge()]
    pretexts = [Predict(OLS()), Predict(ReducedRank(2)), Oracle("linear")]
    experiment = Experiment("degenerate", [law], pretexts, probes, [100], [50], repeats=20, draws=draws)
    rows = testbed.run(experiment, progress=False)
    assert (rows["status"] == "ok").all(), rows["error"].dropna().unique()
    assert (rows["estimation"].astype(float) > -1e-9).all()
    same = rows[(rows["probe"].isin(["OLS()", "Ridge(penalty=0.0)"])) & (rows["pretext"] == "Predict(OLS())")]
    pairs = same.pivot(index="rep", columns="probe", values="excess_risk").astype(float).to_numpy()
    np.testing.assert_allclose(pairs[:, 0], pairs[:, 1], atol=1e-9)


@pytest.mark.parametrize("task", [OLS(), ReducedRank(1)], ids=str)
@pytest.mark.parametrize("shift", [1e5, 1e6, 1e8])
def test_rounding_of_a_representation_of_rows_far_from_the_origin_is_no_feature(
    shift: float, task: LinearRegressor
) -> None:
    """Five columns of rank 3 or 1; what the rows shifted by 1e8 have lost is 1e-8 of them."""
    rng = np.random.default_rng(0)
    x1, unseen, weight = rng.normal(size=(90, 3)), rng.normal(size=(20, 3)), rng.normal(size=(3, 5))
    x2, y = x1 @ weight + rng.normal(size=(90, 5)), x1[:30, :1] + rng.normal(size=(30, 1))
    found = []
    for level in (0.0, shift):
        psi = task.fit_rows(x1 + level, x2, rng)
        found.append(OLS().fit_rows(psi(x1[:30] + level), y, rng)(psi(unseen + level)))
    assert np.abs(found[1] - found[0]).max() < 1e-14 * shift + 1e-10
