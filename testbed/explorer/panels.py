"""The declared panels of a folder, with their cells chosen: what a page shows first."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from testbed.columns import COLUMNS
from testbed.explorer.curves import curve_of
from testbed.explorer.maps import map_of
from testbed.explorer.plain import distinct, plain
from testbed.report import Curve, Figure, HeatMap, Panel, PanelKind, Stack, texts
from testbed.report.cells import select, words
from testbed.report.panel import Style, Where, numeric, styles

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["panels_of"]

MARK = "<where>"
PARTS = (("intrinsic", "#0173b2"), ("pretext_part", "#de8f05"), ("estimation", "#029e73"))
HALVES = (("information_lost", "#d55e00"), ("not_linear", "#cc78bc"))


def panels_of(figures: Sequence[Figure], summary: pd.DataFrame, contrasts: pd.DataFrame | None) -> list[dict[str, Any]]:
    """Describe each panel for a page: its kind, axes, and curves with the numbers of their cells.

    Raises
    ------
    ReportError
        If a panel draws a column that the summary does not have.
    """
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a curve without cells says so in the legend
        for figure in figures:
            looks = styles(figure.panels)
            for i, panel in enumerate(figure.panels):
                letter = f"({chr(ord('a') + i)}) " if len(figure.panels) > 1 else ""
                head = {"figure": figure.name, "title": f"{letter}{plain(panel.title)}", "raw": panel.title}
                caption = {"caption": plain(figure.caption)}
                found.append(head | caption | _described(panel, summary, contrasts, looks))
    return found


def _described(
    panel: PanelKind, summary: pd.DataFrame, contrasts: pd.DataFrame | None, looks: dict[str, Style]
) -> dict[str, Any]:
    if isinstance(panel, Panel):
        return _lines(panel, summary, looks)
    if isinstance(panel, Stack):
        return _written(panel) | _stack(panel, summary)
    if isinstance(panel, HeatMap):
        return _written(panel) | map_of(panel, summary, contrasts)
    kind = {"kind": type(panel).__name__, "curves": [curve_of("all cells", summary, "excess_risk")]}
    return {"text": _text(panel)} | kind


def _written(panel: Stack | HeatMap) -> dict[str, Any]:
    """The panel as Python text, and cut into pieces, so that a page can select fewer cells.

    ``frame`` is the panel with `MARK` in place of its ``where`` and of its curves, or sides a and b; ``where`` has the
    entries of its own, column -> text. ``pieces`` are the curves or sides in the order of the page's curves, each with
    the field that it belongs to, its own text with `MARK` for its ``where``, and that ``where``.
    """
    marked: dict[str, Any] = {"where": {MARK: 0}}
    if isinstance(panel, Stack):
        lists = {"curves": panel.curves}
        sides: dict[str, Any] = {}
    else:
        lists = {"theory": panel.theory}
        sides = {name: where for name in ("a", "b") if (where := getattr(panel, name)) is not None}
    marked |= {name: {f"{MARK}{name}": 0} for name in sides}
    marked |= {name: [Curve(f"{MARK}{name}", y=MARK)] for name, curves in lists.items() if curves}
    pieces = [{"of": name, "where": _entries(where)} for name, where in sides.items()]
    for name, curves in lists.items():
        pieces += [{"of": name, "where": _entries(c.where), "text": _text(replace(c, where={MARK: 0}))} for c in curves]
    return {
        "text": _text(panel),
        "frame": _text(replace(panel, **marked)),
        "where": _entries(panel.where),
        "pieces": pieces,
    }


def _text(one: object) -> str:
    """What stands for one object of a script, as Python."""
    return texts({"FIGURES": [one]})["FIGURES"][1:-1]


def _entries(where: Where) -> dict[str, str]:
    """Column -> its entry of a ``where`` as Python, ``'n_labeled': 100``."""
    return {name: _text({name: value})[1:-1] for name, value in where.items()}


def _lines(panel: Panel, summary: pd.DataFrame, looks: dict[str, Style]) -> dict[str, Any]:
    curves = []
    for curve in (*panel.curves, *panel.theory):
        numeric(summary, curve.y or panel.y, f"curve {curve.label!r} of panel {panel.title!r}")
        cells = select(summary, {**panel.where, **curve.where}, "")
        look = {"color": _color(looks[curve.label]), "joined": looks[curve.label].line != "none"}
        theory = {"theory": True} if any(curve is other for other in panel.theory) else {}
        curves.append(curve_of(curve.label, cells, curve.y or panel.y) | look | theory)
    numeric(summary, panel.x, f"panel {panel.title!r}")
    labels = {"xlabel": plain(panel.xlabel or words(panel.x)), "ylabel": plain(panel.ylabel or words(panel.y))}
    given = {"xlabel": panel.xlabel, "ylabel": panel.ylabel}
    axes = {"x": panel.x, "y": panel.y, "xscale": panel.xscale, "yscale": panel.yscale, "offset": panel.offset}
    return {"kind": "lines", **axes, **labels, "given": {k: v for k, v in given.items() if v}, "curves": curves}


def _stack(panel: Stack, summary: pd.DataFrame) -> dict[str, Any]:
    curves = []
    for curve in panel.curves or (Curve(panel.title),):
        curves.append(curve_of(curve.label, select(summary, {**panel.where, **curve.where}, ""), "excess_risk"))
    parts = [*HALVES, *PARTS] if panel.split and {name for name, _ in HALVES} <= set(summary) else [*PARTS]
    shown = [{"name": name, "said": COLUMNS[name].words, "color": distinct(color)} for name, color in parts]
    labels = {"xlabel": plain(panel.xlabel or words(panel.x)), "ylabel": plain(panel.ylabel or words("excess_risk"))}
    ticks = {text: plain(label) for text, label in panel.ticks.items()}
    return {
        "kind": "bars",
        "x": panel.x,
        "y": "excess_risk",
        "parts": shown,
        "ticks": ticks,
        **labels,
        "curves": curves,
    }


def _color(look: Style) -> str:
    from matplotlib.colors import to_hex

    return distinct(to_hex(look.color))
