"""What an experiment needs before it is run: packages, and classes whose text and names are known."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from testbed.evaluation import Cell
from testbed.files import FolderError
from testbed.sweep.fingerprint import lost, own_modules
from testbed.sweep.grid import Experiment
from testbed.things import missing, things

__all__ = ["names", "require"]


def require(cells: Sequence[Cell]) -> None:
    """Refuse cells whose classes need packages that are not installed.

    Raises
    ------
    ValueError
        With what is missing, and how to get it.
    """
    parts = {id(part): part for cell in cells for part in (cell.generator, cell.pretext, cell.probe)}
    for cls in dict.fromkeys(thing for part in parts.values() for thing in things(part)):
        if isinstance(cls, type) and (absent := missing(cls)):
            raise ValueError(f"{cls.__name__} needs {' and '.join(absent)}: pip install 'testbed[neural]'")


def names(cells: Sequence[Cell], out: Path | str | None) -> Iterator[str]:
    """Say where `testbed run` would give the same classes other names, and so other draws.

    Raises
    ------
    FolderError
        If the rows are to be kept in a folder and the text of a class is not known: nobody could see it change.
    """
    nowhere = ", ".join(lost(cells))
    if nowhere and out is not None:
        raise FolderError(
            f"out = {str(out)!r}: the text of {nowhere} is not kept anywhere, so that nobody could see it change; "
            "leave out= away, and the rows are in memory only, or write it in a file, or with a method in a cell"
        )
    if nowhere:
        yield (
            f"the text of {nowhere} is not kept anywhere: its rows are in memory only, and are other draws than those "
            "of the same class in a script or a notebook's cell"
        )
    for module in sorted({name for cell in cells for name in own_modules(cell)} - {"__main__"}):
        script = sys.modules.get(module)
        if script and isinstance(vars(script).get("EXPERIMENT"), Experiment):
            file = Path(str(script.__file__)).name
            yield (
                f"the classes of {module} are imported here, while `testbed run {file}` names them with the hash of "
                "their text: there the same experiment has other random draws, so other rows. For the same rows, use "
                "that command, or define the classes in the notebook itself"
            )
