"""Finite laws: draws, tables, and what is refused."""

from __future__ import annotations

import tracemalloc
from typing import Any

import numpy as np
import pytest

from testbed.data import Moments
from testbed.laws import Finite
from testbed.regressors import OLS
from tests.laws.random_laws import finite
from tests.statistics_ import assert_means

LAW = finite(np.random.default_rng(4), violated=True)


def by_hand(law: Finite) -> dict[str, np.ndarray]:
    """Population by plain loops over the cells."""
    d1, d2, k, _ = law.shape
    totals = {
        "second": np.zeros((d1 + d2 + k, d1 + d2 + k)),
        "mean": np.zeros(d1 + d2 + k),
    }
    for (y, _, a, b), p in np.ndenumerate(law.joint):
        row = np.concatenate([law.v1[a], law.v2[b], np.eye(k)[y]])
        totals["mean"] += p * row
        totals["second"] += p * np.outer(row, row)
    return totals


def test_moments_are_sums_over_the_table() -> None:
    p, truth = LAW.population(), by_hand(LAW)
    mean = np.concatenate([p.mean1, p.mean2, p.mean_y])
    np.testing.assert_allclose(mean, truth["mean"], atol=1e-12)
    d1, d2 = LAW.shape[:2]
    covariance = truth["second"] - np.outer(mean, mean)
    for block, rows, columns in (
        (p.s11, slice(0, d1), slice(0, d1)),
        (p.s12, slice(0, d1), slice(d1, d1 + d2)),
        (p.s1y, slice(0, d1), slice(d1 + d2, None)),
        (p.s22, slice(d1, d1 + d2), slice(d1, d1 + d2)),
        (p.syy, slice(d1 + d2, None), slice(d1 + d2, None)),
    ):
        np.testing.assert_allclose(block, covariance[rows, columns], atol=1e-12)
    assert p.second2 == pytest.approx(np.trace(truth["second"][d1 : d1 + d2, d1 : d1 + d2]))


def test_conditional_means_by_hand() -> None:
    p = LAW.population()
    a = 3
    mass = LAW.joint[:, :, a].sum()
    np.testing.assert_allclose(p.f_star(LAW.v1[[a]])[0], LAW.joint[:, :, a].sum(axis=(1, 2)) / mass, atol=1e-12)
    np.testing.assert_allclose(
        p.psi_star(LAW.v1[[a]])[0], LAW.joint[:, :, a].sum(axis=(0, 1)) @ LAW.v2 / mass, atol=1e-12
    )
    np.testing.assert_allclose(p.A[1], LAW.joint[1].sum(axis=(0, 1)) @ LAW.v2 / LAW.joint[1].sum(), atol=1e-12)


def test_equal_embeddings_are_one_value() -> None:
    rng = np.random.default_rng(0)
    joint = rng.dirichlet(np.ones(24)).reshape(2, 1, 4, 3)
    v1, v2 = rng.normal(size=(4, 2)), rng.normal(size=(3, 2))
    v1[0] = v1[2]
    merged = np.concatenate([joint[:, :, [0]] + joint[:, :, [2]], joint[:, :, [1, 3]]], axis=2)
    p, q = Finite(joint, v1, v2).population(), Finite(merged, v1[[0, 1, 3]], v2).population()
    assert len(p.p1) == 3
    for name in ("bayes_noise", "class_floor"):
        assert getattr(p, name) == pytest.approx(getattr(q, name), abs=1e-14)
    assert p.approximation_error(p.psi_star) == pytest.approx(q.approximation_error(q.psi_star), abs=1e-14)
    with pytest.raises(ValueError, match="no support point"):
        p.f_star(v1[:1] + 1e-3)


def test_a_constant_x1_and_more_dimensions_than_points() -> None:
    rng = np.random.default_rng(1)
    joint = rng.dirichlet(np.ones(12)).reshape(3, 1, 2, 2)
    p = Finite(joint, rng.normal(size=(2, 7)), rng.normal(size=(2, 5))).population()
    assert p.class_floor == pytest.approx(0.0, abs=1e-14)  # two points: every function is affine
    assert p.epsilon_ci("linear") == pytest.approx(p.epsilon_ci("universal"), abs=1e-12)
    q = Finite(joint, np.zeros((2, 3)), rng.normal(size=(2, 5))).population()
    assert q.bayes_noise == pytest.approx(1.0 - np.sum(q.mean_y**2))
    assert float(q.approximation_error(q.linear_psi_star, True)) == pytest.approx(0.0, abs=1e-14)


def test_weighted_rows_are_the_same_draw() -> None:
    rows = LAW.sample(5000, np.random.default_rng(3))
    cells = LAW.sample(5000, np.random.default_rng(3), weighted=True)
    a, b = Moments.of(rows), Moments.of(cells)
    assert cells.weight is not None and cells.weight.min() >= 1.0 and cells.n == rows.n == 5000
    for name in a.mean:
        np.testing.assert_allclose(a.mean[name], b.mean[name], atol=1e-12)
    for pair in a.scatter:
        np.testing.assert_allclose(a.scatter[pair], b.scatter[pair], atol=1e-8)


