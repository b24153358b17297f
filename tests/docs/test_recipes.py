"""docs/recipes.md: every block runs as it stands there, and makes the files that it says."""

from __future__ import annotations

import re
import runpy
import shlex
import sys
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import pytest
from click.testing import CliRunner

from testbed.cli import main
from tests.committed import ROOT

PAGE = (ROOT / "docs" / "recipes.md").read_text(encoding="utf-8")
BLOCK = r"```python\n(.*?)```|^    \.venv/bin/testbed ([^\n]*)$"
pytestmark = pytest.mark.filterwarnings("ignore:The set_bad function:PendingDeprecationWarning")  # seaborn calls it


def test_the_recipes_run_in_their_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    matplotlib.use("Agg")
    for name in ("results", "experiments"):
        Path(name).symlink_to(ROOT / name)
    ran = []
    for python, command in re.findall(BLOCK, PAGE, re.DOTALL | re.MULTILINE):
        if command:
            result = CliRunner().invoke(main, shlex.split(command))
            assert result.exit_code == 0, result.output
        else:
            named = re.match(r"# (\w+\.py)\n", python)
            Path(named[1] if named else "block.py").write_text(python, encoding="utf-8")
            runpy.run_path(named[1] if named else "block.py")
        ran.append(command or python)
    plt.close("all")
    sys.modules.pop("found", None)
    assert len(ran) == 8
    promised = set(re.findall(r'(?:savefig\("|--out )([\w.]+)', PAGE))
    assert promised == {"growth.pdf", "look.html", "mine.pdf", "who_wins.pdf", "found.pdf", "both.pdf"}
    for name in promised:
        assert (tmp_path / name).read_bytes().startswith(b"%PDF" if name.endswith("pdf") else b"<!doctype html>"), name


def test_the_plot_has_five_lines() -> None:
    block = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)[0]
    assert len([line for line in block.splitlines() if line]) == 5


def test_the_recipes_are_found_from_the_front_pages() -> None:
    assert "](docs/recipes.md)" in (ROOT / "README.md").read_text(encoding="utf-8")
    assert "](recipes.md)" in (ROOT / "docs" / "index.md").read_text(encoding="utf-8")
