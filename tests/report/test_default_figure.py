"""The figure of a script that declares none."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import testbed.report as report
from tests.report import synthetic
from tests.report.drawn import panel_axes


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    folder = synthetic.save(synthetic.rows(repeats=8), tmp_path_factory.mktemp("rows"))
    return report.summarize(report.read_rows(folder))


def test_the_default_figure_has_a_panel_for_each_place_and_a_curve_for_each_method(summary: pd.DataFrame) -> None:
    more = summary[summary["generator.alpha"] < 1]  # three values of k, two of alpha
    figure = report.default_figure(more)
    assert [panel.x for panel in figure.panels] == ["generator.k"] * 2
    assert [panel.where for panel in figure.panels] == [{"generator.alpha": 0.0}, {"generator.alpha": 0.25}]
    for panel in figure.panels:
        assert [curve.label for curve in panel.curves] == list(synthetic.METHODS)
        assert (panel.xscale, panel.yscale) == ("linear", "linear")
        axes, tally = panel_axes(panel, more)
        assert [len(line.get_xdata()) for line in axes.lines] == [3, 3, 3]
        assert tally.absent == tally.lost == 0


def test_the_default_figure_chooses_log_axes_for_wide_values_and_sample_sizes(summary: pd.DataFrame) -> None:
    one = summary[(summary["generator.k"] == 2) & (summary["generator.alpha"] == 1)]
    sizes = pd.concat([one.assign(n_labeled=n, excess_risk=one["excess_risk"] / n) for n in (10, 100, 1000)])
    (panel,) = report.default_figure(sizes.reset_index(drop=True)).panels
    assert (panel.x, panel.xscale, panel.yscale) == ("n_labeled", "log", "log")
    signed = sizes.assign(excess_risk=sizes["excess_risk"] * np.where(sizes["n_labeled"] == 10, -1, 1))
    (panel,) = report.default_figure(signed.reset_index(drop=True)).panels
    assert (panel.xscale, panel.yscale) == ("log", "linear")


def test_the_default_figure_says_what_it_leaves_out(summary: pd.DataFrame) -> None:
    figure = report.default_figure(summary, limit=2)
    assert len(figure.panels) == 2
    assert "first 2 of 3 combinations" in figure.caption
    assert "first" not in report.default_figure(summary, limit=3).caption
