"""The sampled likelihood of a VAE whose encoder is narrower than the posterior, or far from it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from testbed._linalg import Array
from testbed.laws import JointGaussian
from testbed.models.linear_gaussian import LinearGaussian
from testbed.models.vae import CHUNK, FittedVAE
from tests.statistics_ import z_limit

ROWS = 200


def narrow(seed: int, beta: float, q: int, shift: float = 0.0) -> tuple[FittedVAE, LinearGaussian, Array]:
    """A linear decoder, the encoder that the bound with `beta` asks for, moved by `shift`, and rows of the model.

    The best encoder of given mean field is N(mean, beta / (w_i'w_i / s2 + beta)).
    """
    rng = np.random.default_rng(seed)
    d, noise_var = 8, 0.5
    exact = LinearGaussian(rng.normal(size=d), rng.normal(size=(d, q)), np.full(d, noise_var))
    var = beta / (np.sum(exact.loading**2, axis=0) / noise_var + beta)
    weight = np.concatenate([exact.psi.weight, np.zeros((d, q))], axis=1)
    offset = np.r_[np.full(q, shift), np.log(var)]  # the encoder sees x less its centre
    fitted = FittedVAE(exact.mean, 1.0, ((weight, offset),), ((exact.loading.T, np.zeros(d)),), noise_var)
    x = exact.mean + rng.normal(size=(ROWS, q)) @ exact.loading.T + np.sqrt(noise_var) * rng.normal(size=(ROWS, d))
    return fitted, exact, x


@pytest.mark.parametrize("q", [1, 2, 4])
@pytest.mark.parametrize("beta", [0.01, 0.1, 0.5, 1.0, 4.0])
def test_the_likelihood_is_right_at_every_beta(beta: float, q: int) -> None:
    """Within 0.02 nats, for every beta, from 500 points; draws from the encoder alone miss up to 4 nats at 0.01."""
    fitted, exact, x = narrow(q, beta, q)
    found = fitted.importance_log_likelihood(x, np.random.default_rng(1), 500)
    error = found.value - exact.log_likelihood(x)
    assert abs(error.mean()) < z_limit(15) * error.std(ddof=1) / np.sqrt(ROWS) + 0.02
    assert np.median(found.effective) > 40 and (found.effective <= 500.0 + 1e-9).all()
    assert np.sqrt(np.mean((error / found.se) ** 2)) < 1.5  # the error of a row is of the size that is printed


def test_draws_from_the_encoder_alone_miss_most_of_it() -> None:
    """What the two proposals are for: with beta = 0.1 and four latents half a nat, where they are right to 0.02."""
    fitted, exact, x = narrow(4, 0.1, 4)
    q, rng = fitted.encode(x), np.random.default_rng(0)
    z = q.mean[:, None, :] + np.sqrt(np.diagonal(q.covariance, axis1=-2, axis2=-1))[:, None, :] * rng.normal(
        size=(ROWS, 500, 4)
    )
    std = np.sqrt(np.diagonal(q.covariance, axis1=-2, axis2=-1))[:, None, :]
    rest = np.sum(((z - q.mean[:, None, :]) / std) ** 2 - z**2, axis=-1) / 2 + np.sum(np.log(std), axis=-1)
    log_weight = fitted._log_decoder(x[:, None, :], z) + rest
    alone = np.log(np.mean(np.exp(log_weight - log_weight.max(axis=1, keepdims=True)), axis=1)) + log_weight.max(axis=1)
    assert (alone - exact.log_likelihood(x)).mean() < -0.4


@pytest.mark.parametrize("shift", [0.25, 0.5, 1.0, 4.0])
def test_the_printed_error_shows_an_encoder_far_from_the_posterior(shift: float) -> None:
    """Encoders that are narrow and wrong: what is missed is within the error, or there is nothing to speak of."""
    fitted, exact, x = narrow(7, 0.01, 4, shift)
    found = fitted.importance_log_likelihood(x, np.random.default_rng(2), 100)
    missed = exact.log_likelihood(x) - found.value
    assert missed.mean() < 2.0 * found.se.mean() + 0.02
    law = JointGaussian(np.block([[exact.covariance, np.zeros((8, 2))], [np.zeros((2, 8)), np.eye(2)]]), 8, 1, 1)
    moved = replace(fitted, centre=np.zeros(8))
    excess = moved.excess_log_loss(law, np.random.default_rng(3))
    assert abs(float(excess.value)) < 3.0 * float(excess.se)  # the truth is 0


def test_the_difference_of_the_proposals_is_in_the_error() -> None:
    fitted, _, x = narrow(7, 0.01, 4, 4.0)
    found = fitted.importance_log_likelihood(x, np.random.default_rng(2), 100)
    assert (found.se >= 0.5 * np.abs(found.gap)).all()
    assert found.gap.mean() > 0.1  # the first half misses more than the second, which has learnt from it
    mean = np.logaddexp(found.first, found.second) - np.log(2.0)
    np.testing.assert_allclose(found.value, mean)


@pytest.mark.parametrize("beta", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("seed", range(3))
def test_two_latents_of_a_curved_decoder_against_quadrature(seed: int, beta: float) -> None:
    """On a grid of the plane. The encoder is a linear regression of z on x, its variances beta times the rest."""
    rng = np.random.default_rng(seed)
    decoder = ((1.5 * rng.normal(size=(2, 16)), rng.normal(size=16)), (rng.normal(size=(16, 5)) / 2.0, np.zeros(5)))
    blank = FittedVAE(np.zeros(5), 1.0, (), decoder, 0.2)
    z = rng.normal(size=(3000, 2))
    x = blank.decode(z) + np.sqrt(0.2) * rng.normal(size=(3000, 5))
    weight = np.linalg.lstsq(x, z, rcond=None)[0]
    var = beta * (z - x @ weight).var(axis=0)
    fitted = replace(blank, encoder=((np.c_[weight, np.zeros((5, 2))], np.r_[np.zeros(2), np.log(var)]),))
    found = fitted.importance_log_likelihood(x[:60], rng, 500)
    error = found.value - by_quadrature(fitted, x[:60])
    assert abs(error.mean()) < z_limit(9) * np.sqrt(np.mean(found.se**2) / 60) + 0.01


def by_quadrature(fitted: FittedVAE, x: Array) -> Array:
    """log p(x) over 241 x 241 points between -6 and 6."""
    line = np.linspace(-6.0, 6.0, 241)
    z = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    prior = np.exp(-0.5 * np.sum(z**2, axis=1)) / (2.0 * np.pi) * (line[1] - line[0]) ** 2
    return np.array([_log_mean(fitted._log_decoder(row, z), prior) for row in x])


def _log_mean(log: Array, weight: Array) -> float:
    return float(log.max() + np.log(np.exp(log - log.max()) @ weight))


def test_rows_are_sampled_in_chunks_without_a_seam() -> None:
    fitted, exact, x = narrow(3, 0.5, 2)
    many = fitted.importance_log_likelihood(x[:10], np.random.default_rng(0), CHUNK // 4)
    np.testing.assert_allclose(many.value, exact.log_likelihood(x[:10]), atol=0.05)
