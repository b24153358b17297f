"""rows.csv some generators at a time, so that a report needs memory for the rows of one, however many there are."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from testbed.columns import METHOD, PLACE, STATUS
from testbed.files import open_file
from testbed.report.files import CHUNK, dial, errors, header_of, measured, parse_rows, present

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Pieces"]

Identity = tuple[str, ...]


@dataclass
class _Run:
    """Consecutive lines of one cell: their bytes and their numbers in the file."""

    identity: Identity
    start: int
    stop: int
    first: int
    lines: int


@dataclass
class _Piece:
    """Lines that are read together, in the order of the file."""

    runs: list[_Run] = field(default_factory=list)
    lines: int = 0


class Pieces:
    """Rows of a results folder, generator by generator, small ones together.

    The file is gone through once to see where the rows of each generator are; what depends on the whole file (which
    dials are numbers, in which order cells, methods and places come) is the same in every piece. A file that cannot
    be taken apart, since a text of it has several lines, or a column of the cell stands behind the repetition, is one
    piece.

    Parameters
    ----------
    folder : Path
        Results folder; must hold rows.csv.
    least : int
        Rows from which on a generator is a piece of its own.

    Attributes
    ----------
    columns : list of str
        Columns of rows.csv.
    """

    def __init__(self, folder: Path, least: int = CHUNK) -> None:
        self.path = present(Path(folder) / "rows.csv")
        self.columns = header_of(self.path)
        self._parts: list[_Piece | None] = [None]
        self._runs: list[_Run] = []
        if (runs := self._scan()) is not None:
            self._runs = runs
            self._parts = list(_joined(runs, self._place[0], least))
            if len(self._parts) < 2:
                self._parts = [None]

    def __len__(self) -> int:
        """Number of pieces."""
        return len(self._parts)

    def __iter__(self) -> Iterator[pd.DataFrame]:
        """Frames as `read_rows` gives them; with several, the index is the number of the row in the file."""
        for part in self._parts:
            if part is None:
                yield parse_rows(self.path, self.path, self.columns, None)
                continue
            with BufferedReader(_Ranges(self.path, [(run.start, run.stop) for run in part.runs])) as source:
                rows = parse_rows(source, self.path, self.columns, self._dials)
            rows.index = np.concatenate([np.arange(run.first, run.first + run.lines) for run in part.runs])
            yield rows

    @property
    def methods(self) -> list[Identity] | None:
        """Methods in the order in which they first appear in the file; None for one piece, which shows it."""
        return self._distinct(METHOD) if len(self) > 1 else None

    def by_key(self, frames: list[pd.DataFrame]) -> pd.DataFrame:
        """Join summaries of the pieces, in the order in which keys first appear in the file."""
        return self._join(frames, {key: i for i, (key,) in enumerate(self._distinct(("key",)))}, ("key",))

    def by_place(self, frames: list[pd.DataFrame]) -> pd.DataFrame:
        """Join contrasts of the pieces, in the order in which laws with sample sizes first appear in the file."""
        places = ((law, float(n_u), float(n_l)) for law, n_u, n_l in self._distinct(PLACE)) if len(self) > 1 else ()
        return self._join(frames, {place: i for i, place in enumerate(places)}, PLACE)

    def by_row(self, frames: list[pd.DataFrame]) -> pd.DataFrame:
        """Join columns of the pieces, in the order of the file."""
        import pandas as pd
        from pandas.api.types import union_categoricals

        if len(frames) == 1:
            return frames[0]
        joined = {}
        for name in frames[0]:
            parts = [frame[name] for frame in frames]
            if all(part.dtype == "category" for part in parts):
                joined[name] = pd.Series(union_categoricals(parts), index=np.concatenate([p.index for p in parts]))
            else:
                joined[name] = pd.concat(parts)
        return pd.DataFrame(joined).sort_index().reset_index(drop=True)

    def _join(self, frames: list[pd.DataFrame], rank: dict[Any, int], names: tuple[str, ...]) -> pd.DataFrame:
        import pandas as pd

        if len(frames) == 1:
            return frames[0]
        joined = pd.concat(frames, ignore_index=True)
        lines = zip(*(joined[name] for name in names), strict=True)
        order = [rank[line[0] if len(names) == 1 else (line[0], float(line[1]), float(line[2]))] for line in lines]
        return joined.iloc[np.argsort(order, kind="stable")].reset_index(drop=True)

    @property
    def _place(self) -> list[int]:
        return [self.columns.index(name) for name in PLACE]

    def _distinct(self, names: tuple[str, ...]) -> list[Identity]:
        places = [self.columns.index(name) for name in names]
        return list(dict.fromkeys(tuple(run.identity[i] for i in places) for run in self._runs))

    @cached_property
    def _dials(self) -> dict[str, pd.Series]:
        """Values of the texts of each dial, by its text: numbers, or the texts themselves as categories."""
        import pandas as pd

        found = {}
        for i, name in enumerate(self.columns[: self.columns.index("rep")]):
            texts = dict.fromkeys(run.identity[i] or None for run in self._runs)
            found[name] = dial(pd.Series(list(texts), dtype=object, name=name).astype("category")).set_axis(list(texts))
        return found

    def _scan(self) -> list[_Run] | None:
        """Find the runs of lines of one cell; None if the file cannot be taken apart."""
        identifying = self.columns.index("rep") if {"rep", "key", *PLACE, *METHOD} <= set(self.columns) else 0
        behind = self.columns[identifying:]
        plain = {"rep", *STATUS, *errors(behind), *measured(behind)}
        if not {"key", *PLACE, *METHOD} <= set(self.columns[:identifying]) or not set(behind) <= plain:
            return None
        runs: list[_Run] = []
        prefix = b""
        laws: dict[str, str] = {}
        with os.fdopen(open_file(self.path), "rb") as file:
            at = len(file.readline())
            for number, line in enumerate(file):
                if line.count(b'"') % 2:
                    return None
                if prefix and line.startswith(prefix):
                    runs[-1].stop, runs[-1].lines = at + len(line), runs[-1].lines + 1
                else:
                    prefix = _prefix(line, identifying)
                    identity = _fields(prefix)
                    if identity is None or len(identity) != identifying:
                        return None
                    key, law = identity[self.columns.index("key")], identity[self._place[0]]
                    if laws.setdefault(key, law) != law:
                        return None
                    runs.append(_Run(identity, at, at + len(line), number, 1))
                at += len(line)
        return runs


class _Ranges(RawIOBase):
    """The first line of a file and some ranges of its bytes, as one file."""

    def __init__(self, path: Path, ranges: list[tuple[int, int]]) -> None:
        self._file = os.fdopen(open_file(path), "rb")
        self._ranges = [(0, len(self._file.readline())), *ranges][::-1]

    def readable(self) -> bool:
        """It is for reading."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read the next bytes."""
        if not self._ranges:
            return 0
        start, stop = self._ranges.pop()
        self._file.seek(start)
        content = self._file.read(min(len(buffer), stop - start))
        buffer[: len(content)] = content
        if content and start + len(content) < stop:
            self._ranges.append((start + len(content), stop))
        return len(content)

    def close(self) -> None:
        """Close the file that is read, and this view of it."""
        self._file.close()
        super().close()


