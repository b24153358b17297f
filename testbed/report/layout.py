"""The panels of a figure on its page: as wide as it is printed, and low enough that its caption fits below it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from testbed.report.cells import break_name
from testbed.report.figures import Figure
from testbed.report.legends import Legend, draw_legend, legends, length, placed, wrap
from testbed.report.panel import PanelKind, Style, Tally, styles

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Page

__all__ = ["COLUMN", "PAGE", "SIZES", "TALLEST", "lay_out", "width_of"]

COLUMN, PAGE = 3.25, 5.5  # inches: a column of an article with two; the text of one with one column (397.5 points)
TALLEST = 9.0  # inches: a page, caption included
SIZES = (1.75, 1.6, 1.45, 1.3, 1.2, 1.1, 1.0, 0.9)  # inches: heights of axes, the first that fits
LEFT, RIGHT, LINE = 0.62, 0.08, 0.14  # inches: room at the left and right of axes, a line of text
LETTER = 0.059  # inches: a letter of a label


def lay_out(
    page: Page,
    figure: Figure,
    summary: pd.DataFrame,
    contrasts: pd.DataFrame | None,
    below: float,
    looks: Mapping[str, Style] | None = None,
) -> tuple[Tally, list[str]]:
    """Draw all panels, and fix the size of the page.

    Parameters
    ----------
    below : float
        Inches of its page that must be left for the caption.
    looks : mapping, optional
        How labels are drawn, where they are those of another figure.

    Returns
    -------
    Tally, list of str
        What a reader must be told, and all texts in the picture.
    """
    columns, width = min(figure.columns, len(figure.panels)), width_of(figure)
    gap = 0.2 if figure.share_y else LEFT + 0.08
    side = (width - LEFT - RIGHT - (columns - 1) * gap) / columns
    sides = [side - panel.beside for panel in figure.panels]
    looks, tally = looks or styles(figure.panels), Tally()
    axes: list[Axes] = []
    for i, panel in enumerate(figure.panels):
        axes.append(page.add_axes((0, 0, 1, 1), label=str(i), sharey=axes[0] if axes and figure.share_y else None))
        panel.draw(axes[i], summary, contrasts, looks, tally)
        title = f"({chr(ord('a') + i)}) {panel.title}" if len(figure.panels) > 1 else panel.title
        beyond = 0.3 if i % columns < columns - 1 else 0.0  # what a title may take of the gap at its right
        axes[i].set_title("\n".join(wrap(title, int((side + beyond) / 0.06))), loc="left")
        axes[i].set_xlabel("\n".join(wrap(axes[i].get_xlabel(), int((sides[i] + 0.6) / LETTER))))
        if panel.breaks_ticks:
            _break_ticks(axes[i], sides[i])
        if figure.share_y and i % columns:
            axes[i].set_ylabel("")
            axes[i].tick_params(labelleft=False)

    named = [_names_below(axes, figure.panels, i, i + columns) for i in range(len(axes))]
    rows = [range(i, min(i + columns, len(axes))) for i in range(0, len(axes), columns)]
    panels = [[figure.panels[i] for i in row] for row in rows]
    entries = legends(panels, looks, tally)
    middles = [LEFT + side / 2 + j * (side + gap) - 0.2 for j in range(columns)]
    keys = [
        placed(each, entries[i], middles[: len(each)], side + 0.5, width, looks, tally) for i, each in enumerate(panels)
    ]
    free = LEFT + len(rows[-1]) * (side + gap) - 0.3  # where the place that the last row may leave empty begins
    inside = Legend(entries[-1], (free + width) / 2, width - free)
    inset = len(rows[-1]) < columns and not any(entries[:-1]) and inside.high < SIZES[0]
    if inset:
        keys[-1] = []
    above = [0.08 + LINE * max(axes[i].get_title(loc="left").count("\n") + 1 for i in row) for row in rows]
    under = [max(0.3 + LINE * _lines_below(axes[i]) if named[i] else 0.2 for i in row) for row in rows]
    beneath = [max((legend.high for legend in each), default=0.0) for each in keys]
    taken = sum(above) + sum(under) + sum(beneath)
    high = next((h for h in SIZES if taken + h * len(rows) + below <= TALLEST), SIZES[-1])
    height, down = taken + high * len(rows), 0.0
    page.set_size_inches(width, height)
    for row, over, below_axes, key, each in zip(rows, above, under, beneath, keys, strict=True):
        down += over
        if inset and row is rows[-1]:
            draw_legend(page, inside, down + (high - inside.high) / 2)
        down += high
        for j, i in enumerate(row):
            left, low = LEFT + j * (side + gap), 1 - down / height
            axes[i].set_position((left / width, low, sides[i] / width, high / height))
            axes[i].set_ylabel("\n".join(wrap(axes[i].get_ylabel(), int((high + 0.35) / LETTER))))
        down += below_axes
        for legend in each:
            draw_legend(page, legend, down - 0.04)
        down += key
    shown = [text for a in axes for text in (a.get_title(loc="left"), a.get_xlabel(), a.get_ylabel())]
    return tally, [*(text.replace("\n", " ") for text in shown), *(label for each in entries for label in each)]


def width_of(figure: Figure) -> float:
    """Inches: a column, or a page where panels stand side by side or the figure asks for it."""
    wide = min(figure.columns, len(figure.panels)) > 1 if figure.wide is None else figure.wide
    return PAGE if wide else COLUMN


def _break_ticks(axes: Axes, side: float) -> None:
    """Break the names below bars to the room that each has; where a word has none, all of them stand upright."""
    labels, ticks = [tick.get_text() for tick in axes.get_xticklabels()], axes.get_xticks()
    room = int(side / max(len(labels), 1) / LETTER)
    broken = ["\n".join(break_name(label, room)) for label in labels]
    if any(length(line) > room for label in broken for line in label.split("\n")):
        axes.set_xticks(ticks, labels, rotation=90, ha="center")
    else:
        axes.set_xticks(ticks, broken)


def _names_below(axes: Sequence[Axes], panels: Sequence[PanelKind], i: int, below: int) -> bool:
    """Whether names of bars stand below a panel: not if the panel right below it has the same ones."""
    if below >= len(axes) or not panels[i].breaks_ticks:
        return True
    here, there = ([tick.get_text() for tick in axes[j].get_xticklabels()] for j in (i, below))
    if here != there or axes[i].get_xlabel() != axes[below].get_xlabel():
        return True
    axes[i].tick_params(labelbottom=False)
    axes[i].set_xlabel("")
    return False


def _lines_below(axes: Axes) -> float:
    """Lines of text below the axes: names of ticks, and the label."""
    labels = axes.get_xticklabels()
    if any(label.get_rotation() for label in labels):
        ticks = max(length(label.get_text()) for label in labels) * LETTER / LINE - 1
    else:
        ticks = max((label.get_text().count("\n") for label in labels), default=0)
    return 1 + ticks + axes.get_xlabel().count("\n")
