"""What a worker does: some cells and repetitions of an experiment -> the lines of their rows."""

from __future__ import annotations

import pickle
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain
from typing import cast

from testbed.study import Block, Cell, run_blocks
from testbed.sweep.entries import Part
from testbed.sweep.grid import SCHEMA, Experiment
from testbed.sweep.machine import kernels
from testbed.sweep.rows import encode
from testbed.sweep.script import experiment_of

__all__ = ["Chunk", "Done", "Lost", "Script", "Source", "Task", "give_up", "perform"]


@dataclass(frozen=True)
class Script:
    """A script as it travels: its text. Nothing that it defines is ever pickled."""

    text: str
    tiny: bool


@dataclass(frozen=True)
class Pickled:
    """An experiment of a notebook as it travels: its classes go with it."""

    content: bytes


Source = Script | Pickled


@dataclass(frozen=True)
class Task:
    """Cells (by their place in the grid) that share a generator and a kind of draw, and some of their repetitions."""

    cells: tuple[int, ...]
    reps: range

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.cells) * len(self.reps)


@dataclass(frozen=True)
class Chunk:
    """Tasks that are sent out together; `deaths` counts the workers that died over it when it was a single row."""

    tasks: tuple[Task, ...]
    deaths: int = 0
    schema: int = SCHEMA

    @property
    def rows(self) -> int:
        """Number of rows."""
        return sum(task.rows for task in self.tasks)

    def halves(self) -> list[Chunk]:
        """Cut in two: between tasks, then between repetitions, then between cells."""
        if len(self.tasks) > 1:
            middle = len(self.tasks) // 2
            return [Chunk(self.tasks[:middle]), Chunk(self.tasks[middle:])]
        (task,) = self.tasks
        if (count := len(task.reps)) > 1:
            return [Chunk((Task(task.cells, reps),)) for reps in (task.reps[: count // 2], task.reps[count // 2 :])]
        middle = len(task.cells) // 2
        return [Chunk((Task(cells, task.reps),)) for cells in (task.cells[:middle], task.cells[middle:])]


@dataclass(frozen=True)
class Done:
    """Finished rows, the seconds that a row of each task took, and with which kernels and versions.

    `grown` says that the process has come to hold much more memory than it had after its first chunk.
    """

    parts: list[Part]
    seconds: list[float]
    made: str = ""
    grown: bool = False


@dataclass(frozen=True)
class Lost:
    """Work that came to nothing: the worker died over it, had no memory left, or it took longer than the time limit."""

    message: str
    late: bool
    trace: str = ""


@lru_cache(maxsize=4)
def grid(source: Source) -> tuple[Experiment, list[Cell]]:
    """Return the experiment of a source, and its cells."""
    if isinstance(source, Script):
        experiment = experiment_of(source.text, source.tiny)
    else:
        experiment = cast(Experiment, pickle.loads(source.content))
    return experiment, experiment.cells()


def pickled(experiment: Experiment) -> Pickled:
    """Pack an experiment to be sent."""
    from joblib.externals.loky.backend.reduction import dumps  # also what a notebook defines, by value

    return Pickled(bytes(dumps(experiment)))


def perform(experiment: Experiment, cells: Sequence[Cell], chunk: Chunk) -> Done | Lost:
    """Do the work, under one BLAS thread; where memory or open files run out it is lost: another process has some."""
    from threadpoolctl import threadpool_limits

    if chunk.schema != SCHEMA:
        raise RuntimeError(f"this worker writes row schema {SCHEMA}, the run asks for {chunk.schema}: update it")
    parts: list[Part] = []
    seconds = []
    with threadpool_limits(1):
        for task in chunk.tasks:
            start = time.perf_counter()
            blocks = run_blocks([cells[i] for i in task.cells], experiment.seed, task.reps)
            for block in blocks:
                if block.exhausted:
                    return _exhausted(block)
            parts += _parts(blocks, task.reps)
            seconds.append((time.perf_counter() - start) / task.rows)
    return Done(parts, seconds, kernels())


def _exhausted(block: Block) -> Lost:
    message, trace = block.failed[0]
    return Lost(message, late=False, trace=trace)


def give_up(cells: Sequence[Cell], chunk: Chunk, lost: Lost) -> Done:
    """Write the rows of work that came to nothing as failed."""
    parts = []
    for task in chunk.tasks:
        parts += _parts([Block.lost(cells[i], task.reps, lost.message, lost.trace) for i in task.cells], task.reps)
    return Done(parts, [])


def _parts(blocks: list[Block], reps: range) -> list[Part]:
    by_cell: dict[str, list[Block]] = {}
    for block in blocks:
        by_cell.setdefault(block.cell.key, []).append(block)
    parts = []
    for key, mine in by_cell.items():
        mine.sort(key=lambda block: block.reps.start)
        traces = {rep: trace for block in mine for rep, trace in block.traces.items()}
        parts.append(Part(key, reps.start, reps.stop, encode(chain(*mine)), traces))
    return parts
