"""What a learnt pretext costs, and what labels buy on it, against simulation over jointly Gaussian draws."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from testbed.evaluation import Cell, run_cells
from testbed.generators import CleanMixture
from testbed.laws import JointGaussian, Law
from testbed.registry import parse
from testbed.theory import (
    BlindPretext,
    FiniteSample,
    LinearOracleRate,
    OracleRate,
    PretextEstimation,
    ReducedRankPretext,
    TotalRisk,
)
from testbed.theory.least_squares import growth
from tests.laws.random_laws import finite, gaussian
from tests.statistics_ import z_limit


def factor_law(
    d1: int, d2: int, k: int, m: int = 0, leak: float = 0.0, weak: bool = False, seed: int = 0
) -> JointGaussian:
    """(Y, Z) ~ N(0, I) moves both views, which are independent given it but for a leak of x1's noise into x2.

    `weak` makes two labels move x2 alike, so that A has rank k - 1.
    """
    rng = np.random.default_rng(seed)
    load1, load2 = (np.linalg.qr(rng.normal(size=(d, k + m)))[0].T for d in (d1, d2))
    if weak:
        load2[0] = load2[1]
    noise = 2.0 * np.eye(d1)
    tilt = leak * rng.normal(size=(d1, d2)) / np.sqrt(d1)
    c11, c12 = load1.T @ load1 + noise, load1.T @ load2 + noise @ tilt
    c22 = load2.T @ load2 + tilt.T @ noise @ tilt + 1.5 * np.eye(d2)
    views = np.block([[c11, c12], [c12.T, c22]])
    cross = np.concatenate([load1.T, load2.T])
    return JointGaussian(np.block([[views, cross], [cross.T, np.eye(k + m)]]), d1, d2, k, m)


def means(law: Law, statement: FiniteSample, n1: int, n2: int, repetitions: int, seed: int) -> np.ndarray:
    """The statement's column over repetitions."""
    cell = Cell(law, parse(statement.pretext), parse(statement.probe), n1, n2, "moments")
    return np.array([row[statement.column] for row in run_cells([cell], seed, range(repetitions))], dtype=float)


def deviation(values: np.ndarray, predicted: Any) -> float:
    return float((values.mean() - float(predicted)) / (values.std(ddof=1) / np.sqrt(len(values))))


@pytest.mark.parametrize("intercept", [False, True])
def test_reduced_rank(intercept: bool) -> None:
    """I15: the pretext part times n1 tends to (d1 - k) tr(W' Cov(X2|X1) W); what is left is of relative order d1/n1."""
    law = factor_law(8, 6, 2)
    truth, statement = law.population(), ReducedRankPretext(intercept=intercept)
    assert np.all(statement.applies(truth))
    for n1 in (4000, 16000):
        values = means(law, statement, n1, 200, 4096, 50)
        predicted = float(statement.sides(truth, n1).right)
        error = float(values.std(ddof=1)) / np.sqrt(len(values))
        assert abs(values.mean() - predicted) < z_limit(4) * error + predicted * 3.0 * (8 + 6) / n1
    whole = ReducedRankPretext(intercept=intercept, column="excess_risk")
    values = means(law, whole, 16000, 200, 4096, 51)
    assert abs(deviation(values, whole.sides(truth, 16000, 200).right)) < z_limit(2)
    assert whole.exponent is None and statement.exponent == -1.0


