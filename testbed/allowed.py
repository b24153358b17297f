"""What a setting may be: kinds of values, and their words in a message. `testbed.settings` reads them off types."""

from __future__ import annotations

import math
import numbers
from abc import ABC, abstractmethod
from dataclasses import dataclass
from inspect import signature
from typing import Annotated, Any

import numpy as np

from testbed.arguments import meant, shown

__all__ = [
    "Allowed",
    "Choice",
    "Count",
    "Either",
    "Instance",
    "NotNegative",
    "Positive",
    "Real",
    "Share",
    "Size",
    "Tuple",
    "Whole",
]

MOST = 2**31  # of a dimension or a number of states: no memory holds more
EXACT = 2**53  # beyond it a count is no exact float


def _float(value: Any) -> float:
    """Nearest float of a real number, infinite beyond all floats; NaN for what is none, such as True."""
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        return math.nan
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _reason(why: str) -> str:
    return f" ({why})" if why else ""


class Allowed(ABC):
    """What a value may be."""

    @abstractmethod
    def allows(self, value: Any) -> bool:
        """Whether a value is one of those that are allowed."""

    @abstractmethod
    def words(self, value: Any = None) -> str:
        """What is allowed, in words for one who gave `value`."""

    def held(self, value: Any) -> Any:
        """Allowed value in the form that its owner holds."""
        return value

    def check(self, name: str, value: Any) -> Any:
        """Return the value as it is held, or say what is wrong with it.

        Raises
        ------
        ValueError
            With the name of the setting, its value, and what is allowed.
        """
        if not self.allows(value):
            raise ValueError(f"{name} = {shown(value)}{self.answer(value)}")
        return self.held(value)

    def answer(self, value: Any) -> str:
        """What a message says after name and value."""
        return f": {self.words(value)} is needed"


@dataclass(frozen=True)
class Whole(Allowed):
    """A whole number of at least `at_least`, and of at most `at_most` unless that is None; `why` says what for."""

    at_least: int
    at_most: int | None = MOST
    why: str = ""

    def allows(self, value: Any) -> bool:
        """Whether a value is a whole number within the bounds."""
        whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
        return whole and self.at_least <= int(value) <= (math.inf if self.at_most is None else self.at_most)

    def held(self, value: Any) -> int:
        """Return the whole number as a Python int."""
        return int(value)

    def words(self, value: Any = None) -> str:
        """Bounds; the largest number that memory holds is named only to one who gave more."""
        over = isinstance(value, numbers.Integral) and self.at_most is not None and int(value) > self.at_most
        unbounded = self.at_most is None or (self.at_most == MOST and not over)
        bounds = f"of at least {self.at_least}" if unbounded else f"from {self.at_least} to {self.at_most}"
        return f"a whole number {bounds}{_reason(self.why)}"


@dataclass(frozen=True)
class Size(Allowed):
    """A sample size: a whole number of at least 1, which may be written as 1e5, and is held as an int."""

    def allows(self, value: Any) -> bool:
        """Whether a value is a sample size."""
        return math.isfinite(_float(value)) and bool(1 <= value <= EXACT and int(value) == value)

    def words(self, value: Any = None) -> str:
        """Bounds; the largest one is named only to one who gave more."""
        over = math.isfinite(_float(value)) and value > EXACT
        return f"a sample size is a whole number of at least 1{', and at most 2^53' if over else ''}"

    def answer(self, value: Any) -> str:
        """Return the sentence that follows the value in a message."""
        return f": {self.words(value)}"

    def held(self, value: Any) -> int:
        """Return the sample size as a Python int."""
        return int(value)


