"""A panel of lines: means with bands, in looks that stay apart where curves coincide."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from testbed.report.cells import one_each, select, words
from testbed.report.files import is_measured
from testbed.report.panel import Curve, PanelKind, Style, Tally, Where, check_scales, look_of, numeric, ring, say_empty
from testbed.report.remarks import selected
from testbed.report.tables import ROUNDING

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis

__all__ = ["Panel"]

Array = np.ndarray[Any, Any]
NARROW, LETTER = 1.8, 0.055  # inches: the axes of a narrow panel, a letter of its ticks


@dataclass(frozen=True)
class Panel(PanelKind):
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
        check_scales(self, "xscale", "yscale")

    @property
    def lines(self) -> Sequence[Curve]:
        """Curves that show what was measured."""
        return self.curves

    @property
    def predictions(self) -> Sequence[Curve]:
        """Curves that show what theory predicts."""
        return self.theory

    def columns_read(self) -> set[str]:
        """Columns of the summary that it draws from or selects by."""
        shown = (*self.curves, *self.theory)
        read = {self.x, self.y, *self.where, *(column for curve in shown for column in curve.where)}
        return read | {curve.y for curve in shown if curve.y}

    def legend(self, looks: Mapping[str, Style], tally: Tally) -> dict[str, Any]:
        """One line for each curve."""
        from matplotlib.lines import Line2D

        curves = (*self.curves, *self.theory)
        return {tally.said(curve.label): Line2D([], [], **looks[curve.label].keywords()) for curve in curves}

    def draw(
        self,
        axes: Axes,
        summary: pd.DataFrame,
        contrasts: pd.DataFrame | None,
        looks: Mapping[str, Style],
        tally: Tally,
    ) -> None:
        """Draw the curves; what a logarithmic axis cannot show is marked at its edge or counted."""
        axes.set_xscale(self.xscale)
        axes.set_yscale(self.yscale)
        drawn = [(look_of(c, looks), _points(summary, self, c, tally)) for c in (*self.curves, *self.theory)]
        bottom = _bottom([points for _, points in drawn]) if self.yscale == "log" else None
        for order, (look, points) in enumerate(drawn):  # predictions last: seen where a curve lies on them
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
        x, *ends = (np.concatenate([p[n].to_numpy() for _, p in drawn]) for n in ("x", "y", "low", "high"))
        _room(axes, "x", x)
        _room(axes, "y", np.concatenate(ends))
        if bottom is not None:
            if any((points["low"] < bottom).any() for _, points in drawn):
                axes.set_ylim(bottom=bottom)
            _log_ticks(axes.yaxis, 0.0)
        if self.xscale == "log":
            _log_ticks(axes.xaxis, NARROW)
        if not len(x):
            say_empty(axes)
        elif self.xscale == "linear" and (x == np.round(x)).all() and not is_measured(self.x):
            _whole_ticks(axes, x)
        axes.set_xlabel(self.xlabel or words(self.x) + (f" less {self.offset:g}" if self.offset else ""))
        axes.set_ylabel(self.ylabel or words(self.y))


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


def _room(axes: Axes, axis: str, values: Array) -> None:
    """Give a logarithmic axis of one number, which else ends within its rounding, room at both sides."""
    scale = axes.get_xscale() if axis == "x" else axes.get_yscale()
    if scale == "log" and len(values) and ROUNDING < values.min() == values.max():
        axes.set(**{f"autoscale{axis}_on": False, f"{axis}lim": (values[0] / 2.5, values[0] * 2.5)})


def _log_ticks(axis: Axis, room: float) -> None:
    """Label a logarithmic axis with plain numbers: powers of ten alone only where there are enough of them.

    `room` is the length of an axis along which labels must stand apart, in inches; 0 where they cannot meet.
    """
    from matplotlib.ticker import AutoLocator, FuncFormatter, LogLocator, NullFormatter

    low, high = axis.get_view_interval()
    if high > 100 * low:
        return
    axis.set_major_locator(LogLocator(subs=_apart(room, low, high)) if high > 4 * low else AutoLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
    axis.set_minor_formatter(NullFormatter())


def _apart(room: float, low: float, high: float) -> tuple[float, ...]:
    """Multiples of powers of ten whose labels stand apart."""
    longest = max(len(f"{value:g}") for value in (low, 2 * low, high)) if room else -1.5
    decade, needed = (room or NARROW) / np.log10(high / low), LETTER * (longest + 1.5)
    return next((subs for gap, subs in ((0.3, (1, 2, 5)), (0.47, (1, 3))) if gap * decade >= needed), (1,))
