"""A script with a STUDY, run: its files, the same bytes again, and what is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from testbed.cli import main
from testbed.report.drawing import KINDS
from testbed.sweep.script import forget

STUDY = """
import pandas as pd

def study(tiny: bool = False) -> pd.DataFrame:
    frame = pd.DataFrame({"n": [1, 2], "risk": [1 / 3, 1e-7]}).head(1 if tiny else 2)
    frame.attrs |= {"more": pd.DataFrame({"a": [1.5]}), "word": "kept"}
    return frame

def curve(page, frame):
    page.add_axes((0.1, 0.1, 0.8, 0.8)).plot(frame["n"], frame["risk"])

def again(page, frame):
    page.text(0.5, 0.5, frame.attrs["word"])

def table(frame):
    return frame[["n", "risk"]], ["A note.", f"It is {frame.attrs['word']}."]

STUDY, FIGURES, TABLES = study, [curve, again], [table]
"""
FOLDER = Path("results/tasks/mine")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("experiments/tasks").mkdir(parents=True)
    return tmp_path


def run(text: str, *arguments: str, command: str = "run") -> Result:
    Path("experiments/tasks/mine.py").write_text(text, encoding="utf-8")
    return CliRunner().invoke(main, [command, "experiments/tasks/mine.py", *arguments])


def test_a_study_is_written_with_its_tables_and_figures_and_the_same_again() -> None:
    written = []
    for _ in range(2):
        result = run(STUDY)
        assert result.exit_code == 0, result.output
        written.append({p.name: p.read_bytes() for p in FOLDER.iterdir() if p.name != "manifest.json"})
    assert written[0] == written[1]
    figures = {f"{name}.{kind}" for name in ("figure", "again") for kind in KINDS}
    assert set(written[0]) == {*figures, "table.csv", "more.csv", "table.md", "report.json", ".lock"}
    assert written[0]["table.csv"] == b"n,risk\n1,0.3333333333\n2,1e-07\n"
    assert written[0]["more.csv"] == b"a\n1.5\n"
    assert result.stdout == written[0]["table.md"].decode()
    assert "| 0.3333 |" in result.stdout
    assert result.stdout.endswith("\nA note.\nIt is kept.\n")
    assert result.stderr == "results/tasks/mine\n"
    manifest = json.loads((FOLDER / "manifest.json").read_text())
    assert (manifest["name"], manifest["study"]) == ("tasks_mine", True)
    assert [one["outcome"] for one in manifest["runs"]] == ["finished", "finished"]


def test_a_tiny_study_has_a_folder_of_its_own_and_a_report_less_is_removed() -> None:
    assert run(STUDY, "--tiny").exit_code == 0
    assert Path("results/tasks/mine-tiny/table.csv").read_bytes() == b"n,risk\n1,0.3333333333\n"
    assert run(STUDY, "--out", "other").exit_code == 0
    assert run(STUDY.replace("[curve, again]", "[curve]"), "--out", "other").exit_code == 0
    assert Path("other/figure.png").exists()
    assert not Path("other/again.png").exists()
    assert not FOLDER.exists()


@pytest.mark.parametrize(
    ("text", "arguments", "words"),
    [
        (STUDY, ("--shard", "1/2"), "--shard: not for this script"),
        (STUDY, ("--retry-failed", "--jobs", "2"), "--retry-failed, --jobs: not for this script"),
        (STUDY.replace("tiny: bool = False", "tiny_: bool = False"), ("--tiny",), "--tiny: not for this script"),
        (STUDY, ("--plan",), "defines no EXPERIMENT = Experiment(...), but a STUDY"),
        (STUDY + "EXPERIMENT = 3\n", (), "both EXPERIMENT and STUDY"),
        (STUDY + "STUDY = 3\n", (), "STUDY = 3"),
        (STUDY + "STUDY = lambda: 3\n", (), "STUDY gave 3"),
        (STUDY + "FIGURES = [3]\n", (), "FIGURES = [3]"),
        (STUDY + "FIGURES = [curve, again, again]\n", (), "two have one name"),
        (STUDY + "TABLES = curve\n", (), "TABLES = <function curve"),
        (STUDY + "TABLES = [lambda frame: frame]\n", (), "a table function gave"),
        (STUDY + "TABLES = [lambda frame: (frame, 'text')]\n", (), "a table function gave"),
        (STUDY.replace('{"more"', '{"a/b"'), (), "attrs is called 'a/b'"),
        (STUDY + "def STUDY(): raise RuntimeError('no')\n", (), "RuntimeError: no (line"),
    ],
)
def test_what_cannot_be_run_is_refused_by_name(text: str, arguments: tuple[str, ...], words: str) -> None:
    result = run(text, *arguments)
    assert result.exit_code == 2
    assert words in " ".join(result.stderr.split())
    assert not FOLDER.joinpath("table.csv").exists()


def test_a_folder_holds_one_study_or_one_experiment() -> None:
    assert run(STUDY, "--out", "taken").exit_code == 0
    report = CliRunner().invoke(main, ["report", "taken"])
    assert report.exit_code == 2
    assert (
        "taken holds a study, which is reported when it is run: testbed run experiments/tasks/mine.py" in report.stderr
    )
    Path("other.py").write_text(STUDY, encoding="utf-8")
    result = CliRunner().invoke(main, ["run", "other.py", "--out", "taken"])
    assert "taken holds results of tasks_mine; choose another folder" in result.stderr
    FOLDER.mkdir(parents=True)
    (FOLDER / "rows.csv").touch()
    result = run(STUDY)
    assert result.exit_code == 2
    assert "holds rows.csv of an experiment; choose another folder" in result.stderr
    (FOLDER / "rows.csv").unlink()
    FOLDER.rmdir()
    FOLDER.touch()
    assert "results/tasks/mine cannot be written" in run(STUDY).stderr


def test_a_study_shares_modules_of_experiments_from_wherever_it_is_run(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the script's own folder experiments/, also where another one can be imported, and anew for each run."""
    monkeypatch.syspath_prepend(str(here / "elsewhere"))
    (here / "elsewhere/experiments/shared_risks").mkdir(parents=True)
    (here / "elsewhere/experiments/shared_risks/one.py").write_text("RISK = 0.25\n", encoding="utf-8")
    for name in [name for name in sys.modules if name.partition(".")[0] == "experiments"]:
        monkeypatch.delitem(sys.modules, name)
    (here / "experiments/shared_risks").mkdir()
    text = "from experiments.shared_risks.one import RISK\n" + STUDY.replace("1 / 3", "RISK")
    for risk in ("0.5", "0.7"):
        (here / "experiments/shared_risks/one.py").write_text(f"RISK = {risk}\n", encoding="utf-8")
        result = run(text)
        assert result.exit_code == 0, result.output
        assert f"| {risk} " in result.stdout
    assert not list((here / "experiments").rglob("*.pyc"))
    forget()  # the modules of experiments/ that other tests have imported stay what they were


def test_processes_that_a_study_starts_find_the_modules_of_experiments(here: Path) -> None:
    """In a Python that knows the folder of the script from the command alone; joblib and spawn start such processes."""
    (here / "experiments/shared_squares").mkdir()
    (here / "experiments/shared_squares/one.py").write_text("def square(x):\n    return x * x\n", encoding="utf-8")
    top = "from experiments.shared_squares.one import square\nimport multiprocessing as mp\nfrom joblib import *\n"
    run(top + STUDY)  # writes the script
    script = Path("experiments/tasks/mine.py")
    joblib = "Parallel(2)(delayed(square)(i) for i in (3, 4))"
    spawn = "mp.get_context('spawn').Pool(1).map(square, (5, 6))"
    text = (
        STUDY.replace("[1, 2]", f"{joblib} + {spawn}").replace("[1 / 3, 1e-7]", "[1.0] * 4").replace("else 2", "else 4")
    )
    script.write_text(top + text.replace("[curve, again]", "[]"), encoding="utf-8")
    command = [sys.executable, "-P", "-c", "from testbed.cli import main; main()", "run", str(script)]
    found = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (found.returncode, [f"| {n} " in found.stdout for n in (9, 16, 25, 36)]) == (0, [True] * 4), found.stderr
