"""One encoder on two views: closed forms against an optimiser on random laws, collapse, and thresholds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize

from testbed.generators import Augmented
from testbed.laws import JointGaussian, Law
from testbed.laws.shared_views import pooled_views
from testbed.pretexts import JointEmbedding, Reconstruction, VICReg
from testbed.theory import CollapseOfModes, JointEmbeddingLoss, ReconstructionLoss
from tests.laws.random_laws import finite, gaussian

Rng = np.random.Generator


def random_views(rng: Rng) -> Law:
    """Views of 1 to 5 coordinates: jointly Gaussian, or a table whose x2 has points of the same dimension."""
    if rng.random() < 0.5:
        d = int(rng.integers(1, 6))
        return gaussian(rng, d1=d, d2=d)
    law = finite(rng)
    other = rng.normal(size=(len(law.v2), law.v1.shape[1]))
    return type(law)(law.joint, law.v1, other)


def diagonal(v: float, alpha: float, signal: int = 1, rest: int = 2) -> Law:
    """Signal of variance 1 and augmentation .2, the rest of variance v and augmentation alpha; the signal is y."""
    d = signal + rest
    c = np.zeros((2 * d + signal,) * 2)
    variance = np.r_[np.ones(signal), np.full(rest, v)]
    c[:d, :d] = c[d : 2 * d, d : 2 * d] = np.diag(variance)
    c[:signal, 2 * d :], c[2 * d :, :signal], c[2 * d :, 2 * d :] = (np.eye(signal),) * 3
    levels = np.sqrt(np.r_[np.full(signal, 0.2), np.full(rest, alpha)])
    return Augmented(JointGaussian(c, d, d, signal), "gaussian", tuple(map(float, levels))).law()


def test_no_optimiser_finds_less_and_none_needs_more() -> None:
    rng, tried, collapsed = np.random.default_rng(61), 0, 0
    for _ in range(60):
        truth, rank = random_views(rng).population(), int(rng.integers(1, 5))
        beta, penalty = float(rng.uniform(0.1, 3.0)), float(rng.choice([0.0, rng.exponential()]))
        modes = CollapseOfModes(rank, beta, penalty)
        collapsed += int(np.sum(modes.energies(truth) == 0.0))
        for statement in (modes, JointEmbeddingLoss(rank), ReconstructionLoss(rank)):
            if statement.applies(truth):
                left, right, scale, _ = map(float, statement.sides(truth))
                assert abs(left - right) <= 1e-9 * max(scale, 1.0), (statement, left, right)
                tried += 1
    assert tried > 140 and collapsed > 20


def test_energies_are_those_of_any_optimum() -> None:
    """The loss in W itself, from random starts: eigenvalues of E f f' are the m_i."""
    rng = np.random.default_rng(62)
    for _ in range(40):
        truth, rank = gaussian(rng, d1=3, d2=3).population(), int(rng.integers(1, 5))
        modes = CollapseOfModes(rank, float(rng.uniform(0.2, 2.0)), float(rng.uniform(0.0, 0.3)))
        views = pooled_views(truth.mean1, truth.mean2, truth.s11, truth.s12, truth.s22)
        found = minimize(
            lambda flat, modes=modes, views=views, rank=rank: float(modes.loss(views, flat.reshape(3, rank))),
            rng.normal(size=3 * rank), method="L-BFGS-B", options={"maxiter": 3000, "maxfun": 10**5, "ftol": 1e-15},
        )  # fmt: skip
        w = found.x.reshape(3, rank)
        energies = np.sort(np.linalg.eigvalsh(w.T @ views.square @ w))[::-1]
        np.testing.assert_allclose(energies, modes.energies(truth), atol=2e-3)
        np.testing.assert_allclose(found.fun, modes.sides(truth).right, rtol=1e-5)


def test_a_mode_collapses_when_its_c_reaches_2() -> None:
    for beta, kept in ((1.0, [True, True]), (2.49, [True, True]), (2.51, [True, False]), (10.1, [False, False])):
        c = JointGaussian.from_correlations([0.9, 0.6], np.eye(2))  # c = 2 beta (1 - rho)
        psi = VICReg(2, beta=beta).optimum(c)
        assert list(np.linalg.norm(psi.weight, axis=0) > 0.0) == kept  # type: ignore[union-attr]


@pytest.mark.parametrize(("v", "joint", "rebuilt"), [(0.3, 0.06, 0.0), (1.0, 0.2, 0.2), (10.0, 2.0, 110.0)])
def test_thresholds_of_the_diagonal_law(v: float, joint: float, rebuilt: float) -> None:
    """The signal is kept above v a_s / (s a) by one task, above (v^2 (s + a_s) / s^2 - v) / a by the other."""
    for task, edge in ((JointEmbedding(1), joint), (Reconstruction(1), rebuilt)):
        for alpha in (0.5 * edge, 0.999 * edge, 1.001 * edge + 1e-3, 2.0 * edge + 1.0):
            truth = diagonal(v, alpha).population()
            lost, known = float(truth.approximation_error(task.optimum(diagonal(v, alpha)))), 1.0 / 1.2
            assert lost == pytest.approx(0.0 if alpha > edge else known, abs=1e-9) or alpha == edge == 0.0


def test_random_settings_of_the_diagonal_law_follow_the_thresholds() -> None:
    """Three signals among six coordinates, and reconstruction is the one that needs less iff v < s."""
    rng = np.random.default_rng(63)
    for _ in range(300):
        v, alpha = float(rng.lognormal()), float(rng.lognormal())
        law = diagonal(v, alpha, 3, 3)
        edges = 0.2 * v, max(0.0, v**2 * 1.2 - v)
        assert (edges[1] < edges[0]) == (v < 1.0)
        for task, edge in zip((JointEmbedding(3), Reconstruction(3)), edges, strict=True):
            if abs(alpha / edge - 1.0 if edge else 1.0) > 1e-6:
                lost = float(law.population().approximation_error(task.optimum(law)))
                assert lost == pytest.approx(0.0 if alpha > edge else 3.0 / 1.2, abs=1e-8)
