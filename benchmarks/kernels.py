"""Kernel ridge as a pretext: one reduction of the kernel, or landmarks, against a grid search over folds."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from sklearn.kernel_ridge import KernelRidge as SklearnKernelRidge
from sklearn.model_selection import GridSearchCV

from benchmarks.harness import Array, Result, Run, timed
from testbed.generators import LeeMixture
from testbed.regressors import KernelRidge, Nystroem
from testbed.regressors.base import Regressor
from testbed.regressors.kernel import GRID, median_distance

ROUNDS = 3  # a minute each, nearly all of it the search
ROWS, POINTS, SCALE = 4000, 2000, 1.5  # at this scale the classes overlap, so there is something to learn


@lru_cache(maxsize=1)
def data(seed: int) -> tuple[Array, Array, Array, Array]:
    """x1, x2, and points with the truth there."""
    rng = np.random.default_rng([seed, 9])
    law = LeeMixture(k=10, scale=SCALE, structure_seed=1).law()
    train, test = law.sample(ROWS, rng), law.sample(POINTS, rng).x1
    return train.x1, train.x2, test, law.population().psi_star(test)


def losses(fitted: Array, truth: Array) -> Array:
    """Risk of the estimate of E[X2 | X1]: one mean a data set."""
    return np.array([np.mean(np.sum((fitted - truth) ** 2, axis=1))])


def of(regressor: Regressor) -> Run:
    """Fit of this project."""

    def run(seed: int) -> tuple[float, Array]:
        x1, x2, test, truth = data(seed)
        fitted: list[Array] = []

        def work() -> Array:
            fitted.append(regressor.fit_rows(x1, x2, np.random.default_rng(seed))(test))
            return fitted[0]

        seconds, _ = timed(work, 1)
        return seconds, losses(fitted[0], truth)

    return run


def grid_search(seed: int) -> tuple[float, Array]:
    """The same penalties by five folds; the targets are centred, as the constant is not penalised."""
    x1, x2, test, truth = data(seed)
    gamma, mean = 0.5 / median_distance(x1) ** 2, x2.mean(axis=0)

    def work() -> Array:
        search = GridSearchCV(
            SklearnKernelRidge(kernel="rbf", gamma=gamma), {"alpha": list(GRID)}, cv=5, scoring="neg_mean_squared_error"
        )
        return np.asarray(search.fit(x1, x2 - mean).predict(test) + mean)

    seconds, fitted = timed(work, 1)
    return seconds, losses(fitted, truth)


def results() -> list[Result]:
    """Full kernel, landmarks and grid search in turn, on data of their own in each round."""
    learners: dict[str, Run] = {
        "full": of(KernelRidge()), "landmarks": of(Nystroem(500)), "search": grid_search
    }  # fmt: skip
    for name in ("full", "landmarks"):
        learners[name](0)  # warms up
    rounds = [{name: run(seed) for name, run in learners.items()} for seed in range(1, ROUNDS + 1)]
    seconds = {name: np.array([each[name][0] for each in rounds]) for name in learners}
    risk = {name: np.array([each[name][1][0] for each in rounds]) for name in learners}
    found = []
    for name, title, target in (
        ("full", "kernel ridge, n = 4,000, GridSearchCV with 5 folds", 6.0),
        ("landmarks", "Nystroem, 500 landmarks, n = 4,000, GridSearchCV", 50.0),
    ):
        ratio = seconds["search"] / seconds[name]
        against = risk[name] / risk["search"]
        error = against.std(ddof=1) / len(against) ** 0.5
        note = f"risk / that of the search {against.mean():.4f}, s.e. {error:.4f}; {ROUNDS} rounds"
        ours, reference = (float(np.median(seconds[key])) * 1e3 for key in (name, "search"))
        low, median, high = (float(v) for v in np.quantile(ratio, [0.0, 0.5, 1.0]))
        found.append(Result(title, "speed", target, median, low, high, ours, reference, note=note))
    low, median, high = (float(v) for v in np.quantile(risk["landmarks"] / risk["full"], [0.0, 0.5, 1.0]))
    found.append(Result("Nystroem's risk over that of the full kernel", "cost", 1.02, median, low, high, 0.0, 0.0))
    return found
