"""What the README says of pretext tasks: the numbers of the league, and the task of one's own."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from testbed.cli import main

ROOT = Path(__file__).parents[2]
LEAGUE = pd.read_csv(ROOT / "results" / "tasks_league" / "summary.csv")
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
    assert leak.loc["PCA(2)", "excess_risk"] == pytest.approx(0.096, abs=5e-4)


def test_exchangeable_views() -> None:
    whole, half = cells("ExchangeableViews()"), cells("ExchangeableViews(w=0.5)")
    assert whole["excess_risk"][["PCA(2)", *TWO_VIEWS]].tolist() == pytest.approx([0.355, 0.078, 0.078], abs=6e-4)
    assert half["intrinsic"][TWO_VIEWS].tolist() == pytest.approx(whole["intrinsic"][TWO_VIEWS].tolist(), abs=1e-3)
    few = [
        cells(name, 1000)["excess_risk"][TWO_VIEWS[1]] for name in ("ExchangeableViews()", "ExchangeableViews(w=0.5)")
    ]
    assert few == pytest.approx([0.098, 0.157], abs=6e-4)


def test_instances_under_isotropic_noise_are_principal_components() -> None:
    for name in LEAGUE["generator"].unique():
        found = cells(name)["excess_risk"]
        assert found["InstanceClassification(2)"] == pytest.approx(found["PCA(2)"], rel=1e-5)


def test_models_in_the_league() -> None:
    """Probabilistic PCA is PCA to a linear probe; factor analysis knows unequal noise."""
    for name in LEAGUE["generator"].unique():
        found = cells(name)["excess_risk"]
        assert found["Posterior(ProbabilisticPCA(2))"] == pytest.approx(found["PCA(2)"], rel=1e-5)
    assert cells("Factors")["intrinsic"]["Posterior(FactorAnalysis(2))"] == pytest.approx(0.014, abs=5e-4)
    assert cells("ExchangeableViews()")["excess_risk"]["Posterior(FactorAnalysis(2))"] == pytest.approx(0.348, abs=5e-4)


def test_a_task_of_your_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The block of the README, as it stands there."""
    block = (ROOT / "README.md").read_text().partition("    # my_task.py\n")[2].partition("\n\n")[0]
    monkeypatch.chdir(tmp_path)
    Path("my_task.py").write_text("\n".join(line.removeprefix("    ") for line in block.splitlines()) + "\n")
    result = CliRunner().invoke(main, ["run", "my_task.py", "--jobs", "1"])
    assert result.exit_code == 0, result.output
    found = pd.read_csv("results/my_task/summary.csv")["excess_risk"].tolist()
    assert found == pytest.approx([1.30, 0.053], rel=6e-3)
