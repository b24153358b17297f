"""A stacked panel: excess risk as the sum of its parts, of which the middle one may be negative."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from testbed.columns import parts_of
from testbed.report.cells import labels_of, one_each, select, words
from testbed.report.files import ReportError
from testbed.report.panel import PALETTE, Curve, PanelKind, Style, Tally, Where, ring, say_empty
from testbed.report.remarks import selected

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["Stack"]

PARTS = {name: name.replace("_", " ") for name in parts_of("excess_risk")} | {"": "not split"}
HATCHES = ("", "/////", "....", "")
HALVES = {name: name.replace("_", " ") for name in parts_of("intrinsic")}
TOTAL: dict[str, Any] = {"color": "black", "linewidth": 1.6}
SEEN = 0.01  # share of the highest bar from which on a part below 0 is seen
CLUSTER = 0.84  # share of the distance between two values of x that their bars fill


def part_looks() -> dict[str, dict[str, Any]]:
    """How each part is drawn: by colour and by hatching, so that it survives print in grey."""
    colors = [*PALETTE[:3], "0.8"]
    looks = zip(PARTS, colors, HATCHES, strict=True)
    return {n: {"facecolor": c, "edgecolor": "white", "hatch": h, "linewidth": 0.0} for n, c, h in looks}


def half_looks() -> dict[str, dict[str, Any]]:
    """How the halves of the intrinsic part are drawn."""
    looks = zip(HALVES, PALETTE[3:5], strict=True)
    hatches = dict(zip(HALVES, ("xxxx", "----"), strict=True))
    return {n: {"facecolor": c, "edgecolor": "white", "hatch": hatches[n], "linewidth": 0.0} for n, c in looks}


@dataclass(frozen=True)
class Stack(PanelKind):
    """Excess risk stacked from its parts: intrinsic + pretext part + estimation.

    Negative parts hang below zero, and a black line across the bar is then the total, which is otherwise the upper end;
    the bar on it is its 95% interval. What the rows do not split (an empty part) is drawn grey.

    Attributes
    ----------
    title : str
        What the panel shows; its letter is put before it.
    x : str
        Column whose values stand side by side, evenly spaced; a dial, or a text such as ``pretext``.
    curves : sequence of Curve
        One bar each at every x, from left to right; none: one bar at every x.
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

    breaks_ticks = True

    def columns_read(self) -> set[str]:
        """Columns of the summary that it draws from or selects by."""
        read = {self.x, *self.where, *(column for curve in self.curves for column in curve.where)}
        return read | {curve.y for curve in self.curves if curve.y}

    def legend(self, looks: Mapping[str, Style], tally: Tally) -> dict[str, Any]:
        """The parts that are drawn, and the total where a part is negative."""
        from matplotlib.lines import Line2D
        from matplotlib.patches import Patch

        entries: dict[str, Any] = {}
        if self.split:
            entries |= {HALVES[name]: Patch(**look) for name, look in half_looks().items()}
        drawn = {"intrinsic": tally.whole, "": tally.unsplit}
        entries |= {PARTS[name]: Patch(**look) for name, look in part_looks().items() if drawn.get(name, True)}
        return entries | ({"total": Line2D([], [], **TOTAL)} if tally.negative else {})

    def draw(
        self,
        axes: Axes,
        summary: pd.DataFrame,
        contrasts: pd.DataFrame | None,
        looks: Mapping[str, Style],
        tally: Tally,
    ) -> None:
        """Draw one bar for each value of x and each curve: parts above and below zero, and the total.

        Raises
        ------
        ReportError
            If x is not a column, or two cells of a curve share a value of x.
        """
        if self.x not in summary:
            raise ReportError(f"panel {self.title!r} draws the column {self.x}, which summary.csv does not have")
        curves = self.curves or (Curve(self.title),)
        bars = [_bars(summary, self, curve, tally) for curve in curves]
        places = _places(summary, bars, self.x)
        width = CLUSTER / len(bars)
        for i, cells in enumerate(bars):
            middle = np.array([places.index(value) for value in cells[self.x]]) + (i + 0.5) * width - CLUSTER / 2
            tally.unsplit |= bool(cells[[name for name in PARTS if name]].isna().any(axis=None))
            whole, negative = _draw_bars(axes, middle, 0.88 * width, cells, self.split)
            tally.whole |= whole
            tally.negative |= negative
            ring(axes, middle, np.where(selected(cells), cells["excess_risk"], np.nan))
        tally.totals = True
        if len(bars) > 1:
            tally.bars_of[", ".join(tally.said(curve.label) for curve in curves)] = None
        axes.axhline(0, color="0.2", linewidth=0.8, zorder=3)
        texts = labels_of(places, 6)
        axes.set_xticks(range(len(places)), [self.ticks.get(text, text) for text in texts])
        axes.tick_params(axis="x", length=0)
        if not places:
            say_empty(axes)
        else:
            axes.set_xlim(-0.6, len(places) - 0.4)
        axes.grid(False, axis="x")
        axes.use_sticky_edges = False  # else the axis ends where a bar does
        axes.margins(y=0.08)
        axes.set_xlabel(self.xlabel or words(self.x))
        axes.set_ylabel(self.ylabel or words("excess_risk"))


