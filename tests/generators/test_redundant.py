"""A view that shows a function of the other beside the label: Du and Xiang 2024 as a case of the loss of rank (I3)."""

from __future__ import annotations

import numpy as np
import pytest

from testbed.generators import Redundant
from testbed.laws import Finite
from testbed.laws.finite_population import FinitePopulation
from testbed.theory import LatentOptimum


def maps(law: Finite, truth: FinitePopulation, k: int, m: int) -> tuple[np.ndarray, np.ndarray]:
    """A and B'g, centred, solved for from E[X2|X1] on indicators of the label and of z; and what they leave."""
    z = np.argmax(law.joint.sum(axis=(0, 3)), axis=0)
    columns = np.column_stack([truth.f_star(law.v1), np.eye(m)[z][:, 1:]])
    found, _, rank, _ = np.linalg.lstsq(columns, truth.psi_star(law.v1), rcond=None)
    assert rank == k + m - 1, "f* and the functions of z are linearly independent"
    np.testing.assert_allclose(columns @ found, truth.psi_star(law.v1), atol=1e-9)
    return found[:k] - found[:k].mean(axis=0), found[k:]


def test_du_and_xiang_is_the_loss_of_rank() -> None:
    """400 laws, 200 each way: e_apx(psi*) = 0 iff A keeps its rank, k - 1 with an intercept, and B adds its own."""
    rng, kept = np.random.default_rng(101), 0
    for trial in range(400):
        k, m = (int(n) for n in rng.integers(2, 4, size=2))
        redundant = int(rng.integers(1, m))
        source = Redundant(
            k, m, k * m + int(rng.integers(0, 6)), 3, k - 1 + redundant + int(rng.integers(0, 3)), redundant,
            overlap=trial % 2 == 1, structure_seed=trial,
        )  # fmt: skip
        law = source.law()
        truth = law.population()
        a, b = maps(law, truth, k, m)
        ranks = [int(np.linalg.matrix_rank(part, tol=1e-8)) for part in (a, b, np.concatenate([a, b]))]
        condition = ranks[0] == k - 1 and ranks[2] == ranks[0] + ranks[1]
        lost = float(truth.approximation_error(truth.psi_star))
        assert condition == (trial % 2 == 0)
        assert (lost < 1e-20) if condition else (lost > 1e-10), (source, lost)
        kept += condition
    assert kept == 200


def test_views_depend_given_the_label_and_not_given_the_latent() -> None:
    truth = Redundant().law().population()
    assert float(truth.epsilon_ci("universal", "y")) > 0.5
    assert float(truth.epsilon_ci("universal", "yz")) < 1e-12
    assert LatentOptimum().applies(truth)


def test_functions_that_depend_on_each_other_leave_the_condition_sufficient_only() -> None:
    """g = f*: A + B is all that psi* has, which reads the label although [A; B] has the rank of A."""
    rng = np.random.default_rng(102)
    left, right = rng.dirichlet(np.ones(5), size=2), rng.dirichlet(np.ones(4), size=2)
    law = Finite(
        (0.5 * left[:, :, None] * right[:, None, :])[:, None], rng.normal(size=(5, 2)), rng.normal(size=(4, 3))
    )
    truth = law.population()
    half = 0.5 * truth.A  # A = B = half of the means: E[X2|X1] = A'f* + B'f*
    assert np.linalg.matrix_rank(np.concatenate([half, half])) == np.linalg.matrix_rank(half) == 2
    assert float(truth.approximation_error(truth.psi_star)) < 1e-12


@pytest.mark.parametrize(("settings", "reason"), [({"s1": 8}, "k m = 9"), ({"redundant": 3}, "m - 1 = 2")])
def test_refusals(settings: dict[str, int], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Redundant(**settings)
