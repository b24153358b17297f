"""One panel: means with bands, in looks that stay apart where curves coincide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from testbed.report.cells import one_each, select, words
from testbed.report.figures import Curve, HeatMap, Panel, Stack
from testbed.report.files import ReportError, is_measured
from testbed.report.remarks import hanging, selected
from testbed.report.tables import ROUNDING

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

__all__ = ["PALETTE", "Style", "Tally", "draw_panel", "ring", "styles"]

Array = np.ndarray[Any, Any]
# The "colorblind" palette of seaborn 0.13: to import seaborn for ten colours takes longer than to draw with them.
PALETTE = (
    "#0173b2", "#de8f05", "#029e73", "#d55e00", "#cc78bc", "#ca9161", "#fbafe4", "#949494", "#ece133", "#56b4e9",
)  # fmt: skip
COLORS = (0, 1, 2, 3, 4, 9, 5, 7, 6, 8)  # order of the palette: neighbours that are told apart first
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


def styles(panels: Sequence[Panel | Stack | HeatMap]) -> dict[str, Style]:
    """Give each label of a figure one look.

    Later curves of a panel are thinner and smaller, so that a curve which lies on another leaves it in sight. Theory is
    dashed, dark and without markers.
    """
    lines = [panel for panel in panels if isinstance(panel, Panel)]
    looks: dict[str, Style] = {}
    for panel in lines:
        for place, curve in enumerate(panel.curves):
            if curve.label in looks:
                continue
            i, late = len(looks), place / max(len(panel.curves) - 1, 1)
            looks[curve.label] = Style(
                color=curve.color or PALETTE[COLORS[i % len(COLORS)]],
                line=curve.line or LINES[i % len(LINES)],
                marker=curve.marker or MARKERS[i % len(MARKERS)],
                size=7.0 - 3.4 * late,
                width=2.2 - 1.1 * late,
                filled=late > 0.5,
            )
    predicted = {curve.label: curve for p in panels if not isinstance(p, Stack) for curve in p.theory}
    for i, (label, curve) in enumerate(predicted.items()):
        color, dash = curve.color or str(0.1 + 0.2 * (i % 3)), curve.line or DASHES[i % len(DASHES)]
        looks[label] = Style(color, dash, curve.marker or "", 3.5, 1.2, True)
    return looks


def draw_panel(axes: Axes, panel: Panel, summary: pd.DataFrame, looks: Mapping[str, Style], tally: Tally) -> None:
    """Draw the curves of a panel; what a logarithmic axis cannot show is marked at its edge or counted."""
    axes.set_xscale(panel.xscale)
    axes.set_yscale(panel.yscale)
    drawn = [(looks[c.label], _points(summary, panel, c, tally)) for c in (*panel.theory, *panel.curves)]
    bottom = _bottom([points for _, points in drawn]) if panel.yscale == "log" else None
    for order, (look, points) in enumerate(drawn):
        x, y, low, high = (points[name].to_numpy() for name in ("x", "y", "low", "high"))
        above = y > (-np.inf if bottom is None else ROUNDING)
        if bottom is not None:
            low, high = np.fmax(low, bottom / 100), np.fmax(high, bottom / 100)  # a band down to 0 leaves the panel
            tally.below += int((~above).sum())
            edge = {**look.keywords(), "marker": "v", "linestyle": "none", "markersize": max(look.size, 3.5)}
            flat = np.zeros(int((~above).sum()))
            axes.plot(x[~above], flat, transform=axes.get_xaxis_transform(), clip_on=False, zorder=5, **edge)
        if len(x) == 1 and (high > low).any():
            tally.bands = True
            ends = np.abs(np.vstack([low, high]) - y)
            axes.errorbar(x, y, yerr=ends, fmt="none", ecolor=look.color, elinewidth=0.8, capsize=2)
        elif (high > low).any():
            tally.bands = True
            axes.fill_between(x, low, high, color=look.color, alpha=0.18, linewidth=0, zorder=1)
        axes.plot(x, np.where(above, y, np.nan), zorder=2 + order / 100, **look.keywords())
        ring(axes, x, np.where(above & points["selected"], y, np.nan))
        sides = np.nan_to_num(np.vstack([x - points["x_low"], points["x_high"] - x]))
        if look.marker and (sides > 0).any():
            tally.bars = True
            style = {"fmt": "none", "ecolor": look.color, "elinewidth": 0.8, "capsize": 1.5}
            axes.errorbar(x, np.where(above, y, np.nan), xerr=sides, zorder=2 + order / 100, **style)
    if bottom is not None:
        if any((points["low"] < bottom).any() for _, points in drawn):
            axes.set_ylim(bottom=bottom)
        _log_ticks(axes.yaxis)
    if panel.xscale == "log":
        _log_ticks(axes.xaxis)
    x = np.concatenate([points["x"].to_numpy() for _, points in drawn])
    if not len(x):
        say_empty(axes)
    elif panel.xscale == "linear" and (x == np.round(x)).all() and not is_measured(panel.x):
        _whole_ticks(axes, x)
    axes.set_xlabel(panel.xlabel or words(panel.x) + (f" less {panel.offset:g}" if panel.offset else ""))
    axes.set_ylabel(panel.ylabel or words(panel.y))


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


def _points(summary: pd.DataFrame, panel: Panel, curve: Curve, tally: Tally) -> pd.DataFrame:
    """Points of a curve, sorted by x: x, y, and the ends of their intervals (the value itself where there is none)."""
    import pandas as pd

    what, y = f"curve {curve.label!r} of panel {panel.title!r}", curve.y or panel.y
    numeric(summary, panel.x, what)
    numeric(summary, y, what)
    cells = select(summary, {**panel.where, **curve.where}, what)
    if not is_measured(panel.x):
        one_each(cells, [panel.x], what)
    tally.count(curve.label, cells)
    points = pd.DataFrame({"x": cells[panel.x], "y": cells[y]}).astype(float).assign(selected=selected(cells))
    for name, column in (("", y), ("x_", panel.x)):
        for end in ("low", "high"):
            value = points["x" if name else "y"]
            points[name + end] = cells[f"{column}_{end}"].fillna(value) if f"{column}_{end}" in cells else value
    points[["x", "x_low", "x_high"]] -= panel.offset
    points = points.dropna(subset=["x", "y"]).sort_values("x", kind="stable")
    shown = points["x"] > (0 if panel.xscale == "log" else -np.inf)
    tally.lost += int((~shown).sum())
    return points[shown]


def _bottom(drawn: Sequence[pd.DataFrame]) -> float:
    """Lower end of a logarithmic axis: under every positive mean, and at most a decade lower for the bands."""
    means = np.concatenate([points["y"].to_numpy() for points in drawn])
    means = means[means > ROUNDING]
    ends = np.concatenate([points["low"].to_numpy() for points in drawn])
    if not len(means):
        return 0.1
    least = means.min()
    return float(max(least / 10, 0.8 * ends[ends > ROUNDING].min(initial=least)))


def _whole_ticks(axes: Axes, x: Array) -> None:
    """Ticks on the values of a whole-numbered dial, where they are few and apart; else on whole numbers."""
    from matplotlib.ticker import MaxNLocator

    values = np.unique(x)
    gaps = np.diff(values)
    if len(values) <= 10 and (not len(gaps) or gaps.min() > 0.04 * (values[-1] - values[0])):
        axes.set_xticks(values)
    else:
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))


def _log_ticks(axis: Axis) -> None:
    """Label a logarithmic axis with plain numbers: powers of ten alone only where there are enough of them."""
    from matplotlib.ticker import AutoLocator, FuncFormatter, LogLocator, NullFormatter

    low, high = axis.get_view_interval()
    if high > 100 * low:
        return
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)) if high > 4 * low else AutoLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())
