"""A law whose unlabelled pairs come from another one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

from testbed.arguments import Seed, generator_of, shown
from testbed.data import Moments, Sample
from testbed.laws.base import Law
from testbed.laws.population import Population
from testbed.laws.roots import Frame

__all__ = ["Shifted"]


@dataclass(frozen=True, eq=False, repr=False)
class Shifted(Law):
    """Truth, labelled data and evaluation belong to `target`; the pairs that a pretext learns from to `pairs`.

    Parameters
    ----------
    target : Law
    pairs : Law
        Of the same dimensions d1 and d2, with the same leading axes.

    Raises
    ------
    ValueError
        Laws that do not fit together, or are shifted themselves.

    Examples
    --------
    >>> from testbed.generators import CleanMixture
    >>> from testbed.laws import Shifted
    >>> one, other = (CleanMixture(k=3, rho=rho, structure_seed=1).law() for rho in (0.0, 0.8))
    >>> law = Shifted(target=one, pairs=other)
    >>> float(law.pretext_law.population().epsilon_ci("linear").round(3)), float(law.population().epsilon_ci("linear"))
    (1.386, 0.0)
    """

    target: Law
    pairs: Law

    def __post_init__(self) -> None:
        """Check that the two fit."""
        super().__post_init__()
        for name, law in (("target", self.target), ("pairs", self.pairs)):
            if law.pretext_law is not law:
                raise ValueError(f"{name} = {shown(law)}: a law that is not shifted itself is needed")
        if self.target.shape[:2] != self.pairs.shape[:2] or self.target.batch != self.pairs.batch:
            raise ValueError(
                f"pairs has dimensions {self.pairs.shape[:2]} and leading axes {self.pairs.batch}; those of target, "
                f"{self.target.shape[:2]} and {self.target.batch}, are needed"
            )

    @property
    def batch(self) -> tuple[int, ...]:
        """Shape of the leading axes: (repeats,) where each repetition has a law of its own, otherwise empty."""
        return self.target.batch

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Dimensions (d1, d2, k, m) of x1, x2, the label and the latent."""
        return self.target.shape

    @property
    def states(self) -> int:
        """Number of states of the law of the labelled data."""
        return self.target.states

    @property
    def redrawn(self) -> bool:
        """Whether the target's structure is one of many drawn at random."""
        return self.target.redrawn

    @property
    def pretext_law(self) -> Law:
        """The law that draws the unlabelled pairs."""
        return self.pairs

    @property
    def frame(self) -> Frame | None:
        """White coordinates of the target, unless a subclass draws its Moments in another way."""
        return self.target.frame if type(self).moments is Shifted.moments else None

    def __getitem__(self, index: Any) -> Self:
        """Cut the leading axis of both."""
        return type(self)(self.target[index], self.pairs[index])

    def sample(self, n: int, rng: Seed) -> Sample:
        """Draw `n` rows of the law of the labelled data."""
        rng = generator_of(rng)
        return self.target.sample(n, rng)

    def moments(
        self,
        n: int,
        rng: Seed,
        repeats: int | None = None,
        blocks: tuple[str, ...] = ("x1", "x2", "y"),
        x2_square: bool = True,
    ) -> Moments:
        """Draw Moments of `n` rows of the target."""
        rng = generator_of(rng)
        return self.target.moments(n, rng, repeats, blocks, x2_square)

    def population(self) -> Population:
        """Return the exact population of the law of the labelled data."""
        return self.target.population()
