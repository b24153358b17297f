"""Draws of violated laws: rows have the moments of the truth, Moments the law of rows, and selection selects."""

from __future__ import annotations

import numpy as np
import pytest

from testbed.data import Sample
from testbed.generators import (
    CanonicalTarget,
    CleanFinite,
    CleanGaussian,
    CleanMixture,
    CommonScale,
    CovariateShift,
    DirectEdge,
    DropLatent,
    Generator,
    Imbalanced,
    LabelShift,
    LowRank,
    RandomSign,
    Selected,
    SignedEdge,
    SquareTarget,
    StudentTails,
    TruncateTarget,
)
from testbed.keys import canonical
from testbed.laws import Law
from tests.statistics_ import assert_means, assert_one_law, moments_of_rows

MIXTURE = CleanMixture(k=2, m=2, d1=5, d2=5, structure_seed=1)
FINITE = CleanFinite(k=2, m=2, s1=8, s2=7, d1=6, d2=5)
GAUSSIAN = CleanGaussian(k=2, m=1, d1=5, d2=4, structure_seed=1)
GENERATORS: list[Generator] = [
    GAUSSIAN,
    FINITE,
    DirectEdge(MIXTURE, rho=-0.6, direction="generic", reads="generic"),
    DirectEdge(GAUSSIAN, rho=0.6),
    SignedEdge(GAUSSIAN, "anti-aligned", epsilon_ci=0.4),
    DropLatent(DirectEdge(MIXTURE, rho=0.6)),
    DropLatent(GAUSSIAN),
    DropLatent(FINITE, keep=1),
    LowRank(MIXTURE, 2),
    LowRank(GAUSSIAN, 2),
    LowRank(FINITE, 2, affine=True),
    TruncateTarget(MIXTURE, 2),
    TruncateTarget(GAUSSIAN, 2),
    CommonScale(DirectEdge(MIXTURE, rho=0.5), spread=0.7),
    RandomSign(DirectEdge(MIXTURE, rho=0.5)),
    RandomSign(FINITE),
    CanonicalTarget(FINITE, 3),
    SquareTarget(FINITE),
    SquareTarget(RandomSign(MIXTURE)),
    SquareTarget(CommonScale(MIXTURE, spread=0.5)),
    StudentTails(MIXTURE, nu=40.0),
    Selected(MIXTURE, t_std=0.7, threshold=0.5),
    Selected(GAUSSIAN),
    Selected(FINITE),
    Imbalanced(MIXTURE, ratio=6.0),
    Imbalanced(FINITE, ratio=6.0),
]


def columns(sample: Sample) -> np.ndarray:
    return np.hstack([sample.x1, sample.x2, sample.y])


@pytest.mark.parametrize("generator", GENERATORS, ids=canonical)
def test_rows_have_the_moments_of_the_truth(generator: Generator) -> None:
    law = generator.law()
    p, sample = law.population(), law.sample(40_000, np.random.default_rng(0))
    x = columns(sample) - np.concatenate([p.mean1, p.mean2, p.mean_y])
    assert_means(x, 0.0)
    d1, d2, _, m = law.shape
    x1, x2, y = x[:, :d1], x[:, d1 : d1 + d2], x[:, d1 + d2 :]
    for a, b, truth in ((x1, x1, p.s11), (x1, x2, p.s12), (x2, x2, p.s22), (x1, y, p.s1y), (y, y, p.syy)):
        assert_means(a[:, :, None] * b[:, None, :], truth)
    assert (sample.z is None) == (not p.latent)
    if sample.z is not None and sample.z.ndim == 1:
        given = sample.y[:, :, None] * np.eye(m)[sample.z][:, None, :]  # E[x2; y, z] = P(y, z) A_bar
        mass = given.mean(axis=0).ravel()
        seen = np.flatnonzero(mass > 0.0)
        rows = given.reshape(len(given), -1)[:, seen]
        assert len(seen) == p.A_bar.shape[-2]
        assert_means(rows[:, :, None] * (sample.x2[:, None, :] - p.A_bar), 0.0)


