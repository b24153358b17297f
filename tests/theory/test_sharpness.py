"""The intrinsic bound is attained at every level, and its equality is refused where a condition for it fails."""

from __future__ import annotations

import numpy as np
import pytest

from testbed.laws.readouts import FeatureClass
from testbed.theory import IntrinsicBound, SharperBound, SharpIntrinsicBound, sharp_law
from tests.laws.random_laws import finite, gaussian

LEVELS = np.r_[0.0, np.geomspace(1e-4, 1.0, 40)]


@pytest.mark.parametrize("feature_class", ["linear", "universal"])
@pytest.mark.parametrize("beta", [0.05, 1.0, 30.0])
def test_the_bound_is_attained_at_every_level(beta: float, feature_class: FeatureClass) -> None:
    for explained in (0.1, 0.5, 0.9):
        most = beta * np.sqrt(explained)
        truth = sharp_law(LEVELS * most, beta, explained).population()
        assert np.allclose(truth.epsilon_ci(feature_class), LEVELS * most, rtol=1e-9, atol=1e-9 * most)
        assert np.allclose(truth.beta(), beta, rtol=1e-12)
        statement = SharpIntrinsicBound(feature_class)
        assert np.all(statement.applies(truth)) and statement.applies(truth).shape == LEVELS.shape
        measured, predicted = statement.sides(truth).left, statement.sides(truth).right
        assert np.abs(measured - predicted).max() < 1e-9
        assert np.allclose(predicted, LEVELS**2 * explained, atol=1e-12)
        assert np.allclose(SharperBound(feature_class).sides(truth).right, measured, atol=1e-9)  # I7 is sharp with it


def test_one_law_has_no_leading_axis() -> None:
    law = sharp_law(0.3)
    assert law.batch == () and law.shape == (2, 1, 1, 0)
    assert float(IntrinsicBound().sides(law.population()).left) == pytest.approx(0.09, abs=1e-12)


def test_equality_is_claimed_only_where_it_holds() -> None:
    """On random laws the conditions of equality fail, and so does equality; they fail one at a time too."""
    rng, applied = np.random.default_rng(60), 0
    for _ in range(300):
        p = finite(rng, violated=True).population()
        for statement in (SharpIntrinsicBound(), SharpIntrinsicBound("universal", False)):
            gap = float(statement.sides(p).right - statement.sides(p).left)
            if all(a.holds for a in statement.assumptions(p)):
                applied += 1
                assert abs(gap) < 1e-7
            elif np.isfinite(gap):
                assert gap > 1e-12
    law = sharp_law(0.4)
    wide = law.covariance.copy()
    wide[0, 2] = wide[2, 0] = 1.1 * wide[0, 2]  # more of the label's own direction in psi*: no longer a projection
    skewed = type(law)(wide, 2, 1, 1).population()
    assert [bool(a.holds) for a in SharpIntrinsicBound().assumptions(skewed)] == [True, False, True]
    two = np.zeros((5, 5))  # a second coordinate of x2 that leaks and says nothing of the label: the read-out is slack
    two[np.ix_([0, 1, 2, 4], [0, 1, 2, 4])] = law.covariance
    two[3, 3], two[1, 3], two[3, 1] = 1.0, 0.0, 0.0
    two = np.pad(two, ((1, 0), (1, 0)))
    two[0, 0], two[0, 4], two[4, 0] = 1.0, 0.5, 0.5
    slack = type(law)(two, 3, 2, 1).population()
    assert [bool(a.holds) for a in SharpIntrinsicBound().assumptions(slack)] == [True, True, False]
    assert SharpIntrinsicBound().sides(slack).left < SharpIntrinsicBound().sides(slack).right - 0.1


def test_a_gaussian_law_without_structure_is_refused() -> None:
    p = gaussian(np.random.default_rng(61), m=0).population()
    assert not SharpIntrinsicBound().applies(p)


@pytest.mark.parametrize(
    ("setting", "allowed"),
    [
        ({"epsilon_ci": 0.8}, r"epsilon_ci = 0.8; between 0 and beta sqrt\(explained\) = 0.707107"),
        ({"epsilon_ci": -0.1}, "epsilon_ci = -0.1"),
        ({"epsilon_ci": float("nan")}, "epsilon_ci = nan"),
        ({"epsilon_ci": 0.1, "beta": 0.0}, "beta = 0.0: a finite number above 0"),
        ({"epsilon_ci": 0.1, "explained": 1.0}, "explained = 1.0: a number above 0 and below 1"),
    ],
)
def test_bad_settings(setting: dict[str, float], allowed: str) -> None:
    with pytest.raises(ValueError, match=allowed):
        sharp_law(**setting)
