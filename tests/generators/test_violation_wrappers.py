"""Violations wrap: structures are the base's, stacks cut like laws, and refusals give the reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import testbed
from testbed import Experiment, vary
from testbed.describe import describe
from testbed.evaluation.source import Source
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
    LeeMixture,
    LowRank,
    RandomSign,
    Selected,
    SignedEdge,
    SquareTarget,
    StudentTails,
    TruncateTarget,
)
from testbed.generators.violations import Violation
from testbed.keys import canonical, flatten
from testbed.laws import Finite, GaussianMixture, JointGaussian, Law, Topics
from testbed.pretexts import Oracle, Predict
from testbed.regressors import OLS, KernelRidge

LOOSE = CleanMixture(k=2, m=2, d1=6, d2=5)
STACKED: list[Callable[[Generator], Generator]] = [
    lambda g: DirectEdge(g, rho=0.5),
    lambda g: DirectEdge(g, epsilon_ci=0.3, direction="generic", reads="generic"),
    lambda g: SignedEdge(g, "harmful", rho=0.3),
    DropLatent,
    lambda g: DropLatent(DirectEdge(g, rho=0.5, direction="outside")),
    lambda g: LowRank(g, 2),
    lambda g: TruncateTarget(g, 3),
]
MIXTURES_ONLY: list[Callable[[Generator], Generator]] = [
    lambda g: CommonScale(g, spread=0.5),
    RandomSign,
    lambda g: RandomSign(DirectEdge(g, rho=0.5)),
    lambda g: Imbalanced(g, ratio=3.0),
    lambda g: LabelShift(g, ratio=3.0),
    SquareTarget,
    lambda g: StudentTails(CommonScale(g, spread=0.3), nu=3.0),
    lambda g: StudentTails(g, nu=3.0),
]
GAUSSIANS_TOO: list[Callable[[Generator], Generator]] = [
    Selected,
    lambda g: Selected(g, separable=True),
    CovariateShift,
]
GAUSSIANS = [(w, CleanGaussian(m=1, d1=6, d2=5)) for w in STACKED + GAUSSIANS_TOO]
CASES = GAUSSIANS + [(w, LOOSE) for w in STACKED + MIXTURES_ONLY]


def numbers(law: Law) -> list[np.ndarray]:
    p = law.population()
    return [
        p.A_bar, p.s11, p.s12, p.s22, p.bayes_noise, p.class_floor, p.epsilon_ci("linear"), p.epsilon_ci("universal"),
        p.beta(True), p.linear_psi_star.weight, p.approximation_error(p.psi_star, True),
        p.approximation_error(p.linear_psi_star, False),
    ]  # fmt: skip


@pytest.mark.parametrize(("wrap", "base"), CASES)
def test_a_slice_of_a_stack_has_the_bits_it_has_alone(wrap: Callable[[Generator], Generator], base: Generator) -> None:
    g = wrap(base)
    law = g.law(np.random.default_rng(0), 5)
    assert law.batch == (5,) and law.redrawn and not g.frozen
    whole = numbers(law)
    for i in (0, 3):
        assert law[i].redrawn
        for all_, alone in zip(whole, numbers(law[i]), strict=True):
            assert np.array_equal(np.broadcast_to(all_, (5, *np.shape(alone)))[i], alone)
    moments = law.moments(30, np.random.default_rng(1))
    assert moments.block("x1", "x2").shape == (5, *law.shape[:2])


@pytest.mark.parametrize(("wrap", "base"), CASES)
def test_the_structure_is_the_base_s(wrap: Callable[[Generator], Generator], base: Generator) -> None:
    g = wrap(base)
    assert g.structure_key == base.structure_key
    blocks = [Source(source, 7).block(0) for source in (g, base)]
    truths: list[Any] = [law.population() for law in blocks]
    if isinstance(g, Imbalanced | CommonScale | RandomSign | StudentTails):  # states are weighed or doubled
        np.testing.assert_array_equal(*(p.mu1[:, :4] for p in truths))
    elif not isinstance(g, Selected):
        np.testing.assert_allclose(*(p.s1y for p in truths), atol=1e-12)
    with pytest.raises(ValueError, match="redraws its structure"):
        g.law()


def test_a_law_is_a_base_too() -> None:
    base = CleanMixture(m=2, structure_seed=1)
    for wrap in (*STACKED, *MIXTURES_ONLY, Selected):
        g, h = wrap(base), wrap(base.law())  # type: ignore[arg-type]
        assert h.frozen and g.frozen
        assert np.array_equal(g.law().population().s12, h.law().population().s12)
    cut = CleanMixture(m=2).law(np.random.default_rng(0), 3)[1]
    assert DirectEdge(cut, rho=0.5).law().redrawn and Selected(cut).law().redrawn
    assert not DirectEdge(base, rho=0.5).law().redrawn
    with pytest.raises(ValueError, match="leading axes"):
        DirectEdge(CleanMixture().law(np.random.default_rng(0), 3))


def test_order_and_nesting() -> None:
    base = CleanMixture(m=2, structure_seed=1)
    one, two = (g.law() for g in (DropLatent(DirectEdge(base, rho=0.5)), DirectEdge(DropLatent(base), rho=0.5)))
    np.testing.assert_array_equal(one.population().epsilon_ci("universal"), two.population().epsilon_ci("universal"))
    back = DirectEdge(DirectEdge(base, rho=0.5), rho=-0.5).law()
    np.testing.assert_allclose(back.population().epsilon_ci(), 0.0, atol=1e-9)
    both = DirectEdge(DirectEdge(base, rho=0.5), rho=0.5, direction="outside", reads="means")
    sizes = [float(g.law().population().epsilon_ci()) for g in (both, both.base, DirectEdge(base, **dials(both)))]  # type: ignore[union-attr]
    assert sizes[0] ** 2 == pytest.approx(sizes[1] ** 2 + sizes[2] ** 2, rel=1e-9)
    low = LowRank(CommonScale(base, spread=0.5), 2).law().population()
    assert low.ranks().rank == 2 and low.epsilon_ci("universal") < 1e-9


def dials(g: DirectEdge) -> dict[str, Any]:
    return {"rho": g.rho, "direction": g.direction, "reads": g.reads}


def test_rows_of_a_sweep() -> None:
    base = CleanMixture(k=2, m=2, d1=5, d2=5)
    frame = testbed.run(
        Experiment(
            name="violations",
            generator=[
                *vary(DirectEdge, base=[base], rho=[0.0, 0.5]),
                DropLatent(DirectEdge(base, rho=0.5)),
                LabelShift(base, ratio=4.0),
                CovariateShift(CleanMixture(k=2, d1=5, d2=5, structure_seed=1)),
                Selected(CleanFinite()),
                SignedEdge(CleanGaussian(d2=3), "harmful", rho=0.5),
            ],
            pretext=[Oracle("linear"), Predict(OLS()), Predict(KernelRidge())],
            probe=[OLS()],
            n_unlabeled=[100],
            n_labeled=[40],
            repeats=3,
        )
    )
    assert (frame["status"] == "ok").all(), frame["error"].dropna().tolist()
    assert {"generator.base.k", "generator.base.base.m", "generator.rho", "generator.keep"} <= set(frame)
    exact = frame[frame["pretext"] == 'Oracle("linear")'].set_index(["generator", "rep"])["excess_risk"]
    a, b = (exact[canonical(g)] for g in (DirectEdge(base), LabelShift(base, ratio=4.0)))
    assert a.shape == b.shape and not np.array_equal(a, b)


TOPICS = Topics(np.eye(2), np.eye(2), [0.5, 0.5], np.eye(2))
FROZEN = CleanMixture(structure_seed=1)
G = CleanGaussian(structure_seed=1)


@pytest.mark.parametrize(
    ("generator", "words"),
    [
        (CommonScale(CleanFinite(), spread=0.5), "CommonScale cannot be put on a Finite: .* no noise around"),
        (CommonScale(G, spread=0.5), "on a JointGaussian: .* what is uncorrelated is independent"),
        (DirectEdge(CleanFinite(), rho=0.5), "on a Finite: an edge needs Gaussian noise"),
        (DirectEdge(CommonScale(FROZEN, spread=0.5), rho=0.5), "covariances of their own"),
        (DirectEdge(CleanMixture(d2=3, structure_seed=1), rho=0.5, direction="outside"), "has no such direction"),
        (DirectEdge(FROZEN, epsilon_ci=9.0), r"epsilon_ci = 9\.0 \(linear\); attainable: 0 to 1\.73205"),
        (DirectEdge(DirectEdge(FROZEN, rho=0.5), rho=0.7), r"rho = 0\.7: .* attainable beside it: -1\.5 to 0\.5$"),
        (DirectEdge(DirectEdge(FROZEN, rho=0.5), epsilon_ci=0.1), "the base has eps_CI > 0 already"),
        (SignedEdge(CleanGaussian(d2=1, structure_seed=1), "neutral", rho=0.5), "nothing is outside; raise d2"),
        (SignedEdge(CleanGaussian(d1=1, structure_seed=1), "harmful", rho=0.5), "1 directions of x1 .* 0 are"),
        (SignedEdge(G, epsilon_ci=5.0), r"attainable: 0 to 0\.707107"),
        (DropLatent(FROZEN), "no latent to drop"),
        (DropLatent(G), "no latent to drop"),
        (DropLatent(TOPICS), "on a Topics"),
        (LowRank(FROZEN, 4), "rank = 4: attainable with 3 states: 0 to 3"),
        (LowRank(FROZEN, 3, affine=True), "rank = 3: attainable with 3 states: 0 to 2"),
        (LowRank(G, 1, affine=True), "no level that an intercept frees"),
        (LowRank(RandomSign(FROZEN), 1), "means of rank 0; independent rows are needed"),
        (LowRank(CleanFinite(k=4, s2=3, d2=9), 1), "means of rank 3; independent rows"),
        (TruncateTarget(G, 6), "attainable with the base's d2 = 5: 1 to 5"),
        (TruncateTarget(TOPICS, 1), "word frequencies"),
        (CanonicalTarget(FROZEN, 2), "not a finite table"),
        (CanonicalTarget(CleanFinite(s2=4), 9), "attainable with 4 singular values: 1 to 4"),
        (RandomSign(G), "law of another family"),
        (SquareTarget(G), "on a JointGaussian: .* only without an edge"),
        (SquareTarget(DirectEdge(FROZEN, rho=0.5)), "only without an edge"),
        (StudentTails(G), "no Gaussian noise within states"),
        (StudentTails(DirectEdge(FROZEN, rho=0.5)), "dependent within states"),
        (DirectEdge(StudentTails(FROZEN), rho=0.5), "cannot be put on a StudentMixture"),
        (CommonScale(StudentTails(FROZEN), spread=0.5), "cannot be put on a StudentMixture"),
        (Selected(G, threshold=1.0), "would move its mean from 0"),
        (Selected(TOPICS), "has no closed form here"),
        (Selected(CleanMixture(d2=3, structure_seed=1), direction="outside"), "no direction of the kind 'outside'"),
        (Imbalanced(G, ratio=2.0), "its label is real"),
        (LabelShift(G, ratio=2.0), "its label is real"),
        (LabelShift(LabelShift(FROZEN, ratio=2.0), ratio=2.0), "cannot be put on a Shifted"),
        (DirectEdge(CovariateShift(FROZEN), rho=0.1), "cannot be put on a Shifted"),
    ],
    ids=lambda v: "" if isinstance(v, str) else canonical(v),
)
def test_what_a_law_cannot_carry_is_refused_with_the_reason(generator: Generator, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        generator.law()


@dataclass(frozen=True, repr=False)
class Louder(Violation):
    """A violation of a user's: noise of x2 times a factor."""

    factor: float = 1.0

    def violate(self, base: Law) -> Law:
        assert isinstance(base, GaussianMixture)
        scale = np.where(np.arange(base.covariance.shape[-1]) < base.d1, 1.0, self.factor)
        return self.changed(base, covariance=base.covariance * np.outer(scale, scale))


