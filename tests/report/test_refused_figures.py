"""What cannot be drawn is refused with what is wrong, or warned of."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import testbed.report as report
from testbed.report import Curve, Figure, Panel, Stack
from tests.report import synthetic
from tests.report.drawn import panel_axes


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    folder = synthetic.save(synthetic.rows(repeats=8), tmp_path_factory.mktemp("rows"))
    return report.summarize(report.read_rows(folder))


def test_two_cells_at_one_place_are_refused_with_the_dial_that_tells_them_apart(summary: pd.DataFrame) -> None:
    panel = Panel("p", "generator.k", [Curve("c", {"pretext": "Raw()"})])
    with pytest.raises(report.ReportError, match=r"3 cells at generator\.k = 2; they differ in generator\.alpha"):
        panel_axes(panel, summary)


@pytest.mark.parametrize(("x", "said"), [("no_such", "does not have"), ("pretext", "holds texts")])
def test_a_column_that_cannot_be_drawn_is_named(summary: pd.DataFrame, x: str, said: str) -> None:
    with pytest.raises(report.ReportError, match=f"column {x}, which .*{said}"):
        panel_axes(Panel("p", x, [Curve("c")]), summary)


def test_a_curve_without_cells_warns_and_says_so(summary: pd.DataFrame) -> None:
    with pytest.warns(UserWarning, match="curve 'c' of panel 'p' selects no cells: generator.k is none of"):
        axes, _ = panel_axes(Panel("p", "generator.k", [Curve("c", {"generator.k": 3})]), summary)
    assert "no cells" in [text.get_text() for text in axes.texts]


def test_a_declaration_that_cannot_be_drawn_is_refused_at_once() -> None:
    with pytest.raises(ValueError, match="no curves"):
        Panel("p", "generator.k", [])
    with pytest.raises(ValueError, match="yscale of panel 'p' must be linear or log"):
        Panel("p", "generator.k", [Curve("c")], yscale="symlog")
    with pytest.raises(ValueError, match="at least one panel"):
        Figure([])
    with pytest.raises(ValueError, match="plain file name"):
        Figure([Stack("s", "pretext")], name="../figure")


def test_two_figures_of_one_name_are_refused(tmp_path: Path) -> None:
    folder = synthetic.save(synthetic.rows(ks=(2,), alphas=(1.0, 0.5), repeats=3), tmp_path)
    figures = [
        Figure([Panel("p", "generator.alpha", [Curve("c", {"pretext": pretext})])], name="same")
        for pretext in ("Raw()", "Predict(OLS())")
    ]
    with pytest.raises(report.ReportError, match="two figures have the name same"):
        report.write(folder, figures, name="made up", seed=1, schema=2)
