"""Linear tasks: their closed forms against brute force, optima that nothing learnt beats, and rates towards them."""

from __future__ import annotations

import numpy as np
import pytest

import testbed
from testbed import Experiment
from testbed.data import LinearMap, Moments
from testbed.evaluation import subspace_sine
from testbed.generators import CleanMixture, LeeMixture
from testbed.laws import Law
from testbed.laws.augmentation import augment, augmented_moments
from testbed.pretexts import (
    CCA,
    PCA,
    Autoencoder,
    DenoisingAutoencoder,
    InstanceClassification,
    OffDiagonal,
    Pretext,
    PseudoLikelihood,
    Truncated,
)
from testbed.pretexts.base import rows_of
from testbed.regressors import OLS, bind
from tests.laws.random_laws import finite, gaussian
from tests.statistics_ import assert_means, assert_product_means

TASKS: list[Pretext] = [
    PCA(2),
    OffDiagonal(2),
    Autoencoder(2),
    DenoisingAutoencoder("mask", 0.3, 2),
    DenoisingAutoencoder("gaussian", 0.8, 2),
    DenoisingAutoencoder("resample", (0.1, 0.2, 0.3, 0.4, 0.5, 0.6), 2),
    InstanceClassification(2, (0.5, 1.0, 1.5, 0.5, 1.0, 1.5)),
    InstanceClassification(2, 0.4, "mask"),
    CCA(2),
    Truncated(PseudoLikelihood(), 2),
]
SMALL = LeeMixture(k=3, d1=6, d2=5, alpha=0.3, scale=2.0, structure_seed=4)
JOINT = gaussian(np.random.default_rng(5), d1=6, d2=4, k=2, m=1)
NAMES = [repr(t) for t in TASKS]


def captured(task: Pretext, law: Law, weight: np.ndarray) -> float:
    """What a task maximises over the span of the columns of `weight`: tr (W'DW)^{-1} W'NW under the law."""
    truth = law.population()
    s, m, square = truth.s11, truth.mean1, truth.s11
    if isinstance(task, DenoisingAutoencoder | InstanceClassification):
        kind = task.corruption if isinstance(task, DenoisingAutoencoder) else task.augmentation
        seen = augmented_moments(kind, task.level, m, s)
        square = seen.between + np.diag(seen.within)
        gain = seen.cross @ seen.cross.T if isinstance(task, DenoisingAutoencoder) else seen.between
        square = square if isinstance(task, DenoisingAutoencoder) else np.diag(seen.within)
    elif isinstance(task, CCA):
        gain = truth.s12 @ np.linalg.pinv(truth.s22) @ truth.s12.T
    elif isinstance(task, OffDiagonal):
        gain, square = s - np.diag(np.diag(s)), np.eye(len(s))
    else:
        gain = s @ s
    return float(np.trace(np.linalg.solve(weight.T @ square @ weight, weight.T @ gain @ weight)))


@pytest.mark.parametrize("law", [SMALL.law(), JOINT], ids=["mixture", "gaussian"])
@pytest.mark.parametrize("task", TASKS[:-1], ids=NAMES[:-1])
def test_the_optimum_is_not_beaten(task: Pretext, law: Law) -> None:
    """Not by what is learnt from 50 to 10^6 rows, nor by 200 random directions or small changes."""
    rng = np.random.default_rng(0)
    optimum = task.optimum(law)
    assert isinstance(optimum, LinearMap)
    best = captured(task, law, optimum.weight)
    for n in (50, 10**3, 10**6):
        learnt = task.fit([law.moments(n, rng)], law, rng)
        assert isinstance(learnt, LinearMap)
        assert captured(task, law, learnt.weight) <= best * (1.0 + 1e-12)
    assert captured(task, law, learnt.weight) > best * (1.0 - 1e-3)
    for scale in np.r_[np.full(100, 10.0), np.geomspace(1e-3, 1.0, 100)]:
        other = optimum.weight + scale * np.abs(optimum.weight).max() * rng.normal(size=optimum.weight.shape)
        assert captured(task, law, other) <= best * (1.0 + 1e-12)


