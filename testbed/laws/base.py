"""The base of all laws: dimensions, draws and population; a law is also its own, frozen, generator."""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import reduce, wraps
from operator import add
from typing import Any, ClassVar, Self

import numpy as np

from testbed.allowed import Size
from testbed.data import Moments, Sample
from testbed.guards import Guarded
from testbed.keys import Dial
from testbed.laws.memory import in_memory
from testbed.laws.population import Population
from testbed.laws.roots import Frame
from testbed.screens import Short, table

__all__ = ["Law", "check_n", "pooled_moments"]

CHUNK = 2**14  # rows drawn at once


def check_n(n: float, name: str = "n") -> int:
    """Return a sample size as int, or say what is wrong with it."""
    return int(Size().check(name, n))


class Law(Dial, Guarded, Short, ABC, kind="law"):
    """A law p(x1, x2, y, z), held as read-only arrays; a leading axis makes it a stack of laws, one a repetition.

    Examples
    --------
    >>> from testbed.generators import CleanFinite
    >>> law = CleanFinite(k=3, structure_seed=1).law()
    >>> law.shape    # d1, d2, classes, columns of the latent
    (6, 8, 3, 1)
    >>> law.sample(5, rng=0)
    <Sample of 5 rows: x1 (5, 6), x2 (5, 8), y (5, 3)>
    """

    called: ClassVar[str] = "a law of testbed.laws"

    def __repr__(self) -> str:
        """Family, dimensions and dials; `testbed.keys.canonical` gives the text that decides a row, with its hashes."""
        return f"<{type(self).__name__}: {', '.join(f'{n} = {v}' for n, v in self._lines().items())}>"

    def _repr_html_(self) -> str:
        return table(type(self).__name__, self._lines())

    def _lines(self) -> dict[str, object]:
        """What people are shown of a law."""
        d1, d2, k, m = self.shape
        lines: dict[str, object] = {"d1": d1, "d2": d2, "k": k, "m": m}
        if self.batch:
            lines["repetitions"] = self.batch[0]
        if dataclasses.is_dataclass(self):
            dials = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
            lines |= {n: v for n, v in dials.items() if isinstance(v, bool | int | float | str | Law)}
        return lines

    def __init_subclass__(cls, **others: Any) -> None:
        """Let `population` of every law compute the truth once and keep it, and `sample` refuse what memory lacks."""
        if "population" in vars(cls):
            cls.population = _once(vars(cls)["population"])  # type: ignore[method-assign,assignment]
        if "sample" in vars(cls):
            cls.sample = in_memory(vars(cls)["sample"])  # type: ignore[method-assign]
        super().__init_subclass__(**others)

    @property
    @abstractmethod
    def batch(self) -> tuple[int, ...]:
        """Shape of the leading axes: (repeats,) where each repetition has a law of its own, otherwise empty."""

    @property
    @abstractmethod
    def shape(self) -> tuple[int, int, int, int]:
        """Dimensions (d1, d2, k, m): of x1, x2, the label, and the number of latent states within a class.

        In a jointly Gaussian law m is the number of latent outputs, 0 where there is none.
        """

    @property
    def states(self) -> int:
        """Number of states that x1 and x2 are held against: k m, jointly Gaussian k + m."""
        return self.shape[2] * self.shape[3]

    @abstractmethod
    def sample(self, n: int, rng: np.random.Generator) -> Sample:
        """Draw `n` rows of an unbatched law, as a Sample."""

    @abstractmethod
    def moments(
        self,
        n: int,
        rng: np.random.Generator,
        repeats: int | None = None,
        blocks: tuple[str, ...] = ("x1", "x2", "y"),
        x2_square: bool = True,
    ) -> Moments:
        """Draw the Moments of `n` rows from their exact law, at a cost that does not depend on `n`.

        `repeats` adds a leading axis to an unbatched law. Only the pairs of the named `blocks` are drawn;
        ``x2_square=False`` leaves out the pair (x2, x2), and the others keep their values.
        """

    @abstractmethod
    def population(self) -> Population:
        """Return the exact truth; whatever the law, it is computed once and kept.

        Where an integral is needed, a frozen structure is integrated to a relative error of 1e-3; one that is redrawn
        (a law with leading axes, or a cut of one) by an unbiased rule of few points.
        """

    @property
    def redrawn(self) -> bool:
        """Whether the structure is one of many drawn at random: a batch, or a cut of one."""
        return bool(self.batch) or "_cut" in self.__dict__

    @abstractmethod
    def __getitem__(self, index: Any) -> Self:
        """Cut the leading axis of a batched law."""

    def _mark_cut(self) -> Self:
        object.__setattr__(self, "_cut", True)
        return self

    def law(self, rng: np.random.Generator | None = None, repeats: int | None = None) -> Self:
        """Return itself: a law is accepted wherever a generator is, as a frozen one."""
        return self

    @property
    def frame(self) -> Frame | None:
        """White coordinates in which draws have the form of roots (`testbed.laws.roots`); None where they have none."""
        return None

    @property
    def pretext_law(self) -> Law:
        """The law that draws the unlabelled pairs: itself, unless a shift is studied."""
        return self


def pooled_moments(
    law: Law,
    n: int,
    rng: np.random.Generator,
    repeats: int | None,
    blocks: tuple[str, ...],
    x2_square: bool,
    deficient: frozenset[str] = frozenset(),
) -> Moments:
    """`Law.moments` of laws whose Moments have no short form: rows are drawn and summed, a block of them at a time."""
    if repeats is not None and law.batch:
        raise ValueError("repeats is for laws without leading axes; this one has its own")
    n = check_n(n)
    laws = [law[i] for i in range(law.batch[0])] if law.batch else [law] * (1 if repeats is None else repeats)
    drawn = [_pooled(one, n, rng, blocks, x2_square, deficient) for one in laws]
    return drawn[0] if not law.batch and repeats is None else Moments.stacked([part[None] for part in drawn])


def _pooled(
    law: Law, n: int, rng: np.random.Generator, blocks: tuple[str, ...], x2_square: bool, deficient: frozenset[str]
) -> Moments:
    """Memory does not grow with n, time does."""
    sizes = [CHUNK] * (n // CHUNK) + ([n % CHUNK] if n % CHUNK else [])
    whole = reduce(add, (Moments.of(law.sample(size, rng)) for size in sizes))
    pairs = {
        (a, b): v
        for (a, b), v in whole.scatter.items()
        if a in blocks and b in blocks and (x2_square or (a, b) != ("x2", "x2"))
    }
    return Moments(whole.n, {a: whole.mean[a] for a in blocks}, pairs, deficient=deficient)


def _once(compute: Callable[[Any], Population]) -> Callable[[Any], Population]:
    @wraps(compute)
    def population(law: Any) -> Population:
        kept = law.__dict__
        if "_population" not in kept:
            kept["_population"] = compute(law)
        return kept["_population"]  # type: ignore[no-any-return]

    return population
