"""Violations of the rank of the conditional means and of their conditioning: V4, V5, V6, V8 and its remedies."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.linalg import pinvh

from testbed.generators import (
    CanonicalTarget,
    CleanFinite,
    CleanGaussian,
    CleanMixture,
    LowRank,
    RandomSign,
    TruncateTarget,
)
from testbed.laws.finite_population import FinitePopulation
from testbed.laws.mixture_population import MixturePopulation
from tests.generators.common import CLEAN, FINITE, GAUSSIAN, LEE, e_apx, linear_excess, truth


def loss_of_rank(p: FinitePopulation, intercept: bool) -> float:
    """tr M [S - S A (A' S A)^+ A' S] M' of I3, with an absolute cutoff."""
    fbar = p.state_table - (p.p1 @ p.state_table if intercept else 0.0)
    s = (p.p1[:, None] * fbar).T @ fbar
    cross = s @ p.A_bar
    inverse = pinvh(p.A_bar.T @ cross, atol=1e-12 * float(p.second2), rtol=0.0)
    return float(np.trace(p.M @ (s - cross @ inverse @ cross.T) @ p.M.T))


@pytest.mark.parametrize("affine", [False, True])
@pytest.mark.parametrize("m", [1, 2])
@pytest.mark.parametrize("intercept", [False, True])
def test_v4_the_loss_of_rank(m: int, affine: bool, intercept: bool) -> None:
    base = CleanFinite(k=4, m=m, d2=10, structure_seed=2)
    states = 4 * m
    errors = []
    for r in range(states + (not affine)):
        p = truth(LowRank(base, r, affine))
        assert isinstance(p, FinitePopulation)
        ranks = p.ranks()
        assert (ranks.affine_rank if affine else ranks.rank) == r
        assert ranks.rank == r + affine
        errors.append(e_apx(LowRank(base, r, affine), intercept))
        assert errors[-1] == pytest.approx(loss_of_rank(p, intercept), abs=1e-9)
    assert errors[-1] < 1e-9 and errors[0] > 0.1
    assert all(a > b - 1e-12 for a, b in pairwise(errors))
    assert (errors[-2] < 1e-9) == (intercept and not affine)


def test_v4_in_a_mixture_and_a_gaussian_law() -> None:
    """The residual over the states' posteriors: I3's formula over the same nodes."""
    for r in range(4):
        law = LowRank(CLEAN, r).law()
        p = law.population()
        assert isinstance(p, MixturePopulation)
        mass = np.broadcast_to(p.arrays.probability[:, None, None], p._nodes.fbar.shape[:-1])
        fbar, weight = p._nodes.fbar.reshape(-1, 3), (mass / mass.sum(axis=(0, 1, 2)) * 1.0).ravel()
        s = (weight[:, None] * fbar).T @ fbar
        cross = s @ p.A_bar
        inverse = pinvh(p.A_bar.T @ cross, atol=1e-12 * float(p.second2), rtol=0.0)
        assert e_apx(LowRank(CLEAN, r)) == pytest.approx(np.trace(s - cross @ inverse @ cross.T), abs=1e-9)
    for r in range(3):
        q = truth(LowRank(GAUSSIAN, r))
        f = q.rows().f
        s = f.T @ f
        cross = s @ q.A_bar
        inverse = pinvh(q.A_bar.T @ cross, atol=1e-12 * float(q.second2), rtol=0.0)
        assert e_apx(LowRank(GAUSSIAN, r)) == pytest.approx(np.trace(s - cross @ inverse @ cross.T), abs=1e-9)
        np.testing.assert_allclose(q.s22 - q.A.T @ q.syy @ q.A, 4.0 * np.eye(6), atol=1e-9)
        np.testing.assert_allclose(q.epsilon_ci(), 0.0, atol=1e-9)


def test_example_3_1_of_the_paper() -> None:
    """Rank 1 < k = 2, rows mu and -mu: lost without an intercept, and no harm with one."""
    for base in (CleanMixture(k=2, structure_seed=1), CleanFinite(k=2)):
        p = truth(LowRank(base, 1))
        np.testing.assert_allclose(p.A[0], -p.A[1], atol=1e-12)
        assert p.ranks().rank == 1 and p.ranks().affine_rank == 1
        assert e_apx(LowRank(base, 1), intercept=False) > 0.1
        assert e_apx(LowRank(base, 1), intercept=True) < 1e-9
        assert p.beta(False) == 0.0 < p.beta(True)


@pytest.mark.parametrize("sigma_min", [1.0, 1e-1, 1e-2, 1e-3])
def test_v5_conditioning_alone_does_no_harm_at_the_population(sigma_min: float) -> None:
    mixture = CleanMixture(sigma_min=sigma_min, sigma_max=1.0, structure_seed=1)
    gaussian = CleanGaussian(k=3, sigma_min=sigma_min, sigma_max=1.0, structure_seed=1)
    for g in (mixture, gaussian):
        assert truth(g).beta() == pytest.approx(sigma_min, rel=1e-9)
        assert e_apx(g, False) < 1e-9 and e_apx(g, True) < 1e-9
        assert abs(linear_excess(g)) < 1e-9


def test_v6_fewer_coordinates_than_states() -> None:
    for base in (CLEAN, CleanFinite(k=3)):
        for intercept in (False, True):
            errors = [e_apx(TruncateTarget(base, d2), intercept) for d2 in (4, 3, 2, 1)]
            assert max(errors[:2]) < 1e-9
            assert (errors[2] < 1e-9) == intercept
            assert errors[3] > 0.05
    p, q = truth(GAUSSIAN), truth(TruncateTarget(GAUSSIAN, 1))
    np.testing.assert_array_equal(q.s12, p.s12[:, :1])
    assert e_apx(TruncateTarget(GAUSSIAN, 1)) > 0.1
    with pytest.raises(ValueError, match=r"d2 = 11: attainable with the base's d2 = 10: 1 to 10"):
        TruncateTarget(CLEAN, 11).law()


def test_v8_means_that_say_nothing_and_laws_that_say_everything() -> None:
    for base in (CLEAN, LEE, FINITE):
        g = RandomSign(base)
        p = truth(g)
        np.testing.assert_allclose(p.A_bar, 0.0, atol=1e-12)
        assert p.beta() == p.beta(True) == 0.0
        assert p.epsilon_ci("universal") < 1e-9
        assert e_apx(g, True) == pytest.approx(float(p.baseline_risk), abs=1e-9 + 6.0 * float(p.se["bayes_noise"]))
        np.testing.assert_allclose(p.bayes_noise, truth(base).bayes_noise, rtol=5e-3)
    assert e_apx(CanonicalTarget(RandomSign(FINITE), 3)) < 1e-9
    assert e_apx(CanonicalTarget(RandomSign(FINITE), 2), True) > 0.01
    p = truth(CanonicalTarget(RandomSign(FINITE), 3))
    assert p.epsilon_ci("universal") < 1e-9 < p.beta()
    assert e_apx(LowRank(CLEAN, 0, affine=True), True) == pytest.approx(float(truth(CLEAN).baseline_risk), rel=2e-3)


def test_v8_the_bound_of_the_singular_functions() -> None:
    base = CleanFinite(m=2, leak=0.3, structure_seed=3)
    p = truth(base)
    assert isinstance(p, FinitePopulation)
    for r in range(1, len(p.spectrum)):
        error = e_apx(CanonicalTarget(base, r))
        assert error == pytest.approx(float(p.approximation_error_table(p.canonical_features(r), False)), abs=1e-9)
        assert error <= p.landmark / (1.0 - p.spectrum[r] ** 2) + 1e-9
