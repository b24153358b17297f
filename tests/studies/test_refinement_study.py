"""Refining the pairs with labels: the quoted numbers, the exact border, and a point of the plane computed again."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from experiments.successors import refinement
from tests.committed import committed


@pytest.fixture(scope="module")
def plane() -> pd.DataFrame:
    return pd.read_csv(committed("successors/refinement", "table.csv"))


def at(plane: pd.DataFrame, rho: float, n: int) -> pd.Series:
    found = plane[(plane["rho"] == rho) & (plane["n0"] == n)]
    assert len(found) == 1
    return found.iloc[0]


@pytest.mark.parametrize(
    ("rho", "n", "quoted"),
    [(0.0, 120, (0.012, 0.347, 0.105)), (0.5, 120, (0.398, 0.276, 0.109)), (0.98, 180, (0.865, 0.045, 0.068))],
)
def test_quoted_risks(plane: pd.DataFrame, rho: float, n: int, quoted: tuple[float, ...]) -> None:
    assert tuple(round(at(plane, rho, n)[way], 3) for way in refinement.WAYS) == quoted


def test_three_regimes(plane: pd.DataFrame) -> None:
    winners = refinement.best(plane)
    assert (winners[plane["rho"] == 0.0] == "pretext").all()
    middle = plane[(plane["rho"] == 0.5) & (plane["n0"] >= 120)]
    assert (winners[middle.index] == "x1").all() and (middle["refined - pretext"] < 0.0).all()
    large = plane[(plane["rho"] == 0.98) & (plane["n0"] >= 120)]
    assert (winners[large.index] == "refined").all()
    assert (large["refined - x1"] + 2.0 * large["refined - x1, s.e."] < 0.0).all()


def test_the_border_is_that_of_the_theory(plane: pd.DataFrame) -> None:
    """n0* = d1 + k + 2 + tr Cov(X2|X1,Y) tr(S11^{-1} S11|y) / eps_CI^2, by hand: Cov(X2|Y) is the identity."""
    rho = plane["rho"].to_numpy()
    leak = 2.0 * rho**2
    np.testing.assert_allclose(plane["eps_CI^2"], leak, rtol=1e-5, atol=1e-12)
    held = (refinement.D2 - 2.0 * rho**2) * (refinement.D1 - 2 + 2 * 0.25)  # y takes 3/4 of two variances
    with np.errstate(divide="ignore"):
        border = np.where(leak > 0.0, refinement.D1 + refinement.K + 2 + held / leak, np.inf)
    np.testing.assert_allclose(plane["n0*"], border, rtol=1e-4)


def test_a_point_is_computed_again(plane: pd.DataFrame) -> None:
    found, committed_row = refinement.risks(0.5, 120, refinement.DRAWS), at(plane, 0.5, 120)
    for way, values in found.items():
        np.testing.assert_allclose(values.mean(), committed_row[way], rtol=1e-5)
