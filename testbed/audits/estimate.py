"""A number as it is reported: with limits, what they are worth, and how it was found."""

from __future__ import annotations

from dataclasses import dataclass

from testbed.screens import Short

__all__ = ["Estimate"]


@dataclass(frozen=True, repr=False)
class Estimate(Short):
    """One quantity of a table.

    Attributes
    ----------
    value : float
        Point estimate; nan where only limits can be given.
    low, high : float
        Limits; -inf or inf where there is none.
    level : float
        Nominal coverage; nan where there are no limits.
    se : float
        Standard error; nan where there is none.
    method : str
        How it was found.
    note : str
        What limits it, if anything.
    """

    value: float
    low: float
    high: float
    level: float = 0.95
    se: float = float("nan")
    method: str = ""
    note: str = ""
