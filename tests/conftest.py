"""Settings of all tests and of their process, and fixtures for those of which processes are not what is tested."""

from __future__ import annotations

import ctypes
import gc
import os
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings

# Two cores are shared with whatever else runs, so no test is failed for being slow; examples are the same every time.
settings.register_profile("shared", deadline=None, derandomize=True)
settings.load_profile("shared")

# Programs of jax are compiled once, as those of numba are, and read by the next run; `make clean` removes them.
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(Path(__file__).parents[1] / ".pytest_cache" / "jax"))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")


def pytest_configure() -> None:
    """Freed memory is kept for the next array, also of more than the 16 MB that this project keeps: no page is new."""
    with suppress(OSError, AttributeError):  # of another C library
        allocator = ctypes.CDLL(None).mallopt
        for setting, value in ((-4, 0), (-1, 2**31 - 1)):  # M_MMAP_MAX, M_TRIM_THRESHOLD of malloc.h
            allocator(setting, value)


def pytest_collection_finish() -> None:
    """Garbage is looked for less often, and not among what imports have made: that was 15% of the tests of figures."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.fixture
def here_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripts are run by this process, which spares each command a worker that starts up; rows are the same."""
    from tests.alone import alone

    monkeypatch.setattr("testbed.sweep.runner.Processes", alone)


@pytest.fixture
def forked_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers are forks, for tests in which processes are the point and their start is not."""
    from tests.forked import popen

    monkeypatch.setattr("testbed.sweep.worker.subprocess", popen())


@pytest.fixture(scope="session", autouse=True)
def no_waiting() -> Iterator[None]:
    """What a thousand runs of the tests wait for: git is asked once which commit this is, and the disk for nothing.

    Where a write becomes durable matters when a machine fails, which no test makes it do; that it is asked for is seen
    where `os.fsync` is patched to listen (sweep/test_journal) or to fail.
    """
    from testbed.sweep import runs

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "_git", cache(runs._git))
        patch.setattr(os, "fsync", os.fstat)  # a descriptor must still be one
        yield
