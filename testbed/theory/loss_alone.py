"""Global minimisers of one loss that differ in everything downstream: the class of functions must be in the account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from testbed._linalg import Array
from testbed.allowed import Count
from testbed.laws import Population
from testbed.laws.finite_population import FinitePopulation
from testbed.laws.readouts import FeatureClass
from testbed.laws.shared_views import pooled_views, white_views
from testbed.screens import short
from testbed.theory.base import EDGE, Assumption, Exact, Kind, Sides, Versions, compared
from testbed.theory.conditions import finite_supports
from testbed.theory.graphs import graph_of

__all__ = ["LossAlone", "Minimisers", "minimisers"]

SAME = 1e-9  # distance of an eigenvalue from 1 that is rounding


class Minimisers(NamedTuple):
    """Functions with mean 0 and variance 1 that are the same in both views, seen as minimisers of a spectral loss."""

    number: int  # M, the dimension of such functions of the class
    label: Array  # (M, k) E f* b of an orthonormal basis b of theirs; f* the best predictor of the class
    outside: float  # E|f* - EY|^2 beyond them
    best: Array  # (s1, r) values at the points of x1 of the minimiser that keeps most of the label
    worst: Array  # (s1, r) of that which keeps least

    def __repr__(self) -> str:
        return short(self)


def minimisers(truth: FinitePopulation, rank: int, feature_class: FeatureClass) -> Minimisers | None:
    """The best and the worst of r orthonormal functions that are the same in both views; None for unequal supports.

    Over all functions, or over affine maps of x1. They minimise -2 E f(x1)'f(x2) + E (f(x1)'f(x2'))^2, x2' of another
    pair, over centred functions f of r outputs of the class: the value is -r. Where there are fewer than r, all are
    given.
    """
    graph = graph_of(truth)
    if graph is None:
        return None
    root = np.sqrt(graph.mass)[:, None]
    if feature_class == "universal":
        same = graph.vectors[:, graph.values < SAME]
        level = root[:, 0] / np.linalg.norm(root)
        u, s, _ = np.linalg.svd(same - np.outer(level, level @ same), full_matrices=False)
        basis = u[:, s > 0.5] / root
        f = graph.label - graph.mass @ graph.label
    else:
        points = truth.points1 - graph.mass @ truth.points1
        views = pooled_views(truth.mean1, truth.mean2, truth.s11, truth.s12, truth.s22)
        axes, varies, moved = white_views(views)
        values, vectors = np.linalg.eigh(moved + np.diag(np.where(varies, 0.0, 2.0)))
        basis = points @ (axes @ vectors[:, values < SAME])
        best = truth.linear_f_star(truth.points1)
        f = best - graph.mass @ best
    c = basis.T @ (graph.mass[:, None] * f)
    rest = f - basis @ c
    order = np.linalg.svd(c, full_matrices=True)[0] if c.size else np.eye(len(c))
    turned = basis @ order
    outside = float(graph.mass @ np.sum(rest**2, axis=1))
    return Minimisers(len(c), c, outside, turned[:, :rank], turned[:, max(len(c) - rank, 0) :])


@dataclass(frozen=True, repr=False)
class LossAlone(Exact):
    """At one value of one loss, on one law, e_apx of global minimisers differs by what the class of functions leaves.

    On a symmetric graph the spectral contrastive loss of r centred functions has the global minimum -r as soon as
    M >= r orthonormal functions of the class are the same in both views, and each r-dimensional space of these attains
    it. If the label is among them, with lambda_1 >= lambda_2 >= ... the eigenvalues of Cov f*, continued by 0 to M::

        largest e_apx - smallest e_apx = sum of the first r lambda - sum of the last r lambda.

    That is all of Var f* where rank Cov f* <= r <= M - rank Cov f*, and every value between is taken; it is 0 at r = M.
    Over all functions M is the number of components less one; over affine maps it may be as small as the signal.
    Measured are the two extreme minimisers, by a linear probe.

    Parameters
    ----------
    feature_class : "universal" or "linear"
        Class over which the loss is minimised.
    rank : int
        Number r of functions beside the constant.

    References
    ----------
    Saunshi, Ash, Goel, Misra, Zhang, Arora, Kakade and Krishnamurthy, "Understanding contrastive learning requires
    incorporating inductive biases", ICML 2022; HaoChen and Ma, ICLR 2023; this form this project's (A7).

    Examples
    --------
    >>> from testbed import check, theory
    >>> theory.LossAlone().sides(check.LAWS["hypercube"].law().population())
    <Sides: left 0.5, right 0.5, scale 0.5, error 0>
    """

    feature_class: FeatureClass = "universal"
    rank: Count = 2

    versions: ClassVar[Versions] = ({}, {"feature_class": "linear"})
    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Loss alone cannot explain"
    source: ClassVar[str] = "Saunshi et al., ICML 2022; HaoChen and Ma, ICLR 2023; this form this project (A7)"
    claim: ClassVar[str] = (
        "over global minimisers max e_apx - min e_apx = "
        "sum of the first r - sum of the last r of M eigenvalues of Cov f*"
    )

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """A symmetric graph, a label that is the same in both views, and r functions that are.

        The margins are minus the share of weight that is not symmetric, minus E|f* - its part that both views show|^2,
        and M - r.
        """
        if not isinstance(truth, FinitePopulation):
            return (finite_supports(truth),)
        name, found = "x1 and x2 are vertices of one symmetric graph", minimisers(truth, self.rank, self.feature_class)
        if found is None:
            return (finite_supports(truth), Assumption(name, np.asarray(-np.inf), np.asarray(False)))
        skew = np.asarray(0.5 * np.sum(np.abs(truth.p12 - truth.p12.T)))
        outside, room = np.asarray(found.outside), np.asarray(float(found.number - self.rank))
        return (
            finite_supports(truth),
            Assumption(name, -skew, skew <= EDGE),
            Assumption("the label is the same in both views", -outside, outside <= EDGE),
            Assumption("r functions are the same in both views", room, room >= 0.0),
        )

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """The difference between the two extreme minimisers, and that of the eigenvalues; NaN without a graph."""
        found = minimisers(truth, self.rank, self.feature_class) if isinstance(truth, FinitePopulation) else None
        if found is None or not isinstance(truth, FinitePopulation):
            return compared(truth, np.nan, np.nan)
        f = truth.rows(self.feature_class).f
        values = np.sort(np.linalg.eigvalsh(f.T @ f))[::-1]
        padded = np.concatenate([values, np.zeros(found.number)])[: found.number]
        right = padded[: self.rank].sum() - padded[max(found.number - self.rank, 0) :].sum()
        best, worst = (_error(truth, values) for values in (found.best, found.worst))
        return compared(truth, worst - best, right)


def _error(truth: FinitePopulation, values: Array) -> float:
    """e_apx of functions by their values at the points of x1."""
    points = np.eye(len(truth.points1))

    def psi(x1: Array) -> Array:
        place = np.argmin(np.sum((x1[:, None, :] - truth.points1) ** 2, axis=-1), axis=1)
        return np.asarray((points @ values)[place])

    return float(truth.approximation_error(psi))
