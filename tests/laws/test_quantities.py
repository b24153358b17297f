"""The constant-free identities and inequalities of the theory, on a thousand random laws; discretised mixtures."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from scipy.stats import norm

from testbed._linalg import inner
from testbed.laws import Finite, GaussianMixture, Population
from testbed.laws.readouts import FeatureClass, Given
from tests.laws.random_laws import finite, gaussian

TOLERANCE = 1e-9
CLASSES: tuple[FeatureClass, ...] = ("linear", "universal")
GIVEN: tuple[Given, ...] = ("y", "yz")
SETTINGS = [(c, g, i) for c in CLASSES for g in GIVEN for i in (False, True)]


@cache
def populations() -> list[Population]:
    rng = np.random.default_rng(20)
    return [finite(rng).population() for _ in range(400)]


def excess(p: Population, feature_class: FeatureClass, intercept: bool) -> float:
    """e_apx(psi*) - e_apx(phi1) of a class; that of all functions is 0."""
    if feature_class == "universal":
        return float(p.approximation_error(p.psi_star, intercept))
    return float(p.approximation_error(p.linear_psi_star, intercept) - p.class_floor)


def test_i1_i3_psi_star_is_a_map_of_fbar() -> None:
    """CI given (Y, Z): psi* = A_bar' fbar, and e_apx is what I3's formula says, zero where M is in the range."""
    rng, seen = np.random.default_rng(21), {True: 0, False: 0}
    for _ in range(300):
        p = finite(rng, violated=False).population()
        assert np.abs(p.psi_table - p.state_table @ p.A_bar).max() < TOLERANCE  # type: ignore[attr-defined]
        assert float(p.epsilon_ci("universal")) < TOLERANCE and float(p.epsilon_ci("linear")) < TOLERANCE
        if not p.latent:
            assert np.abs(p.psi_table - p.f_table @ p.A).max() < TOLERANCE  # type: ignore[attr-defined]
        for intercept in (False, True):
            solved = bool(p.readout(intercept)[1])
            seen[solved] += 1
            if solved:
                assert excess(p, "universal", intercept) < TOLERANCE
                assert excess(p, "linear", intercept) < TOLERANCE  # Lemma 3.4
    assert min(seen.values()) > 50


def test_i3_formula_where_ranks_are_deficient() -> None:
    rng = np.random.default_rng(22)
    for _ in range(300):
        p = finite(rng, violated=False).population()
        fbar, weight = p.state_table, p.p1  # type: ignore[attr-defined]
        root = np.sqrt(weight)[:, None] * (fbar - weight @ fbar)
        image, target = root @ p.A_bar, root @ p.M.T
        u, s, _ = np.linalg.svd(image, full_matrices=False)
        u = u[:, s > 1e-10 * p.scale2]
        rest = target - u @ (u.T @ target)
        assert excess(p, "universal", True) == pytest.approx(np.sum(rest**2), abs=TOLERANCE)


def test_i6_i7_i12_are_never_violated() -> None:
    checked = 0
    for p in populations():
        views = p.two_view
        assert views is not None and views.error <= views.e1 + views.e2 + TOLERANCE
        for feature_class, given, intercept in SETTINGS:
            beta = float(p.beta(intercept, given))
            sharper = float(p.sharper_bound(intercept, feature_class, given))
            assert np.isfinite(sharper) == (beta > 0.0)
            if beta > 0.0:
                checked += 1
                bound = float(p.epsilon_ci(feature_class, given)) ** 2 / beta**2
                measured = excess(p, feature_class, intercept)
                assert measured <= sharper + TOLERANCE <= bound + 2.0 * TOLERANCE * (1.0 + bound)
    assert checked > 1600


def test_an_invalid_beta_is_said() -> None:
    """Where the residual is not 0 the pseudo-inverse stays finite, and the bound it would give is false."""
    wrong = 0
    for p in populations():
        if float(p.beta(False)) == 0.0:
            weight, solved = p.readout(False)
            assert not solved and np.isnan(p.tau(False)) and np.isnan(p.signed_leak(False).harmful)
            naive = float(p.epsilon_ci("universal")) ** 2 * np.linalg.norm(weight, 2) ** 2
            wrong += excess(p, "universal", False) > naive + TOLERANCE
    assert wrong > 40


def test_i14_bounds_and_is_exact_where_the_label_takes_all_of_psi() -> None:
    rng, exact = np.random.default_rng(23), [0, 0]
    for _ in range(400):
        p = finite(rng, violated=True).population()
        for feature_class, given, intercept in SETTINGS:
            leak = p.signed_leak(intercept, feature_class, given)
            if np.isfinite(leak.predicted):
                measured = excess(p, feature_class, intercept)
                assert measured <= leak.predicted + TOLERANCE
                if given == "y" and p.A.shape[1] == p.A.shape[0] - intercept:  # with an intercept d2 = k - 1, not k
                    exact[intercept] += 1
                    assert measured == pytest.approx(float(leak.predicted), abs=TOLERANCE)
                assert leak.aligned * leak.anti_aligned == 0.0
                rows = p.rows(feature_class, given)
                assert leak.neutral <= inner(rows.leak, rows.leak) + TOLERANCE
    assert min(exact) > 10


def test_i14_in_one_dimension() -> None:
    """k = 1, d2 = 1: e_apx = F H / ((1 + a)^2 F + H), and the bound I6 is a^2 F + H."""
    rng = np.random.default_rng(24)
    for _ in range(200):
        p = gaussian(rng, d1=3, d2=1, k=1, m=0).population()
        leak, big = p.signed_leak(), float(inner(p.rows().f, p.rows().f))
        a, h = float(leak.slope[0, 0]), float(leak.harmful)
        assert float(leak.predicted) == pytest.approx(big * h / ((1 + a) ** 2 * big + h), rel=1e-9)
        assert excess(p, "universal", True) == pytest.approx(float(leak.predicted), abs=TOLERANCE)
        assert float((p.epsilon_ci() / p.beta()) ** 2) == pytest.approx(a**2 * big + h, rel=1e-9)
        assert float(leak.aligned - leak.anti_aligned) == pytest.approx(a, rel=1e-9, abs=1e-12)


def test_the_operator_bound() -> None:
    """e_apx of the top r features of Q, the constant included, is at most E|f* - E[f*|X2]|^2 / (1 - s_{r+1}^2)."""
    for p in populations()[:300]:
        s = p.spectrum
        assert s is not None
        for rank in range(1, len(s)):
            features = p.canonical_features(rank)  # type: ignore[attr-defined]
            if s[rank] < 1.0 - 1e-9:
                error = p.approximation_error_table(features, False)  # type: ignore[attr-defined]
                assert error <= p.landmark / (1.0 - s[rank] ** 2) + TOLERANCE  # type: ignore[attr-defined]


def test_what_is_lost_is_part_of_e_apx() -> None:
    """e_apx(psi) = E|f* - E[Y|psi]|^2 + E|E[Y|psi] - E^L[Y|psi]|^2 for any psi on a finite law."""
    rng = np.random.default_rng(25)
    for p in populations()[:100]:
        table = np.round(rng.normal(size=(len(p.p1), 2)))  # type: ignore[attr-defined]
        lost = float(p.lost_table(table))  # type: ignore[attr-defined]
        assert -TOLERANCE < lost <= float(p.approximation_error_table(table)) + TOLERANCE  # type: ignore[attr-defined]


def test_a_zero_psi_star_explains_nothing() -> None:
    """T28: with psi* = 0 up to rounding a relative cutoff would find features in it."""
    rng = np.random.default_rng(26)
    joint = np.einsum("a,yb->yab", rng.dirichlet(np.ones(6)), rng.dirichlet(np.ones(8)).reshape(2, 4))[:, None]
    joint[0, 0] += 0.05 * np.outer([1, -1, 0, 0, 0, 0], [0, 0, 0, 0]) + 0.0
    law = Finite(joint / joint.sum(), rng.normal(size=(6, 3)), 1e3 * rng.normal(size=(4, 2)))
    p = law.population()
    centred = law.v2 - law.joint.sum(axis=(0, 1, 2)) @ law.v2
    q = Finite(law.joint, law.v1, centred).population()
    assert float(q.approximation_error(q.psi_star, False)) == pytest.approx(float(np.sum(q.f_table**2 * q.p1[:, None])))
    assert float(p.approximation_error(p.psi_star, True)) == pytest.approx(float(p.baseline_risk), abs=1e-12)


def test_i8_the_bound_is_invariant_under_maps_of_x2() -> None:
    """The sharper bound does not move with X2 -> X2 T, and no T brings (eps_CI / beta)^2 below it."""
    rng = np.random.default_rng(27)
    for _ in range(50):
        law = finite(rng, violated=True)
        p = law.population()
        t = rng.normal(size=(law.shape[1],) * 2) + 2.0 * np.eye(law.shape[1])
        q = Finite(law.joint, law.v1, law.v2 @ t).population()
        if float(p.beta()) > 1e-3 and float(q.beta()) > 1e-3:
            assert float(q.sharper_bound(False)) == pytest.approx(float(p.sharper_bound(False)), rel=1e-5, abs=1e-8)
            assert float((q.epsilon_ci("universal") / q.beta()) ** 2) >= float(p.sharper_bound(False)) * (1 - 1e-9)


def discretised(law: GaussianMixture, cells: int, reach: float = 7.0) -> Finite:
    """Finite law of a mixture with d1 = d2 = 1: cells of x1, and of x2 given the state and the cell's centre."""
    c = law.covariance
    centre, half = law.mean.mean(axis=0), reach + np.ptp(law.mean, axis=0) / 2.0
    edges = [np.linspace(m - h, m + h, cells + 1) for m, h in zip(centre, half, strict=True)]
    v1, v2 = (0.5 * (e[1:] + e[:-1]) for e in edges)
    joint = np.zeros((2, 1, cells, cells))
    for s, p in enumerate(law.probability):
        mass = np.diff(norm.cdf(edges[0], law.mean[s, 0], np.sqrt(c[0, 0])))
        slope, left = c[0, 1] / c[0, 0], np.sqrt(c[1, 1] - c[0, 1] ** 2 / c[0, 0])
        inside = norm.cdf(edges[1], (law.mean[s, 1] + slope * (v1 - law.mean[s, 0]))[:, None], left)
        joint[s, 0] = p * mass[:, None] * np.diff(inside, axis=1)
    return Finite(joint / joint.sum(), v1[:, None], v2[:, None])


