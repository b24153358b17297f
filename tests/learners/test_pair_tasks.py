"""Tasks on pairs: optima that no table beats, counts that approach them, and laws that they refuse."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

import testbed
from testbed import Experiment
from testbed.evaluation import subspace_sine
from testbed.generators import Augmented, CleanMixture, LeeMixture
from testbed.laws import Finite, JointGaussian, Law, Topics
from testbed.laws.canonical import canonical_functions
from testbed.laws.densities import density_ratio
from testbed.pretexts import (
    ACE,
    CCA,
    Contrastive,
    Landmarks,
    Pretext,
    Raw,
    Truncated,
)
from testbed.pretexts.tables import Lookup
from testbed.regressors import OLS, bind
from tests.laws.random_laws import finite, gaussian
from tests.statistics_ import assert_means


def positive(rng: np.random.Generator, s1: int = 7, s2: int = 5) -> Finite:
    """Three classes, every pair with some mass, one-hot views."""
    joint = rng.dirichlet(np.full(3 * s1 * s2, 0.5)).reshape(3, 1, s1, s2) + 1e-3
    return Finite(joint / joint.sum(), np.eye(s1), np.eye(s2))


def symmetric(rng: np.random.Generator) -> Finite:
    law = Finite(rng.dirichlet(np.full(12, 0.5)).reshape(2, 1, 3, 2), np.array([[0.0, 1], [1, 2], [2, 0]]), np.eye(2))
    return Augmented(law, "resample", 0.4).law()  # type: ignore[return-value]


def spectral_loss(p12: np.ndarray, f: np.ndarray, g: np.ndarray) -> float:
    """-2 E f(x1)'g(x2) + E (f(x1)'g(x2'))^2, views of the second term independent."""
    score, independent = f @ g.T, np.outer(p12.sum(axis=1), p12.sum(axis=0))
    return float(-2.0 * np.sum(p12 * score) + np.sum(independent * score**2))


def values(psi: object) -> np.ndarray:
    assert isinstance(psi, Lookup)
    return psi.values


@pytest.mark.parametrize("rank", [1, 3, 5])
def test_the_spectral_optimum_is_not_beaten(rank: int) -> None:
    """By 1,000 random tables, small changes and large, nor by its counts; its floor is -(sum of r squares)."""
    rng = np.random.default_rng(0)
    law = positive(rng)
    truth = law.population()
    u, s, vt = truth.operator
    f = values(Contrastive("spectral", rank).optimum(law))
    g = vt[:rank].T * np.sqrt(s[:rank]) / np.sqrt(truth.p2)[:, None]
    best = spectral_loss(truth.p12, f, g)
    assert best == pytest.approx(-np.sum(s[:rank] ** 2), abs=1e-12)
    for scale in np.geomspace(1e-6, 1.0, 1000):
        other = f + scale * rng.normal(size=f.shape), g + scale * rng.normal(size=g.shape)
        assert spectral_loss(truth.p12, *other) >= best - 1e-14
    assert float(np.sum(u[:, :1] ** 2)) == pytest.approx(1.0)


@pytest.mark.parametrize("rank", [1, 3, 5])
def test_what_is_learnt_by_descent_ends_at_the_spectral_optimum(rank: int) -> None:
    """Encoders of one-hot views trained on the law from three random starts: never below the floor, and 1e-6 of it."""
    law = positive(np.random.default_rng(0))
    truth = law.population()
    p12, s1, s2 = truth.p12, *truth.p12.shape
    independent = np.outer(truth.p1, truth.p2)
    floor = -float(np.sum(truth.spectrum[:rank] ** 2))

    def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
        f, g = flat[: s1 * rank].reshape(s1, rank), flat[s1 * rank :].reshape(s2, rank)
        pull = -2.0 * p12 + 2.0 * independent * (f @ g.T)
        return spectral_loss(p12, f, g), np.r_[(pull @ g).ravel(), (pull.T @ f).ravel()]

    for seed in range(3):
        start = np.random.default_rng(seed).normal(size=(s1 + s2) * rank)
        end = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 20_000, "ftol": 0.0, "gtol": 1e-9})
        assert floor - 1e-14 <= end.fun <= floor + 1e-6


