"""An executor for commands whose processes are not what is tested: this process, which spares the start of a worker."""

from __future__ import annotations

from testbed.sweep.chunk import Source, grid
from testbed.sweep.executors import Here

__all__ = ["alone"]


def alone(source: Source, jobs: int, limit: float | None) -> Here:
    """Do all chunks in this process; rows are the same."""
    return Here(*grid(source))
