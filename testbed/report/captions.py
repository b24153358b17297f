"""What stands beside a picture: its caption with what bands and bars are, and the symbols, in LaTeX and Markdown."""

from __future__ import annotations

import re
from dataclasses import dataclass

from testbed.report.escaped import comment, escape, label_of
from testbed.report.panel import Tally
from testbed.report.remarks import HANGS, PART, cells_said
from testbed.report.symbols import explained, labels_explained

__all__ = ["Caption", "notes"]


@dataclass(frozen=True)
class Caption:
    r"""The text of a figure.

    Attributes
    ----------
    said : str
        What the figure shows; may hold ``$mathematics$``.
    notes : str
        What is drawn beside the means, over how many repetitions, and what is not drawn.
    drawn : tuple of str
        Texts in the picture, whose symbols are explained as well.
    footer : str
        Experiment, seed, row schema and the SHA-256 of summary.csv.
    label : str
        What LaTeX refers to it by, without ``fig:``.
    """

    said: str
    notes: str = ""
    drawn: tuple[str, ...] = ()
    footer: str = ""
    label: str = "figure"

    @property
    def symbols(self) -> str:
        """A sentence on each symbol, in the order in which they are met, the picture first; and where labels stand."""
        texts = [*self.drawn, self.said]
        return " ".join(filter(None, (explained(texts), labels_explained(texts))))

    @property
    def text(self) -> str:
        """All of it as one paragraph."""
        return " ".join(filter(None, (self.said, self.notes, self.symbols)))

    def files(self) -> dict[str, bytes]:
        r"""Write it: ``caption.tex``, for ``\input`` below a picture in a figure, and ``caption.md``, for a page."""
        said = escape(self.text)
        tex = [comment(self.footer), rf"\caption{{{said}}}", rf"\label{{fig:{label_of(self.label)}}}", ""]
        under = f"\n\n<sub>{self.footer}</sub>" if self.footer else ""
        return {"caption.tex": "\n".join(tex).encode(), "caption.md": f"{self.text}{under}\n".encode()}

    def points(self, width: float) -> float:
        """Height in points that it takes below a picture, roughly: lines of 12 points, letters of 4.9."""
        plain = re.sub(r"\\(mathrm|tilde|ast|[,;!])|[${}^_]", "", self.text)
        return 12.0 * (1 + len(plain) * 4.9 // (72.0 * width))


def notes(tally: Tally) -> str:
    """Say what is drawn beside the means, over how many repetitions, and what is not drawn."""
    few, many = tally.fewest, tally.most
    over = f"over {few} repetitions" if few == many else f"over {few} to {many} repetitions"
    failed = f"{tally.failed} with failed repetitions (ringed: {PART})"
    absent = f"{tally.absent} not drawn because all repetitions failed"
    cells = "; ".join(text for count, text in ((tally.failed, failed), (tally.absent, absent)) if count)
    said = [
        (tally.bands, f"Lines: means; bands: 95% intervals of the mean {over}."),
        (tally.totals, f"Bars: means, with the 95% interval of their sum {over}."),
        (tally.negative, "Parts below 0 are negative: a black line across the bar is then the sum."),
        (bool(tally.bars_of), f"Bars side by side, from left to right: {'; or '.join(tally.bars_of)}."),
        (tally.bars, "Horizontal bars, where wider than the marker: 95% intervals of the mean of x."),
        (tally.maps, f"Colours: means {over}."),
        (not (tally.bands or tally.totals or tally.maps) and many > 1, f"Means {over}; the intervals have no width."),
        (many == 1, "One repetition: no intervals."),
        (tally.below > 0, r"$\triangledown$ on the lower edge: the mean is 0 or negative."),
        (tally.lost > 0, f"{tally.lost} points at x = 0 or below have no place on the logarithmic axis."),
        (bool(cells), f"Cells: {cells}."),
        (tally.hanging > 0, f"In {cells_said(tally.hanging)} {HANGS}; summary.csv has the median."),
    ]
    return " ".join(text for wanted, text in said if wanted)
