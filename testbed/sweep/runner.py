"""The runner: what a folder misses is done by an engine, and written down as it finishes."""

from __future__ import annotations

import os
import sys
import tempfile
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from testbed.study import Cell
from testbed.sweep.engines import Engine, Here, OnDask, Processes
from testbed.sweep.files import FolderError
from testbed.sweep.grid import Experiment
from testbed.sweep.ledger import failures
from testbed.sweep.manifest import Manifest
from testbed.sweep.rows import decode
from testbed.sweep.schedule import Schedule
from testbed.sweep.signals import Stop
from testbed.sweep.store import Folder, Tally
from testbed.sweep.work import Chunk, Done, Script, Source, give_up, grid, pickled

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Options", "Outcome", "cores", "run", "run_script"]

DEATHS = 3  # workers that may die over one row before it has failed


@dataclass(frozen=True)
class Options:
    """How a run is done; nothing here changes a number.

    Attributes
    ----------
    jobs : int
        Processes of this machine; 0 does the work in this one.
    dask : str, optional
        Address of a Dask scheduler, used instead.
    timeout : float, optional
        Seconds that a chunk may take; the rows that exceed it alone have failed.
    shard : (i, N)
        Do the i-th of N parts only.
    """

    jobs: int = 0
    dask: str | None = None
    timeout: float | None = None
    shard: tuple[int, int] = (1, 1)
    retry_failed: bool = False
    fresh: bool = False
    progress: bool = True


@dataclass
class Outcome:
    """How a run ended: what rows.csv holds, how many rows are new, and the signal that ended it early."""

    tally: Tally
    computed: int = 0
    signal: int | None = None
    notes: list[str] = field(default_factory=list)
    same_script: bool = True


def cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run(
    experiment: Experiment,
    out: Path | str | None = None,
    jobs: int = 1,
    progress: bool = True,
    timeout: float | None = None,
) -> pd.DataFrame:
    """Run an experiment and return its rows; with `out`, keep them there, and do only what is missing there.

    Parameters
    ----------
    jobs : int
        Processes; 1 works in this one, unless there is a `timeout`.
    timeout : float, optional
        Seconds that a chunk of about a second may take.

    Returns
    -------
    pandas.DataFrame
        One row a cell and repetition, in canonical order, the same for any `jobs`.

    Raises
    ------
    FolderError
        If `out` holds another experiment, is in use, or cannot be written.
    KeyboardInterrupt
        If interrupted; what was finished is kept in `out`.
    """
    import pandas as pd

    options = Options(jobs=0 if jobs == 1 and timeout is None else jobs, timeout=timeout, progress=progress)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Folder(Path(scratch if out is None else out), experiment.identity)
        with folder:
            cells = experiment.cells()
            source = pickled(experiment) if options.jobs else None
            outcome = _fill(folder, experiment, cells, source, options, {"jobs": jobs})
            if outcome.signal is not None:
                raise KeyboardInterrupt
            rows = [
                entry.columns | decode(line)
                for _, entry in folder.ledger.ordered()
                for lines in folder.ledger.lines(entry)
                for line in lines.split(b"\n")[:-1]
            ]
            return pd.DataFrame(rows, columns=folder.columns())


def run_script(script: Script, out: Path, options: Options, path: str) -> Outcome:
    """Run the experiment of a script into a results folder, as far as it is not there yet."""
    experiment, cells = grid(script)
    with Folder(out, experiment.identity, options.fresh) as folder:
        same = folder.ledger.scripts[-1:] in ([], [(script.text, script.tiny)])
        notes = []
        if folder.moved:
            notes.append(f"what was there is now in {folder.moved}")
        if folder.cut:
            notes.append(f"the last record of the journal was torn; {folder.cut} bytes are cut, and done again")
        folder.ledger.keep_script(script.text, script.tiny)
        shown = {"jobs": options.jobs, "dask": options.dask, "timeout": options.timeout, "script": path}
        if options.shard != (1, 1):
            shown["shard"] = "{}/{}".format(*options.shard)
        outcome = _fill(folder, experiment, cells, script, options, shown)
    outcome.notes, outcome.same_script = notes + outcome.notes, same
    return outcome


