"""Projection, minimax features and graph bounds: random laws for all tests, what is special, and bad input."""

from __future__ import annotations

import numpy as np
import pytest

from testbed.check import LAWS, check
from testbed.generators import LeeMixture
from testbed.laws import Finite, JointGaussian, Law
from testbed.theory import (
    Exact,
    GaussianTopFunctions,
    GraphBound,
    MinimaxFeatures,
    ProjectedScores,
)
from testbed.theory.graphs import graph_of
from testbed.theory.minimax import minimax_value, worst_error, worst_leading_error
from testbed.theory.projection import contrastive_risk, fisher_projector

LAWS_EACH = 300
Rng = np.random.Generator


def held(statement: Exact, law: Law) -> bool:
    """Whether the statement applies to the law; if so, both sides must agree, or the left be at most the right."""
    truth = law.population()
    if not np.all(statement.applies(truth)):
        return False
    left, right, scale, _ = map(float, statement.sides(truth))
    if statement.kind == "identity":
        assert abs(left - right) <= 1e-9 * scale, (statement, left, right)
    else:
        assert left <= right + 1e-12 * max(1.0, scale), (statement, left, right)
    return True


def noisy(rng: Rng) -> Finite:
    """x = T (u, q): a signal of the state, and noise that is symmetric and drawn apart from everything."""
    k, n_u, d_u, d_q = (int(rng.integers(low, high)) for low, high in ((2, 4), (2, 4), (1, 3), (1, 3)))
    half = rng.normal(size=(int(rng.integers(1, 3)), d_q))
    mix = rng.normal(size=(d_u + d_q + int(rng.integers(0, 2)), d_u + d_q))
    return Finite.from_noise(
        rng.dirichlet(np.full(k, 2.0)), rng.dirichlet(np.ones(n_u), size=k), rng.normal(size=(n_u, d_u)),
        np.concatenate([half, -half]), mix, delta=float(rng.choice([0.0, rng.random()])),
    )  # fmt: skip


def graph(rng: Rng) -> Finite:
    """4 to 10 vertices, some without an edge between them, of 2 to 4 classes."""
    s = int(rng.integers(4, 11))
    weight = rng.exponential(size=(s, s)) * (rng.random((s, s)) < rng.uniform(0.3, 1.0)) + 1e-3 * np.eye(s)
    label = rng.permutation(np.concatenate([np.arange(2), rng.integers(0, int(rng.integers(2, 5)), size=s - 2)]))
    return Finite.from_graph(weight + weight.T, np.unique(label, return_inverse=True)[1])


def table(rng: Rng) -> Finite:
    """Two views of 3 to 12 points without structure."""
    k, s1, s2 = int(rng.integers(2, 4)), int(rng.integers(3, 13)), int(rng.integers(2, 13))
    joint = rng.dirichlet(np.full(k * s1 * s2, float(rng.choice([0.1, 1.0, 5.0])))).reshape(k, 1, s1, s2)
    return Finite(joint, rng.normal(size=(s1, 2)), rng.normal(size=(s2, 2)))


def test_projecting_never_raises_it_at_any_scores() -> None:
    """Scores of any size and two negatives, all listed; a third of the losses fall by more than a tenth."""
    rng, fell = np.random.default_rng(82), 0
    for _ in range(40):
        truth = noisy(rng).population()
        cross = truth.A.T @ truth.syy
        one = fisher_projector(truth.mean1, truth.s1y, truth.syy, truth.s11)
        two = fisher_projector(truth.mean2, cross, truth.syy, truth.s22)
        size = 1e-9 * max(1.0, float(np.linalg.norm(one, 2)) ** 2)  # of the products that cancel
        assert one @ one == pytest.approx(one, abs=size) and one @ truth.mean1 == pytest.approx(truth.mean1, abs=size)
        for loss in ("spectral", "logistic", "infonce", "hinge"):
            m = rng.normal(size=(len(one), len(two))) * rng.choice([0.1, 1.0, 10.0])
            after, before = (
                contrastive_risk(truth, truth.points1 @ w @ truth.points2.T, loss)  # type: ignore[arg-type]
                for w in (one.T @ m @ two, m)
            )
            assert after <= before + 1e-12 * max(1.0, abs(before))
            fell += after < 0.9 * before
    assert fell >= 53


def test_the_projector_is_fishers() -> None:
    """P = U (U'C^{-1}U)^{-1} U'C^{-1} written out, where C can be inverted."""
    rng = np.random.default_rng(83)
    for _ in range(50):
        d, k = int(rng.integers(2, 6)), 2
        mean, prior = rng.normal(size=(k, d)), rng.dirichlet(np.ones(k) * 3.0)
        root = rng.normal(size=(d, d))
        within, middle = root @ root.T, prior @ mean
        syy = np.diag(prior) - np.outer(prior, prior)
        square = within + (mean - middle).T @ np.diag(prior) @ (mean - middle)
        inverse = np.linalg.inv(within)
        written = mean.T @ np.linalg.inv(mean @ inverse @ mean.T) @ mean @ inverse
        assert fisher_projector(middle, mean.T @ syy, syy, square) == pytest.approx(written, abs=1e-7)


