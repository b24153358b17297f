"""Moments as a form of data: pooled, pushed, cut, and drawn one row at a time."""

from __future__ import annotations

import numpy as np
import pytest

from testbed.data import LinearMap, Moments, Sample, pooled
from testbed.generators import LeeMixture
from testbed.laws import GaussianMixture
from testbed.regressors import OLS
from tests.statistics_ import assert_means, assert_one_law

LAW = LeeMixture(k=3, d1=4, d2=3, alpha=0.4, scale=3.0, structure_seed=2).law()
LOW = LinearMap(np.outer([1.0, -2.0, 0.5, 1.0], [1.0, 2.0, -1.0]), np.array([0.5, 0.0, 1.0]))  # rank 1, 3 columns


def random_map(seed: int, *shape: int) -> LinearMap:
    rng = np.random.default_rng(seed)
    return LinearMap(rng.normal(size=shape), rng.normal(size=(*shape[:-2], shape[-1])))


def test_one_row_drawn_often_is_a_row() -> None:
    """Kolmogorov-Smirnov on each coordinate and on products of two; rate 1e-8."""
    once = LAW.moments(1, np.random.default_rng(0), 10_000)
    assert all(np.allclose(scatter, 0.0, atol=1e-12) for scatter in once.scatter.values())
    sample = LAW.sample(10_000, np.random.default_rng(1))
    drawn, rows = (np.hstack([v["x1"], v["x2"], v["y"]]) for v in (once.mean, vars(sample)))
    i, j = np.tril_indices(10)
    assert_one_law(drawn[:, i] * drawn[:, j], rows[:, i] * rows[:, j])


def test_one_row_drawn_often_adds_up_to_many_rows() -> None:
    """Pooling 50 batches of one row has the law of one batch of 50 rows; rate 1e-8 a block."""
    rng, repeats = np.random.default_rng(2), 2000
    one = pooled(LAW.moments(1, rng, repeats) for _ in range(50))
    many = LAW.moments(50, rng, repeats)
    for pair in many.scatter:
        assert_means(one.block(*pair) - many.block(*pair), 0.0)
        assert_means(one.block(*pair) ** 2 - many.block(*pair) ** 2, 0.0)


@pytest.mark.parametrize("linear", [random_map(0, 4, 2), LOW, random_map(1, 5, 4, 6)], ids=["tall", "low", "stack"])
def test_pushed_moments_are_those_of_mapped_rows(linear: LinearMap) -> None:
    sample = LAW.sample(30, np.random.default_rng(3))
    stacked = [Moments.of(sample).push("x1", linear)]
    if linear.weight.ndim == 3:
        stacked = [Moments.of(sample).push("x1", linear[i]) for i in range(5)]
        whole = Moments.of(sample).push("x1", linear)
        for i, one in enumerate(stacked):
            np.testing.assert_allclose(whole.block("psi", "y")[i], one.block("psi", "y"), atol=1e-12)
    for i, moments in enumerate(stacked):
        psi = (linear[i] if linear.weight.ndim == 3 else linear)(sample.x1)
        blocks = {"x1": sample.x1, "x2": sample.x2, "y": sample.y, "psi": psi}
        expected = Moments.of_blocks(blocks)
        for a in blocks:
            np.testing.assert_allclose(moments.mean[a], expected.mean[a], atol=1e-10)
            np.testing.assert_allclose(moments.block(a, "psi"), expected.block(a, "psi"), atol=1e-9)
            np.testing.assert_allclose(moments.block("psi", a), expected.block("psi", a), atol=1e-9)
        root, image = moments.roots("psi", "y")
        np.testing.assert_allclose(root.T @ root, expected.block("psi", "psi"), atol=1e-9)
        np.testing.assert_allclose(root.T @ image, expected.block("psi", "y"), atol=1e-9)


@pytest.mark.parametrize("n", [2, 3, 4, 5, 30])
def test_roots_know_scatters_of_few_rows(n: int) -> None:
    """Fewer rows than the 4 columns need: the scatter is singular, and its root is one all the same."""
    moments = Moments.of(LAW.sample(n, np.random.default_rng(n)))
    root, image = moments.roots("x1", "y")
    np.testing.assert_allclose(root.T @ root, moments.block("x1", "x1"), atol=1e-9)
    np.testing.assert_allclose(root.T @ image, moments.block("x1", "y"), atol=1e-7)


