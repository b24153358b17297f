"""Standard errors of what a law computes by integrals: their names, and the jackknife over shifts of the points."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from testbed._linalg import Array

__all__ = ["LEAK", "Errors", "error_name", "jackknife", "met"]

RELATIVE_ERROR = 1e-3  # at which an integral counts as resolved
NEGLIGIBLE = 1e-12  # standard error at which an integral is resolved whatever its size
LEAK = ("aligned", "anti_aligned", "harmful", "neutral", "signed_leak")  # the last is `SignedLeak.predicted`


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
