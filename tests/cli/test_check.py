"""`testbed check`: what it prints and writes, and with which exit status."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

import testbed.cli.check as command
from testbed.check import LAWS
from testbed.cli import main
from testbed.theory import ExcessSplit, IntrinsicBound

FEW = ("clean", "leak-inside", "example-3.1", "finite-leak")
SCRIPT = """
import numpy as np
from testbed.laws import JointGaussian

MINE = JointGaussian(np.eye(4) + 0.3, 1, 2, 1)
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two statements and four laws."""
    monkeypatch.setattr("testbed.check.statements_named", lambda name: (IntrinsicBound(), ExcessSplit()))
    monkeypatch.setattr("testbed.check.laws_for", lambda statement: {name: LAWS[name] for name in FEW})


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["check", *arguments])


def test_the_ledger_is_written_and_its_bytes_are_those_of_any_run(small: None, here: Path) -> None:
    first = call()
    files = {p.name: p.read_bytes() for p in (here / command.FOLDER).iterdir()}
    assert first.exit_code == 0
    assert sorted(files) == ["laws.csv", "ledger.csv", "ledger.md", "ledger.tex", "statements.csv"]
    assert call("--out", "again").exit_code == 0
    assert {p.name: p.read_bytes() for p in Path("again").iterdir()} == files
    rows = list(csv.DictReader(files["ledger.csv"].decode().splitlines()))
    assert [row["law"] for row in rows] == [*FEW, *FEW]
    assert {row["verdict"] for row in rows} == {"holds"}
    lines = first.stdout.splitlines()
    assert lines[0].startswith("holds           IntrinsicBound() (inequality): 4 holds | tightest on leak-inside: ")
    assert lines[-1] == "8 holds, 0 consistent, 0 not applicable, 0 violated"
    assert r"\toprule" in files["ledger.tex"].decode() and "| `ExcessSplit()` |" in files["ledger.md"].decode()


def test_one_statement_prints_every_law_and_writes_nothing(here: Path) -> None:
    result = call("ZeroError(intercept=True)")
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == len(LAWS)
    assert "holds           example-3.1: measured 0 = predicted 0 | " in result.stdout
    assert not list(here.iterdir())


def test_a_law_of_ones_own(here: Path) -> None:
    Path("mine.py").write_text(SCRIPT, encoding="utf-8")
    for law in ("mine.py:MINE", "LeeMixture(k=3, d1=4, d2=4, scale=2.0, structure_seed=1)", "example-3.1"):
        result = call("IntrinsicBound", "--law", law)
        assert result.exit_code == 0, result.output
        assert len(result.stdout.splitlines()) == 5
    assert [p.name for p in here.iterdir()] == ["mine.py"]
    assert call("ExcessSplit", "--law", "mine.py:MINE", "--out", "out").exit_code == 0
    assert "JointGaussian(" in Path("out/laws.csv").read_text(encoding="utf-8")


STATEMENTS = """
from dataclasses import dataclass
from testbed.theory import Exact
from testbed.theory.base import compared

@dataclass(frozen=True, repr=False)
class Below(Exact):
    share: float = 1.0
    kind, title, source, claim = "inequality", "Below", "a test", "e_apx(psi*) <= share E|f* - EY|^2"

    def assumptions(self, truth):
        return ()

    def sides(self, truth, n_unlabeled=None, n_labeled=None):
        return compared(truth, truth.approximation_error(truth.psi_star), self.share * truth.baseline_risk)

