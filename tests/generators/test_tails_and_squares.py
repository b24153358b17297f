"""V10 and the squares of V8: laws that are no Gaussian mixtures, against integrals and draws of their own."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import kstest
from scipy.stats import t as student

from testbed.generators import CleanMixture, CommonScale, DirectEdge, RandomSign, SquareTarget, StudentTails
from testbed.laws import GaussianMixture, SquaredMixture, StudentMixture
from tests.statistics_ import SHARE, assert_means, z_limit

CLEAN = CleanMixture(structure_seed=1)
SMALL = CleanMixture(k=2, m=2, d1=5, d2=6, structure_seed=1)


def test_squares_work_where_means_say_nothing() -> None:
    for base in (CLEAN, SMALL):
        lost, found = (g.law().population() for g in (RandomSign(base), SquareTarget(RandomSign(base))))
        assert lost.approximation_error(lost.psi_star) > 0.3
        assert found.approximation_error(found.psi_star, False) < 1e-9 < found.beta(False)
        assert found.epsilon_ci("universal") < 1e-9
        np.testing.assert_allclose(found.A_bar, base.law().population().A_bar ** 2 + 1.0, atol=1e-12)
        assert found.bayes_noise == lost.bayes_noise
        with pytest.raises(ValueError, match="not computed"):
            found.bayes_risk("x2")


def test_t_noise_has_its_law() -> None:
    """Along any direction of whitened noise of either view: Student t, scaled to its variance."""
    law = StudentTails(CLEAN, nu=2.5).law()
    assert isinstance(law, StudentMixture)
    sample = law.sample(50_000, np.random.default_rng(0))
    state = sample.y.argmax(axis=1)
    for view, mean in ((sample.x1, law.gaussian.mean[:, :20]), (sample.x2, law.gaussian.mean[:, 20:])):
        noise = (view - mean[state]) / np.sqrt(0.5 / 2.5)
        for direction in (np.eye(noise.shape[1])[0], np.full(noise.shape[1], noise.shape[1] ** -0.5)):
            assert kstest(noise @ direction, student(2.5).cdf).pvalue > SHARE


@pytest.mark.parametrize("nu", [2.5, 4.5])
@pytest.mark.parametrize("base", [CLEAN, SMALL, CommonScale(SMALL, spread=0.5)], ids=repr)
def test_f_star_is_calibrated(base: CleanMixture, nu: float) -> None:
    """E (y - f*(x1)) g(x1) = 0 for bounded g, psi* likewise against bounded g, and the noise is what draws give."""
    law = StudentTails(base, nu=nu).law()
    p, sample = law.population(), law.sample(60_000, np.random.default_rng(1))
    f = p.f_star(sample.x1)
    g = np.tanh(sample.x1[:, :3])
    assert_means((sample.y - f)[:, :, None] * g[:, None, :], 0.0)
    assert_means((sample.x2 - p.psi_star(sample.x1))[:, :, None] * g[:, None, :], 0.0)
    noise = np.sum(f * (1.0 - f), axis=-1)
    assert abs(noise.mean() - p.bayes_noise) < z_limit(1) * np.hypot(noise.std() / 60_000**0.5, p.se["bayes_noise"])
    assert 0.0 < p.se["bayes_noise"] < 2e-3 * p.bayes_noise


def test_noise_of_two_classes_in_one_dimension_by_quadrature() -> None:
    for nu in (2.5, 6.0):
        law = StudentMixture(GaussianMixture([0.5, 0.5], [[1.0, 1.0], [-1.0, -1.0]], np.eye(2), 1), nu)
        scale = np.sqrt((nu - 2.0) / nu)
        density = [student(nu, loc, scale).pdf for loc in (1.0, -1.0)]

        def product(x: float, density: list = density) -> float:
            a, b = (float(d(x)) for d in density)
            return a * b / (a + b)

        expected = quad(product, -np.inf, 0.0)[0] + quad(product, 0.0, np.inf)[0]
        p = law.population()
        assert p.bayes_noise == pytest.approx(expected, rel=3e-3)
        linear = float(p.s1y[0] @ p.linear_f_star.weight[0])
        assert p.class_floor == pytest.approx(0.5 - expected - linear, abs=2e-3)


def test_tails_keep_the_linear_class_and_the_guarantee() -> None:
    for base in (CLEAN, SMALL):
        p, q = base.law().population(), StudentTails(base, nu=3.0).law().population()
        for name in ("A_bar", "s11", "s12", "s22", "s1y", "second2"):
            np.testing.assert_array_equal(getattr(p, name), getattr(q, name))
        assert q.epsilon_ci("linear") == q.epsilon_ci("universal") == 0.0 or q.epsilon_ci("universal") < 1e-9
        for intercept in (False, True):
            assert q.approximation_error(q.psi_star, intercept) < 1e-9
        assert abs(q.approximation_error(q.linear_psi_star) - q.class_floor) < 1e-9
        assert q.bayes_noise < p.bayes_noise  # the same variance, more of it in the tails
    near = StudentTails(CLEAN, nu=1e6).law().population()
    assert near.bayes_noise == pytest.approx(float(CLEAN.law().population().bayes_noise), rel=5e-3)
    assert near.class_floor == pytest.approx(float(CLEAN.law().population().class_floor), rel=2e-2)


def test_any_representation_is_scored_under_t_noise() -> None:
    """Nodes of a representation at hand are t points too: psi* handed over as a stranger has e_apx = 0."""
    p = StudentTails(SMALL, nu=3.0).law().population()
    assert p.approximation_error(lambda x1: p.psi_star(x1)) < 1e-9
    bounded = p.approximation_error(lambda x1: np.tanh(x1))
    sample = StudentTails(SMALL, nu=3.0).law().sample(100_000, np.random.default_rng(2))
    columns = np.c_[np.ones(100_000), np.tanh(sample.x1)]
    f = p.f_star(sample.x1)
    rest = f - columns @ np.linalg.lstsq(columns, f, rcond=None)[0]
    square = np.sum(rest**2, axis=-1)
    assert abs(square.mean() - bounded) < z_limit(1) * square.std() / 100_000**0.5 + 0.01 * bounded


def test_what_has_no_closed_form_is_refused() -> None:
    edge = DirectEdge(CLEAN, rho=0.5).law()
    assert isinstance(edge, GaussianMixture)
    for make in (SquaredMixture, StudentMixture):
        with pytest.raises(ValueError, match="dependent within states"):
            make(edge)
        with pytest.raises(ValueError, match="a GaussianMixture is needed"):
            make(3)
    with pytest.raises(ValueError, match=r"nu = 2\.0: a finite number above 2"):
        StudentMixture(CLEAN.law(), 2.0)
    stack = StudentTails(CleanMixture()).law(np.random.default_rng(0), 3)
    with pytest.raises(ValueError, match="draw rows from one"):
        stack.sample(3, np.random.default_rng(0))
    with pytest.raises(ValueError, match="repeats is for laws without leading axes"):
        stack.moments(3, np.random.default_rng(0), 2)
