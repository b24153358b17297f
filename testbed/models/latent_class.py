"""Latent class analysis: categories that are independent given a latent state, by EM."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from testbed._linalg import Array
from testbed.allowed import Count, Positive
from testbed.arguments import Seed, generator_of, shown
from testbed.laws import Law
from testbed.laws.table_population import TablePopulation
from testbed.models.base import Data, Model
from testbed.models.discrete import Categorical
from testbed.models.inputs import rows_of

__all__ = ["LatentClass"]


MOST_LEVELS = 256  # of a column; more are a number, and not a category
_TINY = 1e-300  # its logarithm is finite, and a level of probability 0 stays one


@dataclass(frozen=True, repr=False)
class LatentClass(Model):
    """P(x) = sum_z p(z) prod_j P(x_j | z): each column of x1 is a category, and its values are its levels.

    Maximum likelihood by EM on the distinct rows, each with its weight; a row costs once, however often it was drawn.
    A constant column is a category of one level: it says nothing and does no harm. Values are names: the fit is the
    same in any units, so long as different values stay different and in their order.

    Parameters
    ----------
    states : int
        Number of latent states.
    restarts : int
        Random starts of EM, of which the best is kept.
    tolerance : float
        Gain of the mean log-likelihood at which EM stops, in nats.
    max_iterations : int
        Most iterations of EM.

    Raises
    ------
    ValueError
        NaN, fewer rows than states, or a column of more than 256 values.

    References
    ----------
    Dempster, Laird and Rubin, JRSS B 39 (1977), section 4.3.

    Examples
    --------
    >>> import numpy as np
    >>> from testbed.data import Sample
    >>> from testbed.models import LatentClass
    >>> answers = np.array([[0.0, 0.0], [0.0, 0.0], [1.0, 1.0], [1.0, 1.0]])    # two categorical columns
    >>> rows = Sample(answers, answers, np.ones((4, 1)))
    >>> LatentClass(2).fit(rows, np.random.default_rng(0)).psi(answers).round(2).max(axis=1)
    array([1., 1., 1., 1.])
    """

    states: Count
    restarts: Count = 5
    tolerance: Positive = 1e-9
    max_iterations: Count = 2000

    def fit(self, data: Data, rng: Seed) -> Categorical:
        """Fit to rows of x1, with their weights; the starts are random."""
        rng = generator_of(rng)
        x, weight = rows_of(self, data)
        weight = np.ones(len(x)) if weight is None else weight
        if weight.sum() < self.states:
            raise ValueError(f"{shown(self)} needs n >= {self.states} rows; got n = {int(weight.sum())}")
        return self._best(x, weight / weight.sum(), rng)

    def optimum(self, law: Law) -> Categorical | None:
        """Fit to the probabilities of x1 in a law of finite support (the best of fixed starts); None otherwise."""
        truth = law.population()
        if not isinstance(truth, TablePopulation):
            return None
        return self._best(truth.points1, truth.p1, np.random.default_rng(0))

    def _best(self, x: Array, share: Array, rng: np.random.Generator) -> Categorical:
        points, place = np.unique(x + 0.0, axis=0, return_inverse=True)
        mass: Array = np.bincount(place.ravel(), weights=share, minlength=len(points)).astype(float)
        for j, column in enumerate(points.T):
            if len(np.unique(column)) > MOST_LEVELS:
                raise ValueError(
                    f"x: column {j} takes more than {MOST_LEVELS} values, so {shown(self)} is no model of it"
                )
        levels, codes = zip(*(np.unique(column, return_inverse=True) for column in points.T), strict=True)
        seen = np.concatenate([np.eye(len(v))[c] for v, c in zip(levels, codes, strict=True)], axis=1)
        edges = np.cumsum([len(v) for v in levels])[:-1].tolist()
        fits = [self._climb(seen, mass, x.shape[1], rng) for _ in range(self.restarts)]
        _, prior, counts = max(fits, key=lambda fit: fit[0])
        return Categorical(prior, levels, [_normalised(part) for part in np.split(counts, edges, axis=1)])

    def _climb(self, seen: Array, share: Array, d: int, rng: np.random.Generator) -> tuple[float, Array, Array]:
        """EM from random responsibilities: mean log-likelihood, prior, and P(z, x_j) side by side (K, sum of L_j)."""
        r, last = rng.dirichlet(np.ones(self.states), size=len(share)), -np.inf
        for _ in range(self.max_iterations):
            mass = share[:, None] * r
            prior, counts = mass.sum(axis=0), mass.T @ seen
            logs = np.log(np.maximum(counts, _TINY)) @ seen.T  # P(x_j | z) is the share of counts in the prior
            joint = logs + (1.0 - d) * np.log(np.maximum(prior, _TINY))[:, None]
            top = joint.max(axis=0)
            r = np.exp(joint - top).T
            total = r.sum(axis=1)
            value = float(share @ (top + np.log(total)))
            r /= total[:, None]
            if value - last < self.tolerance:
                break
            last = value
        return value, prior, counts


def _normalised(counts: Array) -> Array:
    total = counts.sum(axis=1, keepdims=True)
    return np.asarray(np.where(total > 0.0, counts / np.where(total > 0.0, total, 1.0), 1.0 / counts.shape[1]))
