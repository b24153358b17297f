"""The loop of a run: chunks go out, rows come in and are written down, until all is done or a signal comes."""

from __future__ import annotations

import signal
import sys
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Any, Self

from testbed.evaluation import Cell
from testbed.sweep.chunk import Chunk, Done
from testbed.sweep.entries import failures
from testbed.sweep.executors import Executor
from testbed.sweep.index import OpenIndex
from testbed.sweep.rows import Tally
from testbed.sweep.schedule import Schedule
from testbed.sweep.worker import WorkerError, give_up

__all__ = ["GRACE", "Drive", "Outcome"]

EVERY = 60.0  # seconds between two lines
GRACE = 30.0  # seconds that running chunks have after a signal
DEATHS = 3  # workers that may die over one row before it has failed


class Stop:
    """While it is entered, the first SIGINT or SIGTERM is noted and `told` is called; the second interrupts.

    Only the main thread can hear signals; in any other, nothing changes.
    """

    def __init__(self, told: Callable[[int], None]) -> None:
        self._told = told
        self._before: dict[int, Any] = {}
        self.asked: int | None = None

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                self._before[number] = signal.signal(number, self._hear)
        return self

    def __exit__(self, *_: object) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def _hear(self, number: int, _: FrameType | None) -> None:
        if self.asked is not None:
            raise KeyboardInterrupt
        self.asked = number
        self._told(number)


class Progress:
    """Rows done of those known so far, on standard error; with `silent` nothing is shown.

    Parameters
    ----------
    total : int
        Rows that are missing.
    name : str
        Of the experiment.
    """

    def __init__(self, total: int, name: str, silent: bool = False) -> None:
        from tqdm import tqdm

        self.total, self.name = total, name
        self.lines = not (silent or sys.stderr.isatty())
        self.done = self.failed = 0
        self.start = self._said = time.monotonic()
        self._bar: Any = tqdm(total=total, unit="row", desc=name, disable=True if silent else None, smoothing=0.1)

    def wait(self) -> float | None:
        """Seconds until the next line is due; None where none is."""
        return max(0.0, self._said + EVERY - time.monotonic()) if self.lines else None

    def advance(self, rows: int, failed: int) -> None:
        """Count rows that are done, some of which failed."""
        self.done += rows
        self.failed += failed
        self._bar.update(rows)
        if failed:
            self._bar.set_postfix(failed=self.failed)

    def expect(self, left: int) -> None:
        """Say how many rows are still to come."""
        self.total = self.done + left
        self._bar.total = self.total

    def tick(self) -> None:
        """Write a line about progress, if one is due."""
        if not self.lines or time.monotonic() < self._said + EVERY:
            return
        self._said = time.monotonic()
        took = self._said - self.start
        text = f"testbed: {self.name}: {self.done} of {self.total} rows after {took / 60:.0f} min"
        if self.failed:
            text += f", {self.failed} failed"
        if self.done:
            text += f", about {took / self.done * (self.total - self.done) / 60:.0f} min to go"
        self.say(text)

    def say(self, text: str) -> None:
        """Write a line of text beside the bar of progress."""
        self._bar.write(text, file=sys.stderr)
        sys.stderr.flush()

    def close(self) -> None:
        """End the bar of progress."""
        self._bar.close()


@dataclass
class Outcome:
    """How a run ended: what rows.csv holds, how many rows are new, and the signal that ended it early.

    `missing` counts rows that were planned and are not there, though nothing ended it early; `changes` are the notes
    that are about the user's own code.
    """

    tally: Tally
    computed: int = 0
    missing: int = 0
    signal: int | None = None
    notes: list[str] = field(default_factory=list)
    changes: tuple[str, ...] = ()


class Drive:
    """One run: chunks go out, rows come in."""

    def __init__(
        self, index: OpenIndex, cells: list[Cell], schedule: Schedule, executor: Executor, outcome: Outcome
    ) -> None:
        self.index, self.cells, self.schedule, self.executor, self.outcome = index, cells, schedule, executor, outcome
        self.again: deque[Chunk] = deque()
        self.ready: SimpleQueue[Any] = SimpleQueue()  # its put may be called within a signal handler

    def run(self, name: str, shown: bool, grace: float = GRACE) -> None:
        """Work until nothing is left, or until told to stop and the running chunks are done, or the grace is over."""
        out: dict[Any, Chunk] = {}
        progress = Progress(self.schedule.left, name, silent=not shown)
        end: float | None = None

        def told(number: int) -> None:
            nonlocal end
            self.outcome.signal, end = number, time.monotonic() + grace
            self.ready.put(None)
            progress.say(f"stopping when the chunks that run now are done, in {grace:g} s at most; once more: at once")

        try:
            with closing(progress), Stop(told):
                while True:
                    while self.outcome.signal is None and len(out) < 2 * self.executor.workers:
                        chunk = self.again.popleft() if self.again else self.schedule.next(self.executor.workers)
                        if chunk is None:
                            break
                        future = self.executor.submit(chunk)
                        out[future] = chunk
                        future.add_done_callback(self.ready.put)
                    if not out:
                        return
                    try:
                        future = self.ready.get(timeout=_first(progress.wait(), end))
                    except Empty:
                        if end is not None and time.monotonic() >= end:
                            return  # what still runs is given up, and done again next time
                        progress.tick()
                        continue
                    if future is None:
                        for waiting in list(out):
                            waiting.cancel()
                        continue
                    chunk = out.pop(future)
                    if not (future.cancelled() and self.outcome.signal):
                        self._take(chunk, future, progress)
                        progress.expect(self.schedule.left + sum(c.rows for c in (*out.values(), *self.again)))
                        progress.tick()
        finally:
            self.executor.close()

    def _take(self, chunk: Chunk, future: Any, progress: Progress) -> None:
        """Write down what came of a chunk; what was lost is tried again in halves, down to the single row."""
        answer = self.executor.result(future)
        if not isinstance(answer, Done):
            if chunk.rows > 1:
                self.again.extend(chunk.halves())
                return
            if not answer.late and chunk.deaths + 1 < DEATHS:
                self.again.append(replace(chunk, deaths=chunk.deaths + 1))
                return
            answer = give_up(self.cells, chunk, answer)
        planned = sorted((self.cells[i].key, t.reps.start, t.reps.stop) for t in chunk.tasks for i in t.cells)
        if sorted((part.key, part.start, part.stop) for part in answer.parts) != planned:
            raise WorkerError("a worker has sent other rows than it was asked for; none of them is kept")
        # the cost goes with the rows, so that a run that resumes knows it; what the rows lead to, only after them
        self.index.computed_with(answer.made)
        costs = self.schedule.learn(chunk.tasks, answer.seconds)
        self.index.record(answer.parts, costs)
        for task in chunk.tasks:
            self.schedule.finished(task)
        self.outcome.computed += chunk.rows
        progress.advance(chunk.rows, sum(len(failures(part.lines)) for part in answer.parts))


def _first(wait: float | None, end: float | None) -> float | None:
    """Seconds until the next thing is due; None where nothing is."""
    left = None if end is None else max(0.0, end - time.monotonic())
    return min((seconds for seconds in (wait, left) if seconds is not None), default=None)
