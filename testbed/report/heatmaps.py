"""A heat map: one colour a cell, a line where a contrast changes sign, theory drawn over it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from testbed.report.cells import one_each, select, words
from testbed.report.figures import HeatMap
from testbed.report.files import ReportError
from testbed.report.pairs import differences
from testbed.report.panels import Style, Tally, numeric, ring, say_empty
from testbed.report.remarks import selected

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.colors import Normalize

__all__ = ["BAR", "draw_heat_map", "map_entries"]

Array = np.ndarray[Any, Any]
BAR = 0.72  # inches beside the axes for the colour bar, its ticks and its label
DIVERGING, SEQUENTIAL = "RdBu_r", "viridis"
UNSURE: dict[str, Any] = {"hatch": "//////", "edgecolor": "0.35", "facecolor": "none", "linewidth": 0.0}
EQUAL: dict[str, Any] = {"color": "black", "linewidth": 1.6}
SAME = 1e-6  # relative spread at or below which a prediction is one number along y


def map_entries(panel: HeatMap, looks: Mapping[str, Style]) -> dict[str, Any]:
    """Entries of the legend that a heat map needs: the line of equality, the hatching and the theory."""
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    entries: dict[str, Any] = {}
    if panel.b is not None:
        entries["equal risk (measured)"] = Line2D([], [], **EQUAL)
        entries["95% interval of the difference holds 0"] = Patch(**UNSURE)
    return entries | {curve.label: Line2D([], [], **looks[curve.label].keywords()) for curve in panel.theory}


def draw_heat_map(
    axes: Axes,
    panel: HeatMap,
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
    what = f"panel {panel.title!r}"
    for column in (panel.x, panel.y, panel.column):
        numeric(summary, column, what)
    cells = _cells(panel, summary, contrasts, what)
    tally.count(panel.title, cells)
    if panel.b is not None:  # the other method may be the one that failed
        tally.failed += int(((cells["n_dropped"] > 0) & ~selected(cells)).sum())
    tally.maps = True
    tally.seen |= {*map_entries(panel, looks)} - {curve.label for curve in panel.theory}
    axes.set_xscale(panel.xscale)
    axes.set_yscale(panel.yscale)
    axes.grid(False)
    axes.set_xlabel(panel.xlabel or words(panel.x))
    axes.set_ylabel(panel.ylabel or words(panel.y))
    axes.set_facecolor("0.9")
    for name, scale in ((panel.x, panel.xscale), (panel.y, panel.yscale)):
        shown = cells[name] > (0 if scale == "log" else -np.inf)
        tally.lost += int((~shown).sum())
        cells = cells[shown]
    if not len(cells):
        say_empty(axes)
        return
    x, y = (np.unique(cells[name].to_numpy(dtype=float)) for name in (panel.x, panel.y))
    at = np.searchsorted(y, cells[panel.y].to_numpy()), np.searchsorted(x, cells[panel.x].to_numpy())
    color = _grid(at, cells["color"], (len(y), len(x)))
    edges = _edges(x, panel.xscale), _edges(y, panel.yscale)
    norm = _norm(panel, color)
    mesh = axes.pcolormesh(*edges, np.ma.masked_invalid(color), cmap=_palette(panel), norm=norm, zorder=1)
    axes.set_xlim(edges[0][0], edges[0][-1])
    axes.set_ylim(edges[1][0], edges[1][-1])
    _bar(axes, panel, mesh, color)
    part = selected(cells) if panel.b is None else selected(cells) | (cells["n_dropped"] > 0)
    ring(axes, cells[panel.x].to_numpy(dtype=float), np.where(part, cells[panel.y], np.nan))
    if panel.b is not None:
        low, high = (_grid(at, cells[f"difference_{end}"], color.shape) for end in ("low", "high"))
        _hatch(axes, edges, (low <= 0.0) & (high >= 0.0))
        _equality(axes, panel, x, y, _grid(at, cells["difference"], color.shape))
    for curve in panel.theory:
        line = _theory(panel, summary, curve.label, {**panel.where, **panel.a, **curve.where}, str(curve.y), tally)
        axes.plot(*line, zorder=5, **looks[curve.label].keywords())


def _cells(panel: HeatMap, summary: pd.DataFrame, contrasts: pd.DataFrame | None, what: str) -> pd.DataFrame:
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


def _grid(at: tuple[Array, Array], values: pd.Series, shape: tuple[int, ...]) -> Array:
    grid = np.full(shape, np.nan)
    grid[at] = values.to_numpy(dtype=float)
    return grid


def _edges(values: Array, scale: str) -> Array:
    """Ends of cells: half way between neighbours, on the scale of the axis."""
    v = np.log(values) if scale == "log" else values
    if len(v) == 1:
        edges = np.array([v[0] - 0.5, v[0] + 0.5])
    else:
        middle = 0.5 * (v[1:] + v[:-1])
        edges = np.concatenate([[2 * v[0] - middle[0]], middle, [2 * v[-1] - middle[-1]]])
    return np.exp(edges) if scale == "log" else edges


def _palette(panel: HeatMap) -> str:
    return SEQUENTIAL if panel.b is None else DIVERGING


def _norm(panel: HeatMap, color: Array) -> Normalize:
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


def _hatch(axes: Axes, edges: tuple[Array, Array], where: Array) -> None:
    from matplotlib.patches import Rectangle

    (x, y) = edges
    for i, j in zip(*np.nonzero(where), strict=True):
        axes.add_patch(Rectangle((x[j], y[i]), x[j + 1] - x[j], y[i + 1] - y[i], zorder=2, **UNSURE))


def _equality(axes: Axes, panel: HeatMap, x: Array, y: Array, difference: Array) -> None:
    """Line where the difference is 0, linear between the middles of cells on the scales of the axes."""
    from contourpy import contour_generator

    if min(difference.shape) < 2:
        return
    u, v = (np.log(a) if s == "log" else a for a, s in ((x, panel.xscale), (y, panel.yscale)))
    for line in contour_generator(u, v, np.ma.masked_invalid(difference)).lines(0.0):
        points = np.asarray(line)
        a, b = (np.exp(p) if s == "log" else p for p, s in zip(points.T, (panel.xscale, panel.yscale), strict=True))
        axes.plot(a, b, zorder=4, **EQUAL)


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
