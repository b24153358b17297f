"""What must be said of classes that live in a notebook or at a prompt, before their rows are computed."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from testbed.evaluation import Cell
from testbed.files import FolderError
from testbed.sweep.experiment import Experiment
from testbed.sweep.fingerprint import lost, own_things
from testbed.sweep.modules import outdated

__all__ = ["cautions"]


def cautions(cells: Sequence[Cell], out: Path | str | None) -> Iterator[str]:
    """Say where classes in memory are not what their file says, or would have other names, so other draws, in a script.

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
    mine = {thing for cell in cells for thing in own_things(cell)}
    for name in sorted({thing.__module__ for thing in mine if out is not None and outdated(thing)}):
        yield (
            f"the file of {name} was edited since it was imported: rows are computed by what is in memory, while the "
            f"folder notes what the file says; importlib.reload({name}), and build the experiment from it anew"
        )
    for module in sorted({str(thing.__module__) for thing in mine} - {"__main__"}):
        script = sys.modules.get(module)
        if script and isinstance(vars(script).get("EXPERIMENT"), Experiment):
            file = Path(str(script.__file__)).name
            yield (
                f"the classes of {module} are imported here, while `testbed run {file}` names them with the hash of "
                "their text: there the same experiment has other random draws, so other rows. For the same rows, use "
                "that command, or define the classes in the notebook itself"
            )
