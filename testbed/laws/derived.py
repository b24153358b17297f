"""Laws made from a Gaussian mixture whose views are independent within its states."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from testbed.arguments import Seed, generator_of
from testbed.data import Moments, Sample
from testbed.laws.base import Law, check_n
from testbed.laws.mixture import GaussianMixture
from testbed.laws.mixture_population import MixturePopulation
from testbed.laws.pooling import pooled_rows, stacked_repeats

__all__ = ["Derived"]


@dataclass(frozen=True, eq=False, repr=False)
class Derived(Law):
    """States, labels and latent of `gaussian`, and other draws given the state; Moments are those of rows.

    Parameters
    ----------
    gaussian : GaussianMixture
        Without an edge within its states.

    Raises
    ------
    ValueError
        A mixture whose views depend on each other within states.
    """

    gaussian: GaussianMixture

    def __post_init__(self) -> None:
        """Refuse a mixture whose views depend on each other within states."""
        super().__post_init__()
        d1 = self.gaussian.d1
        if np.any(self.gaussian.covariance[..., :d1, d1:]):
            raise ValueError(
                "gaussian: its views are dependent within states; only independent ones keep a closed form"
            )

    @property
    def batch(self) -> tuple[int, ...]:
        """Leading axes."""
        return self.gaussian.batch

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Dimensions (d1, d2, k, m)."""
        return self.gaussian.shape

    @property
    def redrawn(self) -> bool:
        """Whether the structure of the mixture is one of many drawn at random."""
        return self.gaussian.redrawn

    def __getitem__(self, index: Any) -> Self:
        """Cut the leading axis."""
        return replace(self, gaussian=self.gaussian[index])

    def moments(
        self,
        n: int,
        rng: Seed,
        repeats: int | None = None,
        blocks: tuple[str, ...] = ("x1", "x2", "y"),
        x2_square: bool = True,
    ) -> Moments:
        """Draw Moments from rows, a block of them at a time: the cost grows with n, for their law has no short form."""
        rng = generator_of(rng)
        if repeats is not None and self.batch:
            raise ValueError("repeats is for laws without leading axes; this one has its own")
        n = check_n(n)

        def one(law: Law) -> Moments:
            return pooled_rows(lambda size: law.sample(size, rng), n, blocks, x2_square, frozenset())

        if self.batch:
            return stacked_repeats(one(self[i]) for i in range(self.batch[0]))
        return one(self) if repeats is None else stacked_repeats(one(self) for _ in range(repeats))

    @abstractmethod
    def sample(self, n: int, rng: np.random.Generator) -> Sample:
        """Draw `n` rows."""

    @abstractmethod
    def population(self) -> MixturePopulation:
        """Return the exact truth."""
