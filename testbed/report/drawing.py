"""A whole figure on the page: panels, legends, caption, what the bands are, and where it comes from."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from testbed.files import write_atomically
from testbed.report.cells import break_name
from testbed.report.figures import Figure
from testbed.report.legends import draw_legend, legend_columns, legends, wrap
from testbed.report.panel import Tally, styles
from testbed.report.remarks import HANGS, PART

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure as Page

__all__ = ["LOOK", "STAMPS", "draw", "render", "rendered"]

WIDE, NARROW = 7.0, 4.8  # inches: the page with several columns and with one
HIGH, LEFT, RIGHT, LINE = 2.0, 0.7, 0.12, 0.145  # inches: axes, room at their left and right, a line of text
LOOK: dict[str, Any] = {
    "font.size": 8,
    "axes.titlesize": 8.5,
    "axes.labelsize": 8,
    "legend.fontsize": 8,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 7.5,
    "axes.formatter.limits": (-3, 5),
    "axes.formatter.use_mathtext": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "0.9",
    "grid.linewidth": 0.6,
    "hatch.linewidth": 0.6,
    "mathtext.fontset": "dejavusans",
    "pdf.fonttype": 42,
    "svg.hashsalt": "testbed",
    "svg.fonttype": "path",
}
STAMPS: dict[str, dict[str, Any]] = {
    "pdf": {"Creator": None, "Producer": None, "CreationDate": None, "ModDate": None},
    "svg": {"Creator": None, "Date": None},
    "png": {"Software": None},
}
LARGEST_PNG = 1_000_000


def draw(
    figure: Figure, summary: pd.DataFrame, folder: Path, footer: str, contrasts: pd.DataFrame | None = None
) -> list[Path]:
    """Draw a figure from a summary and write ``<name>.pdf``, ``<name>.svg`` and ``<name>.png``.

    Markers are the means of the summary, bands (and horizontal bars, where x is measured) its 95% intervals. The bytes
    depend on the arguments alone: no dates, no host, fixed identifiers. The footer stands below in small grey. Heat
    maps that compare methods need the `contrasts` as well.

    Raises
    ------
    ReportError
        If a curve has two cells at one value of a dial, or a column that is drawn does not exist.
    """
    files = render(figure, summary, footer, contrasts)
    return [write_atomically(Path(folder) / f"{figure.name}.{kind}", content) for kind, content in files.items()]


def render(
    figure: Figure, summary: pd.DataFrame, footer: str, contrasts: pd.DataFrame | None = None
) -> dict[str, bytes]:
    """Draw a figure and give its files: 'pdf', 'svg' and 'png', the same bytes for the same arguments."""
    return rendered(lambda page: _compose(page, figure, summary, footer, contrasts))


def rendered(draw: Callable[[Page], None]) -> dict[str, bytes]:
    """Draw on an empty page, in the look of all figures, and give its files, 'pdf', 'svg' and 'png'.

    The png has 150 dots per inch, or fewer where it would exceed 1 MB.
    """
    matplotlib = _matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Page

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(LOOK)
        page = Page()
        FigureCanvasAgg(page)
        draw(page)
        files = {kind: _save(page, kind) for kind in ("pdf", "svg", "png")}
        for dpi in (110, 80, 60, 40):
            if len(files["png"]) > LARGEST_PNG:
                files["png"] = _save(page, "png", dpi)
        return files


def _matplotlib() -> Any:
    """Import matplotlib as where no backend is asked for: one that a notebook asks for need not exist here."""
    asked = os.environ.pop("MPLBACKEND", None)
    try:
        return import_module("matplotlib")
    finally:
        if asked is not None:
            os.environ["MPLBACKEND"] = asked


def _save(page: Page, kind: str, dpi: int = 150) -> bytes:
    buffer = BytesIO()
    page.savefig(buffer, format=kind, dpi=dpi, metadata=STAMPS[kind])
    return buffer.getvalue()


def _compose(page: Page, figure: Figure, summary: pd.DataFrame, footer: str, contrasts: pd.DataFrame | None) -> None:
    """Lay everything out in inches from the top, then fix the height of the page."""
    columns = min(figure.columns, len(figure.panels))
    width = WIDE if columns > 1 else NARROW
    gap = 0.25 if figure.share_y else LEFT + 0.1
    side = (width - LEFT - RIGHT - (columns - 1) * gap) / columns
    sides = [side - panel.beside for panel in figure.panels]
    looks, tally = styles(figure.panels), Tally()
    axes: list[Axes] = []
    for i, panel in enumerate(figure.panels):
        axes.append(page.add_axes((0, 0, 1, 1), label=str(i), sharey=axes[0] if axes and figure.share_y else None))
        panel.draw(axes[i], summary, contrasts, looks, tally)
        _break_labels(
            axes[i],
            f"({chr(ord('a') + i)})  {panel.title}" if len(figure.panels) > 1 else panel.title,
            side,
            panel.breaks_ticks,
        )
        if figure.share_y and i % columns:
            axes[i].set_ylabel("")
            axes[i].tick_params(labelleft=False)

    down, corners, keys = 0.0, [], []  # inches from the top; left and lower edge of each axes; where legends begin
    rows = [range(i, min(i + columns, len(axes))) for i in range(0, len(axes), columns)]
    for row, entries in zip(
        rows, legends([[figure.panels[i] for i in row] for row in rows], looks, tally), strict=True
    ):
        down += 0.15 + LINE * max(axes[i].get_title(loc="left").count("\n") + 1 for i in row) + HIGH
        corners += [(LEFT + j * (side + gap), down) for j in range(len(row))]
        numbered = any(panel.numbered for panel in figure.panels)
        down += 0.32 + LINE * max(_lines_below(axes[i]) for i in row) + 0.12 * numbered
        keys.append((entries, down))
        down += 0.18 * max(map(len, legend_columns(entries, width)), default=0)
    texts = [(line, 8, "black") for line in wrap(figure.caption, int(width * 15.6))]
    texts += [(line, 7, "0.3") for line in wrap(_notes(tally), int(width * 17.5))]
    down += 0.12
    height = down + LINE * len(texts) + 0.2

    page.set_size_inches(width, height)
    for box, (left, low), across in zip(axes, corners, sides, strict=True):
        box.set_position((left / width, 1 - low / height, across / width, HIGH / height))
    for entries, top in keys:
        draw_legend(page, entries, top, width)
    for i, (line, size, color) in enumerate(texts):
        page.text(0.08 / width, 1 - (down + i * LINE) / height, line, va="top", fontsize=size, color=color)
    page.text(0.08 / width, 0.05 / height, footer, va="bottom", fontsize=5.5, color="0.55")


def _break_labels(axes: Axes, title: str, side: float, names: bool) -> None:
    """Break the title and the labels of a panel to the room that they have, and `names` below bars likewise."""
    axes.set_title("\n".join(wrap(title, int(side / 0.066))), loc="left")
    axes.set_xlabel("\n".join(wrap(axes.get_xlabel(), int((side + 0.4) / 0.062))))
    axes.set_ylabel("\n".join(wrap(axes.get_ylabel(), int((HIGH + 0.5) / 0.062))))
    if names:
        labels, ticks = [tick.get_text() for tick in axes.get_xticklabels()], axes.get_xticks()
        room = int(side / max(len(labels), 1) / 0.065)
        axes.set_xticks(ticks, ["\n".join(break_name(label, room)) for label in labels])


def _lines_below(axes: Axes) -> int:
    ticks = max((label.get_text().count("\n") for label in axes.get_xticklabels()), default=0)
    return 1 + ticks + axes.get_xlabel().count("\n")


def _notes(tally: Tally) -> str:
    """Say what is drawn beside the means, over how many repetitions, and what is not drawn."""
    few, many = tally.fewest, tally.most
    over = f"over {few} repetitions" if few == many else f"over {few} to {many} repetitions"
    failed = f"{tally.failed} with failed repetitions (ringed: {PART})"
    absent = f"{tally.absent} not drawn because all repetitions failed"
    cells = "; ".join(text for count, text in ((tally.failed, failed), (tally.absent, absent)) if count)
    notes = [
        (tally.bands, f"Lines: means; bands: 95% intervals of the mean {over}."),
        (tally.totals, f"Bars: means, negative parts below 0; diamonds: their sum, with its 95% interval {over}."),
        (tally.bars, "Horizontal bars, where wider than the marker: 95% intervals of the mean of x."),
        (tally.maps, f"Colours: means {over}."),
        (not (tally.bands or tally.totals or tally.maps) and many > 1, f"Means {over}; the intervals have no width."),
        (many == 1, "One repetition: no intervals."),
        (tally.below > 0, r"$\triangledown$ on the lower edge: the mean is 0 or negative."),
        (tally.lost > 0, f"{tally.lost} points at x = 0 or below have no place on the logarithmic axis."),
        (bool(cells), f"Cells: {cells}."),
        (tally.hanging > 0, f"In {tally.hanging} cells {HANGS}; summary.csv has their medians."),
    ]
    return " ".join(text for said, text in notes if said)
