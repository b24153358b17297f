"""What every analysis is: a list that a script declares, a frame that is made of it, and the tables that show it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from testbed.report.cells import break_name
from testbed.report.latex import blocks, comment, escape, laid_out
from testbed.report.tables import to_grid

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
        Texts; a text of two lines is stacked in LaTeX.
    align : callable
        Number of columns -> columns of the tabular, such as "lcc".
    latex : DataFrame, optional
        What LaTeX shows in its place.
    layout : mapping
        Further arguments of `laid_out`.
    wrap : int, optional
        Characters of a line of a heading, where a table that is wider than the page is cut into parts, each with the
        first column.
    """

    caption: str
    note: str
    table: pd.DataFrame
    align: Callable[[int], str]
    latex: pd.DataFrame | None = None
    layout: Mapping[str, Any] = field(default_factory=dict)
    wrap: int | None = None

    def words(self) -> str:
        """Return the table in Markdown, with its caption."""
        flat = self.table.map(lambda text: text.replace("\n", " "))
        return f"**{self.caption}.**\n\n{to_grid(flat)}\n\n{self.note}\n"

    def floats(self, label: str, before: int) -> list[str]:
        """Write it in LaTeX: one float, or several where it is cut; `before` floats have the same label."""
        table = self.table if self.latex is None else self.latex
        first, *others = table.columns
        gap = self.layout.get("gap", 4)  # of each side
        parts = [others] if self.wrap is None else blocks(table, [first], others, wrap=self.wrap, gap=2 * gap)
        floats: list[str] = []
        for place, part in enumerate(parts):
            said = f" (part {place + 1} of {len(parts)})" if len(parts) > 1 else ""
            number = before + len(floats) + 1
            floats.append(
                laid_out(
                    table[[first, *part]],
                    self.align(1 + len(part)),
                    caption=f"{self.caption}{said}. {escape(self.note)}",
                    label=f"tab:{label}" + (f"-{number}" if number > 1 else ""),
                    head=None if self.wrap is None else self._head,
                    cell=None if self.wrap is None else _stacked,
                    **self.layout,
                )
            )
        return floats

    def _head(self, column: str) -> str:
        return _stacked("\n".join(break_name(column, self.wrap or 0)))


def _stacked(text: str) -> str:
    """Lines on top of each other; a bracket that begins one is no argument of the break before it."""
    lines = [escape(line).replace("[", "{[}") for line in text.split("\n")]
    return lines[0] if len(lines) == 1 else r"\shortstack[l]{" + r" \\ ".join(lines) + "}"


@dataclass(frozen=True)
class Analysis:
    """A kind of question that a script may ask of its rows.

    Attributes
    ----------
    declared : str
        The name of the list that scripts declare, such as "SLOPES".
    name : str
        What its files are called: <name>.csv, <name>.md and <name>.tex; the label in LaTeX is tab:<name>.
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

    def to_latex(self, frame: pd.DataFrame, footer: str) -> str:
        r"""Write its tables as LaTeX floats that need ``\usepackage{booktabs}`` and no other package."""
        floats: list[str] = []
        for table in self.shown(frame):
            floats += table.floats(self.name, len(floats))
        return "\n".join([comment(footer), *floats])


def brief(value: float) -> str:
    """Write a number with three digits, or those before its point; "-" if it is not known."""
    return "-" if math.isnan(value) else f"{value:.3g}" if abs(value) < 1000 else f"{value:.0f}"
