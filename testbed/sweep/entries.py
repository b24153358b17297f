"""Finished repetitions of a cell: as they are sent, where they are in a journal, and which are missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy.typing as npt

from testbed.evaluation import Row

__all__ = ["Arrays", "Entry", "Part", "Segment", "failures", "gaps"]

Arrays = Sequence[npt.NDArray[Any] | None]  # (n,), or () where all n repetitions share it, or None where not defined


@dataclass(frozen=True)
class Part:
    """Finished repetitions of one cell, as a worker sends them: one line each, and the tracebacks of the failed.

    `arrays` are the numbers that the lines were written from, by column; None where some are missing or differ in kind.
    """

    key: str
    start: int
    stop: int
    lines: bytes
    traces: dict[int, str] = field(default_factory=dict)
    arrays: Arrays | None = None


def failures(lines: bytes) -> list[int]:
    """Repetitions whose status is not ok."""
    if lines.count(b",ok,\n") == lines.count(b"\n"):
        return []
    return [int(line.partition(b",")[0]) for line in lines.split(b"\n")[:-1] if not line.endswith(b",ok,")]


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
    prints: dict[str, Any] | None = None  # its fingerprint; a cell of library classes has none, and older journals
    assumed: bool = False  # whether it has rows from before its fingerprint was noted

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
        """Number of rows of the cell that are done."""
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