def test_pooling_keeps_what_is_known_of_a_pushed_block() -> None:
    """Rank-deficient features stay known as such, so that a fit on pooled batches is the fit on pooled rows."""
    a, b = (LAW.sample(n, np.random.default_rng(n)) for n in (20, 25))
    together = Moments.of(a).push("x1", LOW) + Moments.of(b).push("x1", LOW)
    assert not together.full_rank("psi")
    rows = a + b
    expected = OLS().fit_rows(LOW(rows.x1), rows.y, np.random.default_rng(0))
    fitted = OLS().fit(together, "psi", "y")
    np.testing.assert_allclose(fitted(LOW(rows.x1)), expected(LOW(rows.x1)), atol=1e-9)


def test_a_cut_of_a_stack_is_one_of_its_batches() -> None:
    stack = LAW.moments(20, np.random.default_rng(4), 6).push("x1", random_map(2, 6, 4, 2))
    one = stack[3]
    assert np.array_equal(one.block("psi", "y"), stack.block("psi", "y")[3])
    assert np.array_equal(one.mean["psi"], stack.mean["psi"][3])
    assert np.array_equal(one.roots("psi", "y")[0], stack.roots("psi", "y")[0][3])


def test_blocks_that_were_not_drawn_are_not_invented() -> None:
    moments = LAW.moments(20, np.random.default_rng(0), blocks=("x1", "y"))
    assert set(moments.mean) == {"x1", "y"}
    with pytest.raises(KeyError, match=r"not \(x2, y\)"):
        moments.block("x2", "y")
    whole = LAW.moments(20, np.random.default_rng(5))
    without_label = LAW.moments(20, np.random.default_rng(5), blocks=("x1", "x2"))
    for pair, value in without_label.scatter.items():
        assert np.array_equal(value, whole.block(*pair)), pair
    assert set((moments + whole).mean) == {"x1", "y"}


def test_multiplicities_are_rows_written_out() -> None:
    weight = np.array([3.0, 1.0, 2.0, 0.0, 1.0])
    sample = LAW.sample(5, np.random.default_rng(6))
    weighted = Sample(sample.x1, sample.x2, sample.y, weight=weight)
    written = np.repeat(np.arange(5), weight.astype(int))
    rows = Moments.of(Sample(sample.x1[written], sample.x2[written], sample.y[written]))
    assert weighted.n == rows.n == 7.0
    for pair, value in rows.scatter.items():
        np.testing.assert_allclose(Moments.of(weighted).block(*pair), value, atol=1e-12)
    with pytest.raises(ValueError, match="cannot be pooled"):
        weighted + sample


def test_maps_compose_and_cut() -> None:
    x = np.random.default_rng(7).normal(size=(3, 4))
    first, second = random_map(3, 5, 4, 2), random_map(4, 2, 3)
    both = first.then(second)
    np.testing.assert_allclose(both(x), second(first(x)), atol=1e-12)
    assert np.array_equal(both[2](x), both(x)[2])
    assert second[2] is not None and np.array_equal(second[2].weight, second.weight)
    assert LinearMap.identity(4).then(first[0]).full_rank is False


def test_rows_of_a_law_with_leading_axes_are_those_of_its_cuts() -> None:
    stack = LeeMixture(k=3, d1=4, d2=3).law(np.random.default_rng(0), 5)
    with pytest.raises(ValueError, match=r"leading axes \(5,\)"):
        stack.sample(3, np.random.default_rng(0))
    with pytest.raises(ValueError, match="repeats is for laws without leading axes"):
        stack.moments(3, np.random.default_rng(0), repeats=2)
    assert stack[2].sample(3, np.random.default_rng(0)).x1.shape == (3, 4)
    with pytest.raises(IndexError, match="no leading axis"):
        LAW[0]
    assert isinstance(stack[1:3], GaussianMixture) and stack[1:3].batch == (2,)
