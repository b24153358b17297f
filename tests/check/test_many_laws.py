"""On random and degenerate laws nothing is violated, nothing holds in vain, and no message is numpy's."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from testbed.check import check, statements_named
from testbed.describe import describe
from testbed.generators import CleanGaussian
from testbed.laws import BinaryGaussian, Finite, GaussianMixture, JointGaussian, Law, Topics
from testbed.theory import (
    DependenceRank,
    ExcessLogLoss,
    FisherSpace,
    LinearOracleRate,
    MisspecifiedLeastSquares,
    Tweedie,
)
from tests.check.many_laws import laws, records, wrong

MANY = dict(laws(18, seed=1))  # all 200 of them: python -m tests.check.many_laws 200
PLANE = np.cos(np.arange(12.0) ** 2).reshape(6, 2)


def finite(k: int, s1: int, s2: int, v1: np.ndarray | None = None, v2: np.ndarray | None = None) -> Finite:
    """Views independent given the class."""
    rng = np.random.default_rng(0)
    left, right = rng.dirichlet(np.ones(s1), size=k), rng.dirichlet(np.ones(s2), size=k)
    joint = rng.dirichlet(np.ones(k))[:, None, None] * left[:, :, None] * right[:, None]
    return Finite(joint[:, None], PLANE[:s1] if v1 is None else v1, PLANE[:s2] ** 2 if v2 is None else v2)


ONE_CLASS, ONE_POINT = "the label varies", "x1 varies"
DEGENERATE: dict[str, Law] = {
    "one class": finite(1, 4, 4),
    "one class, a mixture": GaussianMixture([0.4, 0.6], [[0.0, 1.0], [1.0, 0.0]], np.eye(2), 1, [0, 0]),
    "one point of x1": finite(2, 1, 3),
    "one point of x2": finite(3, 4, 1),
    "one point of both": finite(2, 1, 1),
    "x1 constant": finite(2, 4, 4, np.ones((4, 2))),
    "x2 constant": finite(2, 4, 4, None, np.full((4, 2), 3.0)),
    "a constant coordinate": finite(2, 4, 4, np.c_[PLANE[:4], np.full(4, 1e8)]),
    "y knows nothing of x1": Finite(np.full((2, 1, 3, 3), 1.0 / 18.0), PLANE[:3], PLANE[:3]),
    "x2 of the mixture constant": GaussianMixture([0.5, 0.5], [[0.0, 1.0], [2.0, 1.0]], np.diag([1.0, 0.0]), 1),
    "x2 of the Gaussian constant": JointGaussian(np.diag([1.0, 2.0, 0.0, 1.0]), 2, 1, 1),
    "a class of a score": BinaryGaussian(JointGaussian(np.diag([3.0, 2.0, 1.0, 1.0]) + 0.3, 2, 1, 1), "logistic", 1.0),
    "a class that x1 does not know": BinaryGaussian(JointGaussian(np.diag([1.0, 2.0, 0.0, 1.0]), 2, 1, 1)),
    "three coordinates": JointGaussian(np.diag([3.0, 2.0, 1.0, 1.0, 1.0]) + 0.3, 3, 1, 1),
    "one topic": Topics([[0.5, 0.5]], [[1.0]], [1.0], [[1.0]]),
    "one word": Topics([[1.0], [1.0]], [[0.3, 0.7], [0.6, 0.4]], [0.5, 0.5], [[1.0], [0.0]]),
}


@pytest.mark.parametrize("name", [*MANY, *DEGENERATE])
def test_no_law_makes_an_exact_statement_wrong_or_vacuous(name: str) -> None:
    law = {**MANY, **DEGENERATE}[name]
    bad = [f"{why}: {r.text}" for r in records(law, name) if (why := wrong(r, law))]
    assert not bad, bad


@pytest.mark.parametrize("name", DEGENERATE)
def test_a_degenerate_law_is_described(name: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        text = describe(DEGENERATE[name])
    assert "nan" not in text.lower().replace("covariance", "")


@pytest.mark.parametrize(
    ("statement", "name", "reason"),
    [
        ("IntrinsicBound()", "one class", ONE_CLASS),
        ("ZeroError()", "one class", ONE_CLASS),
        ("CodeVector()", "one class, a mixture", ONE_CLASS),
        ("Tweedie()", "one point of x1", ONE_POINT),
        ("MaskedDenoising()", "x1 constant", ONE_POINT),
        ("FisherSpace()", "x1 constant", "the classes differ in their means of x1"),
        ("OptimumOfLabel()", "x2 constant", "x1 tells something of x2"),
        ("RankLoss()", "y knows nothing of x1", "x1 tells something of the label"),
        ("LandmarkSpan()", "one point of x2", "x1 tells something of the label by way of x2"),
        ("LandmarkAverage()", "one point of x2", "landmarks differ"),
        ("DependenceRank()", "one point of both", "there are more singular values than states"),
        ("ExcessLogLoss()", "three coordinates", "two directions of x1 outside 2"),
        ("TwoViewBound()", "y knows nothing of x1", "the views tell something of the label"),
    ],
)
def test_what_is_missing_is_named(statement: str, name: str, reason: str) -> None:
    for one in statements_named(statement):
        (record,) = check(one, DEGENERATE[name], name)
        assert record.verdict == "not applicable"
        assert [m.name for m in record.margins if not m.holds][-1] == reason
        assert f"{reason}: " in record.text and "BROKEN" in record.text


def test_a_leak_that_counts_as_none_does_not_turn_fisher_s_space() -> None:
    """At 4e-10 the leak would be a direction of its own: it is broken independence, or too small to turn the space."""
    state = np.array([[2.0], [1.0], [0.5]])
    c = np.eye(6)
    c[:3, :3] += state @ state.T
    c[3:5, 3:5] += 1.0
    c[:3, 3:5] = state
    c[:3, 5:], c[3:5, 5:] = state, 1.0
    for leak in (4e-10, 5e-11, 1e-12, 0.0):
        c[1, 4] = state[1, 0] + leak
        whole = np.triu(c) + np.triu(c, 1).T
        (record,) = check(FisherSpace(), JointGaussian(whole, 3, 2, 1))
        assert record.verdict == ("not applicable" if leak == 4e-10 else "holds"), record.text


def test_laws_that_are_not_degenerate_keep_their_verdicts() -> None:
    law = CleanGaussian(k=2, d1=5, d2=3, structure_seed=1).law()
    for statement in (Tweedie(), ExcessLogLoss(2), FisherSpace()):
        assert check(statement, law)[0].verdict == "holds"
    (record,) = check(DependenceRank(), CleanGaussian(k=1, d1=5, d2=3, structure_seed=1))
    assert record.verdict == "holds"


SAMPLED = [LinearOracleRate(), *statements_named("PretextError")[:1], *statements_named("ExactLeastSquares")[:2]]


def test_a_rate_is_not_asked_of_labels_that_hardly_meet_a_point() -> None:
    """A direction of x1 that one point in 650 shows: the line bends at 1,000 labels, and that is said."""
    share = np.array([0.09, 0.34, 0.5685, 0.0015])
    label = np.array([0.3, 0.2, 0.5])
    law = Finite((label[:, None] * share)[:, None, :, None], np.eye(4)[:, :3], [[1.0]])
    (record,) = check(MisspecifiedLeastSquares(), law)
    assert record.verdict == "not applicable"
    assert [m.name for m in record.margins if not m.holds] == ["the labels meet every point of x1"]


@pytest.mark.parametrize("name", ["one class", "one point of both", "x1 constant", "x2 constant",
                                  "x2 of the Gaussian constant"])  # fmt: skip
def test_simulated_statements_on_degenerate_laws(name: str) -> None:
    law = DEGENERATE[name]
    for statement in SAMPLED:
        for record in check(statement, law, name):
            assert not wrong(record, law), record.text