def test_one_encoder_for_exchangeable_views() -> None:
    rng = np.random.default_rng(1)
    law = symmetric(rng)
    truth = law.population()
    f = values(Contrastive("spectral", 3, shared=True).optimum(law))
    best = spectral_loss(truth.p12, f, f)
    both = values(Contrastive("spectral", 3).optimum(law))
    assert float(subspace_sine(f, both)) < 1e-7, "all eigenvalues of views of one x are at least 0"
    for scale in np.geomspace(1e-6, 1.0, 1000):
        other = f + scale * rng.normal(size=f.shape)
        assert spectral_loss(truth.p12, other, other) >= best - 1e-14
    unequal, task = positive(rng), Contrastive("spectral", 2, shared=True)
    for attempt in (lambda: task.optimum(unequal), lambda: task.fit(unequal.sample(50, rng), unequal, rng)):
        with pytest.raises(ValueError, match="one encoder needs views that are exchangeable"):
            attempt()


def test_the_features_are_those_of_the_operator() -> None:
    """ACE: mean 0, variance 1, the canonical features without the constant; and the two-view bound holds."""
    law = positive(np.random.default_rng(2))
    truth = law.population()
    psi = values(ACE(2).optimum(law))
    np.testing.assert_allclose(truth.p1 @ psi, 0.0, atol=1e-12)
    np.testing.assert_allclose((truth.p1[:, None] * psi).T @ psi, np.eye(2), atol=1e-12)
    np.testing.assert_allclose(psi, truth.canonical_features(3)[:, 1:], atol=1e-12)
    for r in (1, 2, 3):
        apx = float(truth.approximation_error(Contrastive("spectral", r).optimum(law), False))
        assert apx <= float(truth.landmark) / (1.0 - truth.spectrum[r] ** 2) + 1e-12
        assert apx == pytest.approx(float(truth.approximation_error_table(truth.canonical_features(r), False)))
    alike = Finite(np.full((2, 1, 3, 3), 1.0 / 18.0), np.eye(3), np.eye(3))
    np.testing.assert_array_equal(values(ACE(2).optimum(alike)), 0.0)


@pytest.mark.parametrize(
    "task", [ACE(2), Contrastive("spectral", 3), Contrastive("logistic"), Contrastive("infonce")], ids=repr
)
def test_counts_approach_the_optimum(task: Pretext) -> None:
    """Mean squared distance of log ratios, or squared sine of features, falls as n^-1 from 10^4 to 10^6 pairs."""
    rng = np.random.default_rng(3)
    law = positive(rng)
    best, sizes = values(task.optimum(law)), [10**4, 10**5, 10**6]
    errors = []
    for n in sizes:
        learnt = [values(task.fit(law.sample(n, rng, weighted=True), law, rng)) for _ in range(40)]
        ranked = getattr(task, "rank", None) is not None
        gaps = [subspace_sine(v, best) ** 2 if ranked else np.mean((v - best) ** 2) for v in learnt]
        errors.append(np.mean(gaps))
    slope = np.polyfit(np.log(sizes), np.log(errors), 1)[0]
    assert abs(slope + 1.0) < 0.35, slope


def test_log_ratios_are_the_logits_of_the_pairs() -> None:
    """The logistic loss at log R is not beaten by small changes; InfoNCE differs by a function of the anchor."""
    rng = np.random.default_rng(4)
    law = positive(rng)
    truth = law.population()
    logit = values(Contrastive("logistic").optimum(law))
    independent = np.outer(truth.p1, truth.p2)

    def loss(table: np.ndarray) -> float:
        return float(np.sum(truth.p12 * np.logaddexp(0, -table)) + np.sum(independent * np.logaddexp(0, table)))

    for scale in np.geomspace(1e-5, 1.0, 200):
        assert loss(logit + scale * rng.normal(size=logit.shape)) >= loss(logit)
    centred = values(Contrastive("infonce").optimum(law))
    np.testing.assert_allclose(centred @ truth.p2, 0.0, atol=1e-12)
    assert np.ptp(logit - centred, axis=1).max() < 1e-12
    holes = np.zeros((2, 1, 2, 2))
    holes[0, 0, 0, 0] = holes[1, 0, 1, 1] = 0.5
    with pytest.raises(ValueError, match="some pairs have probability 0"):
        Contrastive("logistic").optimum(Finite(holes, np.eye(2), np.eye(2)))


