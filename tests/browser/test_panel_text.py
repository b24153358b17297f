"""What the explorer writes as Python is read by this project, and draws the cells of the view."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from testbed.explorer.folders import data_of
from testbed.registry import read
from testbed.report import Curve, Figure, HeatMap, Panel, Stack, draw, read_summary
from testbed.report.cells import select
from testbed.report.files import parse_contrasts
from tests.committed import RESULTS

STUDIES = ["lee2021_controlled", "violations/kind_and_size", "violations/when_it_pays", "tasks/label_efficiency"]
ALL = {"free": True, "all": True}
# where a curve, or a side of a map, selects by the dial that is kept, or is left without cells
FILTERED: list[tuple[str, dict[str, Any]]] = [
    ("tasks/league", {"panel": 1, "keep": {"n_unlabeled": ["1000"]}}),
    ("tasks/league", {"panel": 1, "keep": {"n_unlabeled": ["1000", "10000"], "pretext": ["Raw()", "PCA(2)"]}}),
    ("lee2021_figure1", {"panel": 5, "keep": {"pretext": ["Predict(OLS())"]}}),
    ("violations/when_it_pays", {"panel": 3, "keep": {"pretext": ['"Predict(ReducedRank(""k-1""))"']}}),
    ("violations/when_it_pays", {"panel": 2, "keep": {"generator.epsilon_ci": ["0.1", "0.2"], "n_unlabeled": ["400"]}}),
]
VIEWS: list[tuple[str, dict[str, Any]]] = [
    *((study, {"panel": i}) for study in STUDIES for i in range(len(data_of(RESULTS / study)["panels"]))),
    ("lee2021_controlled", {"panel": 1, "keep": {"n_labeled": ["27", "167"]}}),
    ("lee2021_controlled", {"panel": 2, "free": True, "x": "generator.epsilon_ci", "ys": "log", "lines": "law"}),
    ("violations/kind_and_size", {"free": True, "lines": "law", "theory": ["theory.bound", "class_floor"]}),
    ("violations/kind_and_size", {"free": True, "x": "theory.mutual_information", "y": "excess_risk"}),
    ("violations/kind_and_size", {**ALL, "x": "generator.t_std", "lines": "pretext", "keep": {"law": ["Selected"]}}),
    ("violations/when_it_pays", {"panel": 2, "keep": {"n_unlabeled": ["200", "400"], "law": ["CleanMixture"]}}),
    (
        "violations/when_it_pays",
        {**ALL, "x": "n_unlabeled", "xs": "log", "lines": "probe", "keep": {"n_labeled": ["100"]}},
    ),
    ("violations/when_it_pays", {"panel": 1, "free": True, "x": "generator.epsilon_ci"}),
    *((study, state) for study, state in FILTERED),
    ("tasks/label_efficiency", {**ALL, "lines": "", "x": "n_labeled", "xs": "log", "ys": "log"}),
]


def drawn(page: Any) -> set[tuple[str, str]]:
    """Key of the cell and column of each point, theory too, and those that an axis cannot show."""
    script = (
        "const f = explorer.page.columns[0].fields; return explorer.pieces().flatMap(one => "
        "one.rows.filter(i => explorer.page.columns.find(c => c.name === explorer.axes().x).values[i] !== null)"
        ".map(i => [f[i], one.y]))"
    )
    return {(key, y) for key, y in page.run(script)}


@pytest.mark.parametrize(("study", "state"), VIEWS)
def test_the_text_of_a_view_is_a_panel_of_its_cells(
    page: Any, study: str, state: dict[str, Any], tmp_path: Path
) -> None:
    opened = page(study).open(**state)
    text = opened.copied("copy-panel")
    [panel] = read(f"[{text}]", ("report",))
    summary = read_summary(RESULTS / study)
    beside = RESULTS / study / "contrasts.csv"
    # a curve that selects nothing would warn, which is an error in tests
    draw(Figure([panel]), summary, tmp_path, "", parse_contrasts(beside.read_bytes(), beside))
    if isinstance(panel, Panel):
        shown = {
            (key, curve.y or panel.y)
            for curve in (*panel.curves, *panel.theory)
            for key in _known(select(summary, {**panel.where, **curve.where}, ""), panel.x)["key"]
        }
        assert shown == drawn(opened)
        assert (panel.xscale, panel.yscale) == tuple(opened.run("const a = explorer.axes(); return [a.xs, a.ys]"))
    else:
        assert isinstance(panel, Stack | HeatMap)
        parts = [c.where for c in panel.curves or [Curve("")]] if isinstance(panel, Stack) else [panel.a]
        cells = [key for part in parts for key in select(summary, {**panel.where, **part}, "")["key"]]
        points = opened.run("return explorer.points.map(p => explorer.page.columns[0].fields[p.i])")
        assert sorted(cells) == sorted(points) != []


def _known(cells: pd.DataFrame, x: str) -> pd.DataFrame:
    return cells.dropna(subset=[x])
