"""The runner: tasks over processes, rows in canonical order whatever the order they finish in."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from testbed.study import Cell, Row, run_cells
from testbed.sweep.grid import Experiment, Task
from testbed.sweep.script import experiment_of
from testbed.sweep.store import Folder

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Outcome", "cores", "run", "run_script"]


class Outcome:
    """Rows of a run, in canonical order."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows
        self.failed = [row for row in rows if row["status"] != "ok"]


def cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@lru_cache(maxsize=4)
def _script_cells(text: str, tiny: bool) -> tuple[Experiment, list[Cell]]:
    experiment = experiment_of(text, tiny)
    return experiment, experiment.cells()


def _work(source: Any, task: Task) -> tuple[Task, list[Row]]:
    """Run one task under one BLAS thread; a script travels as its text."""
    from threadpoolctl import threadpool_limits

    experiment, cells = _script_cells(*source) if isinstance(source[0], str) else source
    with threadpool_limits(1):
        return task, run_cells([cells[i] for i in task.cells], experiment.seed, task.reps)


def _stream(source: Any, tasks: list[Task], jobs: int) -> Iterator[tuple[Task, list[Row]]]:
    if jobs == 1:
        yield from (_work(source, task) for task in tasks)
        return
    import joblib

    with joblib.parallel_config("loky", n_jobs=jobs, inner_max_num_threads=1):
        parallel = joblib.Parallel(return_as="generator_unordered", batch_size=1, pre_dispatch="3*n_jobs")
        yield from parallel(joblib.delayed(_work)(source, task) for task in tasks)


def _execute(source: Any, experiment: Experiment, cells: list[Cell], jobs: int, progress: bool) -> Outcome:
    from tqdm import tqdm

    tasks = list(experiment.tasks(cells))
    total = sum(len(t.cells) * len(t.reps) for t in tasks)
    place = {cell.key: i for i, cell in enumerate(cells)}
    rows: list[Row] = []
    with tqdm(total=total, unit="row", desc=experiment.name, disable=None if progress else True) as bar:
        for _, done in _stream(source, tasks, jobs):
            rows += done
            bar.update(len(done))
            failed = sum(row["status"] != "ok" for row in rows[-len(done) :])
            if failed:
                bar.set_postfix(failed=failed)
    rows.sort(key=lambda row: (place[str(row["key"])], row["rep"]))
    return Outcome(rows)


def run(experiment: Experiment, out: Path | str | None = None, jobs: int = 1, progress: bool = True) -> pd.DataFrame:
    """Run an experiment and return its rows; with `out`, write rows.csv and manifest.json there as well.

    Returns
    -------
    pandas.DataFrame
        One row a cell and repetition, in canonical order, the same for any `jobs`.
    """
    import pandas as pd

    from testbed.sweep.store import columns_of

    cells = experiment.cells()
    folder = None if out is None else Folder(Path(out), experiment)
    if folder:
        folder.prepare()
    start = time.time()
    outcome = _execute((experiment, cells), experiment, cells, jobs, progress)
    if folder:
        folder.publish(outcome.rows, folder.manifest(start=start, end=time.time(), jobs=jobs))
    return pd.DataFrame(outcome.rows, columns=columns_of(outcome.rows))


def run_script(text: str, out: Path, jobs: int, tiny: bool, script: str, progress: bool = True) -> Outcome:
    """Run the experiment of a script into a results folder."""
    experiment, cells = _script_cells(text, tiny)
    folder = Folder(out, experiment)
    folder.prepare()
    start = time.time()
    outcome = _execute((text, tiny), experiment, cells, jobs, progress)
    folder.publish(outcome.rows, folder.manifest(start=start, end=time.time(), jobs=jobs, script=script))
    return outcome