def test_a_mixture_and_its_discretisation_agree() -> None:
    """Cells of width .13 (x1) and .13 (x2), then half of it: the largest error is .0015, then .0003 (second order)."""
    mixture = GaussianMixture([0.4, 0.6], [[0.0, 0.0], [1.5, 2.0]], [[1.0, 0.4], [0.4, 1.2]], 1)
    p = mixture.population()
    psi = p.psi_star

    def values(q: Population, oracle: object) -> np.ndarray:
        out = [q.epsilon_ci(c) for c in CLASSES] + [q.beta(i) for i in (False, True)]
        out += [q.approximation_error(oracle, i) for i in (False, True)]  # type: ignore[arg-type]
        out += [q.approximation_error(q.linear_psi_star, i) for i in (False, True)] + [q.bayes_noise, q.class_floor]
        out += [q.bayes_risk("x2"), q.bayes_risk("both"), q.sharper_bound(True), q.signed_leak(True).predicted, q.tau()]
        return np.array([float(v) for v in out])

    truth, errors = values(p, psi), []
    assert truth[4] > 0.2 > 0.01 > truth[5] > 0.003  # e_apx(psi*) without and with an intercept
    for cells in (120, 240):
        q = discretised(mixture, cells).population()
        errors.append(np.abs(values(q, q.psi_star) - truth).max())
    assert errors[0] < 2e-3 and errors[1] < 5e-4
