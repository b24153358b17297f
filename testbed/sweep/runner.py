"""The runner: what a folder misses is done, published, and told in the manifest."""

from __future__ import annotations

import os
import platform
import tempfile
import warnings
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any

from testbed.arguments import fits_path, keywords, shown
from testbed.engine import NUMPY, check_engine, named_engine
from testbed.evaluation import Cell, ready
from testbed.files import FolderError
from testbed.laws.base import check_n
from testbed.sweep.chunk import Script, expecting, grid, pickled, require
from testbed.sweep.drive import GRACE, Drive, Outcome
from testbed.sweep.executors import Executor, Here, OnDask, Processes
from testbed.sweep.experiment import Experiment
from testbed.sweep.fingerprint import changes
from testbed.sweep.folder import Folder, stopping_of
from testbed.sweep.frame import frame_of
from testbed.sweep.index import Kept
from testbed.sweep.notebooks import cautions
from testbed.sweep.rows import Tally, columns_of
from testbed.sweep.runs import Manifest, unlike, user
from testbed.sweep.schedule import Schedule
from testbed.sweep.script import standing

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Options", "cores", "run", "run_script"]

LONGEST = 1e6  # seconds, eleven days: a longer limit is none


@dataclass(frozen=True)
class Options:
    """How a run is done; nothing here changes a number but for the last digits, which are those of the engine.

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
    engine : str
        What computes the rows (`testbed.engine`); the folder is of this engine alone.
    grace : float
        Seconds that running chunks have after a signal.
    """

    jobs: int = 0
    dask: str | None = None
    timeout: float | None = None
    shard: tuple[int, int] = (1, 1)
    retry_failed: bool = False
    fresh: bool = False
    accept_changes: bool = False
    progress: bool = True
    engine: str = NUMPY
    grace: float = GRACE


def cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@keywords
def run(
    experiment: Experiment,
    out: Path | str | None = None,
    jobs: int = 1,
    progress: bool = True,
    timeout: float | None = None,
    fresh: bool = False,
    accept_changes: bool = False,
    engine: str = NUMPY,
    retry_failed: bool = False,
) -> pd.DataFrame:
    """Run an experiment and return its rows; with `out`, keep them there, and do only what is missing there.

    It warns of rows that have failed.

    Parameters
    ----------
    out : path, optional
        Results folder. What your own classes reach (helpers, constants, data read at import) is noted beside the rows.
    jobs : int
        Processes; 1 works in this one, unless there is a `timeout`.
    timeout : float, optional
        Seconds that a chunk of about a second may take.
    fresh : bool
        Move the folder `out` aside, under a numbered name, and start anew.
    accept_changes : bool
        Go on although what your own classes reach has changed since rows in `out` were computed, if an ok row of each
        such cell, run again, is the same, bit for bit. Where some of its rows failed, say `retry_failed` too.
    engine : "numpy" or "fast"
        "fast" compiles the linear class (`pip install 'testbed[fast]'`): the same draws, numbers that agree with
        numpy's to 1e-9, not the same bytes. A folder `out` holds rows of one engine.
    retry_failed : bool
        Do the failed rows in `out` again.

    Returns
    -------
    pandas.DataFrame
        One row a cell and repetition, in canonical order, the same for any `jobs`.

    Raises
    ------
    FolderError
        If `out` holds another experiment, is in use, or cannot be written; if what the classes reach has changed; or if
        their text is not kept, so that it could not be seen to change.
    ValueError
        If a learner or the engine needs packages that are not installed.
    KeyboardInterrupt
        If interrupted; what was finished is kept in `out`.
    """
    if not isinstance(experiment, Experiment):
        raise ValueError(f"experiment = {shown(experiment)}: a testbed.Experiment is needed")
    if out is not None and not (isinstance(out, str | Path) and fits_path(str(out))):
        raise ValueError(f"out = {shown(out)}: None, or the path of a folder")
    jobs = check_n(jobs, "jobs")
    if timeout is not None and not (isinstance(timeout, Real) and 0.0 < float(timeout) <= LONGEST):
        raise ValueError(f"timeout = {shown(timeout)}: None, or more than 0 and at most {LONGEST:.0f} seconds")
    check_engine(engine)
    here = jobs == 1 and timeout is None
    options = Options(
        0 if here else jobs, None, timeout, retry_failed=retry_failed, fresh=fresh, accept_changes=accept_changes,
        progress=progress, engine=engine,
    )  # fmt: skip
    cells = experiment.cells()
    require(cells)
    for warning in cautions(cells, out):
        warnings.warn(warning, stacklevel=2)

    def executor(most: int) -> Executor:
        return Processes(source, min(jobs, most), timeout) if source else Here(experiment, cells)

    source = pickled(experiment) if options.jobs else None
    with ExitStack() as stack:
        where = Path(stack.enter_context(tempfile.TemporaryDirectory()) if out is None else out)
        folder = stack.enter_context(Folder(where, experiment.identity | named_engine(engine), options.fresh))
        folder.index.remembers = True
        outcome = _fill(folder, experiment, cells, executor, options, {"jobs": jobs})
        if outcome.signal is not None:
            raise KeyboardInterrupt
        columns = columns_of((cell.columns for cell in cells), experiment.added)
        frame = frame_of(folder.index, [cell.key for cell in cells], columns)
    if experiment.precision is None and (frame["rep"] >= experiment.repeats).any():  # the folder may hold more
        frame = frame[frame["rep"] < experiment.repeats].reset_index(drop=True)
    for note in outcome.changes:
        warnings.warn(note, stacklevel=2)
    failed = frame.loc[frame["status"] == "failed", "error"]
    if len(failed):
        first = f"{failed.iloc[0]:.200}"
        warnings.warn(f"{len(failed)} of {len(frame)} rows failed, the first with {first}", stacklevel=2)
    return frame


