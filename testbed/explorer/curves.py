"""A curve of a declared panel as a page has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from testbed.explorer.plain import plain

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["curve_of"]


def curve_of(label: str, cells: pd.DataFrame, y: str) -> dict[str, Any]:
    """Label as declared and in plain letters, the column drawn, and the numbers of the cells in the summary."""
    return {"label": label, "said": plain(label), "y": y, "rows": [int(i) for i in cells.index]}
