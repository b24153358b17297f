"""What every kind of panel is, and what all of them draw with: looks, rings, and what a reader must be told."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from testbed.report.files import ReportError
from testbed.report.remarks import hanging, selected

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = [
    "INKS",
    "PALETTE",
    "Curve",
    "PanelKind",
    "Style",
    "Tally",
    "Where",
    "check_scales",
    "look_of",
    "numeric",
    "ring",
    "say_empty",
    "styles",
]

Where = Mapping[str, object]
SCALES = ("linear", "log")
Array = np.ndarray[Any, Any]
# The "colorblind" palette of seaborn 0.13: to import seaborn for ten colours takes longer than to draw with them.
PALETTE = (
    "#0173b2", "#de8f05", "#029e73", "#d55e00", "#cc78bc", "#ca9161", "#fbafe4", "#949494", "#ece133", "#56b4e9",
)  # fmt: skip
COLORS = (0, 1, 2, 3, 4, 9, 5, 7, 6, 8)  # order of the palette: neighbours that are told apart first
# Of lines, in that order: the two palest, which are lost on white, are replaced by dark ones.
INKS = (*(PALETTE[i] for i in COLORS[:8]), "#4b2e83", "#7d1d1d")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "*")
LINES: tuple[Any, ...] = ("-", (0, (6, 1.5, 1, 1.5)), (0, (1, 1.2)), (0, (3, 1.2, 1, 1.2, 1, 1.2)), (0, (8, 1)))
RING: dict[str, Any] = {"marker": "o", "markersize": 11, "markerfacecolor": "none", "color": "0.15", "linestyle": ""}
DASHES: tuple[Any, ...] = ((0, (4, 2)), (0, (2, 1.5)), (0, (6, 2, 1.5, 2)), (0, (9, 3)))


@dataclass(frozen=True)
class Style:
    """How one label is drawn, in every panel and in the legend."""

    color: Any
    line: Any
    marker: str
    size: float
    width: float
    filled: bool

    def keywords(self) -> dict[str, Any]:
        """Arguments of a matplotlib line."""
        face = self.color if self.filled else "none"
        shape = {"marker": self.marker, "markersize": self.size, "markerfacecolor": face, "markeredgewidth": 1.1}
        return {"color": self.color, "linestyle": self.line, "linewidth": self.width, **shape}


@dataclass
class Tally:
    """What a reader of the drawn panels must be told: repetitions, failures, and what an axis could not show."""

    fewest: int = 10**9
    most: int = 0
    failed: int = 0
    hanging: int = 0
    absent: int = 0
    bands: bool = False
    bars: bool = False
    totals: bool = False
    maps: bool = False
    below: int = 0
    lost: int = 0
    unsplit: bool = False
    whole: bool = False  # some bar has an intrinsic part that is not cut in two
    negative: bool = False  # some bar has a part below 0, so that its total is not its upper end
    bars_of: dict[str, None] = field(default_factory=dict)  # what the bars at a place are of, from left to right
    seen: set[str] = field(default_factory=set)

    def count(self, label: str, cells: pd.DataFrame) -> None:
        """Take down the repetitions and failures of the cells of a label."""
        if len(cells):
            self.seen.add(label)
        if len(n := cells["n_ok"][cells["n_ok"] > 0]):
            self.fewest, self.most = min(self.fewest, n.min()), max(self.most, n.max())
        self.failed += int(selected(cells).sum())
        self.hanging += int(hanging(cells).sum())
        self.absent += int((cells["n_ok"] == 0).sum())

    def said(self, label: str) -> str:
        """A label as the legend has it: one without any cell says so."""
        return label if label in self.seen else f"{label} (no cells)"


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
    of : str, optional
        Label of the measured curve that a prediction is of: drawn in its colour, darker, with a small mark of its
        shape, so that predictions of several curves share one label and are told apart.

    Examples
    --------
    >>> from testbed.report import Curve
    >>> Curve("no task", {"pretext": "Raw()"}).label
    'no task'
    """

    label: str
    where: Where = field(default_factory=dict)
    y: str | None = None
    color: str | None = None
    marker: str | None = None
    line: str | None = None
    of: str | None = None


