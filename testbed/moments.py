"""Means and scatters of named blocks: all that a linear learner sees of rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import Any

import numpy as np

from testbed._linalg import (
    LOST,
    RELATIVE_CUTOFF,
    Array,
    cholesky,
    outer,
    own_unit,
    rank_of,
    solve_lower,
    spectral_root,
    transpose,
)
from testbed.maps import LinearMap, read_only
from testbed.sample import Sample, numbers
from testbed.screens import contained

__all__ = ["Moments", "pooled"]


@dataclass(frozen=True, eq=False)
class Moments:
    """Number of rows, means and centred second moments of named blocks: all that a linear learner sees.

    Attributes
    ----------
    n : (...)
        Number of rows.
    mean : {block: (..., d)}
    scatter : {(a, b): (..., d_a, d_b)}
        Sum over rows of (a - mean a)(b - mean b)'. Only the pairs that were asked for are there: an OLS pretext never
        looks at (x2, x2). A pair is held in one order and read in either.

    deficient : set of blocks
        Blocks whose columns may be dependent in a sample (discrete laws): read through their principal axes.

    ``a + b`` is the pooled batch; `Moments.of` makes them from rows. Leading axes are repetitions.

    Examples
    --------
    >>> import numpy as np
    >>> from testbed.generators import CleanMixture
    >>> law = CleanMixture(k=3, d1=6, d2=4, structure_seed=1).law()
    >>> moments = law.moments(10**9, np.random.default_rng(0))    # the cost does not depend on n
    >>> moments.block("x1", "x2").shape
    (6, 4)
    """

    n: Array
    mean: Mapping[str, Array]
    scatter: Mapping[tuple[str, str], Array]
    _pushed: Mapping[str, tuple[str, LinearMap]] = field(default_factory=dict)
    deficient: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Have means and scatters shown as shapes."""
        for name in ("mean", "scatter"):
            object.__setattr__(self, name, contained(getattr(self, name)))

    def __repr__(self) -> str:
        """Numbers of rows, repetitions and columns."""
        counts, batch = np.unique(self.n), "".join(f"{n} repetitions of " for n in np.shape(self.n))
        rows = " to ".join(f"{n:.12g}" for n in dict.fromkeys((counts[0], counts[-1]))) if counts.size else "no"
        blocks = (f"{name} {np.shape(mean)[-1]}" for name, mean in self.mean.items())
        return f"<Moments of {batch}{rows} rows: columns {', '.join(blocks)}>"

    @staticmethod
    def of(sample: Sample) -> Moments:
        """Moments of the rows of a sample over (x1, x2, y).

        Raises
        ------
        ValueError
            Where a block of a user's is no table of finite real numbers.
        """
        return Moments.of_blocks({name: numbers(sample, name) for name in ("x1", "x2", "y")}, sample.weight)

    @staticmethod
    def of_blocks(blocks: Mapping[str, Array], weight: Array | None = None) -> Moments:
        """Moments of named blocks of rows (..., n, d), each row counted `weight` times."""
        rows = next(iter(blocks.values()))
        n = np.full(rows.shape[:-2], float(rows.shape[-2])) if weight is None else np.sum(weight, axis=-1)
        share = 1.0 / n[..., None] if weight is None else weight / n[..., None]
        mean = {a: np.sum(share[..., None] * v, axis=-2) for a, v in blocks.items()}
        centred = {a: v - mean[a][..., None, :] for a, v in blocks.items()}
        weighted = centred if weight is None else {a: v * weight[..., None] for a, v in centred.items()}
        names = list(blocks)
        pairs = [(a, b) for i, a in enumerate(names) for b in names[i:]]
        return Moments(n, mean, {(a, b): transpose(weighted[a]) @ centred[b] for a, b in pairs})

    @staticmethod
    def stacked(parts: Sequence[Moments]) -> Moments:
        """Lay batches of repetitions one after another along the leading axis, with all that is known of their blocks.

        Raises
        ------
        ValueError
            Where they do not hold the same blocks, pairs and images.
        """
        first = parts[0]
        if len(parts) == 1:
            return first
        held = [(set(m.mean), set(m.scatter), {a: source for a, (source, _) in m._pushed.items()}) for m in parts]
        if any(other != held[0] for other in held):
            raise ValueError("Moments that hold different blocks or pairs cannot be stacked")
        mean = {a: np.concatenate([m.mean[a] for m in parts]) for a in first.mean}
        scatter = {pair: np.concatenate([m.scatter[pair] for m in parts]) for pair in first.scatter}
        lengths = [len(m.n) for m in parts]
        pushed = {
            a: (source, LinearMap.stacked([m._pushed[a][1] for m in parts], lengths))
            for a, (source, _) in first._pushed.items()
        }
        deficient = frozenset[str]().union(*(m.deficient for m in parts))
        return Moments(np.concatenate([m.n for m in parts]), mean, scatter, pushed, deficient)

    def read_only(self) -> Moments:
        """Return the same Moments, which nobody can write into."""
        mean = {a: read_only(v) for a, v in self.mean.items()}
        scatter = {pair: read_only(v) for pair, v in self.scatter.items()}
        return replace(self, n=read_only(self.n), mean=mean, scatter=scatter)

    def block(self, a: str, b: str) -> Array:
        """Centred scatter of blocks `a` and `b`, (..., d_a, d_b)."""
        if (a, b) in self.scatter:
            return self.scatter[a, b]
        if (b, a) in self.scatter:
            return transpose(self.scatter[b, a])
        raise KeyError(f"these Moments hold {sorted(self.scatter)}, not ({a}, {b})")

    def _holds(self, a: str, b: str) -> bool:
        return (a, b) in self.scatter or (b, a) in self.scatter

    def full_rank(self, a: str) -> bool:
        """Whether the columns of block `a` are known to be independent (given enough rows)."""
        if a in self._pushed:
            source, linear = self._pushed[a]
            return linear.full_rank and self.full_rank(source)
        return a not in self.deficient

    def most_rank(self, a: str, intercept: bool) -> Array:
        """Rank that block `a` has where its source has full rank, with its offset where no intercept takes that up."""
        source, linear = self._from_source(a)
        linear = LinearMap.identity(self.mean[a].shape[-1]) if linear is None else linear
        spread = self._deviation(source)
        spread = np.where(spread > LOST * np.abs(self.mean[source]), spread, 1.0)  # rows may have met one value only
        columns, unit = spread[..., None] * linear.weight, (spread[..., None, :] @ linear.magnitude)[..., 0, :]
        if not intercept:
            columns = np.concatenate([columns, self.mean[a][..., None, :]], axis=-2)
            unit = unit + np.abs(self.mean[a])
        return rank_of(columns, RELATIVE_CUTOFF, unit)

    def _from_source(self, a: str) -> tuple[str, LinearMap | None]:
        """Block that `a` was pushed from in the end, and the map: none for a block of its own."""
        source, linear = a, None
        while source in self._pushed:
            source, inner = self._pushed[source]
            linear = inner if linear is None else inner.then(linear)
        return source, linear

    def _deviation(self, a: str) -> Array:
        """Standard deviations of the columns of a block, (..., d)."""
        variance = np.diagonal(self.block(a, a), axis1=-2, axis2=-1) / self.n[..., None]
        return np.sqrt(np.maximum(variance, 0.0))

    def unit(self, a: str, intercept: bool) -> Array:
        """Unit in which each column of `roots` of a block is judged, (..., d): what it is a sum of, times sqrt(n).

        That is the size of the terms of a pushed block, its own for any other, and more where a mean is so large that
        rounding of it shows.
        """
        level, (source, linear) = np.abs(self.mean[a]), self._from_source(a)
        size = self._deviation(source)
        if linear is not None:
            terms = size if intercept else size + np.abs(self.mean[source])
            size = (terms[..., None, :] @ linear.magnitude)[..., 0, :]
        return own_unit(level, size if intercept else size + level) * np.sqrt(self.n)[..., None]

    def roots(self, a: str, b: str) -> tuple[Array, Array]:
        """Matrices R, T with R'R = block(a, a) and R'T = block(a, b).

        For a pushed block R is the root of its source, mapped: so a rank-deficient linear representation is known to
        full precision, where its scatter would square the condition number. Where the rows are too few for a scatter
        of full rank, R is a spectral root on its range: a representation of low rank needs fewer rows than columns.
        """
        if a in self._pushed:
            source, linear = self._pushed[a]
            root, target = self.roots(source, b)
            return root @ linear.weight, target
        square = self.block(a, a)
        if a in self.deficient or np.any(self.n <= square.shape[-1]):
            return spectral_root(square, self.block(a, b), LOST * np.sqrt(self.n)[..., None] * np.abs(self.mean[a]))
        lower = cholesky(square)
        return transpose(lower), solve_lower(lower, self.block(a, b))

    def push(self, source: str, linear: LinearMap, name: str = "psi") -> Moments:
        """Add the block `name`, the image of `source` under a linear map, with its scatter against the others.

        Raises
        ------
        ValueError
            Where there is a block of that name.
        """
        if name in self.mean:
            raise ValueError(f"these Moments hold a block {name!r} already: push to another name")
        weight = linear.weight
        mean = {**self.mean, name: linear(self.mean[source][..., None, :])[..., 0, :]}
        image = self.block(source, source) @ weight
        scatter = {**self.scatter, (source, name): image, (name, name): transpose(weight) @ image}
        for a in self.mean:
            if a != source and self._holds(a, source):
                scatter[name, a] = transpose(weight) @ self.block(source, a)
        return Moments(self.n, mean, scatter, {**self._pushed, name: (source, linear)}, self.deficient)

    def __add__(self, other: Moments) -> Moments:
        """Pool two independent batches (means corrected); pairs that only one of them holds are left out.

        Raises
        ------
        ValueError
            Where a block of one name is the image under one map here and under another there.
        """
        for a in set(self.mean) & set(other.mean) & (set(self._pushed) | set(other._pushed)):
            if not _same(self._pushed.get(a), other._pushed.get(a)):
                raise ValueError(f"the blocks {a!r} of two batches are images under different maps: they have no sum")
        n = self.n + other.n
        share = other.n / n
        shift = {a: other.mean[a] - m for a, m in self.mean.items() if a in other.mean}
        mean = {a: self.mean[a] + share[..., None] * d for a, d in shift.items()}
        factor = (self.n * share)[..., None, None]
        scatter = {
            (a, b): own + other.block(a, b) + factor * outer(shift[a], shift[b])
            for (a, b), own in self.scatter.items()
            if other._holds(a, b)
        }
        pushed = {a: p for a, p in self._pushed.items() if a in mean}
        return Moments(n, mean, scatter, pushed, self.deficient | other.deficient)

    def __getitem__(self, index: Any) -> Moments:
        """Cut the leading axis."""
        pushed = {a: (s, linear[index]) for a, (s, linear) in self._pushed.items()}
        mean = {a: v[index] for a, v in self.mean.items()}
        return Moments(self.n[index], mean, {p: v[index] for p, v in self.scatter.items()}, pushed, self.deficient)


def _same(one: tuple[str, LinearMap] | None, other: tuple[str, LinearMap] | None) -> bool:
    return one is not None and other is not None and one[0] == other[0] and one[1].same(other[1])


def pooled(parts: Iterable[Moments] | Moments) -> Moments:
    """Return the sum of independent batches of Moments; one batch is its own.

    Examples
    --------
    >>> import numpy as np
    >>> from testbed.data import Moments, pooled
    >>> halves = [Moments.of_blocks({"a": np.arange(4.0).reshape(2, 2) + i}) for i in (0, 10)]
    >>> pooled(halves)
    <Moments of 4 rows: columns a 2>
    """
    return parts if isinstance(parts, Moments) else reduce(lambda a, b: a + b, parts)
