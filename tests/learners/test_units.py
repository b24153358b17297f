"""A fit in other units is the same fit: for every model, regressor and pretext, the changes of units that it allows.

The rows of x1 (or of the features) and those of x2 (or of the target) are changed, the learner is fitted again, and its
outputs at changed rows are compared with the first ones. What a learner does not allow is by its definition, and its
docstring says so: principal components under units of each column, a fixed ridge or bandwidth under any.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from testbed import models, pretexts, regressors
from testbed._linalg import Array
from testbed.data import Moments, Sample
from testbed.generators import CleanMixture
from testbed.laws import Finite, Law
from testbed.models import VAE, FactorAnalysis, LatentClass, LinearVAE, MixtureModel, Model, ProbabilisticPCA
from testbed.pretexts import (
    ACE,
    CCA,
    PCA,
    Autoencoder,
    Contrastive,
    ContrastiveNetwork,
    DeepCCA,
    DenoisingAutoencoder,
    InstanceClassification,
    Jigsaw,
    JointEmbedding,
    Landmarks,
    OffDiagonal,
    Optimum,
    Oracle,
    Posterior,
    Predict,
    Pretext,
    PseudoLikelihood,
    Raw,
    Reconstruction,
    Refined,
    RidgeCCA,
    Truncated,
    VICReg,
)
from testbed.regressors import (
    OLS,
    ClassMeans,
    KernelRidge,
    LinearRegressor,
    Nystroem,
    ReducedRank,
    Regressor,
    Ridge,
    Sklearn,
)

ROWS, UNSEEN = 160, 40


@dataclass(frozen=True)
class Change:
    """x -> (x @ matrix) + offset."""

    matrix: Array
    offset: Array

    def __call__(self, x: Array) -> Array:
        return np.asarray(x @ self.matrix + self.offset)

    @property
    def log_volume(self) -> float:
        """Logarithm of the volume that a unit cube has after the change."""
        return float(np.linalg.slogdet(self.matrix)[1])


def change(kind: str, d: int) -> Change:
    """One change of each kind, for d columns."""
    rng = np.random.default_rng(d)
    turn = np.linalg.qr(rng.normal(size=(d, d)))[0]
    none = np.zeros(d)
    return {
        "none": Change(np.eye(d), none),
        "small": Change(1e-6 * np.eye(d), none),
        "large": Change(3e7 * np.eye(d), none),
        "columns": Change(np.diag(10.0 ** np.linspace(-6.0, 6.0, d)[rng.permutation(d)]), none),
        "shift": Change(np.eye(d), 1e4 * rng.normal(size=d)),
        "one shift": Change(np.eye(d), np.full(d, 1e4)),
        "rotation": Change(turn, none),
        "matrix": Change(turn @ np.diag(np.geomspace(1.0, 1e3, d)) @ turn[::-1], none),
    }[kind]


COMMON = ("small", "large")
SCALED = (*COMMON, "columns")
SHIFTED = (*COMMON, "shift")
ROUND = (*SHIFTED, "rotation")
EACH = (*COMMON, "columns", "shift")
ANY = (*EACH, "rotation", "matrix")


def rows(law: Law, seed: int, n: int) -> Sample:
    return law.sample(n, np.random.default_rng(seed))


CLEAN = CleanMixture(k=3, d1=6, d2=4, structure_seed=0).law()


def finite() -> Finite:
    """Exchangeable pairs of six points on a grid, some of which differ in one column only."""
    weight = np.random.default_rng(0).uniform(0.2, 1.0, size=(6, 6))
    grid = np.stack(np.meshgrid([0.0, 1.0], [0.0, 1.0, 3.0]), axis=-1).reshape(-1, 2)
    return Finite.from_graph(weight + weight.T, np.arange(6) % 3, grid)


# Models: the changes of x under which the density is the same, and how close it comes, in nats.
MODELS: list[tuple[Model, tuple[str, ...], float]] = [
    (ProbabilisticPCA(2), ROUND, 1e-9),
    (FactorAnalysis(2), EACH, 1e-8),
    (LinearVAE(2), SHIFTED, 1e-6),
    (MixtureModel(3), EACH, 1e-7),
    (MixtureModel(3, "tied"), EACH, 1e-7),
    (MixtureModel(3, "diag"), EACH, 1e-7),
    (MixtureModel(3, "spherical"), SHIFTED, 1e-7),
]


@pytest.mark.parametrize(
    ("model", "kind", "near"), [(model, kind, near) for model, kinds, near in MODELS for kind in kinds], ids=str
)
def test_a_model_in_other_units_has_the_same_density(model: Model, kind: str, near: float) -> None:
    seen, unseen = rows(CLEAN, 0, ROWS).x1, rows(CLEAN, 1, UNSEEN).x1
    other = change(kind, seen.shape[1])
    first, second = (model.fit(x, np.random.default_rng(0)) for x in (seen, other(seen)))
    difference = second.log_likelihood(other(unseen)) + other.log_volume - first.log_likelihood(unseen)
    assert np.abs(difference).max() < near
    if model.linear:
        moments = Moments.of_blocks({"x1": other(seen)})
        third = model.fit(moments, np.random.default_rng(0)).log_likelihood(other(unseen))
        assert np.abs(third - second.log_likelihood(other(unseen))).max() < near


@pytest.mark.parametrize("kind", EACH)
def test_latent_classes_do_not_look_at_values(kind: str) -> None:
    seen = np.round(rows(CLEAN, 0, ROWS).x1)
    other = change(kind, seen.shape[1])
    first, second = (LatentClass(3).fit(x, np.random.default_rng(0)) for x in (seen, other(seen)))
    assert np.array_equal(first.log_likelihood(seen), second.log_likelihood(other(seen)))


@pytest.mark.parametrize("kind", ["large", "shift"])
def test_a_vae_in_other_units(kind: str) -> None:
    """In single precision: rounding of the rows is lost in that of the network's input, up to chance."""
    pytest.importorskip("jax")
    seen, unseen = rows(CLEAN, 0, ROWS).x1, rows(CLEAN, 1, UNSEEN).x1
    other = change(kind, seen.shape[1])
    first, second = (VAE(2, hidden=(), epochs=2).fit(x, np.random.default_rng(0)) for x in (seen, other(seen)))
    assert np.abs(first.encode_mean(unseen) - second.encode_mean(other(unseen))).max() < 1e-3
    likelihoods = [
        fitted.importance_log_likelihood(x, np.random.default_rng(0), 50).value
        for fitted, x in ((first, unseen), (second, other(unseen)))
    ]
    assert np.abs(likelihoods[1] + other.log_volume - likelihoods[0]).max() < 1e-3


