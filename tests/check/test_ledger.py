"""Statements that are run together: each has the records that it has alone, and a law is built once for all."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from testbed.check import LAWS, Record, check, check_all, ledger
from testbed.evaluation import Block, run_blocks
from testbed.keys import canonical
from testbed.laws import JointGaussian
from testbed.theory import ExactLeastSquares, ExcessSplit, IntrinsicBound, OracleRate, PretextError, Statement

TOGETHER: tuple[Statement, ...] = (IntrinsicBound(), PretextError(), ExcessSplit(), OracleRate(), ExactLeastSquares())


def plain(records: list[Record]) -> list[str]:
    return [repr(record) for record in records]


@pytest.mark.parametrize("name", ["gaussian", "clean"])
def test_each_statement_has_the_records_that_it_has_alone(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sums of integrals and simulated means are the same bit for bit, whatever is run before and beside them.

    Bits show it in a few blocks of repetitions as in the many of `testbed check`.
    """
    monkeypatch.setattr("testbed.check.simulate.REPEATS", {"moments": 256, "rows": 16})
    alone = {statement: plain(check(statement, LAWS[name], name)) for statement in TOGETHER}
    for order in (TOGETHER, TOGETHER[::-1]):
        for statement, records in zip(order, check_all(order, LAWS[name], name), strict=True):
            assert plain(records) == alone[statement]


def test_a_law_is_built_once_and_records_come_in_the_order_of_the_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    built: list[Any] = []

    def counted(source: Any) -> Any:
        built.append(source)
        return source.law()

    monkeypatch.setattr("testbed.check.run.one_law", counted)
    names, exact, told = ("lee", "finite-leak"), (IntrinsicBound(), ExcessSplit()), list[int]()
    found = ledger([(s, name, LAWS[name]) for s in exact for name in names], tell=told.append)
    assert built == [LAWS[name] for name in names]
    assert told == [2, 2]
    assert [(r.statement, r.law) for r in found] == [(str(s), name) for s in exact for name in names]


def test_a_law_of_ones_own_is_run_here_beside_processes() -> None:
    """Only names of laws travel: a law that was used holds what cannot be sent."""
    own = JointGaussian(np.array([[1.0, 0.3, 0.2], [0.3, 1.0, 0.1], [0.2, 0.1, 1.0]]), 1, 1, 1)
    laws: dict[str, Any] = {"own": own, "lee": LAWS["lee"], "clean": LAWS["clean"]}
    pairs = [(IntrinsicBound(), name, law) for name, law in laws.items()]
    assert plain(ledger(pairs, jobs=2)) == plain(ledger(pairs))


def test_a_simulation_that_fails_is_the_error_of_its_statement_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    lost, kept = ExactLeastSquares(), PretextError()

    def losing(*work: Any) -> list[Block]:
        return [
            Block.lost(b.cell, b.reps, "E: gone") if canonical(b.cell.pretext) == lost.pretext else b
            for b in run_blocks(*work)
        ]

    assert lost.pretext != kept.pretext
    before = plain(check(kept, LAWS["gaussian"], "gaussian"))
    monkeypatch.setattr("testbed.check.simulate.run_blocks", losing)
    (record,), found = check_all((lost, kept), LAWS["gaussian"], "gaussian")
    assert record.verdict == "error" and record.remark == "RuntimeError: 2048 of 2048 repetitions failed: E: gone"
    assert plain(found) == before


def test_processes_start_anew_where_jax_is_loaded() -> None:
    """A copy of a process with other threads can wait for one of them forever; Python and jax warn of it."""
    pytest.importorskip("jax").numpy.zeros(3).sum()
    pairs = [(IntrinsicBound(), name, LAWS[name]) for name in ("gaussian", "finite-leak")]
    assert plain(ledger(pairs, jobs=2)) == plain(ledger(pairs))
