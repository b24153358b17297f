"""Information bounds eps_CI: random laws, and no converse."""

from __future__ import annotations

import numpy as np

from testbed.generators import CleanGaussian
from testbed.laws import Finite, JointGaussian
from testbed.laws.readouts import Given
from testbed.theory import InformationBound
from tests.theory.test_nonlinear_cca import SLACK

GIVEN: tuple[Given, Given] = ("yz", "y")


def test_random_finite_laws() -> None:
    rng, largest = np.random.default_rng(0), 0.0
    for _ in range(60):
        shape = (int(rng.integers(1, 4)), int(rng.integers(1, 3)), int(rng.integers(2, 6)), int(rng.integers(2, 6)))
        joint = rng.dirichlet(np.full(int(np.prod(shape)), 0.5)).reshape(shape)
        truth = Finite(joint, np.eye(shape[2]), rng.standard_normal((shape[3], 2))).population()
        for given in GIVEN:
            sides = InformationBound(given).sides(truth)
            assert sides.left <= sides.right + SLACK
            largest = max(largest, float(sides.left) / max(float(sides.right), 1e-300))
    assert 0.1 < largest <= 1.0


def test_random_gaussian_laws_and_the_constant_is_reached_by_small_leaks() -> None:
    rng = np.random.default_rng(1)
    for _ in range(60):
        d1, d2, k, m = rng.integers(1, 4, size=4)
        root = rng.standard_normal((d1 + d2 + k + m, d1 + d2 + k + m))
        truth = JointGaussian(root @ root.T, int(d1), int(d2), int(k), int(m)).population()
        for given in GIVEN:
            sides = InformationBound(given).sides(truth)
            assert sides.left <= sides.right * (1.0 + 1e-9)
    small = InformationBound().sides(CleanGaussian(d2=1, rho=0.01, structure_seed=0).law().population())
    assert 0.999 < small.left / small.right <= 1.0


def test_no_converse() -> None:
    """x2 is 0, or plus or minus 1 where x1 is 1: it depends on x1, and its mean does not."""
    table = np.array([[0.0, 0.5, 0.0], [0.25, 0.0, 0.25]])
    sides = InformationBound().sides(
        Finite(table[None, None], np.eye(2), np.array([[-1.0], [0.0], [1.0]])).population()
    )
    assert sides.left == 0.0 and sides.right > 1.0
