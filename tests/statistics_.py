"""Thresholds of stochastic tests: each false alarm has a stated probability.

The whole suite is allowed a false-alarm rate of 1e-6; a test that makes `comparisons` two-sided Gaussian comparisons
gets a share of 1e-8 of it, divided among them (Bonferroni).
"""

from __future__ import annotations

import numpy as np
from scipy.stats import ks_2samp, norm

from testbed.data import Moments
from testbed.laws import Law

SHARE = 1e-8  # of one test: a hundred of them stay below the suite's 1e-6
CALLS = 50  # of a law's sample, among which sets of rows are divided


def z_limit(comparisons: int) -> float:
    """Two-sided z that none of `comparisons` exceeds with probability 1 - SHARE."""
    return float(norm.isf(SHARE / comparisons / 2.0))


def assert_means(samples: np.ndarray, expected: np.ndarray | float) -> None:
    """Means along axis 0 agree with `expected` within z Monte Carlo standard errors."""
    error = samples.std(axis=0, ddof=1) / np.sqrt(len(samples))
    gap = np.abs(samples.mean(axis=0) - expected)
    rounding = 1e-9 * (1.0 + np.abs(expected))
    assert np.all(gap <= z_limit(int(np.size(gap))) * error + rounding), float(np.max(gap / (error + 1e-300)))


def assert_product_means(a: np.ndarray, b: np.ndarray, expected: np.ndarray | float) -> None:
    """Means of a_i b_j over rows agree with `expected` as those of `assert_means` do, without a matrix for each row."""
    n = len(a)
    mean = a.T @ b / n
    error = np.sqrt(np.maximum((a**2).T @ b**2 / n - mean**2, 0.0) / (n - 1))
    gap = np.abs(mean - expected)
    rounding = 1e-9 * (1.0 + np.abs(expected))
    assert np.all(gap <= z_limit(gap.size) * error + rounding), float(np.max(gap / (error + 1e-300)))


def assert_one_law(first: np.ndarray, second: np.ndarray) -> None:
    """Each column of two samples has one law: two-sample Kolmogorov-Smirnov, SHARE divided among the columns."""
    columns = [a.reshape(len(a), -1) for a in (first, second)]
    values = [ks_2samp(a, b, method="asymp").pvalue for a, b in zip(*(c.T for c in columns), strict=True)]
    assert min(values) > SHARE / len(values), (int(np.argmin(values)), min(values))


def moments_of_rows(law: Law, n: int, repeats: int, rng: np.random.Generator) -> Moments:
    """Moments of `repeats` sets of n independent rows, cut from `CALLS` samples: many calls cost more than the rows."""
    parts = []
    for _ in range(CALLS):
        sample = law.sample(repeats // CALLS * n, rng)
        blocks = {"x1": sample.x1, "x2": sample.x2, "y": sample.y}
        parts.append(Moments.of_blocks({name: rows.reshape(-1, n, rows.shape[-1]) for name, rows in blocks.items()}))
    return Moments.stacked(parts)
