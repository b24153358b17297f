"""The fingerprint of a cell: hashes of everything in a user's own code that its rows depend on.

The key of a cell says what it is, and decides its random draws; it cannot say what a helper, a constant or a base class
of a script does, since every row would be drawn anew when one of them changed. That is what the fingerprint is for: it
stands beside the cell in the journal, and a run that finds another one does not go on, unless the change is accepted
and an ok row of each such cell, run again, is the same; its failed rows have no numbers to compare, and are done again.
Cells of this project's classes and of installed ones have none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testbed.evaluation import Cell, run_blocks
from testbed.files import FolderError
from testbed.sweep.entries import Entry
from testbed.sweep.index import Index
from testbed.sweep.modules import label, own
from testbed.sweep.reach import Reach
from testbed.sweep.rows import encode
from testbed.things import things

__all__ = ["agreed", "changes", "fingerprints", "lost", "own_things"]

SHOWN = 3  # names that a message lists


@dataclass(frozen=True)
class Fingerprint:
    """What the rows of a cell depend on beside its key.

    Attributes
    ----------
    names : mapping
        Statements, values and files -> their hashes.
    packages : mapping
        Installed packages that the user's code imports -> their versions.
    roots : tuple of str
        Names of the user's classes and functions that the cell itself is made of.
    """

    names: Mapping[str, str]
    packages: Mapping[str, str]
    roots: tuple[str, ...]

    def content(self) -> dict[str, Any]:
        """The fingerprint in the form in which the manifest and the journal hold it."""
        return {"names": dict(self.names), "packages": dict(self.packages), "roots": list(self.roots)}


def fingerprints(cells: Iterable[Cell]) -> dict[str, Fingerprint]:
    """Fingerprint of each cell that has one, by its key."""
    return {key: prints for key, (prints, _) in _every(cells).items()}


def lost(cells: Iterable[Cell]) -> list[str]:
    """Classes and functions in the cells whose text is not kept anywhere, as at a bare prompt."""
    return sorted({name for _, names in _every(cells).values() for name in names})


def own_things(cell: Cell) -> set[Any]:
    """Classes and functions of the user's own that a cell is made of."""
    named = things((cell.generator, cell.pretext, cell.probe, tuple(cell.theory.values())))
    return {thing for thing in named if own(str(thing.__module__))}


def _every(cells: Iterable[Cell]) -> dict[str, tuple[Fingerprint, list[str]]]:
    reached: dict[int, Reach] = {}
    parts: dict[int, list[Any]] = {}  # classes in a generator or learner, which many cells share
    found: dict[frozenset[int], tuple[Fingerprint, list[str]]] = {}
    every = {}
    for cell in cells:
        roots: dict[int, Any] = {}
        for value in (cell.generator, cell.pretext, cell.probe, *cell.theory.values()):
            if id(value) not in parts:
                parts[id(value)] = [thing for thing in things(value) if own(str(thing.__module__))]
            roots |= {id(thing): thing for thing in parts[id(value)]}
        if not roots:
            continue
        same = frozenset(roots)
        if same not in found:
            for number, thing in roots.items():
                if number not in reached:
                    reached[number] = Reach()
                    reached[number].add(thing)
            found[same] = _joined([reached[number] for number in roots], list(roots.values()))
        every[cell.key] = found[same]
    return every


def _joined(reached: list[Reach], roots: list[Any]) -> tuple[Fingerprint, list[str]]:
    names: dict[str, str] = {}
    packages: dict[str, str] = {}
    for reach in reached:
        names |= reach.names
        packages |= reach.packages
    labels = {label(str(thing.__module__), thing.__qualname__.partition(".")[0]) for thing in roots}
    missing = [name for reach in reached for name in reach.lost]
    return Fingerprint(dict(sorted(names.items())), dict(sorted(packages.items())), tuple(sorted(labels))), missing


@dataclass(frozen=True)
class Prints:
    """Fingerprints to be written: contents by key, and the keys of cells whose first rows were computed without one."""

    contents: Mapping[str, dict[str, Any]]
    assumed: frozenset[str]
    notes: tuple[str, ...]


def changes(
    index: Index,
    cells: Sequence[Cell],
    seed: int,
    accept: bool = False,
    standing: AbstractContextManager[None] | None = None,
    again: int = 0,
) -> Prints:
    """Compare what the cells reach now with what they reached when their rows were computed.

    With `accept`, the last ok repetition of each cell that differs is run again, whatever its n (so also at the
    largest); rows that are the same, bit for bit, say that the change does not matter to them. Failed rows have no
    numbers to compare, so a cell that has some is accepted only where they are done again: those below `again` are.

    Raises
    ------
    FolderError
        If something has changed, unless it is accepted; and always if a replayed row is another one, or failed rows
        of a cell that has changed would stay.
    """
    now = {key: prints.content() for key, prints in fingerprints(cells).items()}
    stale: dict[str, list[str]] = {}
    assumed: set[str] = set()
    versions: dict[str, tuple[str, str]] = {}
    for key in [cell.key for cell in cells]:
        entry, content = index.entries.get(key), now.get(key)
        if entry is None or not entry.count:
            continue
        if entry.prints is None:
            if content:
                assumed.add(key)
            continue
        if entry.assumed:
            assumed.add(key)
        if names := _differing(entry.prints["names"], content["names"] if content else {}):
            stale[key] = names
        elif content:
            now[key] = entry.prints  # the versions are those of the rows
            versions |= _versions(entry.prints["packages"], content["packages"])
    earlier = _earlier(index, now)
    if (stale or earlier) and not accept:
        raise FolderError(
            f"{_told(index, {**stale, **earlier})}. --fresh (fresh=True) moves the folder aside and computes all rows "
            "anew; --accept-changes (accept_changes=True) runs one row of each such cell again and goes on if it is "
            "the same, bit for bit"
        )
    if earlier:
        raise FolderError(
            f"{_told(index, earlier)}. They belong to an earlier grid, so that no row of them can be run again: put "
            "their generators and learners back into the grid for this run, or give --fresh (fresh=True)"
        )
    if stale:
        if kept := [key for key in stale if max(index.entries[key].failed, default=-1) >= again]:
            failed = index.entries[kept[0]].failed
            todo = (
                f"repetition {max(failed)} is one of them, which a grid of {again} repetitions does not do again: give "
                "it more for this run, or --fresh (fresh=True)"
                if again
                else "--retry-failed (retry_failed=True) beside it does the failed rows again, with what the script is "
                "now"
            )
            raise FolderError(
                f"{_told(index, {key: stale[key] for key in kept})}. {len(failed)} of its rows failed, and have no "
                f"numbers that could be the same: {todo}"
            )
        with standing or nullcontext():
            _replay(index, [cell for cell in cells if cell.key in stale], seed, stale)
    notes = [f"{name} is {new}; rows in the folder were computed with {old}" for name, (old, new) in versions.items()]
    if stale:
        notes.append(_accepted(index, stale))
    assumed -= set(stale)
    if assumed:
        notes.append(
            f"{len(assumed)} cells have rows from before it was noted what a script reaches: whether it has changed "
            "between those rows and later ones is unknown (--fresh computes them anew)"
        )
    return Prints(now, frozenset(assumed), tuple(notes))


