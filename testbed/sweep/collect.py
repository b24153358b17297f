"""Shards of one experiment merged into one results folder."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from testbed.sweep.files import FolderError
from testbed.sweep.ledger import Entry, Ledger, OpenLedger, Part
from testbed.sweep.manifest import Manifest
from testbed.sweep.store import Folder, Tally, reading

__all__ = ["collect"]

RECORD = 1 << 22  # bytes of lines that are written together


def collect(folders: Sequence[Path], out: Path | None, mix: bool = False) -> tuple[Path, Tally, list[str]]:
    """Copy the rows of some folders that a results folder does not have yet, and publish it.

    Intact records are taken from a damaged journal too. What results is what one run would have left.

    Returns
    -------
    (Path, Tally, list of str)
        The results folder, what it holds, and what is worth saying: rows that two folders hold with different numbers.

    Raises
    ------
    FolderError
        If the folders hold different experiments, or rows of different schemas without `mix`.
    """
    with ExitStack() as stack:
        sources = {folder: stack.enter_context(reading(folder)) for folder in folders}
        first = sources[folders[0]].journal.identity
        for folder, ledger in sources.items():
            for name in ("name", "seed", "schema", "columns"):
                value = ledger.journal.identity.get(name)
                if value != first.get(name) and not (mix and name == "schema"):
                    hint = "; --mix-schemas merges them all the same" if name == "schema" else ""
                    raise FolderError(
                        f"{folder} and {folders[0]} differ in {name}: {value!r}, {first.get(name)!r}{hint}"
                    )
        target = out or Path("results") / str(first["name"])
        if target.resolve() in {folder.resolve() for folder in folders}:
            raise FolderError(f"{target} is one of the folders to be merged; choose another with --out")
        schemas = {int(str(ledger.journal.identity["schema"])) for ledger in sources.values()}
        notes = []
        results = stack.enter_context(Folder(target, {**first, "schema": max(schemas)}))
        manifest = Manifest(target, results.identity, sources=[str(f) for f in folders])
        for folder, ledger in sources.items():
            _declare(results.ledger, ledger)
            differing = sum(_copy(key, entry, ledger, results.ledger) for key, entry in ledger.ordered())
            if differing:
                notes.append(f"{differing} rows of {folder} differ from those in {target}, which stay")
        tally = results.publish()
        known = sorted({*manifest.content.get("schemas", []), *schemas})
        result: dict[str, Any] = {"rows": tally.rows, "failed": tally.failed, "schemas": known}
        if stopping := _stopping(folders):
            result["stopping"] = stopping
        manifest.finish("finished", result)
    return target, tally, notes


def _stopping(folders: Sequence[Path]) -> dict[str, Any]:
    """Why cells stopped, from all folders that say so; each cell is in one shard."""
    found: dict[str, Any] = {}
    for folder in folders:
        with suppress(OSError, ValueError, AttributeError):
            mine = json.loads((folder / "manifest.json").read_text(encoding="utf-8")).get("stopping", {})
            found |= mine | {"cells": found.get("cells", {}) | mine.get("cells", {})} if mine else {}
    return found


def _declare(target: OpenLedger, source: Ledger) -> None:
    """Take over the grid that is the larger, and the cells besides."""
    columns = {key: entry.columns for key, entry in (*target.ordered(), *source.ordered())}
    grid = max((target.grid, source.grid), key=len)
    target.declare([columns[key] for key in dict.fromkeys([*grid, *columns])])
    for text, tiny in source.scripts:
        if (text, tiny) not in target.scripts:
            target.keep_script(text, tiny)


def _copy(key: str, entry: Entry, source: Ledger, target: OpenLedger) -> int:
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
