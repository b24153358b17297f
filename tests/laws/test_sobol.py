"""The points of integrals are those of scipy's Sobol engine, to the bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import qmc

from testbed._linalg import Array
from testbed.laws import quadrature
from testbed.laws.mixture_integrals import COPIES, overlap_noise


def reference(dimension: int, m: int) -> Array:
    return np.asarray(qmc.Sobol(dimension, rng=np.random.default_rng(0)).random_base2(m))


@pytest.mark.parametrize("dimension", [1, 2, 7, 40, 101])
def test_points(dimension: int) -> None:
    for m in (0, 1, 9):
        assert np.array_equal(quadrature.scrambled_sobol(dimension, m), reference(dimension, m))


def test_scipy_is_asked_where_its_file_is_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quadrature, "DIRECTIONS", Path("absent.npz"))
    assert np.array_equal(quadrature.scrambled_sobol(3, 5), reference(3, 5))


def test_integrands_that_are_kept_change_nothing() -> None:
    centre, prior, one_hot = 2.0 * np.eye(3, 2), np.array([0.2, 0.3, 0.5]), np.eye(3)
    kept: list[Array] = []
    for points in (64, 256, 1024):
        grown = overlap_noise(centre, centre, prior, one_hot, points, kept)
    alone = overlap_noise(centre, centre, prior, one_hot, 1024)
    assert [values.shape for values in kept] == [(COPIES, 64), (COPIES, 192), (COPIES, 768)]
    assert float(grown.value) == pytest.approx(float(alone.value), rel=1e-14)
    assert float(grown.se) == pytest.approx(float(alone.se), rel=1e-9)
