"""The loop of a run: chunks go out to an engine, rows come in and are written down."""

from __future__ import annotations

import sys
from collections import deque
from dataclasses import dataclass, field, replace
from queue import SimpleQueue
from typing import Any

from testbed.study import Cell
from testbed.sweep.engines import Engine
from testbed.sweep.entries import failures
from testbed.sweep.ledger import OpenLedger
from testbed.sweep.schedule import Schedule
from testbed.sweep.signals import Stop
from testbed.sweep.store import Tally
from testbed.sweep.work import Chunk, Done, give_up

__all__ = ["Drive", "Outcome"]

DEATHS = 3  # workers that may die over one row before it has failed


@dataclass
class Outcome:
    """How a run ended: what rows.csv holds, how many rows are new, and the signal that ended it early."""

    tally: Tally
    computed: int = 0
    signal: int | None = None
    notes: list[str] = field(default_factory=list)


class Drive:
    """One run: chunks go out, rows come in."""

    def __init__(
        self, ledger: OpenLedger, cells: list[Cell], schedule: Schedule, engine: Engine, outcome: Outcome
    ) -> None:
        self.ledger, self.cells, self.schedule, self.engine, self.outcome = ledger, cells, schedule, engine, outcome
        self.again: deque[Chunk] = deque()
        self.failed = 0
        self.ready: SimpleQueue[Any] = SimpleQueue()  # its put may be called within a signal handler

    def run(self, name: str, progress: bool) -> None:
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
        self.ledger.record(answer.parts, costs)
        for task in chunk.tasks:
            self.schedule.finished(task)
        self.outcome.computed += chunk.rows
        failed = sum(len(failures(part.lines)) for part in answer.parts)
        self.failed += failed
        bar.update(chunk.rows)
        if failed:
            bar.set_postfix(failed=self.failed)
