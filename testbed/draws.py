"""The draws of a cell: which stream each comes from, and what the methods that are compared share.

Streams are named, and seeded by what they depend on, never by a place in a grid. The structure and the Moments of 64
repetitions come from one stream and are always drawn in full, then cut; rows and learners have one stream for each
repetition. Methods of one law share the structure, and within one kind of draw the pairs and the labelled data too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, partial, reduce
from operator import add
from typing import Any, TypeVar

import numpy as np

from testbed._global_state import seeded
from testbed._linalg import Array
from testbed.data import Moments, Sample
from testbed.generators import Generator
from testbed.keys import canonical, digest, stream
from testbed.laws import Finite, Law
from testbed.laws.table_population import TablePopulation

__all__ = ["BLOCK", "MomentsDraws", "RowsDraws", "Source", "source_of", "stacks"]

T = TypeVar("T")

BLOCK = 64  # repetitions whose structure and Moments come from one stream
STACK_SIZE, MOST_BLOCKS = 4096, 16  # numbers in a scatter times blocks that a stack holds: it stays in the cache


class Source:
    """A generator, or a law, under a root seed: opens its streams and draws its structures."""

    def __init__(self, generator: Generator | Law, seed: int, nested: Sequence[int] = ()) -> None:
        self.generator, self.seed, self.nested = generator, seed, tuple(sorted(nested))
        self.text = canonical(generator)
        self.frozen = isinstance(generator, Law) or generator.frozen
        self._blocks: dict[int, Law] = {}

    def open(self, name: str, depends: str, index: int) -> np.random.Generator:
        """Open a stream of this law."""
        return stream(self.seed, name, f"{self.text} {depends}", index)

    def seeded(self, name: str, depends: str, index: int, compute: Callable[[], T]) -> T:
        """Compute with the global random generators seeded as the stream of these names would be: see `kept`."""
        return seeded(self.number(name, depends, index), compute)

    def number(self, name: str, depends: str, index: int) -> int:
        """Seed of the global generators for a piece of work."""
        return digest(f"{self.seed} global {name} {self.text} {depends} {index}") % 2**32

    def block(self, index: int) -> Law:
        """Law of a block of 64 repetitions; the one law where the structure is frozen."""
        index = 0 if self.frozen else index
        if index not in self._blocks:
            self._blocks.clear()
            self._blocks[index] = self.seeded("structure", "", index, lambda: self._law(index))
        return self._blocks[index]

    def _law(self, index: int) -> Law:
        if isinstance(self.generator, Law) or self.generator.frozen:
            return self.generator.law()
        return self.generator.law(stream(self.seed, "structure", self.generator.structure_key, index), BLOCK)

    def steps(self, n: int) -> list[tuple[int, str]]:
        """Sizes of the labelled draws that make up n, and what each depends on.

        Draws at different n are independent, unless the experiment is nested: then each n of its list adds rows to
        the one before.
        """
        if not self.nested:
            return [(n, f"n={n}")]
        stops = [s for s in self.nested if s <= n]
        return [(b - a, f"nested n={a}..{b}") for a, b in zip([0, *stops[:-1]], stops, strict=True)]


_SOURCES: dict[tuple[str, int, tuple[int, ...]], Source] = {}


def source_of(generator: Generator | Law, seed: int, nested: tuple[int, ...]) -> Source:
    """Source of some cells; the last one is kept, since a frozen law holds integrals that every block would take."""
    key = (canonical(generator), seed, nested)
    if key not in _SOURCES:
        _SOURCES.clear()
        _SOURCES[key] = Source(generator, seed, nested)
    return _SOURCES[key]


def stacks(source: Source, reps: range) -> list[range]:
    """Cut repetitions into stacks: a block each, or several of a frozen law that is small."""
    first, together = reps.start // BLOCK, 1
    if source.frozen:
        d1, d2, _, _ = source.block(first).shape
        together = max(1, min(MOST_BLOCKS, STACK_SIZE // (d1 * (d1 + d2))))
    edges = range(first * BLOCK, reps.stop, together * BLOCK)
    return [range(max(e, reps.start), min(e + together * BLOCK, reps.stop)) for e in edges]


class MomentsDraws:
    """Moments of some repetitions, with a leading axis: of one block, or of several where the structure is frozen.

    What has been drawn for whole blocks is kept, and `only` cuts it further without drawing again.
    """

    def __init__(
        self, source: Source, reps: range, memo: dict[Any, Any] | None = None, start: int | None = None
    ) -> None:
        self.source, self.reps = source, reps
        self.start = reps.start // BLOCK if start is None else start  # the first block of the stack that is drawn
        self.blocks = range(self.start, (reps.stop - 1) // BLOCK + 1)
        if len(self.blocks) > 1 and not source.frozen:
            raise ValueError(
                f"{reps} spans more than one block of {BLOCK} repetitions, each with structures of its own"
            )
        self.cut = slice(reps.start - BLOCK * self.start, reps.stop - BLOCK * self.start)
        self._memo: dict[Any, Any] = {} if memo is None else memo

    @property
    def first(self) -> int:
        """The first repetition: the only one, where a learner is fitted to each alone."""
        return self.reps.start

    def only(self, rep: int) -> MomentsDraws:
        """Narrow to one repetition; what is not drawn yet is drawn for the whole stack."""
        narrow = MomentsDraws(self.source, range(rep, rep + 1), self._memo, self.start)
        narrow.blocks = self.blocks
        return narrow

    @cached_property
    def law(self) -> Law:
        """Law of these repetitions."""
        law = self.source.block(self.start)
        return law[self.cut] if law.batch else law

    def pretext(self, n: int, folds: int, square: bool) -> list[Moments]:
        """Pairs (x1, x2): n of them in `folds` batches."""
        law = self.source.block(self.start).pretext_law
        return [m[self.cut] for m in self._batches("pretext", law, n, f"n={n}", folds, ("x1", "x2"), square)]

    def labeled(self, n: int, folds: int) -> list[Moments]:
        """Labelled data (x1, y): n of them in `folds` batches."""
        total: list[Moments] = []
        law, path = self.source.block(self.start), ""
        for size, text in self.source.steps(n):  # running sums, which the next n of a nested curve starts from
            path = f"{path} {text}"
            key = ("labeled sum", path, folds)
            if key not in self._memo:
                batches = self._batches("labeled", law, size, text, folds, ("x1", "y"), False)
                added = [(a + b).read_only() for a, b in zip(total, batches, strict=True)] if total else batches
                self._memo[key] = added
            total = self._memo[key]
        return [m[self.cut] for m in total]

    def _batches(
        self, name: str, law: Law, n: int, depends: str, folds: int, blocks: tuple[str, ...], square: bool
    ) -> list[Moments]:
        def draw(fold: int) -> Moments:
            size = n * (fold + 1) // folds - n * fold // folds
            if size < 1:
                raise ValueError(f"n = {n} cannot be cut into {folds} batches")
            text = depends if folds == 1 else f"{depends} fold={fold}/{folds}"
            repeats = None if law.batch else BLOCK

            def block(index: int) -> Moments:
                rng = self.source.open(f"{name} moments", text, index)
                return law.moments(size, rng, repeats, blocks, square)

            parts = [self.source.seeded(f"{name} moments", text, i, partial(block, i)) for i in self.blocks]
            return Moments.stacked(parts)

        key = (name, depends, folds, square)
        if key not in self._memo:
            self._memo[key] = [draw(fold).read_only() for fold in range(folds)]
        found: list[Moments] = self._memo[key]
        return found


class RowsDraws:
    """Rows of one repetition.

    A learner that takes weights gets the draw of a finite law as its cells and their counts: the same draw, at a cost
    that does not depend on n.
    """

    def __init__(self, source: Source, rep: int) -> None:
        self.source, self.rep, self.first = source, rep, rep
        self._memo: dict[Any, Sample] = {}

    @cached_property
    def law(self) -> Law:
        """Law of this repetition."""
        law = self.source.block(self.rep // BLOCK)
        return law[self.rep % BLOCK] if law.batch else law

    def _rows(self, name: str, law: Law, n: int, depends: str, weighted: bool = False) -> Sample:
        weighted = weighted and isinstance(law, Finite)
        if (name, depends, weighted) not in self._memo:

            def draw() -> Sample:
                rng = self.source.open(f"{name} rows", depends, self.rep)
                return law.sample(n, rng, weighted=True) if weighted and isinstance(law, Finite) else law.sample(n, rng)

            drawn = self.source.seeded(f"{name} rows", depends, self.rep, draw)
            self._memo[name, depends, weighted] = drawn.read_only()
        return self._memo[name, depends, weighted]

    def pretext(self, n: int, weighted: bool = False) -> Sample:
        """Unlabelled pairs; `weighted` gives those of a finite law with their counts."""
        return self._rows("pretext", self.law.pretext_law, n, f"n={n}", weighted)

    def labeled(self, n: int, weighted: bool = False) -> Sample:
        """Labelled data; `weighted` gives those of a finite law with their counts."""
        if ("labeled", n, weighted) not in self._memo:
            parts = [self._rows("labeled", self.law, size, text, weighted) for size, text in self.source.steps(n)]
            labels = [p if p.weight is None else p.labels() for p in parts]
            self._memo["labeled", n, weighted] = reduce(add, labels).read_only()
        return self._memo["labeled", n, weighted]

    def evaluation(self, n: int) -> Array:
        """Points x1 over which nonlinear predictors are scored: the support of x1 where it is finite, else n draws."""
        truth = self.law.population()
        if isinstance(truth, TablePopulation):
            return truth.points1
        return self._rows("evaluation", self.law, n, "").x1

    def learner(self, depends: str) -> np.random.Generator:
        """Stream of what is random in a learner."""
        return self.source.open("learner", depends, self.rep)
