"""The controlled version of Figure 1: what script, caption and README say of it is in its committed results."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from testbed.data import LinearMap
from testbed.keys import canonical
from testbed.laws import GaussianMixture
from testbed.regressors import ReducedRank
from testbed.sweep.script import execute
from tests.committed import ROOT, committed

TEXT = (ROOT / "experiments" / "lee2021_controlled.py").read_text()
SCRIPT = execute(TEXT)
SUMMARY = pd.read_csv(committed("lee2021_controlled", "summary.csv"))
SLOPES = pd.read_csv(committed("lee2021_controlled", "slopes.csv")).set_index("label")
K = np.array([3.0, 6.0, 11.0, 18.0, 27.0])


def cells(laws: Any, pretext: Any, **more: Any) -> pd.DataFrame:
    """Cells of some laws and a pretext, in the order of the laws."""
    found = SUMMARY[SUMMARY["pretext"] == repr(pretext)]
    for name, value in more.items():
        found = found[found[name] == value]
    places = [found[found["generator"] == canonical(law)] for law in laws]
    return pd.concat(places, ignore_index=True)


def exponent(k: np.ndarray, y: Any) -> float:
    return float(np.polyfit(np.log(k), np.log(np.asarray(y, dtype=float)), 1)[0])


def predicted(label: str) -> float:
    return float(SLOPES.loc[label, "predicted"])


def sandwich(law: GaussianMixture, psi: Any, rng: np.random.Generator, n: int = 60_000) -> tuple[float, float]:
    """F4 times n over draws of x1, and T: tr(S^-1 E[psi psi' |y - W'psi|^2]) with the intercept, E|y - W'psi|^2."""
    x1 = law.sample(n, rng).x1
    f = law.population().f_star(x1)
    features = np.column_stack([np.ones(n), psi(x1)])
    values, axes = np.linalg.eigh(features.T @ features)
    kept = values > 1e-12 * values[-1]
    u = features @ (axes[:, kept] / np.sqrt(values[kept]))
    square = np.sum((f - u @ (u.T @ f)) ** 2, axis=-1) + np.sum(f * (1.0 - f), axis=-1)
    return float(np.sum(u**2, axis=-1) @ square), float(square.mean())


def learnt(law: GaussianMixture, k: int, rng: np.random.Generator) -> LinearMap:
    pairs = law.sample(1000, rng)
    return ReducedRank(k - 1).fit_rows(pairs.x1, pairs.x2, rng)


def test_every_exponent_has_its_prediction_in_its_interval() -> None:
    assert len(SLOPES) == len(SCRIPT.SLOPES) == 14
    assert (SLOPES["covered"] == "yes").all()


@pytest.mark.parametrize(
    ("label", "laws", "kind"),
    [
        ("(a) classes, psi* linear", SCRIPT.CLASSES, "linear"),
        ("(a) classes, rank k-1", SCRIPT.CLASSES, "rank"),
        ("(a) classes, psi* universal", SCRIPT.NOISY, "universal"),
    ],
)
def test_heteroskedastic_labels(label: str, laws: Any, kind: str) -> None:
    """F4 gives the exponents in k that the script declares, within the error of the draws that it is computed on."""
    rng = np.random.default_rng(0)
    values, shares = [], []
    for dials in laws:
        law = dials.law()
        truth = law.population()
        if kind == "rank":
            many = [sandwich(law, learnt(law, dials.k, rng), rng, 20_000) for _ in range(4)]
            leading, left = np.mean(many, axis=0)
        else:
            leading, left = sandwich(law, truth.linear_psi_star if kind == "linear" else truth.psi_star, rng)
        values.append(leading / (999.0 - dials.k))
        shares.append(leading / (left * dials.k))
    k = np.array([float(dials.k) for dials in laws])
    assert exponent(k, values) == pytest.approx(predicted(label), abs=0.015)
    if kind != "rank":
        low, high = {"linear": (0.87, 0.98), "universal": (0.73, 0.64)}[kind]
        assert (shares[0], shares[-1]) == (pytest.approx(low, abs=0.015), pytest.approx(high, abs=0.015))


def test_the_sum_of_noise_and_floor_is_held() -> None:
    found = cells(SCRIPT.CLASSES, SCRIPT.PSI, n_labeled=1000)
    error = np.hypot(found["bayes_noise_mcse"], found["class_floor_mcse"])  # of the integrals
    assert (np.abs(found["bayes_noise"] + found["class_floor"] - 0.5) < 5.0 * error).all()
    assert (error < 2e-3).all()
    np.testing.assert_allclose(cells(SCRIPT.NOISY, SCRIPT.PSI_U)["bayes_noise"], 0.2, rtol=2e-3)
    assert (SUMMARY["beta"] - 1.0).abs().max() < 1e-5


