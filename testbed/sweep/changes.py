"""What has changed in a script since the rows of a folder were computed: refused, accepted after a replay, or told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from testbed.evaluation import Cell, run_blocks
from testbed.files import FolderError
from testbed.sweep.entries import Entry
from testbed.sweep.fingerprint import fingerprints
from testbed.sweep.ledger import Ledger
from testbed.sweep.rows import encode

__all__ = ["Prints", "agreed", "changes"]

SHOWN = 3  # names that a message lists


@dataclass(frozen=True)
class Prints:
    """Fingerprints to be written: contents by key, and the keys of cells whose first rows were computed without one."""

    contents: Mapping[str, dict[str, Any]]
    assumed: frozenset[str]
    notes: tuple[str, ...]


def changes(
    ledger: Ledger,
    cells: Sequence[Cell],
    seed: int,
    accept: bool = False,
    standing: AbstractContextManager[None] | None = None,
) -> Prints:
    """Compare what the cells reach now with what they reached when their rows were computed.

    With `accept`, the last repetition of each cell that differs is run again, whatever its n (so also at the largest);
    rows that are the same, bit for bit, say that the change does not matter to them.

    Raises
    ------
    FolderError
        If something has changed, unless it is accepted; and always if a replayed row is another one.
    """
    now = {key: prints.content() for key, prints in fingerprints(cells).items()}
    stale: dict[str, list[str]] = {}
    assumed: set[str] = set()
    versions: dict[str, tuple[str, str]] = {}
    for key in [cell.key for cell in cells]:
        entry, content = ledger.entries.get(key), now.get(key)
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
    earlier = _earlier(ledger, now)
    if (stale or earlier) and not accept:
        raise FolderError(
            f"{_told(ledger, {**stale, **earlier})}. --fresh (fresh=True) moves the folder aside and computes all rows "
            "anew; --accept-changes (accept_changes=True) runs one row of each such cell again and goes on if it is "
            "the same, bit for bit"
        )
    if earlier:
        raise FolderError(
            f"{_told(ledger, earlier)}. They belong to an earlier grid, so that no row of them can be run again: put "
            "their generators and learners back into the grid for this run, or give --fresh (fresh=True)"
        )
    if stale:
        with standing or nullcontext():
            _replay(ledger, [cell for cell in cells if cell.key in stale], seed, stale)
    notes = [f"{name} is {new}; rows in the folder were computed with {old}" for name, (old, new) in versions.items()]
    if stale:
        notes.append(f"changes are accepted: one row of each of {len(stale)} cells was run again, and is the same")
    assumed -= set(stale)
    if assumed:
        notes.append(
            f"{len(assumed)} cells have rows from before it was noted what a script reaches: whether it has changed "
            "between those rows and later ones is unknown (--fresh computes them anew)"
        )
    return Prints(now, frozenset(assumed), tuple(notes))


def agreed(ledgers: Mapping[Path, Ledger]) -> tuple[dict[str, dict[str, Any]], set[str]]:
    """Fingerprints of the cells of some folders that are to be one, and the keys of those that are assumed.

    Raises
    ------
    FolderError
        If two folders have rows of one class that reached different things.
    """
    contents: dict[str, dict[str, Any]] = {}
    assumed: set[str] = set()
    bare: set[str] = set()  # cells with rows without a fingerprint
    for folder, ledger in ledgers.items():
        if earlier := _earlier(ledger, contents, also=True):
            raise FolderError(f"{folder} differs from the folders before it: {_told(ledger, earlier)}")
        for key, entry in ledger.entries.items():
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


def _earlier(ledger: Ledger, now: Mapping[str, dict[str, Any]], also: bool = False) -> dict[str, list[str]]:
    """Cells of earlier grids (`also` those in `now`) whose classes are in use while what these reach has changed."""
    table: dict[str, str] = {}
    for content in now.values():
        table |= content["names"]
    found = {}
    for key, entry in ledger.entries.items():
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


def _told(ledger: Ledger, stale: Mapping[str, list[str]]) -> str:
    key, names = next(iter(stale.items()))
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return (
        f"the script has changed since rows of {len(stale)} cells were computed; for cell {key} ({_cell(ledger, key)}) "
        f"it is {', '.join(names[:SHOWN])}{more}"
    )


def _cell(ledger: Ledger, key: str) -> str:
    columns = ledger.entries[key].columns
    text = ", ".join(f"{columns[name]}" for name in ("generator", "pretext", "probe"))
    return text if len(text) <= 200 else f"{text[:197]}..."


def _replay(ledger: Ledger, cells: Sequence[Cell], seed: int, stale: Mapping[str, list[str]]) -> None:
    from threadpoolctl import threadpool_limits

    for cell in cells:
        entry = ledger.entries[cell.key]
        rep = _last(entry)
        with threadpool_limits(1):
            (block,) = run_blocks([cell], seed, range(rep, rep + 1))
        if encode(block) != ledger.line(entry, rep):
            raise FolderError(
                f"the change is not accepted: repetition {rep} of cell {cell.key} ({_cell(ledger, cell.key)}) is "
                f"another row now, by a change of {', '.join(stale[cell.key][:SHOWN])}. --fresh (fresh=True) moves the "
                "folder aside and computes all rows anew"
            )


def _last(entry: Entry) -> int:
    return max(stop for _, stop in entry.done) - 1
