"""Tables of counts over (y, z, x1, x2): laws whose population is known in fractions."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from random import Random
from typing import Any, ClassVar

import numpy as np

from testbed.falsifier.candidates import Candidate, Number, nearer, tuples
from testbed.falsifier.quantities import INDEXED, PLAIN, value
from testbed.falsifier.rational import Counts, Points, Rational, UndefinedError
from testbed.laws import Finite

__all__ = ["Table"]


@dataclass(frozen=True)
class Table(Candidate):
    """A table of counts over (y, z, x1, x2) with whole values of x1 and x2."""

    counts: Counts
    v1: Points
    v2: Points
    factors: bool = False  # whether the states are outer products, which shrinking and mutation then keep

    kind: ClassVar[str] = "table"
    names: ClassVar[tuple[str, ...]] = (*PLAIN, "information")
    indexed: ClassVar[tuple[str, ...]] = tuple(INDEXED)

    @cached_property
    def rational(self) -> Rational:
        """Population of the table in exact rational numbers."""
        return Rational(self.counts, self.v1, self.v2)

    @cached_property
    def _known(self) -> dict[tuple[str, tuple[int, ...]], Number | UndefinedError]:
        return {}

    def value(self, name: str, index: tuple[int, ...] = ()) -> Number:
        """Look up a quantity; each is computed once."""
        if (name, index) not in self._known:
            try:
                found: Number | UndefinedError = (
                    self._information if name == "information" else value(self.rational, name, index)
                )
            except UndefinedError as missing:
                found = missing
            self._known[name, index] = found
        known = self._known[name, index]
        if isinstance(known, UndefinedError):
            raise known
        return known

    @cached_property
    def _information(self) -> float:
        """I(X1; X2 | Y, Z) in nats."""
        law, total = self.rational, 0.0
        for table, left, right, mass in zip(law.table, law.joint1, law.joint2, law.prior, strict=True):
            for a, row in enumerate(table):
                for b, p in enumerate(row):
                    if p:
                        total += float(p) * math.log(p * mass / (left[a] * right[b]))
        return total

    def beta2_exceeds(self, level: Fraction, intercept: bool) -> bool:
        """Whether beta^2 > level, by pivots."""
        return self.rational.beta2_exceeds(level, intercept)

    @cached_property
    def law(self) -> Finite:
        """`testbed.laws.Finite` of the same numbers; `UndefinedError` where the table is degenerate."""
        _ = self.rational
        counts = np.array(self.counts, dtype=float)
        return Finite(counts / counts.sum(), np.array(self.v1, dtype=float), np.array(self.v2, dtype=float))

    def to_json(self) -> dict[str, Any]:
        """Return the kind, the counts and the values of both views, as JSON holds them."""
        return {"kind": self.kind, "counts": self.counts, "v1": self.v1, "v2": self.v2}

    def smaller(self) -> Iterator[Candidate]:
        """Leave out a state, a point of x1 or x2; then lower counts and values."""
        counts = np.array(self.counts, dtype=object)
        for axis, size in enumerate(counts.shape):
            if axis == 0 or size == 1:
                continue
            for i in range(size):
                less = tuples(np.delete(counts, i, axis).tolist())
                v1 = self.v1[:i] + self.v1[i + 1 :] if axis == 2 else self.v1
                v2 = self.v2[:i] + self.v2[i + 1 :] if axis == 3 else self.v2
                yield Table(less, v1, v2, self.factors)
        for which in (1, 2):
            points = self.v1 if which == 1 else self.v2
            for j in range(len(points[0]) if len(points[0]) > 1 else 0):
                yield self._with(which, tuple((*p[:j], *p[j + 1 :]) for p in points))
        for place in np.ndindex(*counts.shape):
            for number in nearer(int(counts[place])):
                changed = counts.copy()
                changed[place] = number
                yield Table(tuples(changed.tolist()), self.v1, self.v2, self.factors)
        for which in (1, 2):
            points = self.v1 if which == 1 else self.v2
            for i, point in enumerate(points):
                for j, number in enumerate(point):
                    for near in nearer(number):
                        moved = (*point[:j], near, *point[j + 1 :])
                        yield self._with(which, (*points[:i], moved, *points[i + 1 :]))

    def _with(self, view: int, points: Points) -> Table:
        """Put other values in the place of one view's."""
        v1, v2 = (points, self.v2) if view == 1 else (self.v1, points)
        return Table(self.counts, v1, v2, self.factors)

    def mutated(self, random: Random, step: float) -> Table:
        """Multiply counts by exp(step N), and move the values of x2 a little; counts are of about 2,000."""
        if self.factors:
            return self._mutated_factors(random, step)
        counts = np.array(self.counts, dtype=float)
        if counts.sum() < 1000.0:
            counts = np.round((counts + 0.02 * (counts == 0.0)) * (2000.0 / counts.sum()))
        moved = [
            [[[round(c * math.exp(step * random.gauss(0, 1))) for c in row] for row in state] for state in label]
            for label in counts.tolist()
        ]
        return Table(tuples(moved), self.v1, self._moved(random, step))

    def _mutated_factors(self, random: Random, step: float) -> Table:
        """The same for outer products: each state's two margins are multiplied, so independence stays."""
        states = []
        for label in self.counts:
            row_of = []
            for state in label:
                left, right = [sum(row) for row in state], [sum(column) for column in zip(*state, strict=True)]
                scale = [max(1.0, 60.0 / max(sum(side), 1)) for side in (left, right)]
                sides = [
                    [round(c * s * math.exp(step * random.gauss(0, 1))) for c in side]
                    for side, s in zip((left, right), scale, strict=True)
                ]
                row_of.append(tuple(tuple(a * b for b in sides[1]) for a in sides[0]))
            states.append(tuple(row_of))
        return Table(tuple(states), self.v1, self._moved(random, step), True)

    def _moved(self, random: Random, step: float) -> Points:
        scale = 1 if any(abs(v) > 20 for point in self.v2 for v in point) else 50
        return tuple(tuple(round(scale * v + 50.0 * step * random.gauss(0, 1)) for v in p) for p in self.v2)
