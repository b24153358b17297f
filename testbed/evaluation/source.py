"""Where the draws of a law come from: its streams, which are named by what they depend on, and its structures."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import numpy as np

from testbed._global_state import seeded
from testbed.engine import NUMPY
from testbed.evaluation.streams import Streams
from testbed.generators import Generator
from testbed.keys import canonical, digest, stream
from testbed.laws import Law

__all__ = ["BLOCK", "Source", "source_of", "together"]

T = TypeVar("T")

BLOCK = 64  # repetitions whose structure and Moments come from one stream
STACK_SIZE, MOST_BLOCKS = 4096, 16  # numbers in a scatter times blocks that a stack holds: it stays in the cache


class Source:
    """A generator, or a law, under a root seed: opens its streams and draws its structures, for one engine."""

    def __init__(self, generator: Generator | Law, seed: int, nested: Sequence[int] = (), engine: str = NUMPY) -> None:
        self.generator, self.seed, self.nested, self.engine = generator, seed, tuple(sorted(nested)), engine
        self.text = canonical(generator)
        self.structure_key = "" if isinstance(generator, Law) else generator.structure_key
        self.frozen = isinstance(generator, Law) or generator.frozen
        self._blocks: dict[int, Law] = {}

    def open(self, name: str, depends: str, index: int) -> np.random.Generator:
        """Open a random stream of this law, by its name and what it depends on; no bit of it hangs on the engine."""
        opened = self._open(name, depends, index)
        if self.engine == NUMPY:
            return opened
        from testbed.evaluation.normals import faster

        return faster(opened)

    def _open(self, name: str, depends: str, index: int) -> np.random.Generator:
        return stream(self.seed, name, f"{self.text} {depends}", index)

    def side_by_side(self, name: str, depends: str, blocks: range) -> Streams:
        """Open the streams of several blocks, to be drawn from together."""
        opened = [self._open(name, depends, i) for i in blocks]
        if self.engine == NUMPY:
            return Streams(opened)
        from testbed.evaluation.normals import beside

        return beside(opened)

    def drawn(self, name: str, depends: str, index: int, draw: Callable[[np.random.Generator], T]) -> T:
        """Draw from a stream, with the global random generators seeded for it as well: see `kept`."""
        return seeded(self.number(name, depends, index), lambda: draw(self.open(name, depends, index)))

    def number(self, name: str, depends: str, index: int) -> int:
        """Seed of the global generators for a piece of work."""
        return digest(f"{self.seed} global {name} {self.text} {depends} {index}") % 2**32

    def block(self, index: int) -> Law:
        """Law of a block of 64 repetitions; the one law where the structure is frozen."""
        index = 0 if self.frozen else index
        if index not in self._blocks:
            self._blocks.clear()
            gc.collect(1)  # populations refer to themselves: 3 MB a block, which else wait until there are many
            self._blocks[index] = seeded(self.number("structure", "", index), partial(self._law, index))
        return self._blocks[index]

    def _law(self, index: int) -> Law:
        if isinstance(self.generator, Law) or self.frozen:
            return self.generator.law()
        opened = stream(self.seed, "structure", self.structure_key, index)
        if self.engine == NUMPY:
            return self.generator.law(opened, BLOCK)
        from testbed.evaluation.normals import faster
        from testbed.evaluation.structures import compiled_law

        return compiled_law(self.generator.law(faster(opened), BLOCK))

    def steps(self, n: int) -> list[tuple[int, str]]:
        """Sizes of the labelled draws that make up n, and what each depends on.

        Draws at different n are independent, unless the experiment is nested: then each n of its list adds rows to
        the one before.
        """
        if not self.nested:
            return [(n, f"n={n}")]
        stops = [s for s in self.nested if s <= n]
        return [(b - a, f"nested n={a}..{b}") for a, b in zip([0, *stops[:-1]], stops, strict=True)]


_SOURCES: dict[tuple[str, int, tuple[int, ...], str], Source] = {}


def source_of(generator: Generator | Law, seed: int, nested: tuple[int, ...] = (), engine: str = NUMPY) -> Source:
    """Source of some cells; the last one is kept, since a frozen law holds integrals that every block would take."""
    key = (canonical(generator), seed, nested, engine)
    if key not in _SOURCES:
        _SOURCES.clear()
        _SOURCES[key] = Source(generator, seed, nested, engine)
    return _SOURCES[key]


def together(source: Source) -> int:
    """Repetitions on Moments that are computed in one stack: a block of 64, or up to 16 of a frozen law that is small.

    Rows do not depend on it. A range that begins at a multiple of this number, and is as long, is a whole stack.
    """
    if not source.frozen:
        return BLOCK
    d1, d2, _, _ = source.block(0).shape
    return BLOCK * max(1, min(MOST_BLOCKS, STACK_SIZE // (d1 * (d1 + d2))))
