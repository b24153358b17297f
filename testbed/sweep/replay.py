"""One row again: alone, in the foreground, beside the stored one."""

from __future__ import annotations

import platform
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from testbed import _global_state
from testbed.evaluation import Cell, run_blocks, source_of
from testbed.files import FolderError
from testbed.outside import parts
from testbed.regressors import Sklearn
from testbed.sweep.chunk import Script, grid
from testbed.sweep.experiment import Experiment
from testbed.sweep.folder import reading
from testbed.sweep.index import Index, Kept
from testbed.sweep.places import JOURNAL
from testbed.sweep.rows import decode, encode
from testbed.sweep.runs import user
from testbed.sweep.script import standing

__all__ = ["replay"]


def replay(
    folder: Path, key: str, rep: int, trust: bool = False, tell: Callable[[str], object] = lambda said: None
) -> tuple[str, bool]:
    """Run a row again and compare. This runs the script that the journal keeps.

    Without `trust`, only a script that was run on this host by this user. `tell` is told what is run, before it is.

    Returns
    -------
    (str, bool)
        Both rows side by side, followed by the traceback if it failed; and whether they are equal, bit for bit, and ok.

    Raises
    ------
    FolderError
        If the folder does not hold the row, or not the script that it came from, or the script is not trusted.
    """
    from threadpoolctl import threadpool_limits

    with reading(folder) as index:
        found = [name for name in index.entries if name.startswith(key)]
        if len(found) != 1:
            raise FolderError(f"{len(found)} cells of {folder} have a key that begins with {key!r}; give one in full")
        stored = index.line(index.entries[found[0]], rep)
        script, experiment, cell = _origin(folder, index, found[0], trust, tell)
        added = index.added
    with threadpool_limits(1), standing(script.text, script.path):
        (fresh,) = run_blocks([cell], experiment.seed, range(rep, rep + 1))
    again = encode(fresh)
    left, right = ({} if not line else decode(line, added) for line in (stored, again))
    lines = [f"{name}: {value}" for name, value in cell.columns.items()]
    lines += [f"rep: {rep}", *_fits(cell, experiment.seed), "", f"{'':24} {'stored':>25} {'now':>25}"]
    for name in (*cell.measured, "status", "error"):
        a, b = ("-" if row.get(name) is None else str(row[name]) for row in (left, right))
        lines.append(f"{name:24} {a:>25} {b:>25}{'' if a == b else '   differs'}")
    same = stored == again
    verdict = "the same, bit for bit" if same else "not the same" if stored else "not stored before"
    trace = fresh.traces.get(rep, "").rstrip()
    return "\n".join([*lines, "", verdict, *([trace] if trace else [])]), same and not fresh.failed


def _fits(cell: Cell, seed: int) -> list[str]:
    """How estimators of scikit-learn in a cell fit several outputs: the canonical text does not say it."""
    learners = [(name, part) for name in ("pretext", "probe") for part in parts(getattr(cell, name))]
    found = [(name, part) for name, part in learners if isinstance(part, Sklearn)]
    if not found:
        return []
    with _global_state.kept():
        try:
            d1 = source_of(cell.generator, seed, cell.nested).block(0).shape[0]
        except Exception:  # the row itself has failed over it, and says so
            return []
    return [f"{name} {type(part.estimator).__name__}: {part.fits(d1)}" for name, part in found]


def _origin(
    folder: Path, index: Index, key: str, trust: bool, tell: Callable[[str], object]
) -> tuple[Script, Experiment, Cell]:
    """Run the scripts of a folder, the last one first, until one describes the cell."""
    for kept in reversed(index.scripts):
        name = f"the journal's copy of {kept.path or 'a script'} (SHA-256 {sha256(kept.text.encode()).hexdigest()})"
        if not trust and not _mine(folder, kept):
            raise FolderError(
                f"replaying would run {name} from {folder}, which was not written on this host by this user; read it, "
                "and give --trust to run it"
            )
        tell(f"running {name}")
        script = Script(kept.text, kept.tiny, kept.path or "")
        experiment, cells = grid(script)
        for cell in cells:
            if cell.key == key:
                return script, experiment, cell
    why = "none of its scripts describes this cell" if index.scripts else "it was not run from a script"
    raise FolderError(f"{folder}: {why}, so the row cannot be replayed from here")


def _mine(folder: Path, kept: Kept) -> bool:
    """Whether a script was run on this host by this user, and the journal that says so is this user's."""
    owner = (folder / JOURNAL).lstat().st_uid
    return kept.host == platform.node() and kept.user is not None and kept.user == user() == owner
