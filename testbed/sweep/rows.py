"""The text of rows: what a cell's rows share, and the line of each repetition.

A line of rows.csv is the identity of its cell, then rep, the measured columns, status and error. Only the second part
differs between repetitions, and only the first depends on which columns the grid has; so the second is written once, by
the worker that measured it, and keeps its bytes whatever the grid becomes.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

from testbed.study import EXTRA, IDENTITY, MEASURED, THEORY, Row

__all__ = ["columns_of", "decode", "encode", "header", "prefix"]

HEAD = tuple(name for name in IDENTITY if name != "rep")


def encode(rows: Sequence[Row]) -> bytes:
    """Write rep, measured columns, status and error of rows of one experiment, a line each."""
    tail = _tail([name for name in rows[0] if name in EXTRA or name.startswith(THEORY)])
    return _lines([row[name] for name in tail] for row in rows)


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
    return _lines([columns])


def prefix(cell: Row, columns: Sequence[str]) -> bytes:
    """What every line of a cell begins with; a column that the cell does not have is empty."""
    return _lines([[cell.get(name) for name in columns[: columns.index("rep")]]])[:-1] + b","


def _tail(added: Sequence[str]) -> tuple[str, ...]:
    return ("rep", *MEASURED, *added, "status", "error")


def _lines(rows: Iterable[Sequence[object]]) -> bytes:
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode(errors="backslashreplace")


def _number(text: str) -> int | float | None:
    if not text:
        return None
    return int(text) if text.lstrip("-").isdigit() else float(text)
