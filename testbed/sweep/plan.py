"""What a run would do: cells, repetitions, time and disk. It writes nothing."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from testbed.study import Cell
from testbed.sweep.entries import Entry
from testbed.sweep.grid import Experiment
from testbed.sweep.ledger import Ledger
from testbed.sweep.rows import columns_of, prefix
from testbed.sweep.schedule import Schedule
from testbed.sweep.store import JOURNAL, Folder, reading
from testbed.sweep.work import Chunk, Script, grid, perform

__all__ = ["plan"]

PROBES = 8  # groups of cells that are timed
PATIENCE = 20.0  # seconds after which no further group is timed
LINE = 260  # bytes of a line without what all lines of its cell share: 17 numbers


def plan(source: Script, folder: Path, jobs: int, shard: tuple[int, int], retry: bool) -> str:
    """Say what `testbed run` would do.

    The time comes from what the folder has measured; where it has measured nothing, one piece of work of some groups of
    cells, spread over the grid, is done in memory and thrown away.
    """
    experiment, cells = grid(source)
    with _ledger(folder, experiment, cells) as ledger:
        done = sum(ledger.entries[cell.key].count for cell in cells)
        failed = sum(len(ledger.entries[cell.key].failed) for cell in cells)
        schedule = Schedule(experiment, cells, ledger, shard, retry)
        missing = schedule.left
        seconds, basis = _seconds(experiment, cells, schedule)
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
        f"time         {_time(seconds / jobs)} with {jobs} processes ({basis})" if missing else "time         none",
        f"disk         {disk / 1e6:.1f} MB",
    ]
    if shard != (1, 1):
        lines.insert(2, "shard        {} of {}".format(*shard))
    return "\n".join(lines)


@contextmanager
def _ledger(folder: Path, experiment: Experiment, cells: Sequence[Cell]) -> Iterator[Ledger]:
    """The ledger of a folder, with the cells of this grid, or an empty one."""
    with ExitStack() as stack:
        if (folder / JOURNAL).exists():
            ledger = stack.enter_context(reading(folder))
        else:
            scratch = stack.enter_context(TemporaryDirectory())
            ledger = stack.enter_context(Folder(Path(scratch), experiment.identity)).ledger
        for cell in cells:
            ledger.entries.setdefault(cell.key, Entry(cell.columns))
        yield ledger


def _seconds(experiment: Experiment, cells: Sequence[Cell], schedule: Schedule) -> tuple[float, str]:
    """Seconds of all that is missing on one core, and where the number comes from."""
    work = schedule.by_cost()
    unknown = [cost for cost in work if cost not in schedule.cost]
    basis = "from the times that the folder keeps"
    if unknown:
        start = time.perf_counter()
        timed = 0
        for cost in unknown[:: -(-len(unknown) // PROBES)]:
            task = work[cost][1]
            perform(experiment, cells, Chunk((task,)))  # the first time pays for imports and caches
            schedule.learn([task], perform(experiment, cells, Chunk((task,))).seconds)
            timed += 1
            if time.perf_counter() - start > PATIENCE:
                break
        basis = f"from {timed} of {len(work)} groups of cells, timed now in memory"
    known = [schedule.cost[cost] for cost in work if cost in schedule.cost]
    mean = sum(known) / max(len(known), 1)
    return sum(rows * schedule.cost.get(cost, mean) for cost, (rows, _) in work.items()), basis


def _time(seconds: float) -> str:
    if seconds < 100:
        return f"about {max(seconds, 1):.0f} s"
    if seconds < 6000:
        return f"about {seconds / 60:.0f} min"
    return f"about {seconds / 3600:.1f} h"
