"""The numbers that the pages quote of the studies of rank and of the controls are those of their committed results."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from testbed.evaluation.draws import RowsDraws
from testbed.evaluation.source import Source
from testbed.generators import CleanFinite, CleanMixture, Patches
from testbed.pretexts import ACE, Jigsaw
from testbed.regressors import OLS, Ridge
from tests.committed import committed

TWO_VIEWS = ["CCA(2)", "Predict(ReducedRank(2))"]


def study(name: str, **where: object) -> pd.DataFrame:
    """Cells of a study, by the start of a text or by a number."""
    found = pd.read_csv(committed(f"tasks/{name}", "summary.csv"))
    assert (found["n_failed"] == 0).all()
    for column, value in where.items():
        column = next(c for c in found if c.replace(".", "_") == column)
        same = found[column].str.startswith(value) if isinstance(value, str) else found[column] == value
        found = found[same]
    return found


def by_rank(task: str, law: str, n2: int, column: str = "excess_risk") -> pd.Series:
    cells = study("rank", pretext=task, generator=law, n_labeled=n2)
    return cells.set_index("pretext.rank")[column]


CLASSES, STATES = "ExchangeableViews", "CleanFinite"


def test_the_best_rank_moves_with_the_labels() -> None:
    best = [(by_rank("CCA", CLASSES, n).idxmin(), by_rank("CCA", CLASSES, n).min()) for n in (40, 100, 300, 1000)]
    assert [rank for rank, _ in best] == [3, 5, 7, 20]
    assert [risk for _, risk in best] == pytest.approx([0.245, 0.175, 0.139, 0.113], abs=5e-4)
    assert by_rank("CCA", CLASSES, 40)[7] == pytest.approx(0.297, abs=5e-4)
    assert by_rank("CCA", CLASSES, 1000)[7] == pytest.approx(0.125, abs=5e-4)
    assert [by_rank("PCA", CLASSES, n).idxmin() for n in (40, 100, 300, 1000)] == [1, 20, 20, 20]
    assert by_rank("PCA", CLASSES, 40)[1] == pytest.approx(0.327, abs=5e-4)
    assert by_rank("Truncated(Predict", CLASSES, 40).idxmin() == 2
    found = pd.read_csv(committed("tasks/rank", "crossings.csv")).set_index("label")
    quoted = {
        "PCA: $r=20$ against 1": (95, 93, 96),
        "CCA: $r=7$ against 3": (73, 68, 78),
        "ACE: $r=11$ against 3": (97, 91, 103),
        "regression: $r=11$ against 3": (129, 118, 139),
    }
    for label, numbers in quoted.items():
        ends = found.loc[label, ["crossing", "crossing_low", "crossing_high"]].astype(float)
        assert ends.tolist() == pytest.approx(numbers, abs=0.51)


def test_what_few_dimensions_lose() -> None:
    pca = study("rank", pretext="PCA(7)", n_labeled=1000).squeeze()
    assert (pca["intrinsic"], pca["not_linear"]) == pytest.approx((0.26, 0.003), abs=5e-3)
    assert pca["not_linear"] < 0.0035
    cca = study("rank", pretext="CCA(7)", n_labeled=1000).squeeze()
    assert cca["information_lost"] < 1e-12
    assert (cca["not_linear"], cca["pretext_part"]) == pytest.approx((0.098, 0.021), abs=5e-4)
    cost = by_rank("CCA", CLASSES, 1000, "estimation")
    assert cost[20] - cost[7] < cca["pretext_part"]
    finite = study("rank", generator=STATES)
    assert (finite["information_lost"] < 1e-12).all()
    assert (by_rank("ACE", STATES, 40, "intrinsic")[[11, 14]] < 1e-12).all()
    assert by_rank("Truncated(Contrastive", STATES, 40, "intrinsic")[11] == pytest.approx(0.008, abs=5e-4)
    for n2 in (40, 1000):
        spectral = by_rank("Contrastive", STATES, n2)[12]
        assert spectral == pytest.approx(by_rank("ACE", STATES, n2)[11], rel=1e-5)


JIGSAW = ["Optimum(Jigsaw(4))", "Truncated(Jigsaw(4), 9)", "Jigsaw(4, hidden=[32])", "Predict(ReducedRank(2))", "Raw()"]


def test_jigsaw_and_its_controls() -> None:
    additive = study("jigsaw", generator="Patches()").set_index("pretext")
    assert additive["label_mse"][JIGSAW[:4]].tolist() == pytest.approx([0.666, 0.655, 0.486, 0.362], abs=6e-4)
    assert additive["label_mse_mcse"][JIGSAW[0]] == pytest.approx(0.0015, abs=5e-5)
    assert additive.loc[JIGSAW[0], "label_mse_low"] < 2.0 / 3.0 < additive.loc[JIGSAW[0], "label_mse_high"]
    assert additive["bayes_noise"].iloc[0] == pytest.approx(0.2, abs=5e-4)
    some = study("jigsaw", generator="Patches(interaction_std=0.3)").set_index("pretext")
    assert some.loc[JIGSAW[0], "label_mse"] == pytest.approx(0.342, abs=5e-4)
    law = "Patches(position_std=0.0, class_std=0.0, interaction_std=1.4)"
    alone = study("jigsaw", generator=law).set_index("pretext")
    assert alone["label_mse"][JIGSAW].tolist() == pytest.approx([0.094, 0.138, 0.082, 0.054, 0.054], abs=6e-4)
    assert alone["label_mse_mcse"][JIGSAW[0]] == pytest.approx(0.007, abs=5e-4)


def test_least_squares_on_log_posteriors_may_explode() -> None:
    draws = RowsDraws(Source(Patches(interaction_std=0.4), 0, ()), 21)
    psi, labeled, x1 = Jigsaw(4).optimum(draws.law), draws.labeled(10_000), draws.evaluation(2000)
    features, f_star = psi(labeled.x1), draws.law.population().f_star(x1)
    risk = []
    for probe in (OLS(), Ridge("gcv")):
        readout = probe.fit_counted(features, labeled.y, None, np.random.default_rng(0))
        risk.append(np.mean(np.sum((f_star - readout(psi(x1))) ** 2, axis=1)))
    assert risk[0] > 100.0
    assert risk[1] == pytest.approx(0.21, abs=5e-3)


NOISE = {
    "PCA(2)": (0.0, 0.93),
    'DenoisingAutoencoder("mask", 0.1, 2)': (0.02, 0.88),
    'DenoisingAutoencoder("mask", 0.5, 2)': (0.08, 0.66),
    'DenoisingAutoencoder("mask", 0.9, 2)': (0.12, 0.52),
    "Truncated(PseudoLikelihood(), 2)": (0.11, 0.09),
    "Predict(ReducedRank(2))": (0.0, 0.0),
    "CCA(2)": (0.0, 0.0),
}


def test_tasks_as_noise_gets_unequal() -> None:
    equal, unequal = (study("unequal_noise", generator_noise_var_max=v).set_index("pretext") for v in (20.05, 40.0))
    for task, ends in NOISE.items():
        found = [cells.loc[f"Optimum({task})", "label_sine"] for cells in (equal, unequal)]
        assert found == pytest.approx(ends, abs=6e-3)
    for cells in (equal, unequal):  # two views: exactly
        assert (cells.loc[[f"Optimum({task})" for task in TWO_VIEWS], "label_sine"] < 1e-12).all()
    two = ["PCA(2)", "Predict(ReducedRank(2))"]
    assert equal["label_sine"][two].tolist() == pytest.approx([0.074, 0.131], abs=7e-4)
    assert equal["excess_risk"][two].tolist() == pytest.approx([0.0148, 0.0194], abs=5e-5)
    assert equal["excess_risk"]["Raw()"] == pytest.approx(0.155, abs=5e-4)
    assert equal["excess_risk"]["Optimum(PCA(2))"] == pytest.approx(0.013, abs=5e-4)
    found = unequal["excess_risk"][["PCA(2)", "Raw()", "Predict(ReducedRank(2))", "CCA(2)"]]
    assert found.tolist() == pytest.approx([0.59, 0.097, 0.013, 0.012], abs=5e-3)
    assert found.tolist()[1:] == pytest.approx([0.097, 0.013, 0.012], abs=6e-4)


def floors(laws: str, share: float | None = None, column: str = "generator_leak") -> pd.Series:
    where = {} if share is None else {column: share}
    return study("contrast", generator=laws, **where).set_index("pretext")["intrinsic"]


TABLED = ["ACE(2)", "Truncated(Predict(OLS()), 2)"]


def test_contrastive_learning_sees_what_the_means_do_not() -> None:
    signed = floors("RandomSign", 0.0, "generator_base_leak")
    assert signed["ACE(2)"] < 1e-12
    assert signed[TABLED[1]] == pytest.approx(0.293, abs=6e-4)
    whole = study("contrast", generator="RandomSign").pivot(
        index="generator.base.leak", columns="pretext", values="excess_risk"
    )
    np.testing.assert_allclose(whole['Contrastive("spectral", rank=3)'], whole["ACE(2)"], rtol=1e-5)
    assert (whole["ACE(2)"] < whole[TABLED[1]]).all()


def test_where_independence_fails_neither_is_safe() -> None:
    cells = study("contrast", generator="CleanFinite").set_index(["generator.structure_seed", "generator.leak"])
    risk = {task: part["intrinsic"] for task, part in cells.groupby("pretext")}
    for place, quoted in {
        (2, 0.0): (0.0, 0.0),
        (2, 0.2): (0.024, 0.034),
        (2, 0.3): (0.093, 0.049),
        (0, 0.4): (0.014, 0.053),
    }.items():
        assert [risk[task][place] for task in TABLED] == pytest.approx(quoted, abs=5e-4)
    ahead = risk["ACE(2)"][2] < risk[TABLED[1]][2]
    assert ahead[[0.05, 0.1, 0.15, 0.2]].all()
    assert not ahead[[0.25, 0.3]].any()


def test_an_edge_outside_costs_nothing_and_then_everything() -> None:
    cells = study("contrast", generator="DirectEdge").set_index(["generator.direction", "generator.rho"])
    risk = {task: part["intrinsic"] for task, part in cells.groupby("pretext")}
    for task, last, first in (("CCA(2)", 0.35, 0.4), ("Predict(ReducedRank(2))", 0.4, 0.45)):
        out = risk[task]["outside"]
        assert out[last] == pytest.approx(0.092, abs=6e-4)
        assert out[first] == pytest.approx(0.472, abs=6e-4)
        assert risk[task]["inside"][0.4] == pytest.approx(0.266, abs=6e-4)


def test_why_two_dimensions_go_to_the_leak() -> None:
    """ACE and CCA keep correlation, regression explained variance: the leak is kept where it has more of it."""
    explained = []
    for leak in (0.2, 0.25):
        law = CleanFinite(k=3, s1=30, s2=20, d1=29, d2=8, leak=leak, structure_seed=2).law()
        truth = law.population()
        root = np.sqrt(truth.p1)[:, None]
        label = np.linalg.svd(root * (truth.f_table - truth.p1 @ truth.f_table), full_matrices=False)[0][:, :2]
        second = (root * ACE(2).optimum(law)(truth.points1))[:, 1]  # type: ignore[operator]
        explained.append(np.sum((label.T @ second) ** 2))
    assert explained == pytest.approx([0.82, 0.33], abs=5e-3)
    truth = CleanMixture(k=3, d1=12, d2=8, structure_seed=0).law().population()
    white = [np.linalg.inv(np.linalg.cholesky(s)) for s in (truth.s11, truth.s22)]
    correlation = np.linalg.svd(white[0] @ truth.s12 @ white[1].T, compute_uv=False)
    assert correlation[:2] == pytest.approx(0.378, abs=5e-4)
    variance = np.linalg.eigvalsh(truth.s12.T @ np.linalg.solve(truth.s11, truth.s12))[::-1]
    assert variance[:2] == pytest.approx(0.19, abs=5e-3)
    assert 0.4**2 < variance[1] < 0.45**2
