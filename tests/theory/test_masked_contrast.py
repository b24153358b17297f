"""Masked contrast: masks listed, noise that drops out, and the distance of its features to the factors."""

from __future__ import annotations

from itertools import product

import numpy as np
from scipy.optimize import minimize

from testbed.laws import JointGaussian
from testbed.theory import MaskedContrast, MaskedContrastSpan
from testbed.theory.masked_contrast import masked_optimum

Rng = np.random.Generator


def factors(rng: Rng, noise: np.ndarray | None = None) -> tuple[JointGaussian, np.ndarray]:
    """x1 = U z + e with noise of any size in each coordinate, z = (y, latent), and a second view; and U."""
    d, r = int(rng.integers(2, 8)), int(rng.integers(1, 4))
    u, other = rng.normal(size=(d, r)), rng.normal(size=(2, r))
    noise = 10.0 ** rng.uniform(-2.0, 2.0, size=d) if noise is None else noise
    root = np.concatenate([u, other, np.eye(r)])
    covariance = root @ root.T + np.diag(np.concatenate([noise, np.ones(2), np.zeros(r)]))
    return JointGaussian(covariance, d, 2, 1, r - 1), u


def test_random_laws() -> None:
    rng, largest = np.random.default_rng(131), 0.0
    for _ in range(60):
        truth = factors(rng)[0].population()
        for rank in (1, 2, 3):
            statement = MaskedContrast(rank)
            assert statement.applies(truth)
            left, right, scale, _ = map(float, statement.sides(truth))
            assert abs(left - right) <= 1e-9 * scale
        left, right, _, _ = map(float, MaskedContrastSpan().sides(truth))
        assert left <= right + 1e-12 * max(1.0, right)
        largest = max(largest, left / right)
    assert 0.1 < largest < 1.0


def test_two_laws_that_differ_in_noise_alone_have_one_optimum() -> None:
    rng = np.random.default_rng(132)
    for _ in range(60):
        law, u = factors(rng)
        other = u @ u.T + np.diag(10.0 ** rng.uniform(-2.0, 2.0, size=len(u)))
        for rank in (1, 2):
            one, two = (masked_optimum(s, rank) for s in (law.population().s11, other))
            np.testing.assert_allclose(one, two, atol=1e-11 * np.trace(other))


def test_no_other_features_have_a_lower_loss() -> None:
    """The loss over listed masks, in W itself, from random starts."""
    rng = np.random.default_rng(133)
    for _ in range(10):
        s = factors(rng)[0].population().s11
        s, d, penalty = s / np.trace(s), s.shape[0], float(rng.uniform(0.5, 2.0))
        masks = np.array(list(product((0.0, 1.0), repeat=d)))
        seen = np.mean([np.outer(a, 1.0 - a) * s for a in masks], axis=0)

        def loss(flat: np.ndarray, seen: np.ndarray = seen, penalty: float = penalty) -> float:
            w = flat.reshape(2, -1)
            return float(-np.trace(w @ seen @ w.T) + 0.5 * penalty * np.sum((w @ w.T) ** 2))

        square = masked_optimum(s, 2, penalty)
        values, vectors = np.linalg.eigh(square)
        best = loss((vectors[:, -2:] * np.sqrt(np.maximum(values[-2:], 0.0))).T.ravel())
        found = min(minimize(loss, rng.normal(size=2 * d), method="BFGS").fun for _ in range(3))
        assert best <= found + 1e-12 and found <= best + 1e-4 * max(abs(best), 1e-3)


def test_noise_that_is_correlated_is_no_noise_of_this_law() -> None:
    law = factors(np.random.default_rng(134))[0]
    covariance = law.covariance.copy()
    covariance[0, 1] += 0.1 * np.sqrt(covariance[0, 0] * covariance[1, 1])
    covariance[1, 0] = covariance[0, 1]
    shifted = covariance + 2.0 * np.diag(np.r_[np.ones(law.d1), np.zeros(len(covariance) - law.d1)])
    truth = JointGaussian(shifted, law.d1, 2, law.k, law.m).population()
    assert not MaskedContrast().applies(truth)
    left, right, scale, _ = map(float, MaskedContrast().sides(truth))
    assert abs(left - right) > 1e-6 * scale