@pytest.mark.parametrize("generator", GENERATORS, ids=canonical)
def test_moments_have_the_law_of_rows(generator: Generator) -> None:
    law, repeats = generator.law(), 2000
    fast = law.moments(12, np.random.default_rng(1), repeats)
    slow = moments_of_rows(law, 12, repeats, np.random.default_rng(2))
    for block in ("x1", "x2", "y"):
        assert_one_law(*(np.round(v, 9) for v in (fast.mean[block], slow.mean[block])))
    for pair in fast.scatter:  # ties of discrete values are ties after rounding
        assert_one_law(*(np.round(v, 9) for v in (fast.block(*pair), slow.block(*pair))))


def accepted(law: Law, generator: Selected, n: int, rng: np.random.Generator) -> Sample:
    """Rows of a law, each kept with the probability of its selection: w is read off two selected laws."""
    from testbed.generators.violations.selection import weights

    sample = law.sample(n, rng)
    scores = [
        x @ weights(generator, law, view, kind)
        for x, view, kind in ((sample.x1, 1, generator.reads), (sample.x2, 2, generator.direction))
    ]
    groups = scores if generator.separable else [scores[0] + scores[1]]
    chance = np.prod([np.exp(-((g - generator.threshold) ** 2) / (2.0 * generator.t_std**2)) for g in groups], axis=0)
    kept = rng.random(n) < chance
    return Sample(sample.x1[kept], sample.x2[kept], sample.y[kept], None if sample.z is None else sample.z[kept])


@pytest.mark.parametrize("separable", [False, True])
@pytest.mark.parametrize("base", [MIXTURE, FINITE, GAUSSIAN, CommonScale(MIXTURE, spread=0.5)], ids=canonical)
def test_v9_agrees_with_rejection_sampling(base: Generator, separable: bool) -> None:
    threshold = 0.0 if base is GAUSSIAN else 0.8
    for reads, direction in (("noise", "inside"), ("means", "generic")):
        g = Selected(base, 0.8, threshold, direction, reads, separable)  # type: ignore[arg-type]
        law = g.law()
        p, kept = law.population(), accepted(base.law(), g, 60_000, np.random.default_rng(3))
        x = columns(kept) - np.concatenate([p.mean1, p.mean2, p.mean_y])
        assert len(x) > 3000
        assert_means(x, 0.0)
        total = np.block([[p.s11, p.s12, p.s1y], [p.s12.T, p.s22, np.zeros((p.s22.shape[0], p.syy.shape[0]))]])
        d = p.s11.shape[0] + p.s22.shape[0]
        assert_means(x[:, :d, None] * x[:, None, :d], total[:, :d])
        drawn = columns(law.sample(len(x), np.random.default_rng(4)))
        assert_one_law(drawn, columns(kept))
        projections = np.random.default_rng(5).standard_normal((drawn.shape[1], 8))
        assert_one_law((drawn @ projections) ** 2, (columns(kept) @ projections) ** 2)


def test_v12_the_pairs_come_from_the_other_law() -> None:
    for g in (CovariateShift(MIXTURE), LabelShift(FINITE, ratio=5.0)):
        law = g.law()
        p = law.pretext_law.population()
        pairs = law.pretext_law.sample(40_000, np.random.default_rng(0))
        assert_means(np.hstack([pairs.x1, pairs.x2]), np.concatenate([p.mean1, p.mean2]))
        assert_means(pairs.y, p.mean_y)
        q, own = law.population(), law.sample(40_000, np.random.default_rng(0))
        assert_means(np.hstack([own.x1, own.y]), np.concatenate([q.mean1, q.mean_y]))
        assert law.population() is g.base.law().population() or np.array_equal(q.s11, g.base.law().population().s11)
