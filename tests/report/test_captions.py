"""PDF and SVG hold the picture alone; the caption stands beside it, with its numbers computed and symbols explained."""

from __future__ import annotations

import re
import shutil
import subprocess
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure as Page
from matplotlib.image import imread

import testbed.report as report
from testbed.report import Curve, Figure, Panel, Quote, Stack
from testbed.report.captions import Caption, notes
from testbed.report.drawing import render
from testbed.report.layout import COLUMN, PAGE, TALLEST, lay_out
from testbed.report.panel import INKS, Tally
from testbed.report.symbols import explained
from tests.report import synthetic

CAPTION = r"Risk at $n_2=40$ where $\beta$ stays: <<raw>> at 50%."
RAW = {"pretext": "Raw()", "generator.k": 5, "generator.alpha": 1.0}


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    folder = synthetic.save(synthetic.rows(repeats=8), tmp_path_factory.mktemp("rows"))
    return report.summarize(report.read_rows(folder))


def figure(panels: int = 1, columns: int = 1, **changes: object) -> Figure:
    panel = Panel("p", "generator.k", [Curve("no task", {"pretext": "Raw()"})], where={"generator.alpha": 1.0})
    numbers = {"raw": Quote("excess_risk", RAW, digits=4)}
    return Figure([panel] * panels, CAPTION, columns, numbers=numbers, **changes)  # type: ignore[arg-type]


def size(svg: bytes) -> tuple[float, float]:
    """Width and height in inches."""
    head = svg[:2000].decode()
    across, down = (re.search(rf'<svg[^>]* {name}="([\d.]+)pt"', head) for name in ("width", "height"))
    assert across and down
    return float(across[1]) / 72.0, float(down[1]) / 72.0


def laid(figure: Figure, summary: pd.DataFrame, below: float) -> tuple[float, float]:
    page = Page()
    lay_out(page, figure, summary, None, below)
    return tuple(page.get_size_inches())


def texts(svg: bytes) -> str:
    found = re.findall(r"<text[^>]*>(.*?)</text>", svg.decode(), re.DOTALL)
    return " ".join(" ".join(re.sub(r"<[^>]*>", " ", text).split()) for text in found)


def test_the_picture_has_no_caption_and_the_files_beside_it_have(summary: pd.DataFrame) -> None:
    files = render(figure(), summary, "made up, seed 1", name="made_up")
    for said in ("Risk at", "stays", "repetitions", "made up"):
        assert said not in texts(files["svg"])
    assert "no task" in texts(files["svg"])  # a text is a text, not its outlines
    value = summary[
        (summary["pretext"] == "Raw()") & (summary["generator.k"] == 5) & (summary["generator.alpha"] == 1.0)
    ]["excess_risk"].item()
    words = files["caption.md"].decode()
    quoted = re.search(r"stays: ([\d.]+) at 50%\.", words)
    assert quoted and float(quoted[1]) == pytest.approx(value, rel=5e-4)
    assert "$n_2$: labelled pairs" in words and r"$\beta$: conditioning" in words and "over 8 repetitions" in words
    tex = files["caption.tex"].decode()
    assert tex.startswith("% made up, seed 1\n\\caption{") and "at 50\\%." in tex
    assert tex.endswith("\\label{fig:made-up-figure}\n") and tex.isascii()


def test_the_png_has_the_picture_and_below_it_the_texts(summary: pd.DataFrame) -> None:
    files = render(figure(), summary, "f")
    across, down = size(files["svg"])
    image = imread(BytesIO(files["png"]))
    assert image.shape[1] == pytest.approx(150 * across, abs=1.5)
    assert image.shape[0] > 150 * (down + 0.4)
    assert (image[int(150 * down) :, :, :3] < 0.5).any()  # letters


@pytest.mark.parametrize(
    ("changes", "width"),
    [({}, COLUMN), ({"wide": True}, PAGE), ({"panels": 2, "columns": 2}, PAGE), ({"panels": 2}, COLUMN)],
)
def test_a_figure_is_as_wide_as_a_column_or_a_page(
    summary: pd.DataFrame, changes: dict[str, int], width: float
) -> None:
    assert laid(figure(**changes), summary, 1.0)[0] == pytest.approx(width)


def test_axes_are_lower_where_the_caption_would_not_fit_below_them(summary: pd.DataFrame) -> None:
    said = Caption("A long caption of many words. " * 50)
    below = said.points(PAGE) / 72.0
    assert below == pytest.approx(1500 / 81 / 6, abs=0.2)  # letters, over those of a line, over lines of an inch
    short, tall = (laid(figure(6, 2), summary, room)[1] for room in (0.5, below))
    assert tall < short - 0.3 and tall + below <= TALLEST


