"""The former place of three measures of `testbed.evaluation`; it goes in the next version."""

from __future__ import annotations

import warnings
from typing import Any

from testbed import evaluation

__all__: list[str] = []


def __getattr__(name: str) -> Any:
    """Find a measure where it is now, and say so."""
    if name not in {"error01", "intrinsic_split", "subspace_sine"}:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    warnings.warn(f"testbed.measures.{name} is testbed.evaluation.{name} now", DeprecationWarning, stacklevel=2)
    return getattr(evaluation, name)
