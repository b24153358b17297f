"""The variational autoencoder: its bound and its sampled likelihood against exact ones, and what training reaches."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import testbed
from testbed import Experiment
from testbed.laws import GaussianMixture
from testbed.models import VAE, ProbabilisticPCA
from testbed.models.density import log_density
from testbed.models.linear_gaussian import LinearGaussian
from testbed.models.vae import FittedVAE
from testbed.pretexts import Posterior
from testbed.regressors import OLS
from tests.laws.random_laws import gaussian
from tests.statistics_ import z_limit

DRAWS = 1000  # K of the importance-sampled likelihood
RING = VAE(2, hidden=(32, 32), epochs=150, learning_rate=1e-2)


def ring() -> GaussianMixture:
    """A curved law: 24 narrow states on a circle of radius 2 in a plane of R^5, of two classes, alternating by arcs."""
    angle = 2.0 * np.pi * np.arange(24) / 24
    plane = np.linalg.qr(np.random.default_rng(0).normal(size=(5, 5)))[0][:2]
    centre = 2.0 * np.stack([np.cos(angle), np.sin(angle)], axis=1) @ plane
    mean = np.concatenate([centre, centre[:, :1]], axis=1)
    return GaussianMixture(np.full(24, 1 / 24), mean, 0.04 * np.eye(6), 5, np.arange(24) // 6 % 2)


def linear_pair(seed: int) -> tuple[FittedVAE, LinearGaussian]:
    """A VAE without hidden layers, and the linear-Gaussian model that its decoder is."""
    rng = np.random.default_rng(seed)
    d, q, scale = 5, 2, 1.7
    mean, loading, noise_var = rng.normal(size=d), rng.normal(size=(d, q)), 0.8
    exact = LinearGaussian(mean, loading, np.full(d, noise_var))
    encoder = np.concatenate([scale * exact.psi.weight + 0.05 * rng.normal(size=(d, q)), np.zeros((d, q))], axis=1)
    log_var = np.log(1.3 / np.diagonal(exact.precision))
    layers = (((encoder, np.r_[np.zeros(q), log_var]),), ((loading.T / scale, np.zeros(d)),))
    return FittedVAE(mean, scale, *layers, noise_var), exact


@pytest.mark.parametrize("seed", range(10))
def test_likelihood_and_bound_of_a_linear_decoder(seed: int) -> None:
    """Without hidden layers all is known exactly: the sampled likelihood, the bound, its gap."""
    fitted, exact = linear_pair(seed)
    rng = np.random.default_rng(seed)
    x = exact.mean + rng.normal(size=(60, 2)) @ exact.loading.T + np.sqrt(0.8) * rng.normal(size=(60, 5))
    sampled = fitted.importance_log_likelihood(x, rng, DRAWS)
    error = (sampled.value - exact.log_likelihood(x)).mean()
    assert abs(error) < z_limit(2) * np.sqrt(np.mean(sampled.se**2) / len(x)) + 1.0 / DRAWS  # biased by O(1/K)
    bound, known = fitted.elbo(x, rng=rng, draws=400), exact.elbo(x, fitted.encode(x))
    np.testing.assert_allclose(bound.rate, known.rate, rtol=1e-9)
    np.testing.assert_allclose(bound.entropy, known.entropy, rtol=1e-9)
    np.testing.assert_allclose(*bound.forms, rtol=1e-9, atol=1e-9)
    each = bound.reconstruction - known.reconstruction
    assert abs(each.mean()) < z_limit(2) * each.std(ddof=1) / np.sqrt(len(x)) + 1e-9
    assert bound.log_likelihood is None and bound.gap is None


def test_excess_log_loss_by_sampling() -> None:
    law, rng = gaussian(np.random.default_rng(1), d1=5), np.random.default_rng(2)
    fitted, exact = linear_pair(0)
    found, known = fitted.excess_log_loss(law, rng), exact.excess_log_loss(law)
    assert abs(float(found.value) - float(known.value)) < z_limit(1) * float(found.se) + 0.02 * float(known.value)


def test_what_a_vae_does_not_know_is_refused() -> None:
    fitted, _ = linear_pair(0)
    x = np.zeros((3, 5))
    with pytest.raises(ValueError, match="no closed form: estimate it by importance_log_likelihood"):
        fitted.log_likelihood(x)
    with pytest.raises(ValueError, match="rng = None: the bound of a VAE"):
        fitted.elbo(x)
    with pytest.raises(ValueError, match="rng = None: the likelihood of a VAE is sampled"):
        fitted.excess_log_loss(ring())
    with pytest.raises(ValueError, match="draws = 1"):
        fitted.importance_log_likelihood(x, np.random.default_rng(0), 1)
    with pytest.raises(ValueError, match=r"x has shape \(3, 4\); rows \(n, 5\) are needed"):
        fitted.posterior(x[:, :4])
    with pytest.raises(ValueError, match="x holds 15 values that are NaN"):
        fitted.importance_log_likelihood(x * np.nan, np.random.default_rng(0))
    assert VAE(2).optimum(ring()) is None


def test_without_jax_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jax", None)
    with pytest.raises(ImportError, match=r"pip install 'testbed\[neural\]'"):
        VAE(2, hidden=(7,)).fit(np.random.default_rng(0).normal(size=(20, 4)), np.random.default_rng(0))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (np.full((20, 5), np.nan), "x holds 100 values that are NaN"),
        (np.random.default_rng(0).normal(size=(20, 3)) * [1.0, 0.0, 2.0], r"columns \[1\] are constant"),
        (np.random.default_rng(0).normal(size=(20, 1)), "rank = 2: with 1 columns in x, at most 1"),
    ],
)
def test_bad_data(data: Any, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        VAE(2).fit(data, np.random.default_rng(0))


@pytest.fixture(scope="module")
def trained() -> FittedVAE:
    pytest.importorskip("jax")
    return RING.fit(ring().sample(2000, np.random.default_rng(3)), np.random.default_rng(4))


def test_the_bound_is_below_the_sampled_likelihood(trained: FittedVAE) -> None:
    """Never above it beyond its error, with K = 1000 importance draws."""
    x, rng = ring().sample(500, np.random.default_rng(5)).x1, np.random.default_rng(6)
    sampled = trained.importance_log_likelihood(x, rng, DRAWS)
    gap = sampled.value - trained.elbo(x, rng=rng).value
    error = np.hypot(gap.std(ddof=1), np.sqrt(np.mean(sampled.se**2))) / np.sqrt(len(x))
    assert gap.mean() > -z_limit(1) * error
    few = trained.importance_log_likelihood(x, rng, 10)
    spread = np.sqrt(np.mean(few.se**2 + sampled.se**2) / len(x))
    assert few.value.mean() < sampled.value.mean() + z_limit(1) * spread  # its mean rises with K


def test_a_curved_law_is_more_likely_under_a_vae_than_under_probabilistic_pca(trained: FittedVAE) -> None:
    law = ring()
    x, rng = law.sample(1000, np.random.default_rng(7)).x1, np.random.default_rng(8)
    flat = ProbabilisticPCA(2).optimum(law)  # with infinitely many rows
    gain = trained.elbo(x, rng=rng).value - flat.log_likelihood(x)  # and a bound of the VAE is compared with it
    assert gain.mean() > 0.2 + z_limit(1) * gain.std() / np.sqrt(len(x))
    excess = trained.excess_log_loss(law, rng)
    assert -z_limit(1) * float(excess.se) < float(excess.value) < float(flat.excess_log_loss(law).value)
    assert trained.elbo(x, rng=rng).value.mean() < log_density(law, x).mean()


def test_training_is_decided_by_the_seed(trained: FittedVAE) -> None:
    data = ring().sample(2000, np.random.default_rng(3))
    again = RING.fit(data, np.random.default_rng(4))
    other = RING.fit(data, np.random.default_rng(5))
    assert np.array_equal(again.encode_mean(data.x1), trained.encode_mean(data.x1))
    assert not np.array_equal(other.encode_mean(data.x1), trained.encode_mean(data.x1))


def test_many_seeds_are_cut_from_whole_blocks() -> None:
    pytest.importorskip("jax")
    x = ring().sample(300, np.random.default_rng(0)).x1
    model = VAE(2, hidden=(8,), epochs=2)
    few, many = (model.fit_many(x, np.random.default_rng(1), count) for count in (2, 6))
    assert len(few) == 2 and len(many) == 6
    for one, two in zip(few, many[:2], strict=True):
        assert np.array_equal(one.encode_mean(x), two.encode_mean(x))
    assert len({float(fitted.encode_mean(x).sum()) for fitted in many}) == 6


def test_training_that_diverges_is_an_error() -> None:
    pytest.importorskip("jax")
    x = ring().sample(300, np.random.default_rng(0)).x1
    with pytest.raises(ValueError, match="diverged"):
        VAE(2, hidden=(8,), epochs=20, learning_rate=1e4).fit(x, np.random.default_rng(0))


def test_beta_and_a_fixed_variance() -> None:
    """A heavier KL term gives a smaller rate, and a variance above every eigenvalue collapses all latents."""
    pytest.importorskip("jax")
    law = ring()
    x = law.sample(1000, np.random.default_rng(0)).x1
    model = VAE(2, hidden=(16,), epochs=60, noise_var=0.3)
    fits = [replace(model, beta=beta).fit(x, np.random.default_rng(1)) for beta in (0.1, 1.0, 4.0)]
    rates = [float(fitted.rates(x).sum()) for fitted in fits]
    assert rates[0] > rates[1] > rates[2]
    assert all(fitted.noise_var == pytest.approx(0.3) for fitted in fits)
    assert replace(model, noise_var=8.0).fit(x, np.random.default_rng(1)).rates(x).max() < 0.05


def test_a_vae_in_a_sweep() -> None:
    pytest.importorskip("jax")
    frame = testbed.run(
        Experiment(
            name="vae", generator=[ring()], pretext=[Posterior(VAE(2, hidden=(8,), epochs=5))], probe=[OLS()],
            n_unlabeled=[300], n_labeled=[50], repeats=2,
        )
    )  # fmt: skip
    assert (frame["status"] == "ok").all()
    assert frame["intrinsic"].isna().all() and frame["estimation"].notna().all()
