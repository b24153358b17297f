"""The panels that a script declares, one by one, in axes of the user's or in a file at the width of a column."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from testbed.arguments import shown
from testbed.files import read_bytes
from testbed.registry import stored
from testbed.report import Figure, PanelKind, ReportError, default_figure
from testbed.report.drawing import render
from testbed.report.loading import contrasts_of, summary_of
from testbed.report.panel import Tally, styles

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["Drawable", "panels"]

KINDS = ("pdf", "svg", "png")


@dataclass(frozen=True)
class Drawable:
    """One panel with its numbers.

    Attributes
    ----------
    name : str
        Its letter in its figure, such as "c"; behind the name of the figure, "split:c", where that is not the first.
    panel : PanelKind
        What the script declares.
    figure : Figure
        The figure that it stands in, whose looks of lines it keeps.
    summary, contrasts : DataFrame
        Numbers; without contrasts two methods cannot be compared.
    """

    name: str
    panel: PanelKind
    figure: Figure
    summary: pd.DataFrame
    contrasts: pd.DataFrame | None = None

    def draw(self, axes: Axes | None = None, legend: bool = True) -> Axes:
        """Draw it into `axes`, or into the current ones; the title and the labels are those of the script.

        Parameters
        ----------
        axes : matplotlib axes, optional
        legend : bool
            Whether its legend is drawn beside the lines.

        Returns
        -------
        matplotlib axes
        """
        if axes is None:
            import matplotlib.pyplot as plt

            axes = plt.gca()
        looks, tally = styles(self.figure.panels), Tally()
        self.panel.draw(axes, self.summary, self.contrasts, looks, tally)
        axes.set_title(self.panel.title, loc="left")
        entries: dict[str, Any] = self.panel.legend(looks, tally)
        if legend and entries:
            axes.legend(list(entries.values()), list(entries), frameon=False, fontsize="small")
        return axes

    def file(self, kind: str = "pdf") -> bytes:
        """Give it as a file at the width of a column, 3.25 inches, with its legend below: 'pdf', 'svg' or 'png'."""
        if kind not in KINDS:
            raise ReportError(f"kind = {shown(kind)}: {', '.join(KINDS)} are allowed")
        alone = Figure([self.panel], name=self.figure.name)
        return render(alone, self.summary, "", self.contrasts, looks=styles(self.figure.panels))[kind]


def panels(data: object, figures: Sequence[Figure] | None = None) -> dict[str, Drawable]:
    """Give the panels of figures by name, "a", "b" and so on; "split:a" for the figure "split", if it is not the first.

    Parameters
    ----------
    data : DataFrame or path
        A results folder; or a frame of `testbed.run` or `testbed.load`.
    figures : sequence of Figure, optional
        The FIGURES of the script. By default those that the folder keeps in figures.txt; where the script declares
        none, the figure that a report would choose.

    Raises
    ------
    ReportError
        If `data` is no such thing.

    Examples
    --------
    >>> from testbed import plots
    >>> plots.panels("results/mine")["b"].draw(axes)  # doctest: +SKIP
    """
    if figures is not None and not (isinstance(figures, list | tuple) and all(isinstance(f, Figure) for f in figures)):
        raise ReportError(f"figures = {shown(figures)}: the list FIGURES of a script is needed")
    summary = summary_of(data)
    try:
        gaps: pd.DataFrame | None = contrasts_of(data)
    except ReportError:
        gaps = None
    if figures is None:
        figures = _kept(Path(data)) if isinstance(data, str | Path) else None
    found: dict[str, Drawable] = {}
    for place, figure in enumerate(figures or [default_figure(summary)]):
        for i, panel in enumerate(figure.panels):
            name = f"{figure.name}:" * bool(place) + chr(ord("a") + i)
            found[name] = Drawable(name, panel, figure, summary, gaps)
    return found


def _kept(folder: Path) -> list[Figure] | None:
    """FIGURES as a folder keeps them, in figures.txt; None without any."""
    path = folder / "figures.txt"
    figures: list[Figure] | None = stored(read_bytes(path), ("report",), path) if path.exists() else None
    return figures
