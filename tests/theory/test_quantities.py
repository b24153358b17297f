"""Plain quantities of laws, the loss of rank, and what a leak does at finite n1."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any, Literal, get_origin, get_type_hints

import numpy as np
import pytest
from scipy import stats

from testbed import theory
from testbed.generators import (
    CleanFinite,
    CleanGaussian,
    CleanMixture,
    CommonScale,
    DirectEdge,
    DropLatent,
    Generator,
    LowRank,
    SignedEdge,
)
from testbed.pretexts import Predict
from testbed.regressors import OLS
from testbed.theory import IntrinsicBound, LearntLeak, Quantity, RankLoss, Statement
from tests.statistics_ import z_limit

CLEAN = CleanMixture(k=3, d1=10, d2=6, bayes_noise=0.3, structure_seed=0)
LATENT = CleanMixture(k=2, m=2, d1=8, d2=6, structure_seed=0)


def number(quantity: Any, generator: Generator) -> float:
    return float(quantity.sides(generator.law().population()).right)


def test_each_quantity_is_that_of_the_law() -> None:
    edge = DirectEdge(CLEAN, rho=0.5)
    p = edge.law().population()
    leak = p.signed_leak(True, "linear")
    expected: dict[Any, Any] = {
        Quantity("damage"): IntrinsicBound().sides(p).left,
        Quantity("damage", "universal", False): p.approximation_error(p.psi_star, False),
        Quantity("constant"): p.baseline_risk - p.class_floor,
        Quantity("constant", "universal"): p.baseline_risk,
        Quantity("constant", "universal", False): p.baseline_risk + 1.0 / 3.0,
        Quantity("epsilon_ci", "universal"): p.epsilon_ci("universal"),
        Quantity("beta", intercept=False): p.beta(False),
        Quantity("rank"): 3.0,
        Quantity("affine_rank"): 2.0,
        Quantity("smallest_singular_value", intercept=False): p.beta(False),
        Quantity("smallest_singular_value"): p.beta(True),
        Quantity("harmful"): leak.harmful,
        Quantity("aligned"): leak.aligned,
        Quantity("tau"): p.tau(),
        Quantity("two_view"): p.bayes_risk("x1") - p.bayes_risk("both"),
    }
    for quantity, value in expected.items():
        error = 6.0 * float(p.se["bayes_noise"] + p.se["class_floor"]) if quantity.name == "constant" else 0.0
        assert float(quantity.sides(p).right) == pytest.approx(float(value), abs=1e-9 + error), quantity
        assert quantity.assumptions(p) == () and quantity.applies(p)
    shape = CleanMixture().law(np.random.default_rng(0), 3).population()
    assert Quantity("beta").sides(shape).right.shape == (3,)


def test_what_a_law_does_not_compute_is_empty() -> None:
    latent = DropLatent(CleanMixture(m=2)).law(np.random.default_rng(0), 2)
    assert np.isnan(Quantity("mutual_information").sides(latent.population()).right).all()
    redrawn = CleanMixture().law(np.random.default_rng(0), 2)
    assert np.isfinite(Quantity("mutual_information").sides(redrawn.population()).right).all()


def test_information_within_states() -> None:
    """Gaussian states in closed form; a hidden scale by the laws of the two squared lengths, which are all it shows."""
    assert number(Quantity("mutual_information"), CLEAN) == 0.0
    edge = number(Quantity("mutual_information"), DirectEdge(CLEAN, rho=0.5))
    assert edge == pytest.approx(-0.5 * 3.0 * np.log(1.0 - 0.25), rel=1e-9)
    assert np.isinf(number(Quantity("mutual_information"), DirectEdge(CLEAN, rho=1.0)))
    scaled = CommonScale(CLEAN, spread=0.9).law().population()
    value = float(np.asarray(scaled.mutual_information("x1", "x2", "yz")))
    a = np.array([0.1, 1.9])
    t1, t2 = (np.linspace(1e-3, top, 1500) for top in (90.0, 60.0))
    first, second = (np.array([stats.gamma.pdf(t, d / 2, scale=2 * s) for s in a]) for t, d in ((t1, 10), (t2, 6)))
    both = 0.5 * np.einsum("si,sj->ij", first, second)
    apart = 0.25 * np.outer(first.sum(axis=0), second.sum(axis=0))
    exact = np.sum(both * np.log(both / apart)) * (t1[1] - t1[0]) * (t2[1] - t2[0])
    assert value == pytest.approx(exact, abs=6.0 * float(scaled.se["mutual_information_yz"]) + 1e-3)
    whole, dropped = (number(Quantity("mutual_information"), g) for g in (LATENT, DropLatent(LATENT)))
    assert whole == 0.0 < dropped < np.log(2.0)
    assert number(Quantity("mutual_information", given="y"), LATENT) == pytest.approx(dropped, rel=1e-9)


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize(
    "base",
    [CleanMixture(k=4, d2=8, structure_seed=1), CleanGaussian(k=3, d2=8, structure_seed=1), CleanFinite(k=4, d2=10)],
    ids=lambda b: type(b).__name__,
)
def test_the_loss_of_rank(base: Any, intercept: bool) -> None:
    for rank in range(base.k + 1):
        p = LowRank(base, rank).law().population()
        for feature_class in ("linear", "universal"):
            loss = RankLoss(feature_class, intercept)  # type: ignore[arg-type]
            exact = feature_class == "linear" or not isinstance(base, CleanMixture)
            if not (exact and not np.all(loss.applies(p))):
                error = 0.0 if exact else 6.0 * float(loss.sides(p).error) + 1e-6
                assert float(loss.sides(p).right) == pytest.approx(float(loss.sides(p).left), abs=1e-9 + error)
        assert np.all(RankLoss("universal").applies(p))
    assert not np.all(RankLoss().applies(DirectEdge(CLEAN, rho=0.5).law().population()))


@pytest.mark.parametrize("sign", ["aligned", "anti-aligned", "harmful", "neutral"])
@pytest.mark.parametrize(
    "base",
    [
        CleanGaussian(k=1, d1=25, d2=2, sigma_min=2.5, x2_std=4.0, bayes_noise=0.3, structure_seed=0),
        CleanMixture(k=3, d1=20, d2=6, sigma_min=2.5, x2_std=4.0, bayes_noise=0.3, structure_seed=0),
    ],
    ids=lambda b: type(b).__name__,
)
def test_a_learnt_leak(base: Generator, sign: Any) -> None:
    """The approximation is within 4% at n1 = 3,000 and 2% at 10^5, beside the Monte Carlo error."""
    law = SignedEdge(base, sign, epsilon_ci=1.0).law()
    p = law.population()
    for n, tolerance in ((3000, 0.04), (100_000, 0.02)):
        psi = Predict(OLS()).fit([law.moments(n, np.random.default_rng(n), 512)], law, np.random.default_rng(0))
        excess = p.approximation_error(psi) - p.class_floor
        expected = float(LearntLeak().sides(p, n).right)
        error = float(excess.std(ddof=1)) / np.sqrt(512)
        assert abs(float(excess.mean()) - expected) < tolerance * expected + z_limit(1) * error
    with pytest.raises(ValueError, match="n_unlabeled = None"):
        LearntLeak().sides(p)
    assert np.isinf(LearntLeak().sides(p, 20).right)


def test_a_learnt_leak_is_nothing_where_psi_is_invertible() -> None:
    p = CleanGaussian(k=1, d1=5, d2=5, structure_seed=0).law().population()
    assert float(LearntLeak().sides(p, 100).right) == 0.0
    wide = CleanGaussian(k=1, d1=5, d2=6, structure_seed=0).law().population()
    assert np.isnan(LearntLeak().sides(wide, 100).right) and not LearntLeak().applies(wide)


@pytest.mark.parametrize("kind", [k for k in vars(theory).values() if isinstance(k, type) and is_dataclass(k)])
def test_settings_that_a_statement_does_not_have_are_refused(kind: type[Any]) -> None:
    """Every choice among names and between yes and no is checked when a statement is made, not when it is run."""
    if not issubclass(kind, Statement):
        return
    needs = {"name": "tau"} if kind is theory.Quantity else {}
    hints = get_type_hints(kind)
    for field in fields(kind):
        if hints[field.name] is bool or get_origin(hints[field.name]) is Literal:
            for bad in ("none of them", 7, None):
                with pytest.raises(ValueError, match=rf"{field.name} = .*allowed"):
                    kind(**needs | {field.name: bad})
