"""When n points show the signal: the committed tables, their limits, and the closed route against dense matrices."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.linalg import eigh

from experiments.successors import phase_transition as study
from experiments.successors import spiked
from testbed.keys import stream
from tests.committed import ROOT, committed

FOLDER = "successors/phase_transition"


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return pd.read_csv(committed(FOLDER, "table.csv"))


@pytest.fixture(scope="module")
def risk() -> pd.DataFrame:
    return pd.read_csv(committed(FOLDER, "risk.csv"))


def dense(v: float, alpha: float, signals: int = 1) -> tuple[spiked.Spectrum, list[np.ndarray]]:
    """One draw of 200 points in 51 dimensions: its spectrum, and the encoders of both tasks by dense matrices."""
    points = np.random.default_rng(1).standard_normal((200, 50 + signals))
    signal, rest = points[:, :signals], points[:, signals:]
    values, axes = np.linalg.eigh(rest.T @ rest / 200)
    with_it = axes.T @ (rest.T @ signal[:, 0] / 200)
    sample = spiked.Spectrum(np.array([signal[:, 0] @ signal[:, 0] / 200]), values[None], with_it[None] ** 2)
    scaled = points * np.sqrt(np.r_[np.ones(signals), np.full(50, v)])
    c, noise = scaled.T @ scaled / 200, np.diag(np.r_[np.full(signals, spiked.A_S), np.full(50, alpha)])
    return sample, [eigh(c, noise)[1][:, -signals:], eigh(c @ c, c + noise)[1][:, -signals:]]


@pytest.mark.parametrize(("v", "alpha"), [(0.6, 0.3), (0.3, 0.05), (0.9, 2.0), (0.5, spiked.A_S)])
def test_the_closed_route_is_that_of_dense_matrices(v: float, alpha: float) -> None:
    sample, encoders = dense(v, alpha)
    found = spiked.joint_embedding(sample, alpha / (v * spiked.A_S)), spiked.kept(sample, v, alpha)
    for encoder, scale, values in zip(
        encoders, (np.sqrt(np.r_[spiked.A_S, np.full(50, alpha)]), 1.0), found, strict=True
    ):
        w = encoder[:, 0]
        rest, u = v * (w[1:] ** 2).sum(), w * scale
        np.testing.assert_allclose(values[0], rest / (rest + w[0] ** 2), rtol=1e-8)
        np.testing.assert_allclose(values[1], u[0] ** 2 / (u**2).sum(), rtol=1e-8)


def test_both_tasks_are_pca_where_the_augmentation_is_isotropic() -> None:
    """With three signals too: the encoders span the same space, which is why the crossing needs no exponent."""
    _, (joint, reconstruction) = dense(0.5, spiked.A_S, signals=3)
    projector = [e @ np.linalg.solve(e.T @ e, e.T) for e in (joint, reconstruction)]
    np.testing.assert_allclose(projector[0], projector[1], atol=1e-9)


def test_the_limit_of_reconstruction_at_the_crossing_is_that_of_pca() -> None:
    for gamma in study.GAMMAS:
        for lost in (0.1, 0.5, 0.9):
            v = 1.0 / (1.0 + np.sqrt(gamma / lost))
            assert study.reconstruction_limit(gamma, v, spiked.A_S) == pytest.approx(lost, abs=1e-9)
        encoder = spiked.crossing_limit(gamma, spiked.MEASURES[1])
        share = spiked.kept(spiked.limit(gamma), encoder, spiked.A_S, edge=(1.0 + np.sqrt(gamma)) ** 2)[1]
        assert share == pytest.approx(0.5, abs=1e-9)


def test_above_that_alpha_joint_embedding_loses_less_and_below_it_more() -> None:
    """So the alphas that both need cross once, in the limit: on a grid."""
    for gamma in study.GAMMAS:
        for v in (0.1, 0.3, 0.5, 0.7, 0.9):
            for alpha in np.geomspace(0.01, 10.0, 16):
                joint = float(spiked.lost_limit(gamma, alpha / (v * spiked.A_S)))
                gap = joint - study.reconstruction_limit(gamma, v, float(alpha))
                assert gap * (alpha - spiked.A_S) <= 1e-9


def test_drawn_spectra_have_the_moments_of_wishart_matrices() -> None:
    """Means of the trace, of its square and of q'q within five standard errors: a false alarm in 3e5 seeds."""
    for gamma, d in ((0.5, 6), (2.0, 7)):
        n = round((d + 1) / gamma)
        sample = spiked.drawn(gamma, d, 4000, np.random.default_rng(3))
        known = (1.0, d, d * (n + d + 1) / n, d / n)
        values = (sample.p, sample.x.sum(axis=1), (sample.x**2).sum(axis=1), sample.q2.sum(axis=1))
        for value, mean in zip(values, known, strict=True):
            assert abs(value.mean() - mean) < 5.0 * value.std() / np.sqrt(4000)


