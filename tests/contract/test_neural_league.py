"""The numbers that the pages quote of the league with networks are those of its committed results."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.committed import committed

NEURAL = pd.read_csv(committed("tasks/neural_league", "summary.csv"))
SLOPES = pd.read_csv(committed("tasks/neural_league", "slopes.csv")).set_index("label")
NAMES = {
    "Raw()": "none", "PCA": "PCA", "InstanceClassification": "inst", "Predict(ReducedRank": "OLS", "Autoencoder": "AE",
    "Truncated(Predict(Nystroem": "kernel", "Truncated(Predict(Network": "net", "DeepCCA": "dCCA",
    'ContrastiveNetwork("spectral"': "spec", 'ContrastiveNetwork("logistic"': "logi",
    'ContrastiveNetwork("infonce"': "info", "Oracle": "truth",
}  # fmt: skip
NETWORKS = ["dCCA", "spec", "logi", "info"]


def neural(generator: str, pairs: int, column: str = "excess_risk") -> pd.Series:
    chosen = NEURAL[NEURAL["generator"].str.startswith(generator) & (NEURAL["n_unlabeled"] == pairs)]
    short = [next(name for start, name in NAMES.items() if text.startswith(start)) for text in chosen["pretext"]]
    assert len(set(short)) == len(short)
    return pd.Series(chosen[column].to_numpy(), index=short)


def test_networks_on_clean_classes() -> None:
    few, many = (neural("CleanMixture", pairs) for pairs in (1000, 100_000))
    assert few[NETWORKS].min() == pytest.approx(0.198, abs=5e-4) and few[NETWORKS].max() == pytest.approx(
        0.250, abs=5e-4
    )
    assert few["none"] == pytest.approx(0.112, abs=5e-4) and few["kernel"] == pytest.approx(0.069, abs=5e-4)
    assert many[NETWORKS].min() == pytest.approx(0.004, abs=5e-4) and many[NETWORKS].max() == pytest.approx(
        0.019, abs=6e-4
    )
    assert neural("CleanMixture", 100_000, "intrinsic")["PCA"] == pytest.approx(0.092, abs=5e-4)
    assert neural("CleanMixture", 1000, "excess_risk_low")[NETWORKS].min() > few["none"]


def test_networks_and_a_random_sign() -> None:
    few, some, many = (neural("RandomSign", pairs) for pairs in (1000, 10_000, 100_000))
    assert {few["truth"], some["truth"], many["truth"]} == {many["truth"]}
    assert many["truth"] == pytest.approx(0.475, abs=5e-4)
    assert many[["spec", "dCCA", "info"]].tolist() == pytest.approx([0.0075, 0.0060, 0.0145], abs=6e-5)
    assert many[NETWORKS].min() == many["dCCA"] and many[NETWORKS].max() == pytest.approx(0.016, abs=5e-4)
    for pairs in (1000, 10_000):
        assert (neural("RandomSign", pairs, "pretext_part")[["OLS", "kernel", "net"]] < 0.0).all()


def test_networks_and_parity() -> None:
    some, many = (neural("GaussianMixture", pairs) for pairs in (10_000, 100_000))
    assert some[["PCA", "inst", "OLS", "AE"]].tolist() == pytest.approx([0.44] * 4, abs=5e-3)
    assert some[["spec", "net"]].tolist() == pytest.approx([0.0067, 0.0483], abs=6e-5)
    ends = [neural("GaussianMixture", 100_000, f"excess_risk_{end}")["dCCA"] for end in ("low", "high")]
    assert [many["dCCA"], *ends] == pytest.approx([0.18, 0.02, 0.34], abs=5e-3)


def test_networks_and_exchangeable_views() -> None:
    many = neural("ExchangeableViews", 100_000)
    assert many[["PCA", "inst", "OLS"]].tolist() == pytest.approx([0.29, 0.29, 0.067], abs=5e-4)
    assert neural("ExchangeableViews", 100_000, "intrinsic")["OLS"] == pytest.approx(0.063, abs=5e-4)


def test_what_pairs_leave_unlearnt_of_networks() -> None:
    assert len(SLOPES) == 8 and set(NEURAL["n_ok"]) == {10}
    slope = SLOPES["slope"]
    spectral = slope[slope.index.str.endswith("spectral")]
    deep = slope[slope.index.str.endswith("deep CCA") & ~slope.index.str.startswith("parity")]
    assert [spectral.min(), spectral.max()] == pytest.approx([-1.21, -0.90], abs=5e-3)
    assert [deep.min(), deep.max()] == pytest.approx([-1.09, -0.97], abs=5e-3)
    assert SLOPES.loc["parity of two bits, deep CCA", "slope_high"] > 0.0
    laws = ["CleanMixture", "RandomSign", "GaussianMixture", "ExchangeableViews"]
    rest = pd.concat([neural(name, 100_000)[["logi", "info"]] for name in laws])
    best = [neural(name, 100_000)["spec"] for name in laws]
    assert [rest.min(), rest.max()] == pytest.approx([0.013, 0.019], abs=6e-4)
    assert [min(best), max(best)] == pytest.approx([0.003, 0.008], abs=5e-4)
    for name in laws:
        assert (neural(name, 100_000, "intrinsic")[["dCCA", "spec"]] < 1e-12).all()
        assert neural(name, 100_000, "intrinsic")[["logi", "info"]].isna().all()
