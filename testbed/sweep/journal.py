"""The journal of a results folder: finished work in the order in which it finished, one checked record after another.

A record is a mark, the length and the CRC-32 of its body, and the body: a line of JSON that says what it is, and bytes.
It is written by one process, and on disk before anything else is done with it. So a run that is killed leaves at most
one torn record at the end, which is recognised and cut; what stands before it is never written again.
"""

from __future__ import annotations

import json
import os
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from testbed.engine import named_engine
from testbed.files import FolderError, open_file, write_atomically

__all__ = ["JOURNAL", "Journal", "Reader", "Record"]

JOURNAL = "rows.journal"
SIGNATURE = b"testbed journal 2\n"
EARLIER = b"testbed journal 1\n"  # read as well: it lacks kinds of records, and what it has is the same
MARK = b"\xf7row"
FRAME = struct.Struct("<4sII")


@dataclass(frozen=True)
class Record:
    """What a record says, and where the bytes that follow it are."""

    says: dict[str, Any]
    offset: int
    end: int


def _scan(path: Path, salvage: bool, damaged: list[tuple[int, int]]) -> Iterator[Record]:
    """Read the records of a journal, whole ones only; a torn end is passed over.

    `damaged` is filled with the places that were passed over.

    Raises
    ------
    FolderError
        If the file is no journal; or if a record is damaged and later ones are not, unless `salvage` passes over it.
    """
    try:
        with os.fdopen(open_file(path), "rb") as file:
            if file.read(len(SIGNATURE)) not in (SIGNATURE, EARLIER):
                raise FolderError(f"{path} is not a journal of testbed; --fresh moves the folder aside")
            at = file.tell()
            while True:
                while record := _record(file, at):
                    yield record
                    at = record.end
                later = _next(file, at)
                if later is None:
                    return
                if not salvage:
                    raise FolderError(
                        f"{path} is damaged at byte {at}, with intact records behind it. --fresh moves the folder "
                        "aside; testbed collect FOLDER then brings back every intact row of it"
                    )
                damaged.append((at, later))
                at = later
    except OSError as error:
        raise FolderError(f"{path} cannot be read: {error.strerror or error}") from error


def _record(file: BinaryIO, at: int) -> Record | None:
    """Record at a place, or None if there is no whole one."""
    file.seek(at)
    frame = file.read(FRAME.size)
    if len(frame) < FRAME.size:
        return None
    mark, length, check = FRAME.unpack(frame)
    if mark != MARK or length > os.fstat(file.fileno()).st_size - at - FRAME.size:
        return None
    body = file.read(length)
    if len(body) < length or zlib.crc32(body) != check:
        return None
    line, _, _ = body.partition(b"\n")
    start = at + FRAME.size
    try:
        says = json.loads(line)
    except (ValueError, RecursionError):
        return None
    known = isinstance(says, dict) and isinstance(says.get("kind"), str)
    return Record(says, start + len(line) + 1, start + length) if known else None


def _next(file: BinaryIO, after: int) -> int | None:
    """Place of the first whole record behind a place."""
    file.seek(after)
    place, rest = after, b""
    while block := file.read(1 << 20):
        text = rest + block
        found = text.find(MARK, 1 if place == after else 0)
        while found >= 0:
            here = file.tell()
            if _record(file, place + found):
                return place + found
            file.seek(here)
            found = text.find(MARK, found + 1)
        rest = text[-len(MARK) + 1 :]
        place += len(text) - len(rest)
    return None


class Reader:
    """A journal open for reading, by anyone at any time, up to its torn end; `salvage` passes over damage.

    Attributes
    ----------
    records : list of Record
        What it holds, to be taken over by whoever reads it.
    damaged : list of (start, stop)
        Bytes that were passed over between intact records.
    torn : int
        Bytes behind the last whole record.
    earlier : bool
        Whether an earlier version wrote it, which kept less in it.
    """

    def __init__(self, path: Path, salvage: bool = False, flags: int = os.O_RDONLY) -> None:
        self.path = path
        self.damaged: list[tuple[int, int]] = []
        self.records = list(_scan(path, salvage, self.damaged))
        if not self.records or self.records[0].says["kind"] != "experiment":
            raise FolderError(f"{path} is damaged at its beginning, so it is not known which experiment it holds")
        says = self.records[0].says
        self.identity = {name: says.get(name) for name in ("name", "seed", "schema")}
        self.identity |= {"columns": says["columns"]} if says.get("columns") else {}
        self.identity |= named_engine(says.get("engine"))
        self.end = self.records[-1].end
        try:
            self._handle = open_file(path, flags)
        except OSError as error:
            raise FolderError(f"{path} cannot be opened: {error.strerror or error}") from error
        self.torn = os.fstat(self._handle).st_size - self.end
        self.earlier = self.read(0, len(EARLIER)) == EARLIER

    def read(self, offset: int, length: int) -> bytes:
        """Read bytes of a record."""
        return os.pread(self._handle, length, offset)

    def close(self) -> None:
        """Close the file of the journal."""
        os.close(self._handle)


class Journal(Reader):
    """A journal open for writing; the folder's lock is held by the caller.

    Parameters
    ----------
    check
        Called before each record is written; refuses by raising FolderError.

    Attributes
    ----------
    cut : int
        Bytes of a torn last record that were cut when it was opened.
    """

    def __init__(self, path: Path, identity: Mapping[str, object], check: Callable[[], None] = lambda: None) -> None:
        if not path.exists() and not path.is_symlink():
            write_atomically(path, [SIGNATURE, _frame({"kind": "experiment", **identity})])
        super().__init__(path, flags=os.O_RDWR)
        self._check = check
        self.cut = self.torn
        try:
            if self.cut:
                os.ftruncate(self._handle, self.end)
                os.fsync(self._handle)
        except OSError as error:
            self.close()
            raise FolderError(f"{path} cannot be written: {error.strerror or error}") from error

    def renew(self) -> None:
        """Make it one of this version, which earlier versions know that they cannot read: one byte of it differs."""
        if self.earlier:
            self._check()
            os.pwrite(self._handle, SIGNATURE, 0)
            self.earlier = False

    def append(self, says: dict[str, Any], content: bytes = b"") -> Record:
        """Add a record; when this returns it is on disk.

        Raises
        ------
        FolderError
            If it cannot be written; the journal is then as it was before.
        """
        self._check()
        framed = memoryview(_frame(says, content))
        start = self.end
        try:
            written = 0
            while written < len(framed):
                written += os.pwrite(self._handle, framed[written:], start + written)
            os.fsync(self._handle)
        except OSError as error:
            with suppress(OSError):  # what is left of it is cut when the journal is opened
                os.ftruncate(self._handle, start)
            raise FolderError(
                f"{self.path} cannot be written: {error.strerror or error}. Every finished row before this is safe; "
                "make room and run the same command again"
            ) from error
        self.end += len(framed)
        return Record(says, self.end - len(content), self.end)


def _frame(says: dict[str, Any], content: bytes = b"") -> bytes:
    body = json.dumps(says, separators=(",", ":")).encode() + b"\n" + content
    return FRAME.pack(MARK, len(body), zlib.crc32(body)) + body
