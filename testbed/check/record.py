"""One statement on one law -> one record."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from testbed.check.verdict import ERRORS, Verdict, judge
from testbed.generators import Generator
from testbed.keys import canonical
from testbed.laws import Law, Population
from testbed.theory import Exact, Statement

__all__ = ["Margin", "Record", "check", "one_law"]

ZERO = 1e-11  # of the natural scale: below it a number is the rounding of an exact zero


@dataclass(frozen=True)
class Margin:
    """An assumption on one law."""

    name: str
    margin: float
    holds: bool


@dataclass(frozen=True)
class Record:
    """What a statement says of a law, what is measured, and what that comes to.

    Attributes
    ----------
    statement, kind, title, source, claim : str
        The statement: canonical text, kind, name, source and formula.
    law, law_text : str
        Name of the law in its suite, and its canonical text.
    margins : tuple of Margin
        Its assumptions.
    predicted, measured : float
        Both sides, NaN where they are not defined on this law.
    error : float
        Standard error of their difference.
    low, high : float
        Interval of what was measured: four standard errors to each side.
    ratio : float
        measured / predicted: of an inequality the share of the bound that is used; NaN where it says nothing.
    verdict : "holds", "not applicable", "consistent" or "violated"
    remark : str
        Why a side is not defined; sample sizes and repetitions of a simulation.
    """

    statement: str
    kind: str
    title: str
    source: str
    claim: str
    law: str
    law_text: str
    margins: tuple[Margin, ...]
    predicted: float
    measured: float
    error: float
    low: float
    high: float
    ratio: float
    verdict: Verdict
    remark: str = ""

    @property
    def applies(self) -> bool:
        """Whether every assumption holds."""
        return self.verdict != "not applicable"


def one_law(source: Generator | Law) -> Law:
    """Law of a source: one structure, from seed 0, of a generator that redraws it; the first of a batch."""
    law = source.law(np.random.default_rng(0)) if isinstance(source, Generator) else source.law()
    return law[0] if law.batch else law


def check(statement: Statement, source: Generator | Law, name: str = "") -> Record:
    """Run one statement on one law.

    Where an assumption is broken both sides are computed all the same, so that the record shows what happened; a side
    that this law does not define makes the statement not applicable, and the remark says why.
    """
    law = one_law(source)
    truth = law.population()
    margins: tuple[Margin, ...] = ()
    try:
        margins = tuple(Margin(a.name, _float(a.margin), bool(a.holds)) for a in statement.assumptions(truth))
        return _exact(statement, source, truth, margins, name)
    except (ValueError, AttributeError, NotImplementedError) as error:
        missing = Margin("both sides are computable on this law", math.nan, False)
        return _record(statement, source, name, (*margins, missing), math.nan, math.nan, 0.0, 1.0, str(error))


def _exact(
    statement: Statement, source: Generator | Law, truth: Population, margins: tuple[Margin, ...], name: str
) -> Record:
    if not isinstance(statement, Exact):
        raise ValueError(f"{statement!r} is checked by simulation")
    predicted, measured = (_float(side) for side in (statement.predicted(truth), statement.measured(truth)))
    error, scale = _float(statement.error(truth)), _float(statement.scale(truth))
    return _record(statement, source, name, margins, predicted, measured, error, scale)


def _record(
    statement: Statement,
    source: Any,
    name: str,
    margins: tuple[Margin, ...],
    predicted: float,
    measured: float,
    error: float,
    scale: float,
    remark: str = "",
) -> Record:
    applies = all(m.holds for m in margins)
    predicted, measured = (0.0 if abs(v) <= ZERO * scale else v for v in (predicted, measured))
    text = canonical(source)
    return Record(
        statement=canonical(statement), kind=statement.kind, title=statement.title, source=statement.source,
        claim=statement.claim, law=name or text, law_text=text,
        margins=tuple(Margin(m.name, 0.0 if abs(m.margin) <= ZERO * scale else m.margin, m.holds) for m in margins),
        predicted=predicted, measured=measured, error=error,
        low=measured - ERRORS * error, high=measured + ERRORS * error,
        ratio=measured / predicted if predicted and math.isfinite(predicted) else math.nan,
        verdict=judge(statement.kind, applies, predicted, measured, error, scale), remark=remark,
    )  # fmt: skip


def _float(value: Any) -> float:
    return float(np.asarray(value).reshape(()))
