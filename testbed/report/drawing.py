"""The files of a figure: PDF and SVG with the picture alone, its caption beside it, and a PNG with both."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from importlib import import_module
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from testbed.files import write_atomically
from testbed.report.captions import Caption, notes
from testbed.report.escaped import label_of
from testbed.report.figures import Figure, with_numbers
from testbed.report.layout import lay_out, width_of
from testbed.report.legends import wrap
from testbed.report.panel import INKS, Style

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure as Page

__all__ = ["KINDS", "LOOK", "PICTURES", "STAMPS", "draw", "pictures_of", "render", "rendered"]

PICTURES = ("pdf", "svg", "png")
KINDS = (*PICTURES, "caption.tex", "caption.md")  # of the files of a figure
LOOK: dict[str, Any] = {
    "font.size": 7.5,
    "axes.titlesize": 8,
    "axes.labelsize": 7.5,
    "legend.fontsize": 7.5,
    "xtick.labelsize": 7,
    "ytick.labelsize": 7,
    "axes.labelpad": 2.5,
    "axes.titlepad": 4,
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
    "svg.fonttype": "none",  # texts stay texts, which a search finds and an editor changes
}
STAMPS: dict[str, dict[str, Any]] = {
    "pdf": {"Creator": None, "Producer": None, "CreationDate": None, "ModDate": None},
    "svg": {"Creator": None, "Date": None},
    "png": {"Software": None},
}
LARGEST_PNG = 1_000_000
NOTES = 1.2  # inches of a page that what is said of bands, repetitions and symbols takes below the caption
LINE, MARGIN = 0.14, 0.08  # inches: a line of the caption in a PNG, and what is left free beside it


def draw(
    figure: Figure, summary: pd.DataFrame, folder: Path, footer: str, contrasts: pd.DataFrame | None = None
) -> list[Path]:
    """Draw a figure from a summary and write its files, see `render`.

    Markers are the means of the summary, bands (and horizontal bars, where x is measured) its 95% intervals. The bytes
    depend on the arguments alone: no dates, no host, fixed identifiers. Heat maps that compare methods need the
    `contrasts` as well.

    Raises
    ------
    ReportError
        If a curve has two cells at one value of a dial, or a column that is drawn or quoted does not exist.
    """
    files = render(figure, summary, footer, contrasts)
    return [write_atomically(Path(folder) / f"{figure.name}.{kind}", content) for kind, content in files.items()]


def render(
    figure: Figure,
    summary: pd.DataFrame,
    footer: str,
    contrasts: pd.DataFrame | None = None,
    *,
    name: str = "",
    looks: Mapping[str, Style] | None = None,
    pictures: Collection[str] = PICTURES,
) -> dict[str, bytes]:
    """Draw a figure and give its files, the same bytes for the same arguments.

    'pdf' and 'svg' hold the picture alone, and the footer among their properties; 'caption.tex' and 'caption.md' what
    stands below it; 'png' the picture with all texts.

    Parameters
    ----------
    name : str
        Of the experiment: the label in LaTeX is ``fig:<name>-<name of the figure>``.
    looks : mapping, optional
        How labels are drawn, where they are those of another figure.
    pictures : collection of str, optional
        Which of 'pdf', 'svg' and 'png' are drawn: each is laid out anew.
    """
    figure = with_numbers(figure, {"summary": summary, **({} if contrasts is None else {"contrasts": contrasts})})
    label = label_of(name, figure.name)

    def drawn(page: Page) -> Caption:
        below = Caption(figure.caption).points(width_of(figure)) / 72.0 + NOTES
        tally, texts = lay_out(page, figure, summary, contrasts, below, looks)
        return Caption(figure.caption, notes(tally), tuple(texts), footer, label)

    return rendered(drawn, pictures)


def pictures_of(tiny: bool) -> tuple[str, ...]:
    """Pictures that a run has: a tiny one is looked at, and not printed, so it has the PNG alone."""
    return ("png",) if tiny else PICTURES


def rendered(draw: Callable[[Page], Caption], pictures: Collection[str] = PICTURES) -> dict[str, bytes]:
    """Draw on an empty page, in the look of all figures, and give its files; `draw` returns the caption.

    The png has 150 dots per inch, or fewer where it would exceed 1 MB.
    """
    matplotlib = _matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Page
    from matplotlib.rcsetup import cycler

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(LOOK | {"axes.prop_cycle": cycler(color=INKS)})
        page, words = Page(), Page()
        FigureCanvasAgg(page)
        FigureCanvasAgg(words)
        caption = draw(page)
        stamps = {"pdf": {"Subject": caption.footer}, "svg": {"Description": caption.footer}}
        files = {kind: _save(page, kind, stamps[kind]) for kind in stamps if kind in pictures}
        if "png" in pictures:
            _write(words, caption, page.get_figwidth())
            pngs = (_stacked([page, words], dpi) for dpi in (150, 110, 80, 60, 40))
            files["png"] = next((png for png in pngs if len(png) <= LARGEST_PNG), b"") or _stacked([page, words], 40)
        return files | caption.files()


def _matplotlib() -> Any:
    """Import matplotlib as where no backend is asked for: one that a notebook asks for need not exist here."""
    asked = os.environ.pop("MPLBACKEND", None)
    try:
        return import_module("matplotlib")
    finally:
        if asked is not None:
            os.environ["MPLBACKEND"] = asked


def _save(page: Page, kind: str, stamps: Mapping[str, str]) -> bytes:
    buffer = BytesIO()
    page.savefig(buffer, format=kind, metadata=STAMPS[kind] | dict(stamps))
    return buffer.getvalue()


def _write(page: Page, caption: Caption, width: float) -> None:
    """Put the caption on a page of its own, as wide as the picture, and the footer in small grey at its end."""
    lines = [(line, 7.5, "black") for line in wrap(caption.said, int(width * 16.9))]
    small = " ".join(filter(None, (caption.notes, caption.symbols)))
    lines += [(line, 6.5, "0.3") for line in wrap(small, int(width * 19.6))]
    lines += [(line, 5.5, "0.55") for line in wrap(caption.footer, int(width * 23))]
    height = 2 * MARGIN + LINE * len(lines)
    page.set_size_inches(width, height)
    for i, (line, size, color) in enumerate(lines):
        page.text(MARGIN / width, 1 - (MARGIN + i * LINE) / height, line, va="top", fontsize=size, color=color)


def _stacked(pages: list[Page], dpi: int) -> bytes:
    """Pages of one width below each other, as one PNG."""
    import numpy as np
    from matplotlib.image import imsave

    images: list[Any] = []
    for page in pages:
        page.set_dpi(dpi)
        canvas: Any = page.canvas
        canvas.draw()
        images.append(np.array(canvas.buffer_rgba()))
    across = max(image.shape[1] for image in images)
    whole = [np.pad(i, ((0, 0), (0, across - i.shape[1]), (0, 0)), constant_values=255) for i in images]
    buffer = BytesIO()
    imsave(buffer, np.concatenate(whole), format="png", dpi=dpi, metadata=STAMPS["png"])
    return buffer.getvalue()
