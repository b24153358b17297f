"""What the READMEs say of pretext tasks: league, label efficiency, linearity, and the task of one's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from testbed.cli import main
from testbed.evaluation import intrinsic_split
from testbed.generators import ExchangeableViews
from testbed.pretexts import PCA
from tests.committed import ROOT, committed

LEAGUE = pd.read_csv(committed("tasks/league", "summary.csv"))
TWO_VIEWS = ["CCA(2)", "Predict(ReducedRank(2))"]


def cells(generator: str, pairs: int = 100_000) -> pd.DataFrame:
    chosen = LEAGUE[LEAGUE["generator"].str.startswith(generator) & (LEAGUE["n_unlabeled"] == pairs)]
    return chosen.set_index("pretext")


def test_unequal_noise() -> None:
    found = cells("Factors")["intrinsic"]
    assert found["PCA(2)"] == pytest.approx(0.56, abs=5e-3)
    assert found['DenoisingAutoencoder("mask", 0.5, 2)'] == pytest.approx(0.28, abs=5e-3)
    assert found["Truncated(PseudoLikelihood(), 2)"] == pytest.approx(0.004, abs=5e-4)
    assert (found[TWO_VIEWS].abs() < 1e-12).all()


def test_a_leak_is_seen_by_tasks_of_two_views_only() -> None:
    leak, clean = cells("DirectEdge"), cells("CleanMixture")
    assert leak.loc[TWO_VIEWS, "excess_risk"].tolist() == pytest.approx([0.30, 0.30], abs=5e-3)
    assert leak.loc["PCA(2)", "intrinsic"] == pytest.approx(clean.loc["PCA(2)", "intrinsic"], abs=1e-9)
    assert leak.loc["PCA(2)", "excess_risk"] == pytest.approx(0.095, abs=5e-4)


def test_exchangeable_views() -> None:
    whole, half = cells("ExchangeableViews()"), cells("ExchangeableViews(w=0.5)")
    assert whole["excess_risk"][["PCA(2)", *TWO_VIEWS]].tolist() == pytest.approx([0.355, 0.078, 0.078], abs=6e-4)
    assert half["intrinsic"][TWO_VIEWS].tolist() == pytest.approx(whole["intrinsic"][TWO_VIEWS].tolist(), abs=1e-3)
    few = [
        cells(name, 1000)["excess_risk"][TWO_VIEWS[1]] for name in ("ExchangeableViews()", "ExchangeableViews(w=0.5)")
    ]
    assert few == pytest.approx([0.099, 0.161], abs=6e-4)


def test_instances_under_isotropic_noise_are_principal_components() -> None:
    for name in LEAGUE["generator"].unique():
        found = cells(name)["excess_risk"]
        assert found["InstanceClassification(2)"] == pytest.approx(found["PCA(2)"], rel=1e-5)


def test_models_in_the_league() -> None:
    """Probabilistic PCA is PCA to a linear probe; factor analysis knows unequal noise."""
    for name in LEAGUE["generator"].unique():
        found = cells(name)["excess_risk"]
        assert found["Posterior(ProbabilisticPCA(2))"] == pytest.approx(found["PCA(2)"], rel=1e-5)
    assert cells("Factors")["intrinsic"]["Posterior(FactorAnalysis(2))"] < 1e-12
    assert cells("ExchangeableViews()")["excess_risk"]["Posterior(FactorAnalysis(2))"] == pytest.approx(0.344, abs=5e-4)


MULTIPLIERS = (
    pd.read_csv(committed("tasks/label_efficiency", "multipliers.csv"))
    .set_index(["label", "baseline", "level"])
    .sort_index()
)
ENDS = ["multiplier", "multiplier_low", "multiplier_high"]
CCA_OF_FACTORS, CURVED = "factors, unequal noise: CCA", "classes: regression, kernel probe"


def multiplier(label: str, baseline: str, level: float) -> pd.Series:
    return MULTIPLIERS.loc[(label, baseline, level)]


def test_labels_that_tasks_save() -> None:
    ridge = multiplier(CCA_OF_FACTORS, "ridge", 0.1)
    assert ridge[ENDS].tolist() == pytest.approx([9.1, 7.6, 11.0], abs=0.06)
    assert ridge["n_task"] == pytest.approx(21, abs=0.5)
    others = [multiplier(CCA_OF_FACTORS, name, 0.1)["multiplier"] for name in ("OLS", "network", "kernel ridge")]
    assert others == pytest.approx([9.7, 19.3, 28.4], abs=0.06)
    low = [multiplier(CCA_OF_FACTORS, name, 0.02) for name in ("ridge", "OLS", "network", "kernel ridge")]
    assert [line["multiplier"] for line in low[:2]] == pytest.approx([7.83, 7.87], abs=6e-3)
    assert [line["multiplier_low"] for line in low[2:]] == pytest.approx([9.88, 9.88], abs=6e-3)
    network = multiplier(CURVED, "network", 0.06)
    assert network[ENDS].tolist() == pytest.approx([12.3, 11.1, 13.6], abs=0.06)
    assert network["n_task"] == pytest.approx(35.4, abs=0.06)
    pca = multiplier("exchangeable views: PCA", "ridge", 0.4)
    assert pca[ENDS].tolist() == pytest.approx([0.42, 0.31, 0.56], abs=6e-3)


def test_below_the_floor_there_is_no_multiplier() -> None:
    found = MULTIPLIERS.reset_index()
    below = found["level"] <= found["floor"]
    assert set(found["note"][below]) == {"below the task's floor"} and found[ENDS][below].isna().all(axis=None)
    assert set(found["note"][~below]).isdisjoint({"below the task's floor"}) and below.sum() >= 20
    floors = found.groupby("label")["floor"].first()
    assert floors[
        ["factors, unequal noise: PCA", "factors, unequal noise: masked denoising"]
    ].tolist() == pytest.approx([0.58, 0.29], abs=5e-3)
    summary = pd.read_csv(committed("tasks/label_efficiency", "summary.csv"))
    classes = summary[summary["generator"].str.startswith("CleanMixture") & (summary["class_floor"] > 0)]
    assert classes["class_floor"].tolist() == pytest.approx([0.092] * len(classes), abs=6e-4)


LINEARITY = pd.read_csv(committed("tasks/linearity", "summary.csv"))
SPECTRAL, PCA_2, CCA_2 = (f"Optimum({task})" for task in ('Contrastive("spectral", rank=3)', "PCA(2)", "CCA(2)"))
VIEWS = ExchangeableViews(k=3, d=10, structure_seed=0)


def read(generator: str, probe: str, labels: int) -> pd.DataFrame:
    """Cells of a law under one probe, by pretext."""
    found = LINEARITY[(LINEARITY["generator"] == generator) & (LINEARITY["n_labeled"] == labels)]
    return found[found["probe"].str.startswith(probe)].set_index("pretext")


def test_probes_come_down_to_their_parts_of_the_risk() -> None:
    """On 30 points both are sums without error: no risk is below its part, and at 100,000 labels little is above it."""
    for law in [name for name in LINEARITY["generator"].unique() if "Finite" in name]:
        parts = read(law, "OLS", 100)
        lost, intrinsic = parts["information_lost"], parts["information_lost"] + parts["not_linear"]
        assert (parts["intrinsic"] - intrinsic).abs().max() < 1e-12
        gaps = {}
        for labels in (100, 1000, 10_000, 100_000):
            gaps[labels] = pd.DataFrame(
                {
                    "linear": read(law, "OLS", labels)["excess_risk"] - intrinsic,
                    "kernel": read(law, "KernelRidge", labels)["excess_risk"] - lost,
                }
            )
            assert (gaps[labels] > -1e-6).all(axis=None)  # the summary has six digits
        assert (gaps[100_000] < 2e-4).all(axis=None)
        assert (gaps[100_000] < gaps[10_000]).all(axis=None) and (gaps[10_000] < gaps[1000]).all(axis=None)


def test_probes_come_down_on_a_mixture() -> None:
    """The part that is lost is a mean over draws, and so is the kernel probe's risk: five standard errors of both."""
    linear, kernel = (read("ExchangeableViews(structure_seed=0)", probe, 10_000) for probe in ("OLS", "Nystroem"))
    assert ((linear["excess_risk"] - linear["intrinsic"]).between(0.0, 5e-4)).all()
    split = intrinsic_split(VIEWS.law(), PCA(2).optimum(VIEWS.law()), rng=np.random.default_rng(0))
    assert split.lost == pytest.approx(linear.loc[PCA_2, "information_lost"], abs=1e-6)
    gap = kernel.loc[PCA_2, "excess_risk"] - split.lost
    assert abs(gap) < 5.0 * np.hypot(split.lost_se, kernel.loc[PCA_2, "excess_risk_mcse"])
    assert split.lost == pytest.approx(0.277, abs=6e-4)
    assert linear.loc[CCA_2, "not_linear"] == pytest.approx(0.063, abs=6e-4)
    assert kernel["excess_risk"][[CCA_2, "Raw()"]].tolist() == pytest.approx([0.0016, 0.028], abs=5e-4)
    few = read("ExchangeableViews(structure_seed=0)", "Nystroem", 1000)["excess_risk"]
    assert few[[CCA_2, "Raw()"]].tolist() == pytest.approx([0.0077, 0.052], abs=6e-4)


