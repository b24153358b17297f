"""What a claim is: both sides on some laws, and whether they contradict it."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import NamedTuple

from testbed.falsifier.candidates import Candidate, Number

__all__ = ["MARGIN", "Claim", "ClaimError", "Pair", "Sides", "compared"]

MARGIN = 1e-6  # relative: by how much floats must contradict a claim
ERRORS = 6.0  # standard errors of an integral that refute nothing: more than in the ledger, for more laws are tried
ROUNDING = 1e-9  # of the scale: a float below it may be an exact 0
Pair = Sequence[Candidate]


class ClaimError(Exception):
    """A claim that raised, or returned what is no pair of numbers."""


class Sides(NamedTuple):
    """Both sides of a claim on some laws, and what they come to."""

    left: Number
    right: Number
    refuted: bool
    ratio: float  # left / right, NaN where it says nothing
    exact: bool  # whether it was decided in fractions
    margin: float  # of floats: how far the claim is missed, relative to both sides


class Claim(ABC):
    """What a search tries to refute."""

    laws: int  # how many it is about

    @property
    @abstractmethod
    def text(self) -> str:
        """The claim in words or symbols, as it is shown."""

    @abstractmethod
    def sides(self, laws: Pair) -> Sides:
        """Both sides.

        Raises
        ------
        UndefinedError
            Where the laws do not define them.
        ClaimError
            If the claim itself raises.
        """


def compared(sign: str, left: Number, right: Number, exact: bool, scale: float = 0.0, error: float = 0.0) -> Sides:
    """Compare two numbers: fractions as they are, floats with a margin beyond the standard error of left - right."""
    size = max(abs(float(left)), abs(float(right)), scale)
    gap = float(left - right) if sign != "==" else abs(float(left - right))
    margin = (gap - ERRORS * error) / size if size else 0.0
    by_sign = {"<=": left > right, "<": left >= right, "==": left != right}
    refuted = by_sign[sign] if exact else margin > MARGIN
    floor = 0.0 if exact else ROUNDING * size
    informative = float(right) > floor and float(left) > floor
    return Sides(left, right, refuted, float(left) / float(right) if informative else math.nan, exact, margin)
