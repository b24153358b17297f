"""The base of all violations: a generator that wraps another, its base, and shares its structure."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import Any, NoReturn, TypeVar, cast

import numpy as np

from testbed.arguments import generator_of, shown
from testbed.generators.base import Generator
from testbed.keys import canonical
from testbed.laws import Law, Shifted, SquaredMixture, StudentMixture

__all__ = ["Violation", "refused"]

Kind = TypeVar("Kind", bound=Law)


@dataclass(frozen=True, repr=False)
class Violation(Generator):
    """A generator that changes the law of another one, its `base` (or a law without leading axes).

    The structure is the base's: seeds, streams and structural dials are taken from it, and a violation draws nothing
    of its own. So its structures are common along its own dials, and are those of the base without it.

    A subclass writes `violate`. Shifts of the pairs, Student tails and squares come last: they take a law out of the
    family of its base, and are the outermost of what is nested.
    """

    base: Generator | Law

    def __post_init__(self) -> None:
        """Refuse a law with leading axes."""
        super().__post_init__()
        if isinstance(self.base, Law) and self.base.batch:
            raise ValueError(f"base = {shown(self.base)}: a law with leading axes; give one of them, law[r]")

    @property
    def frozen(self) -> bool:
        """Whether the structure of the base is frozen; that of a law always is."""
        return isinstance(self.base, Law) or self.base.frozen

    @property
    def structure_key(self) -> str:
        """Canonical text of the structural dials of the base."""
        return canonical(self.base) if isinstance(self.base, Law) else self.base.structure_key

    def law(self, rng: np.random.Generator | None = None, repeats: int | None = None) -> Law:
        """Return the law of the base, violated.

        Raises
        ------
        ValueError
            Where that law cannot carry the violation, with the reason; sizes beyond the attainable range, with it.
        """
        base = self.base.law(None if rng is None else generator_of(rng), repeats)
        if isinstance(base, Shifted | SquaredMixture | StudentMixture):
            refused(self, base, "it has to be the outermost; nest the two the other way round")
        law = self.violate(base)
        for part in (law, law.pretext_law):
            if base.redrawn and not part.redrawn:
                part._mark_cut()
        return law

    @abstractmethod
    def violate(self, base: Law) -> Law:
        """Return the law that a law drawn by the base becomes under the violation."""

    def changed(self, base: Kind, **arrays: Any) -> Kind:
        """Return a law of the class of the base, with other arrays in place of those of these names."""
        made: Any = base  # every law is a dataclass of what it is made of
        return cast(Kind, replace(made, **arrays))


def refused(violation: Violation, law: Law, reason: str) -> NoReturn:
    """Raise a ValueError which says that a law cannot carry a violation, and why."""
    raise ValueError(f"{type(violation).__name__} cannot be put on a {type(law).__name__}: {reason}")
