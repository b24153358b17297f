"""Reading the journal of a results folder without its lock: a run may be in it."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from testbed.arguments import shown
from testbed.columns import is_added
from testbed.files import FolderError, Hashed, holds, read_bytes, real_folder, sweep_up, write_atomically
from testbed.sweep.index import Entry, Index, OpenIndex
from testbed.sweep.journal import Journal, Reader
from testbed.sweep.places import JOURNAL
from testbed.sweep.rows import columns_of, decode, header, prefix
from testbed.sweep.runs import Lock, read_manifest

__all__ = ["Folder", "Tally", "reading", "stopping_of"]


@contextmanager
def reading(path: Path, salvage: bool = True) -> Iterator[Index]:
    """Open the index of a folder without its lock: it shows what was finished at this moment.

    Raises
    ------
    FolderError
        If nothing was run there, or the journal cannot be read.
    """
    if not (path / JOURNAL).exists() and not (path / JOURNAL).is_symlink():
        raise FolderError(f"{path} holds no {JOURNAL}: no rows are kept there")
    journal = Reader(path / JOURNAL, salvage)
    try:
        yield Index(journal)
    finally:
        journal.close()


def stopping_of(path: Path, index: Index) -> dict[str, Any] | None:
    """Why cells of a folder stopped: from its journal, or from its manifest, where earlier versions kept it.

    Raises
    ------
    FolderError
        If it is there and cannot be read.
    """
    found = index.stopping
    if found is None and index.journal.earlier:
        found = read_manifest(path).get("stopping")
    if not found:
        return None
    cells = found.get("cells")
    numbers = all(isinstance(found.get(name), int | float) for name in ("precision", "first"))
    if not numbers or not isinstance(cells, dict) or not all(isinstance(cell, dict) for cell in cells.values()):
        raise FolderError(f"{path}: what it keeps of why its cells stopped cannot be read; run it again")
    return found


MESSAGES = 20  # distinct messages of failed rows that are kept to be shown


@dataclass
class Tally:
    """What rows.csv holds, and how many rows the cells of the grid still lack, by key."""

    rows: int = 0
    failed: int = 0
    sha256: str = ""
    missing: dict[str, int] = field(default_factory=dict)
    messages: Counter[str] = field(default_factory=Counter)

    def lacking(self) -> list[str]:
        """What is missing, in words; empty where nothing is."""
        if not self.missing:
            return []
        named = ", ".join(list(self.missing)[:5]) + (", ..." if len(self.missing) > 5 else "")
        return [f"{sum(self.missing.values())} rows of {len(self.missing)} cells are missing: {named}"]


class Folder:
    """The results of one experiment, open for one run.

    Same experiment means same name, seed, row schema and added columns; another grid is growth. A folder of another
    experiment is refused, and so is one in use; `fresh` moves the folder aside instead, under a numbered name. A folder
    with a report but no rows, as in a fresh clone, is filled again. Without an identity, the folder must have a
    journal, which says it.

    Attributes
    ----------
    notes : list of str
        What is worth saying of what was found there.

    Raises
    ------
    FolderError
        If the folder is refused or cannot be written; nothing in it has changed then.
    """

    def __init__(self, path: Path, identity: dict[str, Any] | None = None, fresh: bool = False) -> None:
        self.path = path
        self.notes: list[str] = []
        if identity is not None:
            self.identity = identity
        older = self._older() if identity is not None else None
        if (fresh or older) and (moved := _move_aside(path)):
            why = f"; its rows are of the row schema {older}, whose numbers are no longer computed" if older else ""
            self.notes.append(f"what was there is now in {moved}{why}")
        if identity is None:
            with reading(path, salvage=False) as index:
                identity = index.journal.identity
        self.identity = identity
        self._check()
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise FolderError(f"{path} cannot be written ({error.strerror}); choose another with --out") from error
        self._lock = Lock(path)
        try:
            for place in (path, path / "failures"):
                sweep_up(place)
            journal = Journal(path / JOURNAL, identity, self._lock.check)
            try:
                self._refuse_unless(journal.identity)
                self.index = OpenIndex(journal)
                self._renew(journal)
            except BaseException:
                journal.close()
                raise
        except BaseException:
            self._lock.release()
            raise
        if journal.cut:
            self.notes.append(
                f"the last record of the journal was torn; its {journal.cut} bytes are cut, and its rows are missing"
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.index.journal.close()
        self._lock.release()

    def _renew(self, journal: Journal) -> None:
        """Take over what earlier versions kept in the manifest, where no checksum guards it."""
        if journal.earlier:
            if stopping := stopping_of(self.path, self.index):
                self.index.keep_stopping(stopping)
            self.index.keep_schemas(map(int, read_manifest(self.path).get("schemas", self.index.schemas)))
            journal.renew()

    def _older(self) -> int | None:
        """Row schema of what is there, where it is the same experiment under an older one."""
        owner, ours = self._owner(), self.identity.get("schema")
        if not owner and (self.path / JOURNAL).exists():
            with reading(self.path) as index:
                owner = index.journal.identity
        same = all(owner.get(name) == self.identity.get(name) for name in ("name", "seed"))
        theirs = owner.get("schema")
        return theirs if same and isinstance(theirs, int) and isinstance(ours, int) and theirs < ours else None

    def _check(self) -> None:
        self._refuse_unless(self._owner() or self.identity)
        if (self.path / "rows.csv").exists() and not (self.path / JOURNAL).exists():
            raise FolderError(
                f"{self.path} holds rows.csv but not {JOURNAL}, so its rows cannot be continued; --fresh moves the "
                "folder aside, --out chooses another"
            )

    def _refuse_unless(self, owner: dict[str, Any]) -> None:
        for name in ("name", "seed", "schema", "columns"):
            theirs, ours = (_said(identity.get(name)) for identity in (owner, self.identity))
            if theirs != ours:
                verb = "are" if name == "columns" else "is"
                raise FolderError(
                    f"{self.path} holds another experiment: its {name.replace('columns', 'added columns')} {verb} "
                    f"{theirs}, this one's {verb} {ours}; choose another folder with --out, or move this one aside "
                    "with --fresh"
                )

    def _owner(self) -> dict[str, Any]:
        """Name, seed and schema of what the folder holds: from its manifest, or in a fresh clone from its table."""
        if manifest := read_manifest(self.path):
            return {name: manifest.get(name) for name in ("name", "seed", "schema", "columns")}
        if (self.path / JOURNAL).exists():
            return {}
        try:
            table = read_bytes(self.path / "table.md").decode(errors="replace")
        except OSError:
            return {}
        footer = re.search(r"<sub>(.+), seed (\d+), row schema (\d+),", table)
        if not footer:
            return {}
        return {"name": footer[1], "seed": int(footer[2]), "schema": int(footer[3]), "columns": self._named()}

    def _named(self) -> dict[str, str] | None:
        """Added columns as summary.csv names them, which does not say what they hold."""
        ours: dict[str, str] = self.identity.get("columns", {})
        try:
            head = read_bytes(self.path / "summary.csv").decode(errors="replace").partition("\n")[0].split(",")
        except OSError:
            return ours
        names = [name for name in head if is_added(name)]
        return ours if sorted(names) == sorted(ours) else dict.fromkeys(names, "")

    def write(self, path: Path, content: str | bytes | Iterable[bytes]) -> Path:
        """Write a file of the folder whole, as long as the folder is where it was.

        Raises
        ------
        FolderError
            If it cannot be written, or the folder was moved, removed or replaced.
        """
        self._lock.check()
        return write_atomically(path, content)

    def remove(self, path: Path) -> None:
        """Remove a file of the folder, likewise."""
        self._lock.check()
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise FolderError(f"{path} cannot be removed: {error.strerror or error}") from error

    def publish(self) -> Tally:
        """Write rows.csv and the tracebacks of failed rows, if they are not as they should be."""
        tally = Tally(missing=self.index.missing())
        target, table = self.path / "rows.csv", Hashed(self._table())
        if not holds(target, table):
            self.write(target, table := Hashed(self._table()))
        tally.sha256 = table.sha256
        failures = self.path / "failures"
        wanted = set()
        for key, entry in self.index.ordered():
            tally.rows += entry.count
            tally.failed += len(entry.failed)
            if entry.failed:
                real_folder(failures)
                wanted.add(self._explain(key, entry, tally.messages))
        if failures.exists() or failures.is_symlink():
            real_folder(failures)
            for stale in set(failures.glob("*.txt")) - wanted:
                self.remove(stale)
        return tally

    def columns(self) -> list[str]:
        """Columns of rows.csv."""
        return columns_of((entry.columns for _, entry in self.index.ordered()), self.index.added)

    def _table(self) -> Iterator[bytes]:
        columns = self.columns()
        yield header(columns)
        for _, entry in self.index.ordered():
            start = prefix(entry.columns, columns)
            for lines in self.index.lines(entry):
                yield start + lines[:-1].replace(b"\n", b"\n" + start) + b"\n"

    def _explain(self, key: str, entry: Entry, messages: Counter[str]) -> Path:
        """Write the tracebacks of a cell: each once, with the repetitions that it belongs to."""
        traces = self.index.traces(entry)
        blocks: dict[str, list[int]] = {}
        for lines in self.index.lines(entry):
            for line in lines.split(b"\n")[:-1]:
                if not line.endswith(b",ok,"):
                    row = decode(line, self.index.added)
                    rep, message = int(str(row["rep"])), str(row["error"])
                    blocks.setdefault(f"{message}\n{traces[rep]}", []).append(rep)
                    if message in messages or len(messages) < MESSAGES:
                        messages[message] += 1
        names = ", ".join(f"{k}={v}" for k, v in entry.columns.items() if k in ("generator", "pretext", "probe"))
        text = [f"cell {key}: {names}\n"]
        text += [f"\nrep {', '.join(map(str, reps))}: {block.rstrip()}\n" for block, reps in blocks.items()]
        path = self.path / "failures" / f"{key}.txt"
        pieces = [piece.encode(errors="backslashreplace") for piece in text]
        if not holds(path, pieces):
            self.write(path, pieces)
        return path


def _said(value: object) -> str:
    """A part of an identity in words."""
    if value is None or value == {}:
        return "none"
    if isinstance(value, dict):
        return ", ".join(f"{name} = {text}" if text else name for name, text in value.items())
    return repr(value)


def _move_aside(path: Path) -> Path | None:
    """Move a folder out of the way, unless a run is in it."""
    if not path.is_dir():
        return None
    inner = {found.parent for found in path.glob("*/**/table.md")} - {path}
    if inside := sorted(str(folder) for folder in inner if not folder.name.startswith("shard-")):
        raise FolderError(f"{path} is not moved aside, because it holds other results: {shown(inside)}; choose --out")
    lock = Lock(path)
    try:
        number = 1
        while (aside := path.with_name(f"{path.name}.{number}")).exists():
            number += 1
        os.rename(path, aside)
    except OSError as error:
        raise FolderError(f"{path} cannot be moved aside: {error.strerror or error}") from error
    finally:
        lock.release()
    return aside
