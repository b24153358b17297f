"""Long names have room in plots of one's own, and leave room for the plot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pytest

import testbed.report as report
from testbed import plots
from tests.report import synthetic

pytestmark = pytest.mark.filterwarnings("ignore:The set_bad function:PendingDeprecationWarning")  # seaborn calls it


@pytest.fixture(autouse=True)
def no_windows() -> Any:
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    rows = synthetic.rows(ks=(2, 5, 10), alphas=(0.25, 1.0), repeats=4)
    folder = synthetic.save(rows, tmp_path_factory.mktemp("results") / "made_up")
    (folder / "summary.csv").write_bytes(report.to_csv(report.summarize(rows)))
    return folder


LONG = {
    "Raw()": "no task at all, so that the probe sees the first view as it is and everything is left to the labels",
    "Predict(OLS())": "Pipeline(linearregression=LinearRegression(copy_X=True, fit_intercept=True)"
    + ", n_jobs=None" * 9,
    "Predict(Nystroem())": "N" * 130,
}
FACETS: list[dict[str, Any]] = [
    {"theory": ["class_floor"]}, {"hue": None, "style": "pretext"}, {"x": "pretext", "hue": "k"},
    {"hue": "alpha", "col": "pretext", "where": None}, {"height": 1.6, "labels": None},
]  # fmt: skip


def inside(figure: Any, artists: list[Any]) -> bool:
    """Whether texts stand in a figure, but for the 5 points that widths of letters are guessed to."""
    boxes = [artist.get_window_extent() for artist in artists]
    wide, high = figure.get_size_inches() * figure.dpi
    room = 5 * figure.dpi / 72
    return all(b.x0 > -room and b.x1 < wide + room and b.y0 > -room and b.y1 < high + room for b in boxes)


@pytest.mark.parametrize("facets", FACETS, ids=str)
def test_long_texts_have_room_and_leave_room_for_the_plot(folder: Path, facets: dict[str, Any]) -> None:
    """Below the plot, over several lines or turned; nothing of a legend is lost, and no layout fails."""
    settings = {"x": "k", "labels": LONG, "where": {"alpha": 1.0}, **facets}
    grid = plots.relplot(folder, **settings)
    grid.figure.canvas.draw()
    wide, high = grid.figure.get_size_inches()
    ticks = [label for axes in grid.axes.flat for label in axes.get_xticklabels() if label.get_visible()]
    legend = [] if grid.legend is None else [grid.legend]
    assert inside(grid.figure, [*legend, *(ticks if settings["x"] == "pretext" else [])])
    for axes in grid.axes.flat:
        place = axes.get_position()
        assert place.width * wide > 0.5 and place.height * high > 0.2
    texts = [t.get_text().replace("\n", "").replace(" ", "") for t in grid.legend.get_texts()] if legend else []
    titles = [axes.get_title().replace("\n", "").replace(" ", "") for axes in grid.axes.flat]
    if settings["labels"] and settings["x"] == "k":  # all of each name is there
        for name in LONG.values():
            assert any(name.replace(" ", "") in text for text in (*texts, *titles))


@pytest.mark.parametrize("side", ["x", "y"])
def test_long_names_of_a_heat_map_are_broken_beside_it(folder: Path, tmp_path: Path, side: str) -> None:
    summary = report.read_summary(folder)
    summary.astype({"pretext": object}).replace(LONG).to_csv(tmp_path / "long.csv", index=False)
    x, y = ("pretext", "k") if side == "x" else ("k", "pretext")
    axes = plots.heatmap(tmp_path / "long.csv", x, y, where={"alpha": 1.0})
    axes.figure.canvas.draw()  # type: ignore[union-attr]
    names = axes.get_xticklabels() if side == "x" else axes.get_yticklabels()
    assert inside(axes.figure, names) and max(text.get_text().count("\n") for text in names) == 2
    assert (axes.get_xlabel() if side == "x" else axes.get_ylabel()) == "pretext"
    short = plots.heatmap(folder, x, y, where={"alpha": 1.0}, ax=plt.subplots(figsize=(9, 4))[1])
    names = short.get_xticklabels() if side == "x" else short.get_yticklabels()
    assert [text.get_text() for text in names].count("Raw()") == 1  # what has room is as it was
