"""Exact statements on laws without structure: never violated, and with leading axes what they are law by law."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from testbed._linalg import Array
from testbed.check import check
from testbed.generators import CleanMixture, LeeMixture
from testbed.keys import canonical
from testbed.laws import JointGaussian, Law, Population
from testbed.theory import STATEMENTS, Exact
from tests.laws.random_laws import finite, gaussian

OF_LEE = [
    s
    for s in STATEMENTS
    if isinstance(s, Exact) and type(s).__module__.split(".")[-1] in {"lee2021", "bounds", "leaks"}
]


def laws() -> list[Law]:
    rng = np.random.default_rng(31)
    found: list[Law] = [finite(rng) for _ in range(60)]
    for d2, k, m in ((3, 2, 1), (1, 1, 0), (2, 2, 0), (1, 2, 0), (5, 2, 2)):
        found += [gaussian(rng, d1=4, d2=d2, k=k, m=m) for _ in range(4)]
    return found


def test_never_violated() -> None:
    counts: Counter[tuple[str, str]] = Counter()
    for law in laws():
        for statement in OF_LEE:
            (record,) = check(statement, law)
            assert record.verdict != "violated", record.text
            assert np.isfinite(record.measured)
            counts[record.statement, record.verdict] += 1
    for statement in OF_LEE:
        assert counts[canonical(statement), "holds"] >= 3, statement


def stacks() -> list[Law]:
    rng = np.random.default_rng(32)
    one = [gaussian(rng, d1=3, d2=2, k=2, m=1).covariance for _ in range(3)]
    return [
        JointGaussian(np.stack(one), 3, 2, 2, 1),
        LeeMixture(k=3, d1=4, d2=3, alpha=0.2, scale=2.0).law(rng, 3),
        CleanMixture(k=2, m=2, d1=5, d2=4, rho=0.3).law(rng, 3),
    ]


def sides(statement: Exact, truth: Population) -> list[Array]:
    assumed = [np.asarray(a.margin, dtype=float) for a in statement.assumptions(truth)]
    return [*statement.sides(truth), *assumed, np.asarray(statement.applies(truth), dtype=float)]


@pytest.mark.parametrize("statement", OF_LEE, ids=canonical)
def test_leading_axes(statement: Exact) -> None:
    for law in stacks():
        whole = sides(statement, law.population())
        for r in range(3):
            for together, alone in zip(whole, sides(statement, law[r].population()), strict=True):
                assert np.shape(together) == (3,) and np.shape(alone) == ()
                assert together[r] == pytest.approx(float(alone), rel=1e-9, abs=1e-9)