def _joined(runs: list[_Run], law: int, least: int) -> Iterator[_Piece]:
    """Pieces of whole generators, in the order in which they appear, with at least so many rows but for the last."""
    by_law: dict[str, list[_Run]] = {}
    for run in runs:
        by_law.setdefault(run.identity[law], []).append(run)
    piece = _Piece()
    for mine in by_law.values():
        piece.runs += mine
        piece.lines += sum(run.lines for run in mine)
        if piece.lines >= least:
            yield _in_order(piece)
            piece = _Piece()
    if piece.runs:
        yield _in_order(piece)


def _in_order(piece: _Piece) -> _Piece:
    piece.runs.sort(key=lambda run: run.start)
    return piece


def _prefix(line: bytes, columns: int) -> bytes:
    """The first columns of a line, with the comma behind them; nothing if it has fewer."""
    quoted, seen = False, 0
    for at, byte in enumerate(line):
        if byte == 0x22:
            quoted = not quoted
        elif byte == 0x2C and not quoted:
            seen += 1
            if seen == columns:
                return line[: at + 1]
    return b""


def _fields(prefix: bytes) -> Identity | None:
    try:
        (found,) = csv.reader([prefix[:-1].decode()])
    except (ValueError, csv.Error):
        return None
    return tuple(found)
