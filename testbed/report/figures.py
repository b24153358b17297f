"""Figures as data: what a panel shows is declared, and drawn from the summary alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from testbed.files import write_atomically

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Curve", "Figure", "HeatMap", "Panel", "Stack", "draw"]

Where = Mapping[str, object]
SCALES = ("linear", "log")


@dataclass(frozen=True)
class Curve:
    """The cells that one line (or, in a `Stack`, one bar at each place) goes through.

    Attributes
    ----------
    label : str
        Name in the legend; one label looks alike in all panels of a figure. May hold ``$mathematics$``.
    where : mapping
        Column of the summary -> value, or list of values, that a cell must have.
    y : str, optional
        Column drawn, where it is not the panel's.
    color, marker, line : str, optional
        Matplotlib's names; by default the next of a colour-blind safe palette, of ten markers, of five line styles.
    """

    label: str
    where: Where = field(default_factory=dict)
    y: str | None = None
    color: str | None = None
    marker: str | None = None
    line: str | None = None


@dataclass(frozen=True)
class Panel:
    """Means against x with 95% bands, one line a curve, and theory dashed.

    Attributes
    ----------
    title : str
        What the panel shows; its letter is put before it.
    x, y : str
        Columns of the summary: a dial, a sample size or a measured quantity. A measured x has horizontal error bars.
    curves : sequence of Curve
        What was measured.
    where : mapping
        Holds for all curves of the panel, beside their own `where`.
    theory : sequence of Curve
        What was predicted (a column of the summary such as ``class_floor``): dashed, dark, without markers.
    xscale, yscale : {'linear', 'log'}
    xlabel, ylabel : str, optional
        By default the column in words with its symbol.
    offset : float
        Taken off x before it is drawn, such as p + 1 where a risk falls as 1 / (n - p - 1).

    Examples
    --------
    >>> from testbed.report import Curve, Figure, Panel
    >>> curves = [Curve("x1", {"pretext": "Raw()"}), Curve("learnt", {"pretext": "Predict(OLS())"})]
    >>> FIGURES = [Figure([Panel("Risk against labels", "n_labeled", curves, xscale="log", yscale="log")])]
    >>> FIGURES[0].panels[0].x
    'n_labeled'
    """

    title: str
    x: str
    curves: Sequence[Curve]
    y: str = "excess_risk"
    where: Where = field(default_factory=dict)
    theory: Sequence[Curve] = ()
    xscale: str = "linear"
    yscale: str = "linear"
    xlabel: str | None = None
    ylabel: str | None = None
    offset: float = 0.0

    def __post_init__(self) -> None:
        """Check the scales and that there is something to draw."""
        if not self.curves and not self.theory:
            raise ValueError(f"panel {self.title!r} has no curves")
        _check_scales(self, "xscale", "yscale")


@dataclass(frozen=True)
class Stack:
    """Excess risk stacked from its parts: intrinsic + pretext part + estimation.

    Negative parts hang below zero; the total is a diamond with its 95% interval. What the rows do not split (an empty
    part) is drawn grey.

    Attributes
    ----------
    title : str
        What the panel shows; its letter is put before it.
    x : str
        Column whose values stand side by side, evenly spaced; a dial, or a text such as ``pretext``.
    curves : sequence of Curve
        One bar each at every x, told apart by number; none: one bar at every x.
    where : mapping
        Holds for all bars, beside the curves' own `where`.
    ticks : mapping, optional
        Value of x, as text -> its label.
    xlabel, ylabel : str, optional
        By default the column in words with its symbol.
    split : bool
        Cut the intrinsic part into information_lost + not_linear, where rows have them.

    Examples
    --------
    >>> from testbed.report import Curve, Stack
    >>> panel = Stack("Where the risk comes from", "pretext", [Curve("100 labels", {"n_labeled": 100})])
    >>> panel.title
    'Where the risk comes from'
    """

    title: str
    x: str
    curves: Sequence[Curve] = ()
    where: Where = field(default_factory=dict)
    ticks: Mapping[str, str] = field(default_factory=dict)
    xlabel: str | None = None
    ylabel: str | None = None
    split: bool = False


@dataclass(frozen=True)
class HeatMap:
    """A column, or the contrast of two methods, as the colour of cells on two axes.

    A contrast is a - b, or the ratio a / b, of the excess risks of two methods at the same place (law and sample
    sizes): blue where a is lower, red where b is, white where they are equal. A line goes where the difference changes
    sign, interpolated between cells, and cells whose 95% interval of the paired difference holds 0 are hatched.

    Attributes
    ----------
    title : str
        What the panel shows; its letter is put before it.
    x, y : str
        Columns of the axes: dials or sample sizes.
    a : mapping
        Column of the summary -> value, or list of values, of the cells shown (in a contrast, of the method that is
        compared).
    b : mapping, optional
        Of the method that a is compared with; none: `column` of a itself is the colour.
    compare : {'ratio', 'difference'}
        What of the two risks is the colour; the line and the hatching are those of the difference in any case.
    column : str
        Measured column shown where there is no b.
    where : mapping
        Holds for a and b.
    theory : sequence of Curve
        Columns in the unit of the y axis, drawn over it dashed against x, such as a predicted n_unlabeled.
    limit : float, optional
        End of the colour scale: the largest ratio (its inverse is the other end), difference or value; beyond it
        colours are those of the end. By default the largest in the panel.
    xscale, yscale : {'linear', 'log'}
    scale : {'linear', 'log'}
        Of the colour of a column.
    xlabel, ylabel, label : str, optional
        By default the columns in words with their symbols; `label` stands at the colour bar.

    Examples
    --------
    >>> from testbed.report import HeatMap
    >>> a, b = {"pretext": "Predict(OLS())"}, {"pretext": "Raw()"}
    >>> panel = HeatMap("Who wins", x="n_unlabeled", y="n_labeled", a=a, b=b)
    >>> panel.column
    'excess_risk'
    """

    title: str
    x: str
    y: str
    a: Where
    b: Where | None = None
    compare: str = "ratio"
    column: str = "excess_risk"
    where: Where = field(default_factory=dict)
    theory: Sequence[Curve] = ()
    limit: float | None = None
    xscale: str = "linear"
    yscale: str = "linear"
    scale: str = "linear"
    xlabel: str | None = None
    ylabel: str | None = None
    label: str | None = None

    def __post_init__(self) -> None:
        """Check the scales, the comparison and the limit."""
        _check_scales(self, "xscale", "yscale", "scale")
        if self.compare not in ("ratio", "difference"):
            raise ValueError(f"compare of panel {self.title!r} must be ratio or difference, not {self.compare!r}")
        least = 1.0 if self.b is not None and self.compare == "ratio" else 0.0
        if self.limit is not None and not self.limit > least:
            raise ValueError(f"limit of panel {self.title!r} must be above {least:g}, not {self.limit!r}")
        if any(curve.y is None for curve in self.theory):
            raise ValueError(f"panel {self.title!r}: a theory curve over a heat map names its column y")


@dataclass(frozen=True)
class Figure:
    """Panels on a grid with one caption, written as ``<name>.pdf``, ``.svg`` and ``.png``.

    Attributes
    ----------
    panels : sequence of Panel, Stack and HeatMap
    caption : str
        What the figure shows and what it cannot show; printed below it, may hold ``$mathematics$``.
    columns : int
        Panels side by side. The figure is 7 inches wide, 4.8 with one column.
    name : str
        Name of the files.
    share_y : bool
        One y axis for all panels.
    """

    panels: Sequence[Panel | Stack | HeatMap]
    caption: str = ""
    columns: int = 2
    name: str = "figure"
    share_y: bool = False

    def columns_read(self) -> set[str]:
        """Columns of the summary that the panels draw from or select by."""
        read: set[str] = set()
        for panel in self.panels:
            shown = [*(() if isinstance(panel, HeatMap) else panel.curves)]
            shown += [] if isinstance(panel, Stack) else panel.theory
            read |= {panel.x, *panel.where, *(column for curve in shown for column in curve.where)}
            read |= set() if isinstance(panel, Stack) else {panel.y}
            read |= {panel.column, *panel.a, *(panel.b or ())} if isinstance(panel, HeatMap) else set()
            read |= {curve.y for curve in shown if curve.y}
        return read

    def __post_init__(self) -> None:
        """Check that there is a grid to draw on and a plain file name."""
        if not self.panels or self.columns < 1:
            raise ValueError(f"figure {self.name!r} needs at least one panel and one column")
        if Path(self.name).name != self.name or not self.name:
            raise ValueError(f"the name of a figure is a plain file name, not {self.name!r}")


def draw(
    figure: Figure, summary: pd.DataFrame, folder: Path, footer: str, contrasts: pd.DataFrame | None = None
) -> list[Path]:
    """Draw a figure from a summary and write ``<name>.pdf``, ``<name>.svg`` and ``<name>.png``.

    Markers are the means of the summary, bands (and horizontal bars, where x is measured) its 95% intervals. The bytes
    depend on the arguments alone: no dates, no host, fixed identifiers. The footer stands below in small grey. Heat
    maps that compare methods need the `contrasts` as well.

    Raises
    ------
    ReportError
        If a curve has two cells at one value of a dial, or a column that is drawn does not exist.
    """
    from testbed.report.drawing import render

    files = render(figure, summary, footer, contrasts)
    return [write_atomically(Path(folder) / f"{figure.name}.{kind}", content) for kind, content in files.items()]


def _check_scales(panel: Panel | HeatMap, *names: str) -> None:
    for name in names:
        if getattr(panel, name) not in SCALES:
            raise ValueError(f"{name} of panel {panel.title!r} must be linear or log, not {getattr(panel, name)!r}")
