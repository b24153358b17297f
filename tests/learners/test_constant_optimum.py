"""Where E[X2 | X1] is constant, in all coordinates or in one, its rounding is no feature of a probe on rows."""

from __future__ import annotations

import numpy as np
import pytest

from testbed.evaluation import Cell, run_cells
from testbed.generators import CleanMixture, Generator, RandomSign
from testbed.laws import Finite, GaussianMixture, Law
from testbed.pretexts import Oracle
from testbed.regressors import OLS

SIGN = RandomSign(CleanMixture(k=3, d1=6, d2=4, structure_seed=0))


def still() -> GaussianMixture:
    """Means of x2 that differ in the first coordinate alone; the second is noise about .3."""
    law = CleanMixture(k=3, d1=6, d2=4, structure_seed=0).law()
    mean = law.mean.copy()
    mean[:, 7] = 0.1 + 0.2
    return GaussianMixture(law.probability, mean, law.covariance, 6)


def table() -> Finite:
    """Both values of x1 have the same mean of x2 in each coordinate, by numbers that do not add up exactly."""
    left, right = np.array([[0.1, 0.7], [0.9, 0.3]]), np.array([0.1, 0.2, 0.7])
    joint = 0.5 * left[:, None, :, None] * right
    return Finite(joint, np.eye(2), np.array([[-1.0, 0.1], [0.3, 0.7], [1.0, 0.1]]))


@pytest.mark.parametrize("source", [SIGN, still(), table()], ids=["sign", "still", "table"])
def test_a_coordinate_that_does_not_move_is_constant(source: Generator | Law) -> None:
    law = source.law()
    truth, x1 = law.population(), law.sample(200, np.random.default_rng(1)).x1
    psi, spread = truth.psi_star(x1), np.ptp(truth.psi_star(x1), axis=0)
    assert np.all((spread == 0.0) | (spread > 1e-6))
    assert np.any(spread == 0.0)
    assert psi.shape == (200, law.shape[1])


def test_nothing_is_read_off_a_constant() -> None:
    """The oracle of a random sign is the constant predictor, on 200 labels as at the population."""
    cell = Cell(SIGN, Oracle("universal"), OLS(), 100, 200, "rows")
    for row in run_cells([cell], 0, range(6)):
        truth = SIGN.law().population()
        nothing = float(np.trace(truth.syy)) - float(truth.bayes_noise)
        assert row["intrinsic"] == pytest.approx(nothing, rel=1e-3)
        assert isinstance(row["excess_risk"], float)
        assert row["excess_risk"] > 0.98 * nothing
