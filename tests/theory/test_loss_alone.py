"""Minimisers of one loss: the hypercube, exact, and random graphs in several pieces."""

from __future__ import annotations

import numpy as np
import pytest

from testbed._linalg import Array
from testbed.generators import Hypercube
from testbed.laws import Finite
from testbed.laws.finite_population import FinitePopulation
from testbed.laws.shared_views import pooled_views, white_views
from testbed.pretexts import ACE, Contrastive, JointEmbedding
from testbed.pretexts.base import Unknown
from testbed.theory import LossAlone
from testbed.theory.graphs import graph_of
from testbed.theory.loss_alone import minimisers


def loss(truth: FinitePopulation, values: Array) -> float:
    """-2 E f(x1)'f(x2) + E (f(x1)'f(x2'))^2 of functions by their values at the points."""
    moved = values.T @ truth.p12 @ values
    square = values.T @ (truth.p1[:, None] * values)
    return float(-2.0 * np.trace(moved) + np.sum(square**2))


@pytest.mark.parametrize("d", [4, 5, 6])
def test_the_graph_of_the_hypercube_has_two_eigenvalues(d: int) -> None:
    graph = graph_of(Hypercube(d).law().population())
    assert graph is not None
    np.testing.assert_allclose(graph.values, np.repeat([0.0, 1.0], 2**d), atol=1e-12)


@pytest.mark.parametrize("d", [4, 5])
def test_every_rank_has_a_global_minimiser_that_knows_nothing(d: int) -> None:
    truth = Hypercube(d).law().population()
    for rank in (2, 2 ** (d - 1), 2**d - 2):
        found = minimisers(truth, rank, "universal")
        assert found is not None and found.number == 2**d - 1
        for values in (found.best, found.worst):
            assert loss(truth, values) == pytest.approx(-rank, abs=1e-9)
        sides = LossAlone(rank=rank).sides(truth)
        assert LossAlone(rank=rank).applies(truth)
        np.testing.assert_allclose([sides.left, sides.right], [0.5, 0.5], atol=1e-9)  # Var of a one-hot label


def test_linear_functions_know_the_signal_and_lose_the_rest() -> None:
    for d, s in ((4, 2), (5, 2), (5, 3)):
        losses = {}
        for label in ("signal", "spurious", "product"):
            law = Hypercube(d, s, label).law()  # type: ignore[arg-type]
            truth = law.population()
            views = pooled_views(truth.mean1, truth.mean2, truth.s11, truth.s12, truth.s22)
            values = np.sort(np.linalg.eigvalsh(white_views(views)[2]))
            np.testing.assert_allclose(values, np.repeat([0.0, 0.1], [s, d - s]), atol=1e-12)
            losses[label] = float(truth.approximation_error(JointEmbedding(s).optimum(law)))
        assert losses == pytest.approx({"signal": 0.0, "spurious": 0.5, "product": 0.5}, abs=1e-12)
        spread = LossAlone("linear", s)
        assert spread.applies(Hypercube(d, s).law().population())
        np.testing.assert_allclose(spread.sides(Hypercube(d, s).law().population()).left, 0.0, atol=1e-12)


def test_there_is_no_one_optimum_over_all_functions() -> None:
    """The functions after the last have its value too, and know of the label: the optimum is unknown, with a reason.

    What is learnt is one of the minimisers, with an e_apx inside the range of all of them.
    """
    rng = np.random.default_rng(72)
    for label in ("signal", "spurious", "product"):
        law = Hypercube(4, 2, label).law()  # type: ignore[arg-type]
        for task in (ACE(2), Contrastive("spectral", rank=3), Contrastive("spectral", rank=3, shared=True)):
            optimum = task.optimum(law)
            assert isinstance(optimum, Unknown) and "there is no one optimum" in optimum.reason
            psi = task.fit(law.sample(5000, rng), law, rng)
            assert -1e-9 <= float(law.population().approximation_error(psi)) <= 0.5 + 1e-9
        whole = ACE(15).optimum(law)  # all functions of the signs
        assert float(law.population().approximation_error(whole)) < 1e-9


def pieces(rng: np.random.Generator) -> Finite:
    """A graph of 2 to 6 pieces without an edge between them, in each of which all vertices have one class."""
    number = int(rng.integers(2, 7))
    piece = np.sort(np.concatenate([np.arange(number), rng.integers(0, number, size=int(rng.integers(2, 8)))]))
    weight = rng.exponential(size=(len(piece), len(piece))) * (piece[:, None] == piece)
    label = np.concatenate([np.arange(2), rng.integers(0, 3, size=number)])[:number][piece]
    return Finite.from_graph(weight + weight.T, np.unique(label, return_inverse=True)[1])


def test_graphs_in_pieces_leave_room() -> None:
    """The equality is that of 300 laws in test_three_hundred_laws.py; here, that the interval is seldom a point."""
    rng = np.random.default_rng(71)
    rights = [float(LossAlone(rank=1).sides(pieces(rng).population()).right) for _ in range(60)]
    assert sum(right > 0.0 for right in rights) > 20
