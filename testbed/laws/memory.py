"""Rows that no memory of this machine holds are refused before they are drawn, with the bytes they would take."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cache, wraps
from typing import Any

from testbed.allowed import Size
from testbed.data import Sample

__all__ = ["check_memory", "in_memory"]

NUMBER = 8  # bytes of a float
NONE = sys.maxsize  # bytes, where the system does not say


@cache
def _memory() -> int:
    """Bytes of memory of this machine."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return NONE


def check_memory(n: int, columns: int, name: str = "n") -> None:
    """Refuse rows that take more bytes than this machine has.

    Raises
    ------
    ValueError
        With the bytes of n rows, those of the machine, and the rows that they would hold.
    """
    if n * columns * NUMBER > _memory():
        raise ValueError(
            f"{name} = {n}: rows of {columns} numbers, {NUMBER} bytes each, take {n * columns * NUMBER / 1e9:,.1f} GB; "
            f"the memory of this machine is {_memory() / 1e9:,.1f} GB, so at most {_memory() // (columns * NUMBER)} "
            "rows are allowed"
        )


def in_memory(sample: Callable[..., Sample]) -> Callable[..., Sample]:
    """Let `sample` of a law refuse at once what has no place in memory; counts of a finite law always have."""

    @wraps(sample)
    def checked(self: Any, n: Any, *args: Any, **given: Any) -> Sample:
        weighted = given.get("weighted", len(args) > 1 and args[1])
        if Size().allows(n) and not weighted:
            check_memory(int(n), sum(self.shape[:3]))
        return sample(self, n, *args, **given)

    return checked
