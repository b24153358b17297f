"""Which point of a finite support a row is, in columns that have units and origins of their own."""

from __future__ import annotations

from typing import Any

import numpy as np

from testbed._linalg import Array

__all__ = ["NEAR", "nearest"]

NEAR = 1e-9  # share of the reach of a column within which a row is a point
DIGITS = 1e-7  # share of a column's origin that its reach is at least, as more digits are not held there


def nearest(points: Array, rows: Array) -> tuple[Any, Array]:
    """Place of the nearest of the points (s, d) to each row (..., n, d), and how far it is in its worst column.

    Distances are shares of each column's reach, the largest distance of a point from the mean of the points: a fit in
    other units finds the same points, and a large origin takes no digits. A row is a point where the share is at most
    `NEAR`.
    """
    centre = points.mean(axis=0)
    reach = np.abs(points - centre).max(axis=0)
    reach = np.maximum(reach, np.maximum(DIGITS * np.abs(centre), np.finfo(float).tiny))
    own, seen = ((np.asarray(x, dtype=float) - centre) / reach for x in (points, rows))
    place = np.argmax(seen @ (2.0 * own.T) - np.sum(own**2, axis=-1), axis=-1)
    return place, np.abs(seen - own[place]).max(axis=-1, initial=0.0)
