"""Kernel ridge as a pretext: one eigendecomposition, or landmarks, against a grid search over folds."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from sklearn.kernel_ridge import KernelRidge as SklearnKernelRidge
from sklearn.model_selection import GridSearchCV

from benchmarks.harness import Array, Case, Run, timed
from testbed.generators import LeeMixture
from testbed.regressors import KernelRidge, Nystroem
from testbed.regressors.base import Regressor
from testbed.regressors.kernel import GRID, median_distance

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


def cases() -> list[Case]:
    """Kernel ridge and Nystroem against the grid search, and against each other."""
    return [
        Case("kernel ridge, n = 4,000, GridSearchCV with 5 folds", of(KernelRidge()), grid_search, 6.0, same=False),
        Case("Nystroem, 500 landmarks, n = 4,000, GridSearchCV", of(Nystroem(500)), grid_search, 50.0, same=False),
    ]


def risk_ratio() -> tuple[float, float]:
    """Risk of Nystroem over that of the full kernel: mean and standard error over three data sets."""
    ratios = np.array([of(Nystroem(500))(s)[1][0] / of(KernelRidge())(s)[1][0] for s in range(3)])
    return float(ratios.mean()), float(ratios.std(ddof=1) / np.sqrt(len(ratios)))
