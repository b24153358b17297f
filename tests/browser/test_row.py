"""The panel of one row in a browser: its numbers and commands that run as they stand."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from testbed.cli import main
from tests.browser.conftest import ALL, Page, table


def test_the_row_says_the_commands(page: Any) -> None:
    opened = page("violations/kind_and_size")
    line = table(opened).iloc[-1]
    opened.open(**ALL, row=line["key"])
    assert opened.text("command-describe") == f"testbed describe '{line['generator']}'"
    assert opened.text("command-replay") == f"testbed replay results/violations/kind_and_size {line['key']} 0"
    said = opened.text("row")
    assert "excess risk, E|f* - yhat|^2" in said
    assert f"{float(line['beta']):.6g}" in said


def test_what_the_row_says_runs_as_it_stands(driver: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both commands, pasted where `testbed explore` was called, run for a folder that is not below results/."""
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(EXPERIMENT, encoding="utf-8")
    for command in ("run mine.py --out 'my own/rows'", "explore 'my own/rows'"):
        assert CliRunner().invoke(main, shlex.split(command)).exit_code == 0
    opened = Page(driver, tmp_path / "my own" / "rows" / "explore.html", "").open()
    opened.run("document.querySelector('#rows tbody tr').click()")
    for name, said in (("describe", "LeeMixture"), ("replay", "excess_risk")):
        program, *arguments = shlex.split(opened.text(f"command-{name}"))
        told = CliRunner().invoke(main, arguments)
        assert program == "testbed" and told.exit_code == 0 and said in told.output, told.output


EXPERIMENT = """
from testbed import Experiment, vary
from testbed.generators import LeeMixture
from testbed.pretexts import Predict, Raw
from testbed.regressors import OLS

EXPERIMENT = Experiment(
    name="mine", generator=vary(LeeMixture, k=[2, 3], d1=4, d2=4, alpha=1.0), pretext=[Raw(), Predict(OLS())],
    probe=[OLS()], n_unlabeled=[100], n_labeled=[40], repeats=2)
"""


def test_a_law_that_its_text_does_not_hold_has_no_command_describe(page: Any) -> None:
    frame = table(page("lee2021_controlled"))
    line = frame[frame["generator"].str.startswith("JointGaussian(array")].iloc[0]
    opened = page("lee2021_controlled").open(**ALL, row=line["key"])
    assert opened.run("return document.getElementById('command-describe')") is None
    assert "testbed describe SCRIPT.py" in opened.text("row") and line["key"] in opened.text("command-replay")
