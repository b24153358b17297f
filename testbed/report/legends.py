"""What stands beside the data: legends outside of the axes, shared by panels where it can be, and wrapped texts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from testbed.report.panel import PanelKind, Style, Tally

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Page

__all__ = ["Legend", "draw_legend", "legends", "length", "placed", "wrap"]

LETTER, HANDLE = 0.062, 0.65  # inches: a character of a legend, its sample of line and the space around
ENTRY, RAISED = 0.155, 0.025  # inches: a line of a legend, and what an index or a power adds to it


@dataclass(frozen=True)
class Legend:
    """Entries and where they stand: inches from the left of the page to their middle, and how wide they may be."""

    entries: Mapping[str, Any]
    middle: float
    width: float

    @property
    def high(self) -> float:
        """Inches that it takes from top to bottom."""
        columns = legend_columns(self.entries, self.width)
        return max(
            (sum(ENTRY + RAISED * ("^" in label or "_" in label) for label in each) for each in columns), default=0
        )


def legends(rows: Sequence[Sequence[PanelKind]], looks: Mapping[str, Style], tally: Tally) -> list[dict[str, Any]]:
    """Entries of the legend under each row of panels; a label without any cell says so.

    Under the last row only, if some row has all labels of the figure.
    """
    needed = [{k: v for panel in row for k, v in panel.legend(looks, tally).items()} for row in rows]
    every = {label: handle for entries in needed for label, handle in entries.items()}
    whole = any(len(entries) == len(every) for entries in needed)
    return [{} for _ in rows[:-1]] + [every] if whole else needed


def legend_columns(entries: Mapping[str, Any], width: float) -> list[list[str]]:
    """Labels of a legend, column by column: as many columns as fit the width of the page."""
    labels = list(entries)
    for columns in range(len(labels), 0, -1):
        groups = [list(group) for group in np.array_split(np.array(labels, dtype=object), columns)]
        if sum(LETTER * max(map(length, group)) + HANDLE for group in groups) <= width:
            return groups
    return [labels] if labels else []


def placed(
    row: Sequence[PanelKind],
    entries: Mapping[str, Any],
    middles: Sequence[float],
    side: float,
    page: float,
    looks: Mapping[str, Style],
    tally: Tally,
) -> list[Legend]:
    """Where the legend under a row of panels stands: one for the row, or one for each panel if they share no label.

    Parameters
    ----------
    middles : sequence of float
        Inches from the left of the page to the middle of each panel with its labels.
    side, page : float
        Inches: width of a panel with its labels, and of the page.
    """
    own = [panel.legend(looks, tally) for panel in row] if entries else []
    apart = len(own) > 1 and len(entries) == sum(map(len, own)) and all(own)
    if apart and all(len(legend_columns(each, side)[0]) * ENTRY < 1.0 for each in own):
        return [Legend(each, middle, side) for each, middle in zip(own, middles, strict=True)]
    return [Legend(entries, page / 2, page)]


def draw_legend(page: Page, legend: Legend, down: float) -> None:
    """Put a legend on the page, its upper edge `down` inches below the top."""
    if legend.entries:
        page.legend(
            list(legend.entries.values()),
            list(legend.entries),
            ncols=len(legend_columns(legend.entries, legend.width)),
            loc="upper center",
            bbox_to_anchor=(legend.middle / page.get_figwidth(), 1 - down / page.get_figheight()),
            frameon=False,
            handlelength=3,
            borderpad=0,
            borderaxespad=0,
        )


def length(text: str) -> int:
    """Rough number of characters that a text with mathematics takes up."""
    plain = re.sub(r"\\[a-zA-Z]+", "x", re.sub(r"\\(mathrm|tilde|hat|bar|,)", "", text))
    return len(re.sub(r"[${}^_]", "", plain))


def wrap(text: str, width: int) -> list[str]:
    """Break a text into lines at spaces outside of mathematics."""
    lines: list[str] = []
    for word in re.findall(r"(?:\\\$|\$(?:[^$\\]|\\.)*\$|\S)+", text):
        if lines and length(lines[-1]) + 1 + length(word) <= width:
            lines[-1] += f" {word}"
        else:
            lines.append(word)
    return lines
