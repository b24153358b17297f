"""Plots of one's own, thin over seaborn: whatever one knows of seaborn works on what they return.

What the testbed knows is added: intervals are those that rows or a summary give, never computed anew over cells that
differ; theory is dashed; axes are called as in all figures; colours are those of the figures. Seaborn is imported on
first use.
"""

from testbed.plots.lines import relplot
from testbed.plots.maps import heatmap
from testbed.plots.panels import Drawable, panels

__all__ = ["Drawable", "heatmap", "panels", "relplot"]