def _accepted(index: Index, stale: Iterable[str]) -> str:
    """Say which rows were run again, and what becomes of those that failed."""
    entries = [index.entries[key] for key in stale]
    run = sum(_last_ok(entry) is not None for entry in entries)
    said = f"one row of each of {run} cells was run again, and is the same" if run else "no cell had a row that is ok"
    failed = sum(len(entry.failed) for entry in entries)
    return f"changes are accepted: {said}" + (f"; {failed} rows that failed are done again" if failed else "")


def agreed(indices: Mapping[Path, Index]) -> tuple[dict[str, dict[str, Any]], set[str]]:
    """Fingerprints of the cells of some folders that are to be one, and the keys of those that are assumed.

    Raises
    ------
    FolderError
        If two folders have rows of one class that reached different things.
    """
    contents: dict[str, dict[str, Any]] = {}
    assumed: set[str] = set()
    bare: set[str] = set()  # cells with rows without a fingerprint
    for folder, index in indices.items():
        if earlier := _earlier(index, contents, also=True):
            raise FolderError(f"{folder} differs from the folders before it: {_told(index, earlier)}")
        for key, entry in index.entries.items():
            if entry.count and entry.prints is None:
                bare.add(key)
            elif entry.count and entry.prints:
                contents.setdefault(key, entry.prints)
                assumed |= {key} if entry.assumed else set()
    return contents, assumed | (bare & set(contents))


def _differing(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """Names that differ: those that both have first, and of those statements before values."""
    both = sorted((name for name in old if name in new and old[name] != new[name]), key=_rank)
    gone = [f"{name} (no longer used)" for name in old if name not in new]
    return both or gone + [f"{name} (not used before)" for name in new if name not in old]


def _rank(name: str) -> tuple[bool, str]:
    return name.startswith("the value of "), name


def _earlier(index: Index, now: Mapping[str, dict[str, Any]], also: bool = False) -> dict[str, list[str]]:
    """Cells of earlier grids (`also` those in `now`) whose classes are in use while what these reach has changed."""
    table: dict[str, str] = {}
    for content in now.values():
        table |= content["names"]
    found = {}
    for key, entry in index.entries.items():
        if (key in now and not also) or not entry.count or not entry.prints:
            continue
        names = entry.prints["names"]
        used = all(table.get(root) == names.get(root) for root in entry.prints["roots"])
        other = [name for name in sorted(names, key=_rank) if table.get(name, names[name]) != names[name]]
        if used and other:
            found[key] = other
    return found


def _versions(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    return {name: (old[name], new[name]) for name in old if name in new and old[name] != new[name]}


def _told(index: Index, stale: Mapping[str, list[str]]) -> str:
    key, names = next(iter(stale.items()))
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return (
        f"the script has changed since rows of {len(stale)} cells were computed; for cell {key} ({_cell(index, key)}) "
        f"it is {', '.join(names[:SHOWN])}{more}"
    )


def _cell(index: Index, key: str) -> str:
    columns = index.entries[key].columns
    text = ", ".join(f"{columns[name]}" for name in ("generator", "pretext", "probe"))
    return text if len(text) <= 200 else f"{text[:197]}..."


def _replay(index: Index, cells: Sequence[Cell], seed: int, stale: Mapping[str, list[str]]) -> None:
    from threadpoolctl import threadpool_limits

    for cell in cells:
        entry = index.entries[cell.key]
        if (rep := _last_ok(entry)) is None:
            continue
        with threadpool_limits(1):
            (block,) = run_blocks([cell], seed, range(rep, rep + 1), index.engine)
        if encode(block) != index.line(entry, rep):
            raise FolderError(
                f"the change is not accepted: repetition {rep} of cell {cell.key} ({_cell(index, cell.key)}) is "
                f"another row now, by a change of {', '.join(stale[cell.key][:SHOWN])}. --fresh (fresh=True) moves the "
                "folder aside and computes all rows anew"
            )


def _last_ok(entry: Entry) -> int | None:
    """The last repetition of a cell that has not failed; None where all have."""
    ok = (rep for start, stop in reversed(entry.done) for rep in range(stop - 1, start - 1, -1))
    return next((rep for rep in ok if rep not in entry.failed), None)
