"""What one statement comes to on one law."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from testbed.arguments import placeless
from testbed.check.verdict import ERRORS, Verdict, judge
from testbed.keys import canonical
from testbed.screens import Short
from testbed.theory import Statement

__all__ = ["Margin", "Record", "failure", "record"]

ZERO = 1e-11  # of the natural scale: below it a number is the rounding of an exact zero
SIGNS = {"identity": "=", "inequality": "<=", "rate": "="}


@dataclass(frozen=True)
class Margin:
    """An assumption on one law, and how far the law is from its edge.

    Examples
    --------
    >>> from testbed.check import Margin
    >>> Margin("k - 1 <= d2", -1.0, holds=False).text
    'k - 1 <= d2: -1 BROKEN'
    """

    name: str
    margin: float
    holds: bool

    @property
    def text(self) -> str:
        """Name and margin, and whether it is broken."""
        return f"{self.name}: {self.margin:.3g}{'' if self.holds else ' BROKEN'}"


@dataclass(frozen=True, repr=False)
class Record(Short):
    """What a statement says of a law, what is measured, and what that comes to.

    Attributes
    ----------
    statement, kind, title, source, claim : str
        The statement: canonical text, kind, name, source and formula.
    law, law_text : str
        Name of the law, and its canonical text.
    margins : tuple of Margin
        Its assumptions.
    n_unlabeled, n_labeled : int or None
        Sample sizes of a simulated mean; None where nothing is simulated, and for an exponent.
    predicted, measured : float
        Both sides, NaN where they are not defined on this law.
    error : float
        Standard error of their difference.
    low, high : float
        Interval of what was measured: four standard errors to each side.
    ratio : float
        measured / predicted: of an inequality the share of the bound that is used; NaN where it says nothing.
    verdict : "holds", "not applicable", "consistent", "violated" or "error"
        "not applicable" where an assumption fails or the law does not define a side; whatever else keeps a side from
        being known is an error.
    remark : str
        Why a side is not defined, or what the error was; sizes of an exponent; number of repetitions.

    Examples
    --------
    >>> from testbed import theory
    >>> from testbed.check import LAWS, check
    >>> (record,) = check(theory.ZeroError(), LAWS["finite-plane"])
    >>> record.verdict, record.margins[1].text    # two states cannot tell three classes apart
    ('not applicable', "W'A' = M solvable: 0 BROKEN")
    """

    statement: str
    kind: str
    title: str
    source: str
    claim: str
    law: str
    law_text: str
    margins: tuple[Margin, ...]
    n_unlabeled: int | None
    n_labeled: int | None
    predicted: float
    measured: float
    error: float
    low: float
    high: float
    ratio: float
    verdict: Verdict
    remark: str = ""

    @property
    def row(self) -> dict[str, Any]:
        """Values of the record by the names of the columns of ledger.csv."""
        return vars(self) | {"margins": "; ".join(m.text for m in self.margins)}

    @property
    def text(self) -> str:
        """One line: verdict, law, both sides, and margins."""
        low, high = f"{self.low:.4g}", f"{self.high:.4g}"
        interval = f" [{low}, {high}]" if low != high else ""
        sides = f"measured {self.measured:.4g}{interval} {SIGNS[self.kind]} predicted {self.predicted:.4g}"
        if self.verdict == "error":
            sides = f"error: {self.remark}"
        elif math.isnan(self.measured) or math.isnan(self.predicted):
            sides = self.remark
        elif not self.applies:
            sides = sides.replace(f" {SIGNS[self.kind]} ", ", against ")
        sizes = "".join(f", {n}={v}" for n, v in (("n1", self.n_unlabeled), ("n2", self.n_labeled)) if v is not None)
        margins = "; ".join(m.text for m in self.margins) or "no assumptions"
        return f"{self.verdict:<15} {self.law}{sizes}: {sides} | {margins}"

    @property
    def applies(self) -> bool:
        """Whether every assumption holds, and both sides are known."""
        return self.verdict not in ("not applicable", "error")


def record(
    statement: Statement,
    law: tuple[str, str],
    margins: tuple[Margin, ...],
    predicted: float = math.nan,
    measured: float = math.nan,
    error: float = 0.0,
    scale: float = 1.0,
    sizes: tuple[int | None, int | None] = (None, None),
    remark: str = "",
) -> Record:
    """Compare both sides on a law, given by its name and its text, and write the record.

    Numbers below 1e-11 of the natural scale are the rounding of an exact zero, and are written as 0.
    """
    small = ZERO * scale
    predicted, measured = (0.0 if abs(v) <= small else v for v in (predicted, measured))
    shown = tuple(Margin(m.name, 0.0 if m.holds and -small <= m.margin <= 0.0 else m.margin, m.holds) for m in margins)
    error = 0.0 if error <= small else error
    simulated = bool(remark) or sizes != (None, None)
    said = predicted != 0.0 and math.isfinite(predicted)
    verdict = judge(
        statement.kind, all(m.holds for m in margins), predicted, measured, error, scale, simulated=simulated
    )
    if verdict == "error":
        side = "measured" if math.isnan(measured) else "predicted"
        remark = "; ".join(filter(None, (remark, f"what is {side} is NaN, and every assumption holds")))
    return Record(
        statement=canonical(statement), kind=statement.kind, title=statement.title, source=statement.source,
        claim=statement.claim, law=law[0], law_text=law[1], margins=shown, n_unlabeled=sizes[0], n_labeled=sizes[1],
        predicted=predicted, measured=measured, error=error, low=measured - ERRORS * error,
        high=measured + ERRORS * error, ratio=measured / predicted if said else math.nan,
        verdict=verdict, remark=remark,
    )  # fmt: skip


def failure(statement: Statement, law: tuple[str, str], margins: tuple[Margin, ...], error: Exception) -> Record:
    """Write the record of a statement that could not be run on a law because something went wrong."""
    words = placeless(" ".join(f"{type(error).__name__}: {error}".split()))
    return replace(record(statement, law, margins), verdict="error", remark=words)
