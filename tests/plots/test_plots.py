"""Plots of one's own: what is drawn is what the summary says, and nothing is averaged over dials that differ."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from matplotlib.collections import PolyCollection
from matplotlib.colors import to_hex, to_rgba
from matplotlib.patches import Rectangle

import testbed
import testbed.report as report
from testbed import plots
from testbed.cli import main
from testbed.report import Curve, Figure, Panel, ReportError
from testbed.report.loading import contrasts_of
from testbed.report.panel import COLORS, PALETTE
from testbed.report.panels.heatmaps import UNSURE
from tests.committed import RESULTS
from tests.report import synthetic

AT = {"alpha": 1.0}
pytestmark = pytest.mark.filterwarnings("ignore:The set_bad function:PendingDeprecationWarning")  # seaborn calls it


@pytest.fixture(autouse=True)
def no_windows() -> Any:
    matplotlib.use("Agg")
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def rows() -> pd.DataFrame:
    return synthetic.rows(ks=(2, 5, 10), alphas=(0.25, 1.0), repeats=8)


@pytest.fixture(scope="module")
def folder(rows: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = synthetic.save(rows, tmp_path_factory.mktemp("results") / "made_up")
    report.write(folder, name="made_up", seed=1, schema=3)
    return folder


def cells(folder: Path, pretext: str, alpha: float = 1.0) -> pd.DataFrame:
    summary = report.read_summary(folder)
    return summary[(summary["pretext"] == pretext) & (summary["generator.alpha"] == alpha)].sort_values("generator.k")


def test_a_folder_is_read_with_dials_as_numbers_and_units(folder: Path, rows: pd.DataFrame) -> None:
    frame = testbed.load(folder)
    pd.testing.assert_frame_equal(frame, report.read_summary(folder))
    assert frame["generator.alpha"].dtype.kind == "f" and frame["generator.k"].dtype.kind == "i"
    units = frame.attrs["units"]
    assert units["excess_risk"] == units["excess_risk_low"] == "unit of y, squared" and units["n_labeled"] == "pairs"
    assert "pretext" not in units and frame.attrs["labels"]["generator.k"] == "number of classes $k$"
    assert len(testbed.load(folder, "rows")) == len(rows)
    assert len(testbed.load(str(folder / "contrasts.csv"))) == len(testbed.load(folder, "contrasts"))
    (copy := folder.parent / "copy.csv").write_bytes((folder / "summary.csv").read_bytes())
    pd.testing.assert_frame_equal(testbed.load(copy), frame)


@pytest.mark.parametrize(
    ("source", "what", "said"),
    [
        (3, "summary", "source = 3: the path"), ("nowhere", "summary", "nowhere is missing"),
        ("nowhere", "figure", "what = 'figure': summary, rows, contrasts are allowed"),
    ],
)  # fmt: skip
def test_what_cannot_be_loaded_is_said(source: Any, what: str, said: str) -> None:
    with pytest.raises(ReportError, match=said):
        testbed.load(source, what)


def test_a_study_is_read_with_pandas(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(ReportError, match=r"holds a study.*pandas\.read_csv"):
        testbed.load(tmp_path)


@pytest.mark.parametrize("given", ["rows", "summary", "folder", "csv"])
def test_lines_are_means_and_bands_are_the_intervals_that_are_given(
    given: str, folder: Path, rows: pd.DataFrame
) -> None:
    data = {"rows": rows, "summary": testbed.load(folder), "folder": folder, "csv": str(folder / "rows.csv")}[given]
    grid = plots.relplot(data, "k", where=AT)
    (axes,) = grid.axes.flat
    bands = [band for band in axes.collections if isinstance(band, PolyCollection)]
    for i, method in enumerate(synthetic.METHODS):
        found = cells(folder, method)
        color = PALETTE[COLORS[i]]
        (line,) = (line for line in axes.lines if to_hex(line.get_color()) == color and len(line.get_xdata()))
        np.testing.assert_array_equal(line.get_xdata(), found["generator.k"])
        np.testing.assert_allclose(line.get_ydata(), found["excess_risk"], rtol=1e-5)
        (band,) = (band for band in bands if tuple(band.get_facecolor()[0][:3]) == to_rgba(color)[:3])
        corners = band.get_paths()[0].vertices
        for end in ("low", "high"):
            assert all(np.isclose(corners[:, 1], value, rtol=1e-5).any() for value in found[f"excess_risk_{end}"])
    assert (axes.get_xlabel(), grid.legend.get_title().get_text()) == ("number of classes $k$", "method")
    assert len({line.get_marker() for line in axes.lines if len(line.get_xdata())}) == 3  # more than colour


def test_cells_that_the_plot_does_not_tell_apart_are_refused(rows: pd.DataFrame) -> None:
    with pytest.raises(ReportError, match=r"2 cells at generator\.k = 2, .*generator\.alpha: give it to hue, style"):
        plots.relplot(rows, "k")
    with pytest.raises(ReportError, match=r"2 cells at .*generator\.alpha: choose one value with where"):
        plots.heatmap(rows, "k", "n_labeled", where={"pretext": "Raw()"})


def test_facets_theory_and_names_are_those_that_are_asked_for(folder: Path) -> None:
    labels = {"Raw()": "no task", "Predict(OLS())": "regression"}
    grid = plots.relplot(folder, "k", col="alpha", theory=["class_floor"], labels=labels, log="y", height=2.0)
    assert [axes.get_title() for axes in grid.axes.flat] == [
        r"mixing weight $\alpha$ = 0.25",
        r"mixing weight $\alpha$ = 1",
    ]
    assert [text.get_text() for text in grid.legend.get_texts()][:2] == ["no task", "regression"]
    for axes, alpha in zip(grid.axes.flat, (0.25, 1.0), strict=True):
        assert axes.get_yscale() == "log"
        dashed = [line for line in axes.lines if line.is_dashed()]
        floor = cells(folder, "Raw()", alpha)["class_floor"]
        np.testing.assert_allclose(dashed[0].get_ydata(), floor)
    texts = [text.get_text() for text in grid.legend.get_texts()]
    assert len(texts) == 4 and texts[-1].startswith("theory: class floor") and len(grid.figure.legends) == 1
    assert all(axes.get_legend() is None for axes in grid.axes.flat)  # which would lie over the points
    alone = plots.relplot(folder, "k", where={**AT, "pretext": "Raw()"}, hue=None, theory=["class_floor"])
    assert [text.get_text()[:6] for text in alone.legend.get_texts()] == ["theory"]
    assert grid.set(xlim=(0, 12)) is grid  # seaborn's own object


def test_what_a_logarithmic_axis_cannot_show_is_counted(folder: Path) -> None:
    frame = testbed.load(folder)
    frame.loc[(frame["pretext"] == "Raw()") & (frame["generator.k"] == 5), "excess_risk"] = [1e-19, -1.0]
    grid = plots.relplot(frame, "k", col="alpha", log="y")
    assert "2 values not above 0" in grid.figure.texts[-1].get_text()
    assert not plots.relplot(frame, "k", col="alpha").figure.texts


def test_a_heat_map_has_the_mean_or_the_paired_difference(folder: Path) -> None:
    axes = plots.heatmap(folder, "k", "alpha", where={"pretext": "Raw()"})
    shown = axes.collections[0].get_array().reshape(2, 3)
    expected = [cells(folder, "Raw()", alpha)["excess_risk"] for alpha in (1.0, 0.25)]  # upwards
    np.testing.assert_allclose(shown, expected)
    a, b = {"pretext": "Predict(OLS())"}, {"pretext": "Raw()"}
    plt.figure()
    axes = plots.heatmap(folder, "k", "alpha", a=a, b=b)
    gaps = testbed.load(folder, "contrasts")
    gaps = gaps[(gaps["pretext_a"] == "Raw()") & (gaps["pretext_b"] == "Predict(OLS())")]
    wanted = gaps.pivot(index="generator.alpha", columns="generator.k", values="difference").sort_index(ascending=False)
    np.testing.assert_allclose(axes.collections[0].get_array().reshape(2, 3), -wanted)
    unsure = ((gaps["difference_low"] <= 0) & (gaps["difference_high"] >= 0)).sum()
    assert sum(isinstance(p, Rectangle) and p.get_hatch() == UNSURE["hatch"] for p in axes.patches) == unsure
    with pytest.raises(ReportError, match="a is needed as well"):
        plots.heatmap(folder, "k", "alpha", b=b)


def test_wrong_calls_say_what_is_allowed(folder: Path, rows: pd.DataFrame) -> None:
    frame = testbed.load(folder)
    for call, said in (
        (lambda: plots.relplot(3, "k"), "data = 3: the frame of testbed.run"),
        (lambda: plots.relplot(pd.DataFrame({"a": [1]}), "a"), "data holds neither rows"),
        (lambda: plots.relplot(frame, "kk"), "there is no column 'kk'"),
        (lambda: plots.relplot(frame, "k", log="z"), "log = 'z'"),
        (lambda: plots.relplot(frame, "k", "pretext"), "column pretext, which holds texts"),
        (lambda: plots.relplot(frame, "k", theory=["pretext"]), "column pretext, which holds texts"),
        (lambda: plots.relplot(frame, "k", theory="class_floor"), r"theory = 'class_floor': a list"),
        (lambda: plots.relplot(frame, "k", where="Raw()"), r"where = 'Raw\(\)': a mapping is needed"),
        (lambda: plots.relplot(frame, "k", labels=3), "labels = 3: a mapping is needed"),
        (lambda: plots.relplot(frame.assign(excess_risk=-1.0), "k", where=AT, log="y"), "9 values are not above 0"),
        (lambda: plots.relplot(RESULTS / "own_rows/bundled", "n_labeled"), "of one's own rows label_mse is known"),
        (lambda: plots.heatmap(frame, "k", "alpha", "pretext"), "column pretext, which holds texts"),
        (lambda: plots.heatmap(frame, "k", "alpha", a=3), "a = 3: a mapping is needed"),
        (lambda: plots.panels(folder, [Panel("p", "k", [Curve("c")])]), "the list FIGURES of a script is needed"),
        (lambda: plots.panels(frame[:0]), "the summary holds no cells"),
        (lambda: contrasts_of(frame.assign(a=1).set_axis(frame.index).pipe(bare)), "has no paired differences"),
        (lambda: plots.panels(folder)["a"].file("gif"), "kind = 'gif': pdf, svg, png are allowed"),
    ):
        with pytest.raises(ReportError, match=said):
            call()


def bare(frame: pd.DataFrame) -> pd.DataFrame:
    frame.attrs.clear()
    return frame


WHERE = {"generator.alpha": 1.0}
PANELS = [
    Figure([Panel("by classes", "generator.k", [Curve("no task", {"pretext": "Raw()"})], where=WHERE),
            Panel("regression", "generator.k", [Curve("learnt", {"pretext": "Predict(OLS())"})], where=WHERE)]),
    Figure([Panel("other", "generator.alpha", [Curve("no task", {"pretext": "Raw()"})], where={"generator.k": 5})],
           name="split"),
]  # fmt: skip


def test_panels_are_drawn_one_by_one_into_axes_of_the_users(folder: Path) -> None:
    found = plots.panels(folder, PANELS)
    assert list(found) == ["a", "b", "split:a"]
    _, (left, right) = plt.subplots(1, 2)
    assert found["b"].draw(right) is right and found["split:a"].draw(left, legend=False) is left
    assert (right.get_title(loc="left"), right.get_legend().get_texts()[0].get_text()) == ("regression", "learnt")
    assert left.get_legend() is None
    (line,) = right.lines
    np.testing.assert_allclose(line.get_ydata(), cells(folder, "Predict(OLS())")["excess_risk"])
    assert to_hex(line.get_color()) == PALETTE[COLORS[1]]  # as in its figure, where it is the second
    assert plots.panels(folder)["a"].draw() is plt.gca()


def test_one_panel_is_written_and_the_folder_is_only_read(folder: Path, tmp_path: Path) -> None:
    (script := tmp_path / "script.py").write_text(SCRIPT, encoding="utf-8")
    before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()}

    def call(*more: str) -> Any:
        return CliRunner().invoke(main, ["report", str(folder), *more])

    out = tmp_path / "mine.svg"
    result = call("--panel", "b", "--out", str(out), "--script", str(script))
    assert result.exit_code == 0, result.output
    text = out.read_text(encoding="utf-8")
    assert 'width="234pt"' in text and "regression" in text and "no task" not in text
    assert call("--panel", "a", "--out", str(tmp_path / "mine.pdf")).exit_code == 0
    assert (tmp_path / "mine.pdf").read_bytes().startswith(b"%PDF")
    for more, said in (
        (("--panel", "a"), "--panel and --out go together"),
        (("--panel", "z", "--out", str(out)), "--panel z: there is none"),
        (("--panel", "a", "--out", str(tmp_path / "mine.gif")), "ends with .pdf, .svg or .png"),
        (("--panel", "a", "--out", str(folder / "figure.pdf")), "choose another place"),
    ):
        result = call(*more)
        assert result.exit_code == 2 and said in result.output
    assert {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir()} == before


SCRIPT = """
from testbed.report import Curve, Figure, Panel

WHERE = {"generator.alpha": 1.0}
FIGURES = [Figure([
    Panel("by classes", "generator.k", [Curve("no task", {"pretext": "Raw()"})], where=WHERE),
    Panel("regression", "generator.k", [Curve("learnt", {"pretext": "Predict(OLS())"})], where=WHERE),
])]
"""


def test_a_run_of_a_script_gives_the_panels_that_it_declares(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(EXPERIMENT + SCRIPT, encoding="utf-8")
    assert CliRunner().invoke(main, ["run", "mine.py"]).exit_code == 0
    assert [panel.panel.title for panel in plots.panels("results/mine").values()] == ["by classes", "regression"]


EXPERIMENT = """
from testbed import Experiment, vary
from testbed.generators import LeeMixture
from testbed.pretexts import Predict, Raw
from testbed.regressors import OLS

EXPERIMENT = Experiment(
    name="mine", generator=vary(LeeMixture, k=[2, 3], d1=4, d2=4, alpha=1.0), pretext=[Raw(), Predict(OLS())],
    probe=[OLS()], n_unlabeled=[100], n_labeled=[40], repeats=2)
"""
