"""The clean dials move one thing at a time, and refuse what cannot be attained."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from testbed.generators import CleanMixture
from testbed.generators.separation import noise_at, separation_for
from tests.statistics_ import z_limit

SEED = {"structure_seed": 1}


@pytest.mark.parametrize("reads", ["noise", "means", "generic"])
@pytest.mark.parametrize("direction", ["inside", "outside", "generic"])
def test_rho_moves_the_violation_alone(direction: Any, reads: Any) -> None:
    base = CleanMixture(rho=0.0, direction=direction, reads=reads, m=2, **SEED).law()
    p = base.population()
    sizes = {}
    for rho in (0.2, -0.4, 0.8):
        law = CleanMixture(rho=rho, direction=direction, reads=reads, m=2, **SEED).law()
        q = law.population()
        np.testing.assert_array_equal(q.A, p.A)
        np.testing.assert_array_equal(q.A_bar, p.A_bar)
        np.testing.assert_array_equal(law.covariance[20:, 20:], base.covariance[20:, 20:])
        assert q.beta() == p.beta() and q.bayes_noise == p.bayes_noise
        sizes[rho] = np.array([q.epsilon_ci(c) for c in ("linear", "universal")]) / abs(rho)  # type: ignore[arg-type]
    np.testing.assert_allclose(sizes[0.2], sizes[-0.4], rtol=1e-10)
    np.testing.assert_allclose(sizes[0.2], sizes[0.8], rtol=1e-10)
    assert p.epsilon_ci("universal") == 0.0 and sizes[0.2].min() > 0.1


def test_the_printed_sizes_of_t6() -> None:
    law = CleanMixture(rho=0.5, reads="generic", direction="generic", **SEED).law()
    p, t = law.population(), law.covariance[20:, :20] / 0.5
    assert p.epsilon_ci("linear") ** 2 == pytest.approx(0.25 * np.trace(t @ np.linalg.solve(p.s11, t.T)))
    x1 = law.sample(200_000, np.random.default_rng(0)).x1
    gap = p.psi_star(x1) - p.f_star(x1) @ p.A
    square, size = np.sum(gap**2, axis=-1), float(p.epsilon_ci("universal"))
    assert abs(square.mean() - size**2) < z_limit(1) * square.std() / len(square) ** 0.5 + 2.0 * size * 4e-3 * size


def test_v2_a_leak_outside_the_row_space_does_no_harm() -> None:
    for reads in ("noise", "means", "generic"):
        p = CleanMixture(rho=0.9, direction="outside", reads=reads, **SEED).law().population()
        assert p.epsilon_ci("universal") > 0.5
        assert p.approximation_error(p.psi_star, False) < 1e-12
        assert p.approximation_error(p.linear_psi_star, True) == pytest.approx(float(p.class_floor), abs=1e-12)
        assert p.sharper_bound(False) < 1e-12 and p.signed_leak(False).harmful < 1e-12
        assert p.signed_leak(False).neutral == pytest.approx(float(p.epsilon_ci("universal") ** 2), rel=2e-3)


def test_v1_a_leak_inside_it_harms_and_saturates() -> None:
    errors = []
    for rho in (0.0, 0.1, 0.2, 0.9):
        p = CleanMixture(rho=rho, direction="inside", **SEED).law().population()
        errors.append(float(p.approximation_error(p.psi_star, False)))
    assert errors[0] < 1e-12 and errors[2] == pytest.approx(4.0 * errors[1], rel=0.25)
    assert errors[3] < 81.0 * errors[1] * 0.6


def test_the_leak_has_the_sign_of_rho() -> None:
    for rho, part in ((0.5, "aligned"), (-0.5, "anti_aligned")):
        p = CleanMixture(rho=rho, reads="means", d2=3, **SEED).law().population()
        leak = p.signed_leak()
        assert getattr(leak, part) > 0.1 and leak.aligned * leak.anti_aligned == 0.0


def test_beta_and_orthogonal_rows() -> None:
    p = CleanMixture(k=4, m=2, sigma_min=0.5, sigma_max=3.0, **SEED).law().population()
    gram = p.A_bar @ p.A_bar.T
    np.testing.assert_allclose(gram, np.diag(np.geomspace(0.5, 3.0, 8) ** 2), atol=1e-12)
    for k in (2, 5, 9):
        q = CleanMixture(k=k, sigma_min=0.7, structure_seed=3).law().population()
        assert q.beta() == pytest.approx(0.7) and q.beta(True) == pytest.approx(0.7)


@pytest.mark.parametrize(
    ("target", "k", "m", "priors"), [(0.1, 3, 1, None), (0.02, 2, 2, None), (0.3, 3, 1, (0.2, 0.3, 0.5))]
)
def test_a_target_noise_is_met(target: float, k: int, m: int, priors: Any) -> None:
    g = CleanMixture(k=k, m=m, bayes_noise=target, priors=priors, **SEED)
    p = g.law().population()
    assert abs(float(p.bayes_noise) - target) < 2e-3 * target + 4.0 * float(p.se["bayes_noise"])
    separation = separation_for(target, tuple(g._priors.tolist()), m)
    check = noise_at(separation, tuple(g._priors.tolist()), m, 2**12)
    assert abs(float(check.value) - target) < 2e-3 * target + 5.0 * float(check.se)


def test_noise_of_two_classes_by_quadrature() -> None:
    """Two orthogonal means at distance sqrt(2) s: a one-dimensional integral."""
    s = separation_for(0.05, (0.5, 0.5), 1)
    t = np.linspace(-12.0, 12.0, 200_001) + s / np.sqrt(2.0)
    f = 1.0 / (1.0 + np.exp(-2.0 * t * s / np.sqrt(2.0)))
    weight = np.exp(-0.5 * (t - s / np.sqrt(2.0)) ** 2) / np.sqrt(2.0 * np.pi) * (t[1] - t[0])
    assert np.sum(2.0 * f * (1.0 - f) * weight) == pytest.approx(0.05, rel=1e-6)


@pytest.mark.parametrize("feature_class", ["linear", "universal"])
def test_a_target_violation_is_met(feature_class: Any) -> None:
    dials = {"reads": "generic", "epsilon_ci": 0.5, "epsilon_ci_class": feature_class}
    p = CleanMixture(**dials, **SEED).law().population()
    assert p.epsilon_ci(feature_class) == pytest.approx(0.5, rel=1e-9)
    batch = CleanMixture(**dials).law(np.random.default_rng(0), 5)
    assert batch.batch == (5,)
    np.testing.assert_allclose(batch.population().epsilon_ci(feature_class), 0.5, rtol=1e-9)
    most = CleanMixture(rho=1.0, reads="generic", **SEED).law().population().epsilon_ci(feature_class)
    CleanMixture(**(dials | {"epsilon_ci": float(most) * (1 - 1e-9)}), **SEED).law()
    with pytest.raises(ValueError, match=f"attainable .* 0 to {float(most):.4g}"[:-1]):
        CleanMixture(**(dials | {"epsilon_ci": float(most) * 1.01}), **SEED).law()


def test_a_slice_of_a_batch_is_one_law() -> None:
    g = CleanMixture(rho=0.3, reads="generic")
    batch = g.law(np.random.default_rng(3), 4)
    p, q = batch.population(), batch[2].population()
    np.testing.assert_array_equal(p.epsilon_ci()[2], q.epsilon_ci())
    np.testing.assert_allclose(p.sharper_bound()[2], q.sharper_bound(), rtol=1e-12)
    with pytest.raises(ValueError, match="redraws its structure"):
        g.law()


@pytest.mark.parametrize(
    ("dials", "words"),
    [
        ({"k": 1}, "k = 1"),
        ({"d1": 3}, "orthogonal means of 3 states need d1 > 3"),
        ({"rho": 1.2}, r"rho = 1\.2: a finite number from -1 to 1"),
        ({"rho": 0.2, "epsilon_ci": 0.1}, "give one of them"),
        ({"bayes_noise": 0.7}, r"above 0 and below 0\.666667"),
        ({"priors": (0.5, 0.6, 0.1)}, "sum to 1"),
        ({"direction": "up"}, "allowed: 'inside'"),
        ({"direction": "outside", "d2": 3}, "nothing outside"),
        ({"sigma_max": 0.5}, "sigma_max = 0.5"),
        ({"epsilon_ci": -1.0}, "epsilon_ci = -1.0"),
        ({"separation": 0.0}, "separation = 0.0"),
    ],
)
def test_bad_dials_are_named(dials: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        CleanMixture(**dials)
