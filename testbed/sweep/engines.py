"""Engines: where chunks are done. Each takes chunks and gives futures; none decides what is done or in which order."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import Any, Protocol

from testbed.study import Cell
from testbed.sweep.child import Crew, WorkerError, attempt
from testbed.sweep.grid import Experiment
from testbed.sweep.work import Chunk, Done, Lost, Source, perform

__all__ = ["Engine", "Here", "OnDask", "Processes"]

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
    """The process itself, one chunk after the other: nothing is sent, and a debugger works."""

    workers = 1

    def __init__(self, experiment: Experiment, cells: Sequence[Cell]) -> None:
        self._work = (experiment, cells)

    def submit(self, chunk: Chunk) -> Future[Done | Lost]:
        """Do a chunk."""
        future: Future[Done | Lost] = Future()
        future.set_result(perform(*self._work, chunk))
        return future

    def result(self, future: Future[Done | Lost]) -> Done | Lost:
        """Return the rows."""
        return future.result()

    def close(self) -> None:
        """Nothing is running."""


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
    """A running Dask cluster; the script travels as text, so its workers need this package and nothing else."""

    def __init__(self, source: Source, address: str, limit: float | None) -> None:
        try:
            from distributed import Client, KilledWorker
        except ImportError as error:
            raise WorkerError("--dask needs the extra: pip install 'testbed[dask]'") from error
        try:
            make: Any = Client
            self._client = make(address, set_as_default=False)  # the time it waits is in Dask's own configuration
        except (OSError, ValueError, TypeError) as error:
            raise WorkerError(f"--dask {address}: no scheduler answers there ({error})") from error
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
        """Leave the cluster, which drops what it still holds of this run."""
        self._client.close()
