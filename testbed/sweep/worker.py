"""Worker processes of our own: what a parent sees of one, and what one does.

A pool of joblib or concurrent.futures breaks as a whole when one worker dies, and then cannot say over which work it
died; nor can it stop one worker that hangs. Here each has one pipe to its parent, so both are told apart, and the
others work on. Dask workers start children in the same way, so a repetition that kills its process kills no Dask
worker.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import sysconfig
import threading
import time
import traceback
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from pathlib import Path

from testbed.arguments import placeless
from testbed.evaluation import Block, Cell, run_blocks
from testbed.failures import exhausted, said
from testbed.sweep.chunk import Chunk, Done, Lost, Pickled, Script, Source, grid
from testbed.sweep.entries import Part
from testbed.sweep.experiment import SCHEMA, Experiment
from testbed.sweep.frame import joined
from testbed.sweep.rows import encode_blocks
from testbed.sweep.runs import kernels
from testbed.sweep.script import ScriptError, look_in, looked_in, stood

__all__ = ["Crew", "WorkerError", "attempt", "give_up", "perform"]

BOOT = "import sys; sys.path[:] = {boot}; from testbed.sweep.worker import serve; sys.path[:] = {path}; serve({beside})"
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
GROWTH = 2**30  # bytes that a child may hold beyond those after its first chunk
IDLE = 300.0  # seconds without work after which a child ends; a Dask worker may stay for weeks


class WorkerError(RuntimeError):
    """A worker cannot work at all: it cannot import or execute what it was sent."""


class Child:
    """A worker process. It gets no signals of the terminal, and ends when its parent does."""

    def __init__(self, source: Source) -> None:
        ours, theirs = Pipe()
        # -P: the current directory is no place to import from
        command = [sys.executable, "-P", "-c", _boot(source), str(theirs.fileno()), str(os.getpid())]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=2,  # what a learner prints must not mix with results
            pass_fds=[theirs.fileno()],
            start_new_session=True,
            env=_environment(),
        )
        theirs.close()
        self._pipe = ours
        self._source: Source | None = None

    def run(self, source: Source, chunk: Chunk, limit: float | None) -> Done | Lost | WorkerError:
        """Have a chunk done, within `limit` seconds; a child that is lost over it can do no other."""
        try:
            if source != self._source:
                self._pipe.send(source)
                if failed := self._pipe.recv():  # starting, importing and reading the script are not on the clock
                    return WorkerError(failed)
                self._source = source
            self._pipe.send(chunk)
            if not self._pipe.poll(limit):
                return Lost(f"TimeLimit: not done within {limit:g} s", late=True)
            answer: Done | Lost | str = self._pipe.recv()
            return WorkerError(answer) if isinstance(answer, str) else answer
        except (EOFError, OSError):
            return Lost(f"WorkerDied: {_ending(self.process.wait())}", late=False)

    def kill(self) -> None:
        """End the process, and what a learner may have started in it."""
        if self.process.poll() is None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)  # its session is its own
        self.process.wait()


class Crew:
    """The children of a process: one for each thread that asks."""

    def __init__(self) -> None:
        self._local = threading.local()
        self._all: set[Child] = set()
        self._closed = False

    def run(self, source: Source, chunk: Chunk, limit: float | None) -> Done | Lost:
        """Have a chunk done by this thread's child."""
        child: Child | None = getattr(self._local, "child", None)
        if child is not None and (chunk.deaths or child.process.poll() is not None):
            self._end(child)  # what was lost once is tried again in a fresh one
            child = None
        if child is None:
            child = self._start(source)
        answer = child.run(source, chunk, limit)
        if isinstance(answer, WorkerError):
            self._end(child)
            raise answer
        if isinstance(answer, Lost) or answer.grown:
            self._end(child)
        return answer

    def begin(self, source: Source) -> None:
        """Start this thread's child, if it has none: it imports while its parent gets ready."""
        if getattr(self._local, "child", None) is None:
            self._start(source)

    def _start(self, source: Source) -> Child:
        child = self._local.child = Child(source)
        self._all.add(child)
        if self._closed:
            child.kill()
        return child

    def _end(self, child: Child) -> None:
        self._local.child = None
        self._all.discard(child)
        child.kill()

    def close(self) -> None:
        """End all children; threads that wait for one learn that it died."""
        self._closed = True
        for child in list(self._all):
            child.kill()


_CREW = Crew()


def attempt(source: Source, chunk: Chunk, limit: float | None) -> Done | Lost:
    """Do a chunk in a child of this process: what a Dask worker is sent."""
    return _CREW.run(source, chunk, limit)


def _boot(source: Source) -> str:
    """What a child executes first. Python and what is installed come before the user's own folders while it starts.

    A script finds what lies beside it when it is executed. An experiment that is sent, of a notebook say, finds what it
    found where it was made, the current directory too if that is where it was.
    """
    path = [os.path.abspath(p) for p in sys.path if (p or isinstance(source, Pickled)) and p not in looked_in()]
    installed = [p for p in path if _installed(p)]
    own = [p for p in path if p not in installed]
    return BOOT.format(boot=[*installed, *own], path=path, beside=own if isinstance(source, Pickled) else [])


def _installed(path: str) -> bool:
    places = {os.path.abspath(place) for place in (*sysconfig.get_paths().values(), str(Path(__file__).parents[2]))}
    parts = Path(path).parts
    return (
        path in places
        or path.endswith((".zip", "lib-dynload"))
        or not {"site-packages", "dist-packages"}.isdisjoint(parts)
    )


def _environment() -> dict[str, str]:
    """One BLAS thread; and nothing is imported from where the process stands."""
    listed = [p for p in os.environ.get("PYTHONPATH", "").split(os.pathsep) if os.path.isabs(p)]
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return kept | dict.fromkeys(ONE_THREAD, "1") | ({"PYTHONPATH": os.pathsep.join(listed)} if listed else {})


def _ending(code: int) -> str:
    if code >= 0:
        return f"the process ended itself with exit status {code}"
    guess = " (out of memory?)" if code == -signal.SIGKILL else ""
    return f"the process was ended by {signal.Signals(-code).name}{guess}"


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
            blocks = run_blocks([cells[i] for i in task.cells], experiment.seed, task.reps, chunk.engine)
            for block in blocks:
                if block.exhausted:
                    return _exhausted(block)
            parts += _parts(blocks, task.reps)
            seconds.append((time.perf_counter() - start) / task.rows)
    return Done(parts, seconds, kernels(chunk.engine))


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
        parts.append(Part(key, reps.start, reps.stop, encode_blocks(mine), traces, joined(mine)))
    return parts


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
                answer = Lost(said(error), late=False, trace=placeless(traceback.format_exc()))
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