@pytest.mark.skipif(shutil.which("pdffonts") is None, reason="pdffonts (poppler-utils) is not installed")
def test_all_fonts_are_embedded_as_outlines(summary: pd.DataFrame, tmp_path: Path) -> None:
    stack = Stack("s", "pretext", where={"generator.k": 5, "generator.alpha": 1.0})
    (tmp_path / "f.pdf").write_bytes(render(Figure([stack], "c"), summary, "f")["pdf"])
    said = subprocess.run(["pdffonts", "f.pdf"], cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    lines = said.splitlines()[2:]
    assert lines and "Type 3" not in said
    assert all(re.search(r"(TrueType|CID TrueType)\s+\S+(?: \S+)?\s+yes", line) for line in lines), said


def test_bars_side_by_side_are_named_in_the_caption(summary: pd.DataFrame) -> None:
    bars = [Curve("few", {"generator.alpha": 0.0}), Curve("many", {"generator.alpha": 1.0})]
    files = render(Figure([Stack("s", "pretext", bars, where={"generator.k": 5})], "c"), summary, "f")
    assert "from left to right: few, many." in files["caption.md"].decode()


def test_a_quote_reads_one_number_or_says_what_it_found(summary: pd.DataFrame) -> None:
    frames = {"summary": summary}
    alpha = {"pretext": "Raw()", "generator.alpha": 1.0}
    risks = summary[(summary["pretext"] == "Raw()") & (summary["generator.alpha"] == 1.0)].set_index("generator.k")
    risk = risks["excess_risk"]
    with pytest.raises(report.ReportError, match="finds 3 numbers of excess_risk; where must select one"):
        Quote("excess_risk", alpha).text(frames, "q")
    with pytest.raises(report.ReportError, match=r"the column no, which summary\.csv does not have"):
        Quote("no").text(frames, "q")
    with pytest.raises(report.ReportError, match="reads slopes, which is not reported"):
        Quote("slope", frame="slopes").text(frames, "q")
    low, high = (float(x) for x in Quote("excess_risk", alpha, "range", digits=4).text(frames, "q").split(" to "))
    assert (low, high) == pytest.approx((risk.min(), risk.max()), rel=5e-4)
    best = Quote("generator.k", alpha, best="excess_risk", digits=1).text(frames, "q")
    assert float(best) == pytest.approx(risk.idxmin(), abs=0.51 * 10 ** (len(str(risk.idxmin())) - 1))
    interval = Quote("excess_risk", RAW, "interval", digits=4).text(frames, "q")
    ends = [float(x) for x in re.findall(r"[\d.]+(?= to|\))", interval)]
    assert ends == pytest.approx([risks.loc[5, "excess_risk_low"], risks.loc[5, "excess_risk_high"]], rel=5e-4)
    over = Quote("excess_risk", {**alpha, "generator.k": 2}, digits=4, over=Quote("excess_risk", RAW), power=2.0)
    assert float(over.text(frames, "q")) == pytest.approx(risk[2] / risk[5] ** 2, rel=5e-4)
    with pytest.warns(UserWarning, match="selects no cells"):
        assert Quote("excess_risk", {"generator.k": 99}).text(frames, "q") == "n.a."


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0456, "0.046"), (12.34, "12"), (-0.5, "$-0.50$"), (3.2e-7, r"$3.2\times 10^{-7}$"), (0.0, "0.0")],
)
def test_a_quoted_number_has_its_digits(value: float, text: str) -> None:
    assert Quote("x").text({"summary": pd.DataFrame({"x": [value]})}, "q") == text
    assert Quote("x", percent=True).text({"summary": pd.DataFrame({"x": [0.954]})}, "q") == "95%"


def test_a_caption_that_quotes_what_is_not_there_is_refused(summary: pd.DataFrame) -> None:
    with pytest.raises(report.ReportError, match="the caption quotes <<raw>>; there are no numbers"):
        render(Figure(figure().panels, CAPTION), summary, "f")


def test_symbols_are_explained_once_and_only_where_they_stand_for_themselves() -> None:
    said = explained([r"$\epsilon_{\mathrm{CI}}^2/\beta^2$ against $n_2$", r"n_1, then $n_2$ and $\tilde\psi$"])
    assert [part.split("$")[1] for part in said.split("; ")] == [r"\epsilon_{CI}", r"\beta", "n_2", r"\tilde\psi"]
    assert explained(["no symbol at all", r"$\mathrm{tr}\,W$"]) == ""


def test_a_heat_map_tells_both_sides_apart_without_colour() -> None:
    from testbed.report.panels.heatmaps import UNSURE, WORSE

    assert UNSURE["hatch"] != WORSE["hatch"]


def test_neighbouring_curves_differ_by_more_than_colour() -> None:
    from testbed.report.panel import styles

    looks = styles([Panel("p", "x", [Curve(str(i)) for i in range(10)])])
    shapes = [(look.marker, str(look.line)) for look in looks.values()]
    assert len(set(shapes)) == 10
    assert all(a != b for a, b in zip(shapes, np.roll(np.array(shapes, dtype=object), 1, axis=0).tolist(), strict=True))


def test_a_caption_says_where_labels_stand_and_counts_in_words() -> None:
    said = Caption(
        "The sharper bound (I7), I6 and V10; $I_2$, T-shirt and 1.5 are none, nor is L1.", drawn=("V2",)
    ).text
    assert said.endswith("I6, I7, V2, V10: docs/theory.md.")
    assert "In 1 cell few" in notes(Tally(hanging=1)) and "In 2 cells few" in notes(Tally(hanging=2))


def test_no_line_is_too_pale_for_white_paper() -> None:
    shares = [[int(ink[i : i + 2], 16) / 255 for i in (1, 3, 5)] for ink in INKS]
    light = [np.dot((0.2126, 0.7152, 0.0722), np.power(share, 2.2)) for share in shares]
    assert len(INKS) == len(set(INKS)) == 10 and max(light) < 0.45
