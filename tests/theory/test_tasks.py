"""Statements about pretext tasks: both sides agree on random laws, the learners attain them, and margins say when."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import softmax

from testbed._linalg import inner, least_squares
from testbed.check import LAWS
from testbed.check.run import one_law
from testbed.evaluation import intrinsic_split, subspace_sine
from testbed.generators import CleanMixture, ExchangeableViews, LeeMixture, Patches, StudentTails
from testbed.laws import Finite, GaussianMixture, Law
from testbed.laws.augmentation import augmented_moments
from testbed.laws.densities import density_ratio
from testbed.laws.finite_population import FinitePopulation
from testbed.pretexts import PCA, DenoisingAutoencoder, Jigsaw, PseudoLikelihood
from testbed.pretexts.tables import Lookup
from testbed.theory import (
    Exact,
    FisherSpace,
    IntrinsicParts,
    JigsawCancellation,
    LandmarkAverage,
    LandmarkDraws,
    MaskedDenoising,
    PseudoLikelihoodForm,
    SpectralContrastiveLoss,
    Tweedie,
)
from tests.laws.random_laws import finite, gaussian

STATEMENTS: list[Exact] = [
    MaskedDenoising(),
    MaskedDenoising(0.9, 3),
    Tweedie(),
    Tweedie(0.1),
    PseudoLikelihoodForm(),
    FisherSpace(),
    IntrinsicParts(),
    IntrinsicParts("psi_star"),
    LandmarkAverage(1),
    LandmarkAverage(),
]


def laws(seed: int) -> list[Law]:
    rng = np.random.default_rng(seed)
    within = rng.normal(size=(3, 8, 16))
    return [
        gaussian(rng, d1=6),
        finite(rng, violated=False),
        CleanMixture(k=3, d1=7, d2=5, structure_seed=seed).law(),
        GaussianMixture([0.5, 0.3, 0.2], rng.normal(size=(3, 8)), within @ np.swapaxes(within, 1, 2) / 16, 5),
    ]


@pytest.mark.parametrize("statement", STATEMENTS, ids=repr)
def test_both_sides_agree(statement: Exact) -> None:
    """To 1e-9 of their natural size, as the ledger asks."""
    checked = 0
    for seed in range(10):
        for law in laws(seed):
            truth = law.population()
            if statement.applies(truth):
                checked += 1
                left, right, scale, error = map(float, statement.sides(truth))
                assert abs(left - right) <= 1e-9 * scale + 4.0 * error, law
    assert checked >= 8


@pytest.mark.parametrize("statement", [*STATEMENTS[:6], JigsawCancellation()], ids=repr)
def test_stacks_are_slices(statement: Exact) -> None:
    for dials in (LeeMixture(k=3, d1=6, d2=4, scale=3.0), ExchangeableViews(d=4, w=0.3), Patches(2, 3)):
        stack = dials.law(np.random.default_rng(0), repeats=3)
        whole, alone = stack.population(), stack[1].population()
        assert np.asarray(statement.applies(whole)).shape == (3,)
        for stacked, one in zip(statement.sides(whole)[:2], statement.sides(alone), strict=False):
            assert stacked.shape == (3,)
            np.testing.assert_allclose(stacked[1], one, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("q", [0.1, 0.5, 0.9])
def test_masked_denoising_is_what_the_denoiser_learns(q: float) -> None:
    """At means that are 0 and not: the slope over all masks is St^{-1} C, and the code of a rank has the least error.

    No other code has less: 100 changes of it, small and large.
    """
    rng = np.random.default_rng(0)
    for law in (gaussian(rng, d1=5), CleanMixture(k=3, d1=5, d2=4, structure_seed=2).law(), laws(1)[3]):
        truth = law.population()
        seen = augmented_moments("mask", q, truth.mean1, truth.s11)
        root, target = MaskedDenoising(q).listed(truth)
        square = (1 - q) ** 2 * truth.s11 + q * (1 - q) * np.diag(np.diag(truth.s11) + truth.mean1**2)
        np.testing.assert_allclose(root.T @ root, square, atol=1e-12 * np.trace(square))
        np.testing.assert_allclose(seen.between + np.diag(seen.within), square, atol=1e-12 * np.trace(square))
        slope = np.linalg.solve(square, (1 - q) * truth.s11)
        np.testing.assert_allclose(least_squares(root, target)[0], slope, atol=1e-10)
        for rank in (1, 2, truth.s11.shape[-1]):  # more than d1 are refused
            code = DenoisingAutoencoder("mask", q, rank).optimum(law)
            least = float(MaskedDenoising(q, rank).sides(truth).right)
            size = 1e-10 * float(np.trace(truth.s11))

            def error(weight: np.ndarray, root: np.ndarray = root, target: np.ndarray = target) -> float:
                rest = least_squares(root @ weight, target)[1]
                return float(inner(rest, rest))

            assert error(code.weight) == pytest.approx(least, abs=size)
            for scale in np.geomspace(1e-3, 10.0, 100):
                other = code.weight + scale * np.abs(code.weight).max() * rng.normal(size=code.weight.shape)
                assert error(other) >= least - size


def test_masks_are_listed_for_few_coordinates_only() -> None:
    truth = gaussian(np.random.default_rng(0), d1=13).population()
    (room,) = MaskedDenoising().assumptions(truth)
    assert not room.holds and float(room.margin) == -1.0
    assert np.isnan(MaskedDenoising().sides(truth).left) and np.isfinite(MaskedDenoising().sides(truth).right)


def test_tweedie_tells_a_posterior_that_is_not_of_the_law(monkeypatch: pytest.MonkeyPatch) -> None:
    """At any level, with the states of a mixture, the points of a table and one Gaussian; other laws are refused."""
    for law in laws(3):
        truth = law.population()
        for level in (0.1, 0.7, 3.0):
            left, _, scale, _ = Tweedie(level).sides(truth)
            assert float(left) < 1e-12 * max(1.0, level**2) * float(scale)
    tails = StudentTails(CleanMixture(k=2, d1=4, d2=3, structure_seed=0), nu=5.0).law().population()
    (family,) = Tweedie().assumptions(tails)
    assert not family.holds and np.isneginf(family.margin) and np.isnan(Tweedie().sides(tails).left)
    monkeypatch.setattr("testbed.theory.posteriors.softmax", lambda x, axis: softmax(0.9 * x, axis=axis))
    assert float(Tweedie().sides(laws(3)[3].population()).left) > 1e-3


def test_pseudo_likelihood_of_the_learner() -> None:
    for seed in range(5):
        law = gaussian(np.random.default_rng(seed), d1=6)
        truth = law.population()
        rest = np.eye(6) - PseudoLikelihood().optimum(law).weight
        error = float(np.trace(rest.T @ truth.s11 @ rest))
        assert error == pytest.approx(float(PseudoLikelihoodForm().sides(truth).right), rel=1e-10)
    singular = one_law(LAWS["one-hot"]).population()
    (regular,) = PseudoLikelihoodForm().assumptions(singular)
    assert not regular.holds and abs(float(regular.margin)) < 1e-12
    assert np.isnan(PseudoLikelihoodForm().sides(singular).right)


def test_redrawing_the_class_of_the_second_view_keeps_the_space_until_nothing_is_left() -> None:
    """The correlation that shows the space falls as 1 - w; the space is that of Fisher, not of the components."""
    margins = []
    for w in (0.0, 0.5, 0.9, 0.99):
        law = ExchangeableViews(k=4, d=6, w=w, condition=50.0, structure_seed=0).law()
        truth = law.population()
        assert FisherSpace().applies(truth)
        assert float(FisherSpace().sides(truth).left) < 1e-9
        margins.append(float(FisherSpace().assumptions(truth)[1].margin))
        fisher = np.linalg.solve(law.covariance[:6, :6], truth.s1y)
        assert float(subspace_sine(truth.linear_psi_star, fisher)) < 1e-7
        assert float(subspace_sine(PCA(3).optimum(law), fisher)) > 0.3
    np.testing.assert_allclose(margins, margins[0] * np.array([1.0, 0.5, 0.1, 0.01]), rtol=1e-9)
    gone = ExchangeableViews(k=4, d=6, w=1.0, structure_seed=0).law().population()
    independent, shown, varies = FisherSpace().assumptions(gone)
    assert independent.holds and varies.holds and not shown.holds
    assert float(FisherSpace().sides(gone).left) == 1.0


@pytest.mark.parametrize("patches", [2, 3, 4])
def test_the_class_cancels_for_any_means_of_classes(patches: int) -> None:
    """To 1e-12, whatever b is and however the noise of patches is coupled; and p(pi|x) is that of the jigsaw task.

    Unequal noise of places, of classes, or an interaction however small: the class shows, and the margin says so.
    """
    rng = np.random.default_rng(patches)
    d0, k, statement = 2, 3, JigsawCancellation(patches)
    d1 = patches * d0
    for _ in range(5):
        a, b = rng.normal(size=(patches, d0)), rng.normal(size=(k, 1, d0)) * rng.choice([0.3, 1.0, 3.0])
        own, shared = (r @ r.T for r in rng.normal(size=(2, d0, 2 * d0)))
        noise = np.kron(np.eye(patches), own) + np.kron(np.ones((patches, patches)), 0.3 * shared)
        law = of_image(a + b, noise)
        truth = law.population()
        assert statement.applies(truth)
        assert float(statement.sides(truth).left) < 1e-12
        x = law.sample(20, rng).x1
        each = np.stack([Jigsaw(patches).optimum(of_image((a + b)[[y, y]], noise))(x) for y in range(k)])
        np.testing.assert_allclose(each, np.broadcast_to(Jigsaw(patches).optimum(law)(x), each.shape), atol=1e-9)
        small = rng.normal(size=(k, patches, d0))
        uneven = noise + np.diag(np.arange(d1) < d0) * np.trace(noise) / d1
        by_class = noise * np.array([1.0, 1.5, 2.0])[:, None, None]
        for number, other in (
            (1, of_image(a + b + 0.05 * small, noise)),
            (2, of_image(a + b, uneven)),
            (2, of_image(a + b, by_class)),
        ):
            told = statement.assumptions(other.population())
            assert [bool(t.holds) for t in told] == [i != number for i in range(3)]
            assert float(told[number].margin) < -1e-3
            assert float(statement.sides(other.population()).left) > 1e-6


def of_image(mean: np.ndarray, noise: np.ndarray) -> GaussianMixture:
    """Equally likely classes of images (k, m, d0), and a second view of one coordinate that is noise."""
    k, d1 = len(mean), mean[0].size
    covariance = np.zeros((*noise.shape[:-2], d1 + 1, d1 + 1))
    covariance[..., :d1, :d1], covariance[..., d1, d1] = noise, 1.0
    return GaussianMixture(np.full(k, 1.0 / k), np.c_[mean.reshape(k, d1), np.zeros(k)], covariance, d1)


def test_an_interaction_shows_the_class() -> None:
    """The negative control: permutations that one class makes certain another rules out."""
    dials = Patches(position_std=0.0, class_std=0.0, interaction_std=1.4, structure_seed=0)
    truth = dials.law().population()
    assert not JigsawCancellation(4).applies(truth)
    assert float(JigsawCancellation(4).sides(truth).left) > 0.99
    assert float(JigsawCancellation(4).sides(Patches(structure_seed=0).law().population()).left) < 1e-12
    five = LeeMixture(k=3, d1=5, d2=4, structure_seed=0).law().population()
    (family,) = JigsawCancellation().assumptions(five)
    assert not family.holds and np.isneginf(family.margin) and np.isnan(JigsawCancellation().sides(five).left)


def test_the_split_of_the_intrinsic_risk_is_that_of_the_measures() -> None:
    """To 1e-12, both sides; signs of x1 merge points, so that something is lost."""
    lost = []
    for seed in range(30):
        law = finite(np.random.default_rng(seed))
        truth = law.population()
        signs = Lookup(truth.points1, (truth.points1 > truth.mean1).astype(float))
        for statement, psi in ((IntrinsicParts(), signs), (IntrinsicParts("psi_star"), truth.psi_star)):
            split = intrinsic_split(law, psi)
            parts = float(statement.sides(truth).right)
            assert parts == pytest.approx(split.lost + split.not_linear, abs=1e-12)
            assert parts == pytest.approx(float(statement.sides(truth).left), abs=1e-12)
        lost.append(intrinsic_split(law, signs).lost)
    assert np.median(lost) > 1e-3


@pytest.mark.parametrize("landmarks", [1, 3, 10])
def test_the_error_of_landmarks_against_drawn_ones(landmarks: int) -> None:
    """Averages over x2 that are drawn from the law miss mu by the formula: within four standard errors of 4,000 sets.

    The rate of false alarms is 6e-5 for each of 9 comparisons. All sets together give it to rounding.
    """
    for seed in range(3):
        rng = np.random.default_rng([landmarks, seed])
        joint = rng.dirichlet(np.full(3 * 7 * 5, 0.5)).reshape(3, 1, 7, 5) + 1e-3
        law = Finite(joint / joint.sum(), rng.normal(size=(7, 2)), rng.normal(size=(5, 3)))
        truth = law.population()
        assert isinstance(truth, FinitePopulation)
        marks = law.sample(4000 * landmarks, rng).x2
        place = np.argmin(np.sum((marks[:, None] - truth.points2) ** 2, axis=-1), axis=1)
        phi = density_ratio(law)(truth.points1, marks)
        mu = (truth.p12 @ truth.f2_table) / truth.p1[:, None]
        average = (phi[..., None] * truth.f2_table[place]).reshape(len(mu), 4000, landmarks, -1).mean(axis=2)
        errors = truth.p1 @ np.sum((average - mu[:, None]) ** 2, axis=-1)
        predicted = float(LandmarkAverage(landmarks).sides(truth).right)
        assert abs(errors.mean() - predicted) < 4.0 * errors.std(ddof=1) / np.sqrt(4000)
        assert float(LandmarkDraws(landmarks).sides(truth).right) == predicted
        if 5**landmarks <= 2**12:
            assert float(LandmarkAverage(landmarks).sides(truth).error) == 0.0
            assert float(LandmarkAverage(landmarks).sides(truth).left) == pytest.approx(predicted, rel=1e-10)
        else:
            assert float(LandmarkAverage(landmarks).sides(truth).error) > 0.0


def test_the_floor_of_the_spectral_loss() -> None:
    """With as many features as Q has rank its least value is -|Q|_F^2, and with any features it is not below."""
    for seed in range(20):
        truth = finite(np.random.default_rng(seed)).population()
        assert isinstance(truth, FinitePopulation)
        floor = -float(np.sum(truth.p12**2 / np.outer(truth.p1, truth.p2)))
        rank = min(truth.p12.shape)
        assert float(SpectralContrastiveLoss(rank, "optimal").sides(truth).left) == pytest.approx(floor, abs=1e-12)
        for r in (1, 2, rank):
            assert float(SpectralContrastiveLoss(r, "random").sides(truth).left) >= floor
            assert float(SpectralContrastiveLoss(r, "optimal").sides(truth).left) >= floor - 1e-12