def _bars(summary: pd.DataFrame, stack: Stack, curve: Curve, tally: Tally) -> pd.DataFrame:
    what = f"bar {curve.label!r} of panel {stack.title!r}"
    cells = select(summary, {**stack.where, **curve.where}, what)
    one_each(cells, [stack.x], what)
    tally.count(curve.label, cells)
    return cells[cells["excess_risk"].notna() & cells[stack.x].notna()]


def _places(summary: pd.DataFrame, bars: Sequence[pd.DataFrame], x: str) -> list[Any]:
    """Values of x that have a bar: numbers by size, texts in the order of the summary."""
    shown = {value for cells in bars for value in cells[x].tolist()}
    if summary[x].dtype.kind in "iuf":
        return sorted(shown)
    return [value for value in dict.fromkeys(summary[x].tolist()) if value in shown]


def _draw_bars(
    axes: Axes, middle: np.ndarray[Any, Any], width: float, cells: pd.DataFrame, halve: bool
) -> tuple[bool, bool]:
    """Draw the bars, and say whether one has an intrinsic part that is not cut in two, and one a negative part."""
    total = cells["excess_risk"].to_numpy()
    parts = {name: cells[name].to_numpy() for name in PARTS if name}
    split = ~np.isnan(sum(parts.values()))
    parts = {name: np.where(split, values, 0.0) for name, values in parts.items()} | {"": np.where(split, 0.0, total)}
    looks, whole = part_looks(), bool(split.any())
    if halve and set(HALVES) <= set(cells):
        halves = {name: np.where(split, cells[name].to_numpy(), 0.0) for name in HALVES}
        known = ~np.isnan(sum(halves.values()))
        parts |= {name: np.where(known, values, 0.0) for name, values in halves.items()}
        parts["intrinsic"] = np.where(known, 0.0, parts["intrinsic"])
        looks, whole = half_looks() | looks, bool((split & ~known).any())
    top, base = np.zeros((2, len(middle)))
    for name, look in looks.items():
        values = parts[name]
        axes.bar(middle, values, width, bottom=np.where(values >= 0, top, base), zorder=2, **look)
        top, base = top + np.maximum(values, 0), base + np.minimum(values, 0)
    ends = np.vstack([total - cells["excess_risk_low"], cells["excess_risk_high"] - total])
    axes.errorbar(
        middle, total, yerr=np.nan_to_num(ends), fmt="none", ecolor="black", elinewidth=0.8, capsize=1.5, zorder=4
    )
    hidden = base < -SEEN * np.max(top, initial=0.0)  # the total is not the upper end
    for look in ({"color": "white", "linewidth": 3.2}, TOTAL):
        ends_at = middle[hidden] - 0.55 * width, middle[hidden] + 0.55 * width
        axes.hlines(total[hidden], *ends_at, zorder=5, **look)
    return whole, bool(hidden.any())
