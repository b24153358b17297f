"""Analyses: a new one is one new file, and what all of them write has one form."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from testbed import report
from tests.report import synthetic

PACKAGE = Path(report.__file__).parents[1]
NEW = """
from dataclasses import dataclass

import pandas as pd

from testbed.report.analysis import Analysis, Shown


@dataclass(frozen=True)
class Largest:
    column: str

    def columns_read(self):
        return {self.column}


def _frame(numbers, specs):
    return pd.DataFrame([{"column": s.column, "largest": numbers.rows[s.column].max()} for s in specs])


def _shown(frame):
    return [Shown("Largest", "Of all rows.", frame.astype(str))]


ANALYSIS = Analysis("LARGEST", "largest", Largest, _frame, _shown)
"""
USE = """
import sys
from pathlib import Path
from testbed.registry import read
from testbed.report import DECLARED, Largest, ReportError, declared, texts, write

lists = {"LARGEST": [Largest("excess_risk")]}
assert "LARGEST" in DECLARED and read(texts(lists)["LARGEST"], ("report",)) == lists["LARGEST"]
declared(lists, {"excess_risk"})
try:
    declared(lists, {"estimation"})
except ReportError as error:
    assert "LARGEST: there is no column excess_risk" in str(error)
else:
    raise AssertionError
write(Path(sys.argv[1]), [], [], name="x", seed=0, schema=1, analyses=lists)
"""


def test_a_new_analysis_is_one_new_file(tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "testbed", ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "testbed/report/analyses/largest.py").write_text(NEW, encoding="utf-8")
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
    assert (folder / "largest.csv").read_text().startswith("column,largest\nexcess_risk,")
    assert "**Largest.**" in (folder / "largest.md").read_text()
    assert r"\label{tab:x-largest}" in (folder / "largest.tex").read_text()


def test_each_has_names_of_its_own_and_is_published() -> None:
    assert sorted(report.ANALYSES) == ["CROSSINGS", "MULTIPLIERS", "SLOPES", "VERDICTS"]
    assert {analysis.name for analysis in report.ANALYSES.values()} == {"crossings", "multipliers", "slopes", "verdict"}
    for analysis in report.ANALYSES.values():
        assert getattr(report, analysis.kind.__name__) is analysis.kind
        assert analysis.kind.__name__ in report.__all__


def test_a_list_that_is_no_analysis_is_refused(tmp_path: Path) -> None:
    folder = synthetic.save(synthetic.rows(ks=(5,), repeats=2), tmp_path)
    with pytest.raises(report.ReportError, match="SLOPE is no analysis; there are CROSSINGS, MULTIPLIERS"):
        report.write(folder, [], [], name="x", seed=0, schema=1, analyses={"SLOPE": []})
