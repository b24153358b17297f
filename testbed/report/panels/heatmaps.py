"""A heat map: one colour a cell, a line where a contrast changes sign, theory drawn over it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from testbed.report.cells import one_each, select, words
from testbed.report.files import ReportError
from testbed.report.pairs import differences
from testbed.report.panel import Curve, PanelKind, Style, Tally, Where, check_scales, numeric, ring, say_empty
from testbed.report.remarks import selected
from testbed.report.squares import edges_of, equality, grid_of

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.colors import Normalize

__all__ = ["HeatMap"]

Array = np.ndarray[Any, Any]
DIVERGING, SEQUENTIAL = "RdBu_r", "viridis"
UNSURE: dict[str, Any] = {"hatch": "//////", "edgecolor": "0.35", "facecolor": "none", "linewidth": 0.0}
WORSE: dict[str, Any] = {"hatch": "..", "edgecolor": "0.15", "facecolor": "none", "linewidth": 0.0}
EQUAL: dict[str, Any] = {"color": "black", "linewidth": 1.6}
SAME = 1e-6  # relative spread at or below which a prediction is one number along y


@dataclass(frozen=True)
class HeatMap(PanelKind):
    """A column, or the contrast of two methods, as the colour of cells on two axes.

    A contrast is a - b, or the ratio a / b, of the excess risks of two methods at the same place (law and sample
    sizes): blue where a is lower, red where b is, white where they are equal. A line goes where the difference changes
    sign, interpolated between cells. Cells whose 95% interval of the paired difference holds 0 are hatched, and those
    where it is above 0, so that b is lower, are dotted: both sides are told apart in grey.

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
        check_scales(self, "xscale", "yscale", "scale")
        if self.compare not in ("ratio", "difference"):
            raise ValueError(f"compare of panel {self.title!r} must be ratio or difference, not {self.compare!r}")
        least = 1.0 if self.b is not None and self.compare == "ratio" else 0.0
        if self.limit is not None and not self.limit > least:
            raise ValueError(f"limit of panel {self.title!r} must be above {least:g}, not {self.limit!r}")
        if any(curve.y is None for curve in self.theory):
            raise ValueError(f"panel {self.title!r}: a theory curve over a heat map names its column y")

    beside = 0.72  # the colour bar, its ticks and its label

    @property
    def predictions(self) -> Sequence[Curve]:
        """Curves that show what theory predicts."""
        return self.theory

    def columns_read(self) -> set[str]:
        """Columns of the summary that it draws from or selects by."""
        read = {self.x, self.y, self.column, *self.where, *self.a, *(self.b or ())}
        read |= {column for curve in self.theory for column in curve.where}
        return read | {curve.y for curve in self.theory if curve.y}

    def legend(self, looks: Mapping[str, Style], tally: Tally) -> dict[str, Any]:
        """The line of equality, the hatching and the theory."""
        return {tally.said(label): handle for label, handle in _entries(self, looks).items()}

    def draw(
        self,
        axes: Axes,
        summary: pd.DataFrame,
        contrasts: pd.DataFrame | None,
        looks: Mapping[str, Style],
        tally: Tally,
    ) -> None:
        """Draw the cells, their colour bar, the line of equality and the theory.

        Raises
        ------
        ReportError
            If an axis is no column of numbers, two cells share a place, or a prediction varies along y.
        """
        what = f"panel {self.title!r}"
        for column in (self.x, self.y, self.column):
            numeric(summary, column, what)
        cells = cells_of(self, summary, contrasts, what)
        tally.count(self.title, cells)
        if self.b is not None:  # the other method may be the one that failed
            tally.failed += int(((cells["n_dropped"] > 0) & ~selected(cells)).sum())
        tally.maps = True
        tally.seen |= {*_entries(self, looks)} - {curve.label for curve in self.theory}
        axes.set_xscale(self.xscale)
        axes.set_yscale(self.yscale)
        axes.grid(False)
        axes.set_xlabel(self.xlabel or words(self.x))
        axes.set_ylabel(self.ylabel or words(self.y))
        axes.set_facecolor("0.9")
        for name, scale in ((self.x, self.xscale), (self.y, self.yscale)):
            shown = cells[name] > (0 if scale == "log" else -np.inf)
            tally.lost += int((~shown).sum())
            cells = cells[shown]
        if not len(cells):
            say_empty(axes)
            return
        x, y = (np.unique(cells[name].to_numpy(dtype=float)) for name in (self.x, self.y))
        at = np.searchsorted(y, cells[self.y].to_numpy()), np.searchsorted(x, cells[self.x].to_numpy())
        color = grid_of(at, cells["color"], (len(y), len(x)))
        edges = edges_of(x, self.xscale), edges_of(y, self.yscale)
        norm = norm_of(self, color)
        mesh = axes.pcolormesh(*edges, np.ma.masked_invalid(color), cmap=_palette(self), norm=norm, zorder=1)
        axes.set_xlim(edges[0][0], edges[0][-1])
        axes.set_ylim(edges[1][0], edges[1][-1])
        _bar(axes, self, mesh, color)
        part = selected(cells) if self.b is None else selected(cells) | (cells["n_dropped"] > 0)
        ring(axes, cells[self.x].to_numpy(dtype=float), np.where(part, cells[self.y], np.nan))
        if self.b is not None:
            low, high = (grid_of(at, cells[f"difference_{end}"], color.shape) for end in ("low", "high"))
            _hatch(axes, edges, (low <= 0.0) & (high >= 0.0), UNSURE)
            _hatch(axes, edges, low > 0.0, WORSE)
            for line in equality(x, y, grid_of(at, cells["difference"], color.shape), (self.xscale, self.yscale)):
                axes.plot(*line, zorder=4, **EQUAL)
        for curve in self.theory:
            where = {**self.where, **self.a, **curve.where}
            predicted = _theory(self, summary, curve.label, where, str(curve.y), tally)
            axes.plot(*predicted, zorder=5, **looks[curve.label].keywords())


