"""Whole sweeps by `testbed.run`, to rows.csv and the frame: against the loop over drawn rows, and their memory."""

from __future__ import annotations

from dataclasses import replace
from tempfile import TemporaryDirectory

import numpy as np

import testbed
from benchmarks.harness import Array, Case, Result, Run, measure, timed
from benchmarks.linear import N1, N2, PRINTED, sklearn_loop
from benchmarks.processes import sweep
from testbed.engine import ENGINES, NUMPY
from testbed.generators import LeeMixture
from testbed.pretexts import Predict
from testbed.regressors import OLS

REPEATS = 20_480  # of a pair: twenty chunks and more, so that what a run does once counts little
MANY, MEMORY = 100_000, 300.0 / 1024.0  # repetitions, GB


def whole(frozen: int | None, engine: str) -> Run:
    """Sweep of the printed size in this process: measure, write the journal and rows.csv, give the frame."""
    k, d1, d2 = PRINTED
    experiment = testbed.Experiment(
        name="sweep",
        generator=[LeeMixture(k=k, d1=d1, d2=d2, structure_seed=frozen)],
        pretext=[Predict(OLS())],
        probe=[OLS()],
        n_unlabeled=[N1],
        n_labeled=[N2],
        repeats=REPEATS,
    )

    def run(seed: int) -> tuple[float, Array]:
        with TemporaryDirectory() as out:
            mine = replace(experiment, seed=seed)
            return timed(lambda: np.asarray(frame_of(mine, out, engine)), REPEATS)

    return run


def frame_of(experiment: testbed.Experiment, out: str, engine: str) -> Array:
    """Excess risk of all repetitions."""
    frame = testbed.run(experiment, out=out, progress=False, engine=engine)
    found: Array = frame["excess_risk"].to_numpy(float)
    return found


def cases() -> list[Case]:
    """1.7 times, and with `fast` 3 times, what a sweep was when it was 41 (frozen 56) times as fast as the loop."""
    found = []
    for engine, times in zip(ENGINES, (1.7, 3.0), strict=True):
        for frozen, before in ((None, 41.0), (3, 56.0)):
            kind = "new structures" if frozen is None else "structure frozen"
            name = f"sweep, {kind}{'' if engine == NUMPY else f', engine {engine}'}, scikit-learn loop"
            found.append(Case(name, whole(frozen, engine), sklearn_loop(PRINTED, frozen), round(times * before)))
    return found


def memory(engine: str) -> Result:
    """Peak memory of many repetitions, in GB: one run."""
    seconds, megabytes = sweep(1, repeats=MANY, warm=False, engine=engine)
    gigabytes = megabytes / 1024.0
    named = "" if engine == NUMPY else f", engine {engine}"
    return Result(
        f"{MANY:,} repetitions at printed size{named}, peak GB", "cost", MEMORY, gigabytes, gigabytes, gigabytes,
        seconds * 1e3 / MANY, 0.0, note=f"{seconds:.0f} s in one process",
    )  # fmt: skip


def results() -> list[Result]:
    """All of them."""
    return [*(measure(case) for case in cases()), *map(memory, ENGINES)]
