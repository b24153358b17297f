"""M5: likelihood and usefulness moved apart, one at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from testbed.generators import CleanMixture, LowVarianceLabel
from testbed.laws import Finite, GaussianMixture
from testbed.models import ProbabilisticPCA, blurred, classes_of, codes, ignoring, relabelled, sampled_code_risk
from testbed.models.density import log_components
from testbed.models.linear_gaussian import LinearGaussian
from tests.laws.random_laws import gaussian
from tests.statistics_ import z_limit

SEEDS = range(10)
STEPS = (0.0, 0.1, 0.3, 0.5, 0.8, 1.0)


def finite(seed: int) -> Finite:
    """Three equally likely classes over 12 values of x1; x2 is a coin."""
    table = np.random.default_rng(seed).dirichlet(np.full(12, 0.5), size=3) / 3.0
    return Finite(np.repeat(table[:, None, :, None], 2, axis=3) / 2.0, np.arange(12.0)[:, None], np.eye(2))


def mixture(seed: int, m: int = 1) -> GaussianMixture:
    return CleanMixture(k=3, m=m, d1=8, d2=6, separation=1.5, structure_seed=seed).law()


def constant(law: Any) -> float:
    return float(law.population().baseline_risk)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("make", [finite, mixture, lambda seed: mixture(seed, m=2)], ids=["finite", "mixture", "m=2"])
def test_relabelling_keeps_the_likelihood_and_loses_the_label(make: Any, seed: int) -> None:
    law = make(seed)
    base, rng = classes_of(law), np.random.default_rng(seed)
    x = law.sample(500, rng).x1
    level = base.log_likelihood(x).mean()
    risks = []
    for t in STEPS:
        model = relabelled(base, t)
        assert abs(model.log_likelihood(x).mean() - level) < 1e-10
        for form in model.elbo(x, rng.dirichlet(np.ones(3), size=len(x))).forms:
            assert np.all(np.isfinite(form))
        risks.append(float(sampled_code_risk(model, law, np.random.default_rng(seed)).value))
    assert np.all(np.diff(risks) > -1e-12)
    assert risks[0] < 0.9 * risks[-1]


def test_a_code_of_pure_chance_has_the_risk_of_a_constant() -> None:
    law = finite(0)
    model = relabelled(classes_of(law), 1.0)
    assert float(sampled_code_risk(model, law).value) == pytest.approx(constant(law), abs=1e-12)
    assert float(model.excess_log_loss(law).value) == pytest.approx(0.0, abs=1e-12)


def test_the_mean_given_a_code_is_not_the_channel() -> None:
    """E[Y|z] = E[p(z|x) f*(x)] / E[p(z|x)] is T only for a code drawn from y; drawn from x it is nearer the prior."""
    law = finite(1)
    truth = law.population()
    p = relabelled(classes_of(law), 0.3).posterior(truth.points1)
    mean = (p.T @ (truth.p1[:, None] * truth.f_table)) / (truth.p1 @ p)[:, None]
    channel = 0.7 * np.eye(3) + 0.1
    assert np.all(np.diagonal(mean) < np.diagonal(channel))


@pytest.mark.parametrize("seed", SEEDS)
def test_risk_of_codes_is_that_of_drawn_codes(seed: int) -> None:
    """Draw codes and labels, and read the label off a table of means by code."""
    law, rng = finite(seed), np.random.default_rng(seed)
    model, n = relabelled(classes_of(law), 0.2), 100_000
    sample = law.sample(n, rng)
    z = np.eye(3)[np.asarray(model.sample_latent(sample.x1, rng))]
    mean = (z.T @ sample.y) / z.sum(axis=0)[:, None]
    f = law.population().f_star(sample.x1)
    loss = np.sum((f - z @ mean) ** 2, axis=-1)
    expected = float(sampled_code_risk(model, law).value)
    slack = 3 * 50.0 / n  # the means themselves are estimated: 3 x 3 numbers of variance below 1/4 over n/3 rows
    assert abs(loss.mean() - expected) < z_limit(1) * loss.std() / np.sqrt(n) + slack


@pytest.mark.parametrize("seed", SEEDS)
def test_blurring_keeps_the_posterior_and_loses_likelihood(seed: int) -> None:
    law = mixture(seed)
    base, x = classes_of(law), law.sample(200, np.random.default_rng(seed)).x1
    losses = []
    for blur in (0.5, 8.0):
        model = blurred(law, blur)
        np.testing.assert_allclose(model.posterior(x), base.posterior(x), atol=1e-12)
        found = model.excess_log_loss(law)
        closed = 0.5 * (np.log1p(blur) - blur / (1.0 + blur))  # the noise of x1 has variance 1
        assert abs(float(found.value) - closed) <= z_limit(20) * float(found.se) + 1e-12
        losses.append(float(found.value))
    assert losses == sorted(losses)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_label_in_a_direction_of_low_variance(seed: int) -> None:
    """Probabilistic PCA is the law itself, and its code is independent of the label; x2 has what is needed."""
    law = LowVarianceLabel(structure_seed=seed).law()
    truth = law.population()
    model = ProbabilisticPCA(2).optimum(law)
    assert float(model.excess_log_loss(law).value) == pytest.approx(0.0, abs=1e-12)
    assert float(truth.approximation_error(model.psi)) == pytest.approx(constant(law), abs=1e-9)
    assert float(truth.approximation_error(truth.linear_psi_star)) == pytest.approx(0.0, abs=1e-12)
    assert constant(law) == pytest.approx(1.0)
    assert float(truth.bayes_noise) == pytest.approx(0.25)
    assert float(ProbabilisticPCA(1).optimum(law).excess_log_loss(law).value) > 0.01


def test_structures_of_the_low_variance_label() -> None:
    stack = LowVarianceLabel(d1=5).law(np.random.default_rng(0), repeats=3)
    assert stack.batch == (3,)
    np.testing.assert_allclose(stack.population().baseline_risk, 1.0)


@pytest.mark.parametrize("make", [finite, mixture])
def test_a_decoder_that_ignores_its_code(make: Any) -> None:
    law = make(3)
    base = classes_of(law)
    model, x = ignoring(base, 4), law.sample(100, np.random.default_rng(0)).x1
    np.testing.assert_allclose(model.log_likelihood(x), base.log_likelihood(x), atol=1e-12)
    np.testing.assert_allclose(model.posterior(x), 0.25)
    risk = sampled_code_risk(model, law, np.random.default_rng(0))
    assert abs(float(risk.value) - constant(law)) <= z_limit(1) * float(risk.se) + 1e-3
    assert float(model.excess_log_loss(law).value) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_risk_of_gaussian_codes_is_that_of_drawn_codes(seed: int) -> None:
    rng = np.random.default_rng(seed)
    law = gaussian(rng)
    model, n = ProbabilisticPCA(2).optimum(law), 100_000
    sample = law.sample(n, rng)
    z, f = model.sample_latent(sample.x1, rng), law.population().f_star(sample.x1)
    loss = np.sum((f - z @ np.linalg.lstsq(z, sample.y, rcond=None)[0]) ** 2, axis=-1)
    expected = float(sampled_code_risk(model, law).value)
    slack = 50.0 * float(np.trace(law.population().syy)) / n  # of the 2 x 2 slopes that are estimated
    assert abs(loss.mean() - expected) < z_limit(1) * loss.std() / np.sqrt(n) + slack
    assert expected >= float(law.population().approximation_error(model.psi)) - 1e-12  # the mean tells more


def test_codes_of_the_kernel_rule_against_the_closed_form() -> None:
    """The rule for Gaussian codes of any law, on a law where the answer is known."""
    law = gaussian(np.random.default_rng(0))
    model, rng = ProbabilisticPCA(1).optimum(law), np.random.default_rng(1)
    losses = codes._kernel_losses(model, law, law.population(), rng)
    expected, se = float(sampled_code_risk(model, law).value), losses.std() / np.sqrt(len(losses))
    assert abs(losses.mean() - expected) < z_limit(1) * se + 0.01 * expected
    mixed = mixture(0)
    found = sampled_code_risk(ProbabilisticPCA(2).optimum(mixed), mixed, rng)
    assert 0.0 < float(found.value) < constant(mixed) - z_limit(1) * float(found.se)


@pytest.mark.parametrize("seed", SEEDS)
def test_codes_of_a_mixture_against_drawn_ones(seed: int) -> None:
    """The integral over the states, against codes that are drawn and judged by E[Y|z] at each; narrow ones as well."""
    law, rng, n = mixture(seed), np.random.default_rng(seed), 20_000
    truth = law.population()
    wide = ProbabilisticPCA(2).optimum(law)
    for model in (wide, LinearGaussian(wide.mean, wide.loading, 1e-8 * wide.noise_var)):
        x1 = law.sample(n, rng).x1
        z, v = model.sample_latent(x1, rng), model.psi.weight
        spread = v.T @ law.covariance[..., : law.d1, : law.d1] @ v + np.linalg.inv(model.precision)
        logs = log_components(z, model.psi(law.mean[:, : law.d1]), spread) + np.log(law.probability)
        p = np.exp(logs - logs.max(axis=1, keepdims=True))
        loss = np.sum((truth.f_star(x1) - p / p.sum(axis=1, keepdims=True) @ law.one_hot) ** 2, axis=1)
        found = sampled_code_risk(model, law)
        error = np.hypot(loss.std() / np.sqrt(n), float(found.se))
        assert abs(float(found.value) - loss.mean()) < z_limit(2 * len(SEEDS)) * error


def test_what_is_refused() -> None:
    law = mixture(0)
    base = classes_of(law)
    with pytest.raises(ValueError, match=r"t = 1\.5"):
        relabelled(base, 1.5)
    with pytest.raises(ValueError, match="must be uniform"):
        relabelled(classes_of(CleanMixture(k=3, priors=(0.5, 0.3, 0.2), structure_seed=0).law()), 0.5)
    with pytest.raises(ValueError, match="rng = None: codes of GaussianComponents on a GaussianMixture"):
        sampled_code_risk(base, law)
    with pytest.raises(ValueError, match="leave no direction"):
        blurred(GaussianMixture([0.5, 0.5], [[0.0, 0.0], [1.0, 0.0]], np.eye(2), 1), 1.0)
    with pytest.raises(ValueError, match="JointGaussian: a Finite law"):
        classes_of(LowVarianceLabel(structure_seed=0).law())
