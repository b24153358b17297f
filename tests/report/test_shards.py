"""A folder that holds nothing but shards says what joins them, wherever its results are asked for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import testbed
from testbed.explorer import explore, explore_all
from testbed.report import ReportError, read_rows, read_summary
from testbed.report.shards import uncollected


def shards(root: Path, *names: str) -> Path:
    for name in names:
        (root / "leak" / name).mkdir(parents=True)
        (root / "leak" / name / "rows.journal").write_bytes(b"")
    return root / "leak"


@pytest.mark.parametrize("read", [read_rows, read_summary, explore, explore_all, testbed.load])
def test_shards_are_to_be_collected(tmp_path: Path, read: Callable[[Path], object]) -> None:
    folder = shards(tmp_path, "shard-0-of-3", "shard-2-of-3")
    command = f"testbed collect {folder}/shard-* --out {folder}"
    with pytest.raises(ReportError, match="holds 2 of 3 shards that are not joined") as raised:
        read(folder)
    assert command in str(raised.value)
    if read is not explore_all:
        with pytest.raises(ReportError, match="2 of 3 shards"):
            read(folder / "shard-0-of-3")


def test_a_tree_of_shards_says_so_too(tmp_path: Path) -> None:
    shards(tmp_path, "shard-0-of-2")
    with pytest.raises(ReportError, match=r"none below it has summary\.csv; .*leak holds 1 of 2 shards"):
        explore_all(tmp_path)


def test_other_folders_say_nothing_of_shards(tmp_path: Path) -> None:
    (tmp_path / "shard-of-glass").mkdir()
    assert uncollected(tmp_path) == uncollected(tmp_path / "absent") == ""
    with pytest.raises(ReportError) as raised:
        read_summary(tmp_path)
    assert "run the experiment first" in str(raised.value) and "collect" not in str(raised.value)
