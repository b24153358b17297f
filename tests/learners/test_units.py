"""A fit in other units is the same fit: for every model, regressor and pretext, the changes of units that it allows.

The rows of x1 (or of the features) and those of x2 (or of the target) are changed, the learner is fitted again, and its
outputs at changed rows are compared with the first ones. What a learner does not allow is by its definition, and its
docstring says so: principal components under units of each column, a fixed ridge or bandwidth under any.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from testbed import models, pretexts, regressors
from testbed.data import Moments
from testbed.models import VAE, FactorAnalysis, LatentClass, LinearVAE, MixtureModel, Model, ProbabilisticPCA
from testbed.pretexts import (
    Optimum,
    Oracle,
    Pretext,
)
from testbed.regressors import (
    OLS,
    ClassMeans,
    KernelRidge,
    LinearRegressor,
    Network,
    Nystroem,
    ReducedRank,
    Regressor,
    Ridge,
    Sklearn,
)
from tests.learners.test_units_of_tasks import NETWORKS, PRETEXTS, TABLES
from tests.learners.units import ANY, CLEAN, EACH, ROUND, ROWS, SCALED, SHIFTED, UNSEEN, change, rows

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
    (Network(8, passes=30), EACH, EACH),
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