def test_a_billion_rows_are_never_held() -> None:
    tracemalloc.start()
    sample = LAW.sample(10**9, np.random.default_rng(0), weighted=True)
    moments = LAW.moments(10**9, np.random.default_rng(0), repeats=3)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sample.n == 1e9 and peak < 2**26
    p = LAW.population()
    np.testing.assert_allclose(moments.block("x1", "x2")[0] / 1e9, p.s12, atol=4e-4 * 6)


@pytest.mark.parametrize("blocks", [("x1", "x2"), ("x1", "y"), ("x1", "x2", "y")])
def test_moments_have_the_law_of_rows(blocks: tuple[str, ...]) -> None:
    n, repeats, p = 40, 4000, LAW.population()
    m = LAW.moments(n, np.random.default_rng(5), repeats, blocks, x2_square=False)
    assert set(m.mean) == set(blocks) and ("x2", "x2") not in m.scatter
    truth = {("x1", "x1"): p.s11, ("x1", "x2"): p.s12, ("x1", "y"): p.s1y, ("y", "y"): p.syy}
    for pair, value in m.scatter.items():
        if pair in truth:
            assert_means(value / (n - 1), truth[pair])
    one = LAW.moments(n, np.random.default_rng(5), None, blocks)
    assert one.n.shape == ()


def test_latent_and_its_place() -> None:
    rng = np.random.default_rng(0)
    joint = np.zeros((2, 2, 2, 2))
    joint[0, 1], joint[1, 0], joint[1, 1] = 0.1, 0.05, 0.1
    law = Finite(joint / joint.sum(), np.eye(2), np.eye(2))
    sample = law.sample(200, rng)
    assert sample.z is not None and set(sample.z[sample.y[:, 0] == 1.0].tolist()) == {1}
    assert law.population().A_bar.shape == (3, 2) and law.population().M.shape == (2, 3)
    assert LAW.population().epsilon_ci("universal", "y") > 0.0


def good() -> dict[str, Any]:
    return {"joint": np.full((2, 1, 3, 2), 1.0 / 12), "v1": np.arange(6.0).reshape(3, 2), "v2": np.eye(2)}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"joint": np.full((2, 1, 3, 2), 0.1)}, "sums to 1.2"),
        ({"joint": np.full((2, 3, 2), 1.0 / 12)}, r"\(k, m, s1, s2\)"),
        ({"v1": np.eye(2)}, r"v1 has shape \(2, 2\); with 3"),
        ({"v2": np.zeros((3, 2))}, r"v2 has shape \(3, 2\); with 2"),
        ({"v2": [[np.nan, 0.0], [0.0, 1.0]]}, "1 values that are NaN"),
    ],
)
def test_bad_input_is_named(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Finite(**(good() | change))


def test_negative_mass_and_absent_classes() -> None:
    joint = good()["joint"].copy()
    joint[0, 0, 0, 0], joint[0, 0, 0, 1] = -0.05, 2 / 12 + 0.05
    with pytest.raises(ValueError, match=r"negative value -0\.05"):
        Finite(joint, good()["v1"], good()["v2"])
    absent = np.zeros((3, 1, 3, 2))
    absent[:2] = good()["joint"]
    with pytest.raises(ValueError, match=r"classes \[2\] have no mass"):
        Finite(absent, good()["v1"], good()["v2"])


def test_information_and_spectrum() -> None:
    law = finite(np.random.default_rng(9), violated=False)
    p = law.population()
    assert p.spectrum[0] == pytest.approx(1.0)
    assert np.sum(p.spectrum > 1e-9) <= np.count_nonzero(law.joint.sum(axis=(2, 3)))  # rank of Q at most km
    assert p.mutual_information(given="yz") == pytest.approx(0.0, abs=1e-12)
    assert 0.0 <= float(p.mutual_information()) <= float(p.mutual_information("x1", "yz"))
    features = p.canonical_features(3)
    np.testing.assert_allclose((features.T * p.p1) @ features, np.eye(3), atol=1e-10)


def test_least_squares_on_moments_where_x1_is_deficient() -> None:
    """Four points in six dimensions, one of them rare: Moments lead to what the rows lead to."""
    rng = np.random.default_rng(6)
    joint = rng.dirichlet(np.ones(24)).reshape(3, 1, 4, 2)
    joint[:, :, 3] *= 0.02
    law = Finite(joint / joint.sum(), rng.normal(size=(4, 6)), rng.normal(size=(2, 5)))
    for seed in range(20):
        cells = law.sample(60, np.random.default_rng(seed), weighted=True)
        rows, m = law.sample(60, np.random.default_rng(seed)), law.moments(60, np.random.default_rng(seed))
        np.testing.assert_allclose(m.block("x1", "y"), Moments.of(cells).block("x1", "y"), atol=1e-9)
        fit, by_rows = OLS().fit(m, "x1", "y"), OLS().fit_rows(rows.x1, rows.y, rng)
        np.testing.assert_allclose(fit(law.v1[:3]), by_rows(law.v1[:3]), atol=1e-6)
        pushed = m.push("x1", law.population().linear_psi_star)
        np.testing.assert_allclose(OLS().fit(pushed, "psi", "y")(pushed.mean["psi"][None])[0], m.mean["y"], atol=1e-9)
