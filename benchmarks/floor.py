"""The floor of the linear class: what no implementation of these exact draws can save, measured in this run."""

from __future__ import annotations

import time

import numpy as np

from benchmarks.harness import Result, gemm_peak
from benchmarks.linear import BLOCKS, N1, PRINTED, SMALL, testbed_run
from testbed.evaluation import BLOCK


def random_seconds(k: int, d1: int, d2: int) -> float:
    """Time of the random numbers of one repetition: centres, counts, Bartlett factors, sums of states, pairs."""
    rng = np.random.Generator(np.random.SFC64(0))
    normals = d1 * (d1 - 1) + 2 * k * d1 + d1 * (k - 1 + max(d1 - d2, 0))
    best = np.inf
    for _ in range(5):
        start = time.process_time()
        rng.random((BLOCK, k * (d1 + d2)))
        rng.multinomial(N1, np.full(k, 1.0 / k), size=(BLOCK, 2))
        rng.standard_normal((BLOCK, normals))
        rng.standard_gamma(np.full((BLOCK, 2 * d1), 0.5 * N1))
        best = min(best, time.process_time() - start)
    return best / BLOCK


def flops(k: int, d1: int, d2: int) -> float:
    """Flops of one repetition in root form, with every symmetry and triangle used."""
    q, m = k - 1, max(d1 - d2, 0)  # contrasts of the states, directions that psi~ leaves out
    triangles = d1**2 * (2 * q + 2 * m + k)  # T^{-1} F' twice, T^{-1} A, T N, T^{-T} of the weights
    pairs = 4 * d1 * q**2 + 8 * d1 * q * m  # two orthonormal bases, projections on them
    labels = d1 * q**2 + d1 * m**2 + 2 * d1 * (q * k + q * m + m * k) + (q**3 + m**3) / 3 + 2 * (q**2 + m**2) * k
    attained = d1 * m**2 + 2 * d1 * (q * m + m * k) + m**3 / 3 + m**2 * k
    score = 2 * d1 * k * (q + 1)
    population = d1 * q**2 + 2 * d1 * q * k + q**3 / 3 + 2 * q**2 * k + d2 * q**2 + q**3
    return triangles + pairs + labels + attained + score + population


def results() -> list[Result]:
    """Time of a repetition over its floor."""
    peak, found = gemm_peak(), []
    for name, size, frozen in (("printed size", PRINTED, None), ("small law", SMALL, 3)):
        numbers, arithmetic = random_seconds(*size), flops(*size) / peak
        floor = numbers + arithmetic
        run = testbed_run(size, frozen, N1, (1000,), BLOCKS)
        times = np.array([run(seed)[0] for seed in range(8)])[1:]
        note = (
            f"random numbers {numbers * 1e6:.0f} us, {flops(*size) / 1e6:.2f} Mflop at {peak / 1e9:.0f} Gflop/s "
            f"{arithmetic * 1e6:.0f} us"
        )
        ratios = times / floor
        found.append(
            Result(
                f"linear class, {name}, over its floor", "cost", 3.0, float(np.median(ratios)), float(ratios.min()),
                float(ratios.max()), float(np.median(times) * 1e3), floor * 1e3, note=note,
            )
        )  # fmt: skip
    return found
