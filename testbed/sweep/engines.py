"""Engines: where chunks are done. Each takes chunks and gives futures; none decides what is done or in which order.

A pool of joblib or concurrent.futures breaks as a whole when one worker dies, and then cannot say over which work it
died; nor can it stop one worker that hangs. Here each worker process has one pipe to its parent, so both are told
apart, and the others work on. Dask workers start children in the same way, so a repetition that kills its process kills
no Dask worker.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from multiprocessing import Pipe
from pathlib import Path
from typing import Any, Protocol

from testbed.evaluation import Cell
from testbed.sweep.chunk import Chunk, Done, Lost, Pickled, Source, pickled
from testbed.sweep.experiment import Experiment
from testbed.sweep.script import looked_in
from testbed.sweep.worker import perform

__all__ = ["Crew", "Engine", "Here", "OnDask", "Processes", "WorkerError", "attempt"]

BOOT = "import sys; sys.path[:] = {boot}; from testbed.sweep.worker import serve; sys.path[:] = {path}; serve({beside})"
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")


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
            child = self._local.child = Child(source)
            self._all.add(child)
            if self._closed:
                child.kill()
        answer = child.run(source, chunk, limit)
        if isinstance(answer, WorkerError):
            self._end(child)
            raise answer
        if isinstance(answer, Lost) or answer.grown:
            self._end(child)
        return answer

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


PATIENCE = 5.0  # seconds in which a scheduler must take a connection
RETRIES = 3  # of a task whose Dask worker went away


class Engine(Protocol):
    """What the runner asks of an engine."""

    @property
    def workers(self) -> int:
        """How many chunks are done at the same time."""

    def submit(self, chunk: Chunk) -> Any:
        """Begin a chunk; the future has `add_done_callback`, `cancel` and `cancelled`."""

    def result(self, future: Any) -> Done | Lost:
        """Return what came of a chunk that is no longer running."""

    def close(self) -> None:
        """Stop at once, whatever is running."""


class Here:
    """The process itself, one chunk after the other: nothing is sent, and a debugger works.

    A row that is lost because memory or open files ran out here is tried again in a process of its own.
    """

    workers = 1

    def __init__(self, experiment: Experiment, cells: Sequence[Cell]) -> None:
        self._work = (experiment, cells)
        self._crew = Crew()

    def submit(self, chunk: Chunk) -> Future[Done | Lost]:
        """Do a chunk."""
        future: Future[Done | Lost] = Future()
        answer = perform(*self._work, chunk)
        if isinstance(answer, Lost) and chunk.rows == 1:
            with suppress(Exception):  # what cannot be sent has failed as it did here
                answer = self._crew.run(pickled(self._work[0]), replace(chunk, deaths=1), None)
        future.set_result(answer)
        return future

    def result(self, future: Future[Done | Lost]) -> Done | Lost:
        """Return the rows."""
        return future.result()

    def close(self) -> None:
        """End what a row may have been tried in."""
        self._crew.close()


class Processes:
    """Processes of this machine, each led by a thread that waits for it."""

    def __init__(self, source: Source, jobs: int, limit: float | None) -> None:
        self.workers = jobs
        self._source, self._limit, self._crew = source, limit, Crew()
        self._threads = ThreadPoolExecutor(jobs)

    def submit(self, chunk: Chunk) -> Future[Done | Lost]:
        """Give a chunk to the next free process."""
        return self._threads.submit(self._crew.run, self._source, chunk, self._limit)

    def result(self, future: Future[Done | Lost]) -> Done | Lost:
        """Return what came of a chunk."""
        return future.result()

    def close(self) -> None:
        """End the processes."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._crew.close()
        self._threads.shutdown(wait=True)


class OnDask:
    """A Dask cluster: a running one, or with the address "local" one of `jobs` processes that ends with the run.

    The script travels as text, so the workers need this package and nothing else.
    """

    def __init__(self, source: Source, address: str, limit: float | None, jobs: int = 1) -> None:
        try:
            from distributed import Client, KilledWorker, LocalCluster
        except ImportError as error:
            raise WorkerError("--dask needs the extra: pip install 'testbed[dask]'") from error
        make: Any = Client
        local: Any = LocalCluster
        self._cluster = None
        try:
            if address == "local":
                settings = {"dashboard_address": None, "host": "127.0.0.1", "silence_logs": logging.ERROR}
                self._cluster = local(n_workers=jobs, threads_per_worker=1, **settings)
            else:
                _answers(address)
            self._client = make(self._cluster or address, set_as_default=False)
        except (OSError, ValueError, TypeError) as error:
            said = " ".join(str(error).split())[:200]
            raise WorkerError(f"--dask {address}: no scheduler answers there ({said})") from error
        self._source, self._limit, self._killed = source, limit, KilledWorker

    @property
    def workers(self) -> int:
        """Threads of the cluster as it is now."""
        threads: dict[str, int] = self._client.nthreads()
        return max(1, sum(threads.values()))

    def submit(self, chunk: Chunk) -> Any:
        """Give a chunk to the cluster."""
        return self._client.submit(attempt, self._source, chunk, self._limit, pure=False, retries=RETRIES)

    def result(self, future: Any) -> Done | Lost:
        """Return what came of a chunk; one that took several workers with it is lost."""
        try:
            answer: Done | Lost = future.result()
        except self._killed as error:
            return Lost(f"WorkerDied: {' '.join(str(error).split())}", late=False)
        except WorkerError:
            raise
        except (OSError, RuntimeError, CancelledError) as error:
            raise WorkerError(f"the Dask cluster is lost: {type(error).__name__}: {error}") from error
        return answer

    def close(self) -> None:
        """Leave the cluster, which drops what it still holds of this run; one of our own ends."""
        self._client.close()
        if self._cluster is not None:
            self._cluster.close()


def _answers(address: str) -> None:
    """Raise OSError where nobody listens: Dask itself would try for half a minute."""
    scheme, _, place = address.rpartition("://")
    if scheme in ("", "tcp", "tls"):
        host, _, port = place.rstrip("/").rpartition(":")
        socket.create_connection((host.strip("[]"), int(port)), PATIENCE).close()
