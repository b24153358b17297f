"""What stands beside the data: legends outside of the axes, shared by panels where it can be, and wrapped texts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from testbed.report.panel import PanelKind, Style, Tally

if TYPE_CHECKING:
    from matplotlib.figure import Figure as Page

__all__ = ["draw_legend", "legend_columns", "legends", "length", "wrap"]

LETTER, HANDLE = 0.062, 0.65  # inches: a character of a legend, its sample of line and the space around


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


def draw_legend(page: Page, entries: Mapping[str, Any], down: float, width: float) -> None:
    """Put a legend on the page, its upper edge `down` inches below the top."""
    if entries:
        page.legend(
            list(entries.values()),
            list(entries),
            ncols=len(legend_columns(entries, width)),
            loc="upper center",
            bbox_to_anchor=(0.5, 1 - down / page.get_figheight()),
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
