"""Exponents checked by statsmodels' weighted least squares with HC3, and shown where both differ."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from testbed.report import Slope, slopes
from testbed.report.analyses.slopes import ANALYSIS, jackknife
from testbed.report.weighted import weighted
from tests.committed import committed
from tests.report.test_slopes import X, draws, frame


def by_hand(x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """Slope and HC3 error from the formulas of MacKinnon and White."""
    mean, error = y.mean(axis=0), y.std(axis=0, ddof=1) / np.sqrt(len(y))
    w = (mean / error) ** 2
    z = np.column_stack([np.ones(len(x)), np.log(x)]) * np.sqrt(w)[:, None]
    inverse = np.linalg.inv(z.T @ z)
    beta = inverse @ z.T @ (np.sqrt(w) * np.log(mean))
    left = (np.sqrt(w) * np.log(mean) - z @ beta) / (1.0 - np.einsum("ij,jk,ik->i", z, inverse, z))
    return float(beta[1]), float(np.sqrt((inverse @ (z.T * left**2) @ z @ inverse)[1, 1]))


def test_it_is_the_formula() -> None:
    y = draws(np.random.default_rng(3), 30, -1.2)
    slope, error = by_hand(X - 4.0, y)
    found, low, high = weighted(np.tile(X - 4.0, (30, 1)), y)
    assert found == pytest.approx(slope, rel=1e-9)
    half = stats.t.ppf(0.975, len(X) - 2) * error
    assert (low, high) == pytest.approx((slope - half, slope + half), rel=1e-9)


def test_both_agree_on_a_power_law_and_a_law_that_bends_is_said() -> None:
    """200 repetitions: both estimate the exponent and differ by less than one error (by .30 at most in 400 seeds)."""
    rows = frame(draws(np.random.default_rng(4), 200, -1.0))
    (line,) = slopes(rows, [Slope("a", offset=4.0)]).to_dict("records")
    assert abs(line["weighted"] - line["slope"]) < line["slope_se"]
    noise = np.array([1.0, 1.0, 0.01, 0.01, 0.01])  # the last points are known well, and flat
    rng = np.random.default_rng(5)
    bent = np.where(X < 80, 30.0 / X, 0.2) * (1.0 + 0.05 * noise * rng.standard_normal((100, len(X))))
    fitted = slopes(frame(bent), [Slope("bent"), Slope("few", {"n_labeled": [20, 40, 80]})])
    shown = ANALYSIS.shown(fitted)[0].table["exponent"].tolist()
    assert "weighted" in shown[0] and fitted["weighted"].iloc[0] > fitted["slope_high"].iloc[0]
    assert math.isnan(fitted["weighted"].iloc[1]) and "weighted" not in shown[1]


@pytest.mark.parametrize("shared", [0.0, 0.7])
def test_a_power_law_is_seldom_said_to_bend(shared: float) -> None:
    """Of 100 power laws whose late points are known well, at most 11 (at a rate of .05, more by chance in .4%)."""
    rng, x = np.random.default_rng(7), np.tile([20.0, 40.0, 80.0, 160.0, 320.0], (30, 1))
    noise, said = 0.3 * np.array([1.0, 1.0, 0.3, 0.1, 0.1]), 0
    for _ in range(100):
        drawn = shared * rng.standard_normal((30, 1)) + np.sqrt(1.0 - shared**2) * rng.standard_normal((30, 5))
        y = 10.0 / x * (1.0 + noise * drawn)
        slope, error = jackknife(x, y)
        said += abs(weighted(x, y)[0] - slope) > stats.t.ppf(0.975, 29) * error
    assert said <= 11


@pytest.mark.parametrize("y", [np.ones((5, 6)), np.full((1, 6), 2.0), np.ones((5, 3)) * np.arange(1, 4)])
def test_without_spread_or_points_there_is_none(y: np.ndarray) -> None:
    assert all(math.isnan(v) for v in weighted(np.tile(np.arange(1.0, y.shape[1] + 1), (len(y), 1)), y))


def test_committed_exponents_are_those_of_statsmodels_over_their_means() -> None:
    """From summary.csv alone: the exponents in n2 of the controlled study, weighted, are within three errors."""
    summary = pd.read_csv(committed("lee2021_controlled", "summary.csv"))
    fitted = pd.read_csv(committed("lee2021_controlled", "slopes.csv")).set_index("label")
    line = fitted.loc["(f) pretext part, rank k"]
    cells = summary[
        (summary["n_labeled"] == 1000) & (summary["pretext"] == 'Predict(ReducedRank("k", intercept=False))')
    ]
    cells = cells[cells["generator.d1"].eq(20)].sort_values("n_unlabeled")
    assert len(cells) == line["points"] == 7
    from statsmodels.regression.linear_model import OLS, WLS

    design = np.column_stack([np.ones(7), np.log(cells["n_unlabeled"])])
    y, w = np.log(cells["pretext_part"]), (cells["pretext_part"] / cells["pretext_part_mcse"]) ** 2
    assert OLS(y, design).fit().params.iloc[1] == pytest.approx(line["slope"], rel=1e-5)
    fit = WLS(y, design, weights=w).fit(cov_type="HC3", use_t=True)
    assert abs(fit.params.iloc[1] - line["slope"]) < 3.0 * np.hypot(fit.bse.iloc[1], line["slope_se"])
