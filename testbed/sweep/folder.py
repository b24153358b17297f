"""A results folder: where it lies, its lock, its journal, and what is published from it.

The results of experiments/tasks/league.py go to results/tasks/league, whatever the experiment is called; those of a
script elsewhere go to results/NAME. Earlier versions put all of them into results/NAME: such a folder is found, used
and said.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from testbed.arguments import shown
from testbed.columns import is_added
from testbed.engine import NUMPY
from testbed.files import FolderError, read_bytes, sweep_up, write_atomically
from testbed.sweep.index import Index, OpenIndex
from testbed.sweep.journal import JOURNAL, Journal, Reader
from testbed.sweep.rows import Tally, publish
from testbed.sweep.runs import Lock, read_manifest
from testbed.sweep.script import experiments_above

__all__ = ["Folder", "existing", "reading", "results_of", "stopping_of", "study_name"]

RESULTS = "results"
TINY = "-tiny"  # how the names and folders of tiny runs end


def results_of(
    name: str, script: str = "", root: Path = Path(RESULTS), tell: Callable[[str], object] = lambda said: None
) -> Path:
    """Folder of an experiment: where its results are, or where they go if there are none.

    Parameters
    ----------
    name : str
        Of the experiment; that of a tiny one ends in "-tiny", and so does its folder.
    script : str
        Path of its script, where it has one.
    root : Path
        Folder of all results.
    tell : callable
        Is told, in one sentence, that a folder of an earlier version is used.
    """
    below = _below(script)
    if not below:
        return root / name
    nested = root.joinpath(*below)
    return existing(nested.with_name(nested.name + TINY) if name.endswith(TINY) else nested, root / name, tell)


def study_name(script: str, tiny: bool = False) -> str:
    """Name of a study: that of its script, with the folders below experiments/ before it."""
    return "_".join(_below(script) or (Path(script).stem,)) + TINY * tiny


def _below(script: str) -> tuple[str, ...]:
    """Path of a script below the folder experiments/, as its parts; empty where it is not in one."""
    path = Path(script).absolute().with_suffix("")
    above = experiments_above(path)
    return path.relative_to(above).parts if above else ()


def existing(wanted: Path, flat: Path | None = None, tell: Callable[[str], object] = lambda said: None) -> Path:
    """Return `wanted`, or the flat folder of an earlier version: if only this has a journal, or `wanted` is empty.

    Without `flat`, as where a command names the folder, results/A_B is that of results/A/B.
    """
    if flat is None:
        above = [folder for folder in wanted.parents if folder.name == RESULTS]
        flat = above[0] / "_".join(wanted.relative_to(above[0]).parts) if above else wanted
    if flat == wanted or not _held(flat):
        return wanted
    if _held(wanted) and ((wanted / JOURNAL).exists() or not (flat / JOURNAL).exists()):
        return wanted
    tell(f"{flat} is used, where these results are; move it to {wanted}, where they are looked for first")
    return flat


def _held(folder: Path) -> bool:
    """Whether a folder holds results of its own: files or shards, not only folders of other experiments."""
    return folder.is_dir() and any(not held.is_dir() or held.name.startswith("shard-") for held in folder.iterdir())


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


class Folder:
    """The results of one experiment, open for one run.

    Same experiment means same name, seed, row schema, added columns and engine; another grid is growth. A folder of
    another experiment is refused, and so is one in use; `fresh` moves the folder aside instead, under a numbered name.
    A folder with a report but no rows, as in a fresh clone, is filled again. Without an identity, its journal says it.

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
        self.identity = identity or {}
        older = self._older() if identity else None
        if (fresh or older) and (moved := _move_aside(path)):
            why = f"; its rows are of the row schema {older}, whose numbers are no longer computed" if older else ""
            self.notes.append(f"what was there is now in {moved}{why}")
        if not identity:
            with reading(path, salvage=False) as index:
                identity = self.identity = index.journal.identity
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
        for name in ("name", "seed", "schema", "columns", "engine"):
            theirs, ours = (_said(name, identity.get(name)) for identity in (owner, self.identity))
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
            return {name: manifest.get(name) for name in ("name", "seed", "schema", "columns", "engine")}
        if (self.path / JOURNAL).exists():
            return {}
        try:
            table = read_bytes(self.path / "table.md").decode(errors="replace")
        except OSError:
            return {}
        footer = re.search(r"<sub>(.+), seed (\d+), row schema (\d+),(?: engine (\w+),)?", table)
        if not footer:
            return {}
        name, seed, schema, engine = footer.groups()
        return {"name": name, "seed": int(seed), "schema": int(schema), "columns": self._named(), "engine": engine}

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
        return publish(self.path, self.index, self.write, self.remove)


def _said(name: str, value: object) -> str:
    """A part of an identity in words; no engine is numpy."""
    if isinstance(value, dict) and value:
        return ", ".join(f"{column} = {text}" if text else column for column, text in value.items())
    absent = repr(NUMPY) if name == "engine" else "none"
    return absent if value in (None, {}) else repr(value)


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
