"""The linear class: exact draws of Moments against loops over drawn rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LinearRegression

from benchmarks.harness import Array, Case, Run, timed
from benchmarks.reference_lee2021 import World
from testbed.columns import MEASURED
from testbed.engine import NUMPY
from testbed.evaluation import BLOCK, Cell, run_blocks
from testbed.generators import LeeMixture
from testbed.pretexts import Predict
from testbed.regressors import OLS

N1, N2 = 4000, 1000
PRINTED, SMALL = (10, 50, 40), (2, 10, 8)  # k, d1, d2
BLOCKS = 8
LOOP = 24
RISK = MEASURED.index("excess_risk")
CURVE = (100, 150, 200, 300, 400, 500, 600, 700, 850, 1000)


@dataclass(frozen=True, repr=False)
class General(OLS):
    """Least squares, which as a class of its own takes the way of all linear learners, over Moments."""


def testbed_run(
    size: tuple[int, int, int], frozen: int | None, n1: int, nested: tuple[int, ...], blocks: int, engine: str = NUMPY,
    probe: type[OLS] = OLS,
) -> Run:  # fmt: skip
    """Rows of Predict(OLS()) with an OLS() probe, at every n of `nested`."""
    k, d1, d2 = size
    generator = LeeMixture(k=k, d1=d1, d2=d2, structure_seed=frozen)
    joint = nested if len(nested) > 1 else ()
    cells = [
        Cell(generator, Predict(OLS()), probe(), n1, n, "moments", tuple(m for m in joint if m <= n)) for n in nested
    ]

    def run(seed: int) -> tuple[float, Array]:
        def work() -> Array:
            done = run_blocks(cells, seed, range(blocks * BLOCK), engine)
            last = [block.columns[RISK] for block in done if block.cell.n_labeled == nested[-1]]
            return np.concatenate(last).astype(float)

        return timed(work, blocks * BLOCK)

    return run


def world_of(size: tuple[int, int, int], frozen: int | None, rng: np.random.Generator) -> World:
    """Centres: new ones, or those of the frozen structure."""
    k, d1, d2 = size
    if frozen is None:
        return World.draw(k, d1, d2, rng)
    mean = LeeMixture(k=k, d1=d1, d2=d2, structure_seed=frozen).law().mean
    return World(mean[:, :d1], mean[:, d1:])


def sklearn_loop(size: tuple[int, int, int], frozen: int | None, repetitions: int = LOOP) -> Run:
    """One repetition after another: draw, fit, draw, fit, score in closed form."""

    def repetition(rng: np.random.Generator) -> float:
        world = world_of(size, frozen, rng)
        x1, x2, _ = world.rows(N1, rng)
        pretext = LinearRegression(copy_X=False).fit(x1, x2)
        x1, _, y = world.rows(N2, rng)
        probe = LinearRegression(copy_X=False).fit(pretext.predict(x1), y)
        weight = pretext.coef_.T @ probe.coef_.T
        return world.risk(weight, pretext.intercept_ @ probe.coef_.T + probe.intercept_)

    def run(seed: int) -> tuple[float, Array]:
        rng = np.random.default_rng([seed, 7])
        return timed(lambda: np.array([repetition(rng) for _ in range(repetitions)]), repetitions)

    return run


def numpy_batch(size: tuple[int, int, int], repetitions: int = LOOP) -> Run:
    """A stack of samples drawn by rows, fitted by numpy's batched normal equations."""

    def fit(a: Array, b: Array) -> tuple[Array, Array]:
        mean_a, mean_b = a.mean(axis=1, keepdims=True), b.mean(axis=1, keepdims=True)
        a = a - mean_a
        at = np.swapaxes(a, 1, 2)
        weight = np.linalg.solve(at @ a, at @ (b - mean_b))
        return weight, (mean_b - mean_a @ weight)[:, 0]

    def run(seed: int) -> tuple[float, Array]:
        def work() -> Array:
            rng = np.random.default_rng([seed, 8])
            worlds = [World.draw(*size, rng) for _ in range(repetitions)]
            x1, x2, _ = (np.stack(v) for v in zip(*(w.rows(N1, rng) for w in worlds), strict=True))
            first, level = fit(x1, x2)
            x1, _, y = (np.stack(v) for v in zip(*(w.rows(N2, rng) for w in worlds), strict=True))
            second, offset = fit(x1 @ first + level[:, None], y)
            offsets = (level[:, None] @ second)[:, 0] + offset
            return np.array([w.risk(a, b) for w, a, b in zip(worlds, first @ second, offsets, strict=True)])

        return timed(work, repetitions)

    return run


def cases() -> list[Case]:
    """All cases of the linear class."""
    printed = testbed_run(PRINTED, None, N1, (N2,), BLOCKS)
    frozen = testbed_run(PRINTED, 3, N1, (N2,), BLOCKS)
    small = testbed_run(SMALL, 3, N1, (N2,), 4 * BLOCKS)
    compiled, compiled_frozen = (testbed_run(PRINTED, seed, N1, (N2,), BLOCKS, "fast") for seed in (None, 3))
    general = testbed_run(PRINTED, None, N1, (N2,), BLOCKS, probe=General)
    compiled_small = testbed_run(SMALL, 3, N1, (N2,), 4 * BLOCKS, "fast")
    return [
        Case("linear class, printed size, scikit-learn loop", printed, sklearn_loop(PRINTED, None), 70.0),
        Case("the same, structure frozen", frozen, sklearn_loop(PRINTED, 3), 70.0),
        Case("linear class, printed size, numpy batch", printed, numpy_batch(PRINTED), 1.0),
        Case("linear class, small law, scikit-learn loop", small, sklearn_loop(SMALL, 3, 100), 150.0),
        Case("linear class, printed size, engine fast", compiled, sklearn_loop(PRINTED, None), 200.0),
        Case("the same, structure frozen, engine fast", compiled_frozen, sklearn_loop(PRINTED, 3), 200.0),
        Case("small law, engine fast, scikit-learn loop", compiled_small, sklearn_loop(SMALL, 3, 100), 500.0),
        Case("n1 = 10^9, n2 = 10^8 against the printed n", testbed_run(PRINTED, None, 10**9, (10**8,), BLOCKS),
             printed, 1.05, "cost", same=False),
        Case("nested curve of ten points, scikit-learn loop over one", testbed_run(PRINTED, None, N1, CURVE, BLOCKS),
             sklearn_loop(PRINTED, None), 40.0),
        *(Case(f"ten points{named}, against one of the general way",
               testbed_run(PRINTED, None, N1, CURVE, BLOCKS, engine), general, 1.0, "cost")
          for engine, named in ((NUMPY, ""), ("fast", ", engine fast"))),
    ]  # fmt: skip
