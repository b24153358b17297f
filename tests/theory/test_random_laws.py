"""Identities and inequalities between quantities of the law, on a thousand random finite laws.

`pytest -s` prints quantiles of the slack, measured / predicted where the prediction is above 1e-6: it is 1 where a
bound is attained.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from testbed.describe import describe
from testbed.laws import Finite, GaussianMixture, JointGaussian
from testbed.laws.finite_population import FinitePopulation
from testbed.pretexts import ACE, CCA
from testbed.theory import (
    DependenceRank,
    Exact,
    IntrinsicBound,
    LandmarkDraws,
    LandmarkRisk,
    LandmarkSpan,
    SharperBound,
    SpectralContrastiveLoss,
    TopFeatures,
    TwoViewBound,
)
from tests.laws.random_laws import finite, gaussian
from tests.statistics_ import z_limit

TOLERANCE = 1e-9
LAWS = 1000
ENOUGH = 350  # laws of which a statement speaks, for one that is exact


@cache
def populations(violated: bool | None = None) -> list[FinitePopulation]:
    rng = np.random.default_rng(40)
    return [finite(rng, violated=violated).population() for _ in range(LAWS)]


def report(statement: Exact, ratios: list[float]) -> None:
    quantiles = ", ".join(f"{q:.3g}" for q in np.quantile(ratios, [0.05, 0.25, 0.5, 0.75, 0.95, 1.0]))
    print(f"{statement!r:<68} {len(ratios):>5} laws, slack at 5, 25, 50, 75, 95, 100%: {quantiles}")


def test_psi_star_and_its_error_under_independence() -> None:
    """I1, I3: psi* = A_bar' fbar and e_apx(psi*) = tr M[S - S A_bar(A_bar'S A_bar)^+ A_bar'S]M', to 1e-9."""
    zero = {True: 0, False: 0}
    for p in populations(violated=False):
        assert np.abs(p.psi_table - p.state_table @ p.A_bar).max() < TOLERANCE
        if not p.latent:
            assert np.abs(p.psi_table - p.f_table @ p.A).max() < TOLERANCE
        for intercept in (False, True):
            level = p.p1 @ p.state_table if intercept else 0.0
            root = np.sqrt(p.p1)[:, None] * (p.state_table - level)
            image, target = root @ p.A_bar, root @ p.M.T
            u, s, _ = np.linalg.svd(image, full_matrices=False)
            u = u[:, s > 1e-10 * p.scale2]
            rest = target - u @ (u.T @ target)
            measured = float(p.approximation_error(p.psi_star, intercept))
            assert measured == pytest.approx(np.sum(rest**2), abs=TOLERANCE)
            zero[measured < TOLERANCE] += 1
    assert min(zero.values()) > 200


INEQUALITIES: list[Exact] = [
    *(kind(c, i, g) for kind in (IntrinsicBound, SharperBound) for c in ("linear", "universal") for i in (False, True)
      for g in ("y", "yz")),
    TwoViewBound(), TwoViewBound(triangle=True), LandmarkRisk(), TopFeatures(1), TopFeatures(2), TopFeatures(4),
]  # fmt: skip


@pytest.mark.parametrize("statement", INEQUALITIES, ids=repr)
def test_inequalities_are_never_violated(statement: Exact) -> None:
    ratios, seen = [], 0
    for p in populations():
        if not statement.applies(p):
            continue
        seen += 1
        measured, predicted, _, _ = map(float, statement.sides(p))
        assert measured <= predicted + TOLERANCE * (1.0 + predicted)
        if predicted > 1e-6:
            ratios.append(measured / predicted)
        if seen == ENOUGH:
            break
    report(statement, ratios)
    assert seen > 300


def test_the_triangle_inequality_is_the_weaker() -> None:
    for p in populations()[:ENOUGH]:
        assert TwoViewBound().sides(p).right <= TwoViewBound(triangle=True).sides(p).right + TOLERANCE


@pytest.mark.parametrize(
    "statement", [LandmarkSpan(), SpectralContrastiveLoss(3), SpectralContrastiveLoss(2, "optimal")], ids=repr
)
def test_identities_of_the_operator(statement: Exact) -> None:
    for p in populations()[:ENOUGH]:
        assert all(a.holds for a in statement.assumptions(p))
        measured, predicted, _, _ = map(float, statement.sides(p))
        assert measured == pytest.approx(predicted, rel=TOLERANCE, abs=TOLERANCE)


def test_no_features_have_a_lower_contrastive_loss() -> None:
    """The truncated decomposition is the minimum: scaled, moved and random features lose more."""
    rng = np.random.default_rng(41)
    for p in populations()[:100]:
        u, s, vt = p.operator
        least = float(SpectralContrastiveLoss(2, "optimal").sides(p).right)
        half = np.sqrt(s[:2])
        for step in (0.0, 1e-3, 0.1, 1.0):
            f = half * u[:, :2] + step * rng.normal(size=(len(u), len(half)))
            g = half * vt[:2].T + step * rng.normal(size=(vt.shape[1], len(half)))
            rest = (u * s) @ vt - f @ g.T
            assert np.sum(rest**2) - np.sum(s**2) >= least - TOLERANCE


def test_independence_bounds_the_rank_of_the_dependence() -> None:
    """s_{km+1} = 0 under independence; a violation is told by the assumption, and raises the rank."""
    statement, beyond = DependenceRank(), 0
    for p in populations(violated=False):
        assert all(a.holds for a in statement.assumptions(p))
        assert float(statement.sides(p).left) < TOLERANCE
    for p in populations(violated=True):
        independent = len(p.p1) == 1 or len(p.p2) == 1  # one value of a view: nothing to depend on
        assert all(a.holds for a in statement.assumptions(p)) is independent
        assert not statement.applies(p), "independence is broken, or there is no singular value to speak of"
        assert independent or statement.assumptions(p)[1].margin < -1e-6
        beyond += float(statement.sides(p).left) > 1e-4
    assert beyond > 400
    for m, independent in ((1, False), (2, True)):
        law = gaussian(np.random.default_rng(42), d1=5, d2=5, k=2, m=m)
        q = law.population()
        if independent:
            z = law.covariance.copy()
            z[:5, 5:10] = z[:5, 10:] @ np.linalg.solve(z[10:, 10:], z[10:, 5:10])
            z[5:10, :5] = z[:5, 5:10].T
            q = type(law)(z, 5, 5, 2, m).population()
        assert bool(statement.applies(q)) is independent
        assert (float(statement.sides(q).left) < 1e-7) is independent  # the root of a covariance made by hand


def test_top_features_of_gaussian_laws() -> None:
    """The bound in canonical variates, for one law and for a stack of them; attained where f* is the next variate."""
    rng = np.random.default_rng(43)
    for _ in range(50):
        p = gaussian(rng, d1=4, d2=3, k=2, m=0).population()
        for rank in (1, 2, 3):
            statement = TopFeatures(rank)
            assert statement.applies(p)
            assert float(statement.sides(p).left) <= float(statement.sides(p).right) + TOLERANCE
    laws = [gaussian(rng, m=0) for _ in range(4)]
    stack = type(laws[0])(np.stack([one.covariance for one in laws]), 4, 3, 2).population()
    for each in (TopFeatures(2), TwoViewBound(), DependenceRank()):
        alone = (
            [each.sides(one.population()).left for one in laws],
            [each.sides(one.population()).right for one in laws],
        )
        assert np.allclose(each.sides(stack).left, alone[0]) and np.allclose(each.sides(stack).right, alone[1])
        assert each.applies(stack).shape == (4,)


def test_a_part_that_both_views_share_exactly() -> None:
    """Blocks without transitions: as many s are 1, and the bound needs all of their pairs."""
    rng = np.random.default_rng(44)
    joint = rng.dirichlet(np.ones(32)).reshape(2, 1, 4, 4)
    joint[..., :2, 2:] = joint[..., 2:, :2] = 0.0
    p = Finite(joint / joint.sum(), rng.normal(size=(4, 2)), rng.normal(size=(4, 2))).population()
    assert float(TopFeatures(2).assumptions(p)[1].margin) > 1e-3 and TopFeatures(2).applies(p)
    assert p.spectrum[1] == pytest.approx(1.0, abs=1e-12) and TopFeatures(1).applies(p)
    three = np.zeros((2, 1, 3, 3))
    three[:, 0, range(3), range(3)] = rng.dirichlet(np.ones(6)).reshape(2, 3)
    r = Finite(three, np.eye(3), np.eye(3)).population()
    broken = TopFeatures(1).assumptions(r)
    assert [bool(a.holds) for a in broken] == [True, False] and abs(float(broken[1].margin)) < 1e-12
    assert np.isinf(TopFeatures(1).sides(r).right) and TopFeatures(2).applies(r)


def test_random_landmarks() -> None:
    """The mean over landmarks stays below its bound, which falls as 1/m; the mean is simulated."""
    laws = populations()[:30]
    ratios = []
    for p in laws:
        for landmarks in (1, 4, 16):
            statement = LandmarkDraws(landmarks)
            measured, predicted, _, error = map(float, statement.sides(p))
            assert measured <= predicted + z_limit(3 * len(laws)) * error + TOLERANCE
            ratios.append(measured / max(predicted, 1e-12))
        assert float(LandmarkDraws(1).sides(p).right) == pytest.approx(4.0 * float(LandmarkDraws(4).sides(p).right))
    report(LandmarkDraws(), ratios)


def test_other_laws_are_said_to_be_outside() -> None:
    """Where the two views are not tabled every statement about them is not applicable, and its numbers are NaN."""
    mixture = GaussianMixture([0.5, 0.5], [[0.0, 0.0], [1.0, 1.0]], np.eye(2), 1).population()
    statements: list[Exact] = [
        TwoViewBound(), LandmarkSpan(), LandmarkRisk(), LandmarkDraws(), DependenceRank(), TopFeatures(),
        SpectralContrastiveLoss(), SpectralContrastiveLoss(features="optimal"),
    ]  # fmt: skip
    for statement in statements:
        assert not statement.applies(mixture)
        assert statement.assumptions(mixture)[0].margin == -np.inf
        assert np.isnan(statement.sides(mixture).left)


def two_variates(one: float, two: float) -> JointGaussian:
    """Views of two coordinates with canonical correlations `one` and `two`; the label is the second one of x1."""
    c = np.eye(5)
    for i, j, value in ((0, 2, one), (1, 3, two), (1, 4, 1.0), (3, 4, two)):
        c[i, j] = c[j, i] = value
    return JointGaussian(c, 2, 2, 1)


@pytest.mark.parametrize(("one", "two", "kept"), [(0.9, 0.5, False), (0.8, 0.6, False), (0.7, 0.6, True)])
def test_leading_features_of_gaussian_views_are_the_linear_ones(one: float, two: float, kept: bool) -> None:
    """Over all functions the square of the first variate comes before the second where one^2 > two."""
    law, statement = two_variates(one, two), TopFeatures(2)
    truth = law.population()
    assert statement.applies(truth) and float(statement.sides(truth).left) <= 1e-12
    assert float(statement.sides(truth).right) == pytest.approx(1.0 - two**2)
    assert float(truth.approximation_error(CCA(2).optimum(law))) <= 1e-12
    over_all = float(truth.approximation_error(ACE(2).optimum(law)))
    assert over_all == pytest.approx(0.0 if kept else 1.0, abs=1e-3)
    assert kept or over_all > float(statement.sides(truth).right), "the bound does not speak of all functions"
    assert "canonical correlations, linear class (2)" in describe(law)
    assert "jointly Gaussian: the top r linear functions" in statement.claim
