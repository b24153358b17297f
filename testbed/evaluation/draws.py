"""The draws of a cell: which stream each comes from, and what the methods that are compared share.

Streams are named, and seeded by what they depend on, never by a place in a grid. The structure and the Moments of 64
repetitions come from one stream and are always drawn in full, then cut; rows and learners have one stream for each
repetition. Methods of one law share the structure, and within one kind of draw the pairs and the labelled data too.

Moments of a mixture with one covariance are drawn as roots (`testbed.laws.roots`): the pairs in two stages, the second
from a stream of its own, so that learners that do without it share their pairs with those that do not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property, partial, reduce
from operator import add
from typing import Any, TypeVar

import numpy as np

from testbed._linalg import Array
from testbed.data import Moments, Sample
from testbed.engine import NUMPY
from testbed.evaluation.source import BLOCK, Source, together
from testbed.laws import Finite, Law
from testbed.laws.pair_roots import PairRoot, draw_pairs
from testbed.laws.roots import PLAIN, Root, Steps, draw_rows
from testbed.laws.table_population import TablePopulation
from testbed.laws.wishart import Numbers

__all__ = ["Draws", "MomentsDraws", "RowsDraws", "stacks"]

T = TypeVar("T")
R = TypeVar("R", bound=Root)


class Draws:
    """Repetitions of a source: `first` is the first of them, and `cut` where they are in their (first) `block`."""

    def __init__(
        self, source: Source, first: int, block: int, cut: int | slice, known: dict[Any, Any] | None = None
    ) -> None:
        self.source, self.first, self.block, self.cut = source, first, block, cut
        self._known: dict[Any, Any] = {} if known is None else known

    @cached_property
    def law(self) -> Law:
        """Law of these repetitions."""
        law = self.source.block(self.block)
        return law if not law.batch or self.cut == slice(0, law.batch[0]) else law[self.cut]

    def once(self, key: tuple[Any, ...], compute: Callable[[], T]) -> T:
        """Compute what has this name, unless it is known."""
        if key not in self._known:
            self._known[key] = compute()
        known: T = self._known[key]
        return known


class MomentsDraws(Draws):
    """Moments of some repetitions, with a leading axis: of one block, or of several where the structure is frozen.

    Whole blocks are drawn and known, and `only` cuts them further without drawing again.
    """

    def __init__(self, source: Source, reps: range, whole: MomentsDraws | None = None) -> None:
        self.reps = reps
        self.blocks: range = range(reps.start // BLOCK, (reps.stop - 1) // BLOCK + 1) if whole is None else whole.blocks
        if len(self.blocks) > 1 and not source.frozen:
            raise ValueError(
                f"{reps} spans more than one block of {BLOCK} repetitions, each with structures of its own"
            )
        block, known = self.blocks.start, None if whole is None else whole._known
        super().__init__(source, reps.start, block, slice(reps.start - BLOCK * block, reps.stop - BLOCK * block), known)

    def only(self, rep: int) -> MomentsDraws:
        """Narrow to one repetition; what is not drawn yet is drawn for the whole stack."""
        return MomentsDraws(self.source, range(rep, rep + 1), self)

    def pretext(self, n: int, folds: int, square: bool) -> list[Moments]:
        """Draw the Moments of n unlabelled pairs (x1, x2), in `folds` batches; `square` adds x2 with itself."""
        if folds == 1 and (roots := self._pair_roots(n)) is not None:
            rest = partial(self.source.side_by_side, "pretext rest", f"n={n}", self.blocks)
            whole = self.once(("pretext rest", n, square), lambda: roots.completed(rest(), square).read_only())
            return [whole[self.cut]]
        law = self.source.block(self.block).pretext_law
        return [m[self.cut] for m in self._batches("pretext", law, n, f"n={n}", folds, ("x1", "x2"), square)]

    def labeled(self, n: int, folds: int) -> list[Moments]:
        """Draw the Moments of n labelled rows (x1, y), in `folds` batches."""
        path, total = "", list[Moments]()
        for size, text in self.source.steps(n):  # running sums, which the next n of a nested curve starts from
            path = f"{path} {text}"
            batches = partial(self._labeled_step, size, text, folds)
            total = self.once(("labeled sum", path, folds), partial(_added, total, batches))
        return [m[self.cut] for m in total]

    def _labeled_step(self, n: int, depends: str, folds: int) -> list[Moments]:
        if folds == 1 and (root := self._label_root(n, depends)) is not None:
            return [self.once(("labeled moments", depends), lambda: root.moments().read_only())]
        law = self.source.block(self.block)
        return self._batches("labeled", law, n, depends, folds, ("x1", "y"), False)

    def pairs(self, n: int) -> PairRoot | None:
        """Draw n unlabelled pairs as roots, as far as least squares knows them; None where they have no such form."""
        whole = self._pair_roots(n)
        return None if whole is None else self.once(("pretext root", n, self.reps), lambda: whole[self.cut])

    def labels(self, n: int) -> Root | None:
        """Draw n labelled rows as a root of full rank; None where they have no such form."""
        frame, path = self.source.block(self.block).frame, ""
        total: Root | None = None
        if frame is None or n < frame.fewest:
            return None
        for size, text in self.source.steps(n):
            path, root = f"{path} {text}", self._label_root(size, text)
            if root is None:
                return None
            total = self.once(("labeled root", path), partial(_pooled, total, root, self.source.engine))
        return None if total is None else total[self.cut]

    def _pair_roots(self, n: int) -> PairRoot | None:
        """First stage of n pairs of all blocks; what they have beyond it comes from streams of its own."""
        frame = self.source.block(self.block).pretext_law.frame
        if frame is None or n < frame.fewest:
            return None
        return self._roots("pretext", f"n={n}", partial(draw_pairs, frame, n, steps=_steps(self.source.engine)))

    def _label_root(self, n: int, depends: str) -> Root | None:
        frame = self.source.block(self.block).frame
        if frame is None or n < len(frame.probability):
            return None
        return self._roots("labeled", depends, partial(draw_rows, frame, n, steps=_steps(self.source.engine)))

    def _roots(self, name: str, depends: str, draw: Callable[[Numbers, tuple[int, ...]], R]) -> R:
        """Draw all blocks at once; no code of others has a part in it, so the global generators are let alone."""

        def whole() -> R:
            streams = self.source.side_by_side(f"{name} roots", depends, self.blocks)
            return draw(streams, (BLOCK * len(self.blocks),))

        return self.once((f"{name} roots", depends), whole)

    def _batches(
        self, name: str, law: Law, n: int, depends: str, folds: int, blocks: tuple[str, ...], square: bool
    ) -> list[Moments]:
        def draw(fold: int) -> Moments:
            size = n * (fold + 1) // folds - n * fold // folds
            if size < 1:
                raise ValueError(f"n = {n} cannot be cut into {folds} batches")
            text = depends if folds == 1 else f"{depends} fold={fold}/{folds}"
            repeats = None if law.batch else BLOCK

            def block(rng: np.random.Generator) -> Moments:
                return law.moments(size, rng, repeats, blocks, square)

            return Moments.stacked([self.source.drawn(f"{name} moments", text, i, block) for i in self.blocks])

        key = (name, depends, folds, square)
        return self.once(key, lambda: [draw(fold).read_only() for fold in range(folds)])


def _added(total: list[Moments], batches: Callable[[], list[Moments]]) -> list[Moments]:
    return [(a + b).read_only() for a, b in zip(total, batches(), strict=True)] if total else batches()


def _steps(engine: str) -> Steps:
    if engine == NUMPY:
        return PLAIN
    from testbed.evaluation.steps import STEPS

    return STEPS


def _pooled(total: Root | None, root: Root, engine: str) -> Root:
    if total is None or engine == NUMPY:
        return root if total is None else total + root
    from testbed.evaluation.pooling import together

    return together(total, root)


class RowsDraws(Draws):
    """Rows of one repetition.

    A learner that takes weights gets the draw of a finite law as its cells and their counts: the same draw, at a cost
    that does not depend on n.
    """

    def __init__(self, source: Source, rep: int) -> None:
        super().__init__(source, rep, rep // BLOCK, rep % BLOCK)
        self.rep = rep

    def _rows(self, name: str, law: Law, n: int, depends: str, weighted: bool = False) -> Sample:
        def draw(rng: np.random.Generator) -> Sample:
            return law.sample(n, rng, weighted=True) if weighted and isinstance(law, Finite) else law.sample(n, rng)

        key = (name, depends, weighted and isinstance(law, Finite))
        return self.once(key, lambda: self.source.drawn(f"{name} rows", depends, self.rep, draw).read_only())

    def pretext(self, n: int, weighted: bool = False) -> Sample:
        """Draw n unlabelled pairs (x1, x2); `weighted` gives the distinct ones of a finite law with their counts."""
        return self._rows("pretext", self.law.pretext_law, n, f"n={n}", weighted)

    def labeled(self, n: int, weighted: bool = False) -> Sample:
        """Draw n labelled rows (x1, y); `weighted` gives the distinct ones of a finite law with their counts."""

        def pooled() -> Sample:
            parts = [self._rows("labeled", self.law, size, text, weighted) for size, text in self.source.steps(n)]
            return reduce(add, [p if p.weight is None else p.labels() for p in parts]).read_only()

        return self.once(("labeled sum", n, weighted), pooled)

    def evaluation(self, n: int) -> Array:
        """Points x1 over which nonlinear predictors are scored: the support of x1 where it is finite, else n draws."""
        truth = self.law.population()
        if isinstance(truth, TablePopulation):
            return truth.points1
        return self._rows("evaluation", self.law, n, "").x1


def stacks(source: Source, reps: range) -> Iterator[MomentsDraws]:
    """Cut repetitions into the stacks of `together`, from the block of the first one on."""
    first, step = reps.start // BLOCK * BLOCK, together(source)
    for edge in range(first, reps.stop, step):
        yield MomentsDraws(source, range(max(edge, reps.start), min(edge + step, reps.stop)))
