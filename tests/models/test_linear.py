"""Probabilistic PCA, factor analysis and the linear VAE: likelihood, optimum, collapse, stacking."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.decomposition import FactorAnalysis as SklearnFactorAnalysis

from testbed.data import Moments
from testbed.generators import LeeMixture
from testbed.laws import JointGaussian
from testbed.models import FactorAnalysis, LinearVAE, Model, ProbabilisticPCA
from testbed.models.base import Data
from testbed.models.linear_gaussian import LinearGaussian
from testbed.models.linear_vae import _loss

RNG = np.random.default_rng(0)


def rows(seed: int, n: int = 300, d: int = 8) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(size=d) + rng.normal(size=(n, d)) @ rng.normal(size=(d, d))


def level(model: LinearGaussian, x: np.ndarray) -> float:
    return float(model.log_likelihood(x).mean())


def test_probabilistic_pca_is_that_of_scikit_learn_but_for_the_divisor() -> None:
    x = rows(0)
    fitted = ProbabilisticPCA(3).fit(x, RNG)
    other = PCA(3).fit(x)
    n = len(x)
    np.testing.assert_allclose(fitted.noise_var, other.noise_variance_ * (n - 1) / n)
    np.testing.assert_allclose(fitted.covariance, other.get_covariance() * (n - 1) / n)
    assert level(fitted, x) > float(other.score(x))


def test_no_change_of_the_parameters_is_more_likely() -> None:
    x, rng = rows(1), np.random.default_rng(1)
    fitted = ProbabilisticPCA(2).fit(x, rng)
    for size in (1e-1, 1e-2, 1e-3):
        for _ in range(20):
            w = fitted.loading + size * rng.normal(size=fitted.loading.shape)
            noise = fitted.noise_var * np.exp(size * rng.normal())
            assert level(LinearGaussian(fitted.mean + size * rng.normal(size=8), w, noise), x) < level(fitted, x)


def test_factor_analysis_on_moments_is_that_on_rows() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=(400, 2)) @ rng.normal(size=(2, 7)) + rng.normal(size=(400, 7)) * np.linspace(0.8, 1.5, 7)
    fitted = FactorAnalysis(2).fit(x, rng)
    other = SklearnFactorAnalysis(2, tol=1e-8, max_iter=5000, svd_method="lapack").fit(x)
    assert level(fitted, x) == pytest.approx(float(other.score(x)), abs=1e-4)
    np.testing.assert_allclose(fitted.covariance, other.get_covariance(), atol=0.02)
    assert level(fitted, x) > level(ProbabilisticPCA(2).fit(x, rng), x)


@pytest.mark.parametrize("seed", range(10))
def test_the_linear_vae_reaches_probabilistic_pca_and_never_beats_it(seed: int) -> None:
    x, rng = rows(seed, n=40 + 30 * seed, d=4 + seed), np.random.default_rng(seed)
    rank = 1 + seed % 3
    best = level(ProbabilisticPCA(rank).fit(x, rng), x)
    trained = LinearVAE(rank).fit(x, rng)
    bound = float(trained.elbo(x).value.mean())
    assert best - 1e-3 < bound <= best + 1e-10 * abs(best)
    assert bound <= level(trained, x) + 1e-10
    assert trained.decoder.mean_field_gap < 1e-3  # the code stands along the principal axes


def test_the_gradient_of_the_bound() -> None:
    from scipy.optimize import check_grad

    rng = np.random.default_rng(3)
    root = rng.normal(size=(5, 9))
    s, point = root @ root.T / 9, 0.4 * rng.normal(size=2 * 5 * 2 + 3)
    value = lambda p: _loss(p, s, 2, 1.7, None)[0]  # noqa: E731
    gradient = lambda p: _loss(p, s, 2, 1.7, None)[1]  # noqa: E731
    assert check_grad(value, gradient, point) < 1e-5


def test_the_objective_is_the_bound_of_the_rows() -> None:
    x = rows(4, d=5)
    fitted = LinearVAE(2, max_iterations=3).fit(x, np.random.default_rng(4))  # far from the optimum
    s = np.cov(x.T, bias=True)
    log_s2 = np.log(fitted.noise_var[:1])
    point = np.concatenate([fitted.encoder.ravel(), fitted.loading.ravel(), np.log(fitted.encoder_var), log_s2])
    assert -_loss(point, s, 2, 1.0, None)[0] == pytest.approx(float(fitted.elbo(x).value.mean()), abs=1e-9)


@pytest.mark.parametrize("beta", [1.0, 2.0])
def test_latents_collapse_at_the_predicted_eigenvalue(beta: float) -> None:
    """With s2 fixed latent i is active iff lambda_i > beta s2 (here at 5 and 3, not at 1.9 and 1)."""
    eigenvalues = np.array([5.0, 3.0, 1.9, 1.0, 0.2, 0.1])
    axes = np.linalg.qr(np.random.default_rng(5).normal(size=(6, 6)))[0]
    law = JointGaussian(
        np.block([[(axes * eigenvalues) @ axes.T, np.zeros((6, 2))], [np.zeros((2, 6)), np.eye(2)]]), 6, 1, 1
    )
    for s2 in (1.95 / beta, 2.9 / beta):
        trained = LinearVAE(4, noise_var=s2, beta=beta).optimum(law)
        active = trained.rates(law.population().s11) > 1e-6
        assert active.sum() == 2
        closed = ProbabilisticPCA(4, noise_var=s2 * beta).optimum(law)
        assert np.sum(np.linalg.norm(closed.loading, axis=0) > 0.0) == 2
        np.testing.assert_allclose(trained.loading @ trained.loading.T, closed.loading @ closed.loading.T, atol=1e-4)
    # just above and just below the threshold
    for factor, count in ((0.97, 3), (1.03, 2)):
        trained = LinearVAE(4, noise_var=1.9 * factor / beta, beta=beta).optimum(law)
        assert np.sum(trained.rates(law.population().s11) > 1e-6) == count


@pytest.mark.parametrize("model", [ProbabilisticPCA(2), FactorAnalysis(2, tolerance=1e-3), LinearVAE(2)])
def test_a_slice_of_a_stack_has_the_bits_it_has_alone(model: Model) -> None:
    law = LeeMixture(k=3, d1=6, d2=4, scale=3.0, structure_seed=0).law()
    moments = law.moments(200, np.random.default_rng(6), repeats=5)
    stack = model.fit(moments, np.random.default_rng(0))
    alone = model.fit(moments[3:4], np.random.default_rng(0))
    x = law.sample(10, np.random.default_rng(7)).x1
    assert np.array_equal(stack.psi(x)[3], alone.psi(x)[0])
    assert stack.log_likelihood(x).shape == (5, 10)
    assert stack.elbo(x).value.shape == (5, 10)


@pytest.mark.parametrize("model", [ProbabilisticPCA(2), FactorAnalysis(2), LinearVAE(2)])
def test_moments_and_rows_give_one_fit(model: Model) -> None:
    sample = LeeMixture(k=3, d1=6, d2=4, scale=3.0, structure_seed=0).law().sample(300, np.random.default_rng(8))
    fits = [model.fit(data, np.random.default_rng(0)) for data in (sample, sample.x1, Moments.of(sample))]
    values = [fit.log_likelihood(sample.x1) for fit in fits]
    for value in values[1:]:
        np.testing.assert_allclose(value, values[0], rtol=1e-6)


@pytest.mark.parametrize("model", [ProbabilisticPCA(2), FactorAnalysis(2), LinearVAE(2)])
@pytest.mark.parametrize(
    ("data", "words"),
    [
        (np.full((20, 5), np.nan), "x holds 100 values that are NaN"),
        (np.c_[rows(9)[:, :3], np.full(300, 7.3)], r"columns \[3\] are constant"),
        (rows(9)[:, :2], "rank = 2: with 2 columns in x, at most 1"),
        (rows(9)[:, :1], "rank = 2: with 1 columns in x, at most 0"),
        (rows(9)[0], r"x has shape \(8,\); rows \(n, d\) are needed"),
        (rows(9)[:1], "needs n >= 2 rows; got n = 1"),
        ([["a", "b"]], "x must be an array of numbers"),
    ],
)
def test_bad_data(model: Model, data: Data, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        model.fit(data, RNG)


def test_a_likelihood_without_maximum_is_refused() -> None:
    flat = rows(10, d=3) @ np.random.default_rng(0).normal(size=(3, 6))
    with pytest.raises(ValueError, match="no variance outside 3 directions"):
        ProbabilisticPCA(3).fit(flat, RNG)
    with pytest.raises(ValueError, match="rank = 'k' is a number on a law only"):
        ProbabilisticPCA("k").fit(flat, RNG)
    with pytest.raises(ValueError, match=r"rank = 4: with 3 columns in x, at most 3$"):
        ProbabilisticPCA(4, noise_var=1.0).fit(rows(12, d=3), RNG)
    full = ProbabilisticPCA(3, noise_var=0.1).fit(rows(12, d=3), RNG)
    np.testing.assert_allclose(full.covariance, np.cov(rows(12, d=3).T, bias=True))
