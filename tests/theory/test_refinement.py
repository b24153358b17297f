"""Labels that refine pairs: the mean of what is left of a leak, on random laws and whatever the leak was."""

from __future__ import annotations

import numpy as np
import pytest

from testbed.laws import JointGaussian
from testbed.theory import RefinedLeak
from testbed.theory.refinement import rows_that_pay
from tests.laws.random_laws import gaussian
from tests.statistics_ import z_limit

LAWS_EACH = 300


def test_random_laws_at_the_fewest_rows_that_are_claimed_and_more() -> None:
    """300 standardised means; their largest is that of a normal sample, with one false alarm in 10^6 runs."""
    rng, found = np.random.default_rng(71), []
    for _ in range(LAWS_EACH):
        d1, d2, k = (int(rng.integers(1, high)) for high in (5, 4, 3))
        truth = gaussian(rng, d1, d2, k, 0).population()
        statement = RefinedLeak(d1 + k + 7 + int(rng.choice([0, 10])))
        assert statement.applies(truth)
        left, right, _, error = map(float, statement.sides(truth))
        found.append((left - right) / error)
    assert np.abs(found).max() < z_limit(LAWS_EACH) + 1.0  # squares are skew at few rows
    assert abs(np.mean(found)) < z_limit(1) / np.sqrt(LAWS_EACH)


def test_the_old_leak_does_not_enter() -> None:
    """One noise of x2 beside x1 and y, and slopes of any size: one value, which each measured mean agrees with."""
    rng, values = np.random.default_rng(72), []
    covariance = np.cov(rng.normal(size=(4, 50)))  # of (x1, y): three coordinates and one
    for size in (0.0, 1.0, 100.0):
        slope = np.concatenate([size * np.array([[1.0], [-2.0], [0.5]]), [[1.0]]])
        x2 = slope.T @ covariance @ slope + 1.0
        cross = covariance @ slope
        order = [0, 1, 2, 4, 3]
        whole = np.block([[covariance, cross], [cross.T, x2]])[np.ix_(order, order)]
        truth = JointGaussian(0.5 * (whole + whole.T), 3, 1, 1).population()
        sides = RefinedLeak(20).sides(truth)
        assert (truth.epsilon_ci("linear", "y") > 0.1) == (size > 0.0)
        values.append(float(sides.right))
        assert abs(sides.left - sides.right) < 4.0 * sides.error
    np.testing.assert_allclose(values, [values[0]] * 3, rtol=1e-7)


def test_rows_that_pay_are_those_at_which_the_mean_is_the_old_leak() -> None:
    truth = gaussian(np.random.default_rng(73), 3, 2, 1, 0).population()
    pay = float(rows_that_pay(truth))
    low, high = (RefinedLeak(n).sides(truth).right for n in (int(pay), int(pay) + 1))
    assert high <= truth.epsilon_ci("linear", "y") ** 2 <= low


def test_too_few_rows() -> None:
    truth = gaussian(np.random.default_rng(74), 3, 2, 1, 0).population()
    for n in (5, 6):
        assert np.isinf(RefinedLeak(n).sides(truth).right) and not RefinedLeak(n).applies(truth)
    assert np.isfinite(RefinedLeak(7).sides(truth).right)
    (margin,) = (m for m in RefinedLeak(10).assumptions(truth) if m.name == "n >= d1 + k + 7")
    assert margin.margin == pytest.approx(-1.0) and not margin.holds


def test_a_singular_x1_counts_by_its_rank() -> None:
    """A copy of a coordinate of x1 changes nothing."""
    plain = gaussian(np.random.default_rng(75), 2, 2, 1, 0)
    copied = plain.covariance[np.ix_([0, 1, 1, 2, 3, 4], [0, 1, 1, 2, 3, 4])]
    twice = JointGaussian(copied, 3, 2, 1).population()
    np.testing.assert_allclose(RefinedLeak(20).sides(twice).right, RefinedLeak(20).sides(plain.population()).right)
    sides = RefinedLeak(20).sides(twice)
    assert abs(sides.left - sides.right) < 4.0 * sides.error