def topics() -> Topics:
    words = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]])
    return Topics(words, np.array([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]), [0.3, 0.3, 0.4], np.eye(2), 3, 2)


LAWS: list[Law] = [
    LeeMixture(k=3, d1=3, d2=2, alpha=0.3, scale=2.0, structure_seed=1).law(),
    gaussian(np.random.default_rng(0), d1=2, d2=2),
    positive(np.random.default_rng(0)),
    topics(),
]


@pytest.mark.parametrize("law", LAWS, ids=lambda law: type(law).__name__)
def test_the_density_ratio_reweighs_independent_views_into_pairs(law: Law) -> None:
    """E R(x1, x2') h(x1) h(x2') over independent views is E h(x1) h(x2) over pairs, at a false-alarm rate of 1e-8."""
    rng, n = np.random.default_rng(5), 4000
    ratio, one, other = density_ratio(law), law.sample(n, rng), law.sample(n, rng)
    table = np.concatenate([np.diag(ratio(one.x1[i : i + 200], other.x2[i : i + 200])) for i in range(0, n, 200)])
    h1, h2 = np.tanh(one.x1[:, 0]), np.tanh(other.x2[:, 0])
    paired = np.tanh(one.x1[:, 0]) * np.tanh(one.x2[:, 0])
    assert_means(table, 1.0)
    assert_means(table * h1 * h2 - paired, 0.0)


def test_many_landmarks_reach_the_regression_through_the_other_view() -> None:
    """As many landmarks as there are: e_apx on a finite law is at most E|f* - mu|^2, mu = E[E[Y|X2] | X1]."""
    law = positive(np.random.default_rng(6))
    truth = law.population()
    mu = (truth.p12 @ truth.f2_table) / truth.p1[:, None]
    bound = float(truth.p1 @ np.sum((truth.f_table - mu) ** 2, axis=1))
    errors = [float(truth.approximation_error(Landmarks(m).optimum(law))) for m in (1, 5, 200)]
    assert errors[0] >= errors[1] >= errors[2]
    assert errors[2] <= bound + 1e-12


def test_a_classifier_learns_the_ratio() -> None:
    """Beside the exact embedding a learnt one keeps most of the label; the constant does not win."""
    law, rng = CleanMixture(k=3, d1=4, d2=3, separation=3.0, structure_seed=0).law(), np.random.default_rng(7)
    psi = Landmarks(8, (16,)).fit(law.sample(3000, rng), law, rng)
    truth = law.population()
    learnt = float(truth.approximation_error(psi))
    assert learnt < 0.5 * float(truth.baseline_risk)
    assert float(truth.approximation_error(Landmarks(8).optimum(law))) < 0.1 * float(truth.baseline_risk)


@pytest.mark.parametrize(
    "task", [ACE(2), Contrastive("spectral", 2), Contrastive("spectral", 2, True), Contrastive("logistic")], ids=repr
)
def test_laws_without_finite_supports_are_refused(task: Pretext) -> None:
    rng = np.random.default_rng(0)
    law, mixture = gaussian(rng), LAWS[0]
    words = "it needs a Finite law, whose pairs can be counted"
    with pytest.raises(ValueError, match=f"on a JointGaussian: {words}"):
        task.fit(law.sample(20, rng), law, rng)
    with pytest.raises(ValueError, match=f"on a GaussianMixture: {words}"):
        task.optimum(mixture)
    if task == Contrastive("logistic"):
        with pytest.raises(ValueError, match=f"on a JointGaussian: {words}"):
            task.optimum(law)
    if task == Contrastive("spectral", 2, True):  # known where the views have one law
        with pytest.raises(ValueError, match="one encoder needs views that are exchangeable"):
            task.optimum(law)
    assert bind(task, 2, 2) == task


