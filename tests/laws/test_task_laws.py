"""Laws made for pretext tasks: factors, exchangeable views, patches, augmented views, augmentation graphs."""

from __future__ import annotations

import numpy as np
import pytest

from testbed.evaluation import subspace_sine
from testbed.generators import Augmented, ExchangeableViews, Factors, Generator, LeeMixture, Patches
from testbed.laws import Finite, GaussianMixture, JointGaussian, Law
from testbed.laws.augmentation import augment
from testbed.pretexts import PCA, DenoisingAutoencoder, Oracle, Pretext, PseudoLikelihood, Truncated
from tests.laws.random_laws import finite, gaussian
from tests.statistics_ import assert_means, assert_one_law

DIALS: list[Generator] = [
    Factors(r=3, k=2, d1=5, d2=4),
    ExchangeableViews(k=3, d=4, w=0.3),
    Patches(patches=2, d0=3, k=3, interaction_std=0.5),
    Augmented(LeeMixture(k=3, d1=4, d2=2, scale=2.0), "gaussian", (0.5, 1.0, 0.0, 2.0)),
    Augmented(gaussian(np.random.default_rng(0)), "gaussian", 0.7),
    Augmented(Factors(r=2, d1=4, d2=2), "resample", (0.0, 1.0, 0.0, 1.0)),
]


@pytest.mark.parametrize("dials", DIALS, ids=lambda d: type(d).__name__)
def test_draws_are_of_the_law(dials: Generator) -> None:
    """Means and covariances of 40,000 rows, and moments like rows, at a false-alarm rate of 1e-8 each."""
    law = dials.law(np.random.default_rng(1))
    truth, rng = law.population(), np.random.default_rng(2)
    rows = law.sample(40_000, rng)
    assert_means(rows.x1, truth.mean1)
    assert_means(rows.x2, truth.mean2)
    a, b, y = rows.x1 - truth.mean1, rows.x2 - truth.mean2, rows.y - truth.mean_y
    assert_means(a[:, :, None] * a[:, None, :], truth.s11)
    assert_means(a[:, :, None] * b[:, None, :], truth.s12)
    assert_means(a[:, :, None] * y[:, None, :], truth.s1y)
    assert_means(b[:, :, None] * b[:, None, :], truth.s22)
    x1 = rows.x1[:4000]
    assert_means(rows.y[:4000] - truth.f_star(x1), np.zeros(law.shape[2]))
    assert_means(rows.x2[:4000] - truth.psi_star(x1), np.zeros(law.shape[1]))
    few = np.stack([law.sample(10, rng).x1.mean(axis=0) for _ in range(500)])
    assert_one_law(law.moments(10, rng, 500).mean["x1"], few)


@pytest.mark.parametrize("dials", DIALS, ids=lambda d: type(d).__name__)
def test_structures_are_stacked_and_frozen(dials: Generator) -> None:
    stack = dials.law(np.random.default_rng(1), 3)
    if dials.frozen:
        assert not stack.batch
        return
    assert stack.batch == (3,)
    again = dials.law(np.random.default_rng(1), 3)
    assert np.array_equal(stack[2].population().s12, again.population().s12[2])
    with pytest.raises(ValueError, match="redraws its structure"):
        dials.law()


def test_conditional_independence_where_it_is_claimed() -> None:
    rng = np.random.default_rng(3)
    for dials in DIALS[:3]:
        truth = dials.law(rng).population()
        assert float(truth.epsilon_ci("linear")) < 1e-9
        assert float(truth.epsilon_ci("universal")) < 1e-6
    for dials in DIALS[3:]:
        assert float(dials.law(rng).population().epsilon_ci("linear", given="y")) > 0.05


def test_angles_of_the_factor_law() -> None:
    """The values of the theory, medians over 40 draws, are of the law of such medians: within four of its deviations.

    Principal components .946, masked denoising .886, .623, .475, pseudo-likelihood cut to two .065; the regression of
    one half on the other has the row space of E[z|x1] exactly, as the noise of the halves is independent.
    """
    law = Factors(r=2, d1=30, d2=30).law(np.random.default_rng(8), 1000)
    truth = law.population().linear_f_star
    tasks: list[tuple[Pretext, float]] = [
        (PCA(2), 0.946),
        (DenoisingAutoencoder("mask", 0.1, 2), 0.886),
        (DenoisingAutoencoder("mask", 0.5, 2), 0.623),
        (DenoisingAutoencoder("mask", 0.9, 2), 0.475),
        (Truncated(PseudoLikelihood(), 2), 0.065),
    ]
    for task, expected in tasks:
        medians = np.median(subspace_sine(task.optimum(law), truth).reshape(25, 40), axis=1)
        deviation = float(medians.std(ddof=1))
        assert deviation < 0.03
        assert abs(medians.mean() - expected) < 4.0 * deviation, (task, float(medians.mean()), deviation)
    halves = Factors(r=2, d1=15, d2=15).law(np.random.default_rng(8), 40)
    psi = Oracle("linear").optimum(halves)
    assert float(np.max(subspace_sine(psi, halves.population().linear_f_star))) < 1e-12


def test_equal_noise_makes_principal_components_optimal() -> None:
    law = Factors(r=2, d1=8, d2=4, noise_var_min=2.0, noise_var_max=2.0).law(np.random.default_rng(0))
    assert float(subspace_sine(PCA(2).optimum(law), law.population().linear_f_star)) < 1e-7


