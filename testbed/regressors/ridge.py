"""Ridge regression on Moments, its penalty fixed, by generalised cross-validation, or by folds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from testbed._linalg import FLAT, Array, inner, outer, solve_positive, transpose
from testbed.allowed import NotNegative
from testbed.arguments import Seed, generator_of
from testbed.data import LinearMap, Moments, pooled
from testbed.regressors.base import LinearRegressor
from testbed.regressors.ols import fit_moments, fit_rows, with_offset

__all__ = ["Ridge"]

FOLDS = 5
GRID = np.geomspace(1e-7, 1e2, 46)  # penalties to choose from, as shares of the mean eigenvalue of the scatter


@dataclass(frozen=True, repr=False)
class Ridge(LinearRegressor):
    """Ridge regression, min over W (and c) of sum |b - W'a - c|^2 + penalty |W|_F^2; the constant is not penalised.

    It depends on the units of a by definition: a fixed penalty has the unit of the square of a, summed over rows. With
    a chosen one the fit is the same in other common units of a, under rotations, and, with an intercept, from other
    origins, but not in other units of each column. Standardise columns of different units first.

    Parameters
    ----------
    penalty : float, "gcv" or "cv"
        The penalty itself (on sums, not means, over rows), or how it is chosen in each repetition from 46 values
        between 1e-7 and 1e2 times the mean eigenvalue of the scatter: "gcv" minimises n RSS / (n - df)^2 with the
        residual summed over outputs; "cv" the held-out error over 5 independent batches of Moments. At 0 it is `OLS`.
    intercept : bool
        Whether the constant is fitted.

    Examples
    --------
    >>> import numpy as np
    >>> from testbed.regressors import Ridge
    >>> rng = np.random.default_rng(0)
    >>> a = rng.standard_normal((200, 2))
    >>> b = np.sin(a[:, :1])
    >>> found = Ridge(penalty='gcv').fit_rows(a, b, rng)
    >>> found.weight.shape
    (2, 1)
    """

    penalty: NotNegative | Literal["gcv", "cv"] = "gcv"
    intercept: bool = True

    @property
    def needs_square(self) -> bool:
        """Both rules look at the residual sum of squares."""
        return isinstance(self.penalty, str)

    @property
    def folds(self) -> int:
        """Batches that "cv" wants."""
        return FOLDS if self.penalty == "cv" else 1

    def fit(self, moments: Moments, source: str, target: str) -> LinearMap:
        """Fit every repetition at once, with the penalty given or by generalised cross-validation."""
        if self.penalty == "cv":
            raise ValueError('Ridge(penalty="cv") needs independent batches: use fit_parts or fit_rows')
        if self.penalty == 0.0:  # without a penalty nothing makes up for rows that are too few
            return fit_moments(self, moments, source, target)
        aa, ab, bb = _second_moments(moments, source, target, self)
        if isinstance(self.penalty, str):
            values, vectors = np.linalg.eigh(aa)
            score = _gcv(moments.n, values, transpose(vectors) @ ab, bb, self.intercept)
            penalty = _choose(aa, score)
        else:
            penalty = np.full(aa.shape[:-2], float(self.penalty))
        return self._solve(moments, source, target, aa, ab, penalty)

    def fit_parts(self, parts: Sequence[Moments], source: str, target: str) -> LinearMap:
        """Fit on batches; "cv" holds each out in turn."""
        whole = pooled(parts)
        if self.penalty != "cv":
            return self.fit(whole, source, target)
        aa, ab, _ = _second_moments(whole, source, target, self)
        error: Array | float = 0.0
        for i, held in enumerate(parts):
            rest = pooled([part for j, part in enumerate(parts) if j != i])
            values, vectors = np.linalg.eigh(_second_moments(rest, source, target, self)[0])
            rotated = transpose(vectors) @ _second_moments(rest, source, target, self)[1]
            losses = []
            for penalty in _penalties(aa):
                weight = vectors @ (rotated / (np.maximum(values, 0.0) + penalty[..., None])[..., None])
                losses.append(
                    _held_out(held, with_offset(rest, source, target, weight, self.intercept), source, target)
                )
            error = error + np.stack(losses, axis=0)
        return self._solve(whole, source, target, aa, ab, _choose(aa, np.asarray(error)))

    def fit_rows(self, a: Array, b: Array, rng: Seed) -> LinearMap:
        """Fit on rows, through their Moments; without a penalty as `OLS` does."""
        rng = generator_of(rng)
        return fit_rows(self, a, b) if self.penalty == 0.0 else super().fit_rows(a, b, rng)

    def fit_weighted(self, a: Array, b: Array, weight: Array, rng: Seed) -> LinearMap:
        """Fit on rows that count `weight` times each."""
        rng = generator_of(rng)
        return fit_rows(self, a, b, weight) if self.penalty == 0.0 else super().fit_weighted(a, b, weight, rng)

    def _solve(self, moments: Moments, source: str, target: str, aa: Array, ab: Array, penalty: Array) -> LinearMap:
        weight = solve_positive(aa + penalty[..., None, None] * np.eye(aa.shape[-1]), ab)
        return with_offset(moments, source, target, weight, self.intercept)


def _second_moments(moments: Moments, source: str, target: str, ridge: Ridge) -> tuple[Array, Array, Array]:
    """Scatter (source, source), (source, target) and the diagonal sum of (target, target), centred with intercept."""
    aa, ab = moments.block(source, source), moments.block(source, target)
    bb = np.trace(moments.block(target, target), axis1=-2, axis2=-1) if ridge.needs_square else np.zeros(())
    if not ridge.intercept:
        a, b, n = moments.mean[source], moments.mean[target], moments.n[..., None]
        aa, ab = aa + n[..., None] * outer(a, a), ab + n[..., None] * outer(a, b)
        bb = bb + np.sum(n * b**2, axis=-1)
    return aa, ab, bb


def _penalties(aa: Array) -> Array:
    """Candidates, (46, ...)."""
    mean = np.trace(aa, axis1=-2, axis2=-1) / aa.shape[-1]
    return np.asarray(np.multiply.outer(GRID, np.where(mean > 0.0, mean, 1.0)))  # constant features: any will do


def _choose(aa: Array, score: Array) -> Array:
    """Candidate with the smallest score, in each repetition."""
    best = np.argmin(score, axis=0)
    return np.asarray(np.take_along_axis(_penalties(aa), best[None], axis=0)[0])


def _gcv(n: Array, values: Array, rotated: Array, bb: Array, intercept: bool) -> Array:
    """N RSS / (n - df)^2 at each candidate, (46, ...).

    RSS and n - df are sums of positive terms over the directions that the rows span, plus what these leave: nothing
    where the rows are not more than the directions. Their ratio is then one of small numbers, known to rounding.
    """
    spanned = values > FLAT * values[..., -1:]  # in the unit of the penalty, which shrinks all else to nothing
    safe = np.where(spanned, values, 1.0)
    energy = np.where(spanned, np.sum(rotated**2, axis=-1) / safe, 0.0)
    rest = n - intercept - spanned.sum(axis=-1)
    unexplained = np.where(rest > 0.0, np.maximum(bb - energy.sum(axis=-1), 0.0), 0.0)
    mean = np.maximum(values, 0.0).sum(axis=-1) / values.shape[-1]
    scores = []
    for share in GRID:
        penalty = (share * mean)[..., None]
        kept = np.where(spanned, penalty / (safe + penalty), 0.0)
        left = np.maximum(rest, 0.0) + kept.sum(axis=-1)
        rss = unexplained + np.sum(energy * kept**2, axis=-1)
        scores.append(np.where(left > 0.0, n * rss / np.where(left > 0.0, left, 1.0) ** 2, np.inf))
    return np.stack(scores, axis=0)


def _held_out(held: Moments, fitted: LinearMap, source: str, target: str) -> Array:
    """Sum of squared errors of a fitted map on a batch, from its Moments."""
    gap = held.mean[target] - fitted(held.mean[source][..., None, :])[..., 0, :]
    w = fitted.weight
    spread = inner(w, held.block(source, source) @ w) - 2.0 * inner(w, held.block(source, target))
    return np.asarray(
        np.trace(held.block(target, target), axis1=-2, axis2=-1) + spread + held.n * np.sum(gap**2, axis=-1)
    )
