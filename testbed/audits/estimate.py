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

    Examples
    --------
    >>> from testbed.audits import Estimate
    >>> Estimate(0.25, 0.125, 0.5, se=0.0625)
    <Estimate: value 0.25, low 0.125, high 0.5, level 0.95, se 0.0625>
    """

    value: float
    low: float
    high: float
    level: float = 0.95
    se: float = float("nan")
    method: str = ""
    note: str = ""
