"""The journal and the index: what is appended is found again, and nothing else is."""

from __future__ import annotations

import os
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testbed.columns import MEASURED
from testbed.evaluation import Row
from testbed.files import FolderError
from testbed.sweep.entries import Part, gaps
from testbed.sweep.frame import read as read_frame
from testbed.sweep.index import Index, OpenIndex
from testbed.sweep.journal import EARLIER, SIGNATURE, Journal, Reader
from testbed.sweep.rows import columns_of, decode, encode

A, B = "a" * 16, "b" * 16
IDENTITY = {"name": "x", "seed": 0, "schema": 1}


def row(rep: int, risk: float | None = 0.5, error: str | None = None) -> Row:
    measured: Row = dict.fromkeys(MEASURED, risk)
    return {"rep": rep, **measured, "status": "failed" if error else "ok", "error": error}


def part(key: str, start: int, stop: int, risk: float = 0.5, failed: tuple[int, ...] = ()) -> Part:
    rows = [
        row(rep, None if rep in failed else risk, "E: a, b" if rep in failed else None) for rep in range(start, stop)
    ]
    return Part(key, start, stop, encode(list(r.values()) for r in rows), dict.fromkeys(failed, "trace"))


def open_index(path: Path) -> OpenIndex:
    return OpenIndex(Journal(path, IDENTITY))


def reps(index: Index, key: str) -> list[tuple[object, object]]:
    blocks = b"".join(index.lines(index.entries[key]))
    return [(r["rep"], r["excess_risk"]) for r in map(decode, blocks.splitlines())]


