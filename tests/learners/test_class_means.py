"""The mean classifier as a probe: class means by hand, the nearest mean, its error, and labels that are no classes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import testbed
from testbed.data import Moments
from testbed.evaluation.measures import error01
from testbed.generators import CleanFinite, CleanGaussian, CleanMixture
from testbed.pretexts import Contrastive, Oracle, Raw
from testbed.regressors import OLS, ClassMeans
from testbed.theory.mean_classifier import bits

RNG = np.random.default_rng


def test_outputs_are_inner_products_with_the_class_means() -> None:
    sample = CleanMixture(k=3, d1=4, d2=4, structure_seed=0).law().sample(300, RNG(0))
    assert sample.y is not None
    of = sample.y.argmax(axis=1)
    means = np.stack([sample.x1[of == c].mean(axis=0) for c in range(3)])
    for found in (ClassMeans().fit_rows(sample.x1, sample.y, RNG(1)), ClassMeans().fit(Moments.of(sample), "x1", "y")):
        np.testing.assert_allclose(found(sample.x1), sample.x1 @ means.T, atol=1e-12)
    nearest = ((sample.x1[:, None] - means) ** 2).sum(axis=2).argmin(axis=1)
    found = ClassMeans(intercept=True).fit_rows(sample.x1, sample.y, RNG(1))
    np.testing.assert_array_equal(found(sample.x1).argmax(axis=1), nearest)


def test_rows_with_weights_are_those_written_out_and_an_absent_class_has_the_mean_0() -> None:
    a, y = RNG(2).standard_normal((5, 2)), np.eye(4)[[0, 1, 1, 2, 0]]
    weight = np.array([1.0, 3.0, 2.0, 1.0, 4.0])
    long = weight.astype(int)
    one = ClassMeans().fit_weighted(a, y, weight, RNG(0))
    two = ClassMeans().fit_rows(np.repeat(a, long, axis=0), np.repeat(y, long, axis=0), RNG(0))
    np.testing.assert_allclose(one.weight, two.weight, atol=1e-12)
    np.testing.assert_array_equal(one.weight[:, 3], 0.0)


def test_labels_that_are_no_classes_are_refused() -> None:
    sample = CleanGaussian(structure_seed=0).law().sample(50, RNG(0))
    with pytest.raises(ValueError, match=r"ClassMeans\(\): y has column means .* one column a class"):
        ClassMeans().fit_rows(sample.x1, sample.y, RNG(0))
    with pytest.raises(ValueError, match="labels of classes are needed"):
        ClassMeans().fit_rows(sample.x1, np.full((50, 2), 0.25), RNG(0))


def test_its_error_at_the_law_is_that_of_the_best_classifier_where_the_features_are_the_posterior() -> None:
    """Two classes of equal share and mirrored laws: the largest output of E[X2|X1] is that of the posterior."""
    law = CleanMixture(k=2, d1=6, d2=6, structure_seed=1).law()
    psi = Oracle("universal").optimum(law)
    rows = law.sample(200_000, RNG(3))
    assert callable(psi)
    readout = ClassMeans(intercept=True).fit_rows(psi(rows.x1), rows.y, RNG(0))
    x1 = law.sample(50_000, RNG(4)).x1
    ours, _ = error01(law, lambda x: readout(psi(x)), x1)
    best, _ = error01(law, law.population().f_star, x1)
    assert best - 1e-12 <= ours < best + 0.003  # the means are estimates


def test_the_loss_of_its_scores_is_below_the_contrastive_loss() -> None:
    """Statement A4 with the probe of the package: its scores at the law give the left side of the bound."""
    rng = RNG(5)
    share, given, f = np.array([0.5, 0.3, 0.2]), rng.dirichlet(np.ones(6), size=3), rng.standard_normal((6, 2))
    table = share[:, None] * given  # P(class, point)
    a, y = np.tile(f, (3, 1)), np.repeat(np.eye(3), 6, axis=0)
    score = ClassMeans().fit_weighted(a, y, table.ravel(), rng)(f)
    loss = np.log2(1.0 + np.exp(score[:, None, :] - score[:, :, None]))
    pairs = np.outer(share, share) * (1.0 - np.eye(3))
    left = np.einsum("ab,ax,xab->", pairs, given, loss) / (1.0 - np.sum(share**2))
    known, right = bits(share, given, f)
    assert left == pytest.approx(float(known), abs=1e-12) and left <= right


def test_it_runs_in_a_sweep_beside_least_squares() -> None:
    tasks = [Raw(), Contrastive("infonce", 2)]
    frame = testbed.run(
        testbed.Experiment(
            "means",
            [CleanFinite(k=3, structure_seed=1)],
            tasks,
            [OLS(), ClassMeans()],
            [2000],
            [200],
            repeats=3,
            extra=("error01",),
        )
    )
    assert (frame.status == "ok").all()
    error = frame.groupby("probe")["error01"].mean()
    assert abs(error["ClassMeans()"] - error["OLS()"]) < 0.1
    assert replace(ClassMeans(), intercept=True) != ClassMeans()
