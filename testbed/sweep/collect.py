"""Shards of one experiment merged into one results folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from testbed.files import FolderError
from testbed.sweep.fingerprint import agreed
from testbed.sweep.folder import Folder, Tally, reading, stopping_of
from testbed.sweep.index import Entry, Index, OpenIndex
from testbed.sweep.places import results_of
from testbed.sweep.rows import Part
from testbed.sweep.runs import Manifest, unlike

__all__ = ["collect"]

RECORD = 1 << 22  # bytes of lines that are written together


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
        for folder, index in sources.items():
            for name in ("name", "seed", "schema", "columns"):
                value = index.journal.identity.get(name)
                if value != first.get(name) and not (mix and name == "schema"):
                    hint = "; --mix-schemas merges them all the same" if name == "schema" else ""
                    raise FolderError(
                        f"{folder} and {folders[0]} differ in {name}: {value!r}, {first.get(name)!r}{hint}"
                    )
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
            for made in index.made:
                if made not in results.index.made:
                    results.index.computed_with(made)
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
