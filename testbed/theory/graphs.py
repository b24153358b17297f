"""Bounds of the lowest eigenvectors of an augmentation graph, without hidden constants (HaoChen et al. 2021)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from testbed._linalg import Array
from testbed.allowed import Count
from testbed.laws import Population
from testbed.laws.finite_population import FinitePopulation
from testbed.screens import short
from testbed.theory.base import EDGE, Assumption, Exact, Kind, Sides, Versions, compared
from testbed.theory.conditions import finite_supports

__all__ = ["GraphBound", "GraphErrorBound", "GraphView", "graph_of", "sparsest_partition"]

HAOCHEN = "HaoChen, Wei, Gaidon and Ma, NeurIPS 2021; this form this project (A2)"
LISTED = 12  # vertices up to which all partitions are looked at
EVEN = 1e-9  # difference of two outputs of a read-out up to which they are a tie, and so an error


class GraphView(NamedTuple):
    """A finite law of views as a graph: its points are vertices, P(X1, X2) the weights of its edges."""

    weight: Array  # (N, N) with sum 1
    mass: Array  # (N,) of the vertices
    label: Array  # (N, k) E[Y | X1]
    values: Array  # (N,) eigenvalues of I - D^{-1/2} W D^{-1/2}, rising from 0
    vectors: Array  # (N, N) eigenvectors

    def __repr__(self) -> str:
        return short(self)

    @property
    def cut(self) -> float:
        """phi^y, the share of weight between vertices of two classes."""
        y = np.argmax(self.label, axis=1)
        return float(np.sum(self.weight * (y[:, None] != y)))


def graph_of(truth: FinitePopulation) -> GraphView | None:
    """The graph of a law whose views have the same points, None for others; weights are made symmetric."""
    if truth.points1.shape != truth.points2.shape or not np.array_equal(truth.points1, truth.points2):
        return None
    weight = 0.5 * (truth.p12 + truth.p12.T)
    mass = weight.sum(axis=1)
    root = np.sqrt(np.outer(mass, mass))
    values, vectors = np.linalg.eigh(np.eye(len(mass)) - weight / root)
    return GraphView(weight, mass, truth.f_table, values, vectors)


def sparsest_partition(graph: GraphView, parts: int) -> float:
    """rho_m, the conductance of the sparsest partition into m parts; NaN for more than 12 vertices.

    rho_m = min over partitions S_1, ..., S_m of the vertices of max_i w(S_i, rest) / w(S_i), by enumeration. The
    theorem of HaoChen et al. (2021) is printed as an error of order phi^y / rho_{r/2}^2, with constants and logarithms
    that it does not name, so it is a rate at best and no statement of the ledger. Of what links rho to the eigenvalues
    one half has no hidden constant: lambda_m <= 2 rho_m.

    Raises
    ------
    ValueError
        For fewer than 1 part, or more than vertices.
    """
    n = len(graph.mass)
    if not 1 <= parts <= n:
        raise ValueError(f"parts = {parts}: a whole number from 1 to {n}, the number of vertices")
    if n > LISTED:
        return float("nan")
    inside = (np.arange(2**n)[:, None] >> np.arange(n)) & 1  # every set of vertices
    own = np.einsum("si,ij,sj->s", inside, graph.weight, inside)
    whole = inside @ graph.mass
    conductance = 1.0 - own / np.where(whole > 0.0, whole, 1.0)
    best, sets = conductance.copy(), np.arange(2**n)
    best[0] = np.inf
    for _ in range(parts - 1):
        before, best = best, np.full(2**n, np.inf)
        for part in range(1, 2**n):  # the part that holds the first vertex of a set, taken out of it
            hosts = sets[(sets & part == part) & ((sets & -sets) == (part & -part)) & (sets != part)]
            best[hosts] = np.minimum(best[hosts], np.maximum(conductance[part], before[hosts ^ part]))
    return float(max(best[-1], 0.0))


class _OfGraph(Exact):
    """A statement about the r lowest eigenvectors of a graph, divided by the roots of the masses of the vertices."""

    rank: Count

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """A symmetric graph in one piece or few, whose vertices have one class each.

        The margins are minus the share of weight that is not symmetric, minus E tr Cov(Y | X1), and lambda_{r+1}, which
        is 0 for a graph of more than r components.
        """
        if not isinstance(truth, FinitePopulation):
            return (finite_supports(truth),)
        name = "x1 and x2 are vertices of one symmetric graph"
        graph = graph_of(truth)
        if graph is None:
            return (finite_supports(truth), Assumption(name, np.asarray(-np.inf), np.asarray(False)))
        skew = np.asarray(0.5 * np.sum(np.abs(truth.p12 - truth.p12.T)))
        mixed = truth.bayes_noise
        room = len(graph.mass) - self.rank - 1
        after = np.asarray(graph.values[self.rank] if room >= 0 else 0.0)
        spare = Assumption(f"more than {self.rank} vertices", np.asarray(float(room)), np.asarray(room >= 0))
        apart = Assumption("lambda_{r+1} > 0", after, after > EDGE)
        return (
            finite_supports(truth),
            Assumption(name, -skew, skew <= EDGE),
            Assumption("each vertex has one class", -mixed, mixed <= EDGE),
            apart if room >= 0 else spare,
        )

    def _read(self, truth: Population) -> tuple[GraphView, Array, float] | None:
        """The graph, the best linear read-out of its features at the vertices, and phi^y / lambda_{r+1}."""
        graph = graph_of(truth) if isinstance(truth, FinitePopulation) else None
        if graph is None:
            return None
        psi = graph.vectors[:, : self.rank]
        root = np.sqrt(graph.mass)[:, None]
        read = psi @ (psi.T @ (root * graph.label)) / root
        after = graph.values[self.rank] if self.rank < len(graph.mass) else 0.0
        return graph, read, graph.cut / after if after > EDGE else np.inf


@dataclass(frozen=True, repr=False)
class GraphBound(_OfGraph):
    """Squared error of a linear probe on the r lowest eigenvectors of a graph: at most phi^y / lambda_{r+1}.

    min over W of E|y - W'psi|^2 <= phi^y / lambda_{r+1}, phi^y the share of weight between two classes and
    0 = lambda_1 <= lambda_2 <= ... the eigenvalues of I - D^{-1/2} W D^{-1/2}: the Dirichlet forms of the classes sum
    to phi^y. The features are those of the spectral contrastive loss with one encoder.

    Parameters
    ----------
    rank : int
        Number r of features, that of the constants included.

    References
    ----------
    HaoChen, Wei, Gaidon and Ma, "Provable guarantees for self-supervised deep learning with spectral contrastive
    loss", NeurIPS 2021, whose theorem has a hidden constant and the conductance; this form is this project's.

    Examples
    --------
    >>> from testbed import check, theory
    >>> theory.GraphBound().sides(check.LAWS["graph"].population())
    <Sides: left 0.305897, right 0.688791, scale 0.652647, error 0>
    """

    rank: Count = 2

    versions: ClassVar[Versions] = ({}, {"rank": 3})
    kind: ClassVar[Kind] = "inequality"
    title: ClassVar[str] = "Graph bound, squared error"
    source: ClassVar[str] = HAOCHEN
    claim: ClassVar[str] = "min_W E|y - W'psi|^2 <= phi^y / lambda_{r+1}"

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """The error, and the bound, infinite where lambda_{r+1} is 0; NaN without a graph."""
        found = self._read(truth)
        if found is None:
            return compared(truth, np.nan, np.nan)
        graph, read, bound = found
        return compared(truth, np.sum(graph.mass[:, None] * (graph.label - read) ** 2), bound)


@dataclass(frozen=True, repr=False)
class GraphErrorBound(_OfGraph):
    """Share of vertices that the probe gets wrong: at most 2 phi^y / lambda_{r+1}, ties counted as errors.

    P(argmax W'psi != y) <= 2 phi^y / lambda_{r+1}, W the minimiser of `GraphBound`: an error costs at least 1/2 of
    squared error. The factor 2 is needed: two vertices joined like each to itself attain it.

    Parameters
    ----------
    rank : int
        Number r of features, that of the constants included.

    References
    ----------
    HaoChen, Wei, Gaidon and Ma, "Provable guarantees for self-supervised deep learning with spectral contrastive
    loss", NeurIPS 2021, whose theorem has a hidden constant and the conductance; this form is this project's.

    Examples
    --------
    >>> from testbed import check, theory
    >>> theory.GraphErrorBound().sides(check.LAWS["graph"].population())
    <Sides: left 0.237114, right 1.37758, scale 1, error 0>
    """

    rank: Count = 2

    versions: ClassVar[Versions] = ({}, {"rank": 3})
    kind: ClassVar[Kind] = "inequality"
    title: ClassVar[str] = "Graph bound, share of errors"
    source: ClassVar[str] = HAOCHEN
    claim: ClassVar[str] = "P(argmax W'psi != y) <= 2 phi^y / lambda_{r+1}, ties are errors"

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """The share of errors, and the bound, infinite where lambda_{r+1} is 0; NaN without a graph."""
        found = self._read(truth)
        if found is None:
            return compared(truth, np.nan, np.nan, 1.0)
        graph, read, bound = found
        own = np.argmax(graph.label, axis=1)
        right = np.take_along_axis(read, own[:, None], axis=1)
        others = np.where(np.arange(read.shape[1]) == own[:, None], -np.inf, read).max(axis=1)
        wrong = right[:, 0] <= others + EVEN
        return compared(truth, graph.mass @ wrong, 2.0 * bound, 1.0)
