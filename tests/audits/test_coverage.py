"""Intervals cover and tests have their size, on sixty tables of two laws; the long version is experiments/audit.

Each count is held against a binomial law: a comparison fails by chance with probability SHARE / COMPARISONS at most, if
its interval covers .92 (asked for of a nominal .95) or its test rejects .06.
"""

from __future__ import annotations

import sys

import numpy as np
import pytest
from scipy.stats import binom

from experiments.audit.laws import LAWS, Trial
from testbed.audits.input import read
from testbed.audits.leak import leak_epsilon, leak_label_units
from testbed.audits.means import class_means
from testbed.audits.names import BETA, EPSILON, LEAK, UNIVERSAL
from testbed.audits.permutation import permutation_tests
from testbed.audits.residuals import residuals_of
from testbed.audits.saving import label_saving
from testbed.audits.truth import true_differences, truth_of
from testbed.audits.universal import universal_limit
from testbed.laws import GaussianMixture
from tests.statistics_ import SHARE

TABLES, COMPARISONS = 60, 40
LEAST = int(binom.ppf(SHARE / COMPARISONS, TABLES, 0.92))  # of intervals that cover
MOST = int(binom.isf(SHARE / COMPARISONS, TABLES, 0.06))  # of tests that reject what is true
SEED = int(sys.argv[1]) if __name__ == "__main__" else 0


@pytest.mark.parametrize("name", ["leak", "common scale"])
def test_what_is_printed_is_true_as_often_as_it_says(name: str) -> None:
    law, rng = LAWS[name], np.random.default_rng([SEED, len(name)])
    truth, values = law.truth, law.singular_values
    held: dict[str, int] = {}
    for _ in range(TABLES):
        table = read(*law.draw(200, rng), None, None, 5)
        r, state = residuals_of(table), table.labels.state
        assert state is not None
        epsilon, leak, means = leak_epsilon(r), leak_label_units(r, table.labels), class_means(r, table.labels, rng)
        tests = permutation_tests(r, state, rng, 99)
        found = {
            "epsilon": epsilon.low <= truth["epsilon"] <= epsilon.high,
            "leak": leak.low <= truth["leak"] <= leak.high,
            "means": bool(np.all(np.abs(means.values - values) <= means.half)),
            "bound": means.least > 0.0 and truth["epsilon"] / truth["beta"] ** 2 <= epsilon.high / means.least**2,
            "all functions": universal_limit(table.x1, table.x2 / r.scale, state, 2, rng).low <= truth["universal"],
            "plain": tests.plain <= 0.05,
            "studentised": tests.studentised <= 0.05,
        }
        held = {what: held.get(what, 0) + bool(hit) for what, hit in found.items()}
    assert min(held[what] for what in ("epsilon", "leak", "means", "bound", "all functions")) >= LEAST, held
    if name == "leak":
        assert min(held["plain"], held["studentised"]) >= LEAST, held
    else:  # nothing that can hurt regression, but dependence
        assert held["studentised"] <= MOST, held
        assert held["plain"] >= int(binom.ppf(SHARE / COMPARISONS, TABLES, 0.8)), held


def test_permutations_have_their_size_under_independence() -> None:
    law, rng = Trial(), np.random.default_rng([SEED, 1])
    rejected = np.zeros(2)
    for _ in range(TABLES):
        table = read(*law.draw(200, rng), None, None, 5)
        tests = permutation_tests(residuals_of(table), table.labels.state, rng, 99)
        rejected += np.array([tests.plain, tests.studentised]) <= 0.05
    assert rejected.max() <= MOST, rejected


def test_a_denominator_over_pairs_of_rows_is_as_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    """The statistic for many columns has its size too, and finds what the other one finds."""
    monkeypatch.setattr("testbed.audits.permutation.COST", 0.0)
    monkeypatch.setattr("testbed.audits.permutation.PAIRS", 2000)
    rng = np.random.default_rng([SEED, 2])
    rejected = dict.fromkeys(("CI", "leak"), 0)
    for name in rejected:
        for _ in range(TABLES):
            table = read(*LAWS[name].draw(200, rng), None, None, 5)
            tests = permutation_tests(residuals_of(table), table.labels.state, rng, 39)
            rejected[name] += tests.studentised <= 0.05
    assert rejected["CI"] <= MOST and rejected["leak"] >= 0.8 * TABLES, rejected


