"""Precision on demand: the rule, its intervals, and that nothing but the rows decides."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.special import stdtrit
from scipy.stats import binom

import testbed
from testbed import Experiment, vary
from testbed.generators import LeeMixture
from testbed.pretexts import Predict, Raw
from testbed.regressors import OLS
from testbed.report import read_rows, summarize
from testbed.report.repetitions import fixed_width, freedom
from testbed.sweep.folder import Folder
from testbed.sweep.schedule import Rule

WANTED = Experiment(
    name="wanted", generator=vary(LeeMixture, k=3, d1=6, d2=5, scale=3.0, structure_seed=1, alpha=[0.0, 0.5]),
    pretext=[Raw(), Predict(OLS())], probe=[OLS()], n_unlabeled=[200], n_labeled=[40], repeats=30, precision=0.03,
    max_repeats=400,
)  # fmt: skip
COVERED = 0.94  # least coverage of a nominal 95% that is promised, for the laws and precisions below
FALSE_ALARM = 1e-6


def run_rule(rule: Rule, values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> tuple[int, str]:
    """Where a cell with these excess risks stops, and why."""
    reached: int | str = rule.first
    while True:
        assert isinstance(reached, int)
        before, reached = reached, rule.after(values[:reached], reached)
        if isinstance(reached, str):
            return before, reached


def test_the_rule() -> None:
    rule = Rule(0.1, 30, 1000)
    flat = np.ones(1000)
    assert run_rule(rule, flat) == (30, "precision")
    assert rule.after(flat[:1], 30) == "failing"
    assert rule.after(flat[:0], 30) == "failing"
    spread = np.where(np.arange(1000) % 2, 3.0, -1.0)  # mean 1, standard deviation 2: 400 are needed
    reached, why = run_rule(rule, spread)
    assert (reached, why) == (448, "precision")
    assert run_rule(replace(rule, most=300), spread) == (300, "max_repeats")
    assert run_rule(rule, spread - 1.0) == (1000, "max_repeats")  # a mean of 0 is never known to 10%
    boundaries = [30]
    while isinstance(following := rule.after(spread[: boundaries[-1]], boundaries[-1]), int):
        boundaries.append(following)
    assert all(b % 64 == 0 for b in boundaries[1:])
    assert all(a < b <= 2 * a + 64 for a, b in itertools.pairwise(boundaries))


@pytest.mark.parametrize("precision", [0.03, 0.1])
@pytest.mark.parametrize("law", ["normal", "exponential", "lognormal", "chi-square"])
def test_intervals_cover(law: str, precision: float) -> None:
    """Of 2,000 cells, the share whose interval covers is not significantly below COVERED; skewness costs the rest."""
    rng = np.random.default_rng(7)
    draw = {
        "normal": lambda n: 1.0 + 0.5 * rng.standard_normal(n),
        "exponential": lambda n: rng.exponential(size=n),
        "lognormal": lambda n: rng.lognormal(-0.125, 0.5, n),
        "chi-square": lambda n: rng.chisquare(4.0, n) / 4.0,
    }[law]
    rule, cells = Rule(precision, 30, 5000), 2000
    covered = 0
    for _ in range(cells):
        values = draw(5000)
        n, why = run_rule(rule, values)
        mean, error = values[:n].mean(), values[:n].std(ddof=1) / np.sqrt(n)
        stopping = {"precision": precision, "first": rule.first, "cells": {"a": {"stopped": why}}}
        width = max(error, fixed_width(np.array([mean]), ["a"], stopping)[0])
        covered += abs(mean - 1.0) <= stdtrit(freedom(np.array([n]), ["a"], stopping)[0], 0.975) * width
    assert binom.cdf(covered, cells, COVERED) > FALSE_ALARM, covered / cells


def test_cells_stop_for_a_reason_and_the_summary_says_it(tmp_path: Path) -> None:
    testbed.run(WANTED, tmp_path / "one", progress=False)
    import json

    from testbed.cli.reporting import report_folder

    stopping = json.loads((tmp_path / "one" / "manifest.json").read_text())["stopping"]
    rows = read_rows(tmp_path / "one")
    summary, plain = summarize(rows, stopping), summarize(rows)
    assert set(summary["stopped"]) <= {"precision", "max_repeats"}
    precise = summary["stopped"] == "precision"
    assert precise.any()
    spread = rows.groupby("key", observed=True, sort=False)["excess_risk"].agg(["mean", "sem"]).to_numpy()
    assert (spread[precise, 1] <= 0.03 * spread[precise, 0]).all()
    assert (spread[~precise, 1] > 0.03 * spread[~precise, 0]).all()
    assert (summary.loc[~precise, "n_ok"] == 400).all()
    assert ((summary["n_ok"] == 30) | (summary["n_ok"] % 64 == 0) | (summary["n_ok"] == 400)).all()
    half = (summary["excess_risk_high"] - summary["excess_risk_low"]) / 2
    assert (half[precise] >= stdtrit(29, 0.975) * 0.03 * summary.loc[precise, "excess_risk"] * (1 - 1e-12)).all()
    assert (half >= (plain["excess_risk_high"] - plain["excess_risk_low"]) / 2).all()
    with Folder(tmp_path / "one") as folder:
        report_folder(folder, folder.publish(), {"FIGURES": "[]"})
    assert "precision" in pd.read_csv(tmp_path / "one" / "summary.csv")["stopped"].tolist()


@pytest.mark.usefixtures("forked_workers")
def test_precision_is_the_same_in_any_number_of_runs(tmp_path: Path) -> None:
    testbed.run(WANTED, tmp_path / "one", progress=False)
    testbed.run(replace(WANTED, precision=None, repeats=50), tmp_path / "grown", progress=False)
    testbed.run(replace(WANTED, precision=0.1), tmp_path / "grown", progress=False)
    testbed.run(WANTED, tmp_path / "grown", progress=False)
    one, grown = (pd.read_csv(tmp_path / name / "rows.csv").groupby("key")["rep"].max() for name in ("one", "grown"))
    assert (grown == np.maximum(one, 49)).all()
    testbed.run(WANTED, tmp_path / "two", jobs=2, progress=False)
    assert (tmp_path / "one" / "rows.csv").read_bytes() == (tmp_path / "two" / "rows.csv").read_bytes()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"precision": 0.0}, "precision = 0.0"),
        ({"precision": 2}, "precision = 2"),
        ({"precision": True}, "precision = True"),
        ({"precision": "high"}, "precision = 'high'"),
        ({"repeats": 5}, "at least 30"),
        ({"max_repeats": 20}, "at most max_repeats = 20"),
        ({"max_repeats": 0}, "max_repeats = 0"),
    ],
)
def test_bad_precision_is_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replace(WANTED, **change)
