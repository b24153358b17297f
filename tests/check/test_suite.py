"""The fixed suite: nothing is violated, and each assumption is broken alone by some law."""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import cache

import pytest

from testbed.check import LAWS, SUITE, Record, check, laws_for, ledger, statements_named
from testbed.keys import canonical
from testbed.laws import Law
from testbed.theory import STATEMENTS, Exact, FiniteSample

EXACT = [s for s in STATEMENTS if isinstance(s, Exact)]
SAMPLED = [s for s in STATEMENTS if isinstance(s, FiniteSample)]
FAMILIES = (
    "jointly Gaussian",
    "finite supports",
    "x1 and x2 have densities",
    "Gaussian states",
)  # no law breaks these by a distance


NO_MODEL = ("variance of x1 outside", "both sides are defined")  # broken together: a rank without room has no model
# Broken alone on laws of their own, in tests/theory: a setting, a degenerate spectrum, what is too close to call.
ELSEWHERE = {
    "s_{r+1} < 1",
    "t < 1",
    "no eigenvalue within 1% of s2",
    "x1 has a density",
    "two directions of x1 outside 2",
}


@cache
def records() -> dict[str, list[Record]]:
    """Of all exact statements on all laws, by statement: laws are built once, as in `testbed check`."""
    found: dict[str, list[Record]] = defaultdict(list)
    for record in ledger([(s, name, law) for s in EXACT for name, law in laws_for(s).items()]):
        found[record.statement].append(record)
    return found


def plain(name: str) -> str:
    """One name for an assumption, with and without a latent."""
    for a, b in (("(Y, Z)", "Y"), ("A_bar", "A"), ("Y,Z", "Y"), ("d2 = k - 1", "d2 = k")):
        name = name.replace(a, b)
    return name


@pytest.mark.parametrize("statement", EXACT, ids=canonical)
def test_exact_statements(statement: Exact) -> None:
    found = records()[canonical(statement)]
    counts = Counter(r.verdict for r in found)
    assert len(found) == len(LAWS)
    assert not counts["violated"] and not counts["consistent"], [r.text for r in found if r.verdict == "violated"]
    assert counts["holds"] >= 4
    asked = {plain(m.name) for r in found for m in r.margins if not m.name.startswith(FAMILIES + NO_MODEL)}
    alone = [r.margins for r in found if sum(not m.holds for m in r.margins) == 1]
    broken = {plain(m.name) for margins in alone for m in margins if not m.holds}
    assert asked - ELSEWHERE <= broken, "no law breaks these alone"


@pytest.mark.parametrize("statement", SAMPLED, ids=canonical)
def test_statements_about_samples_name_what_can_be_run(statement: FiniteSample) -> None:
    """The whole of them is run by `testbed check`; here, on one law, with the first of its sizes."""
    kept = [law for name, law in laws_for(statement).items() if name == "gaussian"]
    truth = kept[0].law().population()
    predicted = statement.sides(truth, statement.n_unlabeled[0], statement.n_labeled[0]).right
    assert predicted.shape == truth.second2.shape
    assert (statement.exponent is not None) == (statement.kind == "rate")


def test_a_rate_and_a_mean_of_the_suite() -> None:
    for name in ("PretextError", "ExactLeastSquares"):
        for statement in statements_named(name):
            (record,) = check(statement, LAWS["gaussian"], "gaussian")
            assert record.verdict == "consistent" and record.remark == "2048 repetitions"


def test_every_law_is_frozen_and_described() -> None:
    for words, source in SUITE.values():
        assert words and (isinstance(source, Law) or source.frozen)


def test_names() -> None:
    assert statements_named(None) == STATEMENTS
    assert [canonical(s) for s in statements_named("ZeroError")] == ["ZeroError()", "ZeroError(intercept=True)"]
    assert statements_named("ZeroError(intercept=True)") == statements_named("ZeroError")[1:]
    (version,) = statements_named('IntrinsicBound("universal", given="y")')
    assert canonical(version) == 'IntrinsicBound(feature_class="universal", given="y")'
    with pytest.raises(ValueError, match="statement 'Zero' is unknown; did you mean ZeroError\\?"):
        statements_named("Zero")
    with pytest.raises(ValueError, match="ZeroError has no setting k; it has intercept"):
        statements_named("ZeroError(k=3)")
