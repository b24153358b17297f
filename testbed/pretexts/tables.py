"""Representations on finite supports: a table of values, and the counts that estimate one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from testbed._linalg import Array
from testbed.arguments import shown
from testbed.data import Sample
from testbed.laws import Finite, Law
from testbed.laws.finite_population import FinitePopulation
from testbed.laws.table_population import NEAR, nearest
from testbed.pretexts.base import Draw
from testbed.screens import Short

__all__ = ["Lookup", "Pairs", "counted", "exact"]


@dataclass(frozen=True, eq=False, repr=False)
class Lookup(Short):
    """psi(x1) by the place of x1 among `points` (s, d1), with `values` (s, r); zeros for a point not among them."""

    points: Array
    values: Array

    def __call__(self, x1: Array) -> Array:
        """Look rows up: (n, d1) -> (n, r)."""
        place, off = nearest(self.points, np.asarray(x1, dtype=float))
        known = off <= NEAR
        return np.where(known[:, None], self.values[place], 0.0)


class Pairs(NamedTuple):
    """The probabilities of pairs on finite supports, those of a law or their frequencies in a draw."""

    points1: Array  # (s1, d1)
    points2: Array  # (s2, d2)
    p12: Array  # (s1, s2)
    n: float  # number of pairs; infinite for a law

    @property
    def marginals(self) -> tuple[Array, Array]:
        """Laws of x1 and of x2."""
        return self.p12.sum(axis=1), self.p12.sum(axis=0)

    def operator(self) -> tuple[Array, Array, Array]:
        """Singular value decomposition U, s, V' of D1^{-1/2} P12 D2^{-1/2}."""
        u, s, vt = np.linalg.svd(self.p12 / np.sqrt(np.outer(*self.marginals)), full_matrices=False)
        return u, s, vt


def _truth(law: Law, task: object) -> FinitePopulation:
    law = law.pretext_law
    if not isinstance(law, Finite):
        raise ValueError(f"{shown(task)} on a {type(law).__name__}: it needs a Finite law, whose pairs can be counted")
    return law.population()


def exact(law: Law, task: object) -> Pairs:
    """Pairs of a law, as a task wants them; ValueError where its supports are not finite."""
    truth = _truth(law, task)
    return Pairs(truth.points1, truth.points2, truth.p12, np.inf)


def counted(draw: Draw, law: Law, task: object) -> Pairs:
    """Frequencies of the pairs in rows; ValueError where the law's supports are not finite."""
    _truth(law, task)
    if not isinstance(draw, Sample):
        raise TypeError(f"{shown(task)} is fitted on rows, not on Moments")
    points1, a = np.unique(draw.x1 + 0.0, axis=0, return_inverse=True)
    points2, b = np.unique(draw.x2 + 0.0, axis=0, return_inverse=True)
    weight = np.ones(len(draw.x1)) if draw.weight is None else draw.weight
    cell = a.ravel() * len(points2) + b.ravel()
    table = np.bincount(cell, weights=weight, minlength=len(points1) * len(points2))
    return Pairs(points1, points2, table.reshape(len(points1), len(points2)) / draw.n, draw.n)
