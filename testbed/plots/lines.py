"""Means against x, a line for each method or dial, with the intervals that are given and theory dashed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from testbed.plots.room import beside, lay_out, legend_below, passing, ticks, titles
from testbed.plots.tidy import cells_of, column_of, one_cell_each, said
from testbed.report import ReportError
from testbed.report.cells import labels_of, risk_of, words
from testbed.report.panel import COLORS, DASHES, MARKERS, PALETTE, numeric
from testbed.report.tables import ROUNDING

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from seaborn import FacetGrid

__all__ = ["relplot"]


def relplot(
    data: object,
    x: str,
    y: str = "excess_risk",
    *,
    hue: str | None = "method",
    style: str | None = None,
    col: str | None = None,
    row: str | None = None,
    theory: Sequence[str] = (),
    where: Mapping[str, object] | None = None,
    labels: Mapping[str, str] | None = None,
    log: str = "",
    **kwargs: Any,
) -> FacetGrid:
    """Draw `seaborn.relplot` of means, with their 95% intervals as bands.

    Every point is one cell: its mean and interval are computed over its repetitions, as in summary.csv. Cells that the
    columns of the plot do not tell apart are refused, since a mean over dials that differ is the mean of nothing.

    Parameters
    ----------
    data : DataFrame or path
        The frame of `testbed.run`, of `testbed.load`, a results folder, or a CSV file of one.
    x, y : str
        Columns; a dial may be called without ``generator.``.
    hue, style, col, row : str, optional
        Columns that tell lines and facets apart; ``"method"`` is pretext and probe, as far as they vary.
    theory : sequence of str
        Columns that are drawn dashed, such as ``"class_floor"`` or ``"theory.bound"``.
    where : mapping, optional
        Column -> value, or list of values, of the cells that are drawn.
    labels : mapping, optional
        Text of a pretext, probe or method -> what the legend calls it.
    log : {'', 'x', 'y', 'xy'}
        Logarithmic axes.
    **kwargs
        For `seaborn.relplot`, such as ``height``, ``aspect``, ``col_wrap`` and ``facet_kws``.

    Returns
    -------
    seaborn.FacetGrid

    Raises
    ------
    ReportError
        If `data` is no such thing, a column does not exist or holds texts, there is nothing to draw, or several cells
        fall on one point.

    Examples
    --------
    >>> from testbed import plots
    >>> grid = plots.relplot("results/lee2021_figure1", "k", where={"alpha": 0.0}, col="probe")  # doctest: +SKIP
    >>> grid.set(xlim=(0, None)).savefig("mine.pdf")  # doctest: +SKIP
    """
    import seaborn as sns
    from pandas.api.types import is_numeric_dtype

    if log not in ("", "x", "y", "xy"):
        raise ReportError(f"log = {log!r}: '', 'x', 'y' and 'xy' are allowed")
    cells = cells_of(data, where, labels)
    x, y = column_of(cells, x), column_of(cells, y)
    if isinstance(theory, str):
        raise ReportError(f"theory = {theory!r}: a list of columns is needed, such as [{theory!r}]")
    asked = {"hue": hue, "style": style, "col": col, "row": row}
    named = {key: column_of(cells, name) for key, name in asked.items() if name is not None}
    dashed = [column_of(cells, name) for name in theory]
    for column in (y, *dashed, *[x] * ("x" in log)):
        numeric(cells, column, "the plot")
    known = cells.dropna(subset=[x, y])
    if not len(known):
        other = "" if (risk := risk_of(cells)) in (y, "excess_risk") else f"; of one's own rows {risk} is known"
        raise ReportError(f"there is nothing to draw: no cell has {x} and {y}{other}")
    cells, hidden = _on_log_axes(known, [x] * ("x" in log), [y, *dashed] * ("y" in log))
    if not len(cells):
        raise ReportError(f"there is nothing to draw: {hidden} values are not above 0, as a logarithmic axis asks")
    one_cell_each(cells, [x, *named.values()], "the plot", "give it to hue, style, col or row, or ")
    shown = cells.assign(**{name: _texts(cells[name]) for name in named.values()})
    levels = {key: list(dict.fromkeys(shown[name])) for key, name in named.items()}
    colors = {level: PALETTE[COLORS[i % len(COLORS)]] for i, level in enumerate(levels.get("hue", [None]))}
    looks: dict[str, Any] = {}
    if hue is not None:
        looks |= {"palette": colors, "hue_order": levels["hue"]}
    marks = named.get("style", named.get("hue"))
    if marks is not None:  # told apart by more than colour
        kinds = list(dict.fromkeys(shown[marks]))
        looks |= {"style": marks, "style_order": kinds, "dashes": False}
        looks["markers"] = {kind: MARKERS[i % len(MARKERS)] for i, kind in enumerate(kinds)}
    else:
        looks["marker"] = MARKERS[0]
    places = {key: name for key, name in named.items() if key != "style"}
    drawn: dict[str, Any] = {"kind": "line", "estimator": None, "errorbar": None, "height": 2.6, "aspect": 1.25}
    size = {**drawn, **kwargs}
    inches = size["height"] * size["aspect"] * len(levels.get("col", [""])[: kwargs.get("col_wrap")])
    entries = [text for key in ("hue", "style") for text in levels.get(key, [])]
    entries += [f"theory: {words(column)}" for column in dashed]
    fits = beside(entries, inches)
    if not fits:  # seaborn would make the figure so wide that no plot is left
        size["facet_kws"] = {**(kwargs.get("facet_kws") or {}), "legend_out": False}
    with passing():
        grid = sns.relplot(data=shown, x=x, y=y, **places, **looks, **size)
    keys = [named[key] for key in ("hue", "style") if key in named]
    for axes, facet in _facets(grid, shown, named):
        for _, line in facet.groupby(list(dict.fromkeys(keys)), sort=False) if keys else [(None, facet)]:
            color = colors[line[named["hue"]].iloc[0] if hue is not None else None]
            _band(axes, line.sort_values(x), x, y, color)
            for k, column in enumerate(dashed):
                _theory(axes, line.sort_values(x), x, column, color, k)
    _finish(grid, x, y, named, dashed, log, fits)
    if not is_numeric_dtype(cells[x]):
        for axes in grid.axes.flat:
            ticks(axes, "x", axes is grid.axes.flat[-1])
        lay_out(grid)
    if hidden:
        grid.figure.text(0.01, 0.005, f"{hidden} values not above 0 are not drawn", fontsize="small", color="0.4")
    return grid


def _on_log_axes(cells: pd.DataFrame, x: Sequence[str], y: Sequence[str]) -> tuple[pd.DataFrame, int]:
    """Leave out what a logarithmic axis cannot show, 0 up to rounding or negative, and count the means among it."""
    cells, hidden = cells.copy(), 0
    for column in (*x, *y):
        lost = cells[column] <= (ROUNDING if column in y else 0.0)
        hidden += int(lost.sum()) * (column in (*x, *y[:1]))
        cells[column] = cells[column].astype(float).mask(lost)
    return (cells.dropna(subset=[*x, *y[:1]]) if x or y else cells), hidden


def _facets(grid: FacetGrid, shown: pd.DataFrame, named: Mapping[str, str]) -> list[tuple[Axes, pd.DataFrame]]:
    """Axes of each facet, and its cells."""
    by = [named[key] for key in ("row", "col") if key in named]
    if not by:
        return [(grid.ax, shown)]
    groups = {key if len(by) > 1 else key[0]: cells for key, cells in shown.groupby(by, sort=False)}
    return [(axes, groups[key]) for key, axes in grid.axes_dict.items() if key in groups]


def _texts(column: pd.Series) -> list[str]:
    return labels_of(column.astype(object).where(column.notna(), None).tolist())


def _band(axes: Axes, line: pd.DataFrame, x: str, y: str, color: str) -> None:
    """The interval that is given; an exact column has none."""
    low, high = (line.get(f"{y}_{end}") for end in ("low", "high"))
    if low is None or high is None or not (high > low).any():
        return
    if len(line) == 1:
        ends = np.abs(np.vstack([low, high]) - line[y].to_numpy())
        axes.errorbar(line[x], line[y], yerr=ends, fmt="none", ecolor=color, elinewidth=0.9, capsize=2)
    else:
        axes.fill_between(line[x], low, high, color=color, alpha=0.18, linewidth=0, zorder=1)


def _theory(axes: Axes, line: pd.DataFrame, x: str, column: str, color: str, number: int) -> None:
    known = line.dropna(subset=[column])
    axes.plot(known[x], known[column], color=color, linestyle=DASHES[number % len(DASHES)], linewidth=1.3, zorder=3)


def _finish(
    grid: FacetGrid, x: str, y: str, named: Mapping[str, str], dashed: Sequence[str], log: str, fits: bool
) -> None:
    """Axes, titles and the legend in words."""
    from matplotlib.lines import Line2D

    grid.set_axis_labels(said(x), words(y))
    for axis in log:
        grid.set(**{f"{axis}scale": "log"})
    if "col" in named or "row" in named:
        grid.set_titles(**_titles(named))
    old = grid.legend
    if old is not None:
        old.set_title(said(title) if (title := old.get_title().get_text()) else "")
    if dashed or not fits:  # out of the plot, with the other entries: over it it would hide points
        entries = {} if old is None else {t.get_text(): h for t, h in zip(old.texts, old.legend_handles, strict=True)}
        title = "" if old is None else old.get_title().get_text()
        if old is not None:
            old.remove()
        for k, column in enumerate(dashed):
            style = DASHES[k % len(DASHES)]
            entries[f"theory: {words(column)}"] = Line2D([], [], color="0.2", linestyle=style)
        if fits:
            grid.add_legend(entries, title, list(entries))
        elif entries:
            legend_below(grid, entries, title)
    titles(grid)


def _titles(named: Mapping[str, str]) -> dict[str, str]:
    """Titles of facets: what they are and their value, with braces of mathematics kept."""
    called = {
        key: said(name).replace("{", "{{").replace("}", "}}") for key, name in named.items() if key in ("col", "row")
    }
    parts = {key: f"{text} = {{{key}_name}}" for key, text in called.items()}
    if len(parts) == 2:
        return {"template": f"{parts['row']}\n{parts['col']}"}  # side by side they would run into the next
    return {f"{key}_template": text for key, text in parts.items()}
