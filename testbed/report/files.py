"""What a results folder holds: rows.csv read with the right types, what is written beside it, in text."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from testbed.columns import (
    AVERAGED,
    ENDS,
    ERRORS,
    HEAD,
    IDENTITY,
    LATE_ERRORS,
    MEASURED,
    METHOD,
    SHAPE,
    STATUS,
    THEORY,
    is_added,
)
from testbed.files import open_file, read_bytes
from testbed.report.shards import uncollected

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "CHUNK",
    "ReportError",
    "dial",
    "errors",
    "fingerprint",
    "header_of",
    "identifying",
    "is_measured",
    "measured",
    "parse_contrasts",
    "parse_rows",
    "parse_summary",
    "present",
    "read_rows",
    "read_summary",
    "to_csv",
]

CHUNK = 100_000  # rows parsed at a time
TEXT = ("key", "generator", *METHOD, *STATUS)
FIXED = (*IDENTITY, *MEASURED, *STATUS)
COUNTS = ("n_ok", "n_failed")


class ReportError(ValueError):
    """A results folder that cannot be reported, or a figure or table that does not fit it; the message says why."""


def read_rows(folder: Path) -> pd.DataFrame:
    """Read ``rows.csv`` of a results folder.

    Texts (``key``, ``generator``, ``pretext``, ``probe``, ``draws``, ``status``, ``error``) are categoricals of
    strings, ``rep`` an integer, measured columns floats; a dial is a number where all its values are numbers and text
    otherwise (``True`` and ``False`` are text). What is empty in the file is missing (NaN) in the frame.

    Raises
    ------
    ReportError
        If the file is missing, empty or unreadable, lacks a column (named), has a cell of the wrong kind (its column is
        named), or holds one repetition of a cell twice.
    """
    path = present(Path(folder) / "rows.csv")
    return parse_rows(path, path, header_of(path), None)


def parse_rows(
    source: Path | BinaryIO, path: Path, columns: list[str], dials: Mapping[str, pd.Series] | None
) -> pd.DataFrame:
    """Read rows of a rows.csv with these columns, all or some; `path` is for messages. Errors as in `read_rows`.

    `dials` gives the values of the texts of each dial; where it is not given, these rows decide which are numbers.
    """
    numbers = (*measured(columns), *errors(columns))
    rows = _parse(source, path, numbers=numbers, required=FIXED, columns=columns, dials=dials)
    if not len(rows):
        raise ReportError(f"{path} holds no rows: there is nothing to report")
    _check(rows, path)
    return rows.astype({"rep": np.int64})


def read_summary(folder: Path) -> pd.DataFrame:
    """Read ``summary.csv`` back as figures and tables see it: six significant digits, dials exact.

    Raises
    ------
    ReportError
        If the file is missing, empty or unreadable, or lacks a column.
    """
    path = Path(folder) / "summary.csv"
    return parse_summary(read_bytes(present(path)), path)


def parse_summary(content: bytes, path: Path) -> pd.DataFrame:
    """Read the content of a summary.csv; `path` is for messages. Errors as in `read_summary`."""
    names = [f"{column}{end}" for column in measured(_names(content.partition(b"\n")[0])) for end in ("", *ENDS)]
    # copied: one block of numbers, where each column was one of its own
    columns, needed = _names(content.partition(b"\n")[0]), (*HEAD, *COUNTS, *names)
    return _parse(
        BytesIO(content), path, numbers=(*names, *errors(columns), *SHAPE), required=needed, columns=columns
    ).copy()


def parse_contrasts(content: bytes, path: Path) -> pd.DataFrame:
    """Read the content of a contrasts.csv; `path` is for messages. Errors as in `read_summary`."""
    numbers = ("difference", "difference_mcse", "difference_low", "difference_high")
    sides = tuple(f"{name}_{side}" for side in "ab" for name in METHOD)
    columns, required = _names(content.partition(b"\n")[0]), ("generator", "n_labeled", *sides, *numbers)
    return _parse(BytesIO(content), path, numbers=numbers, required=required, columns=columns)


def measured(columns: Iterable[str]) -> list[str]:
    """Measured columns: those that every row has, and the added ones among `columns`."""
    return [*AVERAGED, *(column for column in columns if is_added(column) and column not in LATE_ERRORS)]


def errors(columns: Iterable[str]) -> list[str]:
    """Columns of standard errors: those that every row has, and the added ones among `columns`."""
    return [*ERRORS, *(column for column in columns if column in LATE_ERRORS)]


def is_measured(column: str) -> bool:
    """Whether a column is a number of each row: measured, or predicted by a statement."""
    return column in AVERAGED or is_added(column)


def identifying(frame: pd.DataFrame) -> list[str]:
    """Columns that say which cell a row belongs to: all that are neither measured nor bookkeeping, in their order."""
    other = {*errors(frame.columns), *SHAPE, *COUNTS, *STATUS, "rep", "selected", "stopped"}
    other |= {f"{column}{end}" for column in measured(frame.columns) for end in ("", *ENDS)}
    return [column for column in frame.columns if column not in other]


def to_csv(frame: pd.DataFrame) -> bytes:
    """Write a frame as CSV: measured numbers to six significant digits, dials exactly, one newline a line."""
    frame = frame.copy()
    for column in frame.columns:
        dial = column.startswith("n_") or ("." in column and not column.startswith(THEORY))
        if frame[column].dtype.kind == "f" and dial:
            frame[column] = frame[column].map(_exact)
    return str(frame.to_csv(index=False, float_format="%.6g", lineterminator="\n")).encode()


def fingerprint(content: bytes) -> str:
    """First 12 hexadecimal digits of the SHA-256 of a file."""
    return hashlib.sha256(content).hexdigest()[:12]


def _exact(value: float) -> str:
    """Shortest text that reads back as the same number, without a decimal point where it is whole."""
    text = f"{value:.15g}"
    return "" if np.isnan(value) else text if float(text) == value else repr(float(value))


def _names(header: bytes) -> list[str]:
    return header.decode(errors="replace").strip().split(",")


def header_of(path: Path) -> list[str]:
    """Return the names of the columns of a file, from its first line."""
    with os.fdopen(open_file(path), "rb") as file:
        return _names(file.readline())


def present(path: Path) -> Path:
    """A file that is there and not empty.

    Raises
    ------
    ReportError
        If it is missing or empty; where shards of an array job stand beside it, with the command that joins them.
    """
    if not path.exists():
        todo = uncollected(path.parent) or "run the experiment first, or name the folder that holds its results"
        raise ReportError(f"{path} is missing: {todo}")
    if not path.stat().st_size:
        raise ReportError(f"{path} is empty")
    return path


def _parse(
    source: Path | BinaryIO,
    path: Path,
    *,
    numbers: tuple[str, ...],
    required: tuple[str, ...],
    columns: list[str],
    dials: Mapping[str, pd.Series] | None = None,
) -> pd.DataFrame:
    import pandas as pd

    kinds = defaultdict(lambda: "str", dict.fromkeys(numbers, "float64"))  # not "category": it would guess numbers
    try:
        # an empty cell is missing; "NA", "None" and, among the dials, "nan" are the texts they are
        empty = {name: ["", "nan"] if name in numbers else [""] for name in columns}
        with pd.read_csv(source, dtype=kinds, keep_default_na=False, na_values=empty, chunksize=CHUNK) as chunks:
            parts = [{str(c): v.copy() if c in numbers else _texts(v) for c, v in b.items()} for b in chunks]
    except ValueError as error:  # pandas' own errors of parsing and decoding are ValueErrors
        raise ReportError(f"{path} cannot be read: {error}") from error
    if missing := [column for column in required if column not in parts[0]]:
        raise ReportError(f"{path} lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}")
    columns = list(parts[0])
    frame: dict[Any, pd.Series] = {}
    # One column after the other, so that no number is held twice; texts first, as they need room for a moment.
    for column in sorted(columns, key=lambda c: c in numbers):
        pieces = [part.pop(column) for part in parts]
        if column in numbers or all(piece.dtype.kind == "i" for piece in pieces):
            frame[column] = pd.concat(pieces, ignore_index=True)
        else:
            texts = pd.concat([piece.astype(object) for piece in pieces], ignore_index=True).astype("category")
            known = None if dials is None else dials.get(column)
            frame[column] = texts if column in TEXT else dial(texts) if known is None else _valued(texts, known)
    return pd.DataFrame({column: frame[column] for column in columns}, copy=False)


def _texts(column: pd.Series) -> pd.Series:
    """Keep each text once; the repetitions, of which nearly every row has another, as the numbers they should be."""
    if column.name == "rep":
        with suppress(ValueError):
            return column.astype(np.int64)
    return column.astype("category")


def dial(column: pd.Series) -> pd.Series:
    """Turn a categorical of texts into numbers, if every text is one and no two are the same number."""
    import pandas as pd

    numbers = [_number(str(text)) for text in column.cat.categories]
    known = [number for number in numbers if number is not None]
    if len(set(known)) < len(column.cat.categories):  # 1 and 1.0 are two dials
        return column
    codes = column.cat.codes.to_numpy()
    whole = all(isinstance(number, int) for number in known) and bool((codes >= 0).all())
    try:
        values = np.array(known if whole else [*known, np.nan], dtype=np.int64 if whole else np.float64)
    except OverflowError:  # beyond the whole numbers of 64 bits, or beyond all floats
        return column
    if any(value != number for value, number in zip(values.tolist(), known, strict=False)):
        return column  # a whole number that no float is
    return pd.Series(values[codes], index=column.index, name=column.name)


def _valued(column: pd.Series, known: pd.Series) -> pd.Series:
    """Turn a categorical of texts into the values that are known of them."""
    import pandas as pd

    if known.dtype == "category":
        return column
    values = known.reindex(column.cat.categories).to_numpy()
    values = np.append(values, np.nan) if known.dtype.kind == "f" else values
    return pd.Series(values[column.cat.codes.to_numpy()], index=column.index, name=column.name)


def _number(text: str) -> int | float | None:
    """Read a number; None for any other text, and for nan, which is no number to compare."""
    try:
        value = int(text) if text.lstrip("-").isdecimal() else float(text)
    except ValueError:
        return None
    return None if value != value else value


def _check(rows: pd.DataFrame, path: Path) -> None:
    if rows["rep"].dtype.kind not in "iu":
        raise ReportError(f"{path}: the column rep must hold whole numbers, none empty")
    for column in ("key", "generator", "pretext", "probe", "status"):
        if rows[column].isna().any():
            raise ReportError(f"{path}: the column {column} is empty in {int(rows[column].isna().sum())} rows")
    for column in ("n_unlabeled", "n_labeled"):
        if rows[column].dtype.kind not in "iuf":
            raise ReportError(f"{path}: the column {column} must hold numbers")
    if unknown := set(rows["status"].cat.categories) - {"ok", "failed"}:
        raise ReportError(f"{path}: the column status must say ok or failed, not {', '.join(sorted(unknown))}")
    twice = rows.duplicated(["key", "rep"])
    if twice.any():
        first = rows[twice].iloc[0]
        raise ReportError(f"{path} holds repetition {first['rep']} of cell {first['key']} more than once")
