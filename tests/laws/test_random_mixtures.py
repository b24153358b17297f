"""Identities and inequalities of the population on random mixtures: in closed form, so to rounding."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testbed.data import LinearMap
from testbed.laws import GaussianMixture

seeds = st.integers(0, 10**6)
small = settings(max_examples=150)


def mixture(seed: int, k: int, m: int, leak: float, d2_extra: int = 0) -> GaussianMixture:
    """k classes of m states, a common covariance that is not isotropic, and a leak of x1 into x2 within states."""
    rng = np.random.default_rng(seed)
    d1, d2 = int(rng.integers(1, 5)), int(rng.integers(1, 5)) + d2_extra
    root1, root2 = (np.eye(d) + 0.4 * rng.normal(size=(d, d)) for d in (d1, d2))
    c11, slope = root1 @ root1.T, leak * rng.normal(size=(d2, d1))
    covariance = np.block([[c11, c11 @ slope.T], [slope @ c11, slope @ c11 @ slope.T + root2 @ root2.T]])
    p, mean = rng.dirichlet(np.full(k * m, 3.0)), rng.normal(size=(1, k * m, d1 + d2))
    return GaussianMixture(p, mean, covariance, d1, np.repeat(np.arange(k), m))[0]  # a cut: integrals of few points


def moments_of_states(law: GaussianMixture) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Covariances of (x1, x2), and between the one-hot code of the state and (x1, x2), written out state by state."""
    p, mean = law.probability, law.mean
    centre = sum(p[s] * mean[s] for s in range(len(p)))
    total = sum(p[s] * (law.covariance + np.outer(mean[s] - centre, mean[s] - centre)) for s in range(len(p)))
    code = np.array([p[s] * (mean[s] - centre) for s in range(len(p))])
    return total, code, np.diag(p) - np.outer(p, p)


@small
@given(seeds, st.integers(2, 5), st.integers(1, 3), st.floats(0.0, 2.0))
def test_linear_violation_is_a_partial_covariance(seed: int, k: int, m: int, leak: float) -> None:
    """I4, Definition 4.1: |S11^-1/2 S_{12 | onehot(state)}|_F, partialled out through the singular one-hot code."""
    law = mixture(seed, k, m, leak)
    total, code, square = moments_of_states(law)
    d1, label = law.d1, np.eye(k)[law.label]
    for given_, c, s in (("yz", code, square), ("y", label.T @ code, label.T @ square @ label)):
        partial = total - c.T @ np.linalg.pinv(s, rcond=1e-12) @ c
        cross = partial[:d1, d1:]
        expected = np.sqrt(np.trace(cross.T @ np.linalg.solve(total[:d1, :d1], cross)))
        np.testing.assert_allclose(law.population().epsilon_ci("linear", given_), expected, atol=1e-9)


@small
@given(seeds, st.integers(2, 5), st.integers(1, 3), st.floats(0.0, 2.0), st.floats(0.0, 3.0))
def test_theorem_4_2_for_any_affine_representation(seed: int, k: int, m: int, leak: float, miss: float) -> None:
    """I6: e_apx(psi~) - e_apx(x1) <= (eps_CI + eps_pre)^2 / beta^2, with and without intercept, for any affine psi~."""
    law = mixture(seed, k, m, leak, d2_extra=2)
    truth, rng = law.population(), np.random.default_rng(seed + 1)
    best = truth.linear_psi_star
    away = LinearMap(miss * rng.normal(size=best.weight.shape), miss * rng.normal(size=best.offset.shape))
    psi = LinearMap(best.weight + away.weight, best.offset + away.offset)
    spread = float(np.trace(away.weight.T @ truth.s11 @ away.weight))
    level = float(np.sum((truth.mean1 @ away.weight + away.offset) ** 2))
    for intercept, square in ((True, spread), (False, spread + level)):
        beta = float(truth.beta(intercept))
        if beta > 0.0:
            excess = float(truth.approximation_error(psi, intercept) - truth.class_floor)
            bound = (float(truth.epsilon_ci("linear")) + np.sqrt(square)) ** 2 / beta**2
            assert excess <= bound * (1.0 + 1e-9) + 1e-9, (intercept, excess, bound)


@small
@given(seeds, st.integers(2, 5), st.integers(1, 3), st.booleans())
def test_lemma_3_4_of_the_linear_class(seed: int, k: int, m: int, intercept: bool) -> None:
    """I9 and I3: independent views and a solvable W'A_bar = M make linear psi* as good as x1; otherwise it is not."""
    truth = mixture(seed, k, m, 0.0, d2_extra=int(seed % 9)).population()
    rows = np.c_[truth.A_bar, np.ones(k * m)] if intercept else truth.A_bar
    weight = np.linalg.lstsq(rows, truth.M.T, rcond=None)[0]
    solvable = np.abs(rows @ weight - truth.M.T).max() < 1e-9
    assert solvable == (float(truth.beta(intercept)) > 0.0)
    psi = truth.linear_psi_star
    copy = LinearMap(psi.weight, psi.offset)  # nothing is known of it but its numbers
    excess = float(truth.approximation_error(copy, intercept) - truth.class_floor)
    assert excess > -1e-9
    assert float(truth.approximation_error(psi, intercept) - truth.class_floor) == pytest.approx(excess, abs=1e-9)
    if solvable:
        assert excess < 1e-7 / min(1.0, float(truth.beta(intercept))) ** 2


