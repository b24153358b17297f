"""A figure as data: panels on a grid with a caption."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from testbed.report.panel import PanelKind

__all__ = ["Figure"]


@dataclass(frozen=True)
class Figure:
    """Panels on a grid with one caption, written as ``<name>.pdf``, ``.svg`` and ``.png``.

    Attributes
    ----------
    panels : sequence of Panel, Stack and HeatMap
    caption : str
        What the figure shows and what it cannot show; printed below it, may hold ``$mathematics$``.
    columns : int
        Panels side by side. The figure is 7 inches wide, 4.8 with one column.
    name : str
        Name of the files.
    share_y : bool
        One y axis for all panels.
    """

    panels: Sequence[PanelKind]
    caption: str = ""
    columns: int = 2
    name: str = "figure"
    share_y: bool = False

    def columns_read(self) -> set[str]:
        """Columns of the summary that the panels draw from or select by."""
        return {column for panel in self.panels for column in panel.columns_read()}

    def __post_init__(self) -> None:
        """Check that there is a grid to draw on and a plain file name."""
        if not self.panels or self.columns < 1:
            raise ValueError(f"figure {self.name!r} needs at least one panel and one column")
        if Path(self.name).name != self.name or not self.name:
            raise ValueError(f"the name of a figure is a plain file name, not {self.name!r}")