# Regressors of b on a: the changes of a, and those of b, under which predictions are the same in their own units.
REGRESSORS: list[tuple[Regressor, tuple[str, ...], tuple[str, ...]]] = [
    (OLS(), ANY, ANY),
    (OLS(intercept=False), (*SCALED, "rotation", "matrix"), SCALED),
    (ReducedRank(2), ANY, ROUND),
    (Ridge(), ROUND, ROUND),
    (Ridge("cv"), ROUND, ROUND),
    (Ridge(3.0), ("shift", "rotation"), ANY),
    (Ridge(0.0), ANY, ANY),
    (KernelRidge(), ROUND, ROUND),
    (KernelRidge(1e-3), ROUND, ANY),
    (KernelRidge(bandwidth=2.0), ("shift", "rotation"), ROUND),
    (Nystroem(50), ROUND, ROUND),
    (Nystroem(50, 1e-3), ROUND, ANY),
]


@pytest.mark.parametrize(
    ("regressor", "one", "two"),
    [(r, kind, "none") for r, kinds, _ in REGRESSORS for kind in kinds]
    + [(r, "none", kind) for r, _, kinds in REGRESSORS for kind in kinds],
    ids=str,
)
def test_a_regression_in_other_units(regressor: Regressor, one: str, two: str) -> None:
    """Predictions agree to 1e-5 of their deviation, as `matrix` has a condition of 1e3 and a shift takes digits."""
    seen, unseen = rows(CLEAN, 0, ROWS), rows(CLEAN, 1, UNSEEN)
    other1, other2 = change(one, seen.x1.shape[1]), change(two, seen.x2.shape[1])
    first = regressor.fit_rows(seen.x1, seen.x2, np.random.default_rng(0))(unseen.x1)
    second = regressor.fit_rows(other1(seen.x1), other2(seen.x2), np.random.default_rng(0))(other1(unseen.x1))
    wanted = other2(first)
    assert (np.abs(second - wanted) / wanted.std(axis=0)).max() < 1e-5
    if isinstance(regressor, LinearRegressor) and regressor.folds == 1:
        moments = Moments.of_blocks({"x1": other1(seen.x1), "x2": other2(seen.x2)})
        third = regressor.fit(moments, "x1", "x2")(other1(unseen.x1))
        assert (np.abs(third - wanted) / wanted.std(axis=0)).max() < 1e-5


