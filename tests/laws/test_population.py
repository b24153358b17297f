"""The exact truth of a mixture against identities, inequalities, closed forms and brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from testbed.data import Chain, LinearMap
from testbed.generators import LeeMixture
from testbed.laws import Finite, GaussianMixture, Law
from testbed.laws.finite_population import FinitePopulation
from tests.laws.units_ import exact_laws, integrated_laws
from tests.statistics_ import assert_means


def mixture(seed: int, k: int, m: int, leak: float, spread: float = 1.5) -> GaussianMixture:
    """k classes of m states in few dimensions, with a leak of x1 into x2 within states."""
    rng = np.random.default_rng(seed)
    d1, d2 = int(rng.integers(1, 5)), int(rng.integers(1, 7))
    leaking = leak * rng.normal(size=(d2, d1))
    covariance = np.block([[np.eye(d1), leaking.T], [leaking, leaking @ leaking.T + np.eye(d2)]])
    probability = rng.dirichlet(np.full(k * m, 3.0))
    mean = spread * rng.normal(size=(k * m, d1 + d2))
    return GaussianMixture(probability, mean, covariance, d1, np.repeat(np.arange(k), m))


seeds = st.integers(0, 10**6)


@given(seeds, st.integers(2, 4), st.integers(1, 2))
def test_identity_of_conditional_independence(seed: int, k: int, m: int) -> None:
    """I3: without a leak psi*(x1) = A_bar' fbar(x1), and without a latent psi* = A' f* (I1)."""
    law = mixture(seed, k, m, leak=0.0)
    truth, x1 = law.population(), law.sample(20, np.random.default_rng(seed)).x1
    np.testing.assert_allclose(truth.psi_star(x1), truth.posterior(x1) @ truth.A_bar, atol=1e-9)
    assert truth.epsilon_ci("linear") < 1e-9
    assert truth.epsilon_ci("universal") < 1e-9
    if m == 1:
        np.testing.assert_allclose(truth.psi_star(x1), truth.f_star(x1) @ truth.A, atol=1e-9)
    for intercept in (False, True):
        if truth.beta(intercept) > 1e-3:
            assert truth.approximation_error(truth.psi_star, intercept) < 1e-9
            if intercept:  # I9
                excess = truth.approximation_error(truth.linear_psi_star, True) - truth.class_floor
                assert abs(excess) < 1e-9


@given(seeds, st.integers(2, 4), st.integers(1, 2), st.floats(0.05, 2.0))
def test_bound_of_theorem_4_2_holds_without_constants(seed: int, k: int, m: int, leak: float) -> None:
    """I6 with psi~ = psi*: e_apx(psi*) - e_apx(phi1) <= eps_CI^2 / beta^2 in both classes, wherever beta > 0."""
    truth = mixture(seed, k, m, leak).population()
    floor = truth.class_floor
    for intercept in (False, True):
        beta = float(truth.beta(intercept))
        if beta == 0.0:
            continue
        bound = (truth.epsilon_ci("linear") / beta) ** 2
        excess = truth.approximation_error(truth.linear_psi_star, intercept) - floor
        assert excess <= bound + 1e-9
        slack = 3e-3 * (1.0 + (truth.epsilon_ci("universal") / beta) ** 2)  # both sides are integrals here
        universal = truth.approximation_error(truth.psi_star, intercept)
        assert universal <= (truth.epsilon_ci("universal") / beta) ** 2 + slack


@given(seeds, st.integers(2, 4))
def test_beta_is_a_singular_value(seed: int, k: int) -> None:
    """I5 without a latent: sigma_k(A), and with an intercept sigma_{k-1} of the centred rows; 0 where rank is lost."""
    truth = mixture(seed, k, 1, 0.0).population()
    for intercept, rows, place in ((False, truth.A, k), (True, truth.A - truth.A.mean(axis=0), k - 1)):
        s = np.linalg.svd(rows, compute_uv=False)
        expected = s[place - 1] if len(s) >= place and truth.A.shape[1] >= place else 0.0
        np.testing.assert_allclose(truth.beta(intercept), expected, atol=1e-8)


@pytest.mark.parametrize(("alpha", "near"), [(0.1, 0.330), (0.25, 2.06), (0.5, 8.25), (1.0, 33.0)])
def test_printed_violation_has_its_closed_form(alpha: float, near: float) -> None:
    """T7: eps_CI^2 = alpha^2 tr((S11^-1)[:d2, :d2]) for each structure, and its mean over structures at k = 10."""
    truth = LeeMixture(k=10, alpha=alpha).law(np.random.default_rng(0), 64).population()
    closed = alpha**2 * np.trace(np.linalg.inv(truth.s11)[:, :40, :40], axis1=-2, axis2=-1)
    np.testing.assert_allclose(truth.epsilon_ci("linear") ** 2, closed, rtol=1e-9)
    assert closed.mean() == pytest.approx(near, rel=0.01)


@pytest.mark.parametrize(("k", "near"), [(2, 0.026), (5, 0.085), (10, 0.143), (20, 0.23), (30, 0.28)])
def test_bayes_noise_of_overlapping_classes(k: int, near: float) -> None:
    """T2: on [0, 1.5) the noise is near these values; at the printed scale it is 0, and certified so."""
    truth = LeeMixture(k=k, scale=1.5).law(np.random.default_rng(0), 64).population()
    spread = truth.bayes_noise.std(ddof=1)
    assert abs(truth.bayes_noise.mean() - near) < 6.0 * spread / 8.0 + 0.005
    assert truth.se["bayes_noise"].mean() < spread / 5.0
    printed = LeeMixture(k=k).law(np.random.default_rng(0), 4).population()
    assert np.all(printed.bayes_noise == 0.0)
    assert np.all(printed.se["bayes_noise"] == 0.0)


@pytest.mark.parametrize("m", [1, 2])
def test_integrals_agree_with_brute_force(m: int) -> None:
    law = mixture(11, 3, m, leak=0.6)
    truth, rng = law.population(), np.random.default_rng(3)
    x1 = law.sample(200_000, rng).x1
    f, psi = truth.f_star(x1), truth.psi_star(x1)
    assert_means(np.sum(f * (1.0 - f), axis=1), float(truth.bayes_noise))
    assert_means(np.sum((f - truth.linear_f_star(x1)) ** 2, axis=1), float(truth.class_floor))
    for given_, means in (("yz", truth.posterior(x1) @ truth.A_bar), ("y", f @ truth.A)):
        assert_means(np.sum((psi - means) ** 2, axis=1), float(truth.epsilon_ci("universal", given_)) ** 2)
    weight = np.linalg.lstsq(np.c_[np.ones(len(psi)), psi], f, rcond=None)[0]
    residual = np.sum((f - np.c_[np.ones(len(psi)), psi] @ weight) ** 2, axis=1)
    assert float(truth.approximation_error(truth.psi_star)) == pytest.approx(residual.mean(), rel=0.02, abs=1e-9)
    by_callable = truth.approximation_error(lambda x: truth.psi_star(x))
    assert float(by_callable) == pytest.approx(residual.mean(), rel=0.05, abs=1e-9)
    rotation = np.linalg.qr(np.random.default_rng(0).normal(size=(psi.shape[1],) * 2))[0]
    rotated = Chain(truth.psi_star, LinearMap(rotation, np.zeros(psi.shape[1])))
    np.testing.assert_allclose(truth.approximation_error(rotated), truth.approximation_error(truth.psi_star), rtol=1e-8)


@pytest.mark.parametrize("intercept", [False, True])
def test_error_of_a_linear_representation_against_rows(intercept: bool) -> None:
    law = mixture(4, 3, 1, leak=0.5)
    truth, rng = law.population(), np.random.default_rng(8)
    psi = LinearMap(rng.normal(size=(law.d1, 2)), rng.normal(size=2))
    x1 = law.sample(400_000, rng).x1
    features = np.c_[psi(x1), np.ones(len(x1))] if intercept else psi(x1)
    best = truth.linear_f_star(x1)
    residual = best - features @ np.linalg.lstsq(features, best, rcond=None)[0]
    excess = truth.approximation_error(psi, intercept) - truth.class_floor
    assert float(excess) == pytest.approx(np.sum(residual**2, axis=1).mean(), rel=0.02, abs=1e-9)


def test_one_covariance_or_one_each_is_the_same_law() -> None:
    shared = LeeMixture(k=3, d1=4, d2=3, alpha=0.4, scale=2.0, structure_seed=2).law()
    each = GaussianMixture(shared.probability, shared.mean, np.repeat(shared.covariance[None], 3, axis=0), 4)
    a, b, x1 = shared.population(), each.population(), shared.sample(10, np.random.default_rng(0)).x1
    np.testing.assert_allclose(a.f_star(x1), b.f_star(x1), atol=1e-12)
    np.testing.assert_allclose(a.psi_star(x1), b.psi_star(x1), atol=1e-12)
    np.testing.assert_allclose(a.epsilon_ci("linear"), b.epsilon_ci("linear"), rtol=1e-9)
    assert float(b.bayes_noise) == pytest.approx(float(a.bayes_noise), rel=0.01)
    assert float(b.epsilon_ci("universal")) == pytest.approx(float(a.epsilon_ci("universal")), rel=0.01)


@pytest.mark.parametrize("scale", [1.5, 10.0])
def test_stacking_never_changes_bits(scale: float) -> None:
    stack = LeeMixture(k=4, d1=7, d2=5, alpha=0.3, scale=scale).law(np.random.default_rng(0), 64)
    whole, one = stack.population(), stack[17:18].population()
    for name in ("bayes_noise", "class_floor", "A", "s11", "baseline_risk"):
        assert np.array_equal(getattr(whole, name)[17:18], getattr(one, name)), name
    for feature_class in ("linear", "universal"):
        assert np.array_equal(whole.epsilon_ci(feature_class)[17:18], one.epsilon_ci(feature_class))
    for psi in ("linear_psi_star", "psi_star"):
        a, b = (t.approximation_error(getattr(t, psi)) for t in (whole, one))
        assert np.array_equal(a[17:18], b), psi


def test_rounding_is_not_signal() -> None:
    """T28: where psi* is a constant its error is that of a constant, however the rounding falls."""
    law = GaussianMixture([0.5, 0.5], [[0.0, 1.0, 2.0, 3.0], [5.0, 1.0, 2.0, 3.0]], np.eye(4), 2)
    truth = law.population()
    assert np.all(truth.linear_psi_star.weight == 0.0)
    constant = float(truth.baseline_risk)
    assert float(truth.approximation_error(truth.linear_psi_star)) == pytest.approx(constant, rel=1e-3)
    assert float(truth.approximation_error(truth.psi_star)) == pytest.approx(constant, rel=1e-3)
    assert truth.beta(True) == 0.0


@pytest.mark.parametrize("alpha", [0.05, 0.5, 1.0])
def test_oracle_at_the_printed_scale_has_its_closed_form(alpha: float) -> None:
    """psi* = mu2_y + alpha e1 cut to d2, f* the one-hot label: plain second moments, for every structure of a stack."""
    law = LeeMixture(k=10, alpha=alpha).law(np.random.default_rng(1), 6)
    truth, k = law.population(), 10
    assert np.all(truth.certified)
    for r, mean in enumerate(law.mean):
        mu2 = mean[:, 50:]
        centred = mu2 - mu2.mean(axis=0)
        for intercept, rows, risk in ((True, centred, 1.0 - 1.0 / k), (False, mu2, 1.0)):
            second = rows.T @ rows / k + alpha**2 * np.eye(40)
            cross = rows.T @ (np.eye(k) - intercept / k) / k
            expected = risk - np.trace(cross.T @ np.linalg.solve(second, cross))
            np.testing.assert_allclose(truth.approximation_error(truth.psi_star, intercept)[r], expected, atol=1e-9)


@pytest.mark.parametrize("intercept", [False, True])
def test_a_stack_of_certified_and_other_structures_keeps_every_bit(intercept: bool) -> None:
    """Each structure goes by its own tier: closed form where the posterior is one-hot, nodes elsewhere."""
    means = np.random.default_rng(2).normal(size=(4, 3, 7)) * np.array([0.5, 40.0, 1.0, 50.0])[:, None, None]
    stack = GaussianMixture(np.full(3, 1.0 / 3.0), means, np.eye(7) + 0.2, 4)
    truth = stack.population()
    assert truth.certified.tolist() == [False, True, False, True]
    whole = truth.approximation_error(truth.psi_star, intercept)
    for r in range(4):
        one = stack[r : r + 1].population()
        assert np.array_equal(whole[r : r + 1], one.approximation_error(one.psi_star, intercept)), r


@pytest.mark.parametrize("name", ["finite", "gaussian", "clean", "student", "squared", "shifted"])
def test_the_truth_of_every_law_is_computed_once_and_holds_no_law(name: str) -> None:
    law = (exact_laws() | integrated_laws())[name]
    truth = law.population()
    assert law.population() is truth
    assert not [held for held in vars(truth).values() if isinstance(held, Law)]


def test_a_law_from_outside_computes_its_truth_once_too() -> None:
    computed = []

    class Counted(Finite):
        def population(self) -> FinitePopulation:
            computed.append(self)
            return super().population()

    table = np.full((2, 1, 2, 2), 1.0 / 8.0)
    law = Counted(table, np.eye(2), np.eye(2))
    assert law.population() is law.population()
    assert computed == [law]
