"""rows.csv: what the rows of a cell share, the line of each repetition, and the file that is made of them.

A line of rows.csv is the identity of its cell, then rep, the measured columns, status and error. Only the second part
differs between repetitions, and only the first depends on which columns the grid has; so the second is written once, by
the worker that measured it, and keeps its bytes whatever the grid becomes.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from io import StringIO
from itertools import repeat
from pathlib import Path
from typing import Any

from testbed.columns import HEAD, MEASURED, STATUS
from testbed.evaluation import Block, Row
from testbed.files import Hashed, holds, real_folder
from testbed.sweep.entries import Entry
from testbed.sweep.index import Index

__all__ = ["Tally", "columns_of", "decode", "encode", "encode_blocks", "prefix", "publish"]

csv.field_size_limit(2**31 - 1)  # a message may be long; by default 131,072 characters are the most
UNDEFINED = "nan"  # in a row that is ok only a prediction that is not defined, which is empty in the file
MESSAGES = 20  # distinct messages of failed rows that are kept to be shown


def encode(lines: Iterable[Sequence[object]]) -> bytes:
    """Write rep, measured columns, status and error of rows of one cell, a line each, as a `Block` gives them."""
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue().encode(errors="backslashreplace")


def encode_blocks(blocks: Sequence[Block]) -> bytes:
    """Write blocks of one cell as `encode` writes their rows, a column at a time.

    What repetitions or columns share is put into words once; no number needs quotes, while a message may.
    """
    if any(block.failed for block in blocks):
        return encode(row for block in blocks for row in block)
    pieces = []
    for block in blocks:
        known: dict[tuple[str, bytes], Iterable[str]] = {}
        columns = zip(*(_texts(block, i, known) for i in range(len(block.arrays))), strict=False)
        pieces.append(
            "".join([f"{rep},{','.join(texts)},ok,\n" for rep, texts in zip(block.reps, columns, strict=False)])
        )
    return "".join(pieces).encode()


def _texts(block: Block, place: int, known: dict[tuple[str, bytes], Iterable[str]]) -> Iterable[str]:
    """Text of a column, one a repetition, or without end where they share it; `known` are those of columns before."""
    array = block.arrays[place]
    if array is None:
        return repeat("")
    name = (array.dtype.str, array.tobytes())  # the bits, as 0.0 and -0.0 are equal and are written differently
    if array.ndim == 0:
        text = str(array.tolist())
        return repeat("" if text == UNDEFINED else text)
    if name not in known:
        texts = list(map(str, array.tolist()))
        known[name] = ["" if text == UNDEFINED else text for text in texts] if UNDEFINED in texts else texts
    return known[name]


def decode(line: bytes, added: Sequence[str] = ()) -> Row:
    """Read a line of `encode` back; what is empty is None. `added` names the columns after the usual ones."""
    (texts,) = csv.reader([line.decode()])
    tail = _tail(added)
    values = dict(zip(tail, texts, strict=True))
    numbers: Row = {name: _number(values[name]) for name in tail[:-2]}
    return numbers | {"status": values["status"], "error": values["error"] or None}


def columns_of(rows: Iterable[Row], added: Sequence[str] = ()) -> list[str]:
    """Columns in canonical order: identity, each dial after what it belongs to, measured, added, status."""
    dials: dict[str, dict[str, None]] = {"generator": {}, "pretext": {}, "probe": {}}
    for row in rows:
        for name in row:
            head = name.split(".")[0]
            if "." in name and head in dials:
                dials[head][name] = None
    return [*(c for name in HEAD for c in (name, *dials.get(name, ()))), *_tail(added)]


def header(columns: Sequence[str]) -> bytes:
    """First line of rows.csv."""
    return encode([columns])


def prefix(cell: Row, columns: Sequence[str]) -> bytes:
    """What every line of a cell begins with; a column that the cell does not have is empty."""
    return encode([[cell.get(name) for name in columns[: columns.index("rep")]]])[:-1] + b","


def _tail(added: Sequence[str]) -> tuple[str, ...]:
    return ("rep", *MEASURED, *added, *STATUS)


def _number(text: str) -> int | float | None:
    if not text:
        return None
    return int(text) if text.lstrip("-").isdigit() else float(text)


@dataclass
class Tally:
    """What rows.csv holds, and how many rows the cells of the grid still lack, by key."""

    rows: int = 0
    failed: int = 0
    sha256: str = ""
    missing: dict[str, int] = field(default_factory=dict)
    messages: Counter[str] = field(default_factory=Counter)

    def lacking(self) -> list[str]:
        """What is missing, in words; empty where nothing is."""
        if not self.missing:
            return []
        named = ", ".join(list(self.missing)[:5]) + (", ..." if len(self.missing) > 5 else "")
        return [f"{sum(self.missing.values())} rows of {len(self.missing)} cells are missing: {named}"]


def publish(folder: Path, index: Index, write: Callable[[Path, Any], Path], remove: Callable[[Path], None]) -> Tally:
    """Write rows.csv and the tracebacks of failed rows, if they are not as they should be.

    rows.csv is a function of the journal: every finished row in canonical order, by cell and repetition.
    """
    tally = Tally(missing=index.missing())
    target, table = folder / "rows.csv", Hashed(_table(index))
    if not holds(target, table):
        write(target, table := Hashed(_table(index)))
    tally.sha256 = table.sha256
    failures = folder / "failures"
    wanted = set()
    for key, entry in index.ordered():
        tally.rows += entry.count
        tally.failed += len(entry.failed)
        if entry.failed:
            real_folder(failures)
            wanted.add(path := failures / f"{key}.txt")
            pieces = _explained(index, key, entry, tally.messages)
            if not holds(path, pieces):
                write(path, pieces)
    if failures.exists() or failures.is_symlink():
        real_folder(failures)
        for stale in set(failures.glob("*.txt")) - wanted:
            remove(stale)
    return tally


def _table(index: Index) -> Iterator[bytes]:
    columns = columns_of((entry.columns for _, entry in index.ordered()), index.added)
    yield header(columns)
    for _, entry in index.ordered():
        start = prefix(entry.columns, columns)
        for lines in index.lines(entry):
            yield start + lines[:-1].replace(b"\n", b"\n" + start) + b"\n"


def _explained(index: Index, key: str, entry: Entry, messages: Counter[str]) -> list[bytes]:
    """Tracebacks of a cell, each once with the repetitions that it belongs to; their messages are counted."""
    traces = index.traces(entry)
    blocks: dict[str, list[int]] = {}
    for lines in index.lines(entry):
        for line in lines.split(b"\n")[:-1]:
            if not line.endswith(b",ok,"):
                row = decode(line, index.added)
                rep, message = int(str(row["rep"])), str(row["error"])
                blocks.setdefault(f"{message}\n{traces[rep]}", []).append(rep)
                if message in messages or len(messages) < MESSAGES:
                    messages[message] += 1
    names = ", ".join(f"{k}={v}" for k, v in entry.columns.items() if k in ("generator", "pretext", "probe"))
    text = [f"cell {key}: {names}\n"]
    text += [f"\nrep {', '.join(map(str, reps))}: {block.rstrip()}\n" for block, reps in blocks.items()]
    return [piece.encode(errors="backslashreplace") for piece in text]
