"""Settings of all tests, and a fixture for those of commands whose processes are not what is tested."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# Two cores are shared with whatever else runs, so no test is failed for being slow; examples are the same every time.
settings.register_profile("shared", deadline=None, derandomize=True)
settings.load_profile("shared")

# Programs of jax are compiled once, as those of numba are, and read by the next run; `make clean` removes them.
os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(Path(__file__).parents[1] / ".pytest_cache" / "jax"))
os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0")


@pytest.fixture
def here_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripts are run by this process, which spares each command a worker that starts up; rows are the same."""
    from tests.alone import alone

    monkeypatch.setattr("testbed.sweep.runner.Processes", alone)
