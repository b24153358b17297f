"""What every analysis is: a list that a script declares, a frame that is made of it, and the tables that show it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from testbed.report.escaped import comment, escape, label_of
from testbed.report.latex import floats
from testbed.report.tables import sentence, to_grid
from testbed.report.typeset import Column

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Analysis", "Numbers", "Shown", "brief"]


@dataclass(frozen=True)
class Numbers:
    """What an analysis may read.

    Attributes
    ----------
    rows : DataFrame
        The columns of rows.csv that its declarations name, and those that say what a row is of.
    summary, contrasts : DataFrame
        As they stand in their files.
    stopping : mapping, optional
        How the numbers of repetitions were chosen, where they were chosen from the rows (see `summarize`).
    """

    rows: pd.DataFrame
    summary: pd.DataFrame
    contrasts: pd.DataFrame
    stopping: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Shown:
    """One table of an analysis.

    Attributes
    ----------
    caption, note : str
        What stands above and below it.
    table : DataFrame
        Texts; a text of two lines is stacked in LaTeX. The first column stands at the side of every part, where the
        table is wider than a page.

    Examples
    --------
    >>> import pandas as pd
    >>> from testbed.report import Shown
    >>> shown = Shown("What it is", "And more.", pd.DataFrame({"task": ["CCA"], "risk": ["0.25"]}))
    >>> shown.words().splitlines()[4]
    '| CCA    | 0.25   |'

    """

    caption: str
    note: str
    table: pd.DataFrame

    def words(self) -> str:
        """Return the table in Markdown, with its caption."""
        flat = self.table.map(lambda text: text.replace("\n", " "))
        return f"**{self.caption}.**\n\n{to_grid(flat)}\n\n{self.note}\n"

    def floats(self, label: str, before: int) -> list[str]:
        """Write it in LaTeX: floats that fit a column or a page; `before` floats have the same label."""
        if not len(self.table):
            return []
        columns = [Column(str(name), tuple(self.table[name]), side=i == 0) for i, name in enumerate(self.table.columns)]
        return floats(columns, escape(f"{sentence(self.caption)} {self.note}".strip()), label, before + 1)


@dataclass(frozen=True)
class Analysis:
    """A kind of question that a script may ask of its rows.

    Attributes
    ----------
    declared : str
        The name of the list that scripts declare, such as "SLOPES".
    name : str
        What its files are called: <name>.csv, <name>.md and <name>.tex; the label in LaTeX is tab:<experiment>-<name>.
    kind : type
        What the list holds: a dataclass with a method ``columns_read()``.
    frame : callable
        ``frame(numbers, specs)``: the frame that is written as CSV.
    shown : callable
        ``shown(frame)``: its tables.
    """

    declared: str
    name: str
    kind: type
    frame: Callable[[Numbers, Sequence[Any]], pd.DataFrame]
    shown: Callable[[pd.DataFrame], list[Shown]]

    def to_markdown(self, frame: pd.DataFrame, footer: str) -> str:
        """Write its tables in Markdown, one after the other."""
        return "\n".join([*(table.words() for table in self.shown(frame)), f"<sub>{footer}</sub>\n"])

    def to_latex(self, frame: pd.DataFrame, footer: str, name: str = "") -> str:
        r"""Write its tables as LaTeX floats that need ``\usepackage{booktabs}`` and no other package.

        Labels are ``tab:<name of the experiment>-<name>``.
        """
        found: list[str] = []
        for table in self.shown(frame):
            found += table.floats(label_of(name, self.name), len(found))
        return "\n".join([comment(footer), *found])


def brief(value: float) -> str:
    """Write a number with three digits, or those before its point; "-" if it is not known."""
    return "-" if math.isnan(value) else f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
