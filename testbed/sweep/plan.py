"""What a run would do: cells, repetitions, time and disk. It writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Any

from testbed.engine import NUMPY, check_engine, named_engine
from testbed.evaluation import Cell, ready
from testbed.sweep.chunk import Chunk, Done, Script, Task, grid
from testbed.sweep.entries import Entry
from testbed.sweep.folder import Folder, reading
from testbed.sweep.index import Index
from testbed.sweep.journal import JOURNAL
from testbed.sweep.rows import columns_of, prefix
from testbed.sweep.schedule import Schedule
from testbed.sweep.worker import Crew

__all__ = ["Plan", "plan"]

PROBES = 8  # groups of cells that are timed
PATIENCE = 20.0  # seconds that a row may take before its time is unknown
TOGETHER = 60.0  # seconds after which no further group is timed
LINE = 260  # bytes of a line without what all lines of its cell share: 17 numbers


@dataclass(frozen=True)
class Plan:
    """What `testbed run` would do.

    Attributes
    ----------
    experiment, seed, folder : str, int, str
    shard : (i, N)
        Part of the work, (1, 1) for all of it.
    cells, repeats, max_repeats : int
        Cells, and repetitions of each; `max_repeats` is None where every cell has `repeats`.
    done, failed, missing : int
        Rows that are there, those of them that failed, and rows to do.
    seconds : float or None
        Time that the missing rows take; None where it is not known, and 0 where nothing is missing.
    processes : int
        At work for so long.
    basis : str
        Where the time comes from, or why it is not known.
    disk : float
        Bytes, when all is done.
    """

    experiment: str
    seed: int
    folder: str
    shard: tuple[int, int]
    cells: int
    repeats: int
    max_repeats: int | None
    done: int
    failed: int
    missing: int
    seconds: float | None
    processes: int
    basis: str
    disk: float

    @property
    def text(self) -> str:
        """The lines that `--plan` prints."""
        repeats, first = f"{self.repeats} repetitions each", ""
        if self.max_repeats is not None:
            repeats, first = f"{self.repeats} to {self.max_repeats} repetitions each", " at first"
        time = f"unknown, {self.basis}" if self.seconds is None else "none"
        if self.seconds:
            time = f"{_said(self.seconds)} with {self.processes} processes ({self.basis})"
        lines = [
            f"experiment   {self.experiment}, seed {self.seed}",
            f"folder       {self.folder}",
            f"cells        {self.cells}, {repeats}",
            f"rows         {self.done} done ({self.failed} failed), {self.missing} to do{first}",
            f"time         {time}",
            f"disk         {self.disk / 1e6:.1f} MB",
        ]
        if self.shard != (1, 1):
            lines.insert(2, "shard        {} of {}".format(*self.shard))
        return "\n".join(lines)


def plan(source: Script, folder: Path, jobs: int, shard: tuple[int, int], retry: bool, engine: str = NUMPY) -> Plan:
    """Find what `testbed run` would do.

    The time comes from what the folder has measured; where it has measured nothing, one piece of work of some groups of
    cells, spread over the grid, is done by a worker like those of a run, and thrown away.
    """
    check_engine(engine)
    experiment, cells = grid(source)
    with _index(folder, experiment.identity | named_engine(engine), cells) as index:
        done = sum(index.entries[cell.key].count for cell in cells)
        failed = sum(len(index.entries[cell.key].failed) for cell in cells)
        schedule = Schedule(experiment, cells, index, shard, retry)
        missing = schedule.left
        jobs = min(jobs, schedule.most)
        seconds, basis = _time(source, schedule, jobs, index.engine) if missing else (0.0, "nothing is missing")
    columns = columns_of((cell.columns for cell in cells), experiment.added)
    shared = sum(len(prefix(cell.columns, columns)) for cell in cells) / len(cells)
    return Plan(
        experiment=experiment.name, seed=experiment.seed, folder=str(folder), shard=shard, cells=len(cells),
        repeats=experiment.repeats,
        max_repeats=None if experiment.precision is None else experiment.max_repeats,
        done=done, failed=failed, missing=missing, seconds=seconds, processes=jobs, basis=basis,
        disk=(done + missing) * (2 * LINE + shared),  # the journal has the lines, rows.csv the whole rows
    )  # fmt: skip


@contextmanager
def _index(folder: Path, identity: dict[str, Any], cells: Sequence[Cell]) -> Iterator[Index]:
    """The index of a folder, with the cells of this grid, or an empty one."""
    with ExitStack() as stack:
        if (folder / JOURNAL).exists():
            index = stack.enter_context(reading(folder))
        else:
            scratch = stack.enter_context(TemporaryDirectory())
            index = stack.enter_context(Folder(Path(scratch), identity)).index
        for cell in cells:
            index.entries.setdefault(cell.key, Entry(cell.columns))
        yield index


def _time(source: Script, schedule: Schedule, jobs: int, engine: str) -> tuple[float | None, str]:
    """Seconds that all that is missing takes, None where they are not known, and where the number comes from."""
    work = schedule.by_cost()
    unknown = [cost for cost in work if cost not in schedule.cost]
    basis, slow, timed = "from the times that the folder keeps", 0, 0
    if unknown:
        ready(engine)
        crew, end = Crew(), monotonic() + TOGETHER
        try:
            for cost in unknown[:: -(-len(unknown) // PROBES)]:
                task = work[cost][1]
                row = _row_seconds(crew, source, task, engine)
                if row is None:
                    slow += 1
                else:
                    schedule.learn([task], [row])
                    timed += 1
                if monotonic() > end:
                    break
        finally:
            crew.close()
        basis = f"from {timed} of {len(work)} groups of cells, timed now in memory"
    if slow:
        return None, f"more than {PATIENCE:.0f} s a row in {slow} of the {slow + timed} groups of cells tried"
    known = [schedule.cost[cost] for cost in work if cost in schedule.cost]
    mean = sum(known) / max(len(known), 1)
    seconds = sum(rows * schedule.cost.get(cost, mean) for cost, (rows, _) in work.items())
    return seconds / jobs, basis


def _row_seconds(crew: Crew, source: Script, task: Task, engine: str) -> float | None:
    """Seconds of a row of a task; None where one is not done in time.

    The first attempt pays for imports and caches too, so it is what counts only where it takes long. A task that is not
    done in time is tried as single rows, of its first and its last cell.
    """
    for _ in range(2):
        start = monotonic()
        answer = crew.run(source, Chunk((task,), engine), PATIENCE)
        if not isinstance(answer, Done):
            break
        if monotonic() - start > PATIENCE / 4:
            return answer.seconds[0]
    if isinstance(answer, Done):
        return answer.seconds[0]
    if task.rows == 1:
        return None
    first = range(task.reps.start, task.reps.start + 1)
    ends = [_row_seconds(crew, source, Task((cell,), first), engine) for cell in {task.cells[0], task.cells[-1]}]
    known = [seconds for seconds in ends if seconds is not None]
    return sum(known) / len(known) if len(known) == len(ends) else None


def _said(seconds: float) -> str:
    if seconds < 100:
        return f"about {max(seconds, 1):.0f} s"
    if seconds < 6000:
        return f"about {seconds / 60:.0f} min"
    return f"about {seconds / 3600:.1f} h"
