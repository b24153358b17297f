"""A jointly Gaussian law whose dials move one thing at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from testbed._linalg import transpose
from testbed.generators.base import Generator
from testbed.generators.checks import number, positive, whole
from testbed.generators.rotations import orthogonal
from testbed.laws import JointGaussian

__all__ = ["CleanGaussian"]


@dataclass(frozen=True, repr=False)
class CleanGaussian(Generator):
    """Real labels and latents, and views that are independent given them: for violations to be put on.

    With (Y, Z) ~ N(0, I) in k + m dimensions and noise e1 ~ N(0, I), e2 ~ N(0, I), ::

        X1 = s B1' (Y, Z) + e1,        X2 = A_bar' (Y, Z) + x2_std e2,

    B1 with orthonormal rows, A_bar with orthogonal rows of norms from sigma_min to sigma_max; A is the first k of them.
    So beta = the smallest of the first k norms, and the Bayes noise is k / (1 + s^2).

    Parameters
    ----------
    k, m : int
        Dimensions of label (at least 1) and latent (0 for none); k + m is at most d1 and d2.
    d1, d2 : int
        Dimensions of x1 and x2.
    sigma_min, sigma_max : float
        Smallest and largest norm of the rows of A_bar, spaced geometrically; sigma_max None means equal norms.
    separation : float
        s, the norm of what x1 has of each label.
    x2_std : float
        Standard deviation of each coordinate of X2 given (Y, Z).
    structure_seed : int, optional
        Freezes the orientation; None redraws it for every repetition.

    Raises
    ------
    ValueError
        Dials out of range.
    """

    k: int = 1
    m: int = 0
    d1: int = 20
    d2: int = 5
    sigma_min: float = 1.0
    sigma_max: float | None = None
    separation: float = 1.0
    x2_std: float = 1.0
    structure_seed: int | None = None

    structural: ClassVar[tuple[str, ...]] = ("d1", "d2")

    def __post_init__(self) -> None:
        """Check the dials."""
        for name, least in (("k", 1), ("m", 0), ("d1", 1), ("d2", 1)):
            whole(name, getattr(self, name), least)
        states = self.k + self.m
        if self.d1 < states or self.d2 < states:
            raise ValueError(
                f"d1 = {self.d1}, d2 = {self.d2}: orthogonal rows of {states} labels and latents need at least {states}"
            )
        for name in ("sigma_min", "separation", "x2_std"):
            positive(name, getattr(self, name))
        if self.sigma_max is not None:
            number("sigma_max", self.sigma_max, self.sigma_min, np.inf)
        if self.structure_seed is not None:
            whole("structure_seed", self.structure_seed, 0)

    def law(self, rng: np.random.Generator | None = None, repeats: int | None = None) -> JointGaussian:
        """Draw the orientation and return the law."""
        rng = self.structure_rng(rng)
        batch = () if repeats is None or self.frozen else (repeats,)
        frame1, frame2 = (orthogonal(rng, batch, d) for d in (self.d1, self.d2))
        states, width = self.k + self.m, self.d1 + self.d2
        norms = np.geomspace(self.sigma_min, self.sigma_max or self.sigma_min, states)
        views = (self.separation * frame1[..., :states, :], norms[:, None] * frame2[..., :states, :])
        loading = np.concatenate([*views, np.broadcast_to(np.eye(states), (*batch, states, states))], axis=-1)
        noise = np.repeat([1.0, self.x2_std**2], [self.d1, self.d2])
        covariance = transpose(loading) @ loading
        covariance = 0.5 * (covariance + transpose(covariance))
        covariance[..., np.arange(width), np.arange(width)] += noise
        return JointGaussian(covariance, self.d1, self.d2, self.k, self.m)
