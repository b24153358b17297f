"""A sweep of one's own from a name; experiments of this project by theirs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from testbed.cli import main


def call(*arguments: str) -> str:
    found = CliRunner().invoke(main, list(arguments))
    assert found.exit_code == 0, found.output
    return found.output


def test_a_new_sweep_has_a_test_that_runs_it_and_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The stage `wheel` of .ci/run draws its figures too."""
    monkeypatch.chdir(tmp_path)
    assert "testbed run mine.py --tiny" in call("new", "mine")
    tested = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *(f"-pno:{name}" for name in ("cacheprovider", "xdist", "benchmark")),
         "test_mine.py"], capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert tested.returncode == 0, tested.stdout
    assert "3 passed" in tested.stdout and "warning" not in tested.stdout


def test_a_new_sweep_is_written_over_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "test_mine.py").write_text("mine", encoding="utf-8")
    found = CliRunner().invoke(main, ["new", "mine"])
    assert found.exit_code == 2 and "test_mine.py exists already" in found.output
    assert [path.name for path in tmp_path.iterdir()] == ["test_mine.py"]
    for name in ("a-b", "1a", "a/b", "", "__main__"):
        found = CliRunner().invoke(main, ["new", name])
        assert found.exit_code == 2 and "letters, digits and _ are allowed" in found.output
    for name in ("class", "None", "numpy", "testbed", "sys", "json"):
        found = CliRunner().invoke(main, ["new", name])
        assert found.exit_code == 2 and f"NAME = '{name}': Python has this name" in found.output
    assert [path.name for path in tmp_path.iterdir()] == ["test_mine.py"]


@pytest.mark.usefixtures("forked_workers")
def test_an_experiment_is_run_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where no clone is: nothing of the name is in this folder."""
    monkeypatch.chdir(tmp_path)
    assert "cells" in call("run", "tasks/contrast", "--plan")
    found = CliRunner().invoke(main, ["run", "tasks/contrasts", "--plan"])
    assert found.exit_code == 2 and "tasks/contrasts" in found.output
