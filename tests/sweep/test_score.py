"""A representation from elsewhere, scored like one of the sweep."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.tree import DecisionTreeRegressor

import testbed
from testbed import Experiment
from testbed.data import LinearMap
from testbed.evaluation import score
from testbed.generators import LeeMixture
from testbed.pretexts import Oracle, Raw
from testbed.regressors import OLS, KernelRidge, ReducedRank, Regressor, Ridge, Sklearn
from tests.statistics_ import z_limit

DIALS = LeeMixture(k=3, d1=5, d2=4, alpha=0.3, scale=1.5, structure_seed=4)
LAW = DIALS.law()
PROBES = [OLS(False), Ridge(), ReducedRank("k-1"), KernelRidge(0.1), Sklearn(DecisionTreeRegressor(max_depth=3))]


@pytest.mark.parametrize("probe", PROBES, ids=lambda p: type(p).__name__)
@pytest.mark.parametrize("oracle", [False, True])
def test_scores_agree_with_a_sweep(probe: Regressor, oracle: bool) -> None:
    """In the mean, within z standard errors at rate 1e-8; the linear error too, within the integral's own error."""
    psi = LAW.population().psi_star if oracle else (lambda x: x)
    pretext = Oracle("universal") if oracle else Raw()
    mine = score(DIALS, psi, n_labeled=60, rng=np.random.default_rng(0), probe=probe, repeats=24)
    rows = testbed.run(Experiment("s", [DIALS], [pretext], [probe], [10], [60], repeats=24, seed=7), progress=False)
    assert (rows["status"] == "ok").all(), rows["error"].iloc[0]
    excess = rows["excess_risk"].to_numpy(float)
    error = np.hypot(mine["excess_risk_mcse"], excess.std(ddof=1) / np.sqrt(24))
    assert abs(mine["excess_risk"] - excess.mean()) < z_limit(1) * error
    assert mine["label_mse"] - mine["excess_risk"] == pytest.approx(mine["bayes_noise"], rel=1e-9)
    if probe.linear:
        intrinsic = rows["intrinsic"].to_numpy(float)[0]
        assert mine["approximation_error"] == pytest.approx(intrinsic, rel=0.05)
        assert mine["estimation"] == pytest.approx(mine["excess_risk"] - mine["approximation_error"], rel=1e-9)
    else:
        assert "approximation_error" not in mine and "estimation" not in mine


def test_the_same_stream_gives_the_same_score() -> None:
    psi = LinearMap(np.eye(5, 2), np.ones(2))
    first, again, other = (score(LAW, psi, n_labeled=20, rng=np.random.default_rng(s), repeats=3) for s in (0, 0, 1))
    assert first == again
    assert first["excess_risk"] != other["excess_risk"]
    assert first["approximation_error"] == float(LAW.population().approximation_error(psi, True))


def test_what_cannot_be_scored_says_why() -> None:
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="redraws its structure"):
        score(LeeMixture(k=3), lambda x: x, n_labeled=10, rng=rng)
    with pytest.raises(ValueError, match=r"law has leading axes \(4,\)"):
        score(LeeMixture(k=3).law(rng, 4), lambda x: x, n_labeled=10, rng=rng)
    with pytest.raises(ValueError, match="repeats = 1"):
        score(LAW, lambda x: x, n_labeled=10, rng=rng, repeats=1)
    with pytest.raises(ValueError, match="a whole number of at least 1"):
        score(LAW, lambda x: x, n_labeled=0, rng=rng)
    for wrong in (lambda x: x[:, 0], lambda x: x[:3], lambda x: x.T):
        with pytest.raises(ValueError, match="must return"):
            score(LAW, wrong, n_labeled=10, rng=rng)
    with pytest.raises(ValueError, match="of rank 5 or more needs n >= 7; got n = 6"):
        score(LAW, lambda x: x, n_labeled=6, rng=rng)
