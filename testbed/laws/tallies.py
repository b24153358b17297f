"""Counts of the cells of a table, summed by where a cell is in a view."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from testbed._linalg import Array

__all__ = ["Tallies"]

FEW = 0.25  # share of cells that are met, below which the others are left out


class Tallies:
    """Counts (..., cells) of cells that draws have met; where these are few of all, the others are not gone through."""

    def __init__(self, counts: npt.NDArray[np.int64]) -> None:
        self.shape, rows = counts.shape[:-1], counts.reshape(-1, counts.shape[-1])
        self._row: Any = np.arange(len(rows))[:, None]
        self._cell: Any = slice(None)
        self._count: Any = rows
        if np.count_nonzero(rows) < FEW * rows.size:
            self._row, self._cell = np.nonzero(rows)
            self._count = rows[self._row, self._cell]

    def by(self, place: Any, size: int) -> Array:
        """Counts by a place of each cell: (..., size), one bin count for the whole stack."""
        slot = place[self._cell] + size * self._row
        slots = size * math.prod(self.shape)
        total: Array = np.bincount(slot.ravel(), self._count.ravel(), slots).astype(float)
        return total.reshape(*self.shape, size)