def test_the_interval_of_the_label_saving_covers_the_mean_over_tables() -> None:
    law, rng = LAWS["leak"], np.random.default_rng([SEED, 3])
    pairs = law.draw(400, rng)[:2]
    covered = np.zeros(5)
    grid: tuple[int, ...] = (10, 20, 40, 80, 160)
    truth = true_differences(law.draw, pairs, grid, rng, tables=60, evaluate=1000)
    for _ in range(TABLES):
        table = read(*law.draw(200, rng), None, pairs, 5)
        saving = label_saving(table, 8, rng)
        known = dict(zip(grid, truth, strict=True))
        for i, (n, d) in enumerate(zip(saving.labels, saving.difference, strict=True)):
            near = min(known, key=lambda m: abs(m - n))  # dealing out classes moves the split by a row or two
            covered[i] += d.low <= known[near] <= d.high
    assert covered.min() >= LEAST, covered


def test_the_truth_of_a_law_is_that_of_the_trial() -> None:
    """Closed forms of the trials, of the population of the same mixture, and of a large table agree."""
    for name in ("leak", "common scale, leak", "unseen z"):
        trial = LAWS[name]
        a = trial.arrays
        squares = (0.4**2 / 1.36, 1.6**2 / 1.36) if trial.scale else (1.0,)
        moves = (-1.0, 1.0) if trial.hidden else (0.0,)
        within = np.block([[np.eye(10), trial.rho * a["edge"].T], [trial.rho * a["edge"], np.eye(8)]])
        means = np.hstack([a["mu1"], a["mu2"]])
        move = np.concatenate([a["move1"], a["move2"]])
        states = [(y, means[y] + z * move, w * within) for y in range(3) for z in moves for w in squares]
        label, mean, covariance = (np.array(v) for v in zip(*states, strict=True))
        law = GaussianMixture(np.full(len(label), 1 / len(label)), mean, covariance, 10, label)
        table = read(*trial.draw(20_000, np.random.default_rng(0)), None, None, 5)
        r = residuals_of(table)
        known = truth_of(law.population(), table.labels)
        found = leak_epsilon(r), leak_label_units(r, table.labels)
        for estimate, one, other in zip(found, ("epsilon", "leak"), (EPSILON, LEAK), strict=True):
            assert known[other] == pytest.approx(trial.truth[one], rel=1e-9)
            assert abs(estimate.value - trial.truth[one]) < 6.0 * estimate.se
        assert known[BETA] == pytest.approx(trial.truth["beta"], rel=1e-9)
        if UNIVERSAL in known:
            assert known[UNIVERSAL] == pytest.approx(trial.truth["universal"], rel=0.02)


def test_the_band_of_the_class_means_knows_that_units_are_estimated() -> None:
    """Draws of the error of (mean_1 - mean_0) / s spread as it does over tables, with noise of heavy tails.

    The means alone would give sqrt(2 / 100) = .14: most of the error is that of s. 300 tables and 400 draws: the ratio
    of the two standard deviations is within 1.5 but for a chance far below SHARE (a relative error of .06 each).
    """
    rng, n = np.random.default_rng([SEED, 4]), 200
    y, found, drawn = np.arange(n) % 2, [], []
    for _ in range(300):
        x2 = 20.0 * y[:, None] + rng.standard_t(9, (n, 1))
        r = residuals_of(read(rng.standard_normal((n, 2)), x2, y, None, None, 5))
        found.append(float((r.means[1] - r.means[0])[0] / r.scale[0]) / np.sqrt(2.0))
    labels = read(rng.standard_normal((n, 2)), x2, y, None, None, 5).labels
    for _ in range(20):
        x2 = 20.0 * y[:, None] + rng.standard_t(9, (n, 1))
        drawn.append(
            class_means(residuals_of(read(rng.standard_normal((n, 2)), x2, y, None, None, 5)), labels, rng).half
        )
    assert 1 / 1.5 < np.mean(drawn) / 1.96 / np.std(found) < 1.5
    assert np.std(found) > 3.0 * np.sqrt(2.0 / 100.0) / np.sqrt(2.0)
