"""Checks of dials: each names the dial, its value and what is allowed."""

from __future__ import annotations

import math
import numbers

__all__ = ["number", "one_of", "positive", "share", "whole"]


def whole(name: str, value: object, least: int) -> None:
    """Refuse what is not a whole number of at least `least`."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < least:
        raise ValueError(f"{name} = {value!r}: a whole number of at least {least} is needed")


def positive(name: str, value: object) -> None:
    """Refuse what is not a finite positive number."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not 0.0 < float(value) < math.inf:
        raise ValueError(f"{name} = {value!r}: a finite positive number is needed")


def number(name: str, value: object, least: float, most: float) -> None:
    """Refuse what is not a finite number between two bounds."""
    valid = not isinstance(value, bool) and isinstance(value, numbers.Real) and math.isfinite(float(value))
    if not valid or not least <= float(value) <= most:  # type: ignore[arg-type]
        raise ValueError(f"{name} = {value!r}: a finite number from {least:g} to {most:g} is needed")


def share(name: str, value: object, what: str) -> None:
    """Refuse what is not a number in [0, 1]."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not 0.0 <= float(value) <= 1.0:
        raise ValueError(f"{name} = {value!r}: {what} must be in [0, 1]")


def one_of(name: str, value: object, allowed: tuple[str, ...]) -> None:
    """Refuse what is not one of some words."""
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{name} = {value!r}; allowed: {', '.join(map(repr, allowed))}")