@pytest.mark.parametrize("task", TASKS, ids=NAMES)
def test_learnt_tasks_approach_their_optimum(task: Pretext) -> None:
    """The mean squared sine to the optimum falls as n^-1: slope -1 on 10^4 to 10^6 rows, 64 draws at each."""
    law, rng = SMALL.law(), np.random.default_rng(1)
    optimum, sizes = task.optimum(law), [10**4, 10**5, 10**6]
    squares = [np.mean(subspace_sine(task.fit([law.moments(n, rng, 64)], law, rng), optimum) ** 2) for n in sizes]
    slope = np.polyfit(np.log(sizes), np.log(squares), 1)[0]
    assert abs(slope + 1.0) < 0.25, slope


@pytest.mark.parametrize("task", TASKS, ids=NAMES)
def test_rows_and_moments_are_one_fit_and_a_slice_of_a_stack_keeps_its_bits(task: Pretext) -> None:
    law, rng = SMALL.law(), np.random.default_rng(2)
    pairs = law.sample(80, rng)
    rows, moments = (task.fit(draw, law, rng) for draw in (pairs, [Moments.of(pairs)]))
    one, other = (np.abs(psi(pairs.x1) - psi(pairs.x1).mean(axis=0)) for psi in (rows, moments))  # signs are free
    np.testing.assert_allclose(one, other, atol=1e-9)
    stack = law.moments(200, rng, 64)
    whole = task.fit([stack], law, rng)
    for r in (0, 17, 63):
        one = task.fit([stack[r]], law, rng)
        assert np.array_equal(one.weight, whole.weight[r])
        assert np.array_equal(one.offset, whole.offset[r])
    many = CleanMixture(k=2, d1=6, d2=5).law(rng, 3)
    batch, one = task.optimum(many), task.optimum(many[1])
    assert np.array_equal(batch.weight[1], one.weight)


def test_denoising_is_least_squares_on_corrupted_rows() -> None:
    """Moments of augmentations are those of rows, and the code at full rank is the regression of x on T(x)."""
    law, rng = SMALL.law(), np.random.default_rng(3)
    truth, n = law.population(), 400_000
    x = law.sample(n, rng).x1
    for kind, level in (("mask", 0.3), ("gaussian", 0.8), ("resample", (0.1, 0.2, 0.3, 0.4, 0.5, 0.6))):
        seen = augmented_moments(kind, level, truth.mean1, truth.s11)
        t = augment(kind, level, x, rng)
        assert_means(t, seen.mean)
        a, b = t - seen.mean, x - truth.mean1
        assert_product_means(a, b, seen.cross)
        assert_product_means(a, a, seen.between + np.diag(seen.within))
        code = DenoisingAutoencoder(kind, level, 6).optimum(law)
        slope = np.linalg.solve(seen.between + np.diag(seen.within), seen.cross)
        image = slope @ np.linalg.svd(truth.root1 @ code.weight)[2].T  # any basis: only the span is compared
        assert float(subspace_sine(image, code.weight)) < 1e-6


def test_pseudo_likelihood_is_one_regression_a_coordinate() -> None:
    law, rng = JOINT, np.random.default_rng(4)
    x = law.sample(300, rng).x1
    psi = PseudoLikelihood().fit([Moments.of(law.sample(300, np.random.default_rng(4)))], law, rng)
    for j in range(x.shape[1]):
        rest = np.delete(np.arange(x.shape[1]), j)
        fitted = OLS().fit_rows(x[:, rest], x[:, [j]], rng)(x[:, rest])[:, 0]
        np.testing.assert_allclose(psi(x)[:, j], fitted - x[:, j].mean(), atol=1e-9)


def test_canonical_variates_are_normalised_and_their_correlations_those_of_the_law() -> None:
    truth = JOINT.population()
    psi = CCA(4).optimum(JOINT)
    np.testing.assert_allclose(psi.weight.T @ truth.s11 @ psi.weight, np.eye(4), atol=1e-10)
    explained = psi.weight.T @ truth.s12 @ np.linalg.solve(truth.s22, truth.s12.T) @ psi.weight
    np.testing.assert_allclose(np.diag(explained), truth.spectrum[:4] ** 2, atol=1e-10)
    clean = CleanMixture(k=3, m=1, d1=6, d2=5, structure_seed=0).law()
    weight = CCA(4).optimum(clean).weight
    assert np.linalg.matrix_rank(weight, tol=1e-8) == 2, "beyond the k - 1 correlated variates nothing is identified"
    assert float(subspace_sine(weight, clean.population().linear_f_star.weight)) < 1e-7


