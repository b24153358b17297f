"""Kinds of panels: a new one is one new file."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from testbed import report
from testbed.report.panels import PANELS
from tests.report import synthetic

PACKAGE = Path(report.__file__).parents[1]
NEW = """
from dataclasses import dataclass

from testbed.report.panel import PanelKind, numeric

__all__ = ["Histogram"]


@dataclass(frozen=True)
class Histogram(PanelKind):
    title: str
    column: str = "excess_risk"

    def columns_read(self):
        return {self.column}

    def draw(self, axes, summary, contrasts, looks, tally):
        numeric(summary, self.column, f"panel {self.title!r}")
        axes.hist(summary[self.column])

    def legend(self, looks, tally):
        return {}
"""
USE = """
import sys
from pathlib import Path
from testbed.registry import read
from testbed.report import Figure, Histogram, declared, texts, write

lists = {"FIGURES": [Figure([Histogram("All cells")])]}
assert read(texts(lists)["FIGURES"], ("report",)) == lists["FIGURES"]
declared(lists, {"excess_risk"})
write(Path(sys.argv[1]), lists["FIGURES"], [], name="x", seed=0, schema=1)
"""


def test_a_new_kind_is_one_new_file(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "testbed", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "testbed/report/panels/histograms.py").write_text(NEW, encoding="utf-8")
    (folder := tmp_path / "results").mkdir()
    synthetic.save(synthetic.rows(ks=(5,), repeats=2), folder)
    done = subprocess.run(
        [sys.executable, "-c", USE, folder],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert {"figure.pdf", "figure.svg", "figure.png"} <= {path.name for path in folder.iterdir()}


def test_every_kind_is_published() -> None:
    assert sorted(PANELS) == ["HeatMap", "Panel", "Stack"]
    for name, kind in PANELS.items():
        assert getattr(report, name) is kind and name in report.__all__
