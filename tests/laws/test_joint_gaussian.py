"""Jointly Gaussian laws: closed forms against moments of 10^7 draws, draws, batches, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from testbed._linalg import inner, outer, pinv, transpose
from testbed.data import LinearMap, Moments
from testbed.laws import JointGaussian
from testbed.pretexts import Predict, Truncated
from testbed.regressors import OLS, ReducedRank
from tests.laws.random_laws import gaussian
from tests.statistics_ import assert_means, moments_of_rows

LAW = gaussian(np.random.default_rng(3), d1=4, d2=3, k=2, m=1)


def estimates(m: Moments, k: int) -> dict[str, np.ndarray]:
    """Quantities of a law without latent, from centred moments, by formulas of their own."""
    s11, s12, s1y = (m.block("x1", b) / m.n[..., None, None] for b in ("x1", "x2", "y"))
    s2y, syy, s22 = (m.block(a, b) / m.n[..., None, None] for a, b in (("x2", "y"), ("y", "y"), ("x2", "x2")))
    a = np.linalg.solve(syy, transpose(s2y))
    leak = s12 - s1y @ a
    f = np.linalg.solve(s11, s1y)
    psi = np.linalg.solve(s11, s12)
    cov_f, cov_psi, cross = transpose(f) @ s1y, transpose(psi) @ s12, transpose(psi) @ s1y
    left = np.trace(cov_f, axis1=-2, axis2=-1) - inner(cross, pinv(cov_psi, 1e-9) @ cross)
    white = np.linalg.inv(np.linalg.cholesky(s22))
    correlations = np.linalg.eigvalsh(white @ cov_psi @ transpose(white))[..., ::-1]
    return {
        "epsilon_ci": np.sqrt(inner(leak, np.linalg.solve(s11, leak))),
        "beta": np.linalg.svd(a, compute_uv=False)[..., k - 1],
        "bayes_noise": np.trace(syy - cov_f, axis1=-2, axis2=-1),
        "e_apx": left,
        "spectrum": np.sqrt(correlations[..., 0]),
        "information": -0.5 * np.log1p(-correlations).sum(axis=-1),
    }


def test_ten_million_draws_agree() -> None:
    """100 batches of 10^5: mean of the estimates within 4 standard errors (and a bias of order 1/n, far below)."""
    law = gaussian(np.random.default_rng(5), d1=5, d2=2, k=2, m=0)
    rng = np.random.default_rng(17)
    p = law.population()
    truth = {
        "epsilon_ci": p.epsilon_ci("universal"),
        "beta": p.beta(),
        "bayes_noise": p.bayes_noise,
        "e_apx": p.approximation_error(p.psi_star),
        "spectrum": p.spectrum[0],
        "information": p.mutual_information(),
    }
    found = estimates(law.moments(10**5, rng, 100), 2)
    for name, values in found.items():
        assert values.std() > 0.0
        assert abs(values.mean() - truth[name]) < 4.0 * values.std(ddof=1) / np.sqrt(len(values)) + 1e-4, name
    pooled = law.moments(10**7, rng)
    whole = estimates(pooled, 2)
    for name, values in found.items():
        assert abs(float(whole[name]) - float(truth[name])) < 4.0 * values.std(ddof=1) / 10.0, name


def test_moments_have_the_law_of_rows() -> None:
    n, repeats = 12, 20_000
    rng = np.random.default_rng(8)
    m = LAW.moments(n, rng, repeats)
    c, at = LAW.covariance, LAW.blocks
    for (a, b), scatter in m.scatter.items():
        assert_means(scatter, (n - 1) * c[at[a], at[b]])
    for a, mean in m.mean.items():
        assert_means(mean, 0.0)
        assert_means(n * outer(mean, mean), c[at[a], at[a]])
    rows = moments_of_rows(LAW, n, 2000, rng).block("x2", "y")
    drawn = m.block("x2", "y")
    assert np.abs(rows.std(axis=0) / drawn.std(axis=0) - 1.0).max() < 0.1


def test_leaving_x2_square_out_changes_nothing_else() -> None:
    whole = LAW.moments(30, np.random.default_rng(1), 3)
    part = LAW.moments(30, np.random.default_rng(1), 3, x2_square=False)
    assert set(whole.scatter) - set(part.scatter) == {("x2", "x2")}
    for pair, value in part.scatter.items():
        np.testing.assert_array_equal(value, whole.scatter[pair])


def test_given_y_and_z_the_leak_may_vanish() -> None:
    rng = np.random.default_rng(2)
    state, b1, b2 = np.diag([1.0, 2.0, 0.5]), rng.normal(size=(4, 3)), rng.normal(size=(5, 3))
    s1, s2 = b1 @ state @ b1.T + np.eye(4), b2 @ state @ b2.T + 0.3 * np.eye(5)
    rows = [
        [s1, b1 @ state @ b2.T, b1 @ state],
        [b2 @ state @ b1.T, s2, b2 @ state],
        [state @ b1.T, state @ b2.T, state],
    ]
    p = JointGaussian(np.block(rows), 4, 5, 2, 1).population()
    assert p.epsilon_ci() < 1e-7 and p.epsilon_ci("universal", "y") > 0.1
    np.testing.assert_allclose(p.A_bar, b2.T, atol=1e-12)
    assert p.beta() == pytest.approx(1.0 / np.linalg.norm(pinv(b2, 1e-12)[:2], 2))
    assert p.beta(True) == p.beta(False)
    assert p.approximation_error(p.psi_star) < 1e-12
    assert p.mutual_information("x1", "x2", "yz") == pytest.approx(0.0, abs=1e-9)
    leak = p.signed_leak(given="y")
    assert leak.harmful > 1e-3


def test_two_views_and_bayes_risks() -> None:
    p, c, at = LAW.population(), LAW.covariance, LAW.blocks
    s = c[:7, :7]
    cross, y = c[:7, at["y"]], c[at["y"], at["y"]]
    assert p.bayes_risk("both") == pytest.approx(np.trace(y - cross.T @ np.linalg.solve(s, cross)))
    assert p.two_view.e1 == pytest.approx(float(p.bayes_noise - p.bayes_risk("both")), abs=1e-12)
    assert p.two_view.e2 == pytest.approx(float(p.bayes_risk("x2") - p.bayes_risk("both")), abs=1e-12)
    for seed in range(200):
        views = gaussian(np.random.default_rng(seed)).population().two_view
        assert views.error <= views.e1 + views.e2 + 1e-9


def test_i6_is_attained_by_a_gaussian_law() -> None:
    """k = 1, d2 = 1, d1 = 2: F H / ((1 + a)^2 F + H) = a^2 F + H where H = -a (1 + a) F, for -1 < a < 0."""
    for level in (0.1, 0.3, 0.5):
        a = -level
        f, h = 0.5, level * (1.0 - level) * 0.5
        s11 = np.eye(2)
        s1y = np.array([[np.sqrt(f)], [0.0]])
        s12 = np.array([[(1.0 + a) * np.sqrt(f)], [np.sqrt(h)]])  # A = 1
        c = np.block(
            [[s11, s12, s1y], [s12.T, np.array([[3.0]]), np.array([[1.0]])], [s1y.T, np.array([[1.0]]), np.eye(1)]]
        )
        p = JointGaussian(c, 2, 1, 1).population()
        assert p.beta() == pytest.approx(1.0)
        assert p.approximation_error(p.psi_star) == pytest.approx(float(p.epsilon_ci() ** 2), rel=1e-9)


def test_batches_and_slices_agree() -> None:
    stack = JointGaussian(np.stack([gaussian(np.random.default_rng(i)).covariance for i in range(4)]), 4, 3, 2, 1)
    p = stack.population()
    for i in range(4):
        one = stack[i].population()
        for name in ("epsilon_ci", "beta", "sharper_bound", "tau"):
            np.testing.assert_array_equal(getattr(p, name)()[i], getattr(one, name)())
        np.testing.assert_array_equal(p.signed_leak(given="y").harmful[i], one.signed_leak(given="y").harmful)
        np.testing.assert_array_equal(p.spectrum[i], one.spectrum)
    moments = stack.moments(50, np.random.default_rng(0))
    assert moments.n.shape == (4,)


def test_singular_blocks() -> None:
    """x1 with a repeated coordinate, a latent that repeats the label: directions without variance are left out."""
    law = gaussian(np.random.default_rng(4), d1=3, d2=3, k=2, m=1)
    copy = np.zeros((10, 9))
    copy[[0, 1, 2], [0, 1, 2]] = copy[3, 0] = 1.0
    copy[4:, 3:] = np.eye(6)
    p, q = law.population(), JointGaussian(copy @ law.covariance @ copy.T, 4, 3, 2, 1).population()
    for name in ("bayes_noise", "two_view", "spectrum"):
        value = np.atleast_1d(getattr(q, name))
        np.testing.assert_allclose(
            value[: len(np.atleast_1d(getattr(p, name)))], np.atleast_1d(getattr(p, name)), atol=1e-9
        )
    assert q.epsilon_ci() == pytest.approx(float(p.epsilon_ci()), abs=1e-9)
    double = np.eye(9)
    double[8] = double[6]
    r = JointGaussian(double @ law.covariance @ double.T, 3, 3, 2, 1).population()
    plain = JointGaussian(law.covariance[:8, :8], 3, 3, 2).population()
    assert r.beta() == pytest.approx(float(plain.beta()), rel=1e-9)
    assert r.epsilon_ci() == pytest.approx(float(plain.epsilon_ci()), rel=1e-9)


def test_nonlinear_representations_and_the_family() -> None:
    p = LAW.population()
    assert p.approximation_error(lambda x: x @ p.linear_f_star.weight) < 1e-12
    half = p.approximation_error(lambda x: np.abs(x), True)
    assert half == pytest.approx(float(p.baseline_risk), rel=2e-3)  # an even function says nothing of an odd one
    assert LAW.states == 3
    assert Truncated(Predict(OLS()), "km").optimum(LAW).weight.shape == (4, 3)
    reduced = Predict(ReducedRank(rank="k")).optimum(LAW)
    assert isinstance(reduced, LinearMap)
    assert p.approximation_error(reduced) >= p.approximation_error(p.linear_psi_star)


@pytest.mark.parametrize(
    ("covariance", "words"),
    [
        (np.diag([1.0, 1.0, -0.5]), r"the variance -0\.5"),
        (np.array([[1.0, 0.2, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]), "not symmetric"),
        (np.eye(4), "d1 \\+ d2 \\+ k \\+ m = 3"),
        (np.diag([0.0, 1.0, 1.0]), "block of x1 is zero"),
        (np.full((3, 3), np.nan), "NaN"),
    ],
)
def test_bad_input_is_named(covariance: np.ndarray, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        JointGaussian(covariance, 1, 1, 1)


def test_bad_dimensions_are_named() -> None:
    with pytest.raises(ValueError, match="d1 = 0"):
        JointGaussian(np.eye(3), 0, 2, 1)
    with pytest.raises(ValueError, match="leading axes"):
        JointGaussian(np.stack([np.eye(3)] * 2), 1, 1, 1).sample(3, np.random.default_rng(0))
