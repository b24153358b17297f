"""A second view that shows the label and a nonlinear function of the first view, which a read-out can tell apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np

from testbed._linalg import Array
from testbed.allowed import Count, Positive, Whole
from testbed.generators.base import Generator, StructureSeed
from testbed.laws import Finite

__all__ = ["Redundant"]


@dataclass(frozen=True, repr=False)
class Redundant(Generator):
    """x2 = A'e_y + B'g(z) + noise, z a function of x1 that is nonlinear in its coordinates: all finite.

    Each of s1 points of x1 has one of m values of z, balanced and drawn apart from its place in space; given y the
    points have random probabilities, and the noise of x2 is one vector with a random sign, independent of everything.
    So X1 and X2 are dependent given y, and independent given (y, z), which is the latent of
    the law. With `redundant` functions g of z::

        E[X2|X1] = A'f*(X1) + B'g(z(X1)),

    and a linear read-out finds f* iff rank [A; B] = rank A + rank B and rank A is full (centred: k - 1). `overlap`
    draws the rows of B in the row space of A, so that it does not.

    Parameters
    ----------
    k, m : int
        Classes, and values of z, at least 2 each.
    s1 : int
        Points of x1, at least k m, so that f* and g are linearly independent.
    d1, d2 : int
        Dimensions of the views; d2 at least k - 1 + `redundant`, or the read-out is lost at any B.
    redundant : int
        Number of functions of z in x2, at most m - 1.
    overlap : bool
        Whether B lies in the row space of A.
    noise_std : float
        Standard deviation of the noise of each coordinate of x2.
    structure_seed : int
        Draws tables, places and maps; always frozen, since finite laws have no leading axes.

    Raises
    ------
    ValueError
        Settings out of range.

    References
    ----------
    Du and Xiang 2024, for the form of E[X2|X1]; see `testbed.theory.RankLoss`.

    Examples
    --------
    >>> from testbed.generators import Redundant
    >>> for overlap in (False, True):
    ...     truth = Redundant(overlap=overlap).law().population()
    ...     print(round(float(truth.approximation_error(truth.psi_star)), 3))
    0.0
    0.066
    """

    k: Annotated[int, Whole(2)] = 3
    m: Annotated[int, Whole(2)] = 3
    s1: Count = 12
    d1: Count = 4
    d2: Count = 6
    redundant: Count = 2
    overlap: bool = False
    noise_std: Positive = 0.5
    structure_seed: StructureSeed = 0

    structural: ClassVar[tuple[str, ...]] = ("k", "m", "s1", "d1", "d2", "redundant")

    def __post_init__(self) -> None:
        """Check what the settings ask of each other."""
        super().__post_init__()
        if self.s1 < self.k * self.m:
            raise ValueError(
                f"s1 = {self.s1}: k m = {self.k * self.m} points at least, or f* and g depend on each other"
            )
        if self.redundant > self.m - 1:
            raise ValueError(f"redundant = {self.redundant}: z has m - 1 = {self.m - 1} functions beside the constant")
        if self.d2 < self.k - 1 + self.redundant:
            raise ValueError(
                f"d2 = {self.d2}: k - 1 + redundant = {self.k - 1 + self.redundant} at least, or no read-out can tell "
                "label and z apart"
            )

    def law(self, rng: np.random.Generator | None = None, repeats: int | None = None) -> Finite:
        """Draw tables and values from the stream of the structure, and return the finite law."""
        rng = self.structure_rng(rng)
        z = rng.permutation(np.arange(self.s1) % self.m)
        chance = rng.dirichlet(np.ones(self.s1), size=self.k) * rng.dirichlet(np.full(self.k, 5.0))[:, None]
        means, values = self._maps(rng)
        centres = (means[:, None, :] + values[None]).reshape(-1, self.d2)  # of (y, z)
        side = self.noise_std * rng.choice([-1.0, 1.0], size=self.d2)
        points = np.concatenate([centres + side, centres - side])
        joint = np.zeros((self.k, self.m, self.s1, len(points)))
        for y in range(self.k):
            for a in range(self.s1):
                for sign in range(2):
                    joint[y, z[a], a, sign * self.k * self.m + y * self.m + z[a]] = 0.5 * chance[y, a]
        return Finite(joint / joint.sum(), rng.standard_normal((self.s1, self.d1)), points)

    def _maps(self, rng: np.random.Generator) -> tuple[Array, Array]:
        """A, a row for each class, and B'g at each value of z."""
        means = rng.standard_normal((self.k, self.d2))
        g = rng.standard_normal((self.m, self.redundant))
        b = rng.standard_normal((self.redundant, self.d2))
        mix = rng.standard_normal((self.redundant, self.k))
        if self.overlap:
            b = mix @ (means - means.mean(axis=0))
        return means, g @ b