NOTHING = Below(share=-1.0)
BOTH = [Below(), NOTHING]
"""


def test_a_statement_of_ones_own(here: Path) -> None:
    Path("mine.py").write_text(SCRIPT + STATEMENTS, encoding="utf-8")
    for name, verdicts in {"Below": ["holds"], "NOTHING": ["violated"], "BOTH": ["holds", "violated"]}.items():
        result = call(f"mine.py:{name}", "--law", "mine.py:MINE")
        assert [line.split()[0] for line in result.stdout.splitlines()] == verdicts, result.output
        assert result.exit_code == ("violated" in verdicts)
    assert len(call("mine.py:Below").stdout.splitlines()) == len(LAWS)
    for text, words in {
        "mine.py:Above": "mine.py defines no Above; it has mine.py:NOTHING",
        "mine.py": "which one? mine.py:NAME",
        "mine.py:MINE": "and no statement",
    }.items():
        assert call(text).exit_code == 2 and words in call(text).output


def test_what_a_script_has_is_said(here: Path) -> None:
    Path("mine.py").write_text(SCRIPT, encoding="utf-8")
    for text, words in {"mine.py": "no EXPERIMENT", "mine.py:HIS": "mine.py defines no HIS"}.items():
        result = CliRunner().invoke(main, ["describe", text])
        assert result.exit_code == 2 and words in result.output and "; it has mine.py:MINE" in result.output


def test_all_statements_run_on_a_law_of_ones_own() -> None:
    result = call("--law", "GaussianMixture([0.5, 0.5], [[0, 0, 1], [1, 1, 0]], [[1, 0, 0], [0, 1, 0], [0, 0, 1]], 2)")
    assert result.exit_code == 0, result.output
    assert "violated" not in result.stdout


def test_a_violation_is_exit_status_1(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(IntrinsicBound, "bound", lambda *_: 1e-6)
    result = call("IntrinsicBound()", "--law", "leak-inside")
    assert result.exit_code == 1 and result.stdout.startswith("violated        leak-inside")


def test_an_error_is_exit_status_1_and_is_shown(small: None, monkeypatch: pytest.MonkeyPatch) -> None:
    def singular(*_: object) -> None:
        raise np.linalg.LinAlgError("Singular matrix")

    monkeypatch.setattr(IntrinsicBound, "lost", singular)
    one = call("IntrinsicBound()", "--law", "leak-inside")
    assert one.exit_code == 1
    assert one.stdout.startswith("error           leak-inside: error: LinAlgError: Singular matrix | ")
    whole = call("--jobs", "1")  # processes that start anew, as they do beside jax, know of no patch
    assert whole.exit_code == 1 and "IntrinsicBound() (inequality): 4 error" in whole.stdout
    assert "4 holds, 0 consistent, 0 not applicable, 0 violated, 4 error" in whole.stdout
    assert whole.stdout.count("error: LinAlgError: Singular matrix") == 4
    assert "| 0, error 4 |" in Path("results/ledger/ledger.md").read_text(encoding="utf-8")
    assert "LinAlgError: Singular matrix" in Path("results/ledger/ledger.csv").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["Theorem9"], "statement 'Theorem9' is unknown; there are OptimumOfLabel, ZeroError, LatentOptimum"),
        (["ZeroError", "--law", "absent.py"], "script absent.py cannot be read"),
        (["ZeroError", "--law", "nowhere"], "is not a canonical text"),
        (["ZeroError", "--law", "OLS()"], "neither a generator nor a law"),
        (["IntrinsicBound('nowhere')"], "feature_class = 'nowhere'; allowed: 'linear', 'universal'"),
        (["ZeroError(intercept=1)"], "intercept = 1; allowed: True, False"),
    ],
)
def test_bad_input_is_exit_status_2(arguments: list[str], words: str, here: Path) -> None:
    result = call(*arguments)
    assert result.exit_code == 2 and words in result.output and "Traceback" not in result.output
    assert not list(here.iterdir())


@pytest.mark.parametrize("out", ["taken", "taken/ledger"])
def test_a_folder_that_cannot_be_is_refused_before_the_work(
    out: str, small: None, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("taken").write_text("", encoding="utf-8")
    monkeypatch.setattr("testbed.check.ledger", lambda *_: pytest.fail("work was done"))
    result = call("--out", out)
    assert result.exit_code == 2 and f"--out = {out!r}: " in result.output and "folder" in result.output
    assert [p.name for p in here.iterdir()] == ["taken"]


def test_an_interrupt_writes_nothing(small: None, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("testbed.check.ledger", interrupted)
    result = call()
    assert result.exit_code == 130 and "stopped; nothing was written" in result.output
    assert not list(here.iterdir())


def test_processes_change_no_byte(small: None) -> None:
    for jobs in ("1", "2"):
        assert call("--jobs", jobs, "--out", jobs).exit_code == 0
    for written in Path("1").iterdir():
        assert written.read_bytes() == (Path("2") / written.name).read_bytes()


def test_describe_ends_with_what_applies() -> None:
    """Both sides and margins of what applies; for the rest which assumption fails, or that the family is another."""
    law = "GaussianMixture([0.5, 0.5], [[1, 0, 1], [-1, 0, -1]], [[1, 0, 0], [0, 1, 0], [0, 0, 1]], 2)"
    result = CliRunner().invoke(main, ["describe", law, "--all"])
    assert result.exit_code == 0, result.output
    text = result.output.partition("statements that apply")[2]
    assert "  yes ZeroError(intercept=True): 0 = 0; eps_CI = 0 given Y; W'A' = M solvable, with intercept: 1.41" in text
    assert "  no  ZeroError(): W'A' = M solvable: 0\n" in text
    assert "of another family of laws: RefinedLeak(), RefinedLeak(n=12), TwoViewBound(), LandmarkSpan()" in text
    assert 'given="y"' not in text, "without a latent it is the same statement again"


def test_describe_shows_by_paper_what_applies_and_the_rest_on_request() -> None:
    """Without --all the same lines, but of what does not apply only the number."""
    law = "CleanFinite(k=3, structure_seed=1)"
    short, whole = (CliRunner().invoke(main, ["describe", law, *more]).output for more in ([], ["--all"]))
    *lines, last = short.splitlines()
    assert whole.startswith("\n".join(lines)) and "  no  " not in short and "another family" not in short
    no = [line for line in whole.splitlines() if line.startswith("  no  ")]
    elsewhere = whole.partition("of another family of laws: ")[2].count("(")
    assert last == f"{len(no) + elsewhere} others do not apply: --all (in Python everything=True) says which, and why"
    start = next(i for i, line in enumerate(lines) if line.startswith("statements that apply"))
    papers = lines[start + 1 :]
    heads = [line for line in papers if not line.startswith("  ")]
    assert papers[0] == heads[0] and len(set(heads)) == len(heads) > 3
