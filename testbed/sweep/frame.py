"""The frame of a run: from the arrays that its rows were written from, or from their lines, with the same result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from io import BufferedReader, RawIOBase
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from testbed.evaluation import Block, Row
from testbed.sweep.entries import Arrays
from testbed.sweep.index import OpenIndex

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["frame_of", "gathered", "joined", "read"]

KINDS = (np.dtype(np.float64), np.dtype(np.int64))  # of numbers that are read from a file as what they were


def joined(blocks: Sequence[Block]) -> Arrays | None:
    """Join the arrays of blocks of one cell; None where a repetition failed, or a column holds numbers of two kinds."""
    if any(block.failed for block in blocks):
        return None
    found: list[npt.NDArray[Any] | None] = []
    for place in range(len(blocks[0].arrays)):
        pieces = [block.arrays[place] for block in blocks]
        known = [piece for piece in pieces if piece is not None]
        if len({piece.dtype for piece in known}) != len(known[:1]) or 0 < len(known) < len(pieces):
            return None
        if known and known[0].dtype not in KINDS:
            return None
        if all(piece.ndim == 0 and piece.tobytes() == known[0].tobytes() for piece in known):
            found.append(known[0] if known else None)
        else:
            sizes = (len(block.reps) for block in blocks)
            found.append(np.concatenate([np.broadcast_to(p, size) for p, size in zip(known, sizes, strict=True)]))
    return found


def frame_of(index: OpenIndex, keys: Sequence[str], columns: Sequence[str]) -> pd.DataFrame:
    """Rows of these cells: from memory where all were computed in this run and none failed, else from the journal."""
    entries = [index.entries[key] for key in keys]
    held = [(entry.columns, arrays) for entry in entries if (arrays := index.remembered(entry)) is not None]
    if len(held) == len(entries):
        return gathered(held, columns)
    return read([(entry.columns, entry.count, index.lines(entry)) for entry in entries], columns)


def gathered(cells: Sequence[tuple[Row, Sequence[tuple[range, Arrays]]]], columns: Sequence[str]) -> pd.DataFrame:
    """Make one table with `columns` of what identifies each cell, and of its arrays by repetitions, which are all ok.

    It equals what `read` reads from the lines of the same rows.
    """
    import pandas as pd

    pieces = [piece for _, mine in cells for piece in mine]
    frame = _shared([cell for cell, _ in cells], [sum(len(reps) for reps, _ in mine) for _, mine in cells], columns)
    rep, *names, status, error = columns[len(frame) :]
    frame[rep] = pd.Series(np.concatenate([np.arange(reps.start, reps.stop) for reps, _ in pieces]))
    for place, name in enumerate(names):
        parts = [(arrays[place], len(reps)) for reps, arrays in pieces]
        frame[name] = pd.Series(np.concatenate([np.broadcast_to(np.nan if a is None else a, n) for a, n in parts]))
    frame[status] = pd.Series(np.full(len(frame[rep]), "ok", dtype=object), dtype=object)
    frame[error] = pd.Series(np.full(len(frame[rep]), None, dtype=object), dtype=object)
    return pd.DataFrame(frame, columns=list(columns), copy=False)  # nothing else holds these arrays


def read(cells: Sequence[tuple[Row, int, Iterable[bytes]]], columns: Sequence[str]) -> pd.DataFrame:
    """Read what identifies each cell, how many rows it has, and their lines, as one table with `columns`."""
    import pandas as pd

    frame = _shared([cell for cell, _, _ in cells], [count for _, count, _ in cells], columns)
    *names, status, error = own = list(columns[len(frame) :])
    found = pd.read_csv(
        BufferedReader(_Lines(block for _, _, lines in cells for block in lines)),
        header=None,
        names=own,
        dtype={status: "object", error: "object"},
        keep_default_na=False,
        na_values={name: [""] for name in names},
        low_memory=False,  # else the kind of a column is found piece by piece
    )
    found[error] = found[error].where(found[error] != "", None)
    return pd.DataFrame(frame | {name: found[name] for name in own}, columns=list(columns))


class _Lines(RawIOBase):
    """Blocks of lines as a file, each fetched when the one before has been read: they are never in memory together."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks, self._rest = blocks, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._rest = memoryview(block)
        size = min(len(buffer), len(self._rest))
        buffer[:size], self._rest = self._rest[:size], self._rest[size:]
        return size


def _shared(cells: Sequence[Row], counts: Sequence[int], columns: Sequence[str]) -> dict[str, pd.Series]:
    """Columns before rep: what identifies a cell, as often as it has rows."""
    place = np.repeat(np.arange(len(cells)), counts)
    shared = {name: _series([cell.get(name) for cell in cells]) for name in columns[: columns.index("rep")]}
    return {name: values.take(place).reset_index(drop=True) for name, values in shared.items()}


def _series(values: list[object]) -> pd.Series:
    """Column of a dial; whole numbers beyond all floats stay what they are."""
    import pandas as pd

    try:
        return pd.Series(values)
    except OverflowError:
        return pd.Series(values, dtype=object)