@dataclass(frozen=True)
class Real(Allowed):
    """A finite number between bounds, of which `above` and `below` are not attained; `why` says what for."""

    at_least: float = -math.inf
    at_most: float = math.inf
    above: float = -math.inf
    below: float = math.inf
    why: str = ""

    def allows(self, value: Any) -> bool:
        """Whether a value is a finite number within the bounds."""
        number = _float(value)
        return math.isfinite(number) and self.at_least <= number <= self.at_most and self.above < number < self.below

    def held(self, value: Any) -> float:
        """Return the number as a Python float."""
        return float(value)

    def words(self, value: Any = None) -> str:
        """Return the bounds in words; `value` is not looked at."""
        low, high = max(self.at_least, self.above), min(self.at_most, self.below)
        strictly, under = self.above >= self.at_least, self.below <= self.at_most
        if math.isfinite(low) and math.isfinite(high):
            first, then = "above" if strictly else "from", "and" if strictly and under else "to"
            words = f"a finite number {first} {low:g} {then} {'below ' if under else ''}{high:g}"
        elif strictly and low == 0.0:
            words = "a finite positive number"
        elif math.isfinite(low):
            words = f"a finite number {'above' if strictly else 'of at least'} {low:g}"
        elif math.isfinite(high):
            words = f"a finite number {'below' if under else 'of at most'} {high:g}"
        else:
            words = "a finite number"
        return words + _reason(self.why)


@dataclass(frozen=True)
class Choice(Allowed):
    """One of some words, or of True and False, or None."""

    options: tuple[str | bool | None, ...]

    def allows(self, value: Any) -> bool:
        """Whether it is one; 1 is not True."""
        plain = value.item() if isinstance(value, np.generic) else value
        return any(isinstance(plain, type(option)) and plain == option for option in self.options)

    def held(self, value: Any) -> Any:
        """Return numpy's True and False as Python's, and any other option as it is."""
        return bool(value) if isinstance(value, np.bool_) else value

    def words(self, value: Any = None) -> str:
        """Return the options, as they are written, with commas between them."""
        return ", ".join(map(repr, self.options))

    def answer(self, value: Any) -> str:
        """The options, and the one that was probably meant."""
        close = meant(value, [o for o in self.options if isinstance(o, str)]) if isinstance(value, str) else ""
        return f"; allowed: {self.words()}{close}"


@dataclass(frozen=True)
class Instance(Allowed):
    """An instance of one of some classes of settings; each says by its `called` what its instances are."""

    kinds: tuple[type, ...]

    def allows(self, value: Any) -> bool:
        """Whether it is one; a class itself is none."""
        return isinstance(value, self.kinds)

    def words(self, value: Any = None) -> str:
        """What the classes call their instances."""
        return " or ".join(vars(kind).get("called", f"a {kind.__name__}") for kind in self.kinds)

    def answer(self, value: Any) -> str:
        """What is needed, and to one who gave the class that an instance of it is."""
        if isinstance(value, type) and issubclass(value, self.kinds):
            settings = "..." if any(p.default is p.empty for p in signature(value).parameters.values()) else ""
            return f": a class; an instance is needed, such as {value.__name__}({settings})"
        return super().answer(value)


@dataclass(frozen=True)
class Tuple(Allowed):
    """A tuple, list or vector of at least `least` values, each of them allowed; it is held as a tuple."""

    inner: Allowed
    least: int = 0

    def allows(self, value: Any) -> bool:
        """Whether a value is a list, tuple or vector of allowed values, long enough."""
        several = isinstance(value, tuple | list) or (isinstance(value, np.ndarray) and value.ndim == 1)
        return several and len(value) >= self.least and all(map(self.inner.allows, value))

    def held(self, value: Any) -> tuple[Any, ...]:
        """Return a tuple of the values, each in the form in which it is held."""
        return tuple(map(self.inner.held, value))

    def words(self, value: Any = None) -> str:
        """Return what each value may be, in words."""
        least = f" of at least {self.least}" if self.least else ""
        return f"a tuple{least}, each entry {self.inner.words()},"


@dataclass(frozen=True)
class Either(Allowed):
    """What one of several parts allows."""

    parts: tuple[Allowed, ...]

    def allows(self, value: Any) -> bool:
        """Whether at least one of the parts allows a value."""
        return any(part.allows(value) for part in self.parts)

    def held(self, value: Any) -> Any:
        """In the form of the first that allows it."""
        return next(part for part in self.parts if part.allows(value)).held(value)

    def words(self, value: Any = None) -> str:
        """What the parts allow, choices last and None first."""
        ordered = sorted(self.parts, key=lambda part: 2 * isinstance(part, Choice) - 3 * (part == Choice((None,))))
        return ", or ".join(part.words(value) for part in ordered)


Count = Annotated[int, Whole(1)]
Positive = Annotated[float, Real(above=0.0)]
NotNegative = Annotated[float, Real(at_least=0.0)]
Share = Annotated[float, Real(at_least=0.0, at_most=1.0)]
