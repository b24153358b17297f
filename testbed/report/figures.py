"""A figure as data: panels on a grid with a caption; and the one that a report draws where a script declares none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from testbed.columns import COLUMNS, METHOD
from testbed.report.cells import combinations, labels_of, method_names, risk_of, symbol, varying
from testbed.report.files import ReportError
from testbed.report.panel import Curve, PanelKind
from testbed.report.panels.lines import Panel
from testbed.report.quotes import Quote, filled

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Figure", "default_figure", "with_numbers"]


@dataclass(frozen=True)
class Figure:
    """Panels on a grid with one caption, written as ``<name>.pdf``, ``.svg`` and ``.png``.

    PDF and SVG hold the picture alone, as wide as it is printed: 3.25 inches, a column of an article with two, or 5.5
    inches, the width of its page or of the text of one with one column. The caption is ``<name>.caption.tex`` and
    ``<name>.caption.md``. The PNG, for pages on a screen, holds both.

    Attributes
    ----------
    panels : sequence of Panel, Stack and HeatMap
    caption : str
        What the figure shows and what it cannot show; may hold ``$mathematics$``, and ``<<name>>`` for a number.
    columns : int
        Panels side by side.
    name : str
        Name of the files.
    share_y : bool
        One y axis for all panels.
    wide : bool, optional
        Whether it is as wide as a page, not a column; by default where panels stand side by side.
    numbers : mapping
        Name -> `Quote`: the number that stands in the caption where it says ``<<name>>``, read from the summary when
        the figure is made.

    Examples
    --------
    >>> from testbed.report import Curve, Figure, Panel
    >>> panel = Panel("Risk", "n_labeled", [Curve("no task", {"pretext": "Raw()"})])
    >>> Figure([panel], "Risk against labels.").name
    'figure'
    """

    panels: Sequence[PanelKind]
    caption: str = ""
    columns: int = 2
    name: str = "figure"
    share_y: bool = False
    wide: bool | None = None
    numbers: Mapping[str, Quote] = field(default_factory=dict)

    def columns_read(self) -> set[str]:
        """Columns of the summary that the panels draw from or select by, and those that the caption quotes."""
        read = [part.columns_read() for part in self.panels] + [part.columns_read() for part in self.numbers.values()]
        return set().union(*read)

    def __post_init__(self) -> None:
        """Check that there is a grid to draw on and a plain file name."""
        if not self.panels or self.columns < 1:
            raise ValueError(
                f"figure {self.name!r} has {len(self.panels)} panels and {self.columns} columns; it needs "
                "at least one panel and one column"
            )
        if Path(self.name).name != self.name or not self.name:
            raise ValueError(f"name = {self.name!r}: the name of a figure must be a plain file name")


def with_numbers(figure: Figure, frames: Mapping[str, pd.DataFrame]) -> Figure:
    """The figure whose caption has its numbers, read from `frames`: "summary", "contrasts" and those of analyses.

    Raises
    ------
    ReportError
        If a number cannot be read.
    """
    return replace(figure, caption=filled(figure.caption, figure.numbers, frames), numbers={})


def default_figure(summary: pd.DataFrame, limit: int = 6) -> Figure:
    """Choose a figure for a summary: risk against the dial with most values, a curve for each method.

    The risk is the excess risk or, of rows of one's own, the label error on those held out.
    x is the number, among the generator's dials and the sample sizes, that takes most values (the first of them, if
    several do). Each combination of the other varying dials is a panel, the first `limit` of them. An axis is
    logarithmic if its values are positive and span a factor over 30, or are sample sizes.

    Raises
    ------
    ReportError
        If the summary holds no cells.
    """
    if not len(summary):
        raise ReportError("there is nothing to draw: the summary holds no cells")
    y = risk_of(summary)
    dials = varying(summary)
    numbers = [column for column in dials if summary[column].dtype.kind in "iuf"]
    x = max(numbers, key=lambda column: summary[column].nunique(), default="n_labeled")
    others = [column for column in dials if column != x]
    places = summary[others].drop_duplicates() if others else summary[[x]].iloc[:1]
    names = method_names(summary)
    methods = summary[list(METHOD)].assign(label=names).drop_duplicates()
    curves = [Curve(row["label"], {name: _known(row[name]) for name in METHOD}) for _, row in methods.iterrows()]
    panels = []
    texts = {column: labels_of(places[column].astype(object).tolist(), 6) for column in others}
    place = combinations(summary, others) if others else np.zeros(len(summary))
    for i in range(min(limit, len(places))):
        cells = summary[place == i]
        if all(summary[column].dtype.kind in "iuf" for column in others):
            where: dict[str, object] = {column: _known(places[column].iloc[i]) for column in others}
        else:  # a text may be no value that a script would write
            where = {"key": list(cells["key"])}
        shown = set(names[cells.index])
        here = [curve for curve in curves if curve.label in shown]
        title = ", ".join(f"{symbol(column)} = {texts[column][i]}" for column in others) or "all cells"
        xscale = "log" if _wide(cells[x]) or (x.startswith("n_") and len(cells) > 1) else "linear"
        yscale = "log" if _wide(cells[y]) else "linear"
        panels.append(Panel(title, x, here, y=y, where=where, xscale=xscale, yscale=yscale))
    cut = f" The first {limit} of {len(places)} combinations of {', '.join(map(symbol, others))} are shown."
    caption = f"Mean {COLUMNS[y].words} of each method." + (cut if len(places) > limit else "")
    return Figure(panels, caption, columns=1 if len(panels) == 1 else 2)


def _known(value: object) -> object:
    return None if value != value else value  # only NaN, what is empty, differs from itself


def _wide(values: pd.Series) -> bool:
    values = values.dropna()
    return bool(len(values) and values.min() > 0 and values.max() > 30.0 * values.min())
