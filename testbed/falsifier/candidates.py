"""What a search tries: small laws of whole numbers, which can be written down, changed a little, and made smaller."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from fractions import Fraction
from random import Random
from typing import Any, ClassVar

from testbed.falsifier.rational import UndefinedError
from testbed.laws import Law

__all__ = ["Candidate", "Number", "nearer", "tuples"]

Number = Fraction | float


class Candidate(ABC):
    """A law made of whole numbers."""

    kind: ClassVar[str]
    names: ClassVar[tuple[str, ...]]  # quantities without an index
    indexed: ClassVar[tuple[str, ...]]  # quantities with one

    @abstractmethod
    def value(self, name: str, index: tuple[int, ...] = ()) -> Number:
        """Look up a quantity; `UndefinedError` where this law has none."""

    def unit(self, name: str) -> float:
        """Natural size of a quantity that is a float: below 1e-9 of it, a number may be an exact 0."""
        return 1.0

    def beta2_exceeds(self, level: Fraction, intercept: bool) -> bool:
        """Whether beta^2 > level."""
        raise UndefinedError(f"beta2 is not a quantity of a {self.kind}")

    @property
    @abstractmethod
    def law(self) -> Law:
        """The same law in floats, as callables and statements of the ledger see it."""

    @abstractmethod
    def to_json(self) -> dict[str, Any]:
        """Return the whole numbers that the law is made of, as JSON holds them."""

    @abstractmethod
    def smaller(self) -> Iterator[Candidate]:
        """Laws that are easier to read: points left out, numbers nearer to 0."""

    @abstractmethod
    def mutated(self, random: Random, step: float) -> Candidate:
        """Return a law nearby, for a search by small changes."""


def tuples(value: Any) -> Any:
    """Nested lists of whole numbers as nested tuples."""
    return tuple(tuples(v) for v in value) if isinstance(value, list | tuple) else int(value)


def nearer(number: int) -> list[int]:
    """Whole numbers nearer to 0, the nearest first."""
    sign = 1 if number > 0 else -1
    return sorted({0, sign, sign * (abs(number) // 2), number - sign} - {number}, key=abs) if number else []
