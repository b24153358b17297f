"""What a process has used up is no fault of a row; what an exception says is cut; tracebacks are kept once."""

from __future__ import annotations

import platform
import signal
import time
from pathlib import Path

import pytest

import testbed
from testbed.failures import exhausted, said
from testbed.sweep import drive
from testbed.sweep.folder import reading
from tests.faults.harness import call, rows, run, start, workers, write

GREEDY = '''
import resource
from dataclasses import dataclass
import numpy as np
from testbed import Experiment
from testbed.generators import LeeMixture
from testbed.pretexts import Raw
from testbed.regressors import OLS, Regressor

KEPT = []
{limit}

@dataclass(frozen=True, repr=False)
class Greedy(Regressor):
    """Leaves something of every row behind, and fails where that is too much."""

    def fit_rows(self, a, b, rng):
        {keep}
        return OLS().fit_rows(a, b, rng)

EXPERIMENT = Experiment("greedy", [LeeMixture(k=2, d1=3, d2=3, structure_seed=0)], [Raw()], [Greedy()], [20], [30],
                        repeats={repeats})
FIGURES = []
'''
MEMORY = "KEPT.append(b) if len(KEPT) < 4 else np.ones(2**50)"
FILES = "KEPT.append(open('/dev/null', 'rb'))"


@pytest.mark.parametrize(
    ("limit", "keep"),
    [("", MEMORY), ("resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))", FILES)],
    ids=["memory", "files"],
)
def test_what_a_process_has_used_up_is_no_failure_of_a_row(tmp_path: Path, limit: str, keep: str) -> None:
    script = tmp_path / "greedy.py"
    repeats = 6 if keep == MEMORY else 60
    script.write_text(GREEDY.format(limit=limit, keep=keep, repeats=repeats), encoding="utf-8")
    status, _, err = call(*run(script, tmp_path / "out", "--jobs", "1"))
    assert status == 0, err
    assert rows(tmp_path / "out").count(b",ok,\n") == repeats


def test_a_row_that_never_has_enough_has_failed_with_its_traceback(tmp_path: Path) -> None:
    script = tmp_path / "greedy.py"
    script.write_text(GREEDY.format(limit="", keep="np.ones(2**50)", repeats=1), encoding="utf-8")
    status, _, err = call(*run(script, tmp_path / "out", "--jobs", "1"))
    assert status == 1
    assert "MemoryError" in err
    (told,) = (tmp_path / "out" / "failures").glob("*.txt")
    assert "np.ones(2**50)" in told.read_text(encoding="utf-8")


def test_a_child_that_has_grown_is_renewed(tmp_path: Path) -> None:
    """Rows, which tell their process, keep 52 MB each; 1000 MB would do for all, and a fourth of them is the room."""
    script = tmp_path / "greedy.py"
    limit = "resource.setrlimit(resource.RLIMIT_AS, (1000 * 2**20, 1000 * 2**20))"
    keep = "KEPT.append(np.ones(52 * 2**20 // 8)); print(__import__('os').getpid(), flush=True)"
    script.write_text(GREEDY.format(limit=limit, keep=keep, repeats=8), encoding="utf-8")
    status, _, err = call(*run(script, tmp_path / "out", "--jobs", "1"))
    assert status == 0, err
    assert len({line for line in err.splitlines() if line.isdigit()}) > 1


SHOUTS = """
from dataclasses import dataclass
from testbed import Experiment
from testbed.generators import LeeMixture
from testbed.pretexts import Raw
from testbed.regressors import OLS, Regressor

class Mute(Exception):
    def __str__(self):
        raise RuntimeError("no words")

@dataclass(frozen=True, repr=False)
class Shouts(Regressor):
    how: str = "long"

    def fit_rows(self, a, b, rng):
        if self.how == "mute":
            raise Mute()
        if self.how == "nul":
            raise ValueError("a\\0b\\x1b[31m\\u2028c")
        raise ValueError("word " * 40_000 if self.how == "long" else "x" * 200_000)

EXPERIMENT = Experiment("shouts", [LeeMixture(k=2, d1=3, d2=3, structure_seed=0)], [Raw()],
    [OLS(), *map(Shouts, ["long", "solid", "mute", "nul"])], [20], [30], repeats=3)
FIGURES = []
"""


