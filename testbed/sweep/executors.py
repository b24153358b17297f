"""Executors: where chunks are done. Each takes chunks and gives futures; none decides what is done or in what order."""

from __future__ import annotations

import logging
import socket
from collections.abc import Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Any, Protocol

from testbed.evaluation import Cell
from testbed.sweep.chunk import Chunk, Done, Lost, Source, pickled
from testbed.sweep.experiment import Experiment
from testbed.sweep.worker import Crew, WorkerError, attempt, perform

__all__ = ["Executor", "Here", "OnDask", "Processes"]

PATIENCE = 5.0  # seconds in which a scheduler must take a connection
RETRIES = 3  # of a task whose Dask worker went away


class Executor(Protocol):
    """What the runner asks of an executor."""

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
        """Do a chunk at once, in this process, and return a future that holds its rows."""
        future: Future[Done | Lost] = Future()
        answer = perform(*self._work, chunk)
        if isinstance(answer, Lost) and chunk.rows == 1:
            with suppress(Exception):  # what cannot be sent has failed as it did here
                answer = self._crew.run(pickled(self._work[0]), replace(chunk, deaths=1), None)
        future.set_result(answer)
        return future

    def result(self, future: Future[Done | Lost]) -> Done | Lost:
        """Return the rows of a chunk, or the reason why they are lost."""
        return future.result()

    def close(self) -> None:
        """End what a row may have been tried in."""
        self._crew.close()


class Processes:
    """Processes of this machine, each led by a thread that waits for it. They start at once."""

    def __init__(self, source: Source, jobs: int, limit: float | None) -> None:
        self.workers = jobs
        self._source, self._limit, self._crew = source, limit, Crew()
        self._threads = ThreadPoolExecutor(jobs)
        for _ in range(jobs):  # each in a thread of its own; what cannot be started is tried again with a chunk
            self._threads.submit(self._crew.begin, source)

    def submit(self, chunk: Chunk) -> Future[Done | Lost]:
        """Give a chunk to the next free process."""
        return self._threads.submit(self._crew.run, self._source, chunk, self._limit)

    def result(self, future: Future[Done | Lost]) -> Done | Lost:
        """Return what came of a chunk."""
        return future.result()

    def close(self) -> None:
        """End the worker processes, without waiting for what they do."""
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
