"""Whole processes: start-up, two workers against one, BLAS threads, memory."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from benchmarks.harness import PAIRS, Array, Case, Result, Run, measure

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
import resource, time, testbed
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
    frame = testbed.run(experiment, jobs={jobs}, progress=False)
    print(time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, len(frame))
"""
REPEATS = 65536  # twenty seconds on one core: starting the workers takes half a second


def seconds_of(arguments: list[str]) -> float:
    """Wall time of a process, from its start to its end."""
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True, stdin=subprocess.DEVNULL)
    return time.perf_counter() - start


def sweep(jobs: int, threads: int | None = None, repeats: int = REPEATS, warm: bool = True) -> tuple[float, float]:
    """Seconds and MB of a sweep in a process of its own: imported before the clock, its workers started on it."""
    environment = dict(os.environ)
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        environment.pop(name, None)
    if threads:
        environment["OPENBLAS_NUM_THREADS"] = str(threads)
    with TemporaryDirectory() as folder:
        script = Path(folder) / "sweep.py"
        script.write_text(SWEEP.format(repeats=repeats, jobs=jobs, warm=warm), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, str(script)], check=True, capture_output=True, encoding="utf-8", env=environment
        )
    seconds, megabytes, _ = done.stdout.split()
    return float(seconds), float(megabytes)


def of(jobs: int, threads: int | None = None) -> Run:
    """Sweep as one side of a case."""

    def run(seed: int) -> tuple[float, Array]:
        return sweep(jobs, threads)[0], np.zeros(1)

    return run


def cases() -> list[Case]:
    """Two workers against one, and eight BLAS threads in the environment against none."""
    return [
        Case("two processes against one", of(2), of(1), 1.8, same=False),
        Case("two processes, OPENBLAS_NUM_THREADS=8 against 1", of(2, 8), of(2, 1), 1.2, "cost", same=False),
    ]


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


def memory() -> list[Result]:
    """Peak memory of 100,000 repetitions, in GB: one run."""
    seconds, megabytes = sweep(1, repeats=100_000, warm=False)
    gigabytes = megabytes / 1024.0
    return [
        Result("100,000 repetitions at printed size, peak GB", "cost", 1.0, gigabytes, gigabytes, gigabytes,
               seconds * 1e3 / 100_000, 0.0, note=f"{seconds:.0f} s in one process")
    ]  # fmt: skip


def results() -> list[Result]:
    """All of them."""
    return [*start_up(), *memory(), *(measure(case) for case in cases())]