def _entries(panel: HeatMap, looks: Mapping[str, Style]) -> dict[str, Any]:
    """Entries of the legend that a heat map needs: the line of equality, the hatching and the theory."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    entries: dict[str, Any] = {}
    if panel.b is not None:
        entries["equal risk (measured)"] = Line2D([], [], **EQUAL)
        entries["95% interval of the difference holds 0"] = Patch(**UNSURE)
        entries["the difference is above 0"] = Patch(**WORSE)
    return entries | {curve.label: Line2D([], [], **looks[curve.label].keywords()) for curve in panel.theory}


def cells_of(panel: HeatMap, summary: pd.DataFrame, contrasts: pd.DataFrame | None, what: str) -> pd.DataFrame:
    """Cells with a column ``color``, and those of a contrast with its difference."""
    places = [panel.x, panel.y]
    if panel.b is None:
        cells = select(summary, {**panel.where, **panel.a}, what)
        one_each(cells, places, what)
        return cells.assign(color=cells[panel.column]).dropna(subset=places)
    a, b = ({**panel.where, **side} for side in (panel.a, panel.b))
    cells = differences(summary, contrasts, a, b, places, what)
    ratio = cells["excess_risk"] / cells["other"].where(cells["other"] > 0)
    return cells.assign(color=ratio if panel.compare == "ratio" else cells["difference"]).dropna(subset=places)


def _palette(panel: HeatMap) -> str:
    return SEQUENTIAL if panel.b is None else DIVERGING


def norm_of(panel: HeatMap, color: Array) -> Normalize:
    """Scale of the colour: symmetric about equality in a contrast."""
    from matplotlib.colors import LogNorm, Normalize

    known = color[np.isfinite(color)]
    if panel.b is not None and panel.compare == "ratio":
        known = known[known > 0.0]
        end = panel.limit or max(float(np.exp(np.abs(np.log(known)).max(initial=0.0))), 1.01)
        return LogNorm(1.0 / end, end)
    if panel.b is not None:
        end = panel.limit or float(np.abs(known).max(initial=0.0)) or 1.0
        return Normalize(-end, end)
    if panel.scale == "log":
        known = known[known > 0.0]
        top = panel.limit or float(known.max(initial=0.0)) or 1.0
        return LogNorm(min(float(known.min(initial=top)), 0.999 * top), top)
    return Normalize(float(known.min(initial=0.0)), panel.limit or float(known.max(initial=0.0)) or 1.0)


def _bar(axes: Axes, panel: HeatMap, mesh: Any, color: Array) -> None:
    """Colour bar beside the axes; an arrow at an end says that cells go beyond it."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    beyond = float(np.nanmin(color, initial=np.inf)) < mesh.norm.vmin * (1 - np.sign(mesh.norm.vmin) * 1e-9)
    above = float(np.nanmax(color, initial=-np.inf)) > mesh.norm.vmax * (1 + np.sign(mesh.norm.vmax) * 1e-9)
    extend = {(0, 0): "neither", (0, 1): "max", (1, 0): "min", (1, 1): "both"}[int(beyond), int(above)]
    inset = axes.inset_axes((1.04, 0.0, 0.055, 1.0))
    bar = axes.figure.colorbar(mesh, cax=inset, extend=extend)
    if panel.b is not None and panel.compare == "ratio":
        wide = mesh.norm.vmax > 8.0
        bar.ax.yaxis.set_major_locator(LogLocator(10, subs=(1,) if wide else (1, 1.5, 2, 3, 5, 7)))
        bar.ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.2g}"))
        bar.ax.yaxis.set_minor_formatter(NullFormatter())
    text = "ratio of excess risks" if panel.compare == "ratio" else "difference of excess risks"
    bar.set_label(panel.label or (words(panel.column) if panel.b is None else text), labelpad=1)
    bar.ax.tick_params(labelsize=6.5, length=2, pad=1.5)
    bar.outline.set_linewidth(0.5)


def _hatch(axes: Axes, edges: tuple[Array, Array], where: Array, look: Mapping[str, Any]) -> None:
    from matplotlib.patches import Rectangle

    (x, y) = edges
    for i, j in zip(*np.nonzero(where), strict=True):
        axes.add_patch(Rectangle((x[j], y[i]), x[j + 1] - x[j], y[i + 1] - y[i], zorder=2, **look))


def _theory(
    panel: HeatMap, summary: pd.DataFrame, label: str, where: Mapping[str, object], column: str, tally: Tally
) -> tuple[Array, Array]:
    """Predicted y at each x: one number, whatever y is."""
    what = f"curve {label!r} of panel {panel.title!r}"
    numeric(summary, column, what)
    cells = select(summary, where, what)
    tally.count(label, cells)
    cells = cells.dropna(subset=[panel.x, column])
    each = cells.groupby(panel.x)[column]
    low, high = each.min(), each.max()
    if len(low) and bool((high - low > SAME * high.abs()).any()):
        raise ReportError(f"{what}: {column} has several values at one {panel.x}; it must not vary along {panel.y}")
    return low.index.to_numpy(dtype=float), low.to_numpy(dtype=float)
