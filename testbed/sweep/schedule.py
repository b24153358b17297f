"""What is still to be done, cut into chunks of about a second, and with precision on demand how much that is."""

from __future__ import annotations

import math
import sys
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from testbed._linalg import Array
from testbed.evaluation import BLOCK, Cell
from testbed.sweep.chunk import Chunk, Task
from testbed.sweep.entries import gaps
from testbed.sweep.experiment import Experiment
from testbed.sweep.index import Index

__all__ = ["Rule", "Schedule"]

SECONDS = 1.0  # of a chunk


@dataclass(frozen=True)
class Rule:
    """Stop a cell when the Monte Carlo standard error of its excess risk is small against its mean.

    With m and s the mean and standard deviation of excess_risk over the ok ones among the first N repetitions, n of
    them, a cell stops where s / sqrt(n) <= `precision` |m|. Otherwise it goes on to the number of repetitions that m
    and s call for, but at most to 2N, rounded up to a block of 64. It starts with the `first` repetitions and ends at
    `most`. Errors of integrals that all repetitions share do not count, as no repetition lessens them.

    Few looks, each at much more data than the one before, keep the bias of stopping small: a cell stops early where s
    happens to be small or m large. The looks are at boundaries that follow from the same repetitions, so that it does
    not matter in which order, on how many machines, or in how many runs they were computed.
    """

    precision: float
    first: int
    most: int

    def after(self, risks: Array, reached: int) -> int | str:
        """Where a cell goes on to, or why it stops: "precision", "max_repeats", or "failing" (fewer than 2 are ok).

        Parameters
        ----------
        risks : array (n,)
            Excess risk of the ok ones among the first `reached` repetitions.
        """
        if len(risks) < 2:
            return "failing"
        mean, std = abs(float(np.mean(risks))), float(np.std(risks, ddof=1))
        if std <= self.precision * mean * math.sqrt(len(risks)):
            return "precision"
        if reached >= self.most:
            return "max_repeats"
        with np.errstate(divide="ignore"):
            share = float(np.square(np.float64(std) / (self.precision * mean * math.sqrt(len(risks)))))
        wanted = reached * min(share, 2.0)
        return min(self.most, max(math.ceil(wanted / BLOCK), reached // BLOCK + 1) * BLOCK)


@dataclass
class Group:
    """Cells that share a generator and a kind of draw, so that their repetitions share laws, draws and fits."""

    number: int
    members: tuple[int, ...]
    draws: str
    cost: str  # name under which the seconds of a row are kept


class Schedule:
    """The missing rows of a grid.

    A block of 64 repetitions is the unit on Moments, a repetition the unit on rows, all cells of the group together.
    Units are joined into chunks of about a second, by the seconds a row took when its group was last measured; the
    first unit of a group that was never measured goes alone. Units that follow each other are one task, since blocks of
    a small frozen law are faster together. No value of a row depends on any of this.

    Parameters
    ----------
    shard : (i, N)
        Keep to the i-th of N parts, counted from 1: every N-th unit of a group, and of what is left then an N-th of the
        repetitions; or with precision on demand, where the
        repetitions of a cell must be seen together, every N-th group.
    retry : bool
        Take failed rows as missing.
    """

    def __init__(
        self,
        experiment: Experiment,
        cells: Sequence[Cell],
        index: Index,
        shard: tuple[int, int] = (1, 1),
        retry: bool = False,
    ) -> None:
        self._keys = [cell.key for cell in cells]
        self._experiment, self._index, self._shard, self._retry = experiment, index, shard, retry
        self._rule = None
        if experiment.precision is not None:
            self._rule = Rule(experiment.precision, experiment.repeats, experiment.max_repeats)
        self.stopped: dict[str, dict[str, int | str]] = {}
        self.left = 0  # rows that are known to be missing and not sent out
        self._units = 0
        self.cost = dict(index.seconds)
        self._open: dict[int, tuple[Group, dict[int, int], int]] = {}  # group, repetitions by cell, rows to come
        self._lined: deque[Iterator[tuple[Group, Task]]] = deque()
        self._head: tuple[Group, Task] | None = None
        self._guess: dict[str, float] = {}  # seconds of a row, by kind of draw, for groups that were never measured
        self._of: dict[int, Group] = {}
        for group in _groups(cells):
            self._of |= dict.fromkeys(group.members, group)
            if not self._rule or group.number % shard[1] == shard[0] - 1:
                self._start(group, dict.fromkeys(group.members, experiment.repeats))

    def _start(self, group: Group, targets: dict[int, int]) -> None:
        """Line up what a group misses; where nothing is missing, decide at once."""
        while targets:
            missing = self._missing(targets)
            tasks = [task.rows for _, task in self._cut(group, missing)]
            rows = sum(tasks)
            self._units += len(tasks)
            if rows or not self._rule:
                self._lined.append(self._cut(group, missing))
                self._open[group.number] = (group, targets, rows)
                self.left += rows
                return
            targets = self._decide(targets)

    def _missing(self, targets: dict[int, int]) -> dict[tuple[tuple[int, int], ...], list[int]]:
        """Missing repetitions as intervals, and the cells that miss just these."""
        alike: dict[tuple[tuple[int, int], ...], list[int]] = defaultdict(list)
        for cell, target in targets.items():
            entry = self._index.entries[self._keys[cell]]
            missing = gaps(entry.done, target)
            if self._retry:
                missing += [(rep, rep + 1) for rep in entry.failed if rep < target]
            alike[tuple(sorted(missing))].append(cell)
        return alike

    def _cut(self, group: Group, missing: dict[tuple[tuple[int, int], ...], list[int]]) -> Iterator[tuple[Group, Task]]:
        """Units of work, as far as they are this shard's."""
        part, parts = self._shard if not self._rule else (1, 1)
        for intervals, cells in missing.items():
            for start, stop in intervals:
                while start < stop:
                    number, end = self._unit(start, 1 if group.draws == "rows" else BLOCK, parts)
                    end = min(stop, end)
                    if (group.number + number) % parts == part - 1:
                        yield group, Task(tuple(cells), range(start, end))
                    start = end

    def _unit(self, rep: int, step: int, parts: int) -> tuple[int, int]:
        """Number of the unit that a repetition belongs to, and where it ends.

        The units that do not go round all shards are cut anew, into a piece of equal length for each.
        """
        end = (rep // step + 1) * step
        rest = self._experiment.repeats // (step * parts) * step * parts
        if parts == 1 or rep < rest:
            return rep // step, end
        length = self._experiment.repeats - rest
        piece = ((rep - rest + 1) * parts - 1) // max(length, 1)
        return piece, min(end, rest + length * (piece + 1) // parts)

    def _decide(self, targets: dict[int, int]) -> dict[int, int]:
        """Targets of the cells that go on."""
        onward = {}
        for cell, reached in targets.items():
            key = self._keys[cell]
            entry = self._index.entries[key]
            answer = self._rule.after(_risks(self._index, key, reached), reached) if self._rule else "repeats"
            if isinstance(answer, int):
                onward[cell] = answer
            else:
                self.stopped[key] = {"stopped": answer, "repeats": entry.count}
        return onward

    @property
    def most(self) -> int:
        """How many workers could have something to do: units of work that are missing, as far as they are known."""
        return sys.maxsize if self._rule else max(1, self._units)

    def next(self, workers: int) -> Chunk | None:
        """Cut the next chunk, or None if nothing is to be sent out now."""
        budget = SECONDS
        if self._guess:  # towards the end, small enough that all workers have some
            budget = min(SECONDS, self.left * max(self._guess.values()) / (2 * workers))
        tasks: list[Task] = []
        groups: set[int] = set()
        spent = 0.0
        while head := self._peek():
            group, task = head
            cost = self.cost.get(group.cost)
            if cost is None:
                cost = self._guess.get(group.draws, SECONDS)
                if group.number in groups:
                    break
            if tasks and spent + cost * task.rows > budget:
                break
            self._head = None
            self.left -= task.rows
            spent += cost * task.rows
            groups.add(group.number)
            last = tasks[-1] if tasks else None
            if last and last.cells == task.cells and last.reps.stop == task.reps.start:
                tasks[-1] = Task(task.cells, range(last.reps.start, task.reps.stop))
            else:
                tasks.append(task)
        return Chunk(tuple(tasks), self._index.engine) if tasks else None

    def _peek(self) -> tuple[Group, Task] | None:
        while self._head is None and self._lined:
            self._head = next(self._lined[0], None)
            if self._head is None:
                self._lined.popleft()
        return self._head

    def by_cost(self) -> dict[str, tuple[int, Task]]:
        """Missing rows by the name of their cost, and a task of each; it uses up all that is lined up."""
        work: dict[str, tuple[int, Task]] = {}
        while head := self._peek():
            group, task = head
            rows, first = work.get(group.cost, (0, task))
            work[group.cost] = (rows + task.rows, first)
            self._head = None
        return work

    def learn(self, tasks: Sequence[Task], seconds: Sequence[float]) -> dict[str, float]:
        """Note what a row of each task has taken, as far as known; return it as it is to be kept."""
        learnt = {}
        for task, taken in zip(tasks, seconds, strict=False):
            group = self._of[task.cells[0]]
            learnt[group.cost] = (self.cost.get(group.cost, taken) + taken) / 2
            self._guess[group.draws] = learnt[group.cost]
            self.cost |= learnt
        return learnt

    def finished(self, task: Task) -> None:
        """Note that the rows of a task are in the index; with precision on demand, more may follow from them."""
        if self._rule is None:
            return
        group, targets, rows = self._open[self._of[task.cells[0]].number]
        self._open[group.number] = (group, targets, rows - task.rows)
        if rows == task.rows:
            del self._open[group.number]
            self._start(group, self._decide(targets))


def _groups(cells: Sequence[Cell]) -> Iterator[Group]:
    members: dict[tuple[str, str], list[int]] = defaultdict(list)
    for i, cell in enumerate(cells):
        members[cell.texts[0], cell.draws].append(i)
    for number, ((_, draws), places) in enumerate(members.items()):
        yield Group(number, tuple(places), draws, cells[places[0]].key)


def _risks(index: Index, key: str, stop: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Excess risk of the ok ones among the first repetitions of a cell."""
    risks: list[float] = []
    for lines in index.lines(index.entries[key]):
        for line in lines.split(b"\n")[:-1]:
            rep, risk, _ = line.split(b",", 2)
            if int(rep) < stop and line.endswith(b",ok,"):
                risks.append(float(risk))
    return np.array(risks)
