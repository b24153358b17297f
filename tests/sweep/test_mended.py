"""A learner that failed is mended in the module that the script imports: failed rows are done again, ok ones stay."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from testbed.cli import main

pytestmark = pytest.mark.usefixtures("here_alone")

LEARNERS = """
from dataclasses import dataclass
from testbed.regressors import OLS, Regressor

@dataclass(frozen=True, repr=False)
class Often(Regressor):
    least: float = 0.0

    def fit_rows(self, a, b, rng):
        if rng.random() < self.least:
            raise RuntimeError("not yet written")
        return OLS().fit_rows(a, b, rng)
"""
USING = """
from my_learners import Often
from testbed import Experiment
from testbed.generators import LeeMixture
from testbed.pretexts import Raw
EXPERIMENT = Experiment("mine", [LeeMixture(k=3, d1=4, d2=3, scale=1.5)], [Raw()], [Often(), Often(0.5), Often(1.0)],
                        [50], [30], repeats=6)
FIGURES = []
"""


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["run", "mine.py", "--jobs", "1", *arguments])


def edit(old: str, new: str) -> None:
    text = Path("my_learners.py").read_text(encoding="utf-8")
    assert old in text
    Path("my_learners.py").write_text(text.replace(old, new), encoding="utf-8")


def test_failed_rows_of_a_mended_module_are_done_again_and_ok_ones_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of three learners one never fails, one sometimes and one always; ok rows stay if one of them is the same."""
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(USING, encoding="utf-8")
    Path("my_learners.py").write_text(LEARNERS, encoding="utf-8")
    assert call().exit_code == 1
    before = Path("results/mine/rows.csv").read_text(encoding="utf-8").splitlines()
    ok = [line for line in before if ",ok," in line]
    assert 6 < len(ok) < 12
    edit('            raise RuntimeError("not yet written")\n', "            pass\n")
    alone = call("--accept-changes")
    assert alone.exit_code == 2 and "--retry-failed (retry_failed=True) beside it" in alone.output
    assert "the script has changed" in call("--retry-failed").output
    assert Path("results/mine/rows.csv").read_text(encoding="utf-8").splitlines() == before
    Path("mine.py").write_text(USING.replace("repeats=6", "repeats=2"), encoding="utf-8")
    fewer = call("--retry-failed", "--accept-changes")
    assert fewer.exit_code == 2 and "which a grid of 2 repetitions does not do again" in fewer.output
    Path("mine.py").write_text(USING, encoding="utf-8")
    mended = call("--retry-failed", "--accept-changes")
    assert mended.exit_code == 0, mended.output
    assert f"one row of each of 2 cells was run again, and is the same; {18 - len(ok)} rows" in mended.output
    after = Path("results/mine/rows.csv").read_text(encoding="utf-8").splitlines()
    assert set(ok) < set(after) and len(after) == 19 and not [line for line in after if "failed" in line]
    edit("OLS().fit_rows(a, b,", "OLS().fit_rows(a, 2.0 * b,")
    other = call("--retry-failed", "--accept-changes")
    assert other.exit_code == 2 and "is another row now" in other.output
