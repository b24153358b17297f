"""What a run would do: cells, repetitions, time and disk. It writes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic

from testbed.evaluation import Cell
from testbed.sweep.chunk import Chunk, Done, Script, Task, grid
from testbed.sweep.entries import Entry
from testbed.sweep.experiment import Experiment
from testbed.sweep.folder import Folder, reading
from testbed.sweep.index import Index
from testbed.sweep.journal import JOURNAL
from testbed.sweep.rows import columns_of, prefix
from testbed.sweep.schedule import Schedule
from testbed.sweep.worker import Crew

__all__ = ["plan"]

PROBES = 8  # groups of cells that are timed
PATIENCE = 20.0  # seconds that a row may take before its time is unknown
TOGETHER = 60.0  # seconds after which no further group is timed
LINE = 260  # bytes of a line without what all lines of its cell share: 17 numbers


def plan(source: Script, folder: Path, jobs: int, shard: tuple[int, int], retry: bool) -> str:
    """Say what `testbed run` would do.

    The time comes from what the folder has measured; where it has measured nothing, one piece of work of some groups of
    cells, spread over the grid, is done by a worker like those of a run, and thrown away.
    """
    experiment, cells = grid(source)
    with _index(folder, experiment, cells) as index:
        done = sum(index.entries[cell.key].count for cell in cells)
        failed = sum(len(index.entries[cell.key].failed) for cell in cells)
        schedule = Schedule(experiment, cells, index, shard, retry)
        missing = schedule.left
        time = _time(source, cells, schedule, jobs) if missing else "none"
    columns = columns_of((cell.columns for cell in cells), experiment.added)
    shared = sum(len(prefix(cell.columns, columns)) for cell in cells) / len(cells)
    disk = (done + missing) * (2 * LINE + shared)  # the journal has the lines, rows.csv the whole rows
    repeats = f"{experiment.repeats} repetitions each"
    if experiment.precision is not None:
        repeats = f"{experiment.repeats} to {experiment.max_repeats} {repeats.partition(' ')[2]}"
    lines = [
        f"experiment   {experiment.name}, seed {experiment.seed}",
        f"folder       {folder}",
        f"cells        {len(cells)}, {repeats}",
        f"rows         {done} done ({failed} failed), {missing} to do" + (" at first" if experiment.precision else ""),
        f"time         {time}",
        f"disk         {disk / 1e6:.1f} MB",
    ]
    if shard != (1, 1):
        lines.insert(2, "shard        {} of {}".format(*shard))
    return "\n".join(lines)


@contextmanager
def _index(folder: Path, experiment: Experiment, cells: Sequence[Cell]) -> Iterator[Index]:
    """The index of a folder, with the cells of this grid, or an empty one."""
    with ExitStack() as stack:
        if (folder / JOURNAL).exists():
            index = stack.enter_context(reading(folder))
        else:
            scratch = stack.enter_context(TemporaryDirectory())
            index = stack.enter_context(Folder(Path(scratch), experiment.identity)).index
        for cell in cells:
            index.entries.setdefault(cell.key, Entry(cell.columns))
        yield index


def _time(source: Script, cells: Sequence[Cell], schedule: Schedule, jobs: int) -> str:
    """Time that all that is missing takes, and where the number comes from."""
    jobs = min(jobs, schedule.most)
    work = schedule.by_cost()
    unknown = [cost for cost in work if cost not in schedule.cost]
    basis, slow, timed = "from the times that the folder keeps", 0, 0
    if unknown:
        crew, end = Crew(), monotonic() + TOGETHER
        try:
            for cost in unknown[:: -(-len(unknown) // PROBES)]:
                task = work[cost][1]
                row = _row_seconds(crew, source, task)
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
        return f"unknown, more than {PATIENCE:.0f} s a row in {slow} of the {slow + timed} groups of cells tried"
    known = [schedule.cost[cost] for cost in work if cost in schedule.cost]
    mean = sum(known) / max(len(known), 1)
    seconds = sum(rows * schedule.cost.get(cost, mean) for cost, (rows, _) in work.items())
    return f"{_said(seconds / jobs)} with {jobs} processes ({basis})"


def _row_seconds(crew: Crew, source: Script, task: Task) -> float | None:
    """Seconds of a row of a task; None where one is not done in time.

    The first attempt pays for imports and caches too, so it is what counts only where it takes long. A task that is not
    done in time is tried as single rows, of its first and its last cell.
    """
    for _ in range(2):
        start = monotonic()
        answer = crew.run(source, Chunk((task,)), PATIENCE)
        if not isinstance(answer, Done):
            break
        if monotonic() - start > PATIENCE / 4:
            return answer.seconds[0]
    if isinstance(answer, Done):
        return answer.seconds[0]
    if task.rows == 1:
        return None
    first = range(task.reps.start, task.reps.start + 1)
    ends = [_row_seconds(crew, source, Task((cell,), first)) for cell in {task.cells[0], task.cells[-1]}]
    known = [seconds for seconds in ends if seconds is not None]
    return sum(known) / len(known) if len(known) == len(ends) else None


def _said(seconds: float) -> str:
    if seconds < 100:
        return f"about {max(seconds, 1):.0f} s"
    if seconds < 6000:
        return f"about {seconds / 60:.0f} min"
    return f"about {seconds / 3600:.1f} h"
