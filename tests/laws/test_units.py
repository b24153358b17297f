"""Exact quantities do not depend on the units or the origins of the views."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testbed._linalg import Array
from testbed.data import LinearMap
from testbed.laws import Finite, GaussianMixture, JointGaussian, Law, SquaredMixture
from tests.laws.units_ import Move, exact_laws, integrated_laws, moved, quantities

INTEGRATED = 5e-3  # relative, and 1e-5 absolute: integrals over other points of x1, each to 1e-3


def move_of(law: Law, general: bool, rng: np.random.Generator) -> Move:
    """Draw a change of the views within the limits that are promised: a general map of x1, or units and origins."""
    d1, d2 = law.shape[:2]
    if general:
        u, v = (np.linalg.qr(rng.normal(size=(d1, d1)))[0] for _ in range(2))
        t = u @ np.diag(np.geomspace(1.0, 10.0 ** rng.uniform(0.0, 3.0), d1)) @ v
        return Move(t, np.zeros(d1), 1.0, np.zeros(d2))
    scale, c = 10.0 ** rng.uniform(-8.0, 8.0, d1), float(10.0 ** rng.uniform(-8.0, 8.0))
    b = rng.choice([0.0, 1.0], 2) * 10.0 ** rng.uniform(0.0, 8.0, 2)
    b1, b2 = b[0] * scale * rng.uniform(-1.0, 1.0, d1), b[1] * c * rng.uniform(-1.0, 1.0, d2)
    if isinstance(law, JointGaussian):  # its means are 0
        b1 = 0.0 * b1
    if isinstance(law, JointGaussian | SquaredMixture):
        b2 = 0.0 * b2
    return Move(np.diag(scale), b1, c, b2)


def assert_same(law: Law, move: Move) -> None:
    """Compare all quantities with those of the law that was moved."""
    shifted = bool(np.any(move.b1) or np.any(move.b2))
    after = moved(law, move)
    p, tolerance = law.population(), move.tolerance(after)
    sizes = (1.0, float(p.scale2), float(p.scale2) ** 2)
    closed, integrated = zip(quantities(law, shifted), quantities(after, shifted), strict=True)
    exact = isinstance(law.pretext_law, Finite | JointGaussian)
    loose = (tolerance, tolerance) if exact else (INTEGRATED, 1e-5)
    for (one, other), (relative, absolute) in ((closed, (tolerance, tolerance)), (integrated, loose)):
        for name, (value, power) in one.items():
            found = np.asarray(other[name][0]) / move.c**power
            np.testing.assert_allclose(found, value, relative, absolute * sizes[power], err_msg=name)


@pytest.mark.parametrize("name", list(exact_laws()))
@settings(max_examples=5)
@given(general=st.booleans(), seed=st.integers(0, 2**32 - 1))
def test_exact_quantities_stay(name: str, general: bool, seed: int) -> None:
    law = exact_laws()[name]
    assert_same(law, move_of(law, general, np.random.default_rng(seed)))


@pytest.mark.parametrize("general", [True, False])
@pytest.mark.parametrize("name", list(integrated_laws()))
def test_quantities_of_mixtures_stay(name: str, general: bool) -> None:
    law = integrated_laws()[name]
    assert_same(law, move_of(law, general, np.random.default_rng(1)))


def uneven() -> JointGaussian:
    """The law of an audit: x1 in units of 1e-5, x2 in units of 1e5."""
    root = np.random.default_rng(0).standard_normal((6, 6))
    unit = np.diag([1e-5] * 3 + [1e5] * 2 + [1.0])
    return JointGaussian(unit @ (root @ root.T + np.eye(6)) @ unit, 3, 2, 1)


def test_x1_in_small_units_loses_nothing_to_x2_in_large_ones() -> None:
    p = uneven().population()
    assert float(p.approximation_error(LinearMap.identity(3))) == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("shift", [1e8, 1.7e9])
def test_a_shift_of_x2_changes_nothing(shift: float) -> None:
    law = exact_laws()["finite-leak"]
    assert isinstance(law, Finite)
    p, q = law.population(), Finite(law.joint, law.v1, law.v2 + shift).population()
    assert float(q.beta(True)) == pytest.approx(float(p.beta(True)), rel=1e-6)
    assert float(q.epsilon_ci("universal")) == pytest.approx(float(p.epsilon_ci("universal")), rel=1e-6)
    assert float(q.approximation_error(q.psi_star)) == pytest.approx(float(p.approximation_error(p.psi_star)), rel=1e-5)


def test_what_is_rounding_is_no_feature_in_any_unit() -> None:
    """T28: where psi* is 0 nothing of the label is read from it, whatever the units are."""
    for one, two in ((1.0, 1.0), (1e-8, 1e8), (1e8, 1e-8)):
        c = np.eye(5)
        c[0, 4] = c[4, 0] = 0.5
        unit = np.array([one, one, two, two, 1.0])
        turn = np.eye(5)
        turn[:2, :2] = [[0.6, 0.8], [-0.8, 0.6]]
        turn[2:4, 2:4] = [[0.28, 0.96], [-0.96, 0.28]]
        p = JointGaussian(unit[:, None] * (turn.T @ c @ turn) * unit, 2, 2, 1).population()
        assert float(p.approximation_error(p.psi_star)) == pytest.approx(0.25, rel=1e-12)
        assert float(p.approximation_error(p.linear_psi_star.then(LinearMap(np.eye(2), np.zeros(2))))) == pytest.approx(
            0.25, rel=1e-12
        )


def test_rows_are_drawn_in_their_own_units() -> None:
    sample = uneven().sample(4000, np.random.default_rng(1))
    rows, c = np.hstack([sample.x1, sample.x2, sample.y]), uneven().covariance
    unit = np.sqrt(np.diag(c))
    found, wanted = np.cov(rows.T) / np.outer(unit, unit), c / np.outer(unit, unit)
    assert np.abs(found - wanted).max() < 6.0 * np.sqrt(2.0 / 4000)  # false alarm below 1e-7: six standard errors


def test_a_mixture_judges_x1_in_its_own_units() -> None:
    p = np.array([0.5, 0.5])
    mean = np.array([[0.0, 0.0, 0.0], [1e-6, 0.0, 1e6]])
    law = GaussianMixture(p, mean, np.diag([1e-12, 4e-12, 1e12]), 2)
    plain = GaussianMixture(p, np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 1.0]]), np.diag([1.0, 4.0, 1.0]), 2)
    assert float(law.population().bayes_noise) == pytest.approx(float(plain.population().bayes_noise), rel=2e-3)
    with pytest.raises(ValueError, match="x1 block must be positive definite"):
        GaussianMixture(p, mean, np.array([[1e-12, 2e-12, 0.0], [2e-12, 4e-12, 0.0], [0.0, 0.0, 1e12]]), 2)


@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e8])
def test_what_storage_has_made_indefinite_is_refused(scale: float) -> None:
    bad: Array = np.array([[1.0, 1.0 + 1e-10, 0.0], [1.0 + 1e-10, 1.0, 0.0], [0.0, 0.0, 1.0]]) * scale
    with pytest.raises(ValueError, match=r"covariance is not positive semidefinite: scaled to variances of 1"):
        JointGaussian(bad, 1, 1, 1)


@pytest.mark.parametrize("share", [1e-7, 1e-8, 1e-10])
def test_a_direction_that_storage_has_lost_is_refused(share: float) -> None:
    """x1 = (a, a + share b) tells b = y, but floats hold x1 as (a, a)."""
    root = np.array([[1.0, 0.0], [1.0, share], [0.5, 1.0], [0.0, 1.0]])
    with pytest.raises(ValueError, match=r"the block of x1 has an eigenvalue of .* storage has made it indefinite"):
        JointGaussian(root @ root.T, 2, 1, 1)
    JointGaussian(root[[0, 0, 2, 3]] @ root[[0, 0, 2, 3]].T, 2, 1, 1)  # singular, and nothing is lost
