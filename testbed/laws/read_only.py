"""What a population holds is read by every learner and statement: nobody may write into it."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property, wraps
from typing import Any

import numpy as np

from testbed.data import read_only

__all__ = ["ReadOnly"]


class ReadOnly:
    """Base whose attributes and cached properties are read-only arrays, in subclasses from anywhere too."""

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for value in vars(cls).values():
            if isinstance(value, cached_property):
                value.func = _frozen(value.func)

    def __setattr__(self, name: str, value: object) -> None:
        object.__setattr__(self, name, _held(value))


def _frozen(compute: Callable[[Any], Any]) -> Callable[[Any], Any]:
    @wraps(compute)
    def frozen(owner: Any) -> Any:
        return _held(compute(owner))

    return frozen


def _held(value: Any) -> Any:
    """Arrays, also those in tuples, as read-only views; anything else as it is."""
    if isinstance(value, np.ndarray):
        return read_only(value)
    if isinstance(value, tuple):
        inside = [_held(v) for v in value]
        return type(value)(*inside) if hasattr(value, "_fields") else tuple(inside)
    return value