def test_any_message_is_a_row(tmp_path: Path) -> None:
    script = tmp_path / "shouts.py"
    script.write_text(SHOUTS, encoding="utf-8")
    for _ in range(2):  # the second run reads what the first has written
        status, _, err = call("run", script, "--out", tmp_path / "out", "--jobs", "1")
        assert status == 1, err
        assert "3 rows ok, 12 failed" in err
    text = rows(tmp_path / "out").decode()
    assert "Mute: its message cannot be written, as its __str__ raises RuntimeError" in text
    assert r"a\x00b\x1b[31m" in text
    assert max(map(len, text.splitlines())) < 2_000
    told = list((tmp_path / "out" / "failures").glob("*.txt"))
    assert len(told) == 4
    assert all(path.read_text(encoding="utf-8").count("Traceback") == 1 for path in told)
    assert (tmp_path / "out" / "rows.journal").stat().st_size < 200_000
    with reading(tmp_path / "out") as index:
        assert all(len(set(index.traces(entry).values())) <= 1 for entry in index.entries.values())


def test_what_is_said_of_an_exception() -> None:
    assert said(ValueError("why")) == "ValueError: why"
    wrapped = ValueError("wrapped")
    wrapped.__cause__ = OSError(24, "Too many open files")
    assert exhausted(MemoryError()) and exhausted(wrapped) and exhausted(RuntimeError("can't start new thread"))
    assert not exhausted(FileNotFoundError(2, "no such file")) and not exhausted(ValueError("MemoryError"))


def test_the_grace_of_a_signal_ends(tmp_path: Path) -> None:
    """A row that takes long is given up after the grace; nothing else is lost, and the same command goes on."""
    script = write(tmp_path, "[OLS(), Slow(2.0)]", repeats=3, alpha="[0.0]")
    process = start(*run(script, tmp_path / "out", "--jobs", "1", "--grace", "0.2"))
    while not workers(process) and process.poll() is None:
        time.sleep(0.05)
    time.sleep(0.3)
    process.send_signal(signal.SIGTERM)
    before = time.monotonic()
    _, err = process.communicate(timeout=60)
    assert process.returncode == 143, err
    assert time.monotonic() - before < 30  # it would be six seconds of rows, and is given up
    assert "in 0.2 s at most" in err
    assert rows(tmp_path / "out").count(b"\n") < 7


def test_a_line_of_progress_where_there_is_no_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(drive, "EVERY", 0.0)
    from testbed.generators import LeeMixture
    from testbed.pretexts import Raw
    from testbed.regressors import OLS

    law = LeeMixture(k=2, d1=3, d2=3, structure_seed=0)
    testbed.run(testbed.Experiment("said", [law], [Raw()], [OLS()], [20], [30], repeats=2), progress=True)
    assert "testbed: said: 2 of 2 rows" in capsys.readouterr().err
    testbed.run(testbed.Experiment("said", [law], [Raw()], [OLS()], [20], [30], repeats=2), progress=False)
    assert not capsys.readouterr().err


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the kernels chosen here are of one kind of CPU")
def test_other_kernels_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that goes on with other kernels, and a collection of such shards, say so; the manifest names them."""
    script = write(tmp_path, "[OLS()]", repeats=2, alpha="[0.0]")
    shard = run(script, tmp_path / "out", "--jobs", "1")
    status, _, err = call(*shard)
    assert status == 0 and "different kernels" not in err
    assert '"architecture"' in (tmp_path / "out" / "manifest.json").read_text(encoding="utf-8")
    script.write_text(script.read_text(encoding="utf-8").replace("repeats=2", "repeats=3"), encoding="utf-8")
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Prescott")
    status, _, err = call(*shard, fresh=True)  # the library looks when it is loaded
    assert status == 0 and "different kernels or versions" in err
    status, _, err = call("collect", tmp_path / "out", "--out", tmp_path / "merged", fresh=True)
    assert status == 0
    assert "different kernels or versions" in err
