"""Exponents: by hand, with intervals that cover, and with words where there is no power law."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from scipy import stats

import testbed.report as report
from testbed.cli import main
from testbed.report import ReportError, Slope, slopes
from testbed.report.analyses.slopes import jackknife
from testbed.report.repetitions import by_repetition
from tests.report import synthetic

X = np.array([20, 40, 80, 160, 320])


def frame(y: np.ndarray, x: np.ndarray = X) -> pd.DataFrame:
    """Rows of one method: y (repetitions, x)."""
    made = synthetic.rows(ks=(2,), alphas=(0.0,), repeats=len(y))
    one = made[made["pretext"] == "Raw()"]
    cells = [one.assign(key=f"c{n}", n_labeled=n, excess_risk=y[:, j]) for j, n in enumerate(x)]
    return pd.concat(cells, ignore_index=True)


def draws(rng: np.random.Generator, repeats: int, slope: float, shared: float = 0.0) -> np.ndarray:
    """Gamma risks with means (x - 4)^slope; `shared` is the spread of a factor that a repetition has at all x."""
    own = rng.gamma(6.0, 1.0 / 6.0, (repeats, len(X)))
    common = 1.0 + shared * rng.uniform(-1.7, 1.7, (repeats, 1)) * np.linspace(-1, 1, len(X))
    return 3.0 * (X - 4.0) ** slope * own * common


def test_by_hand() -> None:
    """Two values of x and three repetitions: everything can be written down."""
    y = np.array([[4.0, 1.0], [6.0, 2.0], [5.0, 0.9]])
    (line,) = slopes(frame(y, np.array([10, 40])), [Slope("a", offset=2.0, predicted=-1.0)]).to_dict("records")

    def slope(rows: np.ndarray) -> float:
        return float(np.log(rows[:, 1].mean() / rows[:, 0].mean()) / np.log(38.0 / 8.0))

    left = [slope(np.delete(y, r, axis=0)) for r in range(3)]
    error = np.sqrt(2.0 / 3.0 * np.sum((np.array(left) - np.mean(left)) ** 2))
    assert line["slope"] == pytest.approx(slope(y), rel=1e-12)
    assert line["slope_se"] == pytest.approx(error, rel=1e-12)
    assert line["slope_high"] - line["slope"] == pytest.approx(stats.t.ppf(0.975, 2) * error, rel=1e-9)
    assert (line["points"], line["repeats"], line["x_first"], line["x_last"]) == (2, 3, 10, 40)
    assert (line["covered"], line["note"]) == ("yes", "")


def test_a_power_law_without_noise_is_found() -> None:
    y = np.tile(3.0 * (X - 4.0) ** -1.3, (4, 1))
    (line,) = slopes(frame(y), [Slope("a", offset=4.0, predicted=-1.3)]).to_dict("records")
    assert line["slope"] == pytest.approx(-1.3, abs=1e-12)
    assert line["slope_se"] < 1e-12
    assert line["covered"] == "yes"


@pytest.mark.parametrize("shared", [0.0, 0.5])
def test_intervals_cover(shared: float) -> None:
    """Nominally 95% of 4,000 intervals: below 93% or above 97% with a probability below 1e-8.

    With `shared` the means at different x are dependent, and an interval that takes them as independent covers less.
    """
    covered, naive = 0, 0
    rng = np.random.default_rng(0)
    t = stats.t.ppf(0.975, 39)
    a = np.log(X - 4.0) - np.log(X - 4.0).mean()
    for _ in range(4000):
        y = draws(rng, 40, -1.0, shared)
        slope, error = jackknife(np.tile(X - 4.0, (40, 1)), y)
        covered += abs(slope + 1.0) <= t * error
        apart = np.sqrt(np.sum((a / np.sum(a**2)) ** 2 * y.var(axis=0, ddof=1) / 40 / y.mean(axis=0) ** 2))
        naive += abs(slope + 1.0) <= t * apart
    assert 0.93 < covered / 4000 < 0.97
    if shared:
        assert naive / 4000 < 0.85


def test_a_column_predicts_by_its_own_exponent() -> None:
    rows = frame(draws(np.random.default_rng(0), 30, -1.0))
    rows["theory.exact"] = 7.0 * (rows["n_labeled"] - 4.0) ** -1.0 + 0.01
    specs = [Slope("a", predicted="theory.exact"), Slope("b", y="theory.exact")]
    first, second = slopes(rows, specs).to_dict("records")
    assert first["predicted"] == pytest.approx(second["slope"], rel=1e-12)


def test_x_may_be_measured() -> None:
    rows = frame(draws(np.random.default_rng(0), 30, -1.0))
    rows["beta"] = rows["n_labeled"] * np.exp(0.1 * np.random.default_rng(1).standard_normal(len(rows)))
    (line,) = slopes(rows, [Slope("a", x="beta", offset=4.0)]).to_dict("records")
    assert line["slope"] == pytest.approx(-1.0, abs=6 * line["slope_se"]) and line["slope_se"] < 0.1


def test_repetitions_that_failed_are_left_out() -> None:
    y = draws(np.random.default_rng(3), 12, -1.0)
    rows = frame(y)
    gone = (rows["rep"] == 5) & (rows["n_labeled"] == 80)
    rows.loc[gone, "status"] = "failed"
    rows.loc[gone, "excess_risk"] = np.nan
    (line,) = slopes(rows, [Slope("a", offset=4.0)]).to_dict("records")
    means = [np.delete(y[:, j], 5).mean() if n == 80 else y[:, j].mean() for j, n in enumerate(X)]
    assert line["slope"] == pytest.approx(np.polyfit(np.log(X - 4.0), np.log(means), 1)[0], rel=1e-9)
    assert np.isfinite(line["slope_se"]) and line["repeats"] == 12


def test_what_is_no_power_law_says_so() -> None:
    y = draws(np.random.default_rng(4), 6, -1.0)
    y[:, 2] -= y[:, 2].mean() + 1.0
    cases = [
        (frame(y), "the mean of excess_risk is not positive at n_labeled = 80: no power law"),
        (frame(draws(np.random.default_rng(4), 1, -1.0)), "one repetition: no interval"),
        (frame(y[:, :1], X[:1]), "fewer than two values of x"),
        (frame(y).assign(status="failed"), "fewer than two values of x"),
    ]
    for rows, words in cases:
        (line,) = slopes(rows, [Slope("a")]).to_dict("records")
        assert line["note"] == words
        assert np.isnan(line["slope_low"]) and line["covered"] == ""
    z = np.array([[1.0, 2.0], [1.0, 2.0], [1.0, -3.0]])
    (line,) = slopes(frame(-z + 2.0, np.array([10, 40])), [Slope("a")]).to_dict("records")
    assert "without one repetition a mean is not positive" in line["note"]
    with pytest.warns(UserWarning, match="selects no cells"):
        (line,) = slopes(frame(y), [Slope("a", {"pretext": "Oracle()"})]).to_dict("records")
    assert line["note"] == "fewer than two values of x"


@pytest.mark.parametrize("cells", [3, 200, 40_000])
def test_nothing_to_fit_among_many_cells(cells: int) -> None:
    """Keys are a categorical column, whose codes have one byte up to 127 cells, then two, then four."""
    key = pd.Categorical.from_codes(np.arange(cells), [f"c{i}" for i in range(cells)])
    rows = pd.DataFrame({"key": key, "rep": 0, "n_labeled": np.arange(cells), "excess_risk": 1.0})
    rows = rows.assign(status="failed", pretext="Raw()", probe="OLS()", draws="rows", generator="g", n_unlabeled=1)
    (line,) = slopes(rows, [Slope("a")]).to_dict("records")
    assert line["note"] == "fewer than two values of x"
    assert by_repetition(rows.iloc[:0], "excess_risk").size == 0


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (Slope("a", y="risk"), "slope 'a' reads the column risk"),
        (Slope("a", x="pretext"), "slope 'a' reads the column pretext"),
        (Slope("a", predicted="theory.none"), "reads the column theory.none"),
        (Slope("a", offset=20.0), "n_labeled goes down to 20, not above the offset 20"),
        (Slope("a", x="n_unlabeled"), "slope 'a' has 5 cells at n_unlabeled = 4000; they differ in n_labeled"),
    ],
)
def test_what_cannot_be_fitted_is_refused(spec: Slope, words: str) -> None:
    with pytest.raises(ReportError, match=words):
        slopes(frame(draws(np.random.default_rng(5), 4, -1.0)), [spec])


def test_few_degrees_of_freedom_with_precision_on_demand() -> None:
    rows = frame(draws(np.random.default_rng(6), 40, -1.0))
    stopping = {"precision": 0.1, "first": 10, "most": 100, "cells": {}}
    plain, stopped = (slopes(rows, [Slope("a", offset=4.0)], s).iloc[0] for s in (None, stopping))
    ratio = (stopped["slope_high"] - stopped["slope"]) / (plain["slope_high"] - plain["slope"])
    assert ratio == pytest.approx(stats.t.ppf(0.975, 9) / stats.t.ppf(0.975, 39), rel=1e-9)


def test_the_report_writes_them(tmp_path: Path) -> None:
    folder = synthetic.save(frame(draws(np.random.default_rng(7), 30, -1.0)), tmp_path)
    specs = [Slope("of $x_1$ & more", offset=4.0, predicted=-1.0), Slope("late", {"n_labeled": [320]})]
    files = {p.name for p in report.write(folder, [], [], name="made up", seed=1, schema=2, analyses={"SLOPES": specs})}
    assert {"slopes.csv", "slopes.md", "slopes.tex"} <= files
    written = pd.read_csv(folder / "slopes.csv")
    assert written["label"].tolist() == ["of $x_1$ & more", "late"]
    text = (folder / "slopes.md").read_text()
    assert "-1.000" in text and "fewer than two values of x" in text and "made up, seed 1" in text
    tex = (folder / "slopes.tex").read_text()
    assert r"of $x_1$ \& more" in tex and r"95\% interval" in tex and "& $-$1 & .000 &" in tex
    assert r"\toprule" in tex and r"\label{tab:made-up-slopes}" in tex
    assert not {p.name for p in report.write(folder, [], [], name="x", seed=1, schema=2)} & {"slopes.csv"}


SCRIPT = """
from testbed import Experiment
from testbed.generators import LeeMixture
from testbed.pretexts import Raw
from testbed.regressors import OLS
from testbed.report import Slope
from testbed.theory import ExactLeastSquares

