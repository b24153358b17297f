"""Reference values of the successors of Lee et al., from small integers, to the digits printed.

Each line of the table is a number, what it should be, and to how many decimals that is printed. They were computed with
code that shares nothing with this project. Names are those of docs/theory.md, A1 to A14.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from testbed._linalg import Array
from testbed.laws import Finite, JointGaussian
from testbed.laws.finite_population import FinitePopulation
from testbed.pretexts import JointEmbedding, Reconstruction
from testbed.theory import (
    CollapseOfModes,
    Exact,
    GaussianTopFunctions,
    GraphBound,
    GraphErrorBound,
    InformationBound,
    NonlinearCCABound,
    RefinedLeak,
    SharperTopFeatures,
    TopFeatures,
)
from testbed.theory.gaussian_views import _moments
from testbed.theory.graphs import graph_of
from testbed.theory.masked_contrast import masked_optimum
from testbed.theory.mean_classifier import bits
from testbed.theory.minimax import minimax_value, worst_error, worst_leading_error
from testbed.theory.nonlinear_cca import _distance, _gram
from testbed.theory.projection import contrastive_risk, fisher_projector
from testbed.theory.refinement import rows_that_pay
from tests.theory.test_nonlinear_cca import TABLE as COUNTS
from tests.theory.test_nonlinear_cca import law_of
from tests.theory.test_shared_views import diagonal

# Two classes of 25 pairs, three points a view, x2 = 0, 1, 2.
PAIRS = law_of(COUNTS[:, None]).population()
# Three classes of shares .5, .3, .2, each on two of three points, and features of the points.
BITS = bits(np.array([0.5, 0.3, 0.2]), np.array([[0.5, 0.5, 0.0], [0.0, 0.5, 0.5], [0.5, 0.0, 0.5]]),
            np.array([[1.0, 0.0], [0.0, 1.0], [-1.0, 0.0]]))  # fmt: skip
TAU = 0.38
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


def coefficient(i: int) -> float:
    """|E f* u_i|^2, u_i the i-th singular function of the pairs, the constants the zeroth."""
    root = np.sqrt(PAIRS.p1)[:, None]
    return float(np.sum((PAIRS.operator[0][:, i] @ (root * PAIRS.f_table)) ** 2))


def residual() -> float:
    """E|f* - E[f* | X2]|^2."""
    return sides(TopFeatures(1), PAIRS)[1] * (1.0 - float(PAIRS.spectrum[2]) ** 2)


def edge(task: JointEmbedding | Reconstruction, v: float, high: float) -> float:
    """The augmentation of the irrelevant coordinates from which on a task keeps the signal, by bisection."""
    low = 0.0
    for _ in range(40):
        middle = 0.5 * (low + high)
        law = diagonal(v, middle)
        keeps = float(law.population().approximation_error(task.optimum(law))) < 0.4
        low, high = (low, middle) if keeps else (middle, high)
    return high


def hermite(rho: float) -> float:
    """Largest deviation of E h_a(z1) h_b(z2) from rho^a if a = b, otherwise 0, for degrees to 5."""
    return float(np.abs(_moments(np.asarray(rho), 5) - np.diag(rho ** np.arange(6.0))).max())


def refined(n: int) -> float:
    """E eps_CI^2 after refining where tr Cov(X2|X1,Y) tr(S11^-1 S11|y) = 30.806; d1 = 6, k = 2, d2 = 4."""
    root = np.zeros((12, 12))  # x1, x2, y in (e1, e2, y)
    root[:6, :6], root[:2, 10:] = np.eye(6), np.eye(2) / np.sqrt(3.0)
    root[6:10, 6:10], root[6:8, 10:], root[6:10, :4] = np.sqrt(30.806 / 22.0) * np.eye(4), np.eye(2), 0.7 * np.eye(4)
    root[10:, 10:] = np.eye(2)
    return float(RefinedLeak(n).sides(JointGaussian(root @ root.T, 6, 4, 2).population()).right)


def sides(statement: Exact, truth: FinitePopulation) -> tuple[float, float]:
    found = statement.sides(truth)
    return float(found.left), float(found.right)


TABLE: dict[str, tuple[Callable[[], float], float, int]] = {
    # A1: the leading functions of the pairs, u_0 = 1; r counts the constant
    "A1, s_0": (lambda: float(PAIRS.spectrum[0]), 1.0, 12),
    "A1, s_1": (lambda: float(PAIRS.spectrum[1]), 0.607696, 6),
    "A1, s_2": (lambda: float(PAIRS.spectrum[2]), 0.311501, 6),
    "A1, c_0^2": (lambda: coefficient(0), 0.507200, 6),
    "A1, c_1^2": (lambda: coefficient(1), 0.067508, 6),
    "A1, c_2^2": (lambda: coefficient(2), 0.023006, 6),
    "A1, E|f* - E[f*|X2]|^2": (residual, 0.0633516, 7),
    "A1, r = 1, e_apx": (lambda: coefficient(1) + coefficient(2), 0.0905143, 7),
    "A1, r = 1, both bounds": (lambda: residual() / (1.0 - float(PAIRS.spectrum[1]) ** 2), 0.1004455, 7),
    "A1, r = 2, e_apx": (lambda: coefficient(2), 0.0230062, 7),
    "A1, r = 2, bound I13": (lambda: sides(TopFeatures(1), PAIRS)[1], 0.0701593, 7),
    "A1, r = 2, sharper": (
        lambda: sides(SharperTopFeatures(1), PAIRS)[1] / (1.0 - float(PAIRS.spectrum[2]) ** 2),
        0.0230062,
        7,
    ),
    # A2, the line graph: lambda, squared error <= phi / lambda, share of errors <= 2 phi / lambda
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
    # A3, the worst label at s = (.9, .6, .3), c = .7, d = 1
    "minimax, V": (lambda: minimax_value(S, 0.7, 1), 32 / 45, 12),
    "minimax, linear programme": (lambda: worst_leading_error(S, 0.7, 1), 32 / 45, 12),
    "minimax, dual": (lambda: worst_error(S, 0.7, np.eye(3)[:, :1]), 32 / 45, 7),
    # A4: three classes, features (1, 0), (0, 1), (-1, 0)
    "A4, L_un": (lambda: BITS[1] * (1.0 - TAU) + TAU, 0.9908017, 7),
    "A4, L_sup": (lambda: BITS[0], 0.7973589, 7),
    "A4, bound": (lambda: BITS[1], 0.9851640, 7),
    # A5: signal of variance 1, augmentation .2; the rest of variance v
    "A5, joint embedding, v = .3": (lambda: edge(JointEmbedding(1), 0.3, 1.0), 0.06, 7),
    "A5, joint embedding, v = 1": (lambda: edge(JointEmbedding(1), 1.0, 1.0), 0.2, 7),
    "A5, joint embedding, v = 10": (lambda: edge(JointEmbedding(1), 10.0, 10.0), 2.0, 6),
    "A5, reconstruction, v = .3": (lambda: edge(Reconstruction(1), 0.3, 1.0), 0.0, 7),
    "A5, reconstruction, v = 1": (lambda: edge(Reconstruction(1), 1.0, 1.0), 0.2, 7),
    "A5, reconstruction, v = 10": (lambda: edge(Reconstruction(1), 10.0, 1000.0), 110.0, 5),
    # A8, projecting on Fisher's space: M = I, then P'P
    "projector, first row": (lambda: float(np.abs(P[0] - [1.0, -1.0]).max()), 0.0, 12),
    "projector, second row": (lambda: float(np.abs(P[1]).max()), 0.0, 12),
    "projection, logistic before": (lambda: loss("logistic", np.eye(2)), 2.3004502, 7),
    "projection, logistic after": (lambda: loss("logistic", P.T @ P), 1.4537234, 7),
    "projection, spectral before": (lambda: loss("spectral", np.eye(2)), 6.28, 12),
    "projection, spectral after": (lambda: loss("spectral", P.T @ P), 0.28, 12),
    "projection, InfoNCE before": (lambda: loss("infonce", np.eye(2)), 1.3768814, 7),
    "projection, InfoNCE after": (lambda: loss("infonce", P.T @ P), 0.7341144, 7),
    # A9, Hermite products, and the leading two functions of Gaussian views: rho_2 against rho_1^2 = .64
    **{f"A9, moments, rho = {rho:g}": (lambda rho=rho: hermite(rho), 0.0, 14) for rho in (0.3, 0.7, 0.95, -0.5)},
    "Gaussian views, .8 and .6": (lambda: lost(0.8, 0.6), 1.0, 12),
    "Gaussian views, .8 and .7": (lambda: lost(0.8, 0.7), 0.0, 12),
    # A6, variance-covariance loss at c = (.3, 1.2, 2.5): energies, and the value at r = 3
    "collapse, m_1": (lambda: float(CollapseOfModes(3).energies(MODES)[0]), 0.85, 12),
    "collapse, m_2": (lambda: float(CollapseOfModes(3).energies(MODES)[1]), 0.4, 12),
    "collapse, m_3": (lambda: float(CollapseOfModes(3).energies(MODES)[2]), 0.0, 12),
    "collapse, value": (lambda: float(CollapseOfModes(3).sides(MODES).right), 2.1175, 12),
    "collapse, least loss": (lambda: float(CollapseOfModes(3).sides(MODES).left), 2.1175, 12),
    # A11: the top two functions of the pairs, both classes
    "A11, eps_op": (lambda: float(_distance(PAIRS)), 0.4998668, 7),
    "A11, s_2": (lambda: float(PAIRS.spectrum[2]), 0.3115006, 7),
    "A11, tr M K^+ M'": (lambda: float(np.trace(PAIRS.M @ _gram(PAIRS)[1] @ PAIRS.M.T)), 2.7057035, 7),
    "A11, e_apx": (lambda: sides(NonlinearCCABound(), PAIRS)[0], 0.0230062, 7),
    "A11, bound": (lambda: sides(NonlinearCCABound(), PAIRS)[1], 1.7812109, 7),
    "A11, bound of eps_op alone": (lambda: sides(NonlinearCCABound("distance"), PAIRS)[1], 2.7043, 4),
    # A12: x2 = 0, 1, 2
    "A12, eps_CI^2": (lambda: sides(InformationBound(), PAIRS)[0], 0.1074286, 7),
    "A12, nats": (lambda: float(PAIRS.mutual_information("x1", "x2", "yz")), 0.2318715, 7),
    "A12, bound": (lambda: sides(InformationBound(), PAIRS)[1], 0.4637431, 7),
    # A13, masked contrast: U = (1, 1, 1)', noise variances (.1, 2, 30), r = 1: W'W = (2 / 4) vv', v = U / sqrt 3
    "masked contrast, W'W": (lambda: float(np.abs(masked_optimum(SHOWN, 1) - 0.5 / 3.0).max()), 0.0, 12),
    # A14, refining with labels: x1 = (y + e1, e2), x2 = y + e1/2 + e3
    "refining, leak": (lambda: float(LEAK.epsilon_ci("linear", "y") ** 2), 0.125, 12),
    "refining, leak after, n = 12": (lambda: float(RefinedLeak(12).sides(LEAK).right), 0.2142857, 7),
    "refining, rows that pay": (lambda: float(rows_that_pay(LEAK)), 17.0, 9),
    "refining six coordinates, n = 14": (lambda: refined(14), 7.70, 2),
    "refining six coordinates, n = 30": (lambda: refined(30), 1.540, 3),
    "refining six coordinates, n = 100": (lambda: refined(100), 0.3423, 4),
}


@pytest.mark.parametrize("name", TABLE)
def test_reference_value(name: str) -> None:
    found, value, decimals = TABLE[name]
    assert found() == pytest.approx(value, abs=0.5000001 * 10.0**-decimals)
