"""The text of rows: what a cell's rows share, and the line of each repetition.

A line of rows.csv is the identity of its cell, then rep, the measured columns, status and error. Only the second part
differs between repetitions, and only the first depends on which columns the grid has; so the second is written once, by
the worker that measured it, and keeps its bytes whatever the grid becomes.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

from testbed.study import IDENTITY, MEASURED, Row

__all__ = ["columns_of", "decode", "encode", "header", "prefix"]

TAIL = ("rep", *MEASURED, "status", "error")
HEAD = tuple(name for name in IDENTITY if name != "rep")


def encode(rows: Iterable[Row]) -> bytes:
    """Write rep, measured columns, status and error of some rows, a line each."""
    return _lines([row[name] for name in TAIL] for row in rows)


def decode(line: bytes) -> Row:
    """Read a line of `encode` back; what is empty is None."""
    (texts,) = csv.reader([line.decode()])
    values = dict(zip(TAIL, texts, strict=True))
    numbers: Row = {name: _number(values[name]) for name in TAIL[:-2]}
    return numbers | {"status": values["status"], "error": values["error"] or None}


def columns_of(rows: Iterable[Row]) -> list[str]:
    """Columns in canonical order: identity, each dial after what it belongs to, measured, status."""
    dials: dict[str, dict[str, None]] = {"generator": {}, "pretext": {}, "probe": {}}
    for row in rows:
        for name in row:
            head = name.split(".")[0]
            if "." in name and head in dials:
                dials[head][name] = None
    return [*(c for name in HEAD for c in (name, *dials.get(name, ()))), *TAIL]


def header(columns: Sequence[str]) -> bytes:
    """First line of rows.csv."""
    return _lines([columns])


def prefix(cell: Row, columns: Sequence[str]) -> bytes:
    """What every line of a cell begins with; a column that the cell does not have is empty."""
    return _lines([[cell.get(name) for name in columns[: -len(TAIL)]]])[:-1] + b","


def _lines(rows: Iterable[Sequence[object]]) -> bytes:
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode(errors="backslashreplace")


def _number(text: str) -> int | float | None:
    if not text:
        return None
    return int(text) if text.lstrip("-").isdigit() else float(text)
