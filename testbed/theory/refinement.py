"""What is left of a leak when pairs are refined with labels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from testbed._linalg import Array, transpose
from testbed.allowed import Count
from testbed.laws import Population
from testbed.laws.gaussian_population import GaussianPopulation
from testbed.laws.spectral import axes_of, conditional
from testbed.theory.base import Assumption, Exact, Kind, Sides, Versions, compared
from testbed.theory.conditions import gaussian

__all__ = ["RefinedLeak", "rows_that_pay"]

SEED, DRAWS = 14, 4000  # of the labelled rows
SPARE = 7  # rows beyond d1 + k: the variance is finite from 5 on, and its estimate steady from here


@dataclass(frozen=True, repr=False)
class RefinedLeak(Exact):
    """Violation of conditional independence after labels have refined the pairs: its mean does not know the old leak.

    From n labelled triples x2 is regressed on (1, x1, y), and the pairs become (x1, x2 - Bhat x1). On jointly Gaussian
    laws ::

        E eps_CI(after)^2 = tr Cov(X2|X1,Y) tr(S11^{-1} S11|y) / (n - d1 - k - 2),      n > d1 + k + 2,

    eps_CI that of the linear class given Y: Bhat - B has the rows of an inverse Wishart matrix. So refining lowers
    eps_CI iff n > n* = d1 + k + 2 + tr Cov(X2|X1,Y) tr(S11^{-1} S11|y) / eps_CI^2 (`rows_that_pay`). Measured is the
    mean of eps_CI^2, recomputed from the covariances of the refined pair, over 4,000 draws of n rows, with its standard
    error: an integral over draws. Where x1 or y is singular, d1 + k stands for the rank of (x1, y).

    Parameters
    ----------
    n : int
        Labelled rows of the regression.

    References
    ----------
    Teng, Huang and He, "Can pretext-based self-supervised learning be boosted by downstream data? A theoretical
    analysis", AISTATS 2022, for the procedure; the mean is this project's (A14).

    Examples
    --------
    >>> from testbed import check, theory
    >>> right = theory.RefinedLeak().sides(check.LAWS["sharp"].population()).right
    >>> float(f"{right:.4g}")
    0.1667
    """

    n: Count = 14

    versions: ClassVar[Versions] = ({}, {"n": 12})
    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Leak after refining with labels"
    source: ClassVar[str] = "Teng, Huang and He, AISTATS 2022; this project (A14)"
    claim: ClassVar[str] = "E eps_CI(after)^2 = tr Cov(X2|X1,Y) tr(S11^{-1} S11|y) / (n - d1 - k - 2)"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """A jointly Gaussian law, and enough rows for the variance of the mean: n >= d1 + k + 7."""
        if not isinstance(truth, GaussianPopulation):
            return (gaussian(truth),)
        spare = float(self.n - SPARE) - _both(truth)
        return (gaussian(truth), Assumption("n >= d1 + k + 7", spare, spare >= 0.0))

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """Mean over draws with its standard error, and the closed form; NaN where there is none."""
        if not isinstance(truth, GaussianPopulation):
            return compared(truth, np.nan, np.nan)
        left, lost = self.n - 2.0 - _both(truth), _lost(truth)
        right = np.where(left > 0.0, lost / np.where(left > 0.0, left, 1.0), np.inf)
        if not np.all(left > 0.0):
            return compared(truth, np.nan, right, 1.0)
        values = self.after(truth, np.random.default_rng(SEED), DRAWS)
        error = values.std(axis=0, ddof=1) / np.sqrt(DRAWS)
        return compared(truth, values.mean(axis=0), right, np.trace(truth.s22, axis1=-2, axis2=-1), error)

    def after(self, truth: GaussianPopulation, rng: np.random.Generator, draws: int) -> Array:
        """eps_CI^2 of the refined pair, from so many draws of n rows of (x1, y, x2) each: (draws, ...)."""
        d1, p = truth.s11.shape[-1], truth.s11.shape[-1] + truth.syy.shape[-1]
        root = axes_of(_covariance(truth, ("x1", "y", "x2"))).root
        rows = rng.standard_normal((draws, *root.shape[:-2], self.n, root.shape[-1])) @ root
        rows = rows - rows.mean(axis=-2, keepdims=True)
        axes = axes_of(_covariance(truth, ("x1", "y")))
        white = rows[..., :p] @ axes.inverse
        square = transpose(white) @ white + np.eye(p) * np.where(axes.varies, 0.0, 1.0)[..., None]
        slope = (axes.inverse @ np.linalg.solve(square, transpose(white) @ rows[..., p:]))[..., :d1, :]
        cross = truth.cross_given("y") - _within(truth) @ slope
        return np.asarray(np.sum(truth.white1(cross) ** 2, axis=(-2, -1)))


def rows_that_pay(truth: GaussianPopulation) -> Array:
    """n*, labelled rows above which refining lowers the mean of eps_CI^2, (...): infinite where there is no leak."""
    leak = truth.epsilon_ci("linear", "y") ** 2
    real = leak > truth.rounding2**2
    return np.where(real, 2.0 + _both(truth) + _lost(truth) / np.where(real, leak, 1.0), np.inf)


def _covariance(truth: GaussianPopulation, names: tuple[str, ...]) -> Array:
    """Covariance of some blocks, one after another."""
    at = truth.arrays.blocks
    order = [i for name in names for i in range(at[name].start, at[name].stop)]
    return np.asarray(truth.arrays.covariance[..., order, :][..., order])


def _both(truth: GaussianPopulation) -> Array:
    """Rank of (x1, y): d1 + k where their covariance is not singular, (...)."""
    return np.asarray(axes_of(_covariance(truth, ("x1", "y"))).varies.sum(axis=-1), dtype=float)


def _within(truth: GaussianPopulation) -> Array:
    """S11|y, the covariance of x1 given the label, (..., d1, d1)."""
    seen = truth.s1y @ axes_of(truth.syy).inverse
    return np.asarray(truth.s11 - seen @ transpose(seen))


def _lost(truth: GaussianPopulation) -> Array:
    """Tr Cov(X2|X1,Y) tr(S11^{-1} S11|y), (...)."""
    whole = _covariance(truth, ("x1", "y", "x2"))
    p = whole.shape[-1] - truth.s22.shape[-1]
    left = conditional(whole, list(range(p)), list(range(p, whole.shape[-1])))
    share = np.trace(truth.solve1(_within(truth)), axis1=-2, axis2=-1)
    return np.asarray(np.trace(left, axis1=-2, axis2=-1) * share)
