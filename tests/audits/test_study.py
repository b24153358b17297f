"""The study of the audit's coverage: its journal survives a kill, and the committed table meets its marks."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from experiments.audit import blocks
from experiments.audit.coverage import missed
from tests.committed import committed


def test_a_journal_that_was_cut_short_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is computed twice but what was lost, and a line that a kill cut short spoils no other."""
    called = []
    monkeypatch.setattr(blocks, "covered", lambda name, n, block: [{"block": block}])
    monkeypatch.setattr(blocks, "powers", lambda rho, n, block: called.append((rho, n, block)) or [{"rho": rho}])
    journal = tmp_path / "deep" / "blocks.journal"
    whole = blocks.computed({200: 20}, 10, journal, 1)
    assert len(whole) == 2 * 11 + len(blocks.SIZES) * len(blocks.EDGES)
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:-2]) + lines[-2][:-9])
    called.clear()
    assert blocks.computed({200: 20}, 10, journal, 1) == whole and len(called) == 2
    called.clear()
    assert blocks.computed({200: 20}, 10, journal, 1) == whole and not called
    larger = blocks.computed({200: 30}, 10, journal, 1)
    assert whole.items() <= larger.items() and len(larger) == len(whole) + 11
    assert [key for key in larger if key in whole] == list(whole)  # the order is that of the design
    assert json.loads(next(iter(larger))) == ["coverage", "CI", 200, 0]


def test_blocks_depend_on_nothing_but_their_name() -> None:
    assert blocks.powers(0.3, 100, 1) == blocks.powers(0.3, 100, 1) != blocks.powers(0.3, 100, 2)


def test_the_committed_table_meets_its_marks() -> None:
    frame = pd.read_csv(committed("audit/coverage", "table.csv"))
    assert frame["law"].nunique() == 11
    assert (frame["tables"] == frame["n"].map({200: 500, 1000: 150})).all()
    assert missed(frame) == []


def test_a_miss_is_named() -> None:
    frame = pd.read_csv(committed("audit/coverage", "table.csv"))
    frame.loc[0, ["eps^2 covered", "studentised rejects", "lower limit valid"]] = 0.5, 0.5, 0.5
    said = missed(frame)
    assert len(said) == 3 and all(line.startswith("CI, n = 200") for line in said)


def test_power_grows_with_rows_and_with_the_leak() -> None:
    """What n rows can find: 200 rows find a leak of .013 more often than not, and 5,000 one of .0015."""
    power = pd.read_csv(committed("audit/coverage", "power.csv")).pivot(index="n", columns="rho", values="studentised")
    assert power[0.0].max() < 0.15  # the size: 100 tables of a test at .05
    assert (power[0.5] > 0.95).all() and power.loc[200, 0.3] > 0.5 and power.loc[5000, 0.1] > 0.95
    assert (power.loc[5000] >= power.loc[100] - 0.1).all()


def test_a_point_of_the_power_computed_again_is_the_committed_one() -> None:
    """All tables of 100 rows at one size of the leak; p-values are counts of 199 permutations, so shares are exact."""
    power = pd.read_csv(committed("audit/coverage", "power.csv"))
    point = power[(power["n"] == 100) & (power["rho"] == 0.3)].iloc[0]
    count = round(point["tables"] / blocks.BLOCK)
    records = [record for block in range(count) for record in blocks.powers(0.3, 100, block)]
    assert len(records) == point["tables"] >= 100
    for test in ("studentised", "plain"):
        assert np.mean([record[test] <= 0.05 for record in records]) == pytest.approx(point[test], abs=1e-9)
