"""One encoder of two views: optima that nothing learnt beats, rates towards them, stacks, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from testbed.data import LinearMap, Moments
from testbed.evaluation import subspace_sine
from testbed.generators import Augmented, CleanMixture, LeeMixture
from testbed.laws import Finite, JointGaussian, Law
from testbed.laws.shared_views import SharedViews, augmented_views, pooled_views
from testbed.pretexts import (
    ACE,
    CCA,
    DenoisingAutoencoder,
    InstanceClassification,
    JointEmbedding,
    Predict,
    Reconstruction,
    VICReg,
)
from testbed.pretexts.shared import OneEncoder
from testbed.regressors import ReducedRank
from testbed.theory import CollapseOfModes

BASE = LeeMixture(k=3, d1=5, d2=4, scale=2.0, structure_seed=4)
VIEWS = Augmented(BASE, "gaussian", (0.3, 0.5, 0.7, 0.9, 1.1)).law()
LEVELS = (0.1, 0.2, 0.3, 0.4, 0.5)
TASKS: list[OneEncoder] = [
    JointEmbedding(2),
    JointEmbedding(2, "gaussian", 0.8),
    Reconstruction(2),
    Reconstruction(2, "mask", 0.3),
    VICReg(2, 0.5),
    VICReg(3, 2.0, 0.1, "resample", LEVELS),
]
NAMES = [repr(task) for task in TASKS]


def views_of(task: OneEncoder, law: Law) -> SharedViews:
    truth = law.population()
    if task.augmentation is None or task.level is None:
        return pooled_views(truth.mean1, truth.mean2, truth.s11, truth.s12, truth.s22)
    return augmented_views(task.augmentation, task.level, truth.mean1, truth.s11)


def loss(task: OneEncoder, law: Law, weight: np.ndarray) -> float:
    """What the task minimises, under the law; of a basis of the span where only that matters."""
    views = views_of(task, law)
    if isinstance(task, VICReg):
        return float(CollapseOfModes(weight.shape[1], task.beta, task.penalty).loss(views, weight))
    gain = views.cross if isinstance(task, JointEmbedding) else views.target @ views.target.T
    return -float(np.trace(np.linalg.solve(weight.T @ views.square @ weight, weight.T @ gain @ weight)))


@pytest.mark.parametrize("task", TASKS, ids=NAMES)
def test_the_optimum_is_not_beaten(task: OneEncoder) -> None:
    """Not by what is learnt from 50 to 10^6 rows, nor by 200 random directions or small changes."""
    rng = np.random.default_rng(0)
    optimum = task.optimum(VIEWS)
    assert isinstance(optimum, LinearMap)
    best = loss(task, VIEWS, optimum.weight)
    for n in (50, 10**3, 10**6):
        learnt = task.fit([VIEWS.moments(n, rng)], VIEWS, rng)
        assert isinstance(learnt, LinearMap)
        assert loss(task, VIEWS, learnt.weight) >= best - 1e-12 * abs(best)
    assert loss(task, VIEWS, learnt.weight) < best + 1e-3 * abs(best)
    for scale in np.r_[np.full(100, 10.0), np.geomspace(1e-3, 1.0, 100)]:
        other = optimum.weight + scale * np.abs(optimum.weight).max() * rng.normal(size=optimum.weight.shape)
        assert loss(task, VIEWS, other) >= best - 1e-12 * abs(best)


@pytest.mark.parametrize("task", TASKS, ids=NAMES)
def test_learnt_tasks_approach_their_optimum(task: OneEncoder) -> None:
    """The mean squared sine to the optimum falls as n^-1: slope -1 on 10^4 to 10^6 rows, 64 draws at each."""
    rng, optimum, sizes = np.random.default_rng(1), task.optimum(VIEWS), [10**4, 10**5, 10**6]
    kept = np.linalg.norm(optimum.weight, axis=0) > 0.0  # type: ignore[union-attr]
    squares = []
    for n in sizes:
        learnt = task.fit([VIEWS.moments(n, rng, 64)], VIEWS, rng).weight  # type: ignore[union-attr]
        squares.append(np.mean(subspace_sine(learnt[..., kept], optimum.weight[:, kept]) ** 2))  # type: ignore[union-attr]
    slope = np.polyfit(np.log(sizes), np.log(squares), 1)[0]
    assert abs(slope + 1.0) < 0.25, slope


@pytest.mark.parametrize("task", TASKS, ids=NAMES)
def test_rows_and_moments_are_one_fit_and_a_slice_of_a_stack_keeps_its_bits(task: OneEncoder) -> None:
    rng = np.random.default_rng(2)
    pairs = VIEWS.sample(80, rng)
    rows, moments = (task.fit(draw, VIEWS, rng) for draw in (pairs, [Moments.of(pairs)]))
    one, other = (np.abs(psi(pairs.x1) - psi(pairs.x1).mean(axis=0)) for psi in (rows, moments))  # signs are free
    np.testing.assert_allclose(one, other, atol=1e-9)
    stack = VIEWS.moments(200, rng, 64)
    whole = task.fit([stack], VIEWS, rng)
    for r in (0, 17, 63):
        one = task.fit([stack[r]], VIEWS, rng)
        assert np.array_equal(one.weight, whole.weight[r]) and np.array_equal(one.offset, whole.offset[r])
    many = Augmented(CleanMixture(k=2, d1=5), "gaussian", 0.5).law(rng, 3)
    batch, one = task.optimum(many), task.optimum(many[1])
    assert np.array_equal(batch.weight[1], one.weight)


def test_what_is_there_under_another_name() -> None:
    """Known augmentations: Fisher's directions and the linear denoiser; views of one law: CCA and reduced rank."""
    for task, other in (
        (JointEmbedding(2, "mask", 0.4), InstanceClassification(2, 0.4, "mask")),
        (Reconstruction(2, "mask", 0.4), DenoisingAutoencoder("mask", 0.4, 2)),
        (JointEmbedding(2), CCA(2)),
        (Reconstruction(2), Predict(ReducedRank(2))),
    ):
        one, two = (psi.optimum(VIEWS).weight for psi in (task, other))  # type: ignore[union-attr]
        assert float(subspace_sine(one, np.linalg.svd(two, full_matrices=False)[0][:, :2])) < 1e-6


