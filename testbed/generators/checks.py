"""Checks of dials: each names the dial, its value and what is allowed."""

from __future__ import annotations

import math
import numbers

from testbed.arguments import shown

__all__ = ["number", "one_of", "positive", "share", "whole"]


MOST = 2**31  # of a dimension or a number of states: no memory holds more


def whole(name: str, value: object, least: int, most: int | None = MOST) -> None:
    """Refuse what is not a whole number of at least `least`, and at most `most` where that is given."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < least:
        raise ValueError(f"{name} = {shown(value)}: a whole number of at least {least} is needed")
    if most is not None and int(value) > most:
        raise ValueError(f"{name} = {shown(value)}: a whole number from {least} to {most} is needed")


def _float(value: numbers.Real) -> float:
    """Nearest float; infinite for a whole number beyond all floats."""
    try:
        return float(value)
    except OverflowError:
        return math.inf


def positive(name: str, value: object) -> None:
    """Refuse what is not a finite positive number."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not 0.0 < _float(value) < math.inf:
        raise ValueError(f"{name} = {shown(value)}: a finite positive number is needed")


def number(name: str, value: object, least: float, most: float) -> None:
    """Refuse what is not a finite number between two bounds."""
    valid = not isinstance(value, bool) and isinstance(value, numbers.Real) and math.isfinite(_float(value))
    if not valid or not least <= _float(value) <= most:  # type: ignore[arg-type]
        raise ValueError(f"{name} = {shown(value)}: a finite number from {least:g} to {most:g} is needed")


def share(name: str, value: object, what: str) -> None:
    """Refuse what is not a number in [0, 1]."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real) or not 0.0 <= _float(value) <= 1.0:
        raise ValueError(f"{name} = {shown(value)}: {what} must be in [0, 1]")


def one_of(name: str, value: object, allowed: tuple[str, ...]) -> None:
    """Refuse what is not one of some words."""
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{name} = {shown(value)}; allowed: {', '.join(map(repr, allowed))}")
