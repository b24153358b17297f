"""The sparsest partition of a graph, by its definition, and the half of Cheeger's inequality without a constant."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from testbed.laws import Finite
from testbed.theory.graphs import GraphView, graph_of, sparsest_partition
from tests.theory.test_successors import LAWS_EACH, Rng


def drawn(rng: Rng, s: int) -> GraphView:
    weight = rng.exponential(size=(s, s)) * (rng.random((s, s)) < rng.uniform(0.3, 1.0)) + 1e-3 * np.eye(s)
    graph = graph_of(Finite.from_graph(weight + weight.T, np.arange(s) % 2).population())
    assert graph is not None
    return graph


def by_definition(graph: GraphView, parts: int) -> float:
    """Every way to colour the vertices."""
    found = np.inf
    for colours in product(range(parts), repeat=len(graph.mass)):
        if len(set(colours)) == parts:
            sides = [np.array(colours) == c for c in range(parts)]
            found = min(found, max(graph.weight[np.ix_(a, ~a)].sum() / graph.mass[a].sum() for a in sides))
    return found


def test_against_all_colourings() -> None:
    rng = np.random.default_rng(22)
    for _ in range(10):
        graph = drawn(rng, 5)
        for parts in (2, 3, 5):
            assert sparsest_partition(graph, parts) == pytest.approx(by_definition(graph, parts), abs=1e-12)


def test_eigenvalues_are_at_most_twice_the_conductance() -> None:
    rng = np.random.default_rng(23)
    for _ in range(LAWS_EACH):
        graph = drawn(rng, int(rng.integers(3, 6)))
        for parts in range(1, len(graph.mass) + 1):
            assert graph.values[parts - 1] <= 2.0 * sparsest_partition(graph, parts) + 1e-12


def test_one_part_and_pieces_cost_nothing_and_large_graphs_are_not_enumerated() -> None:
    apart = graph_of(Finite.from_graph(np.kron(np.eye(3), np.ones((2, 2))), [0, 0, 1, 1, 1, 1]).population())
    large = graph_of(Finite.from_graph(np.ones((13, 13)), np.arange(13) % 2).population())
    assert apart is not None and large is not None
    assert [sparsest_partition(apart, m) for m in (1, 2, 3)] == pytest.approx([0.0] * 3, abs=1e-12)
    assert sparsest_partition(apart, 4) == pytest.approx(0.5)
    assert np.isnan(sparsest_partition(large, 2))
    with pytest.raises(ValueError, match="parts = 7: a whole number from 1 to 6"):
        sparsest_partition(apart, 7)
