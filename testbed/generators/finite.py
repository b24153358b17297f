"""Random finite laws: everything about them is a finite sum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from testbed.generators.base import Generator
from testbed.generators.checks import positive, share, whole
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
        Of the Dirichlet draws: small values make states easy to tell apart.
    leak : float
        Share of the mass without structure, 0 to 1.
    structure_seed : int
        Draws supports and tables; always frozen, since finite laws have no leading axes.

    Raises
    ------
    ValueError
        Dials out of range.
    """

    k: int = 3
    m: int = 1
    s1: int = 30
    s2: int = 20
    d1: int = 6
    d2: int = 8
    concentration: float = 0.3
    leak: float = 0.0
    structure_seed: int = 0

    structural: ClassVar[tuple[str, ...]] = ("k", "m", "s1", "s2", "d1", "d2", "concentration")

    def __post_init__(self) -> None:
        """Check the dials."""
        for name, least in (("k", 2), ("m", 1), ("s1", 2), ("s2", 2), ("d1", 1), ("d2", 1), ("structure_seed", 0)):
            whole(name, getattr(self, name), least)
        positive("concentration", self.concentration)
        share("leak", self.leak, "the share of mass without structure")

    def law(self, rng: np.random.Generator | None = None, repeats: int | None = None) -> Finite:
        """Return the law."""
        rng = self.structure_rng(rng)
        left, right = (rng.dirichlet(np.full(s, self.concentration), size=(self.k, self.m)) for s in (self.s1, self.s2))
        v1, v2 = rng.standard_normal((self.s1, self.d1)), rng.standard_normal((self.s2, self.d2))
        joint = left[..., :, None] * right[..., None, :] / (self.k * self.m)
        loose = rng.dirichlet(np.full(joint.size, self.concentration)).reshape(joint.shape)
        joint = (1.0 - self.leak) * joint + self.leak * loose
        return Finite(joint / joint.sum(), v1, v2)