def test_singular_views() -> None:
    """Discrete laws: what needs an inverse refuses with its reason, the others go on."""
    law, rng = finite(np.random.default_rng(0)), np.random.default_rng(0)
    one_hot = type(law)(law.joint, np.eye(law.joint.shape[2]), law.v2)
    draw = [one_hot.moments(1000, rng)]
    for task in (PCA(2), DenoisingAutoencoder("mask", 0.3, 2), CCA(1)):
        assert np.all(np.isfinite(task.fit(draw, one_hot, rng).weight))
        assert np.all(np.isfinite(task.optimum(one_hot).weight))
    for attempt in (lambda: PseudoLikelihood().optimum(one_hot), lambda: PseudoLikelihood().fit(draw, one_hot, rng)):
        with pytest.raises(ValueError, match="the covariance of x1 is singular"):
            attempt()
    with pytest.raises(ValueError, match=r"CCA\(1\) needs n >= 12 pairs; got n = 11"):
        CCA(1).fit([SMALL.law().moments(11, rng)], SMALL.law(), rng)
    with pytest.raises(ValueError, match=r"level = .* has 2 entries; x1 has 6 coordinates"):
        DenoisingAutoencoder("mask", (0.1, 0.2), 2).optimum(SMALL.law())


@pytest.mark.parametrize("draws", ["auto", "rows"])
def test_in_a_study_the_split_is_exact_and_optima_are_not_beaten(draws: str) -> None:
    experiment = Experiment(
        "tasks", [SMALL], TASKS, [OLS()], n_unlabeled=[500], n_labeled=[2000], repeats=24, draws=draws
    )
    rows = testbed.run(experiment, progress=False)
    assert (rows["status"] == "ok").all(), rows["error"].dropna().tolist()
    parts = rows[["intrinsic", "pretext_part", "estimation"]].astype(float).sum(axis=1)
    np.testing.assert_allclose(parts, rows["excess_risk"].astype(float), atol=1e-12)
    truth = SMALL.law().population()
    for task, cell in rows.groupby("pretext"):
        excess, attained = cell["excess_risk"].astype(float), cell["intrinsic"] + cell["pretext_part"]
        assert excess.mean() < float(truth.baseline_risk), task
        assert excess.mean() > float(attained.mean()) - 4.0 * excess.std() / np.sqrt(24) - 1e-9, task


def test_named_ranks_take_their_number_from_the_law() -> None:
    law = SMALL.law()
    for task in (PCA("k-1"), DenoisingAutoencoder("mask", 0.3, "k-1"), CCA("k-1"), InstanceClassification("k-1")):
        bound = bind(task, law.shape[2], law.states)
        assert np.array_equal(task.optimum(law).weight, bound.optimum(law).weight)
        assert bound.optimum(law).weight.shape == (6, 2)


def test_a_trained_classifier_of_instances_finds_the_discriminant_directions() -> None:
    """150 classes in a law where one direction stands out: it is found to 2%, and principal components miss it."""
    law, rng = gaussian(np.random.default_rng(7), d1=4, d2=2), np.random.default_rng(7)
    noise = tuple(np.sqrt(np.diag(law.population().s11) * [0.02, 2.0, 2.0, 2.0]))
    task = InstanceClassification(1, tuple(float(v) for v in noise), instances=150)
    assert not task.linear
    best = task.optimum(law)
    assert best.weight.shape == InstanceClassification(1, task.level).optimum(law).weight.shape
    psi = task.fit(law.sample(150, rng), law, rng)
    assert float(subspace_sine(psi, best)) < 0.02 < 0.2 < float(subspace_sine(PCA(1).optimum(law), best))
    with pytest.raises(ValueError, match="needs n >= 150 rows; got n = 50"):
        task.fit(law.sample(50, rng), law, rng)
    with pytest.raises(TypeError, match="is fitted on rows"):
        task.fit([law.moments(400, rng)], law, rng)


def test_weights_are_multiplicities() -> None:
    """A weighted sample of a finite law fits as its rows do."""
    law, rng = finite(np.random.default_rng(3)), np.random.default_rng(3)
    weighted = law.sample(300, rng, weighted=True)
    rows = rows_of(weighted, PCA(1))
    assert len(rows.x1) == 300 == weighted.n
    one, other = (PCA(1).fit(draw, law, rng)(rows.x1) for draw in (weighted, rows))
    np.testing.assert_allclose(np.abs(one), np.abs(other), atol=1e-9)
