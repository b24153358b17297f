"""The command line end to end: a tiny sweep, its report, and bad input that writes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from testbed.cli import main
from testbed.report.drawing import KINDS, PICTURES, pictures_of

SCRIPT = """
from testbed import Experiment, vary
from testbed.generators import LeeMixture
from testbed.pretexts import Predict, Raw
from testbed.regressors import OLS

EXPERIMENT = Experiment(
    name="mine", generator=vary(LeeMixture, k={k}, d1=6, d2=5, alpha=[0.0, 0.2, 0.4]), pretext=[Raw(), Predict(OLS())],
    probe=[OLS()], n_unlabeled=[200], n_labeled={n}, repeats=4)
"""
FILES = {"rows.csv", "summary.csv", "contrasts.csv", "manifest.json", "report.json", "table.md", "table.tex",
         *(f"figure.{kind}" for kind in KINDS)}  # fmt: skip


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def write(k: str = "3", n: str = "[40, 60]") -> str:
    Path("mine.py").write_text(SCRIPT.format(k=k, n=n), encoding="utf-8")
    return "mine.py"


def test_a_tiny_sweep_is_run_and_reported(here: Path) -> None:
    """Its figure is a PNG alone, which is looked at and not printed, also when it is reported again."""
    files = FILES - {f"figure.{kind}" for kind in PICTURES if kind not in pictures_of(True)}
    assert len(FILES) - len(files) == 2
    result = call("run", write(), "--tiny", "--jobs", "1")
    assert result.exit_code == 0, result.output
    folder = here / "results" / "mine-tiny"
    assert {path.name for path in folder.iterdir()} == files | {"rows.journal", ".lock"}
    assert "| alpha" in result.output
    assert (folder / "rows.csv").read_text().count("\n") == 1 + 2 * 2 * 2 * 2
    before = {name: (folder / name).read_bytes() for name in files}
    assert call("report", str(folder)).exit_code == 0
    assert {name: (folder / name).read_bytes() for name in files} == before
    assert "nothing was missing" in call("run", "mine.py", "--tiny", "--jobs", "1").output
    assert {path.name for path in folder.iterdir()} == files | {"rows.journal", ".lock"}


@pytest.mark.usefixtures("here_alone")
def test_a_failed_cell_is_exit_status_one(here: Path) -> None:
    result = call("run", write(n="[3, 60]"), "--tiny", "--jobs", "1")
    assert result.exit_code == 1
    assert "needs n >= 8; got n = 3" in result.output
    assert (here / "results" / "mine-tiny" / "summary.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "absent.py"], "absent.py cannot be read"),
        (["run", "empty.py"], "defines no EXPERIMENT"),
        (["run", "k1.py"], "k = 1: a whole number of at least 2"),
        (["run", "n0.py"], "n_labeled = 0"),
        (["run", "mine.py", "--out", "mine.py/inside"], "cannot be written"),
        (["describe", "Lee(k=3)"], "unknown name 'Lee'"),
        (["describe", "LeeMixture(alpha=2)"], "alpha = 2: a finite number from 0 to 1 is needed"),
        (["describe", "LeeMixture(d2=0)"], "d2 = 0"),
        (["reproduce", "nobody2020"], "nobody2020"),
        (["report", "nowhere"], "holds no rows.journal"),
    ],
)
def test_bad_input_is_exit_status_two_and_writes_nothing(here: Path, arguments: list[str], words: str) -> None:
    Path("empty.py").write_text("x = 1\n", encoding="utf-8")
    Path("k1.py").write_text(SCRIPT.format(k="1", n="[40]"), encoding="utf-8")
    Path("n0.py").write_text(SCRIPT.format(k="3", n="[0]"), encoding="utf-8")
    write()
    before = sorted(here.rglob("*"))
    result = call(*arguments)
    assert result.exit_code == 2, result.output
    assert words in result.output
    assert sorted(here.rglob("*")) == before


def test_a_law_is_described(here: Path) -> None:
    result = call("describe", "LeeMixture(k=3, d1=4, d2=3, scale=2.0, alpha=0.2, structure_seed=1)")
    assert result.exit_code == 0
    assert all(
        words in result.output for words in ("Bayes noise", "eps_CI linear", "beta, with intercept", "rank of A")
    )
    assert "one structure, drawn from seed 0" in call("describe", "LeeMixture(k=3, d1=4, d2=3)").output
    assert "LeeMixture(k=10, d1=50" in call("list").output


def test_workers_run_one_blas_thread(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the environment asks for: the workers write down what they have."""
    script = """
from threadpoolctl import threadpool_info
from testbed import Experiment
from testbed.generators import LeeMixture
from testbed.pretexts import Raw
from testbed.regressors import OLS, Regressor
from dataclasses import dataclass

@dataclass(frozen=True, repr=False)
class Spy(Regressor):
    def fit_rows(self, a, b, rng):
        assert all(pool["num_threads"] == 1 for pool in threadpool_info() if pool["user_api"] == "blas")
        return OLS().fit_rows(a, b, rng)

EXPERIMENT = Experiment("spy", [LeeMixture(k=3, d1=6, d2=5)], [Raw()], [Spy()], [50], [40], repeats=8)
"""
    Path("spy.py").write_text(script, encoding="utf-8")
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.setenv(name, "8")
    done = call("run", "spy.py", "--jobs", "2", "--shard", "1/1")
    assert done.exit_code == 0, done.output
