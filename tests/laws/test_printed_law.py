"""The printed simulation, against its recipe simulated literally, and where its truth is certified."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t as student

from testbed.generators import LeeMixture, vary
from testbed.laws import GaussianMixture
from tests.statistics_ import SHARE, assert_means


@pytest.mark.parametrize(("d1", "d2"), [(5, 2), (2, 5), (3, 3)])
@pytest.mark.parametrize("alpha", [0.0, 0.3, 1.0])
def test_rows_follow_the_recipe(d1: int, d2: int, alpha: float) -> None:
    """X2 = (1 - alpha) X2hat + alpha X1, cut to d2 coordinates or followed by zeros; rate 1e-8 a comparison."""
    law = LeeMixture(k=3, d1=d1, d2=d2, alpha=alpha, scale=4.0, structure_seed=5).law()
    without = LeeMixture(k=3, d1=d1, d2=d2, alpha=0.0, scale=4.0, structure_seed=5).law()
    rng, n = np.random.default_rng(0), 60_000
    y = rng.integers(3, size=n)
    x1 = without.mean[y, :d1] + rng.normal(size=(n, d1))
    x2hat = without.mean[y, d1:] + rng.normal(size=(n, d2))
    carried = x1[:, :d2] if d1 >= d2 else np.hstack([x1, np.zeros((n, d2 - d1))])
    literal = np.hstack([x1, (1.0 - alpha) * x2hat + alpha * carried])
    sample = law.sample(n, np.random.default_rng(1))
    ours = np.hstack([sample.x1, sample.x2])
    for label in range(3):
        a, b = literal[y == label], ours[sample.y[:, label] == 1.0]
        assert_means(a - law.mean[label], 0.0)
        centred = [v - law.mean[label] for v in (a, b)]
        for v in centred:
            assert_means(v[:, :, None] * v[:, None, :], law.covariance)
    if alpha == 1.0:
        np.testing.assert_allclose(sample.x2, carried_of(sample.x1, d2), atol=1e-9)


def carried_of(x1: np.ndarray, d2: int) -> np.ndarray:
    return np.hstack([x1[:, :d2], np.zeros((len(x1), max(0, d2 - x1.shape[1])))])


def test_centres_fill_their_cube_and_are_common_along_the_leak() -> None:
    laws = [LeeMixture(k=4, d1=3, d2=2, scale=7.0, alpha=alpha).law(np.random.default_rng(3), 500) for alpha in (0, 1)]
    centres = laws[0].mean
    assert centres.min() >= 0.0 and centres.max() < 7.0
    flat = centres.reshape(500 * 4, 5) / 7.0
    assert_means(flat, 0.5)
    assert_means(flat**2, 1.0 / 3.0)
    assert np.array_equal(laws[0].mean[..., :3], laws[1].mean[..., :3])
    np.testing.assert_allclose(laws[1].mean[..., 3:], laws[0].mean[..., :2], atol=1e-12)


def test_a_seed_freezes_the_structure() -> None:
    first, again, other = (LeeMixture(k=4, structure_seed=s).law() for s in (1, 1, 2))
    assert np.array_equal(first.mean, again.mean)
    assert not np.array_equal(first.mean, other.mean)
    with pytest.raises(ValueError, match="redraws its structure"):
        LeeMixture(k=4).law()
    a, b = (LeeMixture(k=4).law(np.random.default_rng(s)).mean for s in (1, 2))
    assert not np.array_equal(a, b)
    grid = vary(LeeMixture, k=[2, 3], alpha=[0.0, 0.5], d1=6)
    assert [(g.k, g.alpha, g.d1) for g in grid] == [(2, 0.0, 6), (2, 0.5, 6), (3, 0.0, 6), (3, 0.5, 6)]
    for wrong, words in ({"colour": 1}, "no dial colour"), ({"k": []}, r"k = \[\]"):
        with pytest.raises(ValueError, match=words):
            vary(LeeMixture, **wrong)


def pair(distance: float, repeats: int = 0) -> GaussianMixture:
    """Two states at a distance in x1, with a leak, the direction drawn at random in each repetition."""
    rng = np.random.default_rng(0)
    direction = rng.normal(size=(max(repeats, 1), 3))
    direction *= distance / np.linalg.norm(direction, axis=-1, keepdims=True)
    mean = np.zeros((max(repeats, 1), 2, 5))
    mean[:, 1, :3], mean[:, 1, 3:] = direction, [1.0, -1.0]
    covariance = np.eye(5)
    covariance[0, 3] = covariance[3, 0] = 0.5
    return GaussianMixture([0.3, 0.7], mean if repeats else mean[0], covariance, 3)


def test_both_sides_of_the_certificate_agree() -> None:
    """The bound of the Bayes error crosses 1e-12 near a distance of 14.6: closed forms beyond, integrals below."""
    near, far = pair(14.5).population(), pair(14.7).population()
    assert not near.certified and far.certified
    assert float(far.se["class_floor"]) == 0.0 < float(near.se["class_floor"])
    assert 0.0 <= float(near.bayes_noise) < 1e-10
    assert float(far.bayes_noise) == 0.0
    assert float(near.class_floor) == pytest.approx(float(far.class_floor), rel=0.05)
    for given in ("y", "yz"):
        values = [float(p.epsilon_ci("universal", given)) for p in (near, far)]
        assert values[0] == pytest.approx(values[1], rel=0.01)
    values = [float(p.approximation_error(p.psi_star, True)) for p in (near, far)]
    assert values[0] == pytest.approx(values[1], rel=0.05)


def test_few_points_are_unbiased_and_know_their_error() -> None:
    """Where closed forms hold to 1e-9 but are not used, integrals scatter about them by their errors; rate 1e-8."""
    repeats = 400
    law = pair(12.5, repeats)
    truth = law.population()
    assert not truth.certified.any()
    closed = np.trace(truth.syy) - np.sum(truth.s1y * truth.linear_f_star.weight, axis=(-1, -2))
    gap, se = truth.class_floor - closed, truth.se["class_floor"]
    assert_means(gap, 0.0)
    assert np.sqrt(np.mean(gap**2) / np.mean(se**2)) == pytest.approx(1.0, abs=0.3)
    assert np.max(np.abs(gap) / se) < student.isf(SHARE / repeats / 2.0, 7)  # eight shifts


def test_standard_errors_come_without_asking_for_their_quantity() -> None:
    fresh, asked = pair(3.0).population(), pair(3.0).population()
    for name, value in (
        ("bayes_noise", asked.bayes_noise),
        ("epsilon_ci_universal_y", asked.epsilon_ci("universal", "y")),
    ):
        assert value > 0.0
        assert float(fresh.se[name]) == float(asked.se[name]) > 0.0
    with pytest.raises(KeyError, match="beta is in closed form"):
        fresh.se["beta"]
