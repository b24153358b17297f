"""How a population holds its numbers: arrays that nobody may write into, and standard errors by their names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, wraps
from typing import Any, TypeVar, cast

import numpy as np

from testbed._linalg import Array
from testbed.data import read_only
from testbed.screens import contained

__all__ = ["LEAK", "Errors", "ReadOnly", "error_name", "jackknife", "met", "once"]

Method = TypeVar("Method", bound=Callable[..., Any])

RELATIVE_ERROR = 1e-3  # at which an integral counts as resolved
NEGLIGIBLE = 1e-12  # standard error at which an integral is resolved whatever its size
LEAK = ("aligned", "anti_aligned", "harmful", "neutral", "signed_leak")  # the last is `SignedLeak.predicted`


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


def once(compute: Method) -> Method:
    """Keep what a method of a population returns, by its arguments: every statement and column asks for it again."""

    @wraps(compute)
    def known(owner: Any, *args: Any, **named: Any) -> Any:
        kept = vars(owner).setdefault("_once", {})
        asked = (compute, args, *sorted(named.items()))
        if asked not in kept:
            kept[asked] = _held(compute(owner, *args, **named))
        return kept[asked]

    return cast(Method, known)


def _held(value: Any) -> Any:
    """Arrays, also those in tuples, as read-only views; anything else as it is."""
    if isinstance(value, np.ndarray):
        return read_only(value)
    if isinstance(value, tuple):
        inside = [_held(v) for v in value]
        return type(value)(*inside) if hasattr(value, "_fields") else contained(tuple(inside))
    return value


class Errors(dict[str, Array]):
    """Standard errors by name; one that is asked for before it is known is computed first, with its quantity.

    Parameters
    ----------
    find : callable
        Name -> standard error, after which other names may be known too; None for what is in closed form.
    """

    def __init__(self, find: Callable[[str], Array | None]) -> None:
        super().__init__()
        self._find = find

    def __repr__(self) -> str:
        return f"<standard errors of {', '.join(self) or 'nothing yet'}>"

    def __missing__(self, name: str) -> Array:
        found = self._find(name)
        if found is None:
            raise KeyError(f"{name} is in closed form: it has no standard error")
        self[name] = found
        return found


def error_name(quantity: str, intercept: bool = True, given: str = "yz") -> str:
    """Name in `Population.se` of a quantity that depends on the intercept and on what is given."""
    return quantity + ("" if intercept else "_no_intercept") + ("" if given == "yz" else "_y")


def met(value: Any, error: Any) -> Any:
    """Whether an integral has the relative error of 1e-3 that is promised (or an absolute one of 1e-12), (...) bool."""
    return np.asarray(error) <= np.maximum(RELATIVE_ERROR * np.abs(value), NEGLIGIBLE)


def jackknife(left_out: Sequence[Array]) -> Array:
    """Standard error of an estimate from n independent parts, from its n values without one of the parts each."""
    each = np.stack([np.asarray(v, dtype=float) for v in left_out])
    n = len(each)
    return np.asarray(np.sqrt((n - 1) / n * np.sum((each - each.mean(axis=0)) ** 2, axis=0)))