@small
@given(seeds, st.integers(2, 5), st.integers(1, 3), st.floats(0.0, 2.0), st.booleans())
def test_read_outs_are_ordered(seed: int, k: int, m: int, leak: float, intercept: bool) -> None:
    """No representation beats its class, an intercept never hurts, and a larger rank is never worse for x2."""
    truth = mixture(seed, k, m, leak, d2_extra=1).population()
    error = truth.approximation_error
    x1 = LinearMap.identity(truth.s11.shape[0])
    with_, without = (float(error(truth.linear_psi_star, i)) for i in (True, False))
    assert float(truth.class_floor) - 1e-10 <= float(error(x1, True)) <= float(truth.class_floor) + 1e-10
    assert float(truth.class_floor) - 1e-10 <= with_ <= without + 1e-10
    assert with_ <= float(truth.baseline_risk) + float(truth.se["class_floor"]) * 40.0 + 1e-9
    losses = []
    for rank in range(1, truth.s12.shape[1] + 1):
        psi = truth.reduced_psi_star(rank, intercept)
        assert np.linalg.matrix_rank(psi.weight, tol=1e-8) <= rank
        gap = LinearMap(psi.weight - truth.linear_psi_star.weight, psi.offset - truth.linear_psi_star.offset)
        level = truth.mean1 @ gap.weight + gap.offset
        losses.append(float(np.trace(gap.weight.T @ truth.s11 @ gap.weight) + level @ level))
    assert all(later <= earlier + 1e-9 for earlier, later in pairwise(losses))


@small
@given(seeds, st.integers(2, 4), st.floats(0.0, 1.5))
def test_affine_predictors_are_scored_by_their_second_moments(seed: int, k: int, leak: float) -> None:
    """distance_to_linear against E|f*_H|^2 - 2 E f*_H'g + E|g|^2 written out in second moments of (1, x1)."""
    law = mixture(seed, k, 2, leak)
    truth, rng = law.population(), np.random.default_rng(seed)
    g = LinearMap(rng.normal(size=(law.d1, k)), rng.normal(size=k))
    second = np.block([[np.ones((1, 1)), truth.mean1[None]],
                       [truth.mean1[:, None], truth.s11 + np.outer(truth.mean1, truth.mean1)]])  # fmt: skip
    gap = np.vstack([g.offset - truth.linear_f_star.offset, g.weight - truth.linear_f_star.weight])
    np.testing.assert_allclose(truth.distance_to_linear(g), np.trace(gap.T @ second @ gap), rtol=1e-9, atol=1e-10)
    constant = LinearMap(np.zeros((law.d1, k)), truth.mean_y)
    np.testing.assert_allclose(
        truth.distance_to_linear(constant) + truth.class_floor + truth.bayes_noise,
        np.trace(truth.syy),
        atol=40.0 * float(np.hypot(truth.se["class_floor"], truth.se["bayes_noise"])) + 1e-9,
    )


def test_an_intercept_rescues_affine_rank() -> None:
    """I2: Example 3.1 of the paper has rank(A) = 1 < k = 2, but affinely independent rows."""
    truth = GaussianMixture([0.4, 0.6], [[0.0, 0.0, 1.0], [1.0, 1.0, 2.0]], np.eye(3), 2).population()
    assert float(truth.beta(False)) == 0.0
    assert float(truth.beta(True)) == pytest.approx(np.sqrt(0.5), abs=1e-12)
    assert float(truth.approximation_error(truth.psi_star, True)) < 1e-12
    assert float(truth.approximation_error(truth.psi_star, False)) > 1e-3


def test_rank_of_x2_bounds_what_it_can_tell() -> None:
    """V4 and V6: four classes whose means in x2 span a line; e_apx of I3, and beta is 0 with the reason why."""
    line = np.outer([0.0, 1.0, 2.0, 3.0], [1.0, -1.0])
    mean = np.hstack([np.random.default_rng(0).normal(size=(4, 3)), line])
    law = GaussianMixture(np.full(4, 0.25), mean, np.eye(5), 3)
    truth = law.population()
    assert float(truth.beta(False)) == float(truth.beta(True)) == 0.0
    x1 = law.sample(200_000, np.random.default_rng(1)).x1
    fbar = truth.posterior(x1)
    s = np.cov(fbar.T, bias=True)
    expected = np.trace(s - s @ line @ np.linalg.pinv(line.T @ s @ line, rcond=1e-9) @ line.T @ s)
    assert float(truth.approximation_error(truth.psi_star, True)) == pytest.approx(expected, rel=0.02)
    with pytest.raises(ValueError, match="given = 'z'"):
        truth.beta(given="z")
    with pytest.raises(ValueError, match="given = 'z'"):
        truth.epsilon_ci("linear", "z")
    with pytest.raises(ValueError, match="feature_class = 'all'"):
        truth.epsilon_ci("all")