def test_canonical_functions_of_a_gaussian_law() -> None:
    """Orthonormal in each view, diagonal across, with products of powers of the correlations as singular values."""
    law, rng = gaussian(np.random.default_rng(10), d1=3, d2=2), np.random.default_rng(10)
    rho = law.population().spectrum
    functions = canonical_functions(law, 6)
    powers = sorted((rho[0] ** i * rho[1] ** j for i in range(6) for j in range(6)), reverse=True)
    np.testing.assert_allclose(functions.values, powers[:6], atol=1e-12)
    rows = law.sample(100_000, rng)
    f, g = functions.first(rows.x1)[:, :3], functions.second(rows.x2)[:, :3]
    assert_means(f[:, :, None] * f[:, None, :], np.eye(3))
    assert_means(g[:, :, None] * g[:, None, :], np.eye(3))
    assert_means(f[:, :, None] * g[:, None, :], np.diag(functions.values[:3]))
    psi = ACE(5).optimum(law)
    np.testing.assert_allclose(psi(rows.x1[:9]), functions.first(rows.x1[:9])[:, 1:], atol=1e-12)
    scaled = Contrastive("spectral", 6).optimum(law)(rows.x1[:9])
    np.testing.assert_allclose(scaled, functions.first(rows.x1[:9]) * np.sqrt(functions.values), atol=1e-12)
    if rho[1] > functions.values[-1]:  # both variates are among them, and f* is linear
        apx, linear = (float(law.population().approximation_error(p)) for p in (psi, CCA(2).optimum(law)))
        assert apx == pytest.approx(linear, rel=2e-2, abs=1e-4)
    alone = JointGaussian(np.eye(4) + np.eye(4)[::-1] * [0.5, 0, 0, 0.5], 1, 2, 1)
    assert canonical_functions(alone, 3).values.tolist() == [1.0]
    with pytest.raises(ValueError, match="a canonical correlation is 1"):
        canonical_functions(JointGaussian(np.ones((3, 3)), 1, 1, 1), 3)


def test_in_a_study_refusals_are_failed_rows_and_the_others_split_exactly() -> None:
    rng = np.random.default_rng(9)
    tasks: list[Pretext] = [
        ACE(2),
        Contrastive("spectral", 3),
        Contrastive("infonce"),
        Truncated(Contrastive("logistic"), 2),
        Landmarks(4),
        Contrastive("spectral", 2, shared=True),
        Raw(),
    ]
    experiment = Experiment(
        "pairs", [positive(rng)], tasks, [OLS()], n_unlabeled=[5000], n_labeled=[2000], repeats=12, draws="rows"
    )
    rows = testbed.run(experiment, progress=False)
    failed = rows["status"] == "failed"
    assert set(rows.loc[failed, "pretext"]) == {repr(Contrastive("spectral", 2, shared=True))}
    assert rows.loc[failed, "error"].str.contains("one encoder needs views that are exchangeable").all()
    good = rows[~failed]
    parts = good[["intrinsic", "pretext_part", "estimation"]].astype(float).sum(axis=1)
    np.testing.assert_allclose(parts, good["excess_risk"].astype(float), atol=1e-12)
    baseline = float(positive(np.random.default_rng(9)).population().baseline_risk)
    for task, cell in good.groupby("pretext"):
        excess, attained = cell["excess_risk"].astype(float), cell["intrinsic"] + cell["pretext_part"]
        assert excess.mean() < baseline, task
        assert excess.mean() > float(attained.mean()) - 4.0 * excess.std() / np.sqrt(12) - 1e-9, task


def test_random_laws_have_optima() -> None:
    """Merged points, empty states, zero cells: features are finite and the constant comes first."""
    for seed in range(30):
        law = finite(np.random.default_rng(seed))
        truth = law.population()
        for task in (ACE(3), Contrastive("spectral", 2), Landmarks(3)):
            psi = task.optimum(law)
            assert np.all(np.isfinite(psi(truth.points1)))
        first = values(Contrastive("spectral", 1).optimum(law))
        assert np.ptp(first) < 1e-8 or truth.spectrum[1] > 1.0 - 1e-9
