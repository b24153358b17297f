"""Draws in root form have the law of the Moments, slice by slice, with the tails that their parts must have.

`GaussianMixture.moments` draws by another route (state means, one Bartlett factor over both views): the second opinion.
Two-sample Kolmogorov-Smirnov at a false-alarm rate of 1e-8 a law, divided among its functionals.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from scipy.stats import binom, chi2, norm

from testbed.data import Moments
from testbed.generators import CleanMixture, LeeMixture
from testbed.laws import GaussianMixture, Shifted
from testbed.laws.pair_roots import draw_pairs
from testbed.laws.roots import Frame, draw_rows
from testbed.laws.wishart import triangle
from tests.statistics_ import SHARE, assert_one_law

REPEATS = 20_000


def law_of(states: int, d1: int, d2: int, slope: bool, rare: bool = False, seed: int = 0) -> GaussianMixture:
    """A mixture with a full covariance; two states are alike in x1, and with `rare` one is hardly ever met."""
    rng = np.random.default_rng([seed, states, d1, d2])
    a = 0.4 * rng.standard_normal((d1 + d2, d1 + d2)) + np.eye(d1 + d2)
    covariance = a @ a.T
    if not slope:
        covariance[:d1, d1:] = covariance[d1:, :d1] = 0.0
    p = rng.dirichlet(np.full(states, 3.0)) if not rare else np.r_[0.03, np.full(states - 1, 0.97 / (states - 1))]
    mean = 2.0 * rng.standard_normal((states, d1 + d2)) + 3.0
    mean[1, :d1] = mean[0, :d1]
    return GaussianMixture(p, mean, covariance, d1)


def frame_of(law: Any) -> Frame:
    assert law.frame is not None
    return law.frame


def functionals(m: Moments) -> np.ndarray:
    """Means, scatters, and joint functions of both: one column each."""
    parts = [m.mean[b] for b in ("x1", "x2") if b in m.mean]
    parts += [m.block(*pair).reshape(len(m.n), -1) for pair in m.scatter]
    if "x2" in m.mean:
        weight = np.linalg.solve(m.block("x1", "x1"), m.block("x1", "x2"))
        rest = m.block("x2", "x2") - m.block("x2", "x1") @ weight
        parts += [weight[:, :2, 0], (weight[..., :1] * weight).sum(axis=1), rest[:, 0, :2]]
        parts += [np.linalg.svd(weight, compute_uv=False)[:, [0, -1]], m.mean["x2"][:, :1] * m.block("x1", "x2")[:, 0]]
    return np.hstack(parts)


def assert_alike(ours: Moments, former: Moments) -> None:
    """One law in every functional, each in units of its spread: what differs by rounding is a tie."""
    one, other = functionals(ours), functionals(former)
    level, spread = other.mean(axis=0), np.maximum(other.std(axis=0), 1e-12 * np.abs(other).max(axis=0))
    assert_one_law(*(np.round((v - level) / np.where(spread > 0.0, spread, 1.0), 3) for v in (one, other)))


LAWS = {
    "states without an edge": (law_of(3, 5, 3, False), 20),
    "an edge within states": (law_of(3, 5, 3, True), 20),
    "x2 wider than x1, k < d2": (law_of(3, 3, 5, False), 12),
    "k > d2": (law_of(4, 5, 2, False), 30),
    "a class that is often absent": (law_of(3, 5, 3, False, rare=True), 12),
    "an edge, and the fewest pairs": (law_of(3, 6, 4, True), 9),
    "n = 10^9": (law_of(2, 4, 3, False), 10**9),
}


@pytest.mark.parametrize("name", list(LAWS))
def test_roots_have_the_law_of_the_moments(name: str) -> None:
    law, n = LAWS[name]
    rng = np.random.default_rng(1)
    pairs = draw_pairs(frame_of(law), n, rng, (REPEATS,)).completed(rng, True)
    former = law.moments(n, rng, REPEATS, ("x1", "x2"))
    assert_alike(pairs, former)
    labels = draw_rows(frame_of(law), n, rng, (REPEATS,)).moments()
    assert_alike(labels, law.moments(n, rng, REPEATS, ("x1", "y")))


@pytest.mark.parametrize("sizes", [(4, 5), (9, 3, 40)])
def test_pooled_roots_have_the_law_of_pooled_moments(sizes: tuple[int, ...]) -> None:
    """Steps of a nested curve, from fewer rows than the scatter within states needs, with classes that are absent."""
    law, rng = law_of(3, 5, 3, False, rare=True), np.random.default_rng(2)
    roots = [draw_rows(frame_of(law), n, rng, (REPEATS,)) for n in sizes]
    total = roots[0]
    for root in roots[1:]:
        total = total + root
    moments = roots[0].moments()
    for root in roots[1:]:
        moments = moments + root.moments()
    for pair, value in total.moments().scatter.items():
        assert_allclose(value, moments.block(*pair), rtol=1e-9, atol=1e-9 * np.abs(value).max())
    assert_allclose(total.moments().mean["x1"], moments.mean["x1"], rtol=1e-9, atol=1e-12)
    assert_alike(moments, law.moments(sum(sizes), rng, REPEATS, ("x1", "y")))


def tails(values: np.ndarray, below: np.ndarray) -> None:
    """Shares below quantiles that are far out on both sides are those of the law; rate 1e-8 for each call."""
    counts = np.array([np.sum(values <= edge) for edge in below[1]])
    share = SHARE / len(counts) / 2.0
    low, high = binom.ppf(share, values.size, below[0]), binom.isf(share, values.size, below[0])
    assert np.all((counts >= low) & (counts <= high)), counts


LEVELS = np.array([1e-5, 1e-4, 1e-3, 0.1, 0.5, 0.9, 1.0 - 1e-3, 1.0 - 1e-4, 1.0 - 1e-5])


def test_bartlett_factors_have_their_tails() -> None:
    rng = np.random.default_rng(3)
    t = triangle(np.full(100_000, 9.0), 4, rng)
    assert not np.any(np.triu(t, 1))
    for i in range(4):
        tails(t[:, i, i] ** 2, np.array([LEVELS, chi2.ppf(LEVELS, 9 - i)]))
    tails(t[:, [1, 2, 2, 3, 3, 3], [0, 0, 1, 0, 1, 2]], np.array([LEVELS, norm.ppf(LEVELS)]))
    few = triangle(np.full(100, 2.0), 4, rng)  # fewer degrees of freedom than dimensions: columns are missing
    assert np.all(few[..., 2:] == 0.0) and np.all(few[:, 1, 1] != 0.0)


def test_sums_of_states_and_directions_left_free_have_their_tails() -> None:
    law = law_of(3, 6, 3, False)
    frame, shape = frame_of(law), (60_000,)
    pairs = draw_pairs(frame, 40, np.random.default_rng(4), shape)
    assert pairs.free is not None and pairs.known.shape[-1] == 2
    assert np.abs(np.swapaxes(pairs.free, -1, -2) @ pairs.known).max() < 1e-12 * np.abs(pairs.known).max()
    size = np.sqrt(pairs.counts)
    sums = size[..., None] * frame.states1
    direction = size / np.sqrt(40.0)
    axis = direction + np.eye(3)[0]
    rows = sums - axis[..., None] * (axis[:, None, :] @ sums) / (1.0 + direction[:, :1, None])
    normal = np.array([LEVELS, norm.ppf(LEVELS)])
    tails(pairs.contrasts - rows[:, 1:], normal)
    tails(-pairs.level * np.sqrt(40.0) - rows[:, 0], normal)
    seen = np.linalg.solve(pairs.lower, np.swapaxes(pairs.contrasts, -1, -2))
    basis, cast, _ = pairs._bases
    assert_allclose(basis @ np.swapaxes(cast, -1, -2), seen, atol=1e-12)
    away = np.linalg.norm(pairs.free, axis=-2) ** 2  # chi^2 of 6 - 2 degrees of freedom
    tails(away, np.array([LEVELS, chi2.ppf(LEVELS, 4)]))
    across = pairs.vanishing
    assert across is not None
    whole = pairs.completed(np.random.default_rng(6), False)
    white = np.linalg.solve(frame.root1, whole.block("x1", "x2"))
    scatter = np.linalg.solve(frame.root1, np.swapaxes(np.linalg.solve(frame.root1, whole.block("x1", "x1")), -1, -2))
    assert np.abs(np.swapaxes(across, -1, -2) @ np.linalg.solve(scatter, white)).max() < 1e-8


def test_a_slice_of_a_stack_has_its_own_bits() -> None:
    law = CleanMixture(k=4, d1=20, d2=12).law(np.random.default_rng(7), 5)
    rng = np.random.default_rng(8)
    pairs, one, two = (draw(frame_of(law), 60, rng, (5,)) for draw in (draw_pairs, draw_rows, draw_rows))
    for cut in (slice(2, 3), slice(1, 4)):
        part = pairs[cut]
        assert_array_equal(part.vanishing, pairs.vanishing[cut])
        assert_array_equal((one[cut] + two[cut]).lower, (one + two).lower[cut])
        assert_array_equal(one[cut].moments().block("x1", "y"), one.moments().block("x1", "y")[cut])
        assert part.frame.states1.shape[0] == part.n.shape[0]


def test_the_scatter_of_x2_comes_last() -> None:
    """Leaving it out leaves the other numbers alone."""
    for law, n in LAWS.values():
        pairs = draw_pairs(frame_of(law), n, np.random.default_rng(9), (3,))
        with_it, without = (pairs.completed(np.random.default_rng(10), square) for square in (True, False))
        assert ("x2", "x2") not in without.scatter
        for pair, value in without.scatter.items():
            assert_array_equal(value, with_it.block(*pair))


def test_laws_whose_draws_have_no_root_form() -> None:
    clean = CleanMixture(k=3, d1=6, d2=4, structure_seed=1).law()
    frame = frame_of(clean)
    assert frame.fewest == 9
    with pytest.raises(ValueError, match="at least 9 pairs"):
        draw_pairs(frame, 8, np.random.default_rng(0), ())
    with pytest.raises(ValueError, match="at least as many rows as states, 3,"):
        draw_rows(frame, 2, np.random.default_rng(0), ())
    each = np.stack([clean.covariance] * 3)
    assert GaussianMixture(clean.probability, clean.mean, each, 6).frame is None
    constant = clean.covariance.copy()
    constant[-1] = constant[:, -1] = 0.0
    assert GaussianMixture(clean.probability, clean.mean, constant, 6).frame is None
    dependent = clean.covariance.copy()
    dependent[-1] = dependent[:, -1] = 0.0
    dependent[-1, 0] = dependent[0, -1] = dependent[0, 0]
    dependent[-1, -1] = dependent[0, 0]
    assert GaussianMixture(clean.probability, clean.mean, dependent, 6).frame is None  # x2 repeats a coordinate of x1
    assert LeeMixture(k=8, d1=4, d2=4, structure_seed=1).law().frame is None  # more states than x1 has dimensions
    assert Shifted(clean, clean).frame is clean.frame

    class Doubled(GaussianMixture):
        def moments(self, n: int, *others: Any, **named: Any) -> Moments:
            return super().moments(2 * n, *others, **named)

    assert Doubled(clean.probability, clean.mean, clean.covariance, 6).frame is None  # its own draws are its law