# Pretexts: changes of x1 and of x2 under which the representation spans the same functions, and how close.
LEVELS = (0.3, 0.5, 0.2, 0.4, 0.6, 0.5)
PRETEXTS: list[tuple[Pretext, tuple[str, ...], tuple[str, ...], float]] = [
    (Raw(), ANY, ANY, 1e-6),
    (PCA(2), ROUND, ANY, 1e-6),
    (OffDiagonal(2), COMMON, ANY, 1e-6),
    (Autoencoder(2), ROUND, ANY, 1e-6),
    (Autoencoder(2, (8,)), EACH, EACH, 1e-4),
    (DenoisingAutoencoder("mask", 0.5, 2), COMMON, ANY, 1e-6),
    (DenoisingAutoencoder("resample", 0.5, 2), SHIFTED, ANY, 1e-6),
    (DenoisingAutoencoder("gaussian", LEVELS, 2), ("shift",), ANY, 1e-6),
    (DenoisingAutoencoder("mask", 0.5, 2, (8,)), SCALED, EACH, 1e-4),
    (DenoisingAutoencoder("resample", 0.5, 2, (8,)), EACH, EACH, 1e-4),
    (PseudoLikelihood(), EACH, ANY, 1e-6),
    (InstanceClassification(2), ("shift", "rotation"), ANY, 1e-6),
    (InstanceClassification(2, 0.5, "mask"), SCALED, ANY, 1e-6),
    (InstanceClassification(2, 0.5, "resample"), EACH, ANY, 1e-6),
    (InstanceClassification(2, 0.5, "resample", instances=8), EACH, ANY, 1e-3),
    (CCA(2), ANY, ANY, 1e-6),
    (RidgeCCA(2), ROUND, ROUND, 1e-6),
    (RidgeCCA(2, 0.5), ("shift", "rotation"), ("shift", "rotation"), 1e-6),
    (JointEmbedding(2, "mask", 0.5), SCALED, ANY, 1e-6),
    (Reconstruction(2, "mask", 0.5), COMMON, ANY, 1e-6),
    (VICReg(2, 1.0, 0.0, "resample", 0.5), EACH, ANY, 1e-6),
    (Jigsaw(3), (*COMMON, "one shift"), ANY, 1e-3),
    (Jigsaw(2, (8,)), (*COMMON, "one shift"), ANY, 1e-3),
    (Landmarks(3, (8,)), EACH, EACH, 1e-3),
    (Posterior(FactorAnalysis(2)), EACH, ANY, 1e-5),
    (Predict(OLS()), ANY, ANY, 1e-6),
    (Predict(Nystroem(50)), ROUND, ROUND, 1e-5),
    (Truncated(Predict(OLS()), 2), ANY, ROUND, 1e-6),
    (Refined(Predict(OLS()), 60), (), (), 1e-6),  # its labelled rows are drawn from the law in its own units
]
NETWORKS: list[Pretext] = [
    *(ContrastiveNetwork(loss, 2, (8,), steps=20, batch=32) for loss in ("infonce", "logistic", "spectral")),
    DeepCCA(2, (8,), steps=20, batch=32),
]


ONE_ENCODER: list[tuple[Pretext, tuple[str, ...]]] = [  # of views x1 and x2, which change together
    (JointEmbedding(2), ANY),
    (Reconstruction(2), ROUND),
    (VICReg(2, 0.5), ANY),
]


