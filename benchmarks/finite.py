"""A finite law with 200 points of x1 and 5 of x2: learners on rows, whose cost does not depend on n."""

from __future__ import annotations

import numpy as np
from sklearn.tree import DecisionTreeRegressor

from benchmarks.harness import Array, Case, Run, timed
from testbed.evaluation import Cell, run_cells
from testbed.laws import Finite
from testbed.pretexts import Predict
from testbed.regressors import OLS, KernelRidge, Sklearn
from testbed.regressors.base import Regressor

POINTS1, POINTS2, REPEATS = 200, 5, 10


def law() -> Finite:
    """Two classes, 2,000 cells."""
    rng = np.random.default_rng(4)
    left, right = (rng.dirichlet(np.full(points, 5.0), size=2) for points in (POINTS1, POINTS2))
    joint = (left[:, None, :, None] * right[:, None, None, :]) / 2.0
    return Finite(joint / joint.sum(), rng.normal(size=(POINTS1, 5)), rng.normal(size=(POINTS2, 4)))


def run_of(regressor: Regressor, n: int) -> Run:
    """Rows of a pretext by this regressor from n pairs, probed with n labels."""
    cell = Cell(law(), Predict(regressor), OLS(), n, n, "rows")

    def run(seed: int) -> tuple[float, Array]:
        def work() -> Array:
            return np.array([row["excess_risk"] for row in run_cells([cell], seed, range(REPEATS))], dtype=float)

        return timed(work, REPEATS)

    return run


def cases() -> list[Case]:
    """n = 10^9 against n = 10^3."""
    learners: dict[str, Regressor] = {
        "kernel ridge": KernelRidge(1e-2, 2.0), "a tree of depth 6": Sklearn(DecisionTreeRegressor(max_depth=6))
    }  # fmt: skip
    return [
        Case(f"finite law, {name}: n = 10^9 against 10^3", run_of(r, 10**9), run_of(r, 10**3), 1.1, "cost", same=False)
        for name, r in learners.items()
    ]