@pytest.mark.parametrize("w", [0.0, 0.5, 0.9])
def test_exchangeable_views_give_the_discriminant_space_at_any_w_below_one(w: float) -> None:
    law = ExchangeableViews(k=4, d=6, w=w, condition=50.0).law(np.random.default_rng(0))
    truth = law.population()
    within, mu = law.covariance[:6, :6], law.mean[: 4 if w == 0.0 else None, :6]
    fisher = np.linalg.solve(within, (mu - truth.mean1).T)
    psi = truth.linear_psi_star
    assert np.linalg.matrix_rank(psi.weight, tol=1e-8) == 3
    assert float(subspace_sine(psi, fisher)) < 1e-7
    assert float(subspace_sine(PCA(3).optimum(law), fisher)) > 0.3
    reference = ExchangeableViews(k=4, d=6, condition=50.0).law(np.random.default_rng(0)).population().linear_psi_star
    np.testing.assert_allclose(psi.weight, (1.0 - w) * reference.weight, atol=1e-10)


def test_at_w_one_the_views_are_independent() -> None:
    truth = ExchangeableViews(w=1.0).law(np.random.default_rng(0)).population()
    np.testing.assert_allclose(truth.s12, 0.0, atol=1e-12)
    np.testing.assert_array_equal(truth.linear_psi_star.weight, 0.0)


def base(rng: np.random.Generator) -> Finite:
    return Finite(rng.dirichlet(np.ones(2 * 5 * 2)).reshape(2, 1, 5, 2), rng.integers(0, 3, size=(5, 2)), np.eye(2))


@pytest.mark.parametrize("kind", ["mask", "resample"])
def test_augmented_tables_are_those_of_augmented_rows(kind: str) -> None:
    rng = np.random.default_rng(4)
    law = base(rng)
    views = Augmented(law, kind, (0.3, 0.6)).law()
    truth, n = views.population(), 100_000
    rows = law.sample(n, rng)
    first, second = (augment(kind, (0.3, 0.6), rows.x1, rng) for _ in range(2))
    assert_means(first, truth.mean1)
    a, b = first - truth.mean1, second - truth.mean1
    assert_means(a[:, :, None] * b[:, None, :], truth.s12)
    assert_means(a[:, :, None] * a[:, None, :], truth.s11)
    assert_means(a[:, :, None] * (rows.y - truth.mean_y)[:, None, :], truth.s1y)
    np.testing.assert_allclose(truth.p12, truth.p12.T, atol=1e-15)


def test_augmentations_without_an_exact_law_are_refused() -> None:
    rng = np.random.default_rng(0)
    cases: list[tuple[Law, str, object, str]] = [
        (gaussian(rng), "mask", 0.5, "needs 0 or 1 for each coordinate"),
        (base(rng), "gaussian", 0.5, "'gaussian' of a Finite has no exact law"),
        (LeeMixture(k=2, d1=2, d2=2, structure_seed=0).law(), "mask", 0.5, "'mask' of a GaussianMixture"),
        (finite(rng), "mask", (0.5,) * 40, "has 40 entries; x1 has"),
    ]
    for law, kind, level, words in cases:
        with pytest.raises(ValueError, match=words):
            Augmented(law, kind, level).law()


def test_a_graph_is_the_law_of_the_ends_of_its_edges() -> None:
    weight = np.array([[2.0, 1.0, 0.0], [1.0, 0.0, 1.0], [0.0, 1.0, 4.0]])
    law = Finite.from_graph(weight, [0, 0, 1])
    truth = law.population()
    order = np.argmax(truth.points1, axis=1)
    np.testing.assert_allclose(truth.p12, weight[np.ix_(order, order)] / 10.0, atol=1e-15)
    np.testing.assert_allclose(truth.f_table[np.argsort(order)], [[1, 0], [1, 0], [0, 1]])
    assert float(truth.bayes_noise) == pytest.approx(0.0, abs=1e-15)
    assert np.array_equal(Finite.from_graph(weight, [0, 0, 1], np.eye(3, 2) + 1.0).v1, np.eye(3, 2) + 1.0)
    for bad, words in (
        ({"weight": weight[:2]}, r"weight has shape \(2, 3\)"),
        ({"weight": np.triu(weight)}, r"weight\[0, \d\] = .* and weight\[\d, 0\] = 0: weight must be symmetric"),
        ({"weight": -weight}, r"weight\[\d, \d\] = -.*: entries of at least 0 that are not all 0 are needed"),
        ({"weight": 0.0 * weight}, "not all 0"),
        ({"label": [0, 1]}, "one class number"),
        ({"label": [0.0, 1.0, 1.0]}, "one class number"),
        ({"label": [0, 0, 2]}, r"classes \[1\] have no mass"),
    ):
        with pytest.raises(ValueError, match=words):
            Finite.from_graph(**{"weight": weight, "label": [0, 0, 1]} | bad)


def test_a_frozen_base_freezes_its_views_and_a_drawn_one_is_shared() -> None:
    inner = LeeMixture(k=3, d1=4, d2=2)
    assert not Augmented(inner).frozen
    assert Augmented(inner).structure_key == inner.structure_key
    assert Augmented(LeeMixture(structure_seed=1)).frozen
    drawn, plain = (g.law(np.random.default_rng(7)) for g in (Augmented(inner), inner))
    assert isinstance(drawn, GaussianMixture) and isinstance(plain, GaussianMixture)
    assert np.array_equal(drawn.mean[:, :4], plain.mean[:, :4])
    assert isinstance(Augmented(gaussian(np.random.default_rng(0))).law(), JointGaussian)


def test_patches_that_have_no_room_for_orthogonal_means() -> None:
    with pytest.raises(ValueError, match=r"d0 = 3: orthogonal class means need d0 > patches = 3; or orthogonal=False"):
        Patches(patches=3, d0=3)
    assert Patches(patches=3, d0=3, orthogonal=False, structure_seed=0).law().shape[0] == 9
