"""Families of small laws that a search draws from: sizes and ranges of whole numbers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from random import Random
from typing import Annotated, Any

from testbed.allowed import Allowed, Whole
from testbed.falsifier.candidates import Candidate
from testbed.falsifier.gaussians import Gaussian
from testbed.falsifier.graphs import Graph
from testbed.falsifier.rational import Points
from testbed.falsifier.tables import Table
from testbed.keys import Dial

__all__ = ["Family", "GaussianFactors", "Graphs", "IndependentTables", "Tables"]

MOST = 8  # states or points of a family: what is larger is no small law


@dataclass(frozen=True)
class Sizes(Allowed):
    """A whole number, or a pair (least, most) of them from which one is drawn for each law."""

    at_least: int

    def allows(self, value: Any) -> bool:
        """Whether it is one, of at most MOST."""
        low, high = value if isinstance(value, tuple) and len(value) == 2 else (value, value)
        one = Whole(self.at_least, MOST)
        return one.allows(low) and one.allows(high) and bool(low <= high)

    def words(self, value: Any = None) -> str:
        """Return the bounds in words; `value` is not looked at."""
        return f"a whole number of at least {self.at_least}, or a pair (least, most) of them, at most {MOST}"


Size = Annotated[int | tuple[int, int], Sizes(1)]
Largest = Annotated[int, Whole(1, 1000)]


class Family(Dial, ABC):
    """Sizes are whole numbers, or pairs (least, most) from which one is drawn for each law.

    Examples
    --------
    >>> from random import Random
    >>> from testbed.falsifier import Tables
    >>> Tables(k=2, s1=3).draw(Random(0)).law.shape[2]    # two classes
    2
    """

    @abstractmethod
    def draw(self, random: Random) -> Candidate:
        """Draw a law; it may be degenerate, and the search then skips it."""


def _size(random: Random, size: Size) -> int:
    return random.randint(*size) if isinstance(size, tuple) else size


def _points(random: Random, n: int, d: int, values: int) -> Points:
    return tuple(tuple(random.randint(-values, values) for _ in range(d)) for _ in range(n))


@dataclass(frozen=True, repr=False)
class Tables(Family):
    """Tables of counts 0..counts over (y, z, x1, x2), with values of x1 and x2 among -values..values.

    Parameters
    ----------
    k, m, s1, s2 : int or (int, int)
        Classes, states within a class, points of x1, points of x2.
    d1, d2 : int or (int, int)
        Dimensions of x1 and x2.
    counts, values : int
        Largest count of a cell, and largest absolute value of a coordinate.

    Examples
    --------
    >>> import testbed
    >>> from testbed.falsifier import Tables
    >>> testbed.falsify("e_apx <= var_f", Tables(k=2, s1=3, s2=2), budget=20)
    <NearlyTight after 64 laws: e_apx <= var_f>
    """

    k: Size = (2, 3)
    m: Size = 1
    s1: Size = (2, 4)
    s2: Size = (2, 4)
    d1: Size = 1
    d2: Size = (1, 3)
    counts: Largest = 3
    values: Largest = 2

    def draw(self, random: Random) -> Candidate:
        """Draw the sizes of a table, then its counts and the values of both views."""
        k, m, s1, s2, d1, d2 = (_size(random, s) for s in (self.k, self.m, self.s1, self.s2, self.d1, self.d2))
        joint = tuple(tuple(self._state(random, s1, s2) for _ in range(m)) for _ in range(k))
        return self._table(joint, _points(random, s1, d1, self.values), _points(random, s2, d2, self.values))

    def _state(self, random: Random, s1: int, s2: int) -> tuple[tuple[int, ...], ...]:
        return tuple(tuple(random.randint(0, self.counts) for _ in range(s2)) for _ in range(s1))

    def _table(self, joint: tuple[tuple[tuple[tuple[int, ...], ...], ...], ...], v1: Points, v2: Points) -> Table:
        return Table(joint, v1, v2)


@dataclass(frozen=True, repr=False)
class IndependentTables(Tables):
    """Tables whose views are independent given the state: each state is an outer product of two vectors of counts.

    Examples
    --------
    >>> import testbed
    >>> from testbed.falsifier import IndependentTables
    >>> type(testbed.falsify("e_apx <= 0", IndependentTables(k=2), budget=20)).__name__
    'Refuted'
    """

    def _state(self, random: Random, s1: int, s2: int) -> tuple[tuple[int, ...], ...]:
        left, right = ([random.randint(0, self.counts) for _ in range(s)] for s in (s1, s2))
        return tuple(tuple(a * b for b in right) for a in left)

    def _table(self, joint: tuple[tuple[tuple[tuple[int, ...], ...], ...], ...], v1: Points, v2: Points) -> Table:
        return Table(joint, v1, v2, factors=True)


@dataclass(frozen=True, repr=False)
class Graphs(Family):
    """Symmetric tables of weights 0..weights between s vertices of k classes, each class met at least once.

    Examples
    --------
    >>> import testbed
    >>> from testbed.falsifier import Graphs
    >>> testbed.falsify("phi <= 1", Graphs(s=3), budget=20)
    <Survived after 64 laws: phi <= 1>
    """

    s: Size = (2, 5)
    k: Size = 2
    weights: Largest = 4

    def draw(self, random: Random) -> Candidate:
        """Draw the weights of the edges and the classes of the vertices."""
        s = _size(random, self.s)
        k = min(_size(random, self.k), s)
        label = [*range(k), *(random.randrange(k) for _ in range(s - k))]
        random.shuffle(label)
        rows = [[0] * s for _ in range(s)]
        for i in range(s):
            for j in range(i, s):
                rows[i][j] = rows[j][i] = random.randint(0, self.weights)
        return Graph(tuple(map(tuple, rows)), tuple(label))


@dataclass(frozen=True, repr=False)
class GaussianFactors(Family):
    """Jointly Gaussian laws of covariance L L', L of entries in -values..values with `extra` more columns than rows.

    Examples
    --------
    >>> import testbed
    >>> from testbed.falsifier import GaussianFactors
    >>> type(testbed.falsify("IntrinsicBound", GaussianFactors(k=1), budget=20)).__name__
    'Survived'
    """

    d1: Size = (1, 3)
    d2: Size = (1, 3)
    k: Size = (1, 2)
    m: Annotated[int | tuple[int, int], Sizes(0)] = 0
    values: Largest = 2
    extra: Size = (1, 2)

    def draw(self, random: Random) -> Candidate:
        """Draw the sizes of the blocks, then the factor of the covariance."""
        d1, d2, k, m = sizes = tuple(_size(random, s) for s in (self.d1, self.d2, self.k, self.m))
        d = sum(sizes)
        columns = d + _size(random, self.extra)
        factor = tuple(tuple(random.randint(-self.values, self.values) for _ in range(columns)) for _ in range(d))
        return Gaussian(factor, (d1, d2, k, m))
