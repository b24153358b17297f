"""Verdicts: what is exact, what has an interval, what is not defined; and the files that hold them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr

from testbed.report import ReportError, Verdict, verdicts
from testbed.report.analyses.verdicts import ANALYSIS
from testbed.report.ranks import correlation

PREDICTORS = {"size": "epsilon", "other": "other", "flat": "flat", "gaps": "gaps"}


def rows(damage: Any, repeats: int = 20, noise: float = 0.0, seed: int = 0, **columns: Any) -> pd.DataFrame:
    """One cell for each damage, its size the place in the list."""
    rng, n = np.random.default_rng(seed), len(damage)
    frame = pd.DataFrame({"key": [f"c{j}" for j in range(n)], "damage": damage, "epsilon": np.arange(n) / 10.0})
    frame = frame.assign(other=-frame["epsilon"], flat=1.0 + 1e-13 * np.arange(n), gaps=frame["epsilon"])
    frame.loc[0, "gaps"] = np.nan
    frame = frame.assign(bound=frame["epsilon"] ** 2, top=0.5, kind="a", status="ok", **columns)
    frame = pd.concat([frame.assign(rep=r) for r in range(repeats)], ignore_index=True)
    return frame.assign(damage=frame["damage"] + noise * rng.standard_normal(len(frame)))


def spec(**settings: Any) -> Verdict:
    given: dict[str, Any] = {
        "label": "a kind", "size": "epsilon", "damage": "damage", "bound": "bound", "ceiling": "top",
        "predictors": PREDICTORS,
    }  # fmt: skip
    return Verdict(**given | settings)


def test_two_quantities_of_laws_need_no_interval() -> None:
    (line,) = verdicts(rows([0.0, 0.1, 0.3, 0.2]), [spec()]).to_dict("records")
    assert (line["size_first"], line["size_last"], line["cells"], line["repeats"]) == (0.0, pytest.approx(0.3), 4, 20)
    assert line["damage"] == line["damage_low"] == line["damage_high"] == pytest.approx(0.2)
    assert (line["bound"], line["ceiling"], line["informative"]) == (pytest.approx(0.09), 0.5, "yes")
    assert line["size"] == "epsilon"
    assert line["spearman.size"] == line["spearman.size_low"] == line["spearman.size_high"] == pytest.approx(0.8)
    assert line["spearman.other"] == pytest.approx(-0.8)
    assert np.isnan(line["spearman.flat"]) and line["spearman.flat_note"] == "not defined: constant predictor"
    assert line["spearman.gaps_cells"] == 3 and line["best"] == "size"
    assert line["exact"] == "yes" and line["control"] == "no"


def test_damage_that_is_rounding_ranks_nothing() -> None:
    for damage in ([1e-17, -3e-16, 2e-15, 5e-16], [0.25, 0.25 + 1e-12, 0.25 - 1e-12, 0.25]):
        (line,) = verdicts(rows(damage), [spec(control=True)]).to_dict("records")
        assert np.isnan(line["spearman.size"])
        assert line["spearman.other_note"] == "not defined: constant damage" and line["best"] is None
        assert line["control"] == "yes"
    assert verdicts(rows([0.0, 0.1]), [spec()])["spearman.other_note"][0] == "not defined: 2 cells"


def test_a_measured_damage_has_a_jackknife() -> None:
    frame = rows([0.1, 0.2, 0.3, 0.4, 0.5], noise=0.4, repeats=30)
    (line,) = verdicts(frame, [spec()]).to_dict("records")
    values = frame.pivot(index="rep", columns="key", values="damage").to_numpy()
    assert line["damage"] == pytest.approx(values[:, 4].mean())
    half = 2.0452 * values[:, 4].std(ddof=1) / np.sqrt(30)
    assert line["damage_high"] - line["damage"] == pytest.approx(half, rel=1e-4)
    middle = spearmanr(values.mean(axis=0), np.arange(5)).statistic
    assert line["spearman.other"] == pytest.approx(-middle)
    order = np.argsort(np.random.default_rng(0).random((400, 30)), axis=1)
    halves = [spearmanr(values[half < 15].mean(axis=0), np.arange(5)).statistic for half in order]
    assert line["spearman.other_low"] == pytest.approx(-max([*halves, middle]))
    assert line["spearman.other_high"] == pytest.approx(-min([*halves, middle]))
    assert -1.0 <= line["spearman.other_low"] <= line["spearman.other"] <= line["spearman.other_high"] <= 1.0
    assert line["exact"] == "no"


@pytest.mark.parametrize(("cells", "gap"), [(4, 0.5), (4, 2.0), (10, 0.3), (10, 1.0)])
def test_intervals_of_correlations_cover(cells: int, gap: float) -> None:
    """At least 93% of the time, where the means of neighbouring cells are `gap` standard errors apart.

    Of 300 intervals that cover with probability .93 fewer than .93 - 6 s.e. do so with probability 1e-9.
    """
    rng, repeats, covered = np.random.default_rng(3), 32, 0
    x = np.arange(cells) if cells == 4 else rng.permutation(cells)
    truth = float(spearmanr(np.arange(cells), x).statistic)
    keys = [f"c{j}" for j in range(cells)]
    for _ in range(300):
        values = gap * np.arange(cells) + np.sqrt(repeats) * rng.standard_normal((repeats, cells)) + 100.0
        frame = pd.DataFrame({"damage": values.ravel(), "key": keys * repeats, "epsilon": np.tile(x, repeats)})
        frame = frame.assign(rep=np.repeat(np.arange(repeats), cells), status="ok")
        found = correlation(frame, "damage", "epsilon")
        covered += found["low"] - 1e-9 <= truth <= found["high"] + 1e-9
    assert covered / 300 >= 0.93 - 6.0 * np.sqrt(0.93 * 0.07 / 300)


def test_the_strongest_violation_is_where_it_says() -> None:
    frame = rows([0.4, 0.1, 0.0])
    assert verdicts(frame, [spec()])["damage"][0] == 0.0
    assert verdicts(frame, [spec(falling=True)])["damage"][0] == pytest.approx(0.4)
    same = verdicts(frame.assign(epsilon=0.3), [spec(bound=None, ceiling=None)])
    assert same["damage"][0] == pytest.approx(0.4) and same["informative"][0] == "none"


def test_what_it_cannot_read() -> None:
    with pytest.raises(ReportError, match="verdict 'a kind' reads the column loss"):
        verdicts(rows([0.1, 0.2]), [spec(damage="loss")])
    with pytest.warns(UserWarning, match="selects no cells"):
        nothing = verdicts(rows([0.1, 0.2]), [spec(where={"kind": "b"}), spec()])
    assert nothing["cells"].tolist() == [0, 2]
    assert "no cells" in ANALYSIS.to_markdown(nothing, "here")


def test_tables(tmp_path: Path) -> None:
    measured = rows([0.1, 0.2, 0.3], noise=0.01).assign(kind="b", key=lambda f: "b" + f["key"])
    frame = pd.concat([rows([0.0, 0.1, 0.3]), measured], ignore_index=True)
    judged = verdicts(frame, [spec(where={"kind": "a"}, control=True), spec(label="$b$", where={"kind": "b"})])
    text, latex = ANALYSIS.to_markdown(judged, "here"), ANALYSIS.to_latex(judged, "here")
    assert "a kind (control)" in text and "n.d." in text and "1.00*" in text and "[0." in text
    assert latex.count(r"\begin{table}") == latex.count(r"\end{table}") == 2
    assert r"\\ [" not in latex and r"\\ {[}" in latex and "\n(control)" not in text
    assert r"\label{tab:verdict}" in latex and r"\label{tab:verdict-2}" in latex