def test_what_tasks_make_linear() -> None:
    holds, kernel = read("CleanFinite()", "OLS", 1000), read("CleanFinite()", "KernelRidge", 1000)
    made = ['Oracle("universal")', SPECTRAL, "Optimum(Landmarks(16))"]
    assert holds["not_linear"][["Raw()", PCA_2]].tolist() == pytest.approx([0.212, 0.291], abs=6e-4)
    assert holds["not_linear"][made].abs().max() < 1e-12
    assert holds["excess_risk"][made].tolist() == pytest.approx([0.0007] * 3, abs=6e-5)
    assert kernel.loc["Raw()", "excess_risk"] == pytest.approx(0.0111, abs=6e-5)
    hidden = read("CleanFinite(m=2)", "OLS", 1000)["not_linear"]
    assert hidden[SPECTRAL] == pytest.approx(0.143, abs=6e-4) and abs(hidden["Optimum(Landmarks(16))"]) < 1e-12
    fails = read("CleanFinite(leak=0.3)", "OLS", 1000)["not_linear"]
    assert fails[[*made, 'Optimum(Contrastive("infonce"))']].between(0.007, 0.0101).all()
    sign = read("RandomSign(CleanFinite())", "OLS", 1000)
    lost = [CCA_2, "Optimum(Predict(ReducedRank(2)))"]
    assert sign["information_lost"][lost].tolist() == pytest.approx([0.358, 0.358], abs=6e-4)
    assert sign.loc[SPECTRAL, "intrinsic"] < 1e-12
    slopes = pd.read_csv(committed("tasks/linearity", "slopes.csv"))
    assert (slopes["covered"] == "yes").all() and len(slopes) == 8


@pytest.mark.usefixtures("here_alone")
def test_a_task_of_your_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The block of the page, as it stands there."""
    block = (ROOT / "docs" / "your_own.md").read_text().partition("    # my_task.py\n")[2].partition("\n\n")[0]
    monkeypatch.chdir(tmp_path)
    Path("my_task.py").write_text(
        "\n".join(line.removeprefix("    ") for line in block.splitlines()) + "\n", encoding="utf-8"
    )
    result = CliRunner().invoke(main, ["run", "my_task.py", "--jobs", "1"])
    assert result.exit_code == 0, result.output
    found = pd.read_csv("results/my_task/summary.csv")["excess_risk"].tolist()
    assert found == pytest.approx([1.30, 0.053], rel=6e-3)
