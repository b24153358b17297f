"""The base of all generators: dials, the law that they describe, and which of them decide its structure."""

from __future__ import annotations

import dataclasses
from abc import abstractmethod
from typing import Annotated, Any, ClassVar

import numpy as np

from testbed.allowed import Whole
from testbed.arguments import Seed, generator_of, shown, unknown
from testbed.guards import Guarded
from testbed.keys import Dial, canonical, coerced, digest
from testbed.laws import Law

__all__ = ["Generator", "StructureSeed", "vary"]

StructureSeed = Annotated[int, Whole(0, at_most=None)]


class Generator(Dial, Guarded, kind="generator"):
    """Dials only: a frozen dataclass whose `law` is the law they describe.

    A subclass has the field ``structure_seed: StructureSeed | None = None``: None redraws the structure (centres,
    directions) for every repetition from a stream of its own, an integer freezes it. `structural` names the dials that
    decide the structure; the others leave it common along their axis of a grid.

    Examples
    --------
    >>> from testbed.generators import CleanMixture
    >>> frozen, redrawn = CleanMixture(k=3, structure_seed=1), CleanMixture(k=3)
    >>> frozen.frozen, redrawn.frozen
    (True, False)
    >>> redrawn.law(rng=0).shape    # d1, d2, classes, columns of the latent
    (20, 10, 3, 1)
    """

    called: ClassVar[str] = "a generator of testbed.generators"
    structural: ClassVar[tuple[str, ...]] = ()

    @abstractmethod
    def law(self, rng: np.random.Generator | None = None, repeats: int | None = None) -> Law:
        """Return the law; `rng` is required where the structure is redrawn, `repeats` gives a leading axis."""

    @property
    def frozen(self) -> bool:
        """Whether all repetitions share one structure."""
        return getattr(self, "structure_seed", None) is not None

    @property
    def structure_key(self) -> str:
        """Canonical text of the structural dials."""
        dials = {name: value for name, value in coerced(self).items() if name in self.structural}
        return f"{type(self).__name__} {canonical(dials)}"

    def structure_rng(self, rng: Seed | None) -> np.random.Generator:
        """Open the stream of the structure: its own for a frozen one, otherwise the given `rng`."""
        rng = None if rng is None else generator_of(rng)
        seed = getattr(self, "structure_seed", None)
        if seed is not None:
            return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(digest(self.structure_key),)))
        if rng is None:
            raise ValueError(
                f"{shown(self)} redraws its structure: give law(rng=...) a numpy.random.Generator, or freeze the "
                "structure with structure_seed=<int>"
            )
        return rng


def vary(generator: type[Any], **dials: object) -> list[Any]:
    """List a class of dials over the product of the values given, the last dial running fastest.

    A list is a list of values, anything else one value: ``vary(LeeMixture, k=[2, 5, 10], alpha=0.25)``.

    Examples
    --------
    >>> from testbed import vary
    >>> from testbed.generators import LeeMixture
    >>> [generator.k for generator in vary(LeeMixture, k=[2, 5, 10], alpha=0.1)]
    [2, 5, 10]
    """
    if not isinstance(generator, type) or not dataclasses.is_dataclass(generator):
        raise ValueError(f"generator = {shown(generator)}: a class of dials is needed, such as generators.LeeMixture")
    names = [f.name for f in dataclasses.fields(generator) if f.init]
    if wrong := sorted(set(dials) - set(names)):
        raise ValueError(unknown(generator.__name__, wrong, names, "dial"))
    cells: list[dict[str, object]] = [{}]
    for name, values in dials.items():
        options = list(values) if isinstance(values, list | tuple | range | np.ndarray) else [values]
        if not options:
            raise ValueError(f"{name} = []: give at least one value")
        cells = [{**cell, name: value} for cell in cells for value in options]
    return [generator(**cell) for cell in cells]