def run_script(
    script: Script,
    out: Path,
    options: Options,
    path: str,
    declared: Mapping[str, str] | None = None,
    then: Callable[[Folder, Outcome], None] = lambda folder, outcome: None,
) -> Outcome:
    """Run the experiment of a script into a results folder, as far as it is not there yet.

    `declared` is what the script declares to be reported, as texts by name; `then` is called at the end, while the
    folder is still locked.
    """
    check_engine(options.engine)
    experiment, cells = grid(script)
    require(cells)
    sent = expecting(script, cells)
    # a cluster that does not answer is bad input: it is found out before anything is written
    cluster = None if options.dask is None else OnDask(sent, options.dask, options.timeout, options.jobs)

    def executor(most: int) -> Executor:
        return cluster or Processes(sent, min(options.jobs, most), options.timeout)

    with ExitStack() as stack:
        if cluster:
            stack.callback(cluster.close)
        folder = stack.enter_context(Folder(out, experiment.identity | named_engine(options.engine), options.fresh))
        kept = Kept(script.text, script.tiny, script.path, platform.node(), user())
        shown = {"jobs": options.jobs, "dask": options.dask, "timeout": options.timeout, "script": path}
        if options.shard != (1, 1):
            shown["shard"] = "{}/{}".format(*options.shard)
        outcome = _fill(folder, experiment, cells, executor, options, shown, kept, declared or {})
        outcome.notes = folder.notes + outcome.notes
        then(folder, outcome)
    return outcome


def _fill(
    folder: Folder,
    experiment: Experiment,
    cells: list[Cell],
    executor: Callable[[int], Executor],
    options: Options,
    shown: Any,
    script: Kept | None = None,
    declared: Mapping[str, str] | None = None,
) -> Outcome:
    """Do what is missing, publish what is there, and say in the manifest how it went."""
    place = standing(script.text, script.path or "") if script else None
    most = experiment.repeats if experiment.precision is None else experiment.max_repeats
    again = most if options.retry_failed else 0
    prints = changes(folder.index, cells, experiment.seed, options.accept_changes, place, again)
    if script:
        folder.index.keep_script(script)
    if declared is not None:
        folder.index.keep_declared(declared)
    folder.index.declare([cell.columns for cell in cells], experiment.repeats)
    folder.index.stamp(prints.contents, prints.assumed)
    schedule = Schedule(experiment, cells, folder.index, options.shard, options.retry_failed)
    manifest = Manifest(folder.path, folder.identity, folder.write, **shown)
    outcome = Outcome(Tally(), notes=list(prints.notes), changes=prints.notes)
    _keep_stopping(folder, experiment, schedule)
    if schedule.left and manifest.commits > 1:
        outcome.notes.append(
            f"{folder.path} is written by {manifest.commits} commits of this code, with one row schema"
        )
    try:
        if schedule.left:
            with closing(executor(schedule.most)) as begun:
                ready(options.engine)  # while its processes start
                drive = Drive(folder.index, cells, schedule, begun, outcome)
                drive.run(experiment.name, options.progress, options.grace)
            _keep_stopping(folder, experiment, schedule)
        outcome.tally = folder.publish()
        if outcome.signal is None:
            outcome.missing = Schedule(experiment, cells, folder.index, options.shard).left
    except BaseException as error:
        with suppress(FolderError):  # the disk may be full: what stopped the run is what must be heard
            how = "interrupted" if isinstance(error, KeyboardInterrupt) else f"stopped by {type(error).__name__}"
            manifest.finish(how, {}, computed=outcome.computed)
        raise
    if said := unlike(folder.index.made):
        outcome.notes.append(f"{folder.path}: {said}")
    if others := len(folder.index.entries) - len(cells):
        outcome.notes.append(
            f"{folder.path} also holds {others} cells that this grid does not have, of an earlier grid or of another "
            "script of this name: they stay, and are reported with the others"
        )
    result: dict[str, Any] = {"rows": outcome.tally.rows, "failed": outcome.tally.failed}
    if "script" in shown:
        result["script"] = shown["script"]
    if folder.index.stopping:
        result["stopping"] = folder.index.stopping
    ended = "finished" if outcome.signal is None else "interrupted"
    manifest.finish(ended, result, computed=outcome.computed)
    return outcome


def _keep_stopping(folder: Folder, experiment: Experiment, schedule: Schedule) -> None:
    """Keep why cells stopped, where the number of repetitions is chosen from the rows."""
    if experiment.precision is not None:
        before = stopping_of(folder.path, folder.index) or {"cells": {}}
        cells = {**before["cells"], **schedule.stopped}
        rule = {"precision": experiment.precision, "first": experiment.repeats, "most": experiment.max_repeats}
        folder.index.keep_stopping({**rule, "cells": cells})
