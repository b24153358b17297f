"""What the loss keeps with any number of negatives: the quoted numbers, and one law computed again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from experiments.successors import negatives as study
from tests.committed import ROOT, committed


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return pd.read_csv(committed("successors/negatives", "table.csv"))


def test_the_page_quotes_the_table(table: pd.DataFrame) -> None:
    share = table["e_apx"] / table["Var f*"]
    excess = (table["error"] - table["Bayes error"]).groupby(table["shares"])
    assert (table["e_apx of ACE"] < 1e-9).all()
    assert (round(100 * share.min(), 2), round(100 * share.max(), 1)) == (0.26, 2.0)
    by_law = table.groupby(["shares", "law"])
    change = by_law["e_apx"].last() - by_law["e_apx"].first()
    assert (change < 0.0).all() and round(change.abs().max(), 5) == 0.00042
    assert (by_law["error"].nunique() == 1).all()
    assert excess.max().round(3).to_dict() == {"equal": 0.033, "unequal": 0.292}
    assert round(excess.min()["unequal"], 3) == 0.068 and excess.min()["equal"] == pytest.approx(0.0, abs=1e-9)
    text = " ".join((ROOT / "experiments/successors/README.md").read_text(encoding="utf-8").split())
    for words in ("0.26% to 2.0%", "0.00042 at most", "0.033 above Bayes", "0.068 to 0.29"):
        assert words in text


def test_the_step_is_at_the_square(table: pd.DataFrame) -> None:
    steps = pd.read_csv(committed("successors/negatives", "step.csv"))
    assert np.allclose(steps["leading functions"], steps["rho_2"] < study.FIRST**2)
    assert np.allclose(steps["linear CCA"], 0.0)
    assert study.step(0.63) == pytest.approx((1.0, 0.0), abs=1e-9)
    assert study.step(0.65) == pytest.approx((0.0, 0.0), abs=1e-9)


def test_a_law_computed_again_is_that_of_the_table(table: pd.DataFrame) -> None:
    row = table[(table["shares"] == "equal") & (table["law"] == 0) & np.isinf(table["K"])].iloc[0]
    lost, error = study.of(study.drawn("equal", 0), np.inf, study.STARTS)
    assert lost == pytest.approx(row["e_apx"], rel=1e-3) and error == pytest.approx(row["error"], abs=1e-8)
