"""InfoNCE with K negatives at the population: against enumeration, the logistic form, the limit, and what it loses."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from testbed.generators import CleanFinite
from testbed.pretexts import ACE, Contrastive
from testbed.pretexts.negatives import infonce_risk, infonce_scores


def drawn(seed: int, size: tuple[int, int] = (4, 5), spread: float = 1.5) -> tuple[np.ndarray, np.ndarray]:
    """Scores, and masses of pairs."""
    rng = np.random.default_rng(seed)
    return spread * rng.standard_normal(size), rng.dirichlet(np.ones(size[0] * size[1])).reshape(size)


def enumerated(scores: np.ndarray, p12: np.ndarray, k: int) -> float:
    """The risk, less log K, as a sum over all negatives."""
    p2, total = p12.sum(axis=0), 0.0
    for a, b in product(*map(range, p12.shape)):
        for others in product(range(len(p2)), repeat=k):
            whole = np.exp(scores[a, b]) + np.exp(scores[a, list(others)]).sum()
            total += p12[a, b] * p2[list(others)].prod() * (np.log(whole) - scores[a, b])
    return float(total - np.log(k))


@pytest.mark.parametrize("spread", [0.1, 1.5, 8.0])
@pytest.mark.parametrize("k", [1, 2, 3])
def test_it_is_enumeration(k: int, spread: float) -> None:
    for seed in range(5):
        scores, p12 = drawn(seed, spread=spread)
        known = enumerated(scores, p12, k)
        assert abs(infonce_risk(scores, p12, k)[0] - known) < 1e-12 * max(1.0, spread)


def test_one_negative_is_the_logistic_form() -> None:
    scores, p12 = drawn(1)
    gap = scores[:, :, None] - scores[:, None, :]
    logistic = np.einsum("ab,c,abc->", p12, p12.sum(axis=0), np.logaddexp(0.0, -gap))
    assert infonce_risk(scores, p12, 1)[0] == pytest.approx(logistic, abs=1e-12)


def test_many_negatives_are_the_limit() -> None:
    scores, p12 = drawn(2)
    limit = infonce_risk(scores, p12, np.inf)[0]
    errors = [abs(infonce_risk(scores, p12, k)[0] - limit) for k in (4096, 8192)]
    assert errors[0] < 1e-3 and errors[1] == pytest.approx(errors[0] / 2.0, rel=0.01)


@pytest.mark.parametrize("k", [1, 2, 64, 4096, np.inf])
def test_its_gradient(k: float) -> None:
    scores, p12 = drawn(3)
    direction = np.random.default_rng(5).standard_normal(scores.shape)
    ahead, behind = (infonce_risk(scores + step * direction, p12, k)[0] for step in (1e-5, -1e-5))
    slope = (infonce_risk(scores, p12, k)[1] * direction).sum()
    assert slope == pytest.approx((ahead - behind) / 2e-5, abs=1e-9)


@pytest.mark.parametrize("k", [0, -1, 0.5, 1.5, float("nan")])
def test_fewer_than_one_negative_are_refused(k: float) -> None:
    with pytest.raises(ValueError, match=r"negatives = .*at least 1"):
        infonce_risk(*drawn(0), k)


@pytest.mark.parametrize("far", [600.0, 700.0, 2000.0])
def test_scores_far_apart_as_a_descent_may_try_them(far: float) -> None:
    scores, p12 = np.array([[far, 0.0], [far, 0.0]]), np.full((2, 2), 0.25)
    gap = scores[:, :, None] - scores[:, None, :]
    logistic = np.einsum("ab,c,abc->", p12, p12.sum(axis=0), np.logaddexp(0.0, -gap))
    risk, slope = infonce_risk(scores, p12, 1)
    assert risk == pytest.approx(logistic, rel=1e-12)
    np.testing.assert_allclose(slope, [[0.125, -0.125]] * 2, atol=1e-12)


def test_scores_of_another_shape_and_a_rank_of_0_are_refused() -> None:
    scores, p12 = drawn(0)
    for wrong in (scores.T, scores[0], np.full_like(scores, np.nan)):
        with pytest.raises(ValueError, match="must be finite and of the shape"):
            infonce_risk(wrong, p12, 2)
    with pytest.raises(ValueError, match="rank = 0"):
        infonce_scores(p12, 2, 0)


def test_at_full_rank_the_optimum_is_the_log_ratio_for_every_number_of_negatives() -> None:
    _, p12 = drawn(4, (3, 3))
    p12 = 0.5 * p12 + 0.5 / 9.0
    known = np.log(p12 / p12.sum(axis=0))
    for k in (1, 8):
        f, g = infonce_scores(p12, k, 3, starts=2, weight=0.0)
        difference = f @ g.T - known
        np.testing.assert_allclose(difference - difference.mean(axis=1, keepdims=True), 0.0, atol=1e-4)


def test_at_the_rank_of_the_ratio_the_spectral_loss_loses_nothing_and_infonce_does() -> None:
    law = CleanFinite(k=3, structure_seed=1).law()
    truth = law.population()
    assert truth.approximation_error(ACE(2).optimum(law)) < 1e-12
    f, _ = infonce_scores(truth.p12, 4, 2, starts=2)
    root = np.sqrt(truth.p12.sum(axis=1))[:, None]
    design, label = root * np.c_[np.ones(len(f)), f], root * truth.f_star(truth.points1)
    lost = label - design @ np.linalg.lstsq(design, label, rcond=None)[0]
    assert (lost**2).sum() > 1e-5


def test_the_learner_solves_the_population_and_its_default_is_the_limit() -> None:
    law = CleanFinite(k=2, m=1, s1=5, s2=4, structure_seed=2).law()
    truth = law.population()
    psi = Contrastive("infonce", 2, negatives=3).optimum(law)
    f, g = infonce_scores(truth.p12, 3, 2)
    limit = Contrastive("infonce", 2).optimum(law)
    for learnt, encoder in ((psi, f), (limit, infonce_scores(truth.p12, np.inf, 2)[0])):
        found = learnt(truth.points1)  # type: ignore[operator]
        np.testing.assert_allclose(found @ found.T, encoder @ encoder.T, atol=1e-4)  # equal but for a rotation
        assert abs(found[:, 0] @ found[:, 1]) < 1e-12
    ratio = np.log(truth.p12 / np.outer(truth.p12.sum(axis=1), truth.p12.sum(axis=0)))
    best, found = infonce_risk(ratio, truth.p12, 3)[0], infonce_risk(f @ g.T, truth.p12, 3)[0]
    independent = infonce_risk(np.zeros_like(ratio), truth.p12, 3)[0]
    assert best <= found + 1e-12 and found < independent


def test_what_it_learns_from_counts_lies_between_its_optimum_and_no_task_at_all() -> None:
    """The mean of e_apx over 16 draws is not below the optimum's by four standard errors (false alarm 6e-5), nor above
    the risk of the best constant."""
    law = CleanFinite(k=2, m=1, s1=5, s2=4, structure_seed=2).law()
    truth, rng = law.population(), np.random.default_rng(0)
    task = Contrastive("infonce", 1, negatives=2)
    optimum = float(truth.approximation_error(task.optimum(law)))
    learnt = [
        float(truth.approximation_error(task.fit(law.sample(500, rng, weighted=True), law, rng))) for _ in range(16)
    ]
    error = np.std(learnt, ddof=1) / np.sqrt(len(learnt))
    spread = truth.p1 @ (truth.f_star(truth.points1) - truth.mean_y) ** 2
    assert optimum - 4.0 * error <= np.mean(learnt) <= spread.sum()
    near = task.fit(law.sample(10**7, rng, weighted=True), law, rng)
    assert float(truth.approximation_error(near)) == pytest.approx(optimum, abs=1e-3)
