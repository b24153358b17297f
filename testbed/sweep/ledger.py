"""What a journal holds, by cell: which repetitions are done, which failed, and where their lines are."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from testbed.study import Row
from testbed.sweep.files import FolderError
from testbed.sweep.journal import Journal, Reader, Record

__all__ = ["Entry", "Ledger", "OpenLedger", "Part", "failures", "gaps"]


@dataclass(frozen=True)
class Part:
    """Finished repetitions of one cell, as a worker sends them: one line each, and the tracebacks of the failed."""

    key: str
    start: int
    stop: int
    lines: bytes
    traces: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Segment:
    """Where the lines of some repetitions are in the journal, and which of them failed."""

    start: int
    stop: int
    offset: int
    size: int
    failed: tuple[int, ...]
    trace_size: int  # the tracebacks follow the lines


@dataclass
class Entry:
    """One cell: what identifies its rows, and its segments in the order of the journal, the later ones being valid."""

    columns: Row
    segments: list[Segment] = field(default_factory=list)
    done: list[tuple[int, int]] = field(default_factory=list)  # disjoint intervals, sorted
    failed: set[int] = field(default_factory=set)

    def add(self, segment: Segment) -> None:
        """Take in a segment; it replaces what an earlier one says of the same repetitions."""
        self.segments.append(segment)
        self.failed.difference_update(range(segment.start, segment.stop))
        self.failed.update(segment.failed)
        if self.done and self.done[-1][1] == segment.start:
            self.done[-1] = (self.done[-1][0], segment.stop)
        else:
            self.done = _union([*self.done, (segment.start, segment.stop)])

    @property
    def count(self) -> int:
        """Number of rows."""
        return sum(stop - start for start, stop in self.done)

    def pieces(self) -> Iterator[list[Segment]]:
        """Segments by repetition, those that overlap together in the order of the journal."""
        piece: list[Segment] = []
        stop = 0
        for segment in sorted(self.segments, key=lambda s: (s.start, s.offset)):
            if piece and segment.start >= stop:
                yield sorted(piece, key=lambda s: s.offset)
                piece = []
            piece.append(segment)
            stop = max(stop, segment.stop) if len(piece) > 1 else segment.stop
        if piece:
            yield sorted(piece, key=lambda s: s.offset)


class Ledger:
    """The cells of a journal in canonical order: those of the last grid, then what earlier grids had besides."""

    def __init__(self, journal: Reader) -> None:
        self.journal = journal
        self.added = tuple(journal.identity.get("columns") or ())  # columns after the usual measured ones
        self.entries: dict[str, Entry] = {}
        self.grid: list[str] = []
        self.scripts: list[tuple[str, bool]] = []  # text, and whether it was run as --tiny
        self.seconds: dict[str, float] = {}  # of a row, by kind of work, as last measured
        for record in journal.records:
            self._take(record)
        journal.records.clear()  # a segment says the same in a fraction of the memory

    def _take(self, record: Record) -> None:
        says = record.says
        if says["kind"] == "cells":
            for columns in json.loads(self.journal.read(record.offset, record.end - record.offset)):
                self.entries.setdefault(columns["key"], Entry(columns))
        elif says["kind"] == "grid":
            self.grid = says["keys"]
        elif says["kind"] == "script":
            self.scripts.append((says["text"], says["tiny"]))
        elif says["kind"] == "rows":
            at = record.offset
            for key, start, stop, size, failed, trace_size in says["parts"]:
                if key not in self.entries:
                    raise FolderError(f"{self.journal.path}: the record that says what cell {key} is is damaged")
                self.entries[key].add(Segment(start, stop, at, size, tuple(failed), trace_size))
                at += size + trace_size
            self.seconds |= says["seconds"]

    def ordered(self) -> Iterator[tuple[str, Entry]]:
        """Cells in canonical order."""
        for key in dict.fromkeys([*self.grid, *self.entries]):
            yield key, self.entries[key]

    def lines(self, entry: Entry) -> Iterator[bytes]:
        """Lines of a cell by repetition, as one or more blocks of whole lines."""
        for piece in entry.pieces():
            blocks = [self.journal.read(s.offset, s.size) for s in piece]
            if len(blocks) == 1:
                yield blocks[0]
                continue
            latest: dict[int, bytes] = {}
            for segment, block in zip(piece, blocks, strict=True):
                latest |= zip(range(segment.start, segment.stop), block.splitlines(keepends=True), strict=True)
            yield b"".join(latest[rep] for rep in sorted(latest))

    def traces(self, entry: Entry) -> dict[int, str]:
        """Tracebacks of the failed repetitions of a cell."""
        found: dict[int, str] = {}
        for segment in entry.segments:
            if segment.trace_size:
                text = self.journal.read(segment.offset + segment.size, segment.trace_size)
                found |= {int(rep): trace for rep, trace in json.loads(text).items()}
        return {rep: found.get(rep, "") for rep in sorted(entry.failed)}


class OpenLedger(Ledger):
    """A ledger that is added to."""

    def __init__(self, journal: Journal) -> None:
        super().__init__(journal)
        self._journal = journal

    def _append(self, says: dict[str, Any], content: bytes = b"") -> None:
        self._take(self._journal.append(says, content))

    def declare(self, cells: Iterable[Row]) -> None:
        """Say which cells the grid has, in canonical order."""
        columns = list(cells)
        new = [c for c in columns if c["key"] not in self.entries]
        if new:
            self._append({"kind": "cells"}, json.dumps(new).encode())
        keys = [str(c["key"]) for c in columns]
        if keys != self.grid:
            self._append({"kind": "grid", "keys": keys})

    def keep_script(self, text: str, tiny: bool) -> None:
        """Keep the text of a script, so that any row can be replayed when the file is gone or changed."""
        if self.scripts[-1:] != [(text, tiny)]:
            self._append({"kind": "script", "text": text, "tiny": tiny})

    def record(self, parts: Iterable[Part], seconds: dict[str, float]) -> None:
        """Write finished rows; when this returns they are on disk."""
        listed, content = [], []
        for part in parts:
            traces = json.dumps(part.traces).encode() if part.traces else b""
            failed = failures(part.lines)
            listed.append([part.key, part.start, part.stop, len(part.lines), failed, len(traces)])
            content += [part.lines, traces]
        says = {"kind": "rows", "seconds": seconds, "parts": listed}
        self._append(says, b"".join(content))


def failures(lines: bytes) -> list[int]:
    """Repetitions whose status is not ok."""
    if lines.count(b",ok,\n") == lines.count(b"\n"):
        return []
    return [int(line.partition(b",")[0]) for line in lines.split(b"\n")[:-1] if not line.endswith(b",ok,")]


def gaps(done: Iterable[tuple[int, int]], stop: int) -> list[tuple[int, int]]:
    """What is missing of range(stop), as intervals."""
    missing, at = [], 0
    for a, b in done:
        if a >= stop:
            break
        if a > at:
            missing.append((at, a))
        at = max(at, b)
    if at < stop:
        missing.append((at, stop))
    return missing


def _union(intervals: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, stop in sorted(intervals):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        else:
            merged.append((start, stop))
    return merged
