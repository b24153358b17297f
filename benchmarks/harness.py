"""Pairs of runs: this project and a reference in turn, in one process, under one BLAS thread."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Run = Callable[[int], tuple[float, Array]]  # seed -> seconds a unit of work, values whose mean is checked

PAIRS = 9
Z_LIMIT = 4.0


@dataclass(frozen=True)
class Case:
    """Two runs that are timed in turn.

    Attributes
    ----------
    ratio : str
        "speed" divides the reference's time by this project's (large is good), "cost" the other way round.
    target : float
        Least speed, or largest cost.
    same : bool
        Whether both estimate one number, so that their means are compared.
    """

    name: str
    ours: Run
    reference: Run
    target: float
    ratio: str = "speed"
    same: bool = True
    pairs: int = PAIRS


@dataclass(frozen=True)
class Result:
    """What came of a case: medians over the pairs."""

    name: str
    ratio: str
    target: float
    median: float
    low: float
    high: float
    ours_ms: float
    reference_ms: float
    z: float | None = None
    note: str = ""

    @property
    def met(self) -> bool:
        """Whether the median reaches the target."""
        return self.median >= self.target if self.ratio == "speed" else self.median <= self.target


def timed(work: Callable[[], Array], units: int) -> tuple[float, Array]:
    """CPU seconds a unit of work, in one thread, and the values: other work on the machine then counts little."""
    start = time.process_time()
    values = work()
    return (time.process_time() - start) / units, values


def measure(case: Case) -> Result:
    """Run the pairs; the first, uncounted, warms up."""
    case.ours(0), case.reference(0)
    seconds, values = [], ([], [])  # type: ignore[var-annotated]
    for seed in range(1, case.pairs + 1):
        one, other = case.ours(seed), case.reference(seed)
        seconds.append((one[0], other[0]))
        values[0].append(one[1])
        values[1].append(other[1])
    times = np.array(seconds)
    ratios = times[:, 1] / times[:, 0] if case.ratio == "speed" else times[:, 0] / times[:, 1]
    ours, reference = np.median(times, axis=0) * 1e3
    z = z_score(*(np.concatenate(v) for v in values)) if case.same else None
    if z is not None and abs(z) > Z_LIMIT:
        raise ValueError(f"{case.name}: the two means differ by {z:.1f} standard errors")
    return Result(
        case.name, case.ratio, case.target, float(np.median(ratios)), float(ratios.min()), float(ratios.max()),
        float(ours), float(reference), z, "" if case.pairs == PAIRS else f"{case.pairs} pairs",
    )  # fmt: skip


def z_score(a: Array, b: Array) -> float:
    """Difference of two means in combined standard errors."""
    return float((a.mean() - b.mean()) / np.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b)))


def gemm_peak() -> float:
    """Flops a second of a large matrix product, the best of five."""
    a = np.random.default_rng(0).standard_normal((1500, 1500))
    best = np.inf
    for _ in range(5):
        start = time.process_time()
        _ = a @ a
        best = min(best, time.process_time() - start)
    return 2.0 * 1500.0**3 / best
