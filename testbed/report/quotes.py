"""Numbers that a caption quotes: read from the summary when the figure is made, so never those of another run."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from testbed.report.cells import select
from testbed.report.files import ReportError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Quote", "filled"]

PLACE = re.compile(r"<<(.+?)>>")
UNKNOWN = "n.a."  # a smaller run of the same script has fewer cells


@dataclass(frozen=True)
class Quote:
    """A number of a caption.

    Attributes
    ----------
    column : str
        Column of the frame.
    where : mapping
        Column -> value, or list of values, that selects its lines.
    pick : {'one', 'interval', 'least', 'most', 'range'}
        The value of the one line; its 95% interval (``<column>_low`` and ``<column>_high``) behind it; the least or
        the largest of the values; both.
    frame : str
        "summary", "contrasts" or the file of an analysis, such as "slopes" or "crossings".
    less : str, optional
        Column of the same line that is taken off.
    over : str or Quote, optional
        What it is then divided by: a column of the same line, or one number.
    power : float
        Of what it is divided by.
    best : str, optional
        The value is read where this column is least.
    digits : int
        Significant digits.
    percent : bool
        Written as a percentage.

    Examples
    --------
    >>> from testbed.report import Figure, Panel, Curve, Quote
    >>> panel = Panel("Risk", "generator.k", [Curve("no task", {"pretext": "Raw()"})])
    >>> at = Quote("excess_risk", {"pretext": "Raw()", "generator.k": 5})
    >>> Figure([panel], "Without a task the risk is <<raw>> at $k=5$.", numbers={"raw": at}).numbers["raw"].digits
    2
    """

    column: str
    where: Mapping[str, object] = field(default_factory=dict)
    pick: Literal["one", "interval", "least", "most", "range"] = "one"
    frame: str = "summary"
    less: str | None = None
    over: str | Quote | None = None
    power: float = 1.0
    best: str | None = None
    digits: int = 2
    percent: bool = False

    def __post_init__(self) -> None:
        """Check what is picked, and the digits."""
        if self.pick not in ("one", "interval", "least", "most", "range"):
            raise ValueError(f"pick = {self.pick!r}: one, interval, least, most or range is needed")
        if self.digits < 1:
            raise ValueError(f"digits = {self.digits!r}: at least 1 is needed")

    def columns_read(self) -> set[str]:
        """Columns of the summary that it reads."""
        mine = {self.column, *self._others} if self.frame == "summary" else set()
        return mine | (self.over.columns_read() if isinstance(self.over, Quote) else set())

    @property
    def _others(self) -> set[str]:
        """Columns of its frame beside its own."""
        also = (self.less, self.best, self.over if isinstance(self.over, str) else None)
        return {*self.where, *(column for column in also if column)}

    def text(self, frames: Mapping[str, pd.DataFrame], what: str) -> str:
        """Write the number, read from `frames`; "n.a." where no line has it.

        Raises
        ------
        ReportError
            If there is no such frame or column, or 'one' and 'interval' find several numbers.
        """
        values = self._values(frames, what, self.column)
        if not values:
            return UNKNOWN
        if self.pick == "interval":
            ends = [self._values(frames, what, f"{self.column}_{end}") for end in ("low", "high")]
            low, high = (end[0] if end else math.nan for end in ends)
            return f"{self._shown(values[0])} (95%: {self._shown(low)} to {self._shown(high)})"
        if self.pick == "range":
            return " to ".join(dict.fromkeys(self._shown(value) for value in (min(values), max(values))))
        return self._shown({"least": min, "most": max}.get(self.pick, min)(values))

    def _values(self, frames: Mapping[str, pd.DataFrame], what: str, column: str) -> list[float]:
        frame = frames.get(self.frame)
        if frame is None:
            raise ReportError(
                f"{what} reads {self.frame}, which is not reported; there are {', '.join(sorted(frames))}"
            )
        if lacking := sorted({column, *self._others} - {*frame}):
            raise ReportError(f"{what} reads the column {', '.join(lacking)}, which {self.frame}.csv does not have")
        lines = select(frame, self.where, what)
        if self.best is not None and len(lines):
            lines = lines[lines[self.best] == lines[self.best].min()].iloc[:1]
        numbers = lines[column].astype(float) - (lines[self.less].astype(float) if self.less else 0.0)
        if isinstance(self.over, str):
            numbers = numbers / lines[self.over].astype(float) ** self.power
        values: list[float] = numbers.dropna().tolist()
        if self.pick in ("one", "interval") and len(set(values)) > 1:
            raise ReportError(f"{what} finds {len(values)} numbers of {column}; where must select one")
        if isinstance(self.over, Quote) and values:
            divisors = self.over._values(frames, what, self.over.column)
            if len(set(divisors)) != 1 or not divisors[0]:
                raise ReportError(f"{what} is divided by one number that is not 0; there are {divisors}")
            values = [value / divisors[0] ** self.power for value in values]
        return values

    def _shown(self, value: float) -> str:
        """Significant digits, without an exponent where it can be read so."""
        if math.isnan(value):
            return UNKNOWN
        if self.percent:
            return f"{100.0 * value:.{self.digits}g}%"
        if value and not 1e-4 <= abs(value) < 1e5:
            power = math.floor(math.log10(abs(value)))
            return rf"${value / 10.0**power:.{self.digits}g}\times 10^{{{power}}}$"
        size = int(f"{value:.{self.digits - 1}e}".partition("e")[2])  # of the rounded number
        text = f"{value:.{max(self.digits - 1 - size, 0)}f}"
        return f"${text}$" if text.startswith("-") else text


def filled(caption: str, numbers: Mapping[str, Quote], frames: Mapping[str, pd.DataFrame]) -> str:
    """Put the numbers of a caption where it says ``<<name>>``.

    Raises
    ------
    ReportError
        If a name has no number, or its number cannot be read.
    """

    def text(found: re.Match[str]) -> str:
        name = found[1]
        if name not in numbers:
            raise ReportError(f"the caption quotes <<{name}>>; there are {', '.join(sorted(numbers)) or 'no numbers'}")
        return numbers[name].text(frames, f"the number <<{name}>> of a caption")

    return PLACE.sub(text, caption)
