"""The index of a journal: for each cell, which repetitions are done, which failed, and where their lines are."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from testbed.engine import NUMPY
from testbed.evaluation import Row
from testbed.files import FolderError
from testbed.sweep.entries import Arrays, Entry, Part, Segment, failures, gaps
from testbed.sweep.journal import Journal, Reader, Record

__all__ = ["Index", "Kept", "OpenIndex"]

KEY = re.compile("[0-9a-f]{16}")


@dataclass(frozen=True)
class Kept:
    """A script as a journal keeps it, with its path, and the host and the user id that it was run by, where known."""

    text: str
    tiny: bool
    path: str | None = None
    host: str | None = None
    user: int | None = None


class Index:
    """The cells of a journal in canonical order: those of the last grid, then what earlier grids had besides.

    Attributes
    ----------
    engine : str
        What all rows are computed with.
    entries, grid, repeats
        Cells by key; the keys of the last grid, and the repetitions that it asks of each (0 where that is not known).
    scripts : list of Kept
        Scripts that wrote here, the last one last.
    declared : mapping, optional
        What the last script declares to be reported, as texts by name; None in journals that do not say it.
    stopping : mapping, optional
        Why cells stopped, where the number of repetitions was chosen from the rows.
    schemas : list of int
        Row schemas that were merged here.
    made : list of str
        Kernels and versions that rows were computed with, those of the last ones last.
    seconds : dict
        Of a row, by kind of work, as last measured.
    unknown : dict
        Cells with rows, of which the record that says what they are is damaged.
    """

    def __init__(self, journal: Reader) -> None:
        self.journal = journal
        self.engine = str(journal.identity.get("engine", NUMPY))
        self.added = tuple(journal.identity.get("columns") or ())  # columns after the usual measured ones
        self.entries: dict[str, Entry] = {}
        self.unknown: dict[str, Entry] = {}
        self.grid: list[str] = []
        self.repeats = 0
        self.scripts: list[Kept] = []
        self.declared: dict[str, str] | None = None
        self.stopping: dict[str, Any] | None = None
        self.schemas: list[int] = [int(str(journal.identity["schema"]))]
        self.seconds: dict[str, float] = {}
        self.made: list[str] = []
        self._traces: dict[str, Record] = {}  # tracebacks by the hash of their text, each kept once
        for record in journal.records:
            try:
                self._take(record)
            except (LookupError, AttributeError, TypeError, ValueError, RecursionError) as error:
                if isinstance(error, FolderError):
                    raise
                raise FolderError(
                    f"{journal.path} is damaged: its record at byte {record.offset} says {error!r}"
                ) from error
        journal.records.clear()  # a segment says the same in a fraction of the memory
        if self.unknown and not journal.damaged:
            raise FolderError(
                f"{journal.path}: the record that says what cell {next(iter(self.unknown))} is is damaged"
            )

    def _take(self, record: Record) -> None:
        says = record.says
        if says["kind"] == "cells":
            for columns in json.loads(self.journal.read(record.offset, record.end - record.offset)):
                key = self._key(columns["key"])
                self.entries.setdefault(key, self.unknown.pop(key, Entry({}))).columns = columns
        elif says["kind"] == "fingerprints":
            content = json.loads(self.journal.read(record.offset, record.end - record.offset))
            for key, (number, assumed) in content["cells"].items():
                if entry := self.entries.get(self._key(key)):
                    entry.prints, entry.assumed = content["prints"][number], bool(assumed)
        elif says["kind"] == "grid":
            self.grid, self.repeats = [self._key(key) for key in says["keys"]], int(says.get("repeats", 0))
        elif says["kind"] == "script":
            self.scripts.append(Kept(says["text"], says["tiny"], says.get("path"), says.get("host"), says.get("user")))
        elif says["kind"] == "declared":
            self.declared = {str(name): str(text) for name, text in says["texts"].items()}
        elif says["kind"] == "stopping":
            self.stopping = says["stopping"]
        elif says["kind"] == "schemas":
            self.schemas = [int(schema) for schema in says["schemas"]]
        elif says["kind"] == "made":
            self.made = [text for text in self.made if text != says["text"]] + [says["text"]]
        elif says["kind"] == "trace":
            self._traces[says["sha"]] = record
        elif says["kind"] == "rows":
            at = record.offset
            for key, start, stop, size, failed, trace_size in says["parts"]:
                entry = self.entries.get(self._key(key)) or self.unknown.setdefault(key, Entry({}))
                if not 0 <= start < stop or min(size, trace_size) < 0 or at + size + trace_size > record.end:
                    raise ValueError([key, start, stop, size, trace_size])
                entry.add(Segment(start, stop, at, size, tuple(failed), trace_size))
                at += size + trace_size
            self.seconds |= says["seconds"]

    def _key(self, key: str) -> str:
        """Refuse what is no key: it names a file of tracebacks."""
        if not KEY.fullmatch(key):
            raise FolderError(
                f"{self.journal.path} is damaged: {_cut(key)} is no key of a cell, which has 16 hexadecimal digits"
            )
        return key

    def missing(self) -> dict[str, int]:
        """Number of rows that cells of the grid lack: of those it asks for, and of those before a later one."""
        asked = self.repeats
        if not asked:  # a journal of an earlier version does not say it
            asked = max((entry.done[-1][1] for key in self.grid if (entry := self._entry(key)).done), default=0)
        lacking, grid = {}, set(self.grid)
        for key in dict.fromkeys([*self.grid, *self.entries]):
            entry = self._entry(key)
            stop = max(asked if key in grid else 0, entry.done[-1][1] if entry.done else 0)
            if number := sum(b - a for a, b in gaps(entry.done, stop)):
                lacking[key] = number
        return lacking

    def _entry(self, key: str) -> Entry:
        return self.entries.get(key) or Entry({})

    def ordered(self) -> Iterator[tuple[str, Entry]]:
        """Cells in canonical order."""
        for key in dict.fromkeys([*self.grid, *self.entries]):
            if key in self.entries:
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

    def line(self, entry: Entry, rep: int) -> bytes:
        """Line of a repetition; empty where it is missing."""
        for lines in self.lines(entry):
            for line in lines.splitlines(keepends=True):
                if int(line.partition(b",")[0]) == rep:
                    return line
        return b""

    def traces(self, entry: Entry) -> dict[int, str]:
        """Tracebacks of the failed repetitions of a cell."""
        found: dict[int, str] = {}
        for segment in entry.segments:
            if segment.trace_size:
                text = self.journal.read(segment.offset + segment.size, segment.trace_size)
                found |= {int(rep): trace for rep, trace in json.loads(text).items()}
        return {rep: self._trace(found.get(rep, "")) for rep in sorted(entry.failed)}

    def _trace(self, said: str) -> str:
        """Text of a traceback: of its own, or that of the hash that stands for it."""
        record = self._traces.get(said.removeprefix("#"))
        return self.journal.read(record.offset, record.end - record.offset).decode() if record else said


class OpenIndex(Index):
    """An index to which finished work can be added.

    Attributes
    ----------
    remembers : bool
        Whether the arrays of what is added are kept in memory.
    """

    def __init__(self, journal: Journal) -> None:
        super().__init__(journal)
        self._journal = journal
        self.remembers = False
        self._arrays: dict[int, Arrays] = {}  # by the place of their lines in the journal

    def _append(self, says: dict[str, Any], content: bytes = b"") -> int:
        """Add a record; return the place of its content."""
        record = self._journal.append(says, content)
        self._take(record)
        return record.offset

    def declare(self, cells: Iterable[Row], repeats: int = 0) -> None:
        """Say which cells the grid has, in canonical order, and how many repetitions it asks of each."""
        columns = list(cells)
        new = [c for c in columns if c["key"] not in self.entries]
        if new:
            self._append({"kind": "cells"}, json.dumps(new).encode())
        keys = [str(c["key"]) for c in columns]
        if keys != self.grid or repeats != self.repeats:
            self._append({"kind": "grid", "keys": keys, "repeats": repeats})

    def stamp(self, contents: Mapping[str, dict[str, Any]], assumed: Collection[str] = ()) -> None:
        """Write the fingerprints of cells, by key, where they are not there yet; what many share is written once."""
        numbers: dict[str, int] = {}
        cells = {}
        for key, content in contents.items():
            entry = self.entries[key]
            if (entry.prints, entry.assumed) != (content, key in assumed):
                number = numbers.setdefault(json.dumps(content), len(numbers))
                cells[key] = [number, key in assumed]
        if cells:
            written = {"prints": [json.loads(text) for text in numbers], "cells": cells}
            self._append({"kind": "fingerprints"}, json.dumps(written).encode())

    def keep_script(self, kept: Kept) -> None:
        """Keep the text of a script, so that any row can be replayed when the file is gone or changed."""
        if self.scripts[-1:] != [kept]:
            self._append({"kind": "script", **vars(kept)})

    def keep_declared(self, texts: Mapping[str, str]) -> None:
        """Keep what a script declares to be reported, so that a report runs no code."""
        if self.declared != texts:
            self._append({"kind": "declared", "texts": dict(texts)})

    def keep_stopping(self, stopping: Mapping[str, Any]) -> None:
        """Keep why cells stopped."""
        if self.stopping != stopping:
            self._append({"kind": "stopping", "stopping": dict(stopping)})

    def keep_schemas(self, schemas: Iterable[int]) -> None:
        """Keep which row schemas were merged."""
        if self.schemas != (listed := sorted(schemas)):
            self._append({"kind": "schemas", "schemas": listed})

    def computed_with(self, made: str) -> None:
        """Say with which kernels and versions the rows that follow were computed, where it is not the last ones."""
        if made and self.made[-1:] != [made]:
            self._append({"kind": "made", "text": made})

    def record(self, parts: Sequence[Part], seconds: dict[str, float]) -> None:
        """Write finished rows; when this returns they are on disk. Tracebacks that are equal are written once."""
        listed, content, sizes = [], [], []
        for part in parts:
            shared = {rep: self._keep_trace(trace) for rep, trace in part.traces.items()}
            traces = json.dumps(shared).encode() if shared else b""
            failed = failures(part.lines)
            listed.append([part.key, part.start, part.stop, len(part.lines), failed, len(traces)])
            content += [part.lines, traces]
            sizes.append(len(part.lines) + len(traces))
        says = {"kind": "rows", "seconds": seconds, "parts": listed}
        at = self._append(says, b"".join(content))
        for part, size in zip(parts, sizes, strict=True):
            if self.remembers and part.arrays is not None:
                self._arrays[at] = part.arrays
            at += size

    def remembered(self, entry: Entry) -> list[tuple[range, Arrays]] | None:
        """Arrays of a cell by its repetitions; None where some of its rows are in the journal alone, or none are."""
        found = []
        for segment, *others in entry.pieces():
            arrays = self._arrays.get(segment.offset)
            if arrays is None or others:
                return None
            found.append((range(segment.start, segment.stop), arrays))
        return found or None

    def _keep_trace(self, trace: str) -> str:
        """Write a traceback, unless it is there, and return what stands for it."""
        content = trace.encode(errors="backslashreplace")
        sha = hashlib.sha256(content).hexdigest()[:16]
        if sha not in self._traces:
            self._append({"kind": "trace", "sha": sha}, content)
        return f"#{sha}"


def _cut(value: object) -> str:
    text = repr(value)
    return text if len(text) < 60 else text[:57] + "..."