def _fill(
    folder: Folder, experiment: Experiment, cells: list[Cell], source: Source | None, options: Options, shown: Any
) -> Outcome:
    """Do what is missing, publish what is there, and say in the manifest how it went."""
    folder.ledger.declare([cell.columns for cell in cells])
    schedule = Schedule(experiment, cells, folder.ledger, options.shard, options.retry_failed)
    manifest = Manifest(folder.path, folder.identity, **shown)
    outcome = Outcome(Tally())
    if schedule.left and manifest.commits > 1:
        outcome.notes.append(
            f"{folder.path} is written by {manifest.commits} commits of this code, with one row schema"
        )
    try:
        if schedule.left:
            work = _Run(folder, cells, schedule, _engine(experiment, cells, source, options), outcome)
            work.drive(experiment.name, options.progress)
        outcome.tally = folder.publish()
    except BaseException as error:
        with suppress(FolderError):  # the disk may be full: what stopped the run is what must be heard
            how = "interrupted" if isinstance(error, KeyboardInterrupt) else f"stopped by {type(error).__name__}"
            manifest.finish(how, {}, computed=outcome.computed)
        raise
    result: dict[str, Any] = {"rows": outcome.tally.rows, "failed": outcome.tally.failed}
    if "script" in shown:
        result["script"] = shown["script"]
    if experiment.precision is not None:
        result["stopping"] = {
            "precision": experiment.precision,
            "first": experiment.repeats,
            "most": experiment.max_repeats,
            "cells": {**manifest.content.get("stopping", {}).get("cells", {}), **schedule.stopped},
        }
    ended = "finished" if outcome.signal is None else "interrupted"
    manifest.finish(ended, result, computed=outcome.computed)
    return outcome


def _engine(experiment: Experiment, cells: list[Cell], source: Source | None, options: Options) -> Engine:
    if source is None:
        return Here(experiment, cells)
    if options.dask is not None:
        return OnDask(source, options.dask, options.timeout)
    return Processes(source, options.jobs, options.timeout)


class _Run:
    """One run: chunks go out, rows come in."""

    def __init__(self, folder: Folder, cells: list[Cell], schedule: Schedule, engine: Engine, outcome: Outcome) -> None:
        self.folder, self.cells, self.schedule, self.engine, self.outcome = folder, cells, schedule, engine, outcome
        self.again: deque[Chunk] = deque()
        self.failed = 0
        self.ready: SimpleQueue[Any] = SimpleQueue()  # its put may be called within a signal handler

    def drive(self, name: str, progress: bool) -> None:
        """Work until nothing is left, or until told to stop."""
        from tqdm import tqdm

        out: dict[Any, Chunk] = {}
        bar = tqdm(total=self.schedule.left, unit="row", desc=name, disable=None if progress else True, smoothing=0.1)

        def told(number: int) -> None:
            self.outcome.signal = number
            self.ready.put(None)
            bar.write("stopping when the chunks that run now are done; once more to stop at once", file=sys.stderr)

        try:
            with bar, Stop(told):
                while True:
                    while self.outcome.signal is None and len(out) < 2 * self.engine.workers:
                        chunk = self.again.popleft() if self.again else self.schedule.next(self.engine.workers)
                        if chunk is None:
                            break
                        future = self.engine.submit(chunk)
                        out[future] = chunk
                        future.add_done_callback(self.ready.put)
                    if not out:
                        return
                    future = self.ready.get()
                    if future is None:
                        for waiting in list(out):
                            waiting.cancel()
                        continue
                    chunk = out.pop(future)
                    if not (future.cancelled() and self.outcome.signal):
                        self._take(chunk, future, bar)
                        bar.total = bar.n + self.schedule.left + sum(c.rows for c in (*out.values(), *self.again))
        finally:
            self.engine.close()

    def _take(self, chunk: Chunk, future: Any, bar: Any) -> None:
        """Write down what came of a chunk; what was lost is tried again in halves, down to the single row."""
        answer = self.engine.result(future)
        if not isinstance(answer, Done):
            if chunk.rows > 1:
                self.again.extend(chunk.halves())
                return
            if not answer.late and chunk.deaths + 1 < DEATHS:
                self.again.append(replace(chunk, deaths=chunk.deaths + 1))
                return
            answer = give_up(self.cells, chunk, answer)
        # the cost goes with the rows, so that a run that resumes knows it; what the rows lead to, only after them
        costs = self.schedule.learn(chunk.tasks, answer.seconds)
        self.folder.ledger.record(answer.parts, costs)
        for task in chunk.tasks:
            self.schedule.finished(task)
        self.outcome.computed += chunk.rows
        failed = sum(len(failures(part.lines)) for part in answer.parts)
        self.failed += failed
        bar.update(chunk.rows)
        if failed:
            bar.set_postfix(failed=self.failed)