def test_no_rival_beats_the_leading_functions_outside_the_printed_range_of_c() -> None:
    """Spectra of 3 to 7 values; the dual of the leading functions is V to the accuracy of its search."""
    rng = np.random.default_rng(32)
    for _ in range(60):
        s = np.sort(rng.uniform(size=int(rng.integers(3, 8))))[::-1]
        d, c = int(rng.integers(1, len(s))), float(rng.uniform(0.02, 0.98)) * s[0]
        value = minimax_value(s, c, d)
        assert worst_leading_error(s, c, d) == pytest.approx(value, abs=1e-12)
        assert worst_error(s, c, np.eye(len(s))[:, :d]) == pytest.approx(value, abs=1e-7)
        for _ in range(5):
            assert worst_error(s, c, rng.normal(size=(len(s), d))) >= value - 1e-12


def test_a_negative_eigenvalue_is_no_leading_function_of_a_graph() -> None:
    """Edges between two classes only: the largest singular pair beside the constants is the lowest eigenvalue."""
    truth = Finite.from_graph([[0, 1], [1, 0]], [0, 1]).population()
    found = graph_of(truth)
    assert found is not None and found.values == pytest.approx([0.0, 2.0], abs=1e-12)
    assert truth.spectrum == pytest.approx([1.0, 1.0])


BAD = {
    "an asymmetric table": (
        lambda: Finite.from_graph([[1, 2], [0, 1]], [0, 1]),
        r"weight\[0, 1\] = 2 and weight\[1, 0\] = 0: weight must be symmetric, as an edge has one weight",
    ),
    "an isolated point": (
        lambda: Finite.from_graph([[1, 1, 0], [1, 1, 0], [0, 0, 0]], [0, 1, 0]),
        r"weight: vertices \[2\] have no edge; leave isolated points out",
    ),
    "no feature": (lambda: GraphBound(0), "rank = 0: a whole number of at least 1"),
    "too many functions": (lambda: GaussianTopFunctions(7), "rank = 7: a whole number from 1 to 6"),
    "too many functions of one encoder": (
        lambda: GaussianTopFunctions(4, shared=True),
        "rank = 4: with shared = True allowed are 1 to 3",
    ),
    "d above the dimension": (lambda: minimax_value(np.array([0.5, 0.2]), 0.3, 2), "d = 2: a whole number from 1 to 1"),
    "c above s_1": (lambda: minimax_value(np.array([0.5, 0.2]), 0.6, 1), "c = 0.6: a number above 0 and below"),
    "c = s_1": (lambda: MinimaxFeatures(share=1.0), "share = 1.0"),
    "no such loss": (lambda: ProjectedScores("cosine"), "loss = 'cosine'"),  # type: ignore[arg-type]
    "no negative": (lambda: ProjectedScores("infonce", 0), "negatives = 0: a whole number of at least 1"),
    "a correlation of 1": (
        lambda: JointGaussian.from_correlations([1.0], [[1.0]]),
        "correlations = .*: a list of numbers above -1 and below 1",
    ),
    "a share of pairs": (
        lambda: Finite.from_noise([1.0], [[1.0]], [[1.0]], [[1.0]], [[1.0, 1.0]], delta=2.0),
        "delta = 2.0: the share of wrong pairs, from 0 to 1",
    ),
    "chances that do not sum to 1": (
        lambda: Finite.from_noise([1.0], [[0.5]], [[1.0]], [[1.0]], [[1.0, 1.0]]),
        "chance must hold probabilities",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_gives_one_sentence(name: str) -> None:
    call, words = BAD[name]
    with pytest.raises(ValueError, match=words) as found:
        call()
    assert "\n" not in str(found.value)


@pytest.mark.parametrize(
    ("statement", "law", "words"),
    [
        (GraphBound(2), "graph-apart", "lambda_{r+1} > 0"),
        (GraphBound(2), "graph-pair", "more than 2 vertices"),
        (GraphBound(2), "graph-directed", "one symmetric graph"),
        (GraphBound(2), "graph-mixed", "each vertex has one class"),
        (MinimaxFeatures(), "graph-pair", "x1 has more than 2 points"),
        (GaussianTopFunctions(), "canonical-tied", "rho products 2 and 3 differ"),
        (GaussianTopFunctions(shared=True), "gaussian", "both views have one law"),
        (ProjectedScores(), "leak-inside", "uncorrelated with the other"),
        (ProjectedScores("logistic"), "noise-tilted", "in each view"),
    ],
)
def test_an_assumption_that_one_law_breaks_alone(statement: Exact, law: str, words: str) -> None:
    (record,) = check(statement, LAWS[law], law)
    (broken,) = (m.name for m in record.margins if not m.holds)
    assert words in broken and record.verdict == "not applicable"


def test_stacks_are_slices() -> None:
    correlations = ((0.8, 0.6), (0.8, 0.7), (0.5, 0.4))
    gaussian = np.stack([JointGaussian.from_correlations(r, [[0.0, 1.0]]).covariance for r in correlations])
    stacks: list[tuple[Exact, Law]] = [
        (GaussianTopFunctions(), JointGaussian(gaussian, 2, 2, 1)),
        (ProjectedScores(), JointGaussian(gaussian, 2, 2, 1)),
        (ProjectedScores(), LeeMixture(k=3, d1=5, d2=4, scale=2.0).law(np.random.default_rng(1), 3)),
    ]
    for statement, stack in stacks:
        whole = statement.sides(stack.population())
        assert np.asarray(statement.applies(stack.population())).shape == (3,)
        for r in range(3):
            alone = statement.sides(stack[r].population())
            assert [side[r] for side in whole] == pytest.approx([float(side) for side in alone], abs=1e-9)
