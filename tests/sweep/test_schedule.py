"""What is missing is cut into chunks of about a second, once each, whatever the costs, shards and holes are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from testbed import Experiment, run, vary
from testbed.generators import LeeMixture
from testbed.pretexts import Predict, Raw
from testbed.regressors import OLS, KernelRidge
from testbed.sweep import schedule, worker
from testbed.sweep.chunk import Chunk, Task
from testbed.sweep.folder import Folder
from testbed.sweep.index import OpenIndex
from testbed.sweep.schedule import Schedule
from tests.sweep.test_journal import part

MIXED = Experiment(
    name="mixed", generator=vary(LeeMixture, k=3, d1=6, d2=5, alpha=[0.0, 0.5]), pretext=[Raw(), Predict(OLS())],
    probe=[OLS()], baseline=[KernelRidge()], n_unlabeled=[50], n_labeled=[40], repeats=150,
)  # fmt: skip
CELLS = MIXED.cells()


def seconds(task: Task) -> float:
    """Cost of a row: rows are a hundred times dearer than Moments."""
    return 0.1 if CELLS[task.cells[0]].draws == "rows" else 0.001


def drain(lined: Schedule, workers: int = 2) -> list[Chunk]:
    """Take all chunks, learning the cost of each at once."""
    chunks = []
    while chunk := lined.next(workers):
        chunks.append(chunk)
        lined.learn(chunk.tasks, [seconds(task) for task in chunk.tasks])
    assert lined.left == 0
    return chunks


def rows_of(chunks: list[Chunk]) -> list[tuple[int, int]]:
    return [(cell, rep) for chunk in chunks for task in chunk.tasks for cell in task.cells for rep in task.reps]


@pytest.fixture
def index(tmp_path: Path) -> OpenIndex:
    with Folder(tmp_path / "out", MIXED.identity) as folder:
        folder.index.declare([cell.columns for cell in CELLS])
        return folder.index


def test_every_row_once_in_chunks_of_a_second(index: OpenIndex) -> None:
    whole = Schedule(MIXED, CELLS, index)
    assert whole.left == len(CELLS) * 150
    chunks = drain(whole)
    taken = rows_of(chunks)
    assert sorted(taken) == sorted({(i, rep) for i in range(len(CELLS)) for rep in range(150)})
    cost = [sum(seconds(t) * t.rows for t in chunk.tasks) for chunk in chunks]
    assert max(cost) <= 1.0 + 1e-9
    assert sorted(cost)[len(cost) // 2] > 0.8
    for chunk in chunks:
        for task in chunk.tasks:
            if CELLS[task.cells[0]].draws == "moments":  # which are drawn in blocks of 64
                assert task.reps.start % 64 == 0
                assert task.reps.stop % 64 == 0 or task.reps.stop == 150


def test_a_group_that_was_never_measured_starts_with_one_unit(index: OpenIndex) -> None:
    first = Schedule(MIXED, CELLS, index).next(2)
    assert first is not None
    assert [len(task.reps) for task in first.tasks] == [64]


def test_blocks_of_a_frozen_law_are_one_task_and_the_same_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    law = LeeMixture(k=3, d1=6, d2=5, structure_seed=3)
    frozen = replace(MIXED, generator=[law], baseline=[], repeats=1000)
    asked: list[range] = []
    whole = worker.run_blocks
    monkeypatch.setattr(
        worker, "run_blocks", lambda cells, seed, reps, *engine: asked.append(reps) or whole(cells, seed, reps, *engine)
    )
    monkeypatch.setattr(schedule, "SECONDS", 1e9)  # so that chunks do not hang on the time that rows take here
    run(frozen, tmp_path / "tasks", progress=False)
    assert asked[0] == range(64)
    assert max(map(len, asked)) > 2 * 64
    monkeypatch.setattr(schedule, "SECONDS", 0.0)
    asked.clear()
    run(frozen, tmp_path / "blocks", progress=False)
    assert set(map(len, asked)) == {64, 1000 % 64}
    assert (tmp_path / "blocks/rows.csv").read_bytes() == (tmp_path / "tasks/rows.csv").read_bytes()


@pytest.mark.parametrize("parts", [1, 2, 3, 7])
def test_shards_are_a_partition(index: OpenIndex, parts: int) -> None:
    whole = sorted(rows_of(drain(Schedule(MIXED, CELLS, index))))
    shards = [rows_of(drain(Schedule(MIXED, CELLS, index, (i + 1, parts)))) for i in range(parts)]
    assert sorted(row for shard in shards for row in shard) == whole
    assert min(len(shard) for shard in shards) > len(whole) / parts / 4


@pytest.mark.parametrize("parts", [2, 3, 5])
@pytest.mark.parametrize("repeats", [3, 16, 80, 150, 700])
def test_shards_of_one_law_are_balanced(tmp_path: Path, repeats: int, parts: int) -> None:
    """Moments are drawn 64 repetitions at a time, and 80 of them were 64 and 16 rows."""
    mixed = replace(MIXED, repeats=repeats)
    with Folder(tmp_path / "out", MIXED.identity) as folder:
        folder.index.declare([cell.columns for cell in CELLS])
        every = [Schedule(mixed, CELLS, folder.index, (i + 1, parts)) for i in range(parts)]
        shards = [rows_of(drain(one)) for one in every]
    assert sorted(row for shard in shards for row in shard) == [
        (i, r) for i in range(len(CELLS)) for r in range(repeats)
    ]
    for cell in range(len(CELLS)):
        counts = [sum(c == cell for c, _ in shard) for shard in shards]
        assert max(counts) - min(counts) <= 1


def test_only_holes_and_failed_rows_on_request(tmp_path: Path) -> None:
    with Folder(tmp_path / "out", MIXED.identity) as folder:
        folder.index.declare([cell.columns for cell in CELLS])
        for cell in CELLS:
            folder.index.record([part(cell.key, 0, 70), part(cell.key, 80, 150, failed=(90, 91))], {})
        holes = rows_of(drain(Schedule(MIXED, CELLS, folder.index)))
        assert sorted(holes) == [(i, rep) for i in range(len(CELLS)) for rep in range(70, 80)]
        again = rows_of(drain(Schedule(MIXED, CELLS, folder.index, retry=True)))
        assert sorted(again) == [(i, rep) for i in range(len(CELLS)) for rep in (*range(70, 80), 90, 91)]


def test_halves_end_in_single_rows() -> None:
    todo, single = [Chunk((Task((0, 1, 2), range(5)), Task((3,), range(64, 66))), "numpy")], []
    while todo:
        chunk = todo.pop()
        if chunk.rows > 1:
            todo += chunk.halves()
        else:
            single.append(chunk)
    assert sorted(rows_of(single)) == [(c, r) for c in (0, 1, 2) for r in range(5)] + [(3, 64), (3, 65)]
