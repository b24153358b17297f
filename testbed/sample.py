"""Rows drawn from a law."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from testbed._linalg import Array
from testbed.maps import read_only
from testbed.view import view_of

__all__ = ["Sample", "numbers"]


@dataclass(frozen=True, eq=False)
class Sample:
    """Rows drawn from a law.

    Attributes
    ----------
    x1, x2, y : (n, d1), (n, d2), (n, k)
        Input view, pretext target and label (one-hot, or k real outputs).
    z : (n,), (n, m) or None
        Latent, where the law has one and shows it.
    weight : (n,) or None
        Multiplicity of each row; None is one each.

    Examples
    --------
    >>> import numpy as np
    >>> from testbed.data import Moments, Sample
    >>> rows = Sample(x1=np.eye(3), x2=np.ones((3, 2)), y=np.array([[1.0], [2.0], [3.0]]))
    >>> Moments.of(rows).mean["y"]
    array([2.])
    """

    x1: Array
    x2: Array
    y: Array
    z: np.ndarray[Any, Any] | None = None
    weight: Array | None = None

    def __repr__(self) -> str:
        """Shapes."""
        given = {name: getattr(self, name) for name in ("x1", "x2", "y", "z", "weight")}
        shapes = (f"{name} {np.shape(v)}" for name, v in given.items() if v is not None)
        return f"<Sample of {self.n:.12g} rows: {', '.join(shapes)}>"

    @property
    def n(self) -> float:
        """Number of draws: rows, or the sum of the weights."""
        return float(len(self.x1) if self.weight is None else self.weight.sum())

    def read_only(self) -> Sample:
        """Return the same rows, which nobody can write into."""
        z, weight = (None if v is None else read_only(v) for v in (self.z, self.weight))
        return Sample(read_only(self.x1), read_only(self.x2), read_only(self.y), z, weight)

    def labels(self) -> Sample:
        """Weighted rows as labelled data: neighbours with the same x1 and y are one row, without x2 and z."""
        if self.weight is None:
            raise ValueError("rows without weights are not merged")
        changes = np.any(self.x1[1:] != self.x1[:-1], axis=1) | np.any(self.y[1:] != self.y[:-1], axis=1)
        start = np.r_[0, np.flatnonzero(changes) + 1]
        return Sample(self.x1[start], self.x2[start, :0], self.y[start], None, np.add.reduceat(self.weight, start))

    def __add__(self, other: Sample) -> Sample:
        """Pool two samples of one law."""
        if (self.weight is None) != (other.weight is None):
            raise ValueError("a weighted and an unweighted sample cannot be pooled: give both weights, or neither")
        weight = None if self.weight is None or other.weight is None else np.r_[self.weight, other.weight]
        z = None if self.z is None or other.z is None else np.concatenate([self.z, other.z])
        x1, x2, y = (np.vstack(pair) for pair in ((self.x1, other.x1), (self.x2, other.x2), (self.y, other.y)))
        return Sample(x1, x2, y, z, weight)


def numbers(sample: Sample, name: str) -> Array:
    """Block of a sample as it is, where it is an array of finite numbers; anything else is read, or refused."""
    rows: Any = getattr(sample, name)
    plain = type(rows) is np.ndarray and rows.dtype.kind in "fiub"
    kept = plain and (rows.ndim > 2 or (rows.ndim == 2 and rows.dtype.kind == "f" and np.isfinite(rows.sum())))
    return rows if kept else view_of(rows, name).values