def test_a_violation_of_a_user_s_own() -> None:
    g = DropLatent(Louder(CleanMixture(m=2, x2_std=0.5), factor=2.0))
    assert canonical(g) == "DropLatent(Louder(CleanMixture(m=2, x2_std=0.5), factor=2.0))"
    assert flatten(g, "generator")["generator.base.factor"] == 2.0
    law, plain = (one.law(np.random.default_rng(0), 3) for one in (g, DropLatent(CleanMixture(m=2))))
    np.testing.assert_allclose(law.population().s22, plain.population().s22, atol=1e-12)
    assert law.population().epsilon_ci("universal").shape == (3,)


@dataclass(frozen=True, repr=False)
class Stretched(Violation):
    """Views that are the double of those of the base, whatever the law is made of."""

    def violate(self, base: Law) -> Law:
        if isinstance(base, Finite):
            return self.changed(base, v1=2 * base.v1, v2=2 * base.v2)
        assert isinstance(base, JointGaussian)
        scale = np.repeat([2.0, 1.0], [base.d1 + base.d2, base.k + base.m])
        return self.changed(base, covariance=base.covariance * np.outer(scale, scale))


@pytest.mark.parametrize(
    "base", [JointGaussian(np.eye(4) + 0.3, 1, 2, 1), Finite([[[[0.3, 0.1]]], [[[0.2, 0.4]]]], [[1.0]], [[0.0], [1.0]])]
)
def test_changed_gives_a_law_of_the_class_of_the_base(base: Law) -> None:
    law = Stretched(base).law()
    assert type(law) is type(base)
    for given in ("y", "yz"):
        twice = 2 * base.population().epsilon_ci("linear", given)
        np.testing.assert_allclose(law.population().epsilon_ci("linear", given), twice, atol=1e-12)
    np.testing.assert_allclose(law.population().beta(True), 2 * base.population().beta(True), atol=1e-12)
    with pytest.raises(TypeError, match=f"{type(base).__name__} has no setting width"):
        Stretched(base).changed(base, width=1)


def test_describe_says_where_the_pairs_come_from() -> None:
    assert "the unlabelled pairs come from another law" in describe(LabelShift(FROZEN, ratio=3.0))
    for g in (DropLatent(CleanMixture(m=2)), StudentTails(FROZEN), SquareTarget(FROZEN), Selected(FROZEN)):
        assert "another law" not in describe(g)


def test_selection_needs_one_structure() -> None:
    for g in (Selected(CleanMixture()), CovariateShift(CleanMixture())):
        with pytest.raises(ValueError, match="freeze one by structure_seed"):
            g.law(np.random.default_rng(0), 4)


def test_laws_of_different_rank_share_no_edge() -> None:
    law = LeeMixture(k=2, d1=3, d2=2).law(np.random.default_rng(0), 2)
    mean = law.mean.copy()
    mean[0, :, 3:] = 0.0
    stack = GaussianMixture(law.probability, mean, law.covariance, law.d1)

    class Given(LeeMixture):
        def law(self, rng: Any = None, repeats: Any = None) -> GaussianMixture:
            return stack

    with pytest.raises(ValueError, match="structures of the base differ in rank"):
        DirectEdge(Given(), rho=0.1).law()
    assert isinstance(SignedEdge(G, rho=0.1).law(), JointGaussian)
