"""Random laws on finite supports, whose population is a finite sum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np

from testbed.allowed import Count, Positive, Share, Whole
from testbed.generators.base import Generator, StructureSeed
from testbed.laws import Finite

__all__ = ["CleanFinite"]


@dataclass(frozen=True, repr=False)
class CleanFinite(Generator):
    """Views on random finite supports, independent given (Y, Z): for violations that are to be exact.

    States are equally likely; given its state each view falls on its support by a Dirichlet draw, and its points have
    standard normal embeddings. With `leak` > 0 a share of the mass is moved to a table without any structure, which
    breaks conditional independence and moves A.

    Parameters
    ----------
    k, m : int
        Classes (at least 2) and states in each (at least 1).
    s1, s2 : int
        Support points of x1 and x2.
    d1, d2 : int
        Dimensions of their embeddings.
    concentration : float
        Parameter of the Dirichlet draws; small values make states easy to tell apart.
    leak : float
        Share of the mass without structure, 0 to 1.
    structure_seed : int
        Draws supports and tables; always frozen, since finite laws have no leading axes.

    Raises
    ------
    ValueError
        Dials out of range.

    Examples
    --------
    >>> from testbed.generators import CleanFinite
    >>> truth = CleanFinite(k=3, leak=0.2, structure_seed=1).law().population()
    >>> float(truth.epsilon_ci("universal")) > 0.0
    True
    """

    k: Annotated[int, Whole(2)] = 3
    m: Count = 1
    s1: Annotated[int, Whole(2)] = 30
    s2: Annotated[int, Whole(2)] = 20
    d1: Count = 6
    d2: Count = 8
    concentration: Positive = 0.3
    leak: Share = 0.0
    structure_seed: StructureSeed = 0

    structural: ClassVar[tuple[str, ...]] = ("k", "m", "s1", "s2", "d1", "d2", "concentration")

    def law(self, rng: np.random.Generator | None = None, repeats: int | None = None) -> Finite:
        """Draw supports and tables from `structure_seed` and return the law; `rng` is not needed."""
        rng = self.structure_rng(rng)
        left, right = (rng.dirichlet(np.full(s, self.concentration), size=(self.k, self.m)) for s in (self.s1, self.s2))
        v1, v2 = rng.standard_normal((self.s1, self.d1)), rng.standard_normal((self.s2, self.d2))
        joint = left[..., :, None] * right[..., None, :] / (self.k * self.m)
        loose = rng.dirichlet(np.full(joint.size, self.concentration)).reshape(joint.shape)
        joint = (1.0 - self.leak) * joint + self.leak * loose
        return Finite(joint / joint.sum(), v1, v2)
