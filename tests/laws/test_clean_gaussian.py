"""The jointly Gaussian clean dials: each moves what it says, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from testbed.generators import CleanGaussian

RNG = np.random.default_rng


@pytest.mark.parametrize("structure_seed", [0, None])
@pytest.mark.parametrize("k", [1, 3])
def test_what_the_dials_promise(k: int, structure_seed: int | None) -> None:
    dials = CleanGaussian(
        k=k, d1=6, d2=5, bayes_noise=0.3, sigma_min=0.5, sigma_max=2.0, epsilon_ci=0.4, structure_seed=structure_seed
    )
    law = dials.law(RNG(1), 4)
    truth = law.population()
    assert law.batch == (() if structure_seed == 0 else (4,))
    norms = np.geomspace(0.5, 2.0, k)
    np.testing.assert_allclose(truth.A @ np.swapaxes(truth.A, -1, -2) - np.diag(norms**2), 0.0, atol=1e-12)
    np.testing.assert_allclose(truth.bayes_noise, 0.3, rtol=1e-12)
    np.testing.assert_allclose(truth.beta(intercept=False), norms.min(), rtol=1e-12)
    for feature_class in ("linear", "universal"):
        np.testing.assert_allclose(truth.epsilon_ci(feature_class), 0.4, rtol=1e-12)  # type: ignore[arg-type]


def test_every_label_is_equally_hard() -> None:
    truth = CleanGaussian(k=4, d1=6, d2=5, bayes_noise=1.0, structure_seed=2).law().population()
    left = truth.syy - truth.s1y.T @ np.linalg.solve(truth.s11, truth.s1y)
    np.testing.assert_allclose(left, 0.25 * np.eye(4), atol=1e-12)


@pytest.mark.parametrize("reads", ["noise", "means", "generic"])
@pytest.mark.parametrize("direction", ["inside", "outside", "generic"])
def test_a_leak_moves_nothing_but_itself(direction: str, reads: str) -> None:
    def law(rho: float) -> CleanGaussian:
        return CleanGaussian(k=2, d1=6, d2=5, rho=rho, direction=direction, reads=reads, structure_seed=3)  # type: ignore[arg-type]

    still, leaks = law(0.0).law().population(), [law(rho).law().population() for rho in (-0.8, 0.4, 0.8)]
    given = still.s22 - still.A.T @ still.A
    for truth in leaks:
        np.testing.assert_allclose(truth.A, still.A, atol=1e-12)
        np.testing.assert_allclose(truth.s11, still.s11, atol=1e-12)
        np.testing.assert_allclose(truth.s22 - truth.A.T @ truth.A, given, atol=1e-12)
    sizes = [float(truth.epsilon_ci("linear")) for truth in leaks]
    assert sizes[0] == pytest.approx(sizes[2]) == pytest.approx(2.0 * sizes[1])
    outside = [float(truth.approximation_error(truth.linear_psi_star, False)) for truth in leaks]
    assert (max(outside) < 1e-12) == (direction == "outside" or reads == "means")  # else psi* is no map of f* alone


def test_targets_that_cannot_be_attained_name_the_range() -> None:
    with pytest.raises(ValueError, match=r"epsilon_ci = 3.0; attainable with x2_std = 1.0: 0 to 1.41421"):
        CleanGaussian(k=2, d1=6, d2=5, epsilon_ci=3.0, structure_seed=0).law()
    with pytest.raises(ValueError, match="give one of them"):
        CleanGaussian(rho=0.1, epsilon_ci=0.1)
    with pytest.raises(ValueError, match="attainable: above 0 and below k = 1"):
        CleanGaussian(bayes_noise=3.5)
    with pytest.raises(ValueError, match="raise d2"):
        CleanGaussian(k=3, d2=3, direction="outside")
    with pytest.raises(ValueError, match="3 labels and latents need as many"):
        CleanGaussian(k=2, m=1, d1=2)
    with pytest.raises(ValueError, match="nothing of x1 is noise alone; raise d1"):
        CleanGaussian(k=3, d1=3, rho=0.1)
