"""Maps in the forms in which predictors and representations travel: a LinearMap, and a Chain that ends in one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from testbed._linalg import Array
from testbed.screens import Short

__all__ = ["Chain", "Computed", "LinearMap", "read_only"]

FAR = 1e3  # rows so many of their deviations from the origin are mapped by their differences


def read_only(value: Array) -> Array:
    """View of an array that cannot be written into.

    Examples
    --------
    >>> import numpy as np
    >>> from testbed.data import read_only
    >>> read_only(np.ones(2)).flags.writeable
    False
    """
    view = value.view()
    view.flags.writeable = False
    return view


@dataclass(frozen=True, eq=False, repr=False)
class LinearMap(Short):
    """Affine map u -> u' weight + offset, with leading axes.

    Attributes
    ----------
    weight : (..., a, b)
    offset : (..., b)
    full_rank : bool
        True where the b columns of `weight` are known to be linearly independent (the images of an OLS fit with
        b <= a, almost surely). A probe then takes a Cholesky path; otherwise a singular value decomposition.
    parts : pair of LinearMap, optional
        The maps that this one is composed of.

    Examples
    --------
    >>> import numpy as np
    >>> from testbed.data import LinearMap
    >>> double = LinearMap(weight=2.0 * np.eye(2), offset=np.ones(2))
    >>> double(np.array([[1.0, 3.0]]))
    array([[3., 7.]])
    """

    weight: Array
    offset: Array
    full_rank: bool = False
    parts: tuple[LinearMap, LinearMap] | None = None

    @property
    def magnitude(self) -> Array:
        """Sums of the sizes of the terms that each weight is a sum of, (..., a, b): what its rounding is a share of."""
        if self.parts is None:
            return np.abs(self.weight)
        return self.parts[0].magnitude @ np.abs(self.parts[1].weight)

    def __post_init__(self) -> None:
        """Hold read-only views: a map is shared by all that read the representation."""
        for name in ("weight", "offset"):
            object.__setattr__(self, name, read_only(np.asarray(getattr(self, name))))

    def __call__(self, u: Array) -> Array:
        """Map rows: (..., n, a) -> (..., n, b); far from the origin by their differences, which keep their digits.

        The image of rows about 1e6 sums terms of that size, whose rounding, where columns of the image depend on each
        other, a regression would take for a feature.
        """
        first = u[..., :1, :]
        apart = u - first
        spread = np.abs(apart).max(axis=-2, keepdims=True, initial=0.0)
        if not np.any((np.abs(first) > FAR * spread) & (spread > 0.0)):
            return u @ self.weight + self.offset[..., None, :]
        return apart @ self.weight + (first @ self.weight + self.offset[..., None, :])

    def __getitem__(self, index: Any) -> LinearMap:
        """Cut the leading axis, where there is one (a map shared by all repetitions has none)."""
        weight = self.weight[index] if self.weight.ndim > 2 else self.weight
        offset = self.offset[index] if self.offset.ndim > 1 else self.offset
        parts = None if self.parts is None else (self.parts[0][index], self.parts[1][index])
        return LinearMap(weight, offset, self.full_rank, parts)

    def same(self, other: LinearMap) -> bool:
        """Whether another map has the same numbers, and the same is known of it."""
        equal = np.array_equal(self.weight, other.weight) and np.array_equal(self.offset, other.offset)
        return self is other or (equal and self.full_rank == other.full_rank)

    def then(self, other: LinearMap) -> LinearMap:
        """Compose: first this map, then `other`."""
        offset = (self.offset[..., None, :] @ other.weight)[..., 0, :] + other.offset
        return LinearMap(self.weight @ other.weight, offset, self.full_rank and other.full_rank, (self, other))

    @staticmethod
    def stacked(parts: Sequence[LinearMap], lengths: Sequence[int]) -> LinearMap:
        """Lay maps of repetitions one after another; `lengths` says how many each serves, if it is one map for all."""
        first = parts[0]
        if first.weight.ndim == 2 and all(first.same(part) for part in parts):
            return first
        weights = [np.broadcast_to(p.weight, (n, *p.weight.shape[-2:])) for p, n in zip(parts, lengths, strict=True)]
        offsets = [np.broadcast_to(p.offset, (n, *p.offset.shape[-1:])) for p, n in zip(parts, lengths, strict=True)]
        full_rank = all(p.full_rank for p in parts)
        within = None
        if all(p.parts is not None for p in parts):
            one, two = zip(*(p.parts for p in parts if p.parts is not None), strict=True)
            within = (LinearMap.stacked(one, lengths), LinearMap.stacked(two, lengths))
        return LinearMap(np.concatenate(weights), np.concatenate(offsets), full_rank, within)

    @staticmethod
    def identity(d: int) -> LinearMap:
        """Return the identity of R^d."""
        return LinearMap(np.eye(d), np.zeros(d), full_rank=True)


@dataclass(frozen=True, eq=False, repr=False)
class Chain(Short):
    """A nonlinear representation followed by a linear map.

    Examples
    --------
    >>> import numpy as np
    >>> from testbed.data import Chain, LinearMap
    >>> last = LinearMap(weight=np.ones((2, 1)), offset=np.zeros(1))
    >>> Chain(np.abs, last)(np.array([[1.0, -2.0]]))
    array([[3.]])
    """

    first: Callable[[Array], Array]
    second: LinearMap

    def __call__(self, x: Array) -> Array:
        """Map rows of x."""
        return self.second(self.first(x))


@dataclass(frozen=True, eq=False, repr=False)
class Computed:
    """A representation that is computed by a function of rows, and is shown by what it says.

    Attributes
    ----------
    function : callable
        (n, d1) -> (n, r).
    says : str
        What it computes.
    """

    function: Callable[[Array], Array]
    says: str

    def __call__(self, rows: Array) -> Array:
        """Map rows."""
        return self.function(rows)

    def __repr__(self) -> str:
        return f"<representation: {self.says}>"
