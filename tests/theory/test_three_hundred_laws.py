"""Successors of Lee et al. on 300 random laws each at least: identities to 1e-9 of their scale, inequalities to 1e-12.

A line of the table is a kind of law and the statements that are asked of each draw. Where a statement does not apply to
a draw it is not counted; what is counted must come to 300. A10 has 400 laws in tests/generators/test_redundant.py, and
A14, whose left side is a simulated mean, 300 in test_refinement.py.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np
import pytest

from testbed.laws import Finite, JointGaussian, Law
from testbed.theory import (
    CollapseOfModes,
    Exact,
    GaussianTopFunctions,
    GraphBound,
    GraphErrorBound,
    InformationBound,
    JointEmbeddingLoss,
    LossAlone,
    MaskedContrast,
    MaskedContrastSpan,
    MeanClassifier,
    MinimaxFeatures,
    MinimaxRivals,
    NonlinearCCABound,
    ProjectedScores,
    ReconstructionLoss,
    SharperTopFeatures,
)
from testbed.theory.projection import ContrastiveLoss
from tests.laws.random_laws import gaussian
from tests.theory.test_gaussian_views import exchangeable, views
from tests.theory.test_loss_alone import pieces
from tests.theory.test_masked_contrast import factors
from tests.theory.test_nonlinear_cca import random_law
from tests.theory.test_shared_views import random_views
from tests.theory.test_successors import LAWS_EACH, Rng, graph, held, noisy, table

LOSSES: tuple[ContrastiveLoss, ...] = ("spectral", "logistic", "infonce", "hinge")
MOST = 450  # draws: to some kinds a statement often does not apply


def whole(rng: Rng, below: int) -> int:
    return int(rng.integers(1, below))


def twins(rng: Rng) -> Finite:
    """Two draws of one class, on points that both views have."""
    k, s = int(rng.integers(2, 4)), int(rng.integers(2, 6))
    share, given_class = rng.dirichlet(np.ones(k)), rng.dirichlet(np.ones(s), size=k)
    joint = share[:, None, None] * given_class[:, :, None] * given_class[:, None, :]
    points = rng.normal(size=(s, 2))
    return Finite((joint / joint.sum())[:, None], points, points)


def near(rng: Rng) -> Finite:
    """Product laws of each state, a third of them exactly, with a share of any table mixed in to the others."""
    return random_law(rng, float(rng.choice([0.0, 0.9, 0.999])))


def unstructured(rng: Rng) -> JointGaussian:
    d1, d2, k = (int(n) for n in rng.integers(1, 5, size=3))
    return gaussian(rng, d1, d2, k, int(rng.integers(0, 3)))


TABLE: dict[str, tuple[Callable[[Rng], Law], Callable[[Rng], list[Exact]]]] = {
    "A1, A3": (
        table,
        lambda rng: [
            SharperTopFeatures(1), SharperTopFeatures(2), MinimaxFeatures(1, rng.uniform(0.05, 0.95)),
            MinimaxFeatures(2, rng.uniform(0.05, 0.95)), MinimaxRivals(1, rng.uniform(0.05, 0.95)),
        ],
    ),
    "A1, A12, Gaussian": (
        unstructured, lambda rng: [SharperTopFeatures(1), InformationBound("y"), InformationBound("yz")]
    ),
    "A2": (graph, lambda rng: [kind(r) for kind in (GraphBound, GraphErrorBound) for r in (1, 2, 3)]),
    "A4": (twins, lambda rng: [MeanClassifier()]),
    "A5, A6": (
        random_views,
        lambda rng: [
            JointEmbeddingLoss(1), ReconstructionLoss(1),
            CollapseOfModes(whole(rng, 5), rng.uniform(0.1, 3.0), float(rng.choice([0.0, rng.exponential()]))),
        ],
    ),
    "A7": (pieces, lambda rng: [LossAlone(rank=1), LossAlone(rank=2)]),
    "A8": (noisy, lambda rng: [ProjectedScores(loss, negatives=1) for loss in LOSSES]),
    "A9": (views, lambda rng: [GaussianTopFunctions(whole(rng, 5))]),
    "A9, one encoder": (
        lambda rng: exchangeable(rng)[0], lambda rng: [GaussianTopFunctions(whole(rng, 4), shared=True)],
    ),
    "A11, A12": (
        near,
        lambda rng: [
            NonlinearCCABound(), NonlinearCCABound("distance"), InformationBound("y"), InformationBound("yz"),
        ],
    ),
    "A13": (lambda rng: factors(rng)[0], lambda rng: [*map(MaskedContrast, (1, 2, 3)), MaskedContrastSpan()]),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_it_holds_on_three_hundred_laws(name: str) -> None:
    """Laws are drawn until each statement has spoken of its number; the seed of one that fails is in the message."""
    drawn, asked = TABLE[name]
    counted: Counter[int] = Counter()
    for seed in range(MOST):
        rng = np.random.default_rng([seed, *name.encode()])
        law = drawn(rng)
        statements = asked(rng)
        for place, statement in enumerate(statements):
            try:
                counted[place] += held(statement, law)
            except Exception as error:
                error.add_note(f"law {seed} of {name}")
                raise
        if min(counted[place] for place in range(len(statements))) >= LAWS_EACH:
            return
    pytest.fail(f"of {MOST} laws the statements speak of {dict(counted)}: each must have {LAWS_EACH}")
