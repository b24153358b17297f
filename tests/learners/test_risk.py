"""Risk against the truth: the split is exact, optima are not beaten, constants do not win, T1 holds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import ks_2samp
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression

import testbed
from testbed import Experiment
from testbed.data import Moments
from testbed.evaluation import score
from testbed.evaluation.risk import linear_risk
from testbed.generators import LeeMixture
from testbed.laws import GaussianMixture
from testbed.pretexts import Oracle, Predict, Raw, Truncated
from testbed.regressors import OLS, KernelRidge, Nystroem, ReducedRank, Ridge
from tests.statistics_ import z_limit

SMALL = LeeMixture(k=3, d1=6, d2=5, alpha=0.3, scale=2.0, structure_seed=4)


def frame(generator: object, **changes: object) -> object:
    arguments: dict[str, object] = {
        "pretext": [Raw(), Predict(OLS()), Predict(ReducedRank("k-1")), Oracle("linear")],
        "probe": [OLS()],
        "n_unlabeled": [500],
        "n_labeled": [100],
        "repeats": 200,
    }
    return testbed.run(Experiment("small", [generator], **(arguments | changes)), progress=False)


def test_oracles_are_recovered_where_draws_are_plenty() -> None:
    """With 1e10 rows on both sides every learner is at its optimum."""
    rows = frame(SMALL, n_unlabeled=[10**10], n_labeled=[10**10], repeats=5)
    assert (rows["status"] == "ok").all()
    np.testing.assert_allclose(rows["excess_risk"].astype(float), rows["intrinsic"].astype(float), rtol=1e-4)


@pytest.mark.parametrize("draws", ["auto", "rows"])
def test_the_split_is_exact_and_optima_are_not_beaten(draws: str) -> None:
    pretexts = [Raw(), Predict(OLS()), Predict(Ridge()), Predict(ReducedRank("k-1")), Predict(Nystroem(50)),
                Truncated(Predict(OLS()), 2), Oracle("linear"), Oracle("universal")]  # fmt: skip
    rows = frame(SMALL, pretext=pretexts, baseline=[KernelRidge()], draws=draws, repeats=24)
    assert (rows["status"] == "ok").all()
    parts = rows[["intrinsic", "pretext_part", "estimation"]].astype(float).sum(axis=1)
    np.testing.assert_allclose(parts, rows["excess_risk"].astype(float), atol=1e-12)
    label = rows["excess_risk"].astype(float) + rows["bayes_noise"].astype(float)
    np.testing.assert_allclose(rows["label_mse"].astype(float), label, atol=1e-12)
    truth = SMALL.law().population()
    for (pretext, probe), cell in rows.groupby(["pretext", "probe"]):
        excess = cell["excess_risk"].astype(float)
        assert excess.mean() < float(truth.baseline_risk), (pretext, probe)
        if "Nystroem" not in pretext:  # a learnt nonlinear psi may beat the optimum of its task (I10)
            attained = (cell["intrinsic"].astype(float) + cell["pretext_part"].astype(float)).mean()
            assert excess.mean() > attained - 4.0 * excess.std() / np.sqrt(24) - 1e-9, (pretext, probe)


def test_without_a_mechanism_nothing_beats_the_constant() -> None:
    """Null control: x1 has one mean for all classes, so f* is a constant and every method is above its risk of 0."""
    mean = np.zeros((3, 8))
    mean[:, 5:] = 2.0 * np.eye(3)
    law = GaussianMixture(np.full(3, 1.0 / 3.0), mean, np.eye(8), 5)
    rows = frame(law, pretext=[Raw(), Predict(OLS()), Predict(Nystroem(30))], baseline=[KernelRidge()], repeats=6)
    assert (rows["status"] == "ok").all()
    assert float(law.population().baseline_risk) == pytest.approx(0.0, abs=1e-9)
    assert (rows["excess_risk"].astype(float) > 0.0).all()
    assert rows["excess_risk"].astype(float).max() < 0.2


def test_linear_risk_is_the_risk_on_rows() -> None:
    """The closed form against the average over 4e5 rows, within z standard errors at rate 1e-8."""
    law, rng = SMALL.law(), np.random.default_rng(0)
    truth = law.population()
    psi = Predict(OLS()).fit([law.moments(400, rng)], law, rng)
    readout = OLS().fit(law.moments(90, rng).push("x1", psi), "psi", "y")
    risk = linear_risk(truth, psi, readout, truth.linear_psi_star, OLS())
    x1 = law.sample(400_000, rng).x1
    loss = np.sum((truth.f_star(x1) - readout(psi(x1))) ** 2, axis=1)
    error = np.hypot(loss.std() / np.sqrt(len(loss)), float(risk["excess_risk_se"]))
    assert abs(loss.mean() - float(risk["excess_risk"])) < z_limit(1) * error


def test_moments_and_rows_give_one_law_of_risks() -> None:
    """Two-sample Kolmogorov-Smirnov on 400 final risks each, false-alarm rate 1e-8 a method."""
    fast, slow = (frame(SMALL, draws=draws, repeats=400, seed=s) for s, draws in enumerate(("auto", "rows")))
    for pretext in fast["pretext"].unique():
        pair = (rows.loc[rows["pretext"] == pretext, "excess_risk"].astype(float) for rows in (fast, slow))
        assert ks_2samp(*pair).pvalue > 1e-8, pretext


def test_ols_is_blind_to_invertible_maps() -> None:
    """T1: with d2 >= d1 the probe on psi~ is the probe on x1, to rounding."""
    law, rng = LeeMixture(k=4, d1=13, d2=29, structure_seed=1).law(), np.random.default_rng(0)
    psi = Predict(OLS()).fit([law.moments(200, rng, 5)], law, rng)
    labeled = law.moments(100, rng, 5)
    through = psi.then(OLS().fit(labeled.push("x1", psi), "psi", "y"))
    direct = OLS().fit(labeled, "x1", "y")
    np.testing.assert_allclose(through.weight, direct.weight, atol=1e-10)
    np.testing.assert_allclose(through.offset, direct.offset, atol=1e-9)


def test_truncation_is_that_of_principal_components() -> None:
    law, rng = SMALL.law(), np.random.default_rng(0)
    pairs = law.sample(300, rng)
    reference = LinearRegression().fit(pairs.x1, pairs.x2).predict(pairs.x1)
    expected = PCA(2).fit_transform(reference)
    for draw in (pairs, [Moments.of(pairs)]):
        psi = Truncated(Predict(OLS()), 2).fit(draw, law, rng)
        ours = psi(pairs.x1) - psi(pairs.x1).mean(axis=0)
        np.testing.assert_allclose(np.abs(ours), np.abs(expected), atol=1e-8)


def test_a_representation_from_elsewhere_scores_like_a_row() -> None:
    law = SMALL.law()
    mine = score(SMALL, lambda x: x, n_labeled=100, rng=np.random.default_rng(1), repeats=100)
    rows = frame(SMALL, pretext=[Raw()])
    excess = rows["excess_risk"].astype(float)
    error = np.hypot(mine["excess_risk_mcse"], excess.std() / np.sqrt(len(excess)))
    assert abs(mine["excess_risk"] - excess.mean()) < z_limit(1) * error
    assert mine["approximation_error"] == pytest.approx(float(law.population().class_floor), rel=0.05)
    with pytest.raises(ValueError, match="must return"):
        score(law, lambda x: x[:3], n_labeled=10, rng=np.random.default_rng(0))


def test_integration_errors_of_a_frozen_law_reach_the_summary() -> None:
    """The Bayes noise is one integral for all repetitions: its error is that of its mean, and of what contains it."""
    from testbed.report import summarize

    truth = SMALL.law().population()
    noise, floor = float(truth.se["bayes_noise"]), float(truth.se["class_floor"])
    assert noise > 0.0 < floor
    (cell,) = summarize(frame(SMALL, pretext=[Raw()])).to_dict("records")
    assert cell["bayes_noise_mcse"] == pytest.approx(noise, rel=1e-9)
    spread = cell["excess_risk_class_mcse"]
    assert cell["excess_risk_mcse"] == pytest.approx(np.hypot(spread, floor), rel=1e-6)
    assert cell["label_mse_mcse"] == pytest.approx(np.sqrt(spread**2 + floor**2 + noise**2), rel=1e-6)