def test_joint_embedding_is_near_its_limit(risk: pd.DataFrame) -> None:
    joint = risk[risk["v"].isna() & (risk["r"] >= 1.0 + 2.0 * np.sqrt(risk["gamma"]))]
    assert len(joint) == 15 and (joint["lost"] - joint["limit"]).abs().max() < 0.03
    assert round((joint["lost"] - joint["limit"]).abs().max(), 3) == 0.014
    edge = risk[risk["v"].isna() & (risk["gamma"] == 1.0) & (risk["r"] == 2.0)]
    assert round(edge["lost"].item(), 2) == 0.83 and edge["limit"].item() == 1.0
    assert study.reconstruction_limit(0.25, 0.8, 0.605) == 1.0 > study.reconstruction_limit(0.25, 0.8, 0.615)
    text = (ROOT / "experiments/successors/README.md").read_text(encoding="utf-8")
    for number in ("within 0.014", "0.83 is", "alpha = 0.24 on, reconstruction from 0.61"):
        assert number in " ".join(text.split())


def test_the_crossing_is_that_of_pca_and_no_power(table: pd.DataFrame) -> None:
    quarter = table[table["gamma"] == 0.25]["v/s"]
    assert len(quarter) == 8 and quarter.between(0.52, 0.60).all()
    last = table[table["d"] == 500]
    half = 0.5 * (last["high"] - last["low"])
    assert ((last["v/s"] - last["limit"]).abs() < 2.0 * half).all()  # twelve of them, at four standard errors
    conjecture = (1.0 + np.sqrt(last["gamma"])) ** -1.5
    assert ((last["v/s"] - conjecture).abs() > 4.0 * half)[last["gamma"] == 2.0].all()
    found = study.exponents(table).set_index(["measure", "gamma"])["exponent"].round(2)
    assert found[spiked.MEASURES[1], "0.015625"] == 1.44 and found[spiked.MEASURES[1], "2"] == 1.65
    assert found[spiked.MEASURES[0], "0.015625"] == 1.38 and found[spiked.MEASURES[0], "2"] == 1.25
    text = " ".join((ROOT / "experiments/successors/README.md").read_text(encoding="utf-8").split())
    whole = study.exponents(table).query("gamma.str.startswith('all')").iloc[-1]
    assert "chi2 403" in whole["gamma"]
    for number in ("chi2 403", "1.44", "1.65", "1.38", "1.25", "0.586", "0.543", "1.516 (1.509 to 1.523)"):
        assert number in text


def test_a_crossing_drawn_again_is_that_of_the_table(table: pd.DataFrame) -> None:
    sample = spiked.drawn(0.25, 59, study.DRAWS, stream(0, "successors_phase_transition", "0.25, 60", 0))
    for measure in spiked.MEASURES:
        row = table[(table["measure"] == measure) & (table["gamma"] == 0.25) & (table["d"] == 60)]
        assert spiked.crossing(sample, measure).mean() == pytest.approx(row["v/s"].item(), rel=1e-6)
