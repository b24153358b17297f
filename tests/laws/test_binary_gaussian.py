"""Probit and logistic labels of a Gaussian score: f* and the population against quadrature of scipy and draws."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.special import expit, ndtr, owens_t

import testbed
from testbed import Experiment
from testbed.data import LinearMap
from testbed.laws import BinaryGaussian, GaussianMixture, JointGaussian
from testbed.laws.binary_population import rule
from testbed.pretexts import Predict, Raw
from testbed.regressors import OLS
from tests.statistics_ import z_limit

LINKS = {"probit": ndtr, "logistic": expit}
SMALL = JointGaussian.from_correlations([0.9, 0.5, 0.2], [[2.0, 1.0, 0.5]], noise_var=0.5)
SHARP = JointGaussian.from_correlations([0.9, 0.3], [[30.0, -20.0]], noise_var=0.0)
NEAR = JointGaussian.from_correlations([0.9, 0.3], [[1e-3, 2e-3]], noise_var=1e-4)
SCORES = {"small": SMALL, "sharp": SHARP, "nearly linear": NEAR}
CASES = [(link, name, shift) for link in LINKS for name in SCORES for shift in (0.0, 0.7) if shift or name == "small"]


def expected(h: Any, std: float, kinks: tuple[float, ...] = (0.0,)) -> float:
    """E h(std u) for u ~ N(0, 1), by adaptive quadrature between points where h bends."""
    inside = sorted({min(max(k / max(std, 1e-12), -8.9), 8.9) for k in kinks})
    edges = [-9.0, *inside, 9.0]
    values = [
        quad(lambda u: h(std * u) * math.exp(-0.5 * u * u), a, b, epsabs=1e-14, epsrel=1e-12, limit=400)[0]
        for a, b in pairwise(edges)
    ]
    return sum(values) / math.sqrt(2.0 * math.pi)


@pytest.mark.parametrize(("link", "name", "shift"), CASES)
def test_the_population_is_that_of_adaptive_quadrature(link: str, name: str, shift: float) -> None:
    law = BinaryGaussian(SCORES[name], link, shift)  # type: ignore[arg-type]
    truth, g, c = law.population(), LINKS[link], law.gaussian.covariance
    d1, d2 = law.gaussian.d1, law.gaussian.d2
    x1, x2, t = slice(0, d1), slice(d1, d1 + d2), -1
    weight = np.linalg.solve(c[x1, x1], c[x1, t])
    seen, total = float(weight @ c[x1, t]), float(c[t, t])
    left = max(total - seen, 0.0)

    def p(m: float) -> float:
        if left < 1e-9:
            return float(g(m + shift))
        return expected(lambda e: g(m + shift + e), np.sqrt(left), (-m - shift,))

    rows = np.random.default_rng(0).standard_normal((3, d1))
    for row, f in zip(rows, truth.f_star(rows), strict=True):
        assert f[1] == pytest.approx(p(float(row @ weight)), abs=1e-11) and f.sum() == pytest.approx(1.0, abs=1e-14)
    share = expected(lambda u: g(u + shift), np.sqrt(total), (-shift,))
    np.testing.assert_allclose(truth.mean_y, [1.0 - share, share], atol=1e-12)
    lean = expected(lambda u: u * g(u + shift), np.sqrt(total), (-shift,)) / total  # E T g(T) / Var T
    np.testing.assert_allclose(truth.s1y[:, 1], c[x1, t] * lean, rtol=1e-9, atol=1e-13)
    np.testing.assert_allclose(truth.A[1], c[x2, t] * lean / share, rtol=1e-8, atol=1e-12)
    np.testing.assert_allclose(truth.A[0], -c[x2, t] * lean / (1.0 - share), rtol=1e-8, atol=1e-12)
    if link == "probit":  # E p^2 by Owen's function
        a = shift / np.sqrt(1.0 + total)
        square = ndtr(a) - 2.0 * owens_t(a, 1.0 / np.sqrt((1.0 + left + 2.0 * seen) / (1.0 + left)))
    elif left < 1e-9:
        square = expected(lambda m: p(m) ** 2, np.sqrt(seen), (-shift,))
    else:
        nodes, mass = np.polynomial.hermite_e.hermegauss(60)
        square = float(mass @ [p(np.sqrt(seen) * u) ** 2 for u in nodes] / mass.sum())
    assert truth.bayes_noise == pytest.approx(2.0 * (share - square), abs=1e-9)
    floor = square - share**2 - lean**2 * seen
    assert truth.class_floor == pytest.approx(2.0 * floor, abs=1e-9)
    if name == "nearly linear":
        assert 0.0 <= truth.class_floor < 2e-6 * truth.baseline_risk


@pytest.mark.parametrize("link", LINKS)
def test_the_population_is_that_of_draws(link: str) -> None:
    """Means of 200,000 rows, false alarm 1e-6 in all: labels, products, risks, the leak of the universal class."""
    law = BinaryGaussian(SMALL, link, -0.4)  # type: ignore[arg-type]
    truth, rows = law.population(), law.sample(200_000, np.random.default_rng(7))
    f, psi = truth.f_star(rows.x1), truth.psi_star(rows.x1)
    lin = truth.linear_f_star(rows.x1)
    pairs = [
        (rows.y[:, 1], truth.mean_y[1]),
        ((rows.y - f)[:, 1] * f[:, 1], 0.0),
        *((rows.x1[:, i] * rows.y[:, 1], truth.s1y[i, 1]) for i in range(3)),
        *((rows.x2[:, i] * rows.y[:, 1], truth.A[1, i] * truth.mean_y[1]) for i in range(3)),
        (np.sum((rows.y - f) ** 2, axis=1), truth.bayes_noise),
        (np.sum((f - lin) ** 2, axis=1), truth.class_floor),
        (np.sum((psi - f @ truth.A) ** 2, axis=1), truth.epsilon_ci("universal") ** 2),
        (np.sum((rows.x2 - rows.y @ truth.A) ** 2, axis=1), np.trace(truth.within2())),
    ]
    for values, value in pairs:
        assert abs(values.mean() - value) < z_limit(len(pairs) * 2) * values.std() / np.sqrt(200_000)


def test_rows_of_the_universal_class_are_its_covariances() -> None:
    truth = BinaryGaussian(SMALL, "logistic", 0.3).population()
    f, psi, leak = truth.rows("universal")
    np.testing.assert_allclose(f.T @ psi, (truth.s1y.T @ truth.linear_psi_star.weight), atol=1e-13)
    np.testing.assert_allclose(np.trace(f.T @ f), truth.baseline_risk, atol=1e-12)
    np.testing.assert_allclose(leak, psi - f @ truth.A, atol=1e-13)
    x1, x2, both = (float(truth.bayes_risk(view)) for view in ("x1", "x2", "both"))
    assert x1 < x2 and x1 == float(truth.bayes_noise)
    assert both == pytest.approx(x1, abs=1e-13)  # x2 is x1 with noise
    exact, rule_ = truth.approximation_error(truth.psi_star), truth.approximation_error(lambda x: x @ np.eye(3))
    assert float(exact) == pytest.approx(float(truth.class_floor), abs=1e-12)  # three pairs tell all of x1
    assert float(rule_) == pytest.approx(float(truth.class_floor), abs=5 * 7.3e-5)  # errors of its 8 shifts
    assert float(truth.approximation_error(lambda x: truth.f_star(x))) < 1e-20
    wide = LinearMap(np.eye(3)[:, :1], np.zeros(1))
    assert float(truth.approximation_error(wide)) > float(truth.class_floor)


def test_a_view_with_dependent_columns_has_the_same_truth() -> None:
    carry = np.zeros((7, 8))
    carry[[0, 1, 2], [0, 1, 2]], carry[0, 3] = 1.0, 2.0  # a copy of the first column, doubled
    carry[[3, 4, 5, 6], [4, 5, 6, 7]] = 1.0
    wide = BinaryGaussian(JointGaussian(carry.T @ SMALL.covariance @ carry, 4, 3, 1), "logistic").population()
    plain = BinaryGaussian(SMALL, "logistic").population()
    for name in ("bayes_noise", "class_floor"):
        assert float(getattr(wide, name)) == pytest.approx(float(getattr(plain, name)), abs=1e-12)
    assert float(wide.epsilon_ci("linear")) == pytest.approx(float(plain.epsilon_ci("linear")), rel=1e-9)


def test_moments_and_rows_agree_in_a_sweep() -> None:
    """Excess risk of two methods from Moments and from rows: 2 means, false alarm 1e-6."""
    sizes: dict[str, Any] = {"n_unlabeled": 300, "n_labeled": 50, "extra": ["error01", "intrinsic_class"]}
    law, tasks = BinaryGaussian(SMALL), [Raw(), Predict(OLS())]
    moments = testbed.run(Experiment("a", law, tasks, OLS(), repeats=64, **sizes), progress=False)
    rows = testbed.run(Experiment("a", law, tasks, OLS(), repeats=64, draws="rows", **sizes), progress=False)
    assert (moments["status"] == "ok").all() and (rows["status"] == "ok").all()
    assert moments["error01"].notna().all() and (moments["class_floor"] > 0.0).all()
    for task in map(str, tasks):
        a, b = (frame.loc[frame["pretext"] == task, "excess_risk"] for frame in (moments, rows))
        assert abs(a.mean() - b.mean()) < z_limit(2) * np.sqrt((a.var() + b.var()) / 64)


@pytest.mark.parametrize("scale", [0.0, 0.3, 3.0, 100.0])
def test_the_rule_is_exact_for_polynomials_and_steep_links(scale: float) -> None:
    u, weight = rule(scale)
    np.testing.assert_allclose([weight @ u**k for k in (0, 1, 2, 4, 6)], [1.0, 0.0, 1.0, 3.0, 15.0], atol=1e-12)
    assert float(weight @ expit(scale * u + 1.0)) == pytest.approx(
        expected(lambda t: expit(t + 1.0), scale, (-1.0,)), abs=1e-12
    )


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "another law": ({"gaussian": GaussianMixture([1.0], [[0.0, 0.0]], np.eye(2), 1)}, "^gaussian = "),
    "two scores": ({"gaussian": JointGaussian(np.eye(4), 1, 1, 2)}, "^gaussian has k = 2 and m = 0: one label"),
    "a latent": ({"gaussian": JointGaussian(np.eye(4), 1, 1, 1, 1)}, "^gaussian has k = 1 and m = 1: one label"),
    "a stack": ({"gaussian": JointGaussian(np.stack([np.eye(3)] * 2), 1, 1, 1)}, "^gaussian has leading axes"),
    "a step": ({"gaussian": JointGaussian(np.diag([1.0, 1.0, 1e5]), 1, 1, 1)}, "^gaussian: the variance of the score"),
    "a link": ({"link": "cloglog"}, "^link = 'cloglog'"),
    "no number": ({"shift": np.inf}, "^shift = inf"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_refused_is_named(case: str) -> None:
    given, sentence = WRONG[case]
    with pytest.raises(ValueError, match=sentence):
        BinaryGaussian(**{"gaussian": SMALL, **given})
    with pytest.raises(IndexError, match="no leading axis"):
        BinaryGaussian(SMALL)[0]
