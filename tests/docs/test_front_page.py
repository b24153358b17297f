"""README is short, its blocks run as they stand, its picture is that of its script, and its table leads to pages."""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner
from sitepages.picture import svg

from testbed.cli import main
from tests.committed import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = [
    "\n".join(line.removeprefix("    ") for line in block.splitlines()) + "\n"
    for block in re.findall(r"(?:^(?:    .*)?\n)+", README, flags=re.MULTILINE)
    if block.strip()
]


def test_readme_is_short() -> None:
    assert len(README.split()) <= 900


def test_the_picture_is_drawn_by_its_script() -> None:
    assert (ROOT / "docs" / "law_to_risk.svg").read_text(encoding="utf-8") == svg()


def test_the_blocks_are_those_that_run_below() -> None:
    """Commands of make, the sweep, commands of testbed, and the notebook: no other block stands in the README."""
    text = "".join(BLOCKS)
    commands = re.findall(r"^make (\w+)", text, flags=re.MULTILINE)
    targets = re.findall(r"^(\w+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert commands and set(commands) <= set(targets)
    assert [text.count(start) for start in ("# my_sweep.py\n", "\nimport testbed\n", "testbed run my_sweep.py ")] == [
        1,
        1,
        2,
    ]


@pytest.mark.usefixtures("forked_workers")
def test_the_sweep_its_commands_and_the_notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As they stand, but with 2 repetitions instead of 100 where nothing is said of `--tiny`."""
    text = "".join(BLOCKS)
    sweep = "# my_sweep.py\n" + text.partition("# my_sweep.py\n")[2].partition(".venv/bin/")[0]
    assert len([line for line in sweep.splitlines() if line.strip()]) <= 10
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    assert sweep.count("repeats=100") == 1
    Path("my_sweep.py").write_text(sweep.replace("repeats=100", "repeats=2"), encoding="utf-8")
    for command in re.findall(r"^\.venv/bin/testbed (.+?)(?:  +#.*)?$", text, flags=re.MULTILINE):
        result = CliRunner().invoke(main, shlex.split(command))
        assert result.exit_code == 0, result.output
    notebook = "import testbed\n" + text.partition("\nimport testbed\n")[2]
    lines = [line for line in notebook.splitlines() if line.strip()]
    assert len(lines) <= 6
    found: dict[str, object] = {}
    try:
        exec("\n".join(lines), found)
    finally:
        sys.modules.pop("my_sweep", None)
    rows = found["rows"]
    assert isinstance(rows, pd.DataFrame) and len(rows) == 3 * 4 * 2 * 2
    assert list(pd.read_csv("results/my_sweep/rows.csv")["excess_risk"]) == pytest.approx(list(rows["excess_risk"]))


def test_the_table_leads_to_pages() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert len(links) >= 15 and [link for link in links if not (ROOT / link).exists()] == []