def test_tau_is_where_reduced_rank_overtakes_x1() -> None:
    """n1 / n2 at equal risk is tau up to terms in d1/n2 and d1/n1, and the order turns round on its two sides."""
    d1, d2, k, n2, repetitions = 20, 10, 2, 2000, 2048
    law = factor_law(d1, d2, k)
    truth, part = law.population(), ReducedRankPretext()
    tau = float(part.crossover(truth))
    assert tau == pytest.approx(float(part.noise(truth) / truth.bayes_noise), rel=1e-12)
    n1 = round(tau * n2)
    values = means(law, part, n1, n2, repetitions, 52)
    gained = float(growth(n2, d1, True) - growth(n2, k, True)) * float(truth.bayes_noise)
    found = n1 / n2 * values * (1.0 + float(growth(n2, k, True))) / gained  # the part falls as 1/n1
    error = float(found.std(ddof=1)) / np.sqrt(repetitions)
    print(f"tau {tau:.4f}, crossover at n2 = {n2}: {found.mean():.4f} +- {error:.4f}")
    derived = 2.0 * (d1 + k + 4) / n2 + 3.0 * (d1 + d2) / n1
    assert abs(found.mean() / tau - 1.0) < derived + z_limit(3) * error / tau
    cells = [(ratio, name) for ratio in (0.7, 1.4) for name in ("Raw()", part.pretext)]
    risks = {}
    for ratio, name in cells:
        cell = Cell(law, parse(name), parse(part.probe), round(ratio * n1), n2, "moments")
        rows = run_cells([cell], 53, range(repetitions))
        risks[ratio, name] = np.array([row["excess_risk"] for row in rows], dtype=float)
    for ratio, sign in ((0.7, 1.0), (1.4, -1.0)):
        gap = risks[ratio, part.pretext] - risks[ratio, "Raw()"]  # paired: the labelled draws are the same
        assert sign * deviation(gap, 0.0) > z_limit(3)


@pytest.mark.parametrize("intercept", [False, True])
def test_the_whole_theorem(intercept: bool) -> None:
    """Theorem 4.2 with its constants holds in the mean, with violations and with few pairs; psi* needs no more."""
    statement = TotalRisk(intercept)
    for leak, m in ((0.0, 0), (0.3, 0), (0.3, 1)):
        law = factor_law(6, 4, 2, m, leak)
        truth = law.population()
        assert np.all(statement.applies(truth))
        for n1, n2 in ((40, 30), (1000, 200)):
            values = means(law, statement, n1, n2, 512, 54)
            bound = float(statement.sides(truth, n1, n2).right)
            assert values.mean() < bound + z_limit(12) * values.std(ddof=1) / np.sqrt(len(values))
    weak = factor_law(6, 4, 2, weak=True).population()
    assert np.isinf(statement.sides(weak, 100, 100).right) and not np.all(statement.applies(weak))


@pytest.mark.parametrize("statement", [PretextEstimation(), PretextEstimation(truncated=True)], ids=repr)
def test_estimation_on_a_learnt_pretext(statement: PretextEstimation) -> None:
    """Remark 4.1: d2 coordinates cost sigma^2 d2 / n2, the leading km cost sigma^2 km / n2."""
    law = factor_law(12, 8, 2, 1)
    truth = law.population()
    assert statement.rank(truth) == (3.0 if statement.truncated else 8.0)
    assert statement.abscissa(truth, n_labeled=100) == (95.0 if statement.truncated else 90.0)
    for n2 in (40, 400):
        values = means(law, statement, 10**6, n2, 4096, 55)
        assert abs(deviation(values, statement.sides(truth, n_labeled=n2).right)) < z_limit(4)


@pytest.mark.parametrize("statement", [LinearOracleRate(), LinearOracleRate(False)], ids=repr)
def test_estimation_on_the_optimum(statement: LinearOracleRate) -> None:
    """Theorems 3.2 and 3.5: slope -1 in n2 - p - 1, not in n2; k/n2 and not d1/n2."""
    law = factor_law(12, 8, 3)
    truth, sizes = law.population(), (20, 40, 320)
    assert np.all(statement.applies(truth))
    values = [means(law, statement, 100, n, 4096, 56) for n in sizes]
    universal = OracleRate(statement.intercept)  # jointly Gaussian: the same representation
    assert universal.pretext == 'Oracle("universal")' and np.all(universal.applies(truth))
    for n, column in zip(sizes, values, strict=True):
        expected = float(statement.sides(truth, n_labeled=n).right)
        assert float(universal.sides(truth, n_labeled=n).right) == pytest.approx(expected, rel=1e-9)
        assert abs(deviation(column, statement.sides(truth, n_labeled=n).right)) < z_limit(6)
    logs = np.log([column.mean() for column in values])
    error = np.sqrt(sum((c.std(ddof=1) / c.mean()) ** 2 / len(c) for c in (values[0], values[-1])))
    slopes = [
        (logs[-1] - logs[0]) / np.log(s[-1] / s[0])
        for s in ([float(statement.abscissa(truth, n_labeled=n)) for n in sizes], list(map(float, sizes)))
    ]
    limit = z_limit(2) * error / np.log(sizes[-1] / sizes[0])
    assert slopes[1] < -1.05 and abs(slopes[1] + 1.0) > limit
    if not statement.intercept:
        assert abs(slopes[0] - float(statement.exponent or 0.0)) < limit


