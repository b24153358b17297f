"""Jigsaw and its two controls: in an additive law it knows nothing of the class, in an interaction law much."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest

from testbed._linalg import least_squares
from testbed.evaluation import score
from testbed.generators import Patches
from testbed.laws import GaussianMixture
from testbed.pretexts import Jigsaw, Raw, Truncated
from testbed.regressors import OLS
from tests.laws.random_laws import finite, gaussian

ADDITIVE, INTERACTION = (  # cuts: integrals of few points
    [dials.law(np.random.default_rng(5), 5)[i] for i in range(5)]
    for dials in (Patches(), Patches(position_std=0.0, class_std=0.0, interaction_std=1.4))
)


def found(law: GaussianMixture, rng: np.random.Generator, n: int) -> tuple[float, float]:
    """Label error and accuracy of the optimum, on n rows.

    The first is of its best affine read-out: the residual of a regression, for each row left over. The second is how
    often the order is found of patches that are in theirs.
    """
    rows = law.sample(n, rng)
    psi = Jigsaw(4).optimum(law)(rows.x1)
    _, rest, rank = least_squares(psi - psi.mean(axis=0), rows.y - rows.y.mean(axis=0))
    return float(np.sum(rest**2) / (n - rank - 1)), float(np.mean(np.argmax(psi, axis=1) == 0))


def test_the_posterior_is_that_of_brute_force() -> None:
    rng = np.random.default_rng(0)
    law = GaussianMixture([0.4, 0.6], rng.normal(size=(2, 7)), np.diag(rng.uniform(0.5, 2.0, 7)), 6)
    x = rng.normal(size=(5, 6))
    table = []
    for pi in permutations(range(3)):
        back = np.empty_like(x)
        for j, place in enumerate(pi):
            back[:, 2 * place : 2 * place + 2] = x[:, 2 * j : 2 * j + 2]
        c = np.diag(law.covariance)[:6]
        table.append(np.sum(law.probability * np.exp(-0.5 * np.sum((back[:, None] - law.mean[:, :6]) ** 2 / c, -1)), 1))
    expected = np.log(np.stack(table, axis=1))
    np.testing.assert_allclose(Jigsaw(3).optimum(law)(x), expected - expected.mean(axis=1, keepdims=True), atol=1e-10)


def test_an_additive_law_hides_its_class_and_an_interaction_law_shows_it() -> None:
    """Null 2/3: the order is found nine times in ten in both, but only one knows the label (theory: .668 and .081)."""
    rng = np.random.default_rng(1)
    hidden, shown = (np.array([found(law, rng, 8000) for law in laws]) for laws in (ADDITIVE, INTERACTION))
    np.testing.assert_allclose(hidden[:, 0], 2.0 / 3.0, rtol=0.0, atol=5e-3)  # its standard error is below 7e-4
    assert np.median([float(law.population().bayes_noise) for law in ADDITIVE]) < 0.4
    assert np.median(hidden[:, 1]) > 0.9 and np.median(shown[:, 1]) > 0.85
    assert 0.03 < np.median(shown[:, 0]) < 0.16


def test_numbers_of_the_theory() -> None:
    """Of 16 structures: label MSE .668 where the null is 2/3, against .081; the order found at .962 and .912.

    The first is the null within its four standard errors of 5e-4 in every structure. The others are of structures drawn
    elsewhere, and within four standard errors of the medians here.
    """
    rng = np.random.default_rng(3)
    dials = (Patches(), Patches(position_std=0.0, class_std=0.0, interaction_std=1.4))
    additive, interaction = (d.law(np.random.default_rng(6), 16) for d in dials)
    hidden, shown = (np.array([found(laws[i], rng, 4000) for i in range(16)]) for laws in (additive, interaction))
    np.testing.assert_allclose(hidden[:, 0], 2.0 / 3.0, rtol=0.0, atol=2e-3)
    for expected, values in {0.081: shown[:, 0], 0.912: shown[:, 1], 0.962: hidden[:, 1]}.items():
        low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
        error = 1.2533 * (high - low) / 1.349 / np.sqrt(16)  # of the median of normal values
        assert abs(middle - expected) < 4.0 * error, (expected, middle, error)


def test_the_class_cancels_for_any_direction_of_its_means() -> None:
    """With b inside the span of a too: scores of x and of x moved to another class are one to rounding."""
    law = Patches(orthogonal=False, structure_seed=3).law()
    x = law.sample(50, np.random.default_rng(0)).x1
    psi, noise = Jigsaw(4).optimum(law), x - law.mean[0, :20]
    scores = [psi(law.mean[y, :20] + noise) for y in range(3)]
    shift = np.tile(law.mean[1, :5] - law.mean[0, :5], 4)
    np.testing.assert_allclose(scores[1], psi(law.mean[0, :20] + noise + shift), atol=1e-9)
    np.testing.assert_allclose(scores[0], scores[1], atol=1e-9)
    np.testing.assert_allclose(scores[0], scores[2], atol=1e-9)


def test_learnt_scores() -> None:
    """Linear logits are enough in the additive law: their nine components say nothing, while a network elsewhere does.

    Without the truncation least squares reads the class off the errors of the logits, which have full rank.
    """
    rng = np.random.default_rng(2)
    risk = {}
    for name, law, task in (
        ("additive", ADDITIVE[0], Truncated(Jigsaw(4), 9)),
        ("interaction", INTERACTION[0], Jigsaw(4, (32,))),
    ):
        psi = task.fit(law.sample(4000, rng), law, rng)
        risk[name] = score(law, psi, n_labeled=2000, rng=rng, repeats=4)["label_mse"]
        raw = score(law, Raw().optimum(law), n_labeled=2000, rng=rng, repeats=4, probe=OLS())["label_mse"]
        assert raw < 0.5
    assert risk["additive"] > 0.6, risk
    assert risk["interaction"] < 0.45, risk


def test_laws_without_patches_are_refused() -> None:
    rng = np.random.default_rng(0)
    law = gaussian(rng)
    with pytest.raises(ValueError, match="patches = 3: x1 has 4 coordinates, which cannot be cut into 3 equal patches"):
        Jigsaw(3).optimum(law)
    with pytest.raises(ValueError, match="cannot be cut"):
        Jigsaw(3).fit(law.sample(100, rng), law, rng)
    with pytest.raises(ValueError, match="jigsaw on a Finite: its patches cannot be permuted"):
        Jigsaw(2).optimum(finite(rng))
    with pytest.raises(ValueError, match="needs n >= 24 rows"):
        Jigsaw(4).fit(law.sample(10, rng), law, rng)
