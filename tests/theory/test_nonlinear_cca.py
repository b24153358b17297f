"""The bounds of the leading functions: random laws near and far from independence."""

from __future__ import annotations

import numpy as np
import pytest

from testbed.laws import Finite
from testbed.theory import NonlinearCCABound, SharperTopFeatures, TopFeatures

TABLE = np.array([[[4, 1, 0], [1, 2, 1], [0, 1, 1]], [[1, 0, 1], [0, 2, 2], [1, 1, 6]]]) / 25.0
SLACK = 1e-12


def law_of(joint: np.ndarray) -> Finite:
    """Law of a table (k, m, s1, s2) with one-hot x1, and x2 numbered."""
    return Finite(joint, np.eye(joint.shape[2]), np.arange(float(joint.shape[3]))[:, None])


def random_law(rng: np.random.Generator, independent: float) -> Finite:
    """Product laws of each state, with a share of any table mixed in."""
    k, m, s1, s2 = rng.integers(2, 4), rng.integers(1, 3), rng.integers(3, 8), rng.integers(3, 8)
    prior = rng.dirichlet(np.ones(k * m)).reshape(k, m)
    left, right = rng.dirichlet(np.ones(s1), size=(k, m)), rng.dirichlet(np.ones(s2), size=(k, m))
    product = prior[..., None, None] * left[..., None] * right[..., None, :]
    return law_of(
        independent * product + (1.0 - independent) * rng.dirichlet(np.ones(product.size)).reshape(product.shape)
    )


@pytest.mark.parametrize("independent", [0.0, 0.9, 0.999])
def test_random_finite_laws(independent: float) -> None:
    rng, largest = np.random.default_rng(int(1000 * independent)), 0.0
    for _ in range(60):
        truth = random_law(rng, independent).population()
        for rank in (1, 2):
            sides, plain = SharperTopFeatures(rank).sides(truth), TopFeatures(rank).sides(truth)
            assert sides.left <= sides.right + SLACK
            room = sides.left / plain.left if plain.left > 1e-9 else 0.0
            assert sides.right <= plain.right * room + SLACK or room == 0.0, "it is the sharper one"
        for statement in (NonlinearCCABound(), NonlinearCCABound("distance")):
            if statement.applies(truth):
                sides = statement.sides(truth)
                assert sides.left <= sides.right + SLACK
                largest = max(largest, float(sides.left / sides.right))
    assert 0.0 < largest <= 1.0


def test_independent_laws_lose_nothing() -> None:
    rng = np.random.default_rng(5)
    for _ in range(100):
        truth = random_law(rng, 1.0).population()
        statement = NonlinearCCABound()
        if statement.applies(truth):
            sides = statement.sides(truth)
            assert sides.left <= 1e-12 and sides.right <= 1e-12


def test_means_that_say_nothing_leave_the_bound_finite() -> None:
    """Two classes with one mean of x2 and different laws: beta is 0, and tr M K^+ M' is not."""
    joint = np.zeros((2, 1, 2, 3))
    joint[0, 0] = 0.5 * np.outer([0.8, 0.2], [0.5, 0.0, 0.5])
    joint[1, 0] = 0.5 * np.outer([0.2, 0.8], [0.0, 1.0, 0.0])
    truth = law_of(joint).population()
    assert truth.beta(True) == 0.0
    sides = NonlinearCCABound().sides(truth)
    assert NonlinearCCABound().applies(truth) and sides.left <= 1e-12 and np.isfinite(sides.right)


def test_states_of_one_law_are_refused() -> None:
    joint = 0.25 * np.array([[1.0, 1.0], [1.0, 1.0]])[None, None] * np.array([0.6, 0.4])[:, None, None, None]
    margins = NonlinearCCABound().assumptions(law_of(joint).population())
    assert not margins[-1].holds and margins[-1].margin < -0.1