def test_the_rate_in_k_is_linear() -> None:
    """At fixed noise per label the prediction is proportional to k: with an intercept k - 1 features and a level."""
    statement = OracleRate(size="k")
    assert statement.exponent == 1.0
    truths = [CleanMixture(k=k, structure_seed=0).law().population() for k in (3, 9)]
    for truth, k in zip(truths, (3, 9), strict=True):
        assert float(statement.abscissa(truth)) == k and np.all(statement.applies(truth))
        share = float(statement.sides(truth, n_labeled=10**6).right) / float(truth.bayes_noise)
        assert share == pytest.approx(k / 10**6, rel=1e-4)


def test_a_least_squares_pretext_is_blind() -> None:
    """T1: whatever n1, the pretext part is e_apx(x1) - e_apx(psi*), repetition by repetition."""
    statement = BlindPretext()
    for law in (factor_law(4, 6, 2, leak=0.5), CleanMixture(k=3, d1=5, d2=8, rho=0.3, structure_seed=0).law()):
        truth = law.population()
        assert np.all(statement.applies(truth))
        for n1 in (10, 500):
            values = means(law, statement, n1, 50, 64, 57)
            assert np.abs(values - float(statement.sides(truth).right)).max() < 1e-9
    assert not statement.applies(factor_law(6, 4, 2).population())
    assert not statement.applies(finite(np.random.default_rng(0)).population())


def test_one_broken_assumption_is_the_one_that_is_told() -> None:
    """Each law breaks one assumption, and only that one fails, by a margin below 0."""
    good, leaking = factor_law(8, 6, 2).population(), factor_law(8, 6, 2, leak=0.4).population()
    deficient, hidden = factor_law(8, 6, 2, weak=True).population(), factor_law(8, 6, 2, 1).population()
    mixture = CleanMixture(k=3, d1=6, d2=5, structure_seed=0).law().population()
    cases: list[tuple[FiniteSample, Any, set[int]]] = [
        (ReducedRankPretext(), good, set()),
        (ReducedRankPretext(), leaking, {1, 3}),  # a leak also raises the rank of psi*
        (ReducedRankPretext(), deficient, {2, 3}),  # fewer directions that can be read: the rank falls too
        (ReducedRankPretext(), hidden, {3}),
        (ReducedRankPretext("k-1"), mixture, {0}),
        (OracleRate(), good, set()),
        (OracleRate(), leaking, {0}),
        (OracleRate(), deficient, {1}),
        (OracleRate(), mixture, set()),
        (LinearOracleRate(), leaking, {0}),
        (LinearOracleRate(), deficient, {1}),
        (LinearOracleRate(), hidden, {0}),
        (TotalRisk(), leaking, set()),
        (TotalRisk(), deficient, {1}),
        (TotalRisk(), mixture, {0}),
        (PretextEstimation(), deficient, set()),
        (PretextEstimation(), mixture, {0}),
    ]
    for statement, truth, broken in cases:
        found = statement.assumptions(truth)
        assert {i for i, a in enumerate(found) if not np.all(a.holds)} == broken, (statement, found)
        assert all((np.all(a.margin < 0.0) or a.margin == 0.0) for i, a in enumerate(found) if i in broken)
        assert bool(np.all(statement.applies(truth))) is not bool(broken)


def test_predictions_have_the_leading_axes_of_the_population() -> None:
    laws = [gaussian(np.random.default_rng(s), d1=4, d2=5, k=2, m=0) for s in range(3)]
    stack = JointGaussian(np.stack([one.covariance for one in laws]), 4, 5, 2).population()
    statements: list[FiniteSample] = [
        ReducedRankPretext(), ReducedRankPretext(column="excess_risk"), TotalRisk(), PretextEstimation(),
        PretextEstimation(truncated=True), OracleRate(), LinearOracleRate(size="k"), BlindPretext(),
    ]  # fmt: skip
    for statement in statements:
        value = statement.sides(stack, 300, 40).right
        each = [float(statement.sides(one.population(), 300, 40).right) for one in laws]
        assert value.shape == (3,) and np.allclose(value, each, rtol=1e-7, atol=1e-12)
        assert statement.applies(stack).shape == (3,)
