"""A column, or the paired difference of two methods, as colours on two dials."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from testbed.plots.room import passing, ticks
from testbed.plots.tidy import cells_of, column_of, mapping, one_cell_each, said
from testbed.report import ReportError
from testbed.report.cells import labels_of, words
from testbed.report.loading import contrasts_of, summary_of
from testbed.report.pairs import differences
from testbed.report.panel import numeric
from testbed.report.panels.heatmaps import DIVERGING, SEQUENTIAL, UNSURE

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["heatmap"]


def heatmap(
    data: object,
    x: str,
    y: str,
    value: str = "excess_risk",
    *,
    a: Mapping[str, object] | None = None,
    b: Mapping[str, object] | None = None,
    where: Mapping[str, object] | None = None,
    **kwargs: Any,
) -> Axes:
    """Draw `seaborn.heatmap` of a column, or of the difference a - b of the excess risks of two methods.

    The difference is that of contrasts.csv, over the repetitions that both methods have; cells whose 95% interval holds
    0 are hatched.

    Parameters
    ----------
    data : DataFrame or path
        The frame of `testbed.run`, of `testbed.load`, a results folder, or a CSV file of one.
    x, y : str
        Columns of the axes; a dial may be called without ``generator.``.
    value : str
        Column that is the colour, where there is no `b`.
    a, b : mapping, optional
        Column -> value of the cells of a method: of the one shown, and of the one that it is compared with.
    where : mapping, optional
        Column -> value, or list of values, of all cells.
    **kwargs
        For `seaborn.heatmap`, such as ``ax`` (by default those of a new figure), ``annot``, ``vmin`` and ``cmap``.

    Returns
    -------
    matplotlib.axes.Axes

    Raises
    ------
    ReportError
        If `data` is no such thing, a column does not exist or holds texts, there is nothing to draw, or several cells
        fall on one square.

    Examples
    --------
    >>> from testbed import plots
    >>> a, b = {"pretext": "Predict(OLS())"}, {"pretext": "Raw()"}
    >>> plots.heatmap("results/mine", "n_unlabeled", "n_labeled", a=a, b=b)  # doctest: +SKIP
    """
    import matplotlib.pyplot as plt
    import seaborn as sns

    summary = summary_of(data)
    x, y, value = (column_of(summary, name) for name in (x, y, value))
    sides = (("where", where), ("a", a), ("b", b))
    given = [{column_of(summary, n): v for n, v in mapping(name, side).items()} for name, side in sides]
    numeric(summary, value, "the heat map")
    if b is None:
        cells = cells_of(summary, {**given[0], **given[1]}, None)
        one_cell_each(cells, [x, y], "the heat map")
        look: dict[str, Any] = {"cmap": SEQUENTIAL}
        cells = cells.assign(color=cells[value])
        label = words(value)
    else:
        if a is None:
            raise ReportError("b is what a is compared with: a is needed as well")
        first, second = ({**given[0], **side} for side in given[1:])
        cells = differences(summary, contrasts_of(data), first, second, [x, y], "the heat map")
        cells, look = cells.assign(color=cells["difference"]), {"cmap": DIVERGING, "center": 0.0}
        label = "difference of excess risks"
    if cells["color"].isna().all():
        raise ReportError(
            f"there is nothing to draw: no cell has {x}, {y} and {value if b is None else 'a difference'}"
        )
    shown = cells.pivot(index=y, columns=x, values="color").sort_index(ascending=False)
    places = {"xticklabels": labels_of(list(shown.columns), 4), "yticklabels": labels_of(list(shown.index), 4)}
    if grows := "ax" not in kwargs:  # not over what was drawn last, whose axes may be logarithmic
        kwargs["ax"] = plt.subplots(figsize=(4.2, 3.0), layout="constrained")[1]
    with passing():
        axes: Axes = sns.heatmap(shown, **{**look, "cbar_kws": {"label": label}, **places, **kwargs})
    if b is not None:
        _hatch(axes, cells, shown, x, y)
    axes.set_xlabel(said(x))
    axes.set_ylabel(said(y))
    for side in "xy":
        ticks(axes, side, grows)
    return axes


def _hatch(axes: Axes, cells: pd.DataFrame, shown: pd.DataFrame, x: str, y: str) -> None:
    """Hatch the squares whose interval holds 0."""
    from matplotlib.patches import Rectangle

    unsure = cells[(cells["difference_low"] <= 0.0) & (cells["difference_high"] >= 0.0)]
    for at_x, at_y in zip(unsure[x], unsure[y], strict=True):
        left, low = list(shown.columns).index(at_x), list(shown.index).index(at_y)
        axes.add_patch(Rectangle((left, low), 1, 1, **UNSURE))
