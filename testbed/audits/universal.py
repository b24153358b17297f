"""A lower limit of eps_CI over all functions, by stratified cross-fitting; an upper limit does not exist."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.stats import norm

from testbed._linalg import Array
from testbed.audits.estimate import Estimate
from testbed.regressors import KernelRidge, Regressor, Ridge

__all__ = ["stratified", "universal_limit"]

FACTORS = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
LEARNERS: tuple[Regressor, ...] = (Ridge("gcv"), KernelRidge())
MOST = 1000  # rows that the kernel is fitted on


def stratified(state: npt.NDArray[np.intp], folds: int, rng: np.random.Generator) -> npt.NDArray[np.intp]:
    """Fold of each row: every class is dealt out evenly."""
    fold = np.empty(len(state), dtype=np.intp)
    start = 0
    for s in range(int(state.max()) + 1):
        own = rng.permutation(np.flatnonzero(state == s))
        fold[own] = (start + np.arange(len(own))) % folds
        start += len(own)
    return fold


def universal_limit(
    x1: Array, x2: Array, state: npt.NDArray[np.intp], folds: int, rng: np.random.Generator
) -> Estimate:
    """One-sided 95% lower limit of eps_CI^2 = E|E[X2 - E[X2|Y] | X1]|^2, over all functions of x1.

    v_i = 2 R_i'g(x1_i) - |g(x1_i)|^2 with g fitted on the other folds has mean eps_CI^2 - E|g - E[R|X1]|^2, whatever g
    is: so mean - 1.645 s.e. is valid. R is x2 minus the mean of the other rows of its class in its own fold.
    """
    fold = stratified(state, folds, rng)
    value = np.empty(len(x1))
    for f in range(folds):
        here, there = fold == f, fold != f
        g = _fitted(x1[there], x2[there], state[there], rng)
        value[here] = _scores(_own_residuals(x2[here], state[here]), g(x1[here]))
    se = float(value.std(ddof=1) / np.sqrt(len(value)))
    low = max(float(value.mean()) - float(norm.ppf(0.95)) * se, 0.0)
    return Estimate(float("nan"), low, np.inf, 0.95, se, "stratified cross-fitting", "a lower limit only")


def _scores(residual: Array, image: Array) -> Array:
    return np.asarray(2.0 * np.sum(residual * image, axis=1) - np.sum(image**2, axis=1))


def _own_residuals(x2: Array, state: npt.NDArray[np.intp]) -> Array:
    """Rows of x2 minus the mean of the others in their class; a row alone in its class is left out (0)."""
    counts = np.bincount(state)
    sums = np.zeros((len(counts), x2.shape[1]))
    np.add.at(sums, state, x2)
    own = counts[state][:, None]
    return np.asarray(np.where(own > 1, (x2 - sums[state] / own) * own / np.maximum(own - 1, 1), 0.0))


def _fitted(x1: Array, x2: Array, state: npt.NDArray[np.intp], rng: np.random.Generator) -> Callable[[Array], Array]:
    """The function g: kind and factor chosen on a quarter of the rows, then refitted on all."""
    held = stratified(state, 4, rng) == 0
    best, chosen, factor = 0.0, None, 0.0
    for learner in LEARNERS:
        g = _learn(learner, x1[~held], _own_residuals(x2[~held], state[~held]), rng)
        residual, image = _own_residuals(x2[held], state[held]), g(x1[held])
        for share in FACTORS[1:]:
            score = float(_scores(residual, share * image).mean())
            if score > best:
                best, chosen, factor = score, learner, float(share)
    if chosen is None:
        return lambda x: np.zeros((len(x), x2.shape[1]))
    fitted = _learn(chosen, x1, _own_residuals(x2, state), rng)
    return lambda x: factor * fitted(x)


def _learn(learner: Regressor, x1: Array, target: Array, rng: np.random.Generator) -> Callable[[Array], Array]:
    if isinstance(learner, KernelRidge) and len(x1) > MOST:
        some = rng.choice(len(x1), MOST, replace=False)
        x1, target = x1[some], target[some]
    return learner.fit_rows(x1, target, rng)
