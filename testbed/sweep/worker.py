"""What a worker does: it takes chunks from a pipe and gives the lines of their rows."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain
from multiprocessing.connection import Connection
from pathlib import Path

from testbed.evaluation import Block, Cell, run_blocks
from testbed.failures import exhausted, said
from testbed.sweep.chunk import Chunk, Done, Lost, Script, grid
from testbed.sweep.experiment import SCHEMA, Experiment
from testbed.sweep.rows import Part, encode
from testbed.sweep.runs import kernels
from testbed.sweep.script import ScriptError, look_in, stood

__all__ = ["give_up", "perform", "resident"]


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


GROWTH = 2**30  # bytes that a child may hold beyond those after its first chunk
IDLE = 300.0  # seconds without work after which a child ends; a Dask worker may stay for weeks


def serve(folders: list[str]) -> None:
    """Be a child: take chunks from the pipe until it is closed. What lies in `folders` hides nothing of Python's."""
    look_in(*folders)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    handle, parent = int(sys.argv[1]), int(sys.argv[2])
    threading.Thread(target=_follow, args=(parent,), daemon=True).start()
    pipe = Connection(handle)
    work: tuple[Experiment, list[Cell]] | None = None
    least: int | None = None
    while True:
        try:
            if not pipe.poll(IDLE):
                os._exit(0)
            sent = pipe.recv()
        except (EOFError, OSError):
            os._exit(0)
        answer: Done | Lost | str | None = None
        try:
            if isinstance(sent, Chunk):
                assert work is not None
                answer = perform(*work, sent)
                if isinstance(answer, Done):
                    least = resident() if least is None else least
                    answer = replace(answer, grown=resident() - least > _room())
            else:
                work = grid(sent)
                if isinstance(sent, Script):
                    os.chdir(stood(sent.text, sent.path))
        except ScriptError as error:
            answer = str(error)
        except Exception as error:
            answer = f"a worker cannot do its work:\n{traceback.format_exc().rstrip()}"
            if isinstance(sent, Chunk) and exhausted(error):
                answer = Lost(said(error), late=False, trace=traceback.format_exc())
        try:
            pipe.send(answer)
        except OSError:
            os._exit(0)


def _room() -> int:
    """Bytes by which a child may grow before it is renewed: what a learner leaves behind must not end the run."""
    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    return GROWTH if limit == resource.RLIM_INFINITY else min(GROWTH, limit // 4)


def _follow(parent: int) -> None:
    """End with the parent, even in the middle of a repetition that hangs."""
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(0)


def resident() -> int:
    """Bytes of memory that this process holds; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        pass
    try:
        shown = subprocess.run(["ps", "-o", "rss=", "-p", str(os.getpid())], capture_output=True, check=False)
        return int(shown.stdout) * 1024
    except (OSError, ValueError):
        return 0
