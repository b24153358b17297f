"""What is lost and what is not linear, angles between spaces, and 0-1 errors."""

from __future__ import annotations

import numpy as np
import pytest

from testbed.data import LinearMap
from testbed.evaluation import error01, intrinsic_split, subspace_sine
from testbed.generators import CleanMixture, LeeMixture, Patches
from testbed.laws import GaussianMixture, Topics
from testbed.pretexts import ACE, PCA, Oracle, Raw
from testbed.pretexts.base import Unknown
from testbed.pretexts.tables import Lookup
from testbed.regressors import OLS
from tests.laws.random_laws import finite, gaussian
from tests.statistics_ import z_limit


@pytest.mark.parametrize("intercept", [True, False])
def test_the_split_sums_to_the_intrinsic_risk_on_finite_laws(intercept: bool) -> None:
    """To 1e-12 on 200 random laws, for features that merge points and for features that do not."""
    for seed in range(200):
        rng = np.random.default_rng(seed)
        law = finite(rng)
        truth = law.population()
        kept = rng.integers(0, 3, size=(len(truth.p1), 2)).astype(float)
        for psi in (Lookup(truth.points1, kept), truth.psi_star, ACE(2).optimum(law)):
            split = intrinsic_split(law, psi, intercept=intercept)
            whole = float(truth.approximation_error_table(psi(truth.points1), intercept))
            assert split.lost + split.not_linear == pytest.approx(whole, abs=1e-12)
            assert split.lost >= 0.0 <= split.not_linear
            assert split.lost_se == split.not_linear_se == 0.0


@pytest.mark.parametrize("intercept", [True, False])
def test_the_split_of_a_linear_psi_on_a_mixture(intercept: bool) -> None:
    """Both parts add up within z standard errors (rate 1e-8), and E[Y|psi] is the mean of f* given psi."""
    rng = np.random.default_rng(0)
    mixtures = [
        LeeMixture(k=3, d1=5, d2=4, scale=2.0, structure_seed=0).law(),
        GaussianMixture(
            [0.5, 0.3, 0.2], rng.normal(size=(3, 5)), np.eye(5) * rng.uniform(0.5, 2.0, (3, 1, 1)), 3, [0, 1, 1]
        ),
    ]
    for law in mixtures:
        truth, d1 = law.population(), law.d1
        wide = LinearMap(rng.normal(size=(d1, 2)) @ rng.normal(size=(2, 4)), rng.normal(size=4))
        for psi in (PCA(1).optimum(law), Raw().optimum(law), wide):
            split = intrinsic_split(law, psi, intercept=intercept, rng=rng)
            whole = float(truth.approximation_error(psi, intercept))
            error = np.hypot(split.lost_se, split.not_linear_se) + 2e-3 * whole  # and that of the class floor
            assert abs(split.lost + split.not_linear - whole) < z_limit(1) * error
        assert intrinsic_split(law, Raw().optimum(law), rng=rng).lost < 1e-20
    split = intrinsic_split(mixtures[0], LinearMap(np.zeros((5, 2)), np.ones(2)), rng=rng)
    assert split.not_linear < 1e-20
    assert abs(split.lost - float(mixtures[0].population().baseline_risk)) < z_limit(1) * split.lost_se + 1e-3


def test_the_split_of_gaussian_laws_and_what_is_refused() -> None:
    law, rng = gaussian(np.random.default_rng(1)), np.random.default_rng(1)
    psi = PCA(2).optimum(law)
    split = intrinsic_split(law, psi)
    assert split.lost == pytest.approx(float(law.population().approximation_error(psi)))
    assert split.not_linear == 0.0
    mixture = LeeMixture(k=2, d1=3, d2=3, structure_seed=0).law()
    for arguments, words in (
        ((law, np.tanh), "not known on a JointGaussian"),
        ((mixture, Oracle("universal").optimum(mixture)), "not known on a GaussianMixture"),
        ((mixture, PCA(1).optimum(mixture)), "rng = None"),
        ((mixture, Unknown("no such optimum")), "no such optimum"),
        ((LeeMixture(k=2, d1=3, d2=3).law(rng, 2), psi), "leading axes"),
    ):
        with pytest.raises(ValueError, match=words):
            intrinsic_split(*arguments)


def test_sines() -> None:
    rng = np.random.default_rng(2)
    a = rng.normal(size=(5, 6, 2))
    assert np.max(subspace_sine(a, a @ rng.normal(size=(2, 2)))) < 1e-12
    assert np.max(subspace_sine(np.concatenate([a, rng.normal(size=(5, 6, 1))], axis=-1), a)) < 1e-12
    angle = 0.3
    flat, turned = np.eye(3)[:, :2], np.array([[1.0, 0.0], [0.0, np.cos(angle)], [0.0, np.sin(angle)]])
    assert float(subspace_sine(turned, flat)) == pytest.approx(np.sin(angle))
    assert float(subspace_sine(flat[:, :1], flat)) == pytest.approx(1.0)
    assert float(subspace_sine(np.zeros((3, 2)), flat)) == pytest.approx(1.0)
    assert float(subspace_sine(flat, np.zeros((3, 2)))) == 0.0
    assert float(subspace_sine(LinearMap(1e-9 * flat, np.zeros(2)), flat)) < 1e-12
    deficient = flat @ np.array([[1.0, 2.0], [0.5, 1.0]])
    assert float(subspace_sine(flat, deficient)) < 1e-12
    with pytest.raises(ValueError, match="psi reads x1 in 3 dimensions, truth in 6"):
        subspace_sine(flat, a[0])
    whole = subspace_sine(a, a[::-1])
    assert np.array_equal(whole[3], subspace_sine(a[3], a[::-1][3]))


def test_zero_one_errors() -> None:
    """Exact on a table; in a mixture the mean over x1 agrees with drawn labels, and f* has the least."""
    rng = np.random.default_rng(3)
    law = finite(rng)
    truth = law.population()
    error, se = error01(law, truth.f_star)
    assert (error, se) == (pytest.approx(1.0 - float(truth.p1 @ truth.f_table.max(axis=1))), 0.0)
    mixture = CleanMixture(k=3, d1=5, d2=4, separation=1.5, structure_seed=0).law()
    rows, x1 = mixture.sample(40_000, rng), mixture.sample(40_000, rng).x1
    readout = OLS().fit_rows(rows.x1[:500], rows.y[:500], rng)
    for predictor in (mixture.population().f_star, readout):
        error, se = error01(mixture, predictor, x1)
        drawn = np.argmax(predictor(rows.x1), axis=1) != np.argmax(rows.y, axis=1)
        assert abs(error - drawn.mean()) < z_limit(1) * np.hypot(se, drawn.std() / np.sqrt(len(drawn)))
    assert error01(mixture, mixture.population().f_star, x1)[0] <= error01(mixture, readout, x1)[0]
    topics = Topics(np.eye(2), np.eye(2), [0.5, 0.5], np.eye(2))
    for arguments, words in (
        ((gaussian(rng), np.tanh, x1), "real-valued label"),
        ((topics, np.tanh), "real-valued label"),
        ((mixture, readout), "x1 = None"),
        ((mixture, lambda x: x, x1), "it must return"),
        ((Patches().law(rng, 2), readout, x1), "leading axes"),
    ):
        with pytest.raises(ValueError, match=words):
            error01(*arguments)
