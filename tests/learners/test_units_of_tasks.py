"""A task in other units gives the same representation: for every pretext, the changes that it allows."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from testbed._linalg import Array
from testbed.generators import CleanMixture
from testbed.laws import Finite, Law
from testbed.models import FactorAnalysis
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
    Nystroem,
)
from tests.learners.units import ANY, CLEAN, COMMON, EACH, ROUND, ROWS, SCALED, SHIFTED, UNSEEN, change, finite, rows

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


VIEWS = CleanMixture(k=3, d1=6, d2=6, structure_seed=0).law()
DRAWN = {law: (rows(law, 0, ROWS), rows(law, 1, UNSEEN)) for law in (CLEAN, VIEWS)}


@cache
def learnt(task: Pretext, law: Law) -> Array:
    """The representation of what was not seen, in the units of the law; each change is held against it."""
    seen, unseen = DRAWN[law]
    return np.asarray(task.fit(seen, law, np.random.default_rng(0))(unseen.x1))


def apart(task: Pretext, law: Law, one: str, two: str) -> float:
    seen, unseen = DRAWN[law]
    other1, other2 = change(one, seen.x1.shape[1]), change(two, seen.x2.shape[1])
    changed = replace(seen, x1=other1(seen.x1), x2=other2(seen.x2))
    psi = task.fit(changed, law, np.random.default_rng(0))
    return distance(learnt(task, law), np.asarray(psi(other1(unseen.x1))))


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
    assert apart(task, VIEWS, kind, kind) < 1e-6


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
