"""What every exact statement of the theory says of one population."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from testbed.keys import canonical
from testbed.laws import Population
from testbed.theory import STATEMENTS, Exact

__all__ = ["Stated", "stated"]

ROUNDING = 1e-11  # of the natural scale of a risk: below it a number is an exact zero


class Stated(NamedTuple):
    """An exact statement on one law: the margin of each assumption by name, and both sides where all of them hold."""

    name: str
    statement: Exact
    margins: dict[str, float]
    broken: dict[str, float]
    measured: float
    predicted: float

    @property
    def elsewhere(self) -> bool:
        """Whether it is about another family of laws."""
        return any(np.isneginf(margin) for margin in self.margins.values())


def stated(truth: Population) -> Iterator[Stated]:
    """Every exact statement on a law; numbers that are rounding on their natural scale are 0."""
    for statement in STATEMENTS:
        if not isinstance(statement, Exact) or (getattr(statement, "given", None) == "y" and not truth.latent):
            continue
        asked = [(a.name, _clean(a.margin, truth.scale2), bool(a.holds)) for a in statement.asked(truth)]
        broken = {words: margin for words, margin, holds in asked if not holds}
        measured = predicted = np.nan
        if not broken:
            sides = statement.sides(truth)
            measured, predicted = (_clean(side, sides.scale) for side in (sides.left, sides.right))
        margins = {words: margin for words, margin, _ in asked}
        yield Stated(canonical(statement), statement, margins, broken, measured, predicted)


def _clean(value: Any, scale: Any) -> float:
    """A number that is 0 where it is rounding on its natural scale."""
    number = float(np.asarray(value))
    return 0.0 if abs(number) < ROUNDING * float(scale) else number
