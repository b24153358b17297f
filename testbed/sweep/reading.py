"""Reading the journal of a results folder without its lock: a run may be in it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from testbed.files import FolderError
from testbed.sweep.journal import Reader
from testbed.sweep.ledger import Ledger
from testbed.sweep.manifest import read_manifest

__all__ = ["JOURNAL", "reading", "stopping_of"]

JOURNAL = "rows.journal"


@contextmanager
def reading(path: Path, salvage: bool = True) -> Iterator[Ledger]:
    """Open the ledger of a folder without its lock: it shows what was finished at this moment.

    Raises
    ------
    FolderError
        If nothing was run there, or the journal cannot be read.
    """
    if not (path / JOURNAL).exists() and not (path / JOURNAL).is_symlink():
        raise FolderError(f"{path} holds no {JOURNAL}: no rows are kept there")
    journal = Reader(path / JOURNAL, salvage)
    try:
        yield Ledger(journal)
    finally:
        journal.close()


def stopping_of(path: Path, ledger: Ledger) -> dict[str, Any] | None:
    """Why cells of a folder stopped: from its journal, or from its manifest, where earlier versions kept it.

    Raises
    ------
    FolderError
        If it is there and cannot be read.
    """
    found = ledger.stopping
    if found is None and ledger.journal.earlier:
        found = read_manifest(path).get("stopping")
    if not found:
        return None
    cells = found.get("cells")
    numbers = all(isinstance(found.get(name), int | float) for name in ("precision", "first"))
    if not numbers or not isinstance(cells, dict) or not all(isinstance(cell, dict) for cell in cells.values()):
        raise FolderError(f"{path}: what it keeps of why its cells stopped cannot be read; run it again")
    return found
