"""Optima of two networks: singular functions of the law, known or refused with the reason."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from testbed.evaluation.draws import RowsDraws
from testbed.evaluation.rows import RowsDescent
from testbed.evaluation.source import source_of
from testbed.generators import CleanMixture, DirectEdge, ExchangeableViews, LeeMixture, RandomSign
from testbed.laws import Law
from testbed.laws.canonical import canonical_functions, mixture_functions
from testbed.laws.densities import density_ratio
from testbed.laws.mixture_population import MixturePopulation
from testbed.pretexts import ACE, Contrastive, ContrastiveNetwork, DeepCCA, Pretext, Truncated
from testbed.pretexts.base import Unknown
from tests.laws.random_laws import gaussian
from tests.learners.test_pair_tasks import positive, symmetric

CLEAN = CleanMixture(k=3, d1=6, d2=4, separation=2.0, sigma_min=1.5, structure_seed=0)
MIXTURES = [CLEAN, RandomSign(CLEAN), ExchangeableViews(k=3, d=4, w=0.3, structure_seed=1)]


@pytest.mark.parametrize("generator", MIXTURES, ids=lambda g: type(g).__name__)
def test_singular_functions_of_a_mixture(generator: Any) -> None:
    """They rebuild the density ratio exactly, and are orthonormal, diagonal across views, the constant first."""
    law, rng = generator.law(), np.random.default_rng(0)
    found = mixture_functions(law, 50)
    states = 3  # distinct laws of x1, however many states there are
    assert len(found.values) == states and found.values[0] == 1.0
    assert np.all(np.diff(found.values) < 0.0) and found.values[-1] > 1e-3
    rows = law.sample(40_000, rng)
    few = rows.x1[:60], rows.x2[:50]
    ratio = density_ratio(law)(*few)
    np.testing.assert_allclose((found.first(few[0]) * found.values) @ found.second(few[1]).T, ratio, atol=1e-10)
    f, g = found.first(rows.x1), found.second(rows.x2)
    np.testing.assert_array_equal(f[:, 0], 1.0)
    # Beside 6.5 errors of the draws (a false alarm in 1e10) 1e-3, the error of the Sobol averages of the posteriors.
    for table, truth in ((f[:, :, None] * f[:, None], np.eye(states)), (f[:, :, None] * g[:, None], found.values)):
        target = truth if np.ndim(truth) == 2 else np.diag(truth)
        error = table.std(axis=0) / np.sqrt(len(rows.x1))
        assert np.all(np.abs(table.mean(axis=0) - target) <= 6.5 * error + 1e-3)
    cut = mixture_functions(law, 2)
    np.testing.assert_allclose(cut.first(few[0]), found.first(few[0])[:, :2], atol=1e-12)


def test_a_mixture_with_an_edge_or_leading_axes_is_refused() -> None:
    with pytest.raises(ValueError, match="the views depend on each other within a state"):
        mixture_functions(DirectEdge(CLEAN, rho=0.5).law(), 3)
    with pytest.raises(ValueError, match="leading axes"):
        mixture_functions(LeeMixture(k=2, d1=2, d2=2).law(np.random.default_rng(0), 2), 3)


def test_optima_are_those_of_the_operator() -> None:
    """Exactly those of `Contrastive` and `ACE` on finite laws, Hermite products on jointly Gaussian ones."""
    rng = np.random.default_rng(0)
    table, bell = positive(rng), gaussian(rng, d1=3, d2=2)
    points = table.population().points1
    for mine, known in (
        (ContrastiveNetwork("spectral", 3), Contrastive("spectral", 3)),
        (DeepCCA(2), ACE(2)),
    ):
        np.testing.assert_array_equal(mine.optimum(table)(points), known.optimum(table)(points))
        rows = bell.sample(20, rng).x1
        np.testing.assert_allclose(mine.optimum(bell)(rows), known.optimum(bell)(rows), atol=1e-12)
    one = ContrastiveNetwork("spectral", 2, shared=True)
    law = symmetric(rng)
    at = law.population().points1
    np.testing.assert_array_equal(one.optimum(law)(at), Contrastive("spectral", 2, True).optimum(law)(at))


def test_where_the_square_of_a_variate_comes_before_the_second_variate() -> None:
    """So the optimum of deep CCA in a jointly Gaussian law is not that of linear CCA."""
    law = gaussian(np.random.default_rng(10), d1=3, d2=2)
    rho = law.population().spectrum
    functions = canonical_functions(law, 3)
    psi = DeepCCA(2).optimum(law)
    rows = law.sample(200, np.random.default_rng(1)).x1
    np.testing.assert_allclose(psi(rows), functions.first(rows)[:, 1:], atol=1e-12)
    assert functions.values[2] == pytest.approx(max(rho[0] ** 2, rho[1]))


@pytest.mark.parametrize("generator", MIXTURES, ids=lambda g: type(g).__name__)
def test_with_one_output_for_each_state_nothing_of_the_label_is_lost(generator: Any) -> None:
    """Even where A = 0; with fewer outputs something is."""
    truth = generator.law().population()
    for task in (ContrastiveNetwork("spectral", "k"), DeepCCA("k-1")):
        assert float(truth.approximation_error(task.optimum(generator.law()))) < 1e-12
    assert float(truth.approximation_error(DeepCCA(1).optimum(generator.law()))) > 1e-3


@pytest.mark.parametrize(
    ("task", "law", "words"),
    [
        (ContrastiveNetwork("infonce", 3), CLEAN.law(), "keep an unknown part of the log ratio"),
        (ContrastiveNetwork("logistic", 3), positive(np.random.default_rng(0)), "keep an unknown part"),
        (DeepCCA(2), DirectEdge(CLEAN, rho=0.5).law(), "depend on each other within a state"),
        (
            ContrastiveNetwork("spectral", 2, shared=True),
            ExchangeableViews(d=4, structure_seed=0).law(),
            "one encoder, and no finite supports",
        ),
    ],
    ids=repr,
)
def test_unknown_optima_say_why(task: Pretext, law: Law, words: str) -> None:
    found = task.optimum(law)
    assert isinstance(found, Unknown) and words in found.reason
    if not isinstance(task, DeepCCA):  # whose outputs nothing orders
        assert isinstance(Truncated(task, 1).optimum(law), Unknown)


@pytest.mark.parametrize("law", [positive(np.random.default_rng(1)), CLEAN.law()], ids=lambda law: type(law).__name__)
@pytest.mark.parametrize("loss", ["infonce", "logistic", "spectral"])
def test_one_encoder_refuses_unequal_views(law: Law, loss: Any) -> None:
    """Before anything is trained, so without jax too; moments tell, where supports are not finite."""
    task, rng = ContrastiveNetwork(loss, 2, shared=True), np.random.default_rng(0)
    for attempt in (lambda: task.optimum(law), lambda: task.fit(law.sample(50, rng), law, rng)):
        with pytest.raises(ValueError, match="one encoder needs views that are exchangeable"):
            attempt()
    square = LeeMixture(k=2, d1=3, d2=3, structure_seed=0).law()  # as many coordinates, and other centres
    with pytest.raises(ValueError, match="one encoder needs views that are exchangeable"):
        task.fit(square.sample(50, rng), square, rng)


def test_what_a_known_optimum_loses_is_integrated_once_a_repetition(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the numbers of pairs and labels are: rows ask with the optimum that they share."""
    asked = []
    monkeypatch.setattr(MixturePopulation, "_nonlinear_approximation", lambda *given: asked.append(given) or 0.0)
    fits = RowsDescent(RowsDraws(source_of(CLEAN, 0), 0))
    truth, task = fits.truth, ContrastiveNetwork("spectral", 3)
    assert {float(truth.approximation_error(fits.aim(task))) for _ in range(3)} == {0.0}
    assert len(asked) == 1
