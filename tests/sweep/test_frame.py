"""The frame that `testbed.run` gives from memory is the one that reading its lines gives."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import testbed
from testbed import Experiment
from testbed.columns import MEASURED
from testbed.evaluation import Block
from testbed.generators import CleanMixture, LeeMixture
from testbed.pretexts import Predict, Raw
from testbed.regressors import OLS, ReducedRank
from testbed.sweep import frame as module
from testbed.sweep.index import OpenIndex

SMALL = {"k": 3, "d1": 6, "d2": 4}
GRID = Experiment(
    name="frame",
    generator=[LeeMixture(**SMALL), CleanMixture(**SMALL, structure_seed=1)],
    pretext=[Raw(), Predict(ReducedRank(2)), Predict(OLS())],  # rank_used is a whole number, or empty
    probe=[OLS()],
    n_unlabeled=[100],
    n_labeled=[20, 50],
    repeats=70,
    extra=["pretext_error", "intrinsic_class"],
)


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Which way each frame was made."""
    taken: list[str] = []

    def watch(name: str) -> None:
        before = getattr(module, name)

        def watched(*of: Any) -> Any:
            taken.append(name)
            return before(*of)

        monkeypatch.setattr(module, name, watched)

    watch("gathered")
    watch("read")
    yield taken


def run(experiment: Experiment, out: Path | None = None, **options: Any) -> pd.DataFrame:
    return testbed.run(experiment, out=out, progress=False, **options)


def forget(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(OpenIndex, "remembered", lambda index, entry: None)


@pytest.mark.parametrize("change", [{}, {"nested": True, "repeats": 3}, {"draws": "rows", "repeats": 2}])
def test_it_has_the_values_kinds_and_order_of_the_lines(
    change: dict[str, Any], ways: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    experiment = replace(GRID, **change)
    kept = run(experiment)
    forget(monkeypatch)
    read = run(experiment)
    assert ways == ["gathered", "read"]
    pd.testing.assert_frame_equal(kept, read, check_exact=True)
    assert kept["rank_used"].dtype == np.float64 and kept["rank_used"].isna().any()
    assert kept["error"].tolist() == [None] * len(kept)


def test_a_run_that_goes_on_and_one_that_asks_for_less_give_the_same(tmp_path: Path, ways: list[str]) -> None:
    whole = run(GRID)
    run(replace(GRID, repeats=10), tmp_path / "out")
    pd.testing.assert_frame_equal(run(GRID, tmp_path / "out"), whole, check_exact=True)
    fewer = run(replace(GRID, repeats=5), tmp_path / "out")
    assert ways == ["gathered", "gathered", "read", "read"]
    pd.testing.assert_frame_equal(fewer, whole[whole["rep"] < 5].reset_index(drop=True), check_exact=True)


@pytest.mark.usefixtures("forked_workers")
def test_a_run_of_other_processes_gives_it_from_what_they_sent(ways: list[str]) -> None:
    small = replace(GRID, repeats=4)
    pd.testing.assert_frame_equal(run(small, jobs=2), run(small), check_exact=True)
    assert ways == ["gathered"] * 2


def test_the_columns_are_the_arrays_that_were_made_for_them() -> None:
    """Numbers are laid out once: the most memory that is in use is little more than the frame, without what is text."""
    cell, measured = GRID.cells()[0].columns, [*MEASURED]
    arrays = [np.arange(1000.0) for _ in measured]
    pieces = [(range(1000 * i, 1000 * (i + 1)), arrays) for i in range(50)]
    columns = [*cell, "rep", *measured, "status", "error"]
    module.gathered([(cell, pieces)], columns)  # imports what it needs
    tracemalloc.start()
    try:
        frame = module.gathered([(cell, pieces)], columns)
        kept, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert frame.shape == (50_000, len(columns)) and frame["excess_risk"].iloc[-1] == 999.0
    assert most < 1.2 * kept


def test_failures_are_read_from_the_lines(ways: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    made = Block.of.__func__  # type: ignore[attr-defined]

    def lost(cls: type[Block], cell: Any, reps: range, measured: Any) -> Block:
        if 2 in reps and cell.n_labeled == 20:
            return Block.lost(cell, reps, 'E: a, "b"\n  NA')
        block: Block = made(cls, cell, reps, measured)
        return block

    monkeypatch.setattr(Block, "of", classmethod(lost))
    with pytest.warns(UserWarning, match="rows failed"):
        found = run(replace(GRID, repeats=3))
    assert ways == ["read"]
    assert set(found["error"]) == {None, 'E: a, "b" NA'}


def test_numbers_of_two_kinds_in_one_column_are_read_from_the_lines() -> None:
    cell = GRID.cells()[0]

    def block(start: int, rank: Any) -> Block:
        rest = dict.fromkeys(cell.measured, 0.5)
        return Block.of(cell, range(start, start + 2), rest | {"rank_used": rank})

    place = MEASURED.index("rank_used")
    for one, other in ((1, 1.0), (1, None), (True, True), (np.uint8(1), np.uint8(1))):
        assert module.joined([block(0, one), block(2, other)]) is None
    for rank, joined in ((1, 1), (None, None)):
        arrays = module.joined([block(0, rank), block(2, rank)])
        assert arrays is not None and arrays[place] == joined
    arrays = module.joined([block(0, 0.0), block(2, -0.0)])  # equal, and not the same bits
    assert arrays is not None and arrays[place] is not None
    np.testing.assert_array_equal(np.signbit(arrays[place]), [False, False, True, True])
