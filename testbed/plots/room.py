"""Room for long texts: legends that go below a plot, titles and ticks that are broken into lines."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from testbed.report.cells import break_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from seaborn import FacetGrid

__all__ = ["beside", "broken", "legend_below", "passing", "ticks", "titles"]

LETTER = 0.078  # inches of a letter of 10 points, about
HANDLE = 0.7  # inches of a line with its mark in a legend, and of its edges
LONGEST = 40  # letters of a text that stands beside a plot
OVER = 1.15  # of the width of axes a title may have: it then ends in the gap between two
TITLE = 1.3  # times the width of a letter of 10 points has one of a title
LINES, TICK = 3, 26  # of the text at a tick, and letters of each of them where it is beside an axis, or turned
LINE = 0.17  # inches of a line of letters of 10 points


def broken(text: str, width: int, lines: int | None = None) -> str:
    r"""Break a text into lines of at most `width` letters, mathematics apart; with `lines` what is left over is "...".

    Examples
    --------
    >>> broken("Truncated(Predict(OLS()), 2)", 14)
    'Truncated(\nPredict(\nOLS()), 2)'
    """
    found = []
    for line in break_name(text, width):
        step = width if "$" not in line else max(len(line), 1)
        found += [line[i : i + step] for i in range(0, max(len(line), 1), step)]
    if lines is not None and len(found) > lines:
        found = [*found[:lines]]
        found[-1] = f"{found[-1][: max(width - 3, 1)]}..."
    return "\n".join(found)


@contextmanager
def passing() -> Iterator[None]:
    """Say nothing of a layout that long texts have no room in: they are broken right after it."""
    with warnings.catch_warnings():
        for kind in ("Tight layout", "constrained_layout"):
            warnings.filterwarnings("ignore", f"{kind} not applied")
        yield


def beside(texts: Sequence[str], inches: float) -> bool:
    """Whether the texts of a legend have room beside a plot that is so wide."""
    longest = max(map(len, texts), default=0)
    return longest <= LONGEST and HANDLE + LETTER * longest <= 0.8 * inches


def legend_below(grid: FacetGrid, entries: Mapping[str, Any], title: str) -> None:
    """Put a legend below all facets, which keep their size: the figure grows."""
    figure = grid.figure
    wide, high = figure.get_size_inches()
    letters = max(int((wide - HANDLE) / LETTER), 12)
    legend = figure.legend(
        list(entries.values()), [broken(text, letters) for text in entries], title=title,
        loc="lower center", frameon=False, borderaxespad=0.2,
    )  # fmt: skip
    box = legend.get_window_extent(figure.canvas.get_renderer())
    more = box.height / figure.dpi + 0.1
    figure.set_size_inches(max(wide, box.width / figure.dpi + 0.1), high + more)
    grid._legend = legend  # what seaborn gives as grid.legend
    lay_out(grid)


def lay_out(grid: FacetGrid) -> None:
    """Fit the facets into the figure, beside or above the legend."""
    legend, figure = grid.legend, grid.figure
    if legend is None or legend not in figure.legends:
        grid.tight_layout()
        return
    box = legend.get_window_extent(figure.canvas.get_renderer())
    wide, high = figure.get_size_inches() * figure.dpi
    below = box.y0 < 0.05 * high and box.x0 < 0.5 * wide
    rect = (0.0, (box.y1 / high) + 0.02, 1.0, 1.0) if below else (0.0, 0.0, box.x0 / wide, 1.0)
    figure.tight_layout(rect=rect)


def titles(grid: FacetGrid) -> None:
    """Break titles that are wider than their facets; the figure grows by their lines."""
    more = 0
    for axes in grid.axes.flat:
        text, letters = axes.get_title(), int(_letters(axes) / TITLE)
        if axes.title.get_window_extent().width <= OVER * axes.get_window_extent().width:
            continue
        axes.set_title("\n".join(broken(line, letters) for line in text.split("\n")))
        more = max(more, axes.get_title().count("\n") - text.count("\n"))
    if more:
        wide, high = grid.figure.get_size_inches()
        rows = len({round(axes.get_position().y0, 3) for axes in grid.axes.flat})
        grid.figure.set_size_inches(wide, high + 0.21 * more * rows)
        lay_out(grid)


def ticks(axes: Axes, side: str, grows: bool = True) -> None:
    """Break the texts of an axis of categories, and turn those below a narrow one, which run into each other.

    Where the figure `grows` the axes keep their size, about; a text that is longer still ends in "...".
    """
    axis = axes.xaxis if side == "x" else axes.yaxis
    texts = [label.get_text() for label in axis.get_ticklabels()]
    room = int(_letters(axes) / max(len(texts), 1)) if side == "x" else TICK
    longest = max(map(len, texts), default=0)
    if longest <= room:
        return
    turned = side == "x" and longest > LINES * room
    lines = max(1, min(LINES, int(room * LETTER / LINE))) if turned else LINES
    said = [broken(text, TICK if turned else room, lines) for text in texts]
    axis.set_ticks(axis.get_ticklocs(), said, rotation=90 if turned else 0)
    if grows:
        wide, high = axes.figure.get_size_inches()  # type: ignore[union-attr]
        letters = max(len(line) for text in said for line in text.split("\n"))
        tall = LETTER * letters if turned else LINE * (max(text.count("\n") for text in said) + 1)
        more = (0.0, tall) if side == "x" else (LETTER * letters, 0.0)
        axes.figure.set_size_inches(wide + more[0], high + more[1])  # type: ignore[union-attr]


def _letters(axes: Axes) -> int:
    """Letters of 10 points that stand beside each other over axes."""
    figure = axes.figure
    assert figure is not None
    width = axes.get_position().width * figure.get_size_inches()[0]  # type: ignore[union-attr]
    return max(int(width / LETTER), 12)
