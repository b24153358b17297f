"""A declared heat map for a page: cells with their edges and colours, the line of equality, theory over it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from testbed.columns import METHOD
from testbed.explorer.curves import curve_of
from testbed.explorer.plain import plain
from testbed.report import HeatMap
from testbed.report.cells import select, words
from testbed.report.panels.heatmaps import cells_of, norm_of
from testbed.report.squares import edges_of, equality, grid_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["map_of"]


def map_of(panel: HeatMap, summary: pd.DataFrame, contrasts: pd.DataFrame | None) -> dict[str, Any]:
    """Describe a heat map. A cell is [row, x1, x2, y1, y2, colour, low, high]: edges, and the 95% interval of a - b.

    ``low`` and ``high`` are of the difference also where the colour is a ratio; None where nothing is compared.
    """
    cells = cells_of(panel, summary, contrasts, f"panel {panel.title!r}")
    every = cells
    for name, scale in ((panel.x, panel.xscale), (panel.y, panel.yscale)):
        cells = cells[cells[name] > (0 if scale == "log" else -np.inf)]
    rows = {key: i for i, key in enumerate(summary["key"])}
    lost = [rows[key] for key in every["key"][~every["key"].isin(cells["key"])]]
    x, y = (np.unique(cells[name].to_numpy(dtype=float)) for name in (panel.x, panel.y))
    shown: list[list[Any]] = []
    lines: list[list[list[float | None]]] = []
    ends = [0.0, 1.0]
    if len(cells):
        at = np.searchsorted(y, cells[panel.y].to_numpy()), np.searchsorted(x, cells[panel.x].to_numpy())
        (across, up), shape = (edges_of(x, panel.xscale), edges_of(y, panel.yscale)), (len(y), len(x))
        norm = norm_of(panel, grid_of(at, cells["color"], shape))
        ends = [float(norm.vmin or 0.0), float(norm.vmax or 1.0)]
        gap = [cells[f"difference_{end}"] if panel.b is not None else [None] * len(cells) for end in ("low", "high")]
        for key, i, j, color, low, high in zip(cells["key"], *at, cells["color"], *gap, strict=True):
            box = (across[j], across[j + 1], up[i], up[i + 1])
            shown.append([rows[key], *(_short(v) for v in (*box, color, low, high))])
        if panel.b is not None:
            drawn = equality(x, y, grid_of(at, cells["difference"], shape), (panel.xscale, panel.yscale))
            lines = [[[_short(u), _short(v)] for u, v in zip(*line, strict=True)] for line in drawn]
    text = f"{'ratio' if panel.compare == 'ratio' else 'difference'} of excess risks"
    what = panel.label or (words(panel.column) if panel.b is None else text)
    labels = {"xlabel": panel.xlabel or words(panel.x), "ylabel": panel.ylabel or words(panel.y), "label": what}
    log = panel.compare == "ratio" if panel.b is not None else panel.scale == "log"
    return {
        "kind": "map", "x": panel.x, "y": panel.y, "xscale": panel.xscale, "yscale": panel.yscale,
        "column": "excess_risk" if panel.b is not None else panel.column,
        "color": {"ends": ends, "log": log, "diverging": panel.b is not None}, "cells": shown, "lost": lost,
        "equality": lines, **{name: plain(label) for name, label in labels.items()}, "curves": _sides(panel, summary),
    }  # fmt: skip


def _sides(panel: HeatMap, summary: pd.DataFrame) -> list[dict[str, Any]]:
    """The methods that are compared, by their texts, and the theory."""
    curves: list[dict[str, Any]] = []
    for where in (panel.a, panel.b):
        if where is not None:
            cells = select(summary, {**panel.where, **where}, "")
            method = " + ".join(str(cells[name].iloc[0]) for name in METHOD[:2]) if len(cells) else panel.title
            curves.append(curve_of(method, cells, panel.column))
    for curve in panel.theory:
        cells = select(summary, {**panel.where, **panel.a, **curve.where}, "")
        curves.append(curve_of(curve.label, cells, str(curve.y)) | {"theory": True, "color": "#1a1a1a"})
    return curves


def _short(value: Any) -> float | None:
    """A number to seven digits, which a screen cannot tell from all; None where it is none."""
    return None if value is None or not np.isfinite(value) else float(f"{value:.7g}")
