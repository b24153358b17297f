"""The text of rows: what a cell's rows share, and the line of each repetition.

A line of rows.csv is the identity of its cell, then rep, the measured columns, status and error. Only the second part
differs between repetitions, and only the first depends on which columns the grid has; so the second is written once, by
the worker that measured it, and keeps its bytes whatever the grid becomes.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from io import StringIO
from typing import TYPE_CHECKING

import numpy as np

from testbed.columns import IDENTITY, MEASURED, STATUS
from testbed.evaluation import Row

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Part", "columns_of", "decode", "encode", "failures", "frame_of", "header", "prefix"]

csv.field_size_limit(2**31 - 1)  # a message may be long; by default 131,072 characters are the most


HEAD = tuple(name for name in IDENTITY if name != "rep")


def encode(lines: Iterable[Sequence[object]]) -> bytes:
    """Write rep, measured columns, status and error of rows of one cell, a line each, as a `Block` gives them."""
    text = StringIO()
    csv.writer(text, lineterminator="\n").writerows(lines)
    return text.getvalue().encode(errors="backslashreplace")


def decode(line: bytes, added: Sequence[str] = ()) -> Row:
    """Read a line of `encode` back; what is empty is None. `added` names the columns after the usual ones."""
    (texts,) = csv.reader([line.decode()])
    tail = _tail(added)
    values = dict(zip(tail, texts, strict=True))
    numbers: Row = {name: _number(values[name]) for name in tail[:-2]}
    return numbers | {"status": values["status"], "error": values["error"] or None}


def frame_of(cells: Sequence[tuple[Row, bytes]], columns: Sequence[str]) -> pd.DataFrame:
    """Read what identifies each cell, and its lines, as one table with `columns`."""
    import pandas as pd

    place = np.repeat(np.arange(len(cells)), [lines.count(b"\n") for _, lines in cells])
    shared = {name: _series([cell.get(name) for cell, _ in cells]) for name in columns[: columns.index("rep")]}
    frame = {name: values.take(place).reset_index(drop=True) for name, values in shared.items()}
    text = b"".join(lines for _, lines in cells).decode()
    *names, status, error = columns[len(shared) :]
    *measured, how, why = zip(*csv.reader(StringIO(text)), strict=True) if text else [()] * (len(names) + 2)
    frame |= {name: pd.Series(_numbers(values)) for name, values in zip(names, measured, strict=True)}
    frame |= {status: pd.Series(how, dtype=object), error: pd.Series([w or None for w in why], dtype=object)}
    return pd.DataFrame(frame, columns=list(columns))


def _series(values: list[object]) -> pd.Series:
    """Column of a dial; whole numbers beyond all floats stay what they are."""
    import pandas as pd

    try:
        return pd.Series(values)
    except OverflowError:
        return pd.Series(values, dtype=object)


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


def _numbers(texts: Sequence[str]) -> list[int] | list[float]:
    """Read a column; integers stay what they are where nothing is missing."""
    try:
        return [int(text) for text in texts]
    except ValueError:
        return [float(text) if text else np.nan for text in texts]


@dataclass(frozen=True)
class Part:
    """Finished repetitions of one cell, as a worker sends them: one line each, and the tracebacks of the failed."""

    key: str
    start: int
    stop: int
    lines: bytes
    traces: dict[int, str] = field(default_factory=dict)


def failures(lines: bytes) -> list[int]:
    """Repetitions whose status is not ok."""
    if lines.count(b",ok,\n") == lines.count(b"\n"):
        return []
    return [int(line.partition(b",")[0]) for line in lines.split(b"\n")[:-1] if not line.endswith(b",ok,")]
