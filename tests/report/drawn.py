"""Panels and stacks drawn on axes of their own."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Page

from testbed.report import Panel, Stack
from testbed.report.panel import Tally, styles


def panel_axes(panel: Panel, summary: pd.DataFrame) -> tuple[Axes, Tally]:
    axes, tally = Page().add_subplot(), Tally()
    panel.draw(axes, summary, None, styles([panel]), tally)
    return axes, tally


def stack_axes(stack: Stack, summary: pd.DataFrame) -> Axes:
    axes = Page().add_subplot()
    stack.draw(axes, summary, None, {}, Tally())
    return axes
