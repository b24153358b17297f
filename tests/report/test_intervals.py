"""Intervals cover, means are met, and contrasts know what two methods share."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from testbed.columns import MEASURED
from testbed.report import contrasts, summarize
from tests.report import synthetic


def test_known_means_are_met() -> None:
    summary = summarize(synthetic.rows(repeats=400))
    total = synthetic.FLOOR * (summary["draws"] == "moments")
    for place, line in summary.iterrows():
        total[place] += sum(synthetic.risk(line["pretext"], line["generator.k"], line["generator.alpha"]))
    z = (summary["excess_risk"] - total) / summary["excess_risk_mcse"]
    assert np.abs(z).max() < 5.5  # 27 cells: a false alarm below 1e-6


def test_intervals_cover_at_five_repetitions() -> None:
    cells, repeats = 4000, 5
    made = pd.DataFrame(dict.fromkeys(MEASURED, np.nan), index=range(cells * repeats))
    made = made.assign(status="ok", key=np.repeat([str(i) for i in range(cells)], repeats))
    made["excess_risk"] = np.random.default_rng(7).standard_normal(cells * repeats)
    summary = summarize(made)
    covered = ((summary["excess_risk_low"] < 0) & (summary["excess_risk_high"] > 0)).mean()
    assert abs(covered - 0.95) < 5 * np.sqrt(0.95 * 0.05 / cells)
    assert summary["beta"].isna().all()


def test_the_order_of_the_cells_is_that_of_the_rows() -> None:
    made = synthetic.rows(repeats=10)
    mixed = made.sample(frac=1, random_state=3)
    a, b = summarize(made).set_index("key"), summarize(mixed).set_index("key")
    assert b.index.tolist() == list(dict.fromkeys(mixed["key"]))
    np.testing.assert_allclose(b.loc[a.index, "excess_risk_mcse"], a["excess_risk_mcse"], rtol=1e-12)


def test_the_shared_floor_cancels_between_linear_methods_only() -> None:
    made = synthetic.rows(ks=(5,), alphas=(0.5,), frozen=True)
    result = contrasts(made)
    wide = made.pivot(index="rep", columns="pretext", values="excess_risk")
    same, mixed = wide["Raw()"] - wide["Predict(OLS())"], wide["Raw()"] - wide["Predict(Nystroem())"]
    assert result["difference_mcse"][0] == pytest.approx(same.std() / np.sqrt(30))
    assert result["difference_mcse"][1] == pytest.approx(np.hypot(mixed.std() / np.sqrt(30), 0.0005))


def test_contrasts_without_a_common_repetition_are_lines_without_numbers() -> None:
    made = synthetic.rows(ks=(5,), alphas=(0.5,), repeats=4)
    keys = list(dict.fromkeys(made["key"]))
    made = synthetic.fail(made, {keys[0]: range(2), keys[1]: range(2, 4), keys[2]: range(1, 4)})
    result = contrasts(made)
    assert result["n_pairs"].tolist() == [0, 1, 0] or result["n_pairs"].tolist() == [0, 0, 1]
    assert result["difference"].isna().tolist() == (result["n_pairs"] == 0).tolist()
    assert result["difference_mcse"].isna().all()


def test_one_method_has_no_contrasts_but_all_columns() -> None:
    made = synthetic.rows(repeats=3)
    full, none = contrasts(made), contrasts(made[made["pretext"] == "Raw()"])
    assert len(none) == 0 and none.columns.tolist() == full.columns.tolist()
