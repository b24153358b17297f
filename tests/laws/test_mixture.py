"""Draws of the Gaussian mixture: rows and Moments have the law that the arrays say."""

from __future__ import annotations

import numpy as np
import pytest

from testbed.data import Moments
from testbed.generators import LeeMixture
from testbed.laws import GaussianMixture
from tests.statistics_ import assert_means, moments_of_rows


def unequal() -> GaussianMixture:
    """Three states, two classes, every state with a covariance of its own."""
    rng = np.random.default_rng(5)
    roots = rng.normal(size=(3, 5, 5)) / 2.0
    covariance = roots @ roots.swapaxes(-1, -2) + 0.3 * np.eye(5)
    return GaussianMixture([0.5, 0.2, 0.3], rng.normal(size=(3, 5)) * 2.0, covariance, 3, [0, 1, 1])


LAWS = [
    LeeMixture(k=3, d1=4, d2=2, alpha=0.3, scale=3.0, structure_seed=1).law(),
    LeeMixture(k=3, d1=2, d2=4, alpha=1.0, scale=3.0, structure_seed=1).law(),
    unequal(),
]


@pytest.mark.parametrize("law", LAWS)
def test_rows_have_the_means_and_covariances_of_their_states(law: GaussianMixture) -> None:
    sample = law.sample(40_000, np.random.default_rng(0))
    x = np.hstack([sample.x1, sample.x2])
    covariances = np.broadcast_to(law.covariance, (len(law.label), *law.covariance.shape[-2:]))
    assert_means(sample.y, law.population().mean_y)
    for s, mean in enumerate(law.mean):
        mine = (sample.y[:, law.label[s]] == 1.0) & ((sample.z == law.place[s]) if sample.z is not None else True)
        centred = x[mine] - mean
        assert_means(centred, 0.0)
        assert_means(centred[:, :, None] * centred[:, None, :], covariances[s])


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("n", [1, 2, 3, 5, 40])
def test_moments_have_the_law_of_the_moments_of_rows(law: GaussianMixture, n: int) -> None:
    """Means and squares of every entry, small n with empty states and singular scatters included; rate 1e-8 each."""
    repeats = 3000
    rng = np.random.default_rng(n)
    fast = law.moments(n, rng, repeats)
    slow = moments_of_rows(law, n, repeats, rng)
    for block in ("x1", "x2", "y"):
        assert_means(fast.mean[block] - slow.mean[block], 0.0)
        assert_means(fast.mean[block] ** 2 - slow.mean[block] ** 2, 0.0)
    for pair in fast.scatter:
        rows = slow.block(*pair)
        assert_means(fast.block(*pair) - rows, 0.0)
        assert_means(fast.block(*pair) ** 2 - rows**2, 0.0)


@pytest.mark.parametrize("law", LAWS)
def test_leaving_blocks_out_changes_no_other(law: GaussianMixture) -> None:
    whole = law.moments(50, np.random.default_rng(3), 4)
    without_square = law.moments(50, np.random.default_rng(3), 4, x2_square=False)
    assert ("x2", "x2") not in without_square.scatter
    for pair, value in without_square.scatter.items():
        assert np.array_equal(value, whole.block(*pair)), pair


def test_moments_add_like_rows() -> None:
    law, rng = LAWS[2], np.random.default_rng(1)
    a, b = law.sample(30, rng), law.sample(50, rng)
    together, apart = Moments.of(a + b), Moments.of(a) + Moments.of(b)
    for pair, value in together.scatter.items():
        np.testing.assert_allclose(apart.block(*pair), value, atol=1e-9)
    weighted = Moments.of_blocks({"x1": a.x1}, np.full(30, 3.0))
    np.testing.assert_allclose(weighted.block("x1", "x1"), 3.0 * Moments.of(a).block("x1", "x1"), atol=1e-9)


def test_size_does_not_matter() -> None:
    moments = LAWS[0].moments(10**9, np.random.default_rng(0), 3)
    truth = LAWS[0].population()
    np.testing.assert_allclose(moments.block("x1", "x2") / 1e9, np.broadcast_to(truth.s12, (3, 4, 2)), atol=2e-3)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"probability": [0.5, 0.6, 0.3]}, "sums to 1.4"),
        ({"probability": [0.9, -0.2, 0.3]}, "negative value -0.2"),
        ({"mean": np.full((3, 5), np.nan)}, "mean holds 15 values"),
        ({"mean": np.zeros((2, 5))}, r"mean has shape \(2, 5\)"),
        ({"covariance": -np.eye(5)}, "the variance -1"),
        ({"covariance": np.triu(np.ones((5, 5)))}, "not symmetric"),
        ({"covariance": np.eye(4)}, r"covariance has shape \(4, 4\)"),
        ({"d1": 5}, "d1 = 5"),
        ({"label": [0, 2, 2]}, r"classes \[1\] have no state"),
    ],
)
def test_bad_arrays_are_refused(change: dict[str, object], words: str) -> None:
    law = unequal()
    arguments = {"probability": law.probability, "mean": law.mean, "covariance": law.covariance, "d1": 3}
    with pytest.raises(ValueError, match=words):
        GaussianMixture(**{**arguments, "label": law.label, **change})


@pytest.mark.parametrize("n", [0, -1, 2.5])
def test_bad_sizes_are_refused(n: float) -> None:
    with pytest.raises(ValueError, match="n = "):
        LAWS[0].sample(n, np.random.default_rng(0))
