"""What methods of the testbed's own classes refuse by the name of the argument, before they begin to compute.

A check here is a look at the type and the shape; it costs a microsecond. Classes from outside are left as they are.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import signature
from types import FunctionType
from typing import Any

import numpy as np

from testbed.arguments import shown

__all__ = ["Guarded"]


def _law(value: Any) -> bool:
    return hasattr(value, "population") and not isinstance(value, type)


def _rows(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.ndim >= 2 and value.dtype.kind in "fiub"


def _truth(value: Any) -> bool:
    return isinstance(value, bool | np.bool_)


def _function(value: Any) -> bool:
    return callable(value) and not isinstance(value, type)


def _draw(value: Any) -> bool:
    return hasattr(value, "x1") or isinstance(value, list | tuple)


def _repeats(value: Any) -> bool:
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool) and bool(1 <= value <= 2**31)
    return value is None or whole


LAW = (_law, "a law of testbed.laws is needed")
ROWS = (_rows, "an array (n, p) of real numbers is needed")
GUARDS: dict[str, dict[str, tuple[Callable[[Any], bool], str]]] = {
    "pretext": {"law": LAW, "draw": (_draw, "rows of a law, law.sample(n, rng), or a list of its Moments is needed")},
    "regressor": {"a": ROWS, "b": ROWS},
    "model": {"law": LAW},
    "fitted": {"law": LAW},
    "generator": {"repeats": (_repeats, "None, or a whole number of at least 1 is needed")},
    "law": {
        "repeats": (_repeats, "None, or a whole number of at least 1 is needed"),
        "weighted": (_truth, "True or False is needed"),
    },
    "population": {
        "psi": (_function, "a function from rows of x1, (n, d1), to (n, r) is needed"),
        "intercept": (_truth, "True or False is needed"),
        "given": (lambda value: isinstance(value, str), "allowed: 'y', 'yz'"),
        "feature_class": (lambda value: isinstance(value, str), "allowed: 'linear', 'universal'"),
    },
}


class Guarded:
    """Base whose subclasses of the testbed check the arguments that `GUARDS` names for their kind."""

    def __init_subclass__(cls, kind: str = "", **others: Any) -> None:
        """Put the checks before each public method that has such an argument."""
        super().__init_subclass__(**others)
        if kind:
            cls._guards = GUARDS[kind]  # type: ignore[attr-defined]
        if cls.__module__.startswith("testbed."):
            for name, method in list(vars(cls).items()):
                plain = isinstance(method, FunctionType) and not getattr(method, "__isabstractmethod__", False)
                if plain and not name.startswith("_"):
                    _guard(cls, name, method)


def _guard(cls: Any, name: str, method: FunctionType) -> None:
    names = list(signature(method).parameters)
    mine = {names.index(n): (n, *cls._guards[n]) for n in names if n in cls._guards}
    if not mine:
        return

    @wraps(method)
    def checked(*args: Any, **given: Any) -> Any:
        for place, (argument, fits, needed) in mine.items():
            if place < len(args):
                value = args[place]
            elif argument in given:
                value = given[argument]
            else:
                continue
            if not fits(value):
                raise ValueError(f"{argument} = {shown(value)}: {needed}")
        return method(*args, **given)

    setattr(cls, name, checked)