class PanelKind(ABC):
    """One panel of a figure: the columns that it reads, how it is drawn, and its part of the legend.

    A kind of panel is a frozen dataclass that derives from this class, in a file of ``report/panels/``.
    """

    title: str
    beside: ClassVar[float] = 0.0  # inches that it needs at the right of its axes
    breaks_ticks: ClassVar[bool] = False  # whether the labels of its ticks are names, broken to the room that they have

    @abstractmethod
    def columns_read(self) -> set[str]:
        """Columns of the summary that it draws from or selects by."""

    @abstractmethod
    def draw(
        self,
        axes: Axes,
        summary: pd.DataFrame,
        contrasts: pd.DataFrame | None,
        looks: Mapping[str, Style],
        tally: Tally,
    ) -> None:
        """Draw it, and take down in the tally what a reader must be told."""

    @abstractmethod
    def legend(self, looks: Mapping[str, Style], tally: Tally) -> dict[str, Any]:
        """Its entries of the legend: label -> what matplotlib shows for it."""

    @property
    def lines(self) -> Sequence[Curve]:
        """Curves that need a look of measured ones."""
        return ()

    @property
    def predictions(self) -> Sequence[Curve]:
        """Curves that need a look of theory."""
        return ()


def styles(panels: Sequence[PanelKind]) -> dict[str, Style]:
    """Give each label of a figure one look.

    Later curves of a panel are thinner and smaller, so that a curve which lies on another leaves it in sight. Theory is
    dashed, dark and without markers.
    """
    looks: dict[str, Style] = {}
    for panel in panels:
        for place, curve in enumerate(panel.lines):
            if curve.label in looks:
                continue
            i, late = len(looks), place / max(len(panel.lines) - 1, 1)
            looks[curve.label] = Style(
                color=curve.color or INKS[i % len(INKS)],
                line=curve.line or LINES[i % len(LINES)],
                marker=curve.marker or MARKERS[i % len(MARKERS)],
                size=7.0 - 3.4 * late,
                width=2.2 - 1.1 * late,
                filled=late > 0.5,
            )
    predicted = {curve.label: curve for panel in panels for curve in panel.predictions}
    for i, (label, curve) in enumerate(predicted.items()):
        color, dash = curve.color or str(0.1 + 0.2 * (i % 3)), curve.line or DASHES[i % len(DASHES)]
        looks[label] = Style(color, dash, curve.marker or "", 3.5, 1.2, True)
    return looks


def look_of(curve: Curve, looks: Mapping[str, Style]) -> Style:
    """The look of a curve: that of its label, and of a prediction the colour and mark of what it is of.

    Raises
    ------
    ReportError
        If there is no curve of that label.
    """
    look = looks[curve.label]
    if curve.of is None:
        return look
    if curve.of not in looks:
        raise ReportError(f"curve {curve.label!r} is of {curve.of!r}; there are {', '.join(looks)}")
    from matplotlib.colors import to_rgb

    measured = looks[curve.of]
    darker = tuple(0.6 * part for part in to_rgb(measured.color))
    return replace(look, color=darker, marker=measured.marker, size=2.8, filled=True)


def ring(axes: Axes, x: Array, y: Array) -> None:
    """Draw a ring around the means of a selected part; NaN for the others."""
    if not np.isnan(y).all():
        axes.plot(x, y, zorder=6, **RING)


def say_empty(axes: Axes) -> None:
    """Say that a panel has nothing to show."""
    axes.set_xticks([])
    axes.set_xticks([], minor=True)
    axes.text(0.5, 0.5, "no cells", transform=axes.transAxes, ha="center", va="center", color="0.4")


def numeric(summary: pd.DataFrame, column: str, what: str) -> None:
    """Refuse to draw a column that is not there or holds texts.

    Raises
    ------
    ReportError
        Names the column, and the panel that wants it.
    """
    if column not in summary:
        raise ReportError(f"{what} draws the column {column}, which summary.csv does not have")
    if summary[column].dtype.kind not in "iuf":
        raise ReportError(f"{what} draws the column {column}, which holds texts, not numbers")


def check_scales(panel: PanelKind, *names: str) -> None:
    """Refuse a scale that is neither linear nor log."""
    for name in names:
        if getattr(panel, name) not in SCALES:
            raise ValueError(f"{name} of panel {panel.title!r} must be linear or log, not {getattr(panel, name)!r}")
