"""Rows that are there already: one is run again beside the stored one, or those of several folders are merged."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from hashlib import sha256
from pathlib import Path
from typing import Any

from testbed import _global_state
from testbed.evaluation import Cell, run_blocks, source_of
from testbed.files import FolderError
from testbed.outside import parts
from testbed.regressors import Sklearn
from testbed.sweep.chunk import Script, grid
from testbed.sweep.entries import Entry, Part
from testbed.sweep.experiment import Experiment
from testbed.sweep.fingerprint import agreed
from testbed.sweep.folder import Folder, reading, results_of, stopping_of
from testbed.sweep.index import Index, Kept, OpenIndex
from testbed.sweep.journal import JOURNAL
from testbed.sweep.rows import Tally, decode, encode
from testbed.sweep.runs import Manifest, unlike, user
from testbed.sweep.script import standing

__all__ = ["collect", "replay"]

RECORD = 1 << 22  # bytes of lines that are written together


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
        added, engine = index.added, index.engine
    with threadpool_limits(1), standing(script.text, script.path):
        (fresh,) = run_blocks([cell], experiment.seed, range(rep, rep + 1), engine)
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


def collect(
    folders: Sequence[Path],
    out: Path | None,
    mix: bool = False,
    tell: Callable[[list[str]], object] = lambda notes: None,
    then: Callable[[Folder, Tally], None] = lambda folder, tally: None,
) -> tuple[Path, Tally]:
    """Copy the rows of some folders that a results folder does not have yet, and publish it.

    Intact records are taken from a damaged journal too. What results is what one run would have left. No code of the
    folders is run. `tell` is told of damage that was passed over and of rows that two folders hold with different
    numbers and of rows that are missing; `then` is called at the end, while the results folder is still locked.

    Returns
    -------
    (Path, Tally)
        The results folder, and what it holds.

    Raises
    ------
    FolderError
        If the folders hold different experiments, rows of different schemas without `mix`, or rows of different
        versions of what a script's classes reach.
    """
    with ExitStack() as stack:
        sources = {folder: stack.enter_context(reading(folder)) for folder in folders}
        first = sources[folders[0]].journal.identity
        made = {folder: {**index.journal.identity, "engine": index.engine} for folder, index in sources.items()}
        for folder in folders:
            for name in ("name", "seed", "schema", "columns", "engine"):
                value, before = made[folder].get(name), made[folders[0]].get(name)
                if value != before and not (mix and name == "schema"):
                    hint = "; --mix-schemas merges them all the same" if name == "schema" else ""
                    raise FolderError(f"{folder} and {folders[0]} differ in {name}: {value!r}, {before!r}{hint}")
        script = next((kept.path for index in sources.values() for kept in index.scripts[::-1] if kept.path), "")
        target = out or results_of(str(first["name"]), script, tell=lambda said: tell([said]))
        if target.resolve() in {folder.resolve() for folder in folders}:
            raise FolderError(f"{target} is one of the folders to be merged; choose another with --out")
        schemas = {schema for index in sources.values() for schema in index.schemas}
        results = stack.enter_context(Folder(target, {**first, "schema": max(schemas)}))
        prints = agreed({target: results.index, **sources})
        manifest = Manifest(target, results.identity, results.write, sources=[str(f) for f in folders])
        _declare(results.index, list(sources.values()))
        results.index.stamp(*prints)
        results.index.keep_schemas({*results.index.schemas, *schemas})
        notes = [*results.notes]
        for folder, index in sources.items():
            notes += _damage(folder, index)
            for kernels in index.made:
                if kernels not in results.index.made:
                    results.index.computed_with(kernels)
            differing = sum(
                _copy(key, entry, index, results.index)
                for key, entry in (*index.ordered(), *index.unknown.items())
                if key in results.index.entries
            )
            if differing:
                notes.append(f"{differing} rows of {folder} differ from those in {target}, which stay")
            if lost := [key for key in index.unknown if key not in results.index.entries]:
                notes.append(
                    f"{folder}: what {len(lost)} cells are is damaged, so their rows are lost: {', '.join(lost)}"
                )
        if stopping := _stopping({**sources, target: results.index}):
            results.index.keep_stopping(stopping)
        if said := unlike(results.index.made):
            notes.append(f"{target}: {said}")
        tally = results.publish()
        tell([*notes, *tally.lacking()])
        result: dict[str, Any] = {"rows": tally.rows, "failed": tally.failed, "schemas": results.index.schemas}
        if results.index.stopping:
            result["stopping"] = results.index.stopping
        manifest.finish("finished", result)
        then(results, tally)
    return target, tally


def _damage(folder: Path, index: Index) -> list[str]:
    """What of a journal was passed over."""
    notes, path = [], index.journal.path
    for start, stop in index.journal.damaged:
        notes.append(f"{path} is damaged: bytes {start} to {stop} are passed over, and the rows in them are missing")
    if index.journal.torn:
        notes.append(f"the last record of {path} is torn: {index.journal.torn} bytes are passed over")
    return notes


def _stopping(sources: Mapping[Path, Index]) -> dict[str, Any]:
    """Why cells stopped, from all folders that say so; each cell is in one shard."""
    found: dict[str, Any] = {}
    for folder, index in sources.items():
        if mine := stopping_of(folder, index):
            found |= mine | {"cells": found.get("cells", {}) | mine["cells"]}
    return found


def _declare(target: OpenIndex, sources: Sequence[Index]) -> None:
    """Take over the grid that is the largest, the cells besides, and what the folders were run with."""
    columns = {key: entry.columns for index in (target, *sources) for key, entry in index.ordered()}
    grid = max((target.grid, *(source.grid for source in sources)), key=len)
    repeats = max(target.repeats, *(source.repeats for source in sources))
    target.declare([columns[key] for key in dict.fromkeys([*grid, *columns]) if key in columns], repeats)
    for source in sources:
        for kept in source.scripts:
            if kept not in target.scripts:
                target.keep_script(kept)
        if source.declared is not None:
            target.keep_declared(source.declared)


def _copy(key: str, entry: Entry, source: Index, target: OpenIndex) -> int:
    """Copy what the target misses of a cell; return how many rows it holds with another content."""
    traces = source.traces(entry)
    done = target.entries[key].done
    mine = {}
    if any(a < stop and start < b for a, b in done for start, stop in entry.done):
        blocks = b"".join(target.lines(target.entries[key]))
        mine = {_rep(line): line for line in blocks.splitlines(keepends=True)}
    differing = 0
    waiting: list[Part] = []
    for block in source.lines(entry):
        lines = {_rep(line): line for line in block.splitlines(keepends=True)}
        differing += sum(rep in mine and mine[rep] != line for rep, line in lines.items())
        new = {rep: line for rep, line in lines.items() if rep not in mine}
        waiting += _parts(key, new, traces)
        if sum(len(part.lines) for part in waiting) > RECORD:
            target.record(waiting, {})
            waiting = []
    if waiting:
        target.record(waiting, {})
    return differing


def _parts(key: str, lines: dict[int, bytes], traces: dict[int, str]) -> Iterator[Part]:
    """Lines as parts of consecutive repetitions."""
    run: list[int] = []
    for rep in [*lines, -1]:
        if run and rep != run[-1] + 1:
            content = b"".join(lines[r] for r in run)
            yield Part(key, run[0], run[-1] + 1, content, {r: traces[r] for r in run if traces.get(r)})
            run = []
        run.append(rep)


def _rep(line: bytes) -> int:
    return int(line.partition(b",")[0])
