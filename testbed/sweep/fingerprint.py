"""The fingerprint of a cell: hashes of everything in a user's own code that its rows depend on.

The key of a cell says what it is, and decides its random draws; it cannot say what a helper, a constant or a base class
of a script does, since every row would be drawn anew when one of them changed. That is what the fingerprint is for: it
stands beside the cell in the journal, and a run that finds another one does not go on. Cells of this project's classes
and of installed ones have none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from testbed.evaluation import Cell
from testbed.sweep.modules import label, own
from testbed.sweep.reach import Reach
from testbed.things import things

__all__ = ["Fingerprint", "fingerprints", "lost", "own_modules"]


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
        """As it is written down."""
        return {"names": dict(self.names), "packages": dict(self.packages), "roots": list(self.roots)}


def fingerprints(cells: Iterable[Cell]) -> dict[str, Fingerprint]:
    """Fingerprint of each cell that has one, by its key."""
    return {key: prints for key, (prints, _) in _every(cells).items()}


def lost(cells: Iterable[Cell]) -> list[str]:
    """Classes and functions in the cells whose text is not kept anywhere, as at a bare prompt."""
    return sorted({name for _, names in _every(cells).values() for name in names})


def own_modules(cell: Cell) -> set[str]:
    """Modules of the user's own that the classes of a cell are from."""
    named = things((cell.generator, cell.pretext, cell.probe, tuple(cell.theory.values())))
    return {str(thing.__module__) for thing in named if own(str(thing.__module__))}


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
