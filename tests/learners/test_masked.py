"""The contrast of complementary masks: its closed form, what noise of single coordinates does to it, and angles."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from testbed.data import LinearMap, Moments
from testbed.evaluation import subspace_sine
from testbed.laws import JointGaussian
from testbed.pretexts import PCA, OffDiagonal
from testbed.pretexts.base import Psi
from testbed.theory.masked_contrast import masked_optimum

LOADINGS = np.linalg.qr(np.random.default_rng(3).standard_normal((8, 2)))[0]


def linear(psi: Psi) -> LinearMap:
    """What a linear task returns."""
    assert isinstance(psi, LinearMap)
    return psi


def factors(noise: np.ndarray) -> JointGaussian:
    """x1 = U z + noise of its own variance in each coordinate, x2 a copy of z with noise, y = z_1."""
    both = np.zeros((11, 11))
    shared = np.vstack([LOADINGS, np.eye(2), np.eye(1, 2)])
    both = shared @ shared.T
    both[:8, :8] += np.diag(noise)
    both[8:10, 8:10] += np.eye(2)
    return JointGaussian(both, d1=8, d2=2, k=1)


def test_the_optimum_is_the_one_of_the_loss_averaged_over_all_masks() -> None:
    law = factors(np.linspace(0.1, 2.0, 8))
    s = law.population().s11
    masks = np.array(list(product((0.0, 1.0), repeat=8)))
    met = np.mean([np.outer(a, 1.0 - a) * s for a in masks], axis=0)  # E (a x)((1 - a) x)'
    values, vectors = np.linalg.eigh(0.5 * (met + met.T))
    psi = linear(OffDiagonal(2).optimum(law)).weight
    assert float(subspace_sine(psi, vectors[:, -2:])) < 1e-12
    half = vectors[:, -2:] * np.sqrt(np.maximum(values[-2:], 0.0))
    assert masked_optimum(s, 2) == pytest.approx(half @ half.T, abs=1e-12)


def test_noise_of_single_coordinates_moves_principal_components_alone() -> None:
    quiet, loud = (factors(v) for v in (np.full(8, 0.1), np.geomspace(0.1, 20.0, 8)))
    contrast, pca = (subspace_sine(linear(t.optimum(loud)), linear(t.optimum(quiet))) for t in (OffDiagonal(2), PCA(2)))
    assert contrast < 1e-12
    assert pca > 0.9


def test_a_fit_is_centred_and_sees_no_origin() -> None:
    law, rng = factors(np.ones(8)), np.random.default_rng(0)
    sample = law.sample(200, rng)
    draws = [Moments.of_blocks({"x1": sample.x1 + shift, "x2": sample.x2}) for shift in (0.0, 1e3)]
    psi, moved = (linear(OffDiagonal(2).fit([draw], law, rng)) for draw in draws)
    assert np.abs(psi(sample.x1).mean(axis=0)).max() < 1e-12
    assert float(subspace_sine(psi, moved)) < 1e-6


def test_the_frobenius_sine_is_the_distance_of_the_projections() -> None:
    rng = np.random.default_rng(1)
    one, two = (np.linalg.qr(rng.standard_normal((5, 20, 4)))[0] for _ in range(2))
    apart = one @ np.swapaxes(one, -1, -2) - two @ np.swapaxes(two, -1, -2)
    found = subspace_sine(one, two, norm="frobenius")
    assert found == pytest.approx(np.linalg.norm(apart, axis=(-2, -1)) / np.sqrt(2.0), rel=1e-12)
    assert np.all(found >= subspace_sine(one, two))
    with pytest.raises(ValueError, match="norm = 'nuclear': give 'spectral' or 'frobenius'"):
        subspace_sine(one, two, norm="nuclear")  # type: ignore[arg-type]


def test_more_eigenvectors_than_coordinates_are_refused() -> None:
    with pytest.raises(ValueError, match="rank = 9: x1 has 8 coordinates, so give at most 8"):
        OffDiagonal(9).optimum(factors(np.ones(8)))
