"""The numbers that README and captions quote are those of the committed summary."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

ROOT = Path(__file__).parents[2]
SUMMARY = pd.read_csv(ROOT / "results" / "lee2021_figure1" / "summary.csv")


def cells(pretext: str, probe: str = "OLS()", **dials: float) -> pd.DataFrame:
    chosen = SUMMARY[(SUMMARY["pretext"] == pretext) & (SUMMARY["probe"] == probe)]
    for name, value in dials.items():
        chosen = chosen[chosen[f"generator.{name}"] == value]
    return chosen.set_index("generator.k" if "alpha" in dials else "generator.alpha").sort_index()


def test_panel_a() -> None:
    raw, learnt = cells("Raw()", alpha=0.0), cells("Predict(OLS())", alpha=0.0)
    assert raw.loc[5, "excess_risk"] == pytest.approx(0.0108, abs=5e-5)
    assert raw.loc[35, "excess_risk"] == pytest.approx(0.169, abs=5e-4)
    assert raw.loc[35, "excess_risk"] / raw.loc[5, "excess_risk"] == pytest.approx(16.0, abs=0.5)
    assert (raw["class_floor"] / raw["excess_risk"]).between(0.945, 0.955).all()
    assert (learnt["excess_risk"] / raw["excess_risk"]).between(0.99, 1.01).all()


def test_panel_b() -> None:
    best = cells('Oracle("linear")', k=10)
    share = (best["intrinsic"] - best["class_floor"]) / best["epsilon_ci_linear"] ** 2
    assert share[0.1] == pytest.approx(7e-4, abs=0.5e-4)
    assert share[1.0] == pytest.approx(2e-4, abs=0.5e-4)
    gap = cells("Predict(OLS())", k=10)["excess_risk"] / cells("Raw()", k=10)["excess_risk"]
    assert gap.max() == pytest.approx(1.29, abs=0.005)


def test_panels_c_and_d() -> None:
    ideal = cells('Oracle("universal")', alpha=0.0)
    assert (ideal["excess_risk"] < 1e-27).all()
    assert (SUMMARY["bayes_noise"] == 0.0).all()
    leaking = cells('Oracle("universal")', k=10)
    assert leaking.loc[0.1, "intrinsic"] / leaking.loc[0.1, "epsilon_ci_universal"] ** 2 == pytest.approx(
        1e-3, abs=1e-4
    )
    assert leaking.loc[1.0, "excess_risk"] == pytest.approx(0.034, abs=5e-4)
    learnt = cells("Predict(Nystroem())", k=10)
    assert (learnt.loc[[0.75, 1.0], "pretext_part"] < 0.0).all()


def test_the_captions_quote_the_readme() -> None:
    script = (ROOT / "experiments" / "lee2021_figure1.py").read_text()
    for number in (".0108", ".169", "95%", ".034"):
        assert number in script
        assert number in (ROOT / "README.md").read_text()
