"""Reference values of the successors of Lee et al., from small integers, to the digits printed.

Each line of the table is a number, what it should be, and to how many decimals that is printed. They were computed with
code that shares nothing with this project.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from testbed._linalg import Array
from testbed.laws import Finite, JointGaussian
from testbed.laws.finite_population import FinitePopulation
from testbed.theory import CollapseOfModes, GaussianTopFunctions, GraphBound, GraphErrorBound, RefinedLeak
from testbed.theory.graphs import graph_of
from testbed.theory.masked_contrast import masked_optimum
from testbed.theory.minimax import minimax_value, worst_error, worst_leading_error
from testbed.theory.projection import contrastive_risk, fisher_projector
from testbed.theory.refinement import rows_that_pay

# Three vertices on a line, the middle one of another class.
LINE = Finite.from_graph(np.array([[4, 4, 0], [4, 2, 4], [0, 4, 2]]) / 24, [0, 1, 0]).population()
# Two vertices joined like each to itself: every output of the read-out is a tie.
TIED = Finite.from_graph(np.ones((2, 2)) / 4, [0, 1]).population()
S = np.array([0.9, 0.6, 0.3])
# x = (u + q, q): the state shows in u = +-1, the noise q = +-1 is fair.
NOISE = Finite.from_noise(
    [0.6, 0.4], [[0.8, 0.2], [0.2, 0.8]], [[1.0], [-1.0]], [[1.0], [-1.0]], [[1.0, 1.0], [0.0, 1.0]]
).population()
MODES = JointGaussian(  # c = 2 (1 - rho)
    np.eye(7) + np.diag([0.85, 0.4, -0.25, 0.0], 3) + np.diag([0.85, 0.4, -0.25, 0.0], -3), 3, 3, 1
).population()
ROWS = np.array([[1, 1, 0, 0], [0, 0, 1, 0], [1, 0.5, 0, 1], [1, 0, 0, 0]])  # (x1, x2, y) in (y, e1, e2, e3)
LEAK = JointGaussian(ROWS @ ROWS.T, 2, 1, 1).population()
SHOWN = np.ones((3, 3)) + np.diag([0.1, 2.0, 30.0])
P = fisher_projector(NOISE.mean1, NOISE.s1y, NOISE.syy, NOISE.s11)


def lam(place: int) -> float:
    graph = graph_of(LINE)
    assert graph is not None
    return float(graph.values[place - 1])


def loss(name: str, m: Array) -> float:
    return contrastive_risk(NOISE, NOISE.points1 @ m @ NOISE.points2.T, name, negatives=1)  # type: ignore[arg-type]


def lost(*correlations: float, rank: int = 2) -> float:
    """e_apx of the leading functions of Gaussian views, for a label that is the last variable."""
    law = JointGaussian.from_correlations(correlations, np.eye(len(correlations))[-1:])
    return float(GaussianTopFunctions(rank).sides(law.population()).left)


def sides(statement: GraphBound | GraphErrorBound, truth: FinitePopulation) -> tuple[float, float]:
    found = statement.sides(truth)
    return float(found.left), float(found.right)


TABLE: dict[str, tuple[Callable[[], float], float, int]] = {
    # the line graph: lambda, squared error <= phi / lambda, share of errors <= 2 phi / lambda
    "graph, lambda_2": (lambda: lam(2), 0.5747450, 7),
    "graph, lambda_3": (lambda: lam(3), 1.3919217, 7),
    "graph, r = 1, squared error": (lambda: sides(GraphBound(1), LINE)[0], 0.4861111, 7),
    "graph, r = 1, bound": (lambda: sides(GraphBound(1), LINE)[1], 1.1599347, 7),
    "graph, r = 2, squared error": (lambda: sides(GraphBound(2), LINE)[0], 0.4739204, 7),
    "graph, r = 2, bound": (lambda: sides(GraphBound(2), LINE)[1], 0.4789541, 7),
    "graph, r = 2, share of errors": (lambda: sides(GraphErrorBound(2), LINE)[0], 2 / 3, 12),
    "graph, r = 2, bound of errors": (lambda: sides(GraphErrorBound(2), LINE)[1], 0.9579083, 7),
    "tied graph, r = 1, share of errors": (lambda: sides(GraphErrorBound(1), TIED)[0], 1.0, 12),
    "tied graph, r = 1, phi / lambda": (lambda: sides(GraphBound(1), TIED)[1], 0.5, 12),
    # the worst label at s = (.9, .6, .3), c = .7, d = 1
    "minimax, V": (lambda: minimax_value(S, 0.7, 1), 32 / 45, 12),
    "minimax, linear programme": (lambda: worst_leading_error(S, 0.7, 1), 32 / 45, 12),
    "minimax, dual": (lambda: worst_error(S, 0.7, np.eye(3)[:, :1]), 32 / 45, 7),
    # projecting on Fisher's space: M = I, then P'P
    "projector, first row": (lambda: float(np.abs(P[0] - [1.0, -1.0]).max()), 0.0, 12),
    "projector, second row": (lambda: float(np.abs(P[1]).max()), 0.0, 12),
    "projection, logistic before": (lambda: loss("logistic", np.eye(2)), 2.3004502, 7),
    "projection, logistic after": (lambda: loss("logistic", P.T @ P), 1.4537234, 7),
    "projection, spectral before": (lambda: loss("spectral", np.eye(2)), 6.28, 12),
    "projection, spectral after": (lambda: loss("spectral", P.T @ P), 0.28, 12),
    "projection, InfoNCE before": (lambda: loss("infonce", np.eye(2)), 1.3768814, 7),
    "projection, InfoNCE after": (lambda: loss("infonce", P.T @ P), 0.7341144, 7),
    # leading two functions of Gaussian views: rho_2 against rho_1^2 = .64
    "Gaussian views, .8 and .6": (lambda: lost(0.8, 0.6), 1.0, 12),
    "Gaussian views, .8 and .7": (lambda: lost(0.8, 0.7), 0.0, 12),
    # variance-covariance loss at c = (.3, 1.2, 2.5): energies, and the value at r = 3
    "collapse, m_1": (lambda: float(CollapseOfModes(3).energies(MODES)[0]), 0.85, 12),
    "collapse, m_2": (lambda: float(CollapseOfModes(3).energies(MODES)[1]), 0.4, 12),
    "collapse, m_3": (lambda: float(CollapseOfModes(3).energies(MODES)[2]), 0.0, 12),
    "collapse, value": (lambda: float(CollapseOfModes(3).sides(MODES).right), 2.1175, 12),
    "collapse, least loss": (lambda: float(CollapseOfModes(3).sides(MODES).left), 2.1175, 12),
    # masked contrast: U = (1, 1, 1)', noise variances (.1, 2, 30), r = 1: W'W = (2 / 4) vv', v = U / sqrt 3
    "masked contrast, W'W": (lambda: float(np.abs(masked_optimum(SHOWN, 1) - 0.5 / 3.0).max()), 0.0, 12),
    # refining with labels: x1 = (y + e1, e2), x2 = y + e1/2 + e3
    "refining, leak": (lambda: float(LEAK.epsilon_ci("linear", "y") ** 2), 0.125, 12),
    "refining, leak after, n = 12": (lambda: float(RefinedLeak(12).sides(LEAK).right), 0.2142857, 7),
    "refining, rows that pay": (lambda: float(rows_that_pay(LEAK)), 17.0, 9),
}


@pytest.mark.parametrize("name", TABLE)
def test_reference_value(name: str) -> None:
    found, value, decimals = TABLE[name]
    assert found() == pytest.approx(value, abs=0.5000001 * 10.0**-decimals)
