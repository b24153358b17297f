"""What all functions of Gaussian views look like: two encoders, and one."""

from __future__ import annotations

import numpy as np
import pytest

from testbed.laws import JointGaussian
from testbed.laws.canonical import canonical_functions
from testbed.pretexts import Contrastive
from testbed.theory import GaussianTopFunctions
from tests.theory.test_successors import Rng, held


def views(rng: Rng) -> JointGaussian:
    """1 to 4 canonical correlations of any sign, seen through invertible maps, a label of 1 to 3 outputs."""
    d, k = int(rng.integers(1, 5)), int(rng.integers(1, 4))
    plain = JointGaussian.from_correlations(rng.uniform(-0.97, 0.97, size=d), rng.normal(size=(k, d)), 0.3)
    turn = np.eye(2 * d + k)
    turn[:d, :d], turn[d : 2 * d, d : 2 * d] = rng.normal(size=(d, d)), rng.normal(size=(d, d))
    covariance = turn @ plain.covariance @ turn.T
    return JointGaussian((covariance + covariance.T) / 2.0, d, d, k)


def test_linear_functions_among_the_leading_ones_are_those_of_the_hermite_products() -> None:
    """Their number from the products that nonlinear CCA uses, and from the e_apx of a label that reads all."""
    rng = np.random.default_rng(92)
    for _ in range(50):
        rho = np.sort(rng.uniform(0.05, 0.97, size=3))[::-1]
        law = JointGaussian.from_correlations(rho, np.eye(3))
        for rank in (1, 2, 3, 4):
            values = canonical_functions(law, rank + 1).values[1:]
            number = sum(np.isclose(values, r, rtol=0.0, atol=1e-12).any() for r in rho)
            statement = GaussianTopFunctions(rank)
            if np.all(statement.applies(law.population())):
                assert float(statement.sides(law.population()).left) == pytest.approx(3.0 - number, abs=1e-9)


@pytest.mark.parametrize("rank", [1, 3])
def test_leading_functions_of_views_with_many_variables(rank: int) -> None:
    """Only the first rank + 1 correlations can be among the leading products: 60 variables cost no more than four."""
    rho = 0.9 * 0.8 ** np.arange(60)
    law = JointGaussian.from_correlations(rho, np.eye(60)).population()
    kept = sum(bool(r > np.sort([a * b for a in rho for b in rho] + [0.9**3, *rho])[-rank - 1]) for r in rho)
    statement = GaussianTopFunctions(rank)
    assert np.all(statement.applies(law))
    found = statement.sides(law)
    assert float(found.left) == pytest.approx(float(found.right), abs=1e-9)
    assert float(found.right) == pytest.approx(60.0 - min(kept, rank), abs=1e-9)


def exchangeable(rng: Rng) -> tuple[JointGaussian, np.ndarray, np.ndarray]:
    """Views of one law with 1 to 4 correlations of any sign, through one invertible map; them, and E f* z_i."""
    d, k = int(rng.integers(1, 5)), int(rng.integers(1, 3))
    rho, label = rng.uniform(-0.97, 0.97, size=d), rng.normal(size=(k, d))
    plain, turn = JointGaussian.from_correlations(rho, label, 0.3), np.eye(2 * d + k)
    turn[:d, :d] = turn[d : 2 * d, d : 2 * d] = rng.normal(size=(d, d))
    covariance = turn @ plain.covariance @ turn.T
    return JointGaussian((covariance + covariance.T) / 2.0, d, d, k), rho, label


def test_one_encoder_has_the_positive_products_only() -> None:
    """Correlations of any sign: what is kept by the list of all products, beside both sides."""
    rng, kept, negative = np.random.default_rng(93), 0, 0
    for _ in range(60):
        (law, rho, label), rank = exchangeable(rng), int(rng.integers(1, 4))
        statement = GaussianTopFunctions(rank, shared=True)
        if not held(statement, law):
            continue
        powers = np.moveaxis(np.indices([7] * len(rho)), 0, -1).reshape(-1, len(rho))[1:]
        products = np.sort(np.prod(rho**powers, axis=1))[::-1]
        seen = [i for i, r in enumerate(rho) if np.abs(r - products[:rank]).min() < 1e-12]
        lost = np.sum(label**2) - np.sum(label[:, seen] ** 2)
        assert float(statement.sides(law.population()).right) == pytest.approx(lost, abs=1e-8 * np.sum(label**2))
        kept, negative = kept + 1, negative + bool(rho.min() < 0.0)
    assert kept >= 55 and negative >= 30


def test_a_negative_correlation_is_lost_to_one_encoder_at_every_rank() -> None:
    """-.8 and .5: two encoders start with z_1; one has its square (.64), then z_2 (.5), never z_1."""
    truth = JointGaussian.from_correlations([-0.8, 0.5], [[1.0, 0.0]]).population()
    assert [float(GaussianTopFunctions(r).sides(truth).left) for r in (1, 2)] == pytest.approx([0.0, 0.0], abs=1e-12)
    for rank in (1, 2, 3):
        assert float(GaussianTopFunctions(rank, shared=True).sides(truth).left) == pytest.approx(1.0, abs=1e-12)


def test_the_learner_of_one_encoder_has_the_functions_of_the_statement() -> None:
    """The square of z_1, then z_2, with the roots of .64 and .5; constants first."""
    law = JointGaussian.from_correlations([-0.8, 0.5], [[1.0, 1.0]])
    x1 = np.random.default_rng(94).normal(size=(9, 2))
    psi = Contrastive("spectral", 3, shared=True).optimum(law)(x1)
    expected = np.stack([np.ones(9), 0.8 * (x1[:, 0] ** 2 - 1.0) / np.sqrt(2.0), np.sqrt(0.5) * x1[:, 1]], axis=1)
    assert np.abs(psi) == pytest.approx(np.abs(expected), abs=1e-12)
    apart = JointGaussian(np.diag([1.0, 2.0, 1.0]) + 0.3 * (np.eye(3, k=1) + np.eye(3, k=-1)), 1, 1, 1)
    with pytest.raises(ValueError, match="one encoder needs views that are exchangeable"):
        Contrastive("spectral", 3, shared=True).optimum(apart)


def test_the_step_at_the_square_of_the_first_correlation() -> None:
    lost = [
        float(GaussianTopFunctions().sides(JointGaussian.from_correlations([0.8, r], [[0.0, 1.0]]).population()).left)
        for r in (0.5, 0.63, 0.65, 0.75)
    ]
    assert lost == pytest.approx([1.0, 1.0, 0.0, 0.0], abs=1e-12)
