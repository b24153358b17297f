"""A script finds what lies beside it, hides nothing that this project needs, and is the same in every worker."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from testbed.cli import main

SCRIPT = """
{top}
from dataclasses import dataclass
from testbed import Experiment, vary
from testbed.generators import LeeMixture
from testbed.pretexts import Raw
from testbed.regressors import OLS, Regressor

@dataclass(frozen=True, repr=False)
class Mine(Regressor):
    def fit_rows(self, a, b, rng):
        {body}
        return OLS().fit_rows(a, b, rng)

EXPERIMENT = Experiment("mine", vary(LeeMixture, k=3, d1=4, d2=3, scale=1.5, alpha={alpha}), [Raw()], [OLS(), Mine()],
                        [50], [30], repeats=2)
FIGURES = []
"""
OURS = ("types", "json", "queue", "csv", "random", "statistics", "numpy", "sklearn", "joblib", "threadpoolctl")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "s").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str, top: str = "", body: str = "pass", alpha: str = "[0.0]", name: str = "s/mine.py") -> Result:
    Path(name).write_text(SCRIPT.format(top=top, body=body, alpha=alpha), encoding="utf-8")
    return CliRunner().invoke(main, ["run", name, "--jobs", "1", *arguments])


def test_everything_beside_a_script_in_one_run(here: Path) -> None:
    """Names of ours are hidden by nothing, siblings are found, also in functions, and results stay where we stand."""
    for name in OURS:
        for folder in (here, here / "s"):  # the script's folder, and where the command is given
            (folder / f"{name}.py").write_text("raise RuntimeError('the wrong one')\n", encoding="utf-8")
    (here / "s/helper.py").write_text("def one():\n    return 1\n", encoding="utf-8")
    (here / "s/part").mkdir()
    (here / "s/part/__init__.py").write_text("from .inner import two\n", encoding="utf-8")
    (here / "s/part/inner.py").write_text("def two():\n    return 2\n", encoding="utf-8")
    (here / "s/grid.json").write_text("[0.0, 0.25]", encoding="utf-8")
    (here / "grid.json").write_text("[0.7]", encoding="utf-8")
    top = """
import json, os
from pathlib import Path
from part import two
ALPHA = json.loads((Path(__file__).parent / "grid.json").read_text())
os.chdir(Path(__file__).parent)
"""
    body = "from helper import one; assert one() + two() == 3 and Path('grid.json').read_text() == '[0.0, 0.25]'"
    result = run(top=top, body=body, alpha="ALPHA")
    assert result.exit_code == 0, result.output
    assert "8 rows ok, 0 failed (8 new); results/mine" in result.output
    assert "alpha=0.25" in (here / "results/mine/rows.csv").read_text(encoding="utf-8")
    assert not list((here / "s").rglob("*.pyc")), "nothing is written beside a script"
    key = (here / "results/mine/rows.csv").read_text(encoding="utf-8").splitlines()[-1].partition(",")[0]
    assert "the same, bit for bit" in CliRunner().invoke(main, ["replay", "results/mine", key, "0"]).output
    assert Path.cwd() == here


def test_what_is_only_where_the_command_is_given_is_not_found(here: Path) -> None:
    (here / "helper.py").write_text("x = 1\n", encoding="utf-8")
    result = run(top="import helper")
    assert (result.exit_code, "No module named 'helper'" in result.output) == (2, True)


def test_a_sibling_that_would_hide_a_module_of_python_is_named(here: Path) -> None:
    (here / "s/json.py").write_text("def mine(): ...\n", encoding="utf-8")
    result = run(top="from json import mine")
    assert result.exit_code == 2
    assert "json.py beside the script has the name of a module of Python" in result.output


@pytest.mark.usefixtures("forked_workers")
def test_a_sibling_is_read_anew_by_every_command(here: Path) -> None:
    for value in ("0.0", "0.3"):
        (here / "s/helper.py").write_text(f"ALPHA = [{value}]\n", encoding="utf-8")
        assert "4 to do" in run("--plan", top="from helper import ALPHA", alpha="ALPHA").output
        assert f"alpha={value}" in CliRunner().invoke(main, ["describe", "s/mine.py"]).output or value == "0.0"


@pytest.mark.parametrize(
    ("settings", "differs"),
    [
        ({"top": "import os", "alpha": f"[0.0 if os.getpid() == {os.getpid()} else 0.5]"}, "the list of cells"),
        ({"top": "import random", "alpha": "[random.random()]"}, "the list of cells"),
        ({"top": "import time\nSTART = time.time()", "body": "START"}, "the value of START"),
    ],
    ids=["process", "chance", "time"],
)
@pytest.mark.usefixtures("forked_workers")
def test_a_worker_that_sees_another_grid_ends_the_run_before_anything_is_recorded(
    here: Path, settings: dict[str, str], differs: str
) -> None:
    result = run(**settings)
    assert result.exit_code == 2
    (line,) = [line for line in result.output.splitlines() if line.startswith("testbed: ")]
    assert f"sees another grid than the process that runs it ({differs} differs), so no row is computed" in line
    assert not list(here.rglob("rows.csv"))
    assert "4 to do" in run("--plan").output  # the journal stays usable
