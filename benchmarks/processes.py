"""Whole processes: start-up, two workers against one, BLAS threads."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.harness import PAIRS, Array, Case, Result, Run, measure
from testbed.engine import NUMPY

MAIN = "import sys; from testbed.cli import main; main()"
SCRIPT = """
from testbed import Experiment, vary
from testbed.generators import LeeMixture
from testbed.pretexts import Oracle, Predict, Raw
from testbed.regressors import OLS

EXPERIMENT = Experiment(
    name="linear", generator=vary(LeeMixture, k=[2, 10]), pretext=[Raw(), Predict(OLS()), Oracle("linear")],
    probe=[OLS()], n_unlabeled=[4000], n_labeled=[100, 1000],
)
"""
SWEEP = """
import re, resource, time, testbed
from dataclasses import replace
from testbed.generators import LeeMixture
from testbed.pretexts import Predict
from testbed.regressors import OLS
experiment = testbed.Experiment(
    name="sweep", generator=[LeeMixture()], pretext=[Predict(OLS())], probe=[OLS()], n_unlabeled=[4000],
    n_labeled=[1000], repeats={repeats},
)
if __name__ == "__main__":
    testbed.run(replace(experiment, repeats=64), progress=False) if {warm} else None
    start = time.perf_counter()
    frame = testbed.run(experiment, jobs={jobs}, progress=False, engine={engine!r})
    seconds, kilobytes = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    try:  # what the system says of a process counts what its parent held when it was started
        kilobytes = int(re.search(r"VmHWM:\\s+(\\d+)", open("/proc/self/status").read())[1])
    except OSError:
        pass
    print(seconds, kilobytes / 1024, len(frame))
"""
REPEATS = 131_072  # about twenty seconds on one core: starting the workers takes more than half a second
SHORT = 32_768
PAIRS_OF_SWEEPS = 5  # of half a minute each


def seconds_of(arguments: list[str]) -> float:
    """Wall time of a process, from its start to its end."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True, stdin=subprocess.DEVNULL)
    return time.perf_counter() - start


def sweep(
    jobs: int, threads: int | None = None, repeats: int = REPEATS, warm: bool = True, engine: str = NUMPY
) -> tuple[float, float]:
    """Seconds and MB of a sweep in a process of its own: imported before the clock, its workers started on it."""
    environment = dict(os.environ)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        environment.pop(name, None)
    if threads:
        environment["OPENBLAS_NUM_THREADS"] = str(threads)
    with TemporaryDirectory() as folder:
        script = Path(folder) / "sweep.py"
        script.write_text(SWEEP.format(repeats=repeats, jobs=jobs, warm=warm, engine=engine), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, str(script)], check=True, capture_output=True, encoding="utf-8", env=environment
        )
    seconds, megabytes, _ = done.stdout.split()
    return float(seconds), float(megabytes)


def of(jobs: int, threads: int | None = None, repeats: int = REPEATS) -> Run:
    """Sweep as one side of a case; the first, which is not counted, is a short one."""

    def run(seed: int) -> tuple[float, Array]:
        return sweep(jobs, threads, repeats if seed else 64)[0], np.zeros(1)

    return run


def cases() -> list[Case]:
    """Two workers against one, and eight BLAS threads in the environment against none."""
    return [
        Case("two processes against one", of(2), of(1), 1.8, same=False, pairs=PAIRS_OF_SWEEPS),
        Case("two processes, OPENBLAS_NUM_THREADS=8 against 1", of(2, 8, SHORT), of(2, 1, SHORT), 1.2, "cost",
             same=False, pairs=PAIRS_OF_SWEEPS),
    ]  # fmt: skip


def start_up() -> list[Result]:
    """Seconds of `testbed --help` and of a tiny run of a linear experiment: against their limits."""
    with TemporaryDirectory() as folder:
        script = Path(folder) / "linear.py"
        script.write_text(SCRIPT, encoding="utf-8")
        run = ["-c", MAIN, "run", str(script), "--tiny", "--out"]
        tiny = [[*run, str(Path(folder) / f"tiny{i}")] for i in range(PAIRS + 1)]  # a folder that is there is resumed
        found = []
        for name, commands, limit in (
            ("testbed --help, seconds", [["-c", MAIN, "--help"]] * (PAIRS + 1), 0.25),
            ("testbed run --tiny of a linear experiment, seconds", tiny, 3.0),
        ):
            seconds = np.array([seconds_of(arguments) for arguments in commands])[1:]
            found.append(
                Result(name, "cost", limit, float(np.median(seconds)), float(seconds.min()), float(seconds.max()),
                       float(np.median(seconds)) * 1e3, limit * 1e3)
            )  # fmt: skip
    return found


def results() -> list[Result]:
    """All of them."""
    return [*start_up(), *(measure(case) for case in cases())]
