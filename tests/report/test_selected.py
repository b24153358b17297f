"""Means of a selected part, and means that hang on few repetitions, say so wherever they are shown."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from testbed import report
from testbed.columns import MEASURED
from testbed.report import (
    Crossing,
    Curve,
    Figure,
    HeatMap,
    Multiplier,
    Panel,
    Slope,
    Stack,
    Table,
    Verdict,
    contrasts,
    summarize,
)
from testbed.report.panel import Tally, ring
from testbed.report.remarks import hanging, remarks
from tests.report import synthetic
from tests.statistics_ import z_limit

X = "generator.alpha"
RAW, LEARNT = {"pretext": "Raw()"}, {"pretext": "Predict(OLS())"}


def failing() -> pd.DataFrame:
    """Cells of two methods at three values of alpha, some repetitions of the first of which have failed."""
    made = synthetic.rows(ks=(5,), repeats=30)
    keys = made.loc[made["pretext"] == "Raw()", "key"].unique()
    return synthetic.fail(made, {keys[0]: range(7), keys[1]: range(3)})


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = synthetic.save(failing(), tmp_path_factory.mktemp("selected"))
    where = {"generator.k": 5}
    panels = [
        Panel("a", X, [Curve("raw", RAW)], where=where),
        Stack("b", X, [Curve("raw", RAW)], where=where),
        HeatMap("c", X, "generator.k", LEARNT, RAW),
    ]
    report.write(
        folder, [Figure(panels)], [Table("All")], name="x", seed=0, schema=1,
        analyses={
            "SLOPES": [Slope("s", {**where, **RAW, X: [0.25, 1.0]}, X)],
            "VERDICTS": [Verdict("v", {**where, **RAW}, X, False, "excess_risk", None, None, predictors={})],
            "CROSSINGS": [Crossing("c", LEARNT, RAW, where={**where, X: [0.25, 1.0]}, x=X)],
        },
    )  # fmt: skip
    return folder


def test_summary_and_contrasts_have_a_column() -> None:
    made = failing()
    summary, gaps = summarize(made), contrasts(made)
    assert summary["selected"].tolist() == ["yes" if n else "no" for n in summary["n_failed"]]
    assert sorted(summary["n_failed"]) == [0] * 7 + [3, 7]
    with_raw = (gaps["pretext_a"] == "Raw()") | (gaps["pretext_b"] == "Raw()")
    assert sorted(gaps["n_dropped"][with_raw]) == [0, 0, 3, 3, 7, 7] and (gaps["n_dropped"][~with_raw] == 0).all()
    assert (gaps["n_pairs"] + gaps["n_dropped"] == 30).all()


@pytest.mark.parametrize(
    ("file", "mark"),
    [
        ("table.md", "[7 failed]"), ("table.tex", "[7 failed]"), ("slopes.md", "[3 failed]"),
        ("slopes.tex", "[3 failed]"), ("verdict.md", "[10 failed]"), ("verdict.tex", "[10 failed]"),
        ("crossings.md", "[3 failed]"), ("crossings.tex", "[3 failed]"),
    ],
)  # fmt: skip
def test_every_table_marks_it_and_says_what_it_means(reported: Path, file: str, mark: str) -> None:
    text = (reported / file).read_text(encoding="utf-8").replace("{[}", "[")
    assert mark in text and "a selected part" in text


def test_the_console_has_one_sentence_on_all_cells(reported: Path) -> None:
    last = (reported / "table.md").read_text(encoding="utf-8").splitlines()[-1]
    assert last.startswith("**Mind.** In 2 of 9 cells some repetitions failed (up to 7 of 30): the mean is over")


def test_figures_ring_them_and_say_so(reported: Path) -> None:
    from matplotlib.figure import Figure as Page

    axes = Page().add_subplot()
    ring(axes, np.arange(3.0), np.array([np.nan, 1.0, np.nan]))
    ring(axes, np.arange(3.0), np.full(3, np.nan))
    assert len(axes.lines) == 1 and axes.lines[0].get_markerfacecolor() == "none"
    tally, summary = Tally(), summarize(failing())
    tally.count("raw", summary)
    assert tally.failed == 2 and (reported / "figure.svg").exists()


def test_multipliers_count_what_is_left_out() -> None:
    rng = np.random.default_rng(0)
    parts = []
    for n in (10, 100):
        part = synthetic.rows(ks=(5,), alphas=(0.5,), repeats=20)
        part = part.assign(n_labeled=n, key=part["key"] + str(n))
        parts.append(part.assign(excess_risk=10.0 / n * (1.0 + 0.1 * rng.random(len(part)))))
    made = pd.concat(parts, ignore_index=True)
    key = made.loc[(made["pretext"] == "Raw()") & (made["n_labeled"] == 10), "key"].iloc[0]
    found = report.multipliers(synthetic.fail(made, {key: range(4)}), [Multiplier("m", LEARNT, {"raw": RAW}, [0.5])])
    assert found["failed"].tolist() == [4] and found["repeats"].tolist() == [16]
    assert "[4 failed]" in report.ANALYSES["MULTIPLIERS"].to_markdown(found, "x")


def test_nothing_is_said_where_nothing_failed(tmp_path: Path) -> None:
    folder = synthetic.save(synthetic.rows(ks=(5,), repeats=20).assign(bayes_noise_se=0.0), tmp_path)
    report.write(folder, [], [Table("All")], name="x", seed=0, schema=1)
    text = (folder / "table.md").read_text(encoding="utf-8")
    assert "selected" not in text and "Mind" not in text and "median" not in text


def cells(values: np.ndarray) -> pd.DataFrame:
    """Rows of one cell for each line of values."""
    n, repeats = values.shape
    made = pd.DataFrame(dict.fromkeys(MEASURED, np.nan), index=range(n * repeats))
    made = made.assign(status="ok", key=np.repeat([str(i) for i in range(n)], repeats), excess_risk=values.ravel())
    return made.assign(
        generator="LeeMixture()", pretext="Raw()", probe="OLS()", draws="rows", n_unlabeled=1, n_labeled=1
    )


def test_a_mean_that_hangs_on_few_repetitions_is_marked() -> None:
    """One draw of forty carries all but nothing of the spread: .15 is the risk of most, .53 its mean."""
    value = 0.15 + 0.01 * np.random.default_rng(0).standard_normal((1, 40))
    value[0, 3] = 15.0
    summary = summarize(cells(value))
    assert summary["excess_risk_median"][0] == pytest.approx(0.15, abs=0.01)
    assert summary["excess_risk_share"][0] > 0.95 and hanging(summary)[0]
    assert "carry more than two thirds" in " ".join(remarks(summary))
    text = report.to_markdown(Table("All", rows=["generator"]), summary, "x")
    assert "[median 0.1" in text and "hang on them" in text


def test_means_of_normal_repetitions_hang_on_none() -> None:
    """At n = 20 the chance that one in twenty carries two thirds is below 1e-4 a cell; 200 cells."""
    summary = summarize(cells(np.random.default_rng(1).standard_normal((200, 20)) + 5.0))
    assert hanging(summary).sum() <= 3
    assert summarize(cells(np.ones((1, 20))))["excess_risk_share"].isna().all()
    assert summarize(cells(np.arange(7.0)[None]))["excess_risk_share"].isna().all(), "fewer than eight"


@pytest.mark.parametrize(("repeats", "stated"), [(10, 0.90), (20, 0.92)])
def test_intervals_of_few_skewed_repetitions_cover_what_is_stated(repeats: int, stated: float) -> None:
    """Exponential values, 4,000 cells: within a percent and the error of the simulation (false alarm 1e-8)."""
    summary = summarize(cells(np.random.default_rng(2).exponential(size=(4000, repeats))))
    covered = ((summary["excess_risk_low"] < 1.0) & (summary["excess_risk_high"] > 1.0)).mean()
    assert abs(covered - stated) <= 0.01 + z_limit(1) * np.sqrt(stated * (1.0 - stated) / 4000)
    assert covered < 0.95
