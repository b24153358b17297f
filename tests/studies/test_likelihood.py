"""Claims of the studies of likelihood, from the committed tables, and one small run of each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

from experiments.likelihood import collapse, rotation
from testbed.cli import main
from testbed.report.drawing import KINDS
from tests.committed import EXPERIMENTS, committed


def table(name: str) -> pd.DataFrame:
    return pd.read_csv(committed(f"likelihood/{name}", "table.csv"))


def test_gap_is_the_formula_and_the_likelihood_does_not_turn() -> None:
    exact, turned = rotation.curve(), table("rotation").query("kind == 'turned'")
    square = np.cos(np.radians(turned["angle"])) ** 2
    first, second = 9.0 * square + 4.0 * (1.0 - square), 4.0 * square + 9.0 * (1.0 - square)
    closed = 0.5 * np.log(first * second / 36.0)  # Lambda = diag(9, 4) at angle 0, by hand
    np.testing.assert_allclose(exact["gap_formula"], closed, atol=1e-9)
    np.testing.assert_allclose(exact["gap_measured"], closed, atol=1e-9)
    assert np.ptp(exact["log_likelihood"]) < 1e-10
    np.testing.assert_allclose(turned["gap_measured"], closed, atol=1e-5)  # the table has five decimals


def test_training_ends_at_the_principal_axes() -> None:
    found = table("rotation")
    trained = found.query("kind == 'trained'")
    assert len(trained) == rotation.STARTS
    assert trained["angle"].max() < 5e-5  # the README says 0.0000
    np.testing.assert_allclose(trained["log_likelihood"], found["log_likelihood"].iloc[0], atol=1e-4)


def test_latents_collapse_at_the_eigenvalues() -> None:
    found = table("collapse")
    assert (found["active"] == found["predicted"]).all()
    assert set(found["predicted"]) == set(range(collapse.RANK + 1))


def test_small_runs_say_the_same() -> None:
    kept = table("rotation").query("kind == 'trained' and start < 2")
    assert rotation.trained(2)["angle"].max() < 0.1
    assert len(kept) == 2
    small = collapse.active(5, 1)
    assert (small["active"] == small["predicted"]).all()


@pytest.mark.parametrize("name", ["rotation", "collapse"])
def test_a_study_run_again_has_its_committed_numbers(name: str, tmp_path: Path) -> None:
    """To the tolerance at which training stops; the bytes of two runs are those of a run with the same numbers."""
    result = CliRunner().invoke(main, ["run", str(EXPERIMENTS / "likelihood" / f"{name}.py"), "--out", str(tmp_path)])
    assert result.exit_code == 0, result.output
    made = {path.name for path in tmp_path.iterdir() if not path.name.startswith(".")} - {
        "report.json",
        "manifest.json",
    }
    assert made == {*(f"figure.{kind}" for kind in KINDS), "table.csv", "table.md"}
    again = pd.read_csv(tmp_path / "table.csv")
    pd.testing.assert_frame_equal(again, table(name), atol=2e-5, rtol=0.0)


def test_a_tiny_run_has_every_file_and_few_trainings(tmp_path: Path) -> None:
    script = str(EXPERIMENTS / "likelihood" / "collapse.py")
    result = CliRunner().invoke(main, ["run", script, "--tiny", "--out", str(tmp_path)])
    assert result.exit_code == 0 and "agree in 4 of 4 trainings" in result.output
    assert len(pd.read_csv(tmp_path / "table.csv")) == 4 and (tmp_path / "figure.png").exists()
    assert not (tmp_path / "figure.pdf").exists()  # what is looked at once is drawn once


@pytest.mark.parametrize(("turn", "seen"), [(0.0, 0.0), (20.0, 20.0), (-20.0, 20.0), (70.0, 20.0), (45.0, 45.0)])
def test_the_angle_of_a_turned_decoder_is_seen(turn: float, seen: float) -> None:
    axes = np.diag([3.0, 2.0, 0.0])[:, :2]
    assert rotation.angle_of(axes @ rotation.turned(np.radians(turn))) == pytest.approx(seen, abs=1e-9)