def test_singular_views_and_outputs_beyond_the_dimension() -> None:
    """One-hot points: S is projected; two of six outputs have no direction and are 0."""
    table = np.random.default_rng(3).dirichlet(np.ones(50)).reshape(2, 1, 5, 5)
    law = Finite(table, np.eye(5), np.eye(5))
    psi = VICReg(6, beta=0.1, penalty=1e-3).optimum(law)
    assert isinstance(psi, LinearMap)
    assert list(np.linalg.norm(psi.weight, axis=0) > 1e-12) == [True] * 4 + [False] * 2
    np.testing.assert_allclose(psi.weight.sum(axis=0), 0.0, atol=1e-12)  # of least norm
    statement = CollapseOfModes(6, 0.1, 1e-3)
    np.testing.assert_allclose(loss(VICReg(6, 0.1, 1e-3), law, psi.weight), statement.sides(law.population()).right)
    with pytest.raises(ValueError, match="rank = 5: the views vary in 4 directions only, so give at most 4"):
        JointEmbedding(5).optimum(law)


@pytest.mark.parametrize("cls", [JointEmbedding, Reconstruction, VICReg])
def test_refusals(cls: type[OneEncoder]) -> None:
    law = BASE.law()
    with pytest.raises(ValueError, match=r"one encoder serves both views, .* x1 has 5, x2 has 4"):
        cls(2).optimum(law)
    with pytest.raises(ValueError, match="one encoder serves both views"):
        cls(2).fit(law.sample(50, 0), law, np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"give both, .* or neither"):
        cls(2, augmentation="mask")
    assert cls(2, augmentation="mask", level=0.5).fit([law.moments(50, 0)], law, np.random.default_rng(0)) is not None


def test_a_direction_that_views_do_not_share_is_left_out_at_the_optimum() -> None:
    law = JointGaussian.from_correlations([0.8, 0.0], np.eye(2))
    for task in (JointEmbedding(2), Reconstruction(2)):
        assert list(np.linalg.norm(task.optimum(law).weight, axis=0) > 0.0) == [True, False]  # type: ignore[union-attr]


def twins(rng: np.random.Generator) -> Finite:
    """Two draws of one of three classes on six points of the plane."""
    given = rng.dirichlet(np.ones(6), size=3)
    points = rng.normal(size=(6, 2))
    return Finite((given[:, :, None] * given[:, None, :] / 3.0)[:, None], points, points)


@pytest.mark.parametrize("penalty", [0.0, 0.02])
def test_all_functions_are_the_linear_ones_of_indicators(penalty: float) -> None:
    """A feature map of any kind is x1 of another law; for all functions on the points that need not be written."""
    rng = np.random.default_rng(7)
    law = twins(rng)
    truth, shown = law.population(), type(law)(law.joint, np.eye(6), np.eye(6))
    for task, wide in (
        (VICReg(2, 1.0, penalty), VICReg(2, 1.0, penalty, feature_class="universal")),
        (JointEmbedding(2), JointEmbedding(2, feature_class="universal")),
    ):
        plain, found = task.optimum(shown)(np.eye(6)), wide.optimum(law)(law.v1)
        np.testing.assert_allclose(np.abs(found), np.abs(plain), atol=1e-9)
        rows = law.sample(500, rng)
        place = [int(np.flatnonzero((law.v1 == x).all(axis=1))[0]) for x in law.v1]
        assert place == list(range(6)) and not wide.linear and wide.weighted
        learnt = wide.fit(rows, law, rng)(law.v1)
        assert learnt.shape == (6, 2) and np.isfinite(learnt).all()
    embedded = JointEmbedding(2, feature_class="universal").optimum(law)
    assert float(truth.approximation_error(embedded)) < 1e-12 < float(truth.approximation_error(lambda x: x))
    first = ACE(2).optimum(law)(law.v1)
    np.testing.assert_allclose(np.abs(embedded(law.v1)), np.abs(first), atol=1e-9)
    with pytest.raises(ValueError, match="feature_class = 'universal' with augmentation = 'mask'"):
        JointEmbedding(2, "mask", 0.4, feature_class="universal")
    with pytest.raises(TypeError, match="is fitted on rows"):
        JointEmbedding(2, feature_class="universal").fit([law.moments(50, rng)], law, rng)  # type: ignore[list-item]


def test_agreement_alone_collapses_and_a_held_covariance_is_joint_embedding() -> None:
    """What SimSiam minimises, E|f(V) - f(V')|^2, is least for f = 0: no mode of VICReg is left as beta grows."""
    views = JointGaussian.from_correlations([0.9, 0.6], np.eye(2))
    energies = [CollapseOfModes(2, beta).energies(views.population()) for beta in (0.5, 2.0, 50.0)]
    np.testing.assert_allclose(energies, [[0.95, 0.8], [0.8, 0.2], [0.0, 0.0]], atol=1e-12)
    near, held = VICReg(2, 1e-9).optimum(views), JointEmbedding(2).optimum(views)
    np.testing.assert_allclose(np.abs(near.weight), np.abs(held.weight), atol=1e-8)  # type: ignore[union-attr]