EXPERIMENT = Experiment("mine", [LeeMixture(k=3, d1=4, d2=3)], [Raw()], [OLS()], [50], [20, 40, 80], repeats=8,
                        theory={"exact": ExactLeastSquares("x1")})
FIGURES = []
"""


def test_a_script_declares_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for declared, words in (
        ("SLOPES = 3\n", "SLOPES = 3: a list of testbed.report.Slope is needed"),
        ("SLOPES = [Slope('a', y='theory.bound')]\n", "SLOPES: there is no column theory.bound"),
    ):
        Path("mine.py").write_text(SCRIPT + declared, encoding="utf-8")
        result = CliRunner().invoke(main, ["run", "mine.py", "--jobs", "1"])
        assert result.exit_code == 2 and words in result.output
    Path("mine.py").write_text(
        SCRIPT + "SLOPES = [Slope('a', y='estimation', offset=6.0, predicted='theory.exact')]\n", encoding="utf-8"
    )
    assert CliRunner().invoke(main, ["run", "mine.py", "--jobs", "1"]).exit_code == 0
    assert "a" in Path("results/mine/slopes.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("twice", [False, True])
def test_values_by_repetition_are_those_of_a_pivot_table(twice: bool) -> None:
    """In the order in which keys and repetitions come, with NaN where a cell has no such repetition."""
    rng = np.random.default_rng(0)
    for kept in (1, 5, 12, 20):
        places = rng.permutation(20)[:kept]
        rows = pd.DataFrame({"rep": places // 4, "key": [f"{'cadb'[i % 4]}" for i in places]})
        rows["value"] = np.where(rng.random(kept) < 0.2, np.nan, rng.normal(size=kept))
        for keys in (rows["key"], pd.Categorical(rows["key"], categories=list("abcde"))):
            frame = rows.assign(key=keys)
            if twice:
                frame = pd.concat([frame, frame.assign(value=1.0)], ignore_index=True)
            wide = frame.pivot_table("value", "rep", "key", observed=True, sort=False, dropna=False)
            np.testing.assert_array_equal(by_repetition(frame, "value"), wide.to_numpy(dtype=float))
