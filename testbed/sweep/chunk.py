"""Work as it is sent: where cells come from, which of them a chunk holds, and what comes back."""

from __future__ import annotations

import hashlib
import json
import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from types import FunctionType, ModuleType
from typing import Any, cast

from testbed.evaluation import Cell
from testbed.keys import know, known
from testbed.sweep.entries import Part
from testbed.sweep.experiment import SCHEMA, Experiment
from testbed.sweep.fingerprint import fingerprints
from testbed.sweep.script import ScriptError, execute, experiment_of
from testbed.things import refuse_missing, things

__all__ = ["Chunk", "Done", "Lost", "Pickled", "Script", "Source", "Task", "expecting", "grid", "pickled", "require"]

CELLS = "the list of cells"


def require(cells: Sequence[Cell]) -> None:
    """Refuse cells whose classes need packages that are not installed.

    Raises
    ------
    ValueError
        With what is missing, and how to get it.
    """
    parts = {id(part): part for cell in cells for part in (cell.generator, cell.pretext, cell.probe)}
    refuse_missing(*(thing for part in parts.values() for thing in things(part)))


Signature = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Script:
    """A script as it travels: its text, and where it is. Nothing that it defines is ever pickled.

    `expected` is the `signature` of the grid that the run is about; a worker that finds another one does nothing.
    """

    text: str
    tiny: bool
    path: str = ""
    expected: Signature = ()


@dataclass(frozen=True)
class Pickled:
    """An experiment of a notebook as it travels: its classes go with it, and what they are called."""

    content: bytes
    expected: Signature = ()


Source = Script | Pickled


@dataclass(frozen=True)
class Task:
    """Cells (by their place in the grid) that share a generator and a kind of draw, and some of their repetitions."""

    cells: tuple[int, ...]
    reps: range

    @property
    def rows(self) -> int:
        """Number of rows that the task gives."""
        return len(self.cells) * len(self.reps)


@dataclass(frozen=True)
class Chunk:
    """Tasks that are sent out together, and the engine that does them.

    `deaths` counts the workers that died over it when it was a single row.
    """

    tasks: tuple[Task, ...]
    engine: str
    deaths: int = 0
    schema: int = SCHEMA

    @property
    def rows(self) -> int:
        """Number of rows that its tasks give together."""
        return sum(task.rows for task in self.tasks)

    def halves(self) -> list[Chunk]:
        """Cut in two: between tasks, then between repetitions, then between cells."""
        if len(self.tasks) > 1:
            middle = len(self.tasks) // 2
            return [replace(self, tasks=tasks) for tasks in (self.tasks[:middle], self.tasks[middle:])]
        (task,) = self.tasks
        if (count := len(task.reps)) > 1:
            parts = [Task(task.cells, reps) for reps in (task.reps[: count // 2], task.reps[count // 2 :])]
        else:
            middle = len(task.cells) // 2
            parts = [Task(cells, task.reps) for cells in (task.cells[:middle], task.cells[middle:])]
        return [replace(self, tasks=(part,)) for part in parts]


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


def grid(source: Source) -> tuple[Experiment, list[Cell]]:
    """Return the experiment of a source, and its cells.

    Raises
    ------
    ScriptError
        If the source says which grid is expected, and gives another one here.
    """
    if isinstance(source, Script):
        experiment, cells = _scripted(execute(source.text, source.path), source)
    else:
        experiment, things = cast(tuple[Experiment, Any], pickle.loads(source.content))
        for thing, name, hints in things:
            know(thing, name, hints)
        cells = experiment.cells()
    if source.expected:
        _compare(dict(source.expected), signature(cells), isinstance(source, Pickled))
    return experiment, cells


@lru_cache(maxsize=4)
def _scripted(module: ModuleType, source: Script) -> tuple[Experiment, list[Cell]]:
    """Cells of a script that was executed as this module; one that is executed anew is another module."""
    experiment = experiment_of(source.text, source.tiny, source.path)
    return experiment, experiment.cells()


def signature(cells: Sequence[Cell]) -> dict[str, str]:
    """What a worker must find when it reads the script: the cells in order, and all that their classes reach."""
    text = json.dumps([cell.key for cell in cells])
    names = {CELLS: hashlib.sha256(text.encode()).hexdigest()[:16]}
    for fingerprint in fingerprints(cells).values():
        names |= fingerprint.names
    return names


def expecting(script: Script, cells: Sequence[Cell]) -> Script:
    """Have the workers check that they see these cells."""
    return replace(script, expected=tuple(signature(cells).items()))


def _compare(expected: dict[str, str], found: dict[str, str], cells_only: bool) -> None:
    names = [CELLS] if cells_only else sorted({*expected, *found}, key=lambda name: (name != CELLS, name))
    other = [name for name in names if expected.get(name) != found.get(name)]
    if other:
        raise ScriptError(
            f"a worker that reads the script sees another grid than the process that runs it ({', '.join(other[:3])} "
            "differs), so no row is computed. A script must give the same experiment whenever and wherever it is read: "
            "seed its random choices, name files by Path(__file__).parent, and let nothing hang on the time, the "
            "environment, the arguments, the order of a set or the process"
        )


def pickled(experiment: Experiment) -> Pickled:
    """Pack an experiment to be sent.

    Raises
    ------
    ScriptError
        If something in it cannot be sent.
    """
    from joblib.externals.loky.backend.reduction import dumps  # also what a notebook defines, by value

    cells = experiment.cells()
    named = {thing: known(thing) for cell in cells for thing in _of_main(cell)}
    try:
        content = bytes(dumps((experiment, [(thing, *says) for thing, says in named.items()])))
    except Exception as error:
        raise ScriptError(
            f"the experiment cannot be sent to other processes ({type(error).__name__}: {error}); use jobs=1, or put "
            "it into a script for `testbed run`"
        ) from error
    return Pickled(content, ((CELLS, signature(cells)[CELLS]),))


def _of_main(cell: Cell) -> Iterator[type | FunctionType]:
    """Classes and functions of a cell that another process cannot import."""
    for thing in things((cell.generator, cell.pretext, cell.probe, tuple(cell.theory.values()))):
        if thing.__module__ == "__main__":
            yield thing
