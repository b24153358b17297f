"""Statements about likelihood and codes: both sides agree on laws of every kind, and margins say when."""

from __future__ import annotations

import numpy as np
import pytest

from testbed.generators import CleanMixture, LeeMixture, LowVarianceLabel
from testbed.laws import JointGaussian, Law
from testbed.models import sampled_code_risk
from testbed.models.discrete import Table
from testbed.theory import (
    CodeVector,
    CollapseThreshold,
    EvidenceForms,
    Exact,
    ExcessLogLoss,
    LinearVAEOptimum,
    MeanFieldGap,
    SampledCodes,
)
from tests.laws.random_laws import finite, gaussian
from tests.models.test_relabelling import finite as equal_classes

OF_MODELS: list[Exact] = [
    EvidenceForms(),
    EvidenceForms(2, "energy"),
    MeanFieldGap(),
    MeanFieldGap(3, angle=1.0),
    MeanFieldGap(angle=0.0),
    LinearVAEOptimum(),
    LinearVAEOptimum(1),
    CollapseThreshold(),
    CollapseThreshold(3),
    ExcessLogLoss(),
]


def laws(seed: int) -> list[Law]:
    rng = np.random.default_rng(seed)
    return [
        gaussian(rng, d1=6),
        finite(rng),
        CleanMixture(k=3, d1=7, d2=5, structure_seed=seed).law(),
        LowVarianceLabel(d1=5, factors=3, structure_seed=seed).law(),
    ]


@pytest.mark.parametrize("statement", OF_MODELS, ids=repr)
def test_both_sides_agree(statement: Exact) -> None:
    """To 1e-9 nats a coordinate, as the ledger asks."""
    checked = 0
    for seed in range(10):
        for law in laws(seed):
            truth = law.population()
            if not statement.applies(truth):
                continue
            checked += 1
            left, right, scale, _ = map(float, statement.sides(truth))
            assert abs(left - right) <= 1e-9 * max(scale, abs(right)), law
    assert checked >= 8


def test_stacks_are_slices() -> None:
    stack = LeeMixture(k=3, d1=5, d2=4, scale=3.0).law(np.random.default_rng(0), repeats=3)
    for statement in OF_MODELS[:-1]:
        whole, alone = stack.population(), stack[1].population()
        assert np.asarray(statement.applies(whole)).shape == (3,)
        for stacked, one in zip(statement.sides(whole)[:2], statement.sides(alone), strict=False):
            assert stacked.shape == (3,)
            np.testing.assert_allclose(stacked[1], one, rtol=1e-9, atol=1e-12)


def test_the_gap_rises_with_the_angle_and_vanishes_at_the_axes() -> None:
    truth = gaussian(np.random.default_rng(0), d1=6).population()
    gaps = [float(MeanFieldGap(angle=a).sides(truth).left) for a in (0.0, 0.2, 0.5, np.pi / 4)]
    assert abs(gaps[0]) < 1e-12
    assert np.all(np.diff(gaps) > 0.0)


def test_margins() -> None:
    """A rank without room, an eigenvalue at s2, a law that is not Gaussian: each is told with its size."""
    truth = gaussian(np.random.default_rng(1), d1=3).population()
    (room,) = EvidenceForms(3).assumptions(truth)
    assert not room.holds and float(room.margin) < 0.0
    even = JointGaussian(np.eye(5), 3, 1, 1).population()
    _, clear = CollapseThreshold(1).assumptions(even)
    assert not clear.holds and float(clear.margin) == pytest.approx(-0.01)
    mixture = CleanMixture(k=2, d1=4, d2=3, structure_seed=0).law().population()
    assert not ExcessLogLoss().applies(mixture)
    assert float(ExcessLogLoss().sides(LowVarianceLabel(structure_seed=0).law().population()).right) < 1e-12


@pytest.mark.parametrize(
    ("statement", "law", "name"),
    [
        (CodeVector(1.0), "classes", "t < 1"),
        (CollapseThreshold(1), "even", "no eigenvalue within 1% of s2"),
        (ExcessLogLoss(1), "flat", "x1 has a density"),
        (EvidenceForms(3), "even", "variance of x1 outside 3 directions"),
    ],
)
def test_each_assumption_is_broken_alone(statement: Exact, law: str, name: str) -> None:
    flat = np.diag([2.0, 1.0, 1.0, 1.0, 1.0])
    flat[1, 1] = flat[2, 2] = flat[1, 2] = flat[2, 1] = 0.5  # x1 has no variance in one direction, and noise is left
    truth = {
        "classes": equal_classes(0),
        "even": JointGaussian(np.eye(5), 3, 1, 1),
        "flat": JointGaussian(flat, 3, 1, 1),
    }[law].population()
    assert [m.name for m in statement.assumptions(truth) if not m.holds] == [name]


@pytest.mark.parametrize("seed", range(10))
def test_codes(seed: int) -> None:
    truth = equal_classes(seed).population()
    for t in (0.0, 0.3, 0.9):
        vector, codes = CodeVector(t), SampledCodes(t)
        assert vector.applies(truth) and codes.applies(truth)
        assert float(vector.sides(truth).left) < 1e-9
        assert float(codes.sides(truth).left) <= float(codes.sides(truth).right) + 1e-12
    assert not CodeVector(1.0).applies(truth)
    assert float(CodeVector(1.0).sides(truth).left) == pytest.approx(float(truth.baseline_risk))


def test_codes_of_mixtures() -> None:
    truth = CleanMixture(k=3, m=2, d1=8, d2=6, structure_seed=0).law().population()
    assert CodeVector().applies(truth) and float(CodeVector().sides(truth).left) < 1e-9
    assert not SampledCodes().applies(truth)
    uneven = CleanMixture(k=2, d1=4, d2=3, priors=(0.6, 0.4), structure_seed=0).law().population()
    assert CodeVector().applies(uneven)


def test_codes_of_a_real_label_are_none() -> None:
    truth = gaussian(np.random.default_rng(0), d1=3, k=2).population()
    (classes, _) = CodeVector().assumptions(truth)
    assert not classes.holds and float(classes.margin) <= -1.0  # E Y = 0, where shares sum to 1


@pytest.mark.parametrize("seed", range(10))
def test_relabelling_unequal_classes_keeps_the_likelihood(seed: int) -> None:
    """p(x) = sum_z p(z) p(x|z) at every t, and the risk of a code of the statement is that of the model's codes."""
    law = finite(np.random.default_rng(seed))
    truth, t = law.population(), 0.3
    k = len(truth.mean_y)
    channel = (1.0 - t) * np.eye(k) + t / k  # z given y
    prior = truth.mean_y @ channel
    given = (truth.f_table * truth.p1[:, None] / truth.mean_y).T  # p(x|y)
    states = (channel * truth.mean_y[:, None] / prior).T @ given
    np.testing.assert_allclose(prior @ states, truth.p1, atol=1e-12)
    model = Table(prior, truth.locate, states)
    risk = float(sampled_code_risk(model, law).value)
    assert all(a.holds for a in SampledCodes(t).assumptions(truth))
    assert risk == pytest.approx(float(SampledCodes(t).sides(truth).left), abs=1e-12)
    assert risk <= float(SampledCodes(t).sides(truth).right) + 1e-12
