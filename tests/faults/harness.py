"""Runs to be hurt: a sweep of a second that sleeps more than it computes.

Most are forks (tests/forked.py), which cost a tenth; `fresh` ones are started as people start them.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from testbed.cli import main
from tests.alone import alone
from tests.forked import COMMAND, ROOT, children, command
from tests.forked import Process as Forked

Process = Forked | subprocess.Popen[str]
SCRIPT = """
import os, time
from dataclasses import dataclass
from testbed import Experiment, vary
from testbed.generators import LeeMixture
from testbed.pretexts import Raw
from testbed.regressors import OLS, Regressor

@dataclass(frozen=True, repr=False)
class Slow(Regressor):
    seconds: float = 0.02

    def fit_rows(self, a, b, rng):
        time.sleep(self.seconds * float(os.environ.get("SLEEP", "1")))
        return OLS().fit_rows(a, b, rng)

@dataclass(frozen=True, repr=False)
class Bad(Regressor):
    how: str

    def fit_rows(self, a, b, rng):
        if rng.random() < 0.3:
            if self.how == "raises":
                raise RuntimeError("not, today")
            if self.how == "hangs":
                time.sleep(1000.0)
            if self.how == "exits":
                os._exit(3)
            os.kill(os.getpid(), 9)  # what the system does to a process that takes all memory
        return OLS().fit_rows(a, b, rng)

EXPERIMENT = Experiment(
    name="hurt", generator=vary(LeeMixture, k=3, d1=6, d2=5, scale=3.0, alpha={alpha}), pretext=[Raw()],
    probe={probe}, n_unlabeled=[60], n_labeled=[40], repeats={repeats}, seed={seed})
FIGURES = []
"""


def write(
    folder: Path, probe: str = "[OLS(), Slow()]", repeats: int = 40, alpha: str = "[0.0, 0.5]", seed: int = 0
) -> Path:
    """Write a script."""
    path = folder / "hurt.py"
    path.write_text(SCRIPT.format(probe=probe, repeats=repeats, alpha=alpha, seed=seed))
    return path


def run(script: Path, out: Path | str, *more: str) -> tuple[str | Path, ...]:
    """Arguments of a run that makes no report, which would take most of its time: one shard of one."""
    return ("run", script, "--out", out, "--shard", "1/1", *more)


def start(*arguments: str | Path, fresh: bool = False, limits: Mapping[int, int] | None = None) -> Process:
    """Start `testbed` with these arguments, and with limits of the system if they are given."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    if not fresh:
        return command(*arguments, env=environment, limits=limits)
    assert not limits
    words = [sys.executable, "-c", COMMAND, *map(str, arguments)]
    return subprocess.Popen(words, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def call(*arguments: str | Path, **options: Any) -> tuple[int, str, str]:
    """Run `testbed`: exit status, what it printed, and what it said on stderr."""
    process = start(*arguments, **options)
    out, err = process.communicate(timeout=300)
    assert process.returncode is not None
    return process.returncode, out, err


def within(*arguments: str | Path) -> tuple[int, str, str]:
    """The same in this process, which works alone and does not sleep: where files are tested, and no processes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("testbed.sweep.runner.Processes", alone)
        patch.setenv("SLEEP", "0")
        result = CliRunner().invoke(main, [str(argument) for argument in arguments])
    return result.exit_code, result.stdout, result.stderr


def rows(folder: Path) -> bytes:
    """Bytes of rows.csv."""
    return (folder / "rows.csv").read_bytes()


def workers(parent: Process) -> list[int]:
    """Processes that a run has started to work for it."""
    if isinstance(parent, Forked):
        return children(parent.pid)
    listed = subprocess.run(
        ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(parent.pid)], capture_output=True, text=True, check=False
    )
    return [int(line.split()[0]) for line in listed.stdout.splitlines() if "testbed.sweep.worker" in line]


def kill(pid: int) -> None:
    """SIGKILL a process, if it is still there."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
