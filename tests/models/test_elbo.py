"""M2 and M3: the forms of the evidence lower bound are one number, and what independent coordinates cost."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from testbed.models.base import Fitted
from testbed.models.normal import Normal, divergence
from tests.models.random_models import categories, gaussians, linear


@pytest.mark.parametrize("draw", [linear, gaussians, categories])
def test_the_three_forms_are_equal(draw: Callable[[np.random.Generator], tuple[Fitted, Any, Any]]) -> None:
    """On 200 random models; the gap is KL(q || p(z|x)), never negative, and 0 at the posterior itself."""
    rng = np.random.default_rng(0)
    for _ in range(200):
        model, x, q = draw(rng)
        bound = model.elbo(x, q)
        assert len(bound.forms) == 3
        for form in bound.forms:
            np.testing.assert_allclose(form, bound.value, rtol=1e-9, atol=1e-9)
        assert bound.gap is not None and np.all(bound.gap > -1e-12)
        exact = model.elbo(x)
        np.testing.assert_allclose(exact.value, model.log_likelihood(x), rtol=1e-9, atol=1e-9)


def test_the_divergence_of_gaussians_is_that_of_draws() -> None:
    rng = np.random.default_rng(1)
    model, x, q = linear(rng)
    exact = model.posterior(x)

    def log_density(p: Normal, z: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        gap = z - p.mean[0]
        c = p.covariance[0]
        return -0.5 * (np.sum(gap * np.linalg.solve(c, gap.T).T, axis=-1) + np.linalg.slogdet(2 * np.pi * c)[1])

    z = q.mean[0] + rng.normal(size=(200_000, q.mean.shape[1])) @ np.linalg.cholesky(q.covariance[0]).T
    ratio = log_density(q, z) - log_density(exact, z)
    assert abs(ratio.mean() - divergence(q, exact)[0]) < 6.0 * ratio.std() / np.sqrt(len(z))


def test_mean_field_gap() -> None:
    """(1/2)(sum log Lambda_ii - log det Lambda) for any rotation of the decoder, and no factorised q does better."""
    rng = np.random.default_rng(2)
    for _ in range(200):
        model, x, _ = linear(rng)
        q = model.loading.shape[1]
        turned = model.rotated(np.linalg.qr(rng.normal(size=(q, q)))[0])
        np.testing.assert_allclose(turned.log_likelihood(x), model.log_likelihood(x), rtol=1e-9, atol=1e-9)
        best = turned.mean_field(x)
        gap = turned.elbo(x, best).gap
        np.testing.assert_allclose(gap, turned.mean_field_gap, rtol=1e-9, atol=1e-9)
        for _ in range(3):
            scale = np.exp(0.3 * rng.normal(size=(len(x), q)))
            other = Normal(best.mean + 0.1 * rng.normal(size=best.mean.shape), best.covariance * scale[..., None])
            assert np.all(turned.elbo(x, other).gap >= gap - 1e-9)  # type: ignore[operator]


def test_the_axes_of_the_code_are_those_without_a_gap() -> None:
    rng = np.random.default_rng(3)
    model, _, _ = linear(rng)
    isotropic = type(model)(model.mean, model.loading, np.full(model.mean.shape, 0.7))
    _, _, axes = np.linalg.svd(isotropic.loading, full_matrices=False)
    assert abs(isotropic.rotated(axes.T).mean_field_gap) < 1e-12


def test_latents_are_drawn_from_the_posterior() -> None:
    rng = np.random.default_rng(4)
    model, x, _ = linear(rng)
    rows = np.repeat(x[:1], 50_000, axis=0)
    z, exact = model.sample_latent(rows, rng), model.posterior(x[:1])
    error = np.sqrt(np.diag(exact.covariance[0]) / len(z))
    assert np.all(np.abs(z.mean(axis=0) - exact.mean[0]) < 6.0 * error)
    mixture, x, _ = gaussians(rng)
    states = mixture.sample_latent(np.repeat(x[:1], 50_000, axis=0), rng)
    p = mixture.posterior(x[:1])[0]
    share = np.bincount(states, minlength=len(p)) / len(states)
    assert np.all(np.abs(share - p) <= 6.0 * np.sqrt(p * (1.0 - p) / len(states)) + 1e-12)