def test_what_is_recorded_is_durable_before_it_is_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test lets a machine fail, so what is held is when the disk is asked, and of which file with how many bytes."""
    path, asked = tmp_path / "j", list[tuple[int, int, bool]]()

    def fsync(handle: int) -> None:
        found = os.fstat(handle)
        asked.append((found.st_ino, 0 if found.st_ino == tmp_path.stat().st_ino else found.st_size, path.exists()))

    def file() -> tuple[int, int, bool]:
        return path.stat().st_ino, path.stat().st_size, True

    monkeypatch.setattr(os, "fsync", fsync)
    journal = Journal(path, IDENTITY)
    assert asked == [(*file()[:2], False), (tmp_path.stat().st_ino, 0, True)]  # the bytes, then the name
    for content in (b"", b"x" * 1000):
        asked.clear()
        journal.append({"kind": "cell"}, content)
        assert asked == [file()]
    journal.close()
    with path.open("ab") as torn:
        torn.write(b"torn")
    asked.clear()
    Journal(path, IDENTITY).close()
    assert asked == [file()]
    assert path.read_bytes()[-4:] != b"torn"


def test_later_rows_replace_earlier_ones(tmp_path: Path) -> None:
    index = open_index(tmp_path / "j")
    index.declare([{"key": A}, {"key": B}])
    index.record([part(A, 4, 8, failed=(5, 7)), part(B, 0, 2)], {"a": 0.1})
    index.record([part(A, 0, 4)], {})
    index.record([part(A, 5, 6, risk=0.25)], {"a": 0.2})
    index.record([part(A, 10, 11)], {})
    for read in (index, Index(Reader(tmp_path / "j"))):
        entry = read.entries[A]
        assert entry.done == [(0, 8), (10, 11)]
        assert gaps(entry.done, 12) == [(8, 10), (11, 12)]
        assert entry.failed == {7}
        assert read.traces(entry) == {7: "trace"}
        expected = [(i, 0.25 if i == 5 else None if i == 7 else 0.5) for i in (*range(8), 10)]
        assert reps(read, A) == expected
        assert read.seconds == {"a": 0.2}


def test_any_cut_leaves_the_records_before_it(tmp_path: Path) -> None:
    index = open_index(tmp_path / "j")
    index.declare([{"key": A}])
    ends = []
    for i in range(4):
        index.record([part(A, i, i + 1)], {})
        ends.append(index.journal.end)
    whole = (tmp_path / "j").read_bytes()
    for cut in range(ends[0], len(whole) + 1, 7):
        (tmp_path / "k").write_bytes(whole[:cut])
        journal = Journal(tmp_path / "k", IDENTITY)
        kept = sum(end <= cut for end in ends)
        assert OpenIndex(journal).entries[A].done == [(0, kept)]
        assert journal.cut == cut - max(end for end in ends if end <= cut)
        assert (tmp_path / "k").stat().st_size == ends[kept - 1]
        journal.close()


def test_damage_is_refused_and_salvaged(tmp_path: Path) -> None:
    index = open_index(tmp_path / "j")
    index.declare([{"key": A}])
    starts = []
    for i in range(4):
        starts.append(index.journal.end)
        index.record([part(A, i, i + 1)], {})
    content = bytearray((tmp_path / "j").read_bytes())
    for place in range(starts[1], starts[2], 11):  # wherever a byte of the second record is changed
        hurt = content.copy()
        hurt[place] ^= 0xFF
        (tmp_path / "k").write_bytes(hurt)
        with pytest.raises(FolderError, match=f"damaged at byte {starts[1]}"):
            Journal(tmp_path / "k", IDENTITY)
        reader = Reader(tmp_path / "k", salvage=True)
        assert Index(reader).entries[A].done == [(0, 1), (2, 4)]
        reader.close()
    for garbage in (b"", b"garbage", SIGNATURE[:-2], SIGNATURE):
        (tmp_path / "k").write_bytes(garbage)
        with pytest.raises(FolderError, match=r"not a journal|damaged at its beginning"):
            Journal(tmp_path / "k", IDENTITY)


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(1, 9)), max_size=8), st.integers(0, 40))
def test_gaps_are_what_is_not_done(spans: list[tuple[int, int]], stop: int) -> None:
    from testbed.sweep.entries import Entry, Segment

    entry = Entry({})
    for i, (start, size) in enumerate(spans):
        entry.add(Segment(start, start + size, i, 0, (), 0))
    done = {r for start, size in spans for r in range(start, start + size)}
    missing = [r for start, end in gaps(entry.done, stop) for r in range(start, end)]
    assert missing == [r for r in range(stop) if r not in done]
    assert entry.count == len(done)


@given(st.floats(allow_nan=False, allow_infinity=False), st.text(max_size=30))
def test_a_line_reads_back(risk: float, message: str) -> None:
    line = " ".join(message.split())
    written = row(3, risk, line or None)
    (read,) = map(decode, encode([list(written.values())]).split(b"\n")[:-1])
    assert read == written or "\\" in line or any(0xD800 <= ord(c) < 0xE000 for c in line)


def test_the_page_of_file_formats_names_every_kind_of_record_and_every_file(tmp_path: Path) -> None:
    import re

    from testbed.sweep import index
    from testbed.sweep.folder import Folder

    page = (Path(__file__).parents[2] / "docs" / "files.md").read_text(encoding="utf-8")
    source = Path(str(index.__file__)).read_text(encoding="utf-8")
    kinds = set(re.findall(r'says\["kind"\] == "(\w+)"', source)) | {"experiment"}
    assert kinds == set(re.findall(r"^\| `(\w+)` \|", page.partition("## rows.journal")[2], re.MULTILINE))
    assert SIGNATURE.decode().strip() in page and EARLIER.decode().strip() in page
    with Folder(tmp_path / "out", IDENTITY) as folder:
        folder.publish()
    assert all(f"`{path.name}`" in page for path in (tmp_path / "out").iterdir())


NUMBER = st.none() | st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53), 2**53)
WORDS = st.none() | st.sampled_from(["NA", "nan", "None", "0", "x, y", 'a "b"', " ", "d\u00e9j\u00e0 vu", "#1"])


@settings(max_examples=40)
@given(st.lists(st.tuples(st.lists(NUMBER, min_size=2, max_size=2), WORDS), min_size=1, max_size=6))
def test_a_frame_holds_the_numbers_and_words_of_the_lines(rows: list[tuple[list[float | None], str | None]]) -> None:
    """Each number to the last bit, an empty field as none, and no word of an error taken for a missing one."""
    written = []
    for rep, (values, error) in enumerate(rows):
        whole = row(rep, values[0], error)
        written.append(whole | {MEASURED[1]: values[1]})
    first, *others = encode(list(r.values()) for r in written).splitlines(keepends=True) or [b""]
    cells: list[tuple[Row, int, list[bytes]]] = [
        ({"key": A, "generator": "g"}, len(written), [first, b"".join(others)]),
        ({"key": B, "generator": "h"}, 1, [encode([list(row(0).values())])]),
    ]
    frame = read_frame(cells, columns_of(cell for cell, _, _ in cells))
    assert list(frame["key"]) == [A] * len(rows) + [B] and list(frame["rep"]) == [*range(len(rows)), 0]
    for at, expected in enumerate([*written, row(0)]):
        for name in (*MEASURED, "error"):
            found = frame[name].iloc[at]
            assert (found is None or found != found) if expected[name] is None else found == expected[name]


@pytest.mark.parametrize("blocks", [1, 20])
def test_reading_rows_back_takes_little_more_memory_than_the_frame(blocks: int) -> None:
    """The lines pass by, a block at a time, and never stand in memory together."""
    lines = encode([i, *(i + 0.123456789 for _ in MEASURED), "ok", None] for i in range(2000))
    columns = columns_of([{"key": A}])

    def fetched() -> Iterator[bytes]:
        for _ in range(blocks):
            yield bytes(bytearray(lines))  # as from a file

    read_frame([({"key": A}, 2000 * blocks, fetched())], columns)  # what is imported does not count
    tracemalloc.start()
    frame = read_frame([({"key": A}, 2000 * blocks, fetched())], columns)
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(frame) == 2000 * blocks
    assert peak < 2.3 * kept + 2 * len(lines)  # pandas lays numbers out twice
