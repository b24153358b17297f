"""Figures: the same bytes in every process, and what is drawn is what the summary says."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.container import BarContainer
from matplotlib.figure import Figure as Page

import testbed.report as report
from testbed.report import Curve, Figure, Panel, Stack
from testbed.report.drawing import KINDS
from testbed.report.layout import lay_out
from testbed.report.legends import legends
from testbed.report.panel import Tally, styles
from tests.report import synthetic
from tests.report.drawn import panel_axes, stack_axes

ROOT = Path(__file__).parents[2]
DRAW = """
import hashlib, sys
from pathlib import Path
import testbed.report as report
from testbed.report import Curve, Figure, Panel, Stack
summary = report.read_summary(Path(sys.argv[1]))
curves = [Curve("raw", {"pretext": "Raw()"}), Curve("ols", {"pretext": "Predict(OLS())"})]
panel = Panel("p", "generator.k", curves, where={"generator.alpha": 1.0}, yscale="log")
stack = Stack("s", "pretext", where={"generator.alpha": 1.0, "generator.k": 5})
for path in report.draw(Figure([panel, stack], "A caption."), summary, Path(sys.argv[2]), "made up, seed 1"):
    print(path.name, hashlib.sha256(path.read_bytes()).hexdigest())
"""


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    folder = synthetic.save(synthetic.rows(repeats=8), tmp_path_factory.mktemp("rows"))
    return report.summarize(report.read_rows(folder))


def cell(summary: pd.DataFrame, pretext: str, k: int, alpha: float) -> pd.Series:
    hit = (summary["pretext"] == pretext) & (summary["generator.k"] == k) & (summary["generator.alpha"] == alpha)
    return summary[hit].squeeze()


def test_the_bytes_of_a_figure_are_the_same_in_every_process(tmp_path: Path) -> None:
    folder = synthetic.save(synthetic.rows(ks=(2, 5), alphas=(1.0, 0.5), repeats=4), tmp_path / "rows")
    report.write(folder, [], [], name="made up", seed=1, schema=2)
    said = []
    for seed in ("1", "4242"):
        out = tmp_path / seed
        out.mkdir()
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-c", DRAW, str(folder), str(out)],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        said.append(done.stdout)
    assert {line.split()[0] for line in said[0].splitlines()} == {f"figure.{kind}" for kind in KINDS}
    assert said[0] == said[1]


def test_the_bytes_depend_on_the_numbers_and_the_footer(tmp_path: Path, summary: pd.DataFrame) -> None:
    panel = Panel("p", "generator.k", [Curve("c", {"pretext": "Raw()", "generator.alpha": 1.0})])

    def sums(frame: pd.DataFrame, footer: str) -> list[str]:
        paths = report.draw(Figure([panel]), frame, tmp_path, footer)
        return [hashlib.sha256(path.read_bytes()).hexdigest() for path in paths]

    first = sums(summary, "one")
    assert sums(summary, "one") == first
    moved = summary.assign(excess_risk=summary["excess_risk"] * np.where(summary["generator.k"] == 5, 1.5, 1.0))
    assert all(a != b for a, b in zip(first, sums(summary, "two"), strict=True))
    changed = [a != b for a, b in zip(first, sums(moved, "one"), strict=True)]
    assert changed == [kind in ("pdf", "svg", "png") for kind in KINDS]  # the caption quotes no number here


def test_a_curve_goes_through_the_means_and_its_band_through_the_intervals(summary: pd.DataFrame) -> None:
    panel = Panel("p", "generator.k", [Curve("raw", {"pretext": "Raw()"})], where={"generator.alpha": 0.25})
    axes, tally = panel_axes(panel, summary)
    (line,) = axes.lines
    cells = [cell(summary, "Raw()", k, 0.25) for k in (2, 5, 10)]
    np.testing.assert_array_equal(line.get_xdata(), [2, 5, 10])
    np.testing.assert_allclose(line.get_ydata(), [c["excess_risk"] for c in cells])
    (band,) = axes.collections
    corners = {(float(x), float(y)) for x, y in band.get_paths()[0].vertices}
    for c in cells:
        assert (c["generator.k"], c["excess_risk_low"]) in corners
        assert (c["generator.k"], c["excess_risk_high"]) in corners
    assert (tally.fewest, tally.most) == (8, 8)


def test_a_negative_pretext_part_hangs_below_zero(summary: pd.DataFrame) -> None:
    axes = stack_axes(Stack("s", "pretext", where={"generator.k": 10, "generator.alpha": 1.0}), summary)
    bars = [[(b.get_y(), b.get_height()) for b in box] for box in axes.containers if isinstance(box, BarContainer)]
    names = [tick.get_text() for tick in axes.get_xticklabels()]
    assert names == ["Raw()", "Predict(OLS())", "Predict(Nystroem())"]
    intrinsic, part, estimation, rest = bars
    for i, name in enumerate(names):
        c = cell(summary, name, 10, 1.0)
        assert intrinsic[i] == pytest.approx((0, c["intrinsic"]))
        below = c["pretext_part"] < 0
        assert part[i] == pytest.approx((0 if below else c["intrinsic"], c["pretext_part"]))
        assert estimation[i] == pytest.approx((c["intrinsic"] + max(c["pretext_part"], 0), c["estimation"]))
        assert rest[i][1] == 0
        total = intrinsic[i][1] + part[i][1] + estimation[i][1]
        assert total == pytest.approx(c["excess_risk"])
    assert [height < 0 for _, height in part] == [False, True, False]
    assert axes.get_ylim()[0] < part[1][1]
    lines = next(
        found for found in axes.collections if to_hex(found.get_edgecolor()[0]) == "#000000" and found.zorder == 5
    )
    (total,) = lines.get_segments()  # across the one bar whose total is not the upper end
    assert total[:, 1] == pytest.approx(cell(summary, names[1], 10, 1.0)["excess_risk"])
    assert total[0, 0] < 1.0 < total[1, 0]


def test_what_is_not_split_is_one_grey_bar(summary: pd.DataFrame) -> None:
    raw = summary["pretext"] == "Raw()"
    frame = summary.assign(estimation=summary["estimation"].mask(raw))
    axes = stack_axes(Stack("s", "pretext", where={"generator.k": 5, "generator.alpha": 1.0}), frame)
    heights = [[b.get_height() for b in box] for box in axes.containers if isinstance(box, BarContainer)]
    assert [part[0] for part in heights] == pytest.approx([0, 0, 0, cell(summary, "Raw()", 5, 1.0)["excess_risk"]])
    assert heights[3][1:] == [0, 0]


def test_the_intrinsic_part_is_cut_where_rows_say_how(summary: pd.DataFrame) -> None:
    raw, cut = summary["pretext"] == "Raw()", Stack("s", "pretext", where={"generator.k": 5}, split=True)
    lost = 0.25 * summary["intrinsic"]
    some = summary.assign(information_lost=lost.mask(raw), not_linear=(summary["intrinsic"] - lost).mask(raw))
    some = some[some["generator.alpha"] == 1.0]
    axes = stack_axes(cut, some)
    lost_bar, not_linear, whole, *_ = (box for box in axes.containers if isinstance(box, BarContainer))
    names = [tick.get_text() for tick in axes.get_xticklabels()]
    intrinsic = [cell(summary, name, 5, 1.0)["intrinsic"] for name in names]
    assert names[0] == "Raw()"
    assert [b.get_height() for b in whole] == pytest.approx([intrinsic[0], 0.0, 0.0])
    assert [b.get_height() for b in lost_bar] == pytest.approx([0.0, *(0.25 * value for value in intrinsic[1:])])
    assert [b.get_y() for b in not_linear][1:] == pytest.approx([0.25 * value for value in intrinsic[1:]])
    every = some[some["pretext"] != "Raw()"]
    for frame, shown in ((some, True), (every, False)):  # the legend has no part that no bar has
        tally = Tally()
        cut.draw(Page().subplots(), frame, None, {}, tally)
        assert ("intrinsic" in legends([[cut]], {}, tally)[0]) == shown


def test_a_logarithmic_axis_marks_at_its_edge_or_counts_what_it_cannot_show(summary: pd.DataFrame) -> None:
    low = summary.assign(excess_risk=summary["excess_risk"].mask(summary["generator.k"] == 5, -0.001))
    where = {"pretext": "Raw()", "generator.alpha": 1.0}
    axes, tally = panel_axes(Panel("p", "generator.k", [Curve("c", where)], xscale="log", yscale="log"), low)
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert (tally.below, tally.lost) == (1, 0)
    edge = next(line for line in axes.lines if line.get_marker() == "v")
    np.testing.assert_array_equal(edge.get_xydata(), [[5, 0]])
    curve = next(line for line in axes.lines if line.get_marker() != "v")
    np.testing.assert_array_equal(np.isnan(curve.get_ydata()), [False, True, False])
    assert axes.get_ylim()[0] > 0

    where = {"pretext": "Raw()", "generator.k": 5}
    axes, tally = panel_axes(Panel("p", "generator.alpha", [Curve("c", where)], xscale="log"), summary)
    assert (tally.below, tally.lost) == (0, 1)  # alpha = 0
    np.testing.assert_array_equal(axes.lines[0].get_xdata(), [0.25, 1.0])


@pytest.mark.parametrize("k", [2, 5, 1000])
def test_one_point_stands_in_the_middle_of_logarithmic_axes(k: int, summary: pd.DataFrame) -> None:
    """Matplotlib ends such an axis within rounding of the point, with nine labels that are the same or a warning."""
    where = {"pretext": "Raw()", "generator.alpha": 1.0, "n_labeled": k}
    panel = Panel("p", "n_labeled", [Curve("c", where)], y="class_floor", xscale="log", yscale="log")
    one = summary[summary["generator.k"] == 5].assign(class_floor=0.02, class_floor_low=0.02, class_floor_high=0.02)
    axes, _ = panel_axes(panel, one.assign(n_labeled=k))
    for axis, value in ((axes.xaxis, k), (axes.yaxis, 0.02)):
        np.testing.assert_allclose(axis.get_view_interval(), [value / 2.5, value * 2.5])
        labels = [axis.get_major_formatter()(tick) for tick in axis.get_majorticklocs()]
        assert len(set(labels)) == len(labels) > 1


def test_theory_columns_are_drawn_and_x_is_offset(summary: pd.DataFrame) -> None:
    frame = summary.assign(**{"theory.exact": summary["generator.k"] * 0.01})
    where = {"pretext": "Raw()", "generator.alpha": 1.0}
    panel = Panel(
        "p", "generator.k", [Curve("c", where)], theory=[Curve("t", where, y="theory.exact")], xscale="log", offset=1.0
    )
    assert "theory.exact" in Figure([panel]).columns_read()
    axes, _ = panel_axes(panel, frame)
    measured, theory = axes.lines  # predictions last: seen where a curve lies on them
    assert theory.get_zorder() > measured.get_zorder()
    np.testing.assert_array_equal(theory.get_xydata(), [[1, 0.02], [4, 0.05], [9, 0.1]])
    np.testing.assert_array_equal(measured.get_xdata(), [1, 4, 9])
    assert (theory.get_marker(), measured.get_marker()) == ("", "o")
    assert axes.get_xlabel().endswith("less 1")


def test_predictions_of_several_curves_are_told_apart_by_what_they_are_of(summary: pd.DataFrame) -> None:
    frame = summary.assign(**{"theory.exact": summary["generator.k"] * 0.01})
    curves = [Curve(name, {"pretext": name, "generator.alpha": 1.0}) for name in ("Raw()", "Predict(OLS())")]
    theory = [Curve("optimum", curve.where, y="theory.exact", of=curve.label) for curve in curves]
    panel = Panel("p", "generator.k", curves, theory=theory)
    axes, tally = panel_axes(panel, frame)
    first, second = axes.lines[2:]
    assert [line.get_marker() for line in (first, second)] == [line.get_marker() for line in axes.lines[:2]]
    assert first.get_color() != second.get_color()
    assert [*panel.legend(styles([panel]), tally)] == ["Raw()", "Predict(OLS())", "optimum"]
    stray = Panel("p", "generator.k", curves, theory=[Curve("optimum", curves[0].where, of="nothing")])
    with pytest.raises(report.ReportError, match="is of 'nothing'; there are Raw"):
        panel_axes(stray, frame)


def places(figure: Figure, summary: pd.DataFrame) -> Page:
    page = Page()
    lay_out(page, figure, summary, None, 1.0)
    return page


def test_names_of_bars_stand_once_and_a_legend_takes_the_place_that_is_left(summary: pd.DataFrame) -> None:
    stacks = [Stack(f"k = {k}", "pretext", where={"generator.k": k, "generator.alpha": 1.0}) for k in (2, 5, 10)]
    page = places(Figure(stacks), summary)
    shown = [axes.get_xlabel() != "" for axes in page.axes]
    assert shown == [False, True, True]  # the third is right below the first
    (legend,) = page.legends
    middle = legend.get_bbox_to_anchor().transformed(page.transFigure.inverted()).x0
    assert middle > page.axes[2].get_position().x1 and legend.get_window_extent().y1 / 100 < 3.5


def test_panels_that_share_no_label_have_a_legend_each(summary: pd.DataFrame) -> None:
    one, two = (Panel(name, "generator.k", [Curve(name, {"pretext": name, "generator.alpha": 1.0})])
                for name in ("Raw()", "Predict(OLS())"))  # fmt: skip
    assert len(places(Figure([one, two]), summary).legends) == 2
    assert len(places(Figure([one, one]), summary).legends) == 1


def test_the_rounding_of_zero_is_zero_on_a_logarithmic_axis(summary: pd.DataFrame) -> None:
    low = summary.assign(excess_risk=summary["excess_risk"].mask(summary["generator.k"] == 5, 1e-19))
    where = {"pretext": "Raw()", "generator.alpha": 1.0}
    axes, tally = panel_axes(Panel("p", "generator.k", [Curve("c", where)], yscale="log"), low)
    assert tally.below == 1
    assert axes.get_ylim()[0] > 1e-6


def test_a_figure_says_what_failed_and_what_is_not_drawn(tmp_path: Path) -> None:
    frame = synthetic.rows(ks=(2, 5, 10), alphas=(1.0,), repeats=6)
    keys = frame.loc[frame["pretext"] == "Raw()", "key"].drop_duplicates().tolist()
    frame = synthetic.fail(frame, {keys[0]: range(2), keys[1]: range(6)})
    summary = report.summarize(report.read_rows(synthetic.save(frame, tmp_path)))
    figure = Figure([Panel("p", "generator.k", [Curve("c", {"pretext": "Raw()"})])], "A caption.")
    report.draw(figure, summary, tmp_path, "a footer")
    text = (tmp_path / "figure.caption.md").read_text(encoding="utf-8")
    for said in ("A caption.", "a footer", "4 to 6", "1 with failed repetitions", "1 not drawn because"):
        assert said in text, said