def distance(first: Array, second: Array) -> float:
    """Sine of the largest angle between the functions that two representations and the constant span, at rows."""
    spans = []
    for image in (first, second):
        varies = image.std(axis=0) > 1e-9 * np.abs(image).max(axis=0)
        rest = (image - image.mean(axis=0))[:, varies]
        rest = rest / rest.std(axis=0)
        u, s, _ = np.linalg.svd(rest, full_matrices=False)
        spans.append(u[:, s > 1e-7 * s[0]])
    assert spans[0].shape == spans[1].shape
    return float(np.linalg.norm(spans[1] - spans[0] @ (spans[0].T @ spans[1]), 2))


def apart(task: Pretext, law: Law, one: str, two: str) -> float:
    seen, unseen = rows(law, 0, ROWS), rows(law, 1, UNSEEN)
    other1, other2 = change(one, seen.x1.shape[1]), change(two, seen.x2.shape[1])
    changed = replace(seen, x1=other1(seen.x1), x2=other2(seen.x2))
    first, second = (task.fit(draw, law, np.random.default_rng(0)) for draw in (seen, changed))
    return distance(np.asarray(first(unseen.x1)), np.asarray(second(other1(unseen.x1))))


@pytest.mark.parametrize(
    ("task", "one", "two", "near"),
    [(task, kind, "none", near) for task, kinds, _, near in PRETEXTS for kind in kinds]
    + [(task, "none", kind, near) for task, _, kinds, near in PRETEXTS for kind in kinds],
    ids=str,
)
def test_a_representation_in_other_units(task: Pretext, one: str, two: str, near: float) -> None:
    assert apart(task, CLEAN, one, two) < near


@pytest.mark.parametrize(("task", "kind"), [(task, kind) for task, kinds in ONE_ENCODER for kind in kinds], ids=str)
def test_one_encoder_of_two_views_in_other_units(task: Pretext, kind: str) -> None:
    law = CleanMixture(k=3, d1=6, d2=6, structure_seed=0).law()
    assert apart(task, law, kind, kind) < 1e-6


@pytest.mark.parametrize("kind", ["columns", "shift"])
@pytest.mark.parametrize("task", NETWORKS, ids=str)
def test_a_network_of_two_encoders_in_other_units(task: Pretext, kind: str) -> None:
    pytest.importorskip("jax")
    assert apart(task, CLEAN, kind, kind) < 1e-3


TABLES: list[Pretext] = [
    ACE(2), Contrastive("spectral", 3), Contrastive("spectral", 3, shared=True), Contrastive("logistic"),
    Contrastive("infonce"), Landmarks(4),
]  # fmt: skip


@pytest.mark.parametrize("kind", ANY)
@pytest.mark.parametrize("task", TABLES, ids=str)
def test_a_table_of_pairs_does_not_look_at_values(task: Pretext, kind: str) -> None:
    law = finite()
    seen, unseen = rows(law, 0, 400), rows(law, 1, UNSEEN)
    other = change(kind, law.v1.shape[1])
    changed = Finite(law.joint, other(law.v1), other(law.v2))
    again = rows(changed, 0, 400)
    first, second = (
        task.fit(draw, of, np.random.default_rng(0))(x)
        for draw, of, x in ((seen, law, unseen.x1), (again, changed, rows(changed, 1, UNSEEN).x1))
    )
    assert distance(np.asarray(first), np.asarray(second)) < 1e-6
    optima = [np.sort(np.abs(task.optimum(of)(of.v1)), axis=1) for of in (law, changed)]  # type: ignore[operator]
    np.testing.assert_allclose(optima[1], optima[0], atol=1e-9)


def test_no_learner_is_left_out() -> None:
    """Every learner of the package has its changes of units; `Sklearn` is the user's, and the truth has no fit."""
    tried: set[type[Any]] = {type(case[0]) for case in (*MODELS, *REGRESSORS, *PRETEXTS)}
    tried |= {type(task) for task in (*NETWORKS, *TABLES)} | {LatentClass, VAE, ClassMeans} | {Sklearn, Oracle, Optimum}
    for module, base in ((models, Model), (regressors, Regressor), (pretexts, Pretext)):
        named = [getattr(module, name) for name in module.__all__]
        assert {one for one in named if isinstance(one, type) and issubclass(one, base)} - {
            base,
            LinearRegressor,
        } <= tried