def test_a_learnt_representation_adds_its_pretext_part_to_the_noise() -> None:
    """F1 given psi~: estimation is (1/2 + pretext part) k / (n2 - k - 1) in the mean."""
    found = cells(SCRIPT.LABELS, SCRIPT.RANK_0, n_labeled=1000)
    share = K / (999.0 - K)
    expected = (0.5 + found["pretext_part"]) * share
    error = np.hypot(found["estimation_mcse"], found["pretext_part_mcse"] * share)
    assert (np.abs(found["estimation"] - expected) < 5.0 * error).all()
    assert exponent(K, expected) == pytest.approx(predicted("(a) real labels, rank k"), abs=5e-4)


def test_f1_and_f5_and_i15() -> None:
    for laws, size in ((SCRIPT.LABELS, {"n_labeled": 1000}), (SCRIPT.LABELS[1:2], {})):
        exact = cells(laws, SCRIPT.PSI, **size)
        gap = np.abs(exact["estimation"] - exact["theory.exact_centred"])
        assert (gap < 5.0 * exact["estimation_mcse"]).all()
    ols, rank = cells(SCRIPT.LEARNT, SCRIPT.OLS_0), cells(SCRIPT.LEARNT, SCRIPT.RANK_0)
    gap = np.abs(ols["pretext_error"] - ols["theory.pretext_error"])
    assert (gap < 5.0 * ols["pretext_error_mcse"]).all()
    assert (ols["pretext_part"].abs() < 1e-15).all()  # T1
    assert (rank["pretext_part"] / rank["theory.reduced_rank"]).between(0.95, 1.05).all()


def test_leaks() -> None:
    """Intrinsic risk is I14's exact value, below I7 and I6; the caption's ratios."""
    for laws, pretext, suffix, lowest6, lowest7, first in (
        (SCRIPT.SCALAR, SCRIPT.PSI, "", 0.33, 0.33, 1.0),
        (SCRIPT.LEAKING[1:], SCRIPT.PSI, "", 0.24, 0.36, 0.67),
        (SCRIPT.LEAKING[1:], SCRIPT.PSI_U, "_universal", 0.27, 0.41, 0.67),
    ):
        found = cells(laws, pretext)
        value = found["intrinsic_class"]
        np.testing.assert_allclose(value, found[f"theory.signed_leak{suffix}"], rtol=1e-5)
        over6, over7 = value / found[f"theory.bound{suffix}"], value / found[f"theory.sharper{suffix}"]
        assert (over6.iloc[0], over7.iloc[0]) == (pytest.approx(first, abs=0.005), pytest.approx(1.0, abs=0.005))
        assert over6.iloc[-1] == pytest.approx(lowest6, abs=0.006)
        assert over7.iloc[-1] == pytest.approx(lowest7, abs=0.006)
        assert (over7 < 1.0).all() and over6.is_monotonic_decreasing
    sharp = cells(SCRIPT.SHARP, SCRIPT.PSI)
    np.testing.assert_allclose(sharp["intrinsic_class"], sharp["theory.bound"], rtol=1e-5)
    assert len(sharp) == 6


def test_caption_and_readme_quote_the_exponents() -> None:
    assert SLOPES.loc["(a) classes, psi* linear", "slope"] == pytest.approx(1.062, abs=5e-4)
    assert SLOPES.loc["(a) classes, psi* universal", "slope"] == pytest.approx(0.969, abs=5e-4)
    found = cells(SCRIPT.CLASSES, SCRIPT.PSI, n_labeled=1000)
    assert exponent(K, found["theory.exact"]) == pytest.approx(1.011, abs=1e-3)
    frames = {"summary": SUMMARY, "slopes": SLOPES.reset_index()}
    said = {name: quote.text(frames, name) for name, quote in SCRIPT.FIGURES[0].numbers.items()}
    assert [said[name] for name in ("exact linear", "exact universal", "linear", "universal")] == [
        "1.064", "0.940", "1.062", "0.969",
    ]  # fmt: skip
    assert [said[f"{letter} {which}"] for which in ("first", "last") for letter in "cde"] == [
        "1.0", "0.67", "0.67", "0.33", "0.24", "0.27",
    ]  # fmt: skip
    readme = (ROOT / "docs" / "findings.md").read_text()
    for number in ("1.062", "1.011", "1.064", "from 1 to 0.33", "from 0.67 to 0.24"):
        assert number in " ".join(readme.split())
    labels = SLOPES[SLOPES.index.str.startswith("(b)")]
    assert len(labels) == 4 and ((labels["slope_low"] < -1.0) & (labels["slope_high"] > -1.0)).all()
