"""A factor model seen through two views: latent factors, and noise of a different variance in each coordinate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from testbed._linalg import transpose
from testbed.allowed import Count, Positive, Real
from testbed.arguments import shown
from testbed.generators.base import Generator, StructureSeed
from testbed.laws import JointGaussian

__all__ = ["Factors"]


@dataclass(frozen=True, repr=False)
class Factors(Generator):
    """Factors z ~ N(0, I_r) load on both views, x = L z + e, with independent noise in every coordinate.

    The rows of L, d1 for x1 and d2 for x2, are standard normal; the variances of e are uniform on (noise_var_min,
    noise_var_max). The label is the first k factors, real-valued, and the latent of the law the others: X1 and X2 are
    independent given both, and E[X2|X1] = L2 E[z|X1]. Tasks that look at x1 alone see d1 coordinates.

    Parameters
    ----------
    r : int
        Number of factors, at least 1.
    d1, d2 : int
        Coordinates of the views, at least 1.
    k : int, optional
        Number of factors that are the label, 1 to r; None means all of them.
    noise_var_min, noise_var_max : float
        Range of the noise variances, 0 < min <= max; equal ones make principal components optimal.
    structure_seed : int, optional
        Freezes loadings and variances; None redraws them for every repetition.

    Raises
    ------
    ValueError
        Dials out of range.

    References
    ----------
    Lawley and Maxwell, Factor Analysis as a Statistical Method, 2nd ed., 1971.

    Examples
    --------
    >>> from testbed.generators import Factors
    >>> law = Factors(r=2, d1=10, d2=8, structure_seed=1).law()
    >>> law.shape    # d1, d2, k = r labels, no latent beside them
    (10, 8, 2, 0)
    """

    r: Count = 2
    d1: Count = 30
    d2: Count = 30
    k: Count | None = None
    noise_var_min: Positive = 0.1
    noise_var_max: Positive = 40.0
    structure_seed: StructureSeed | None = None

    structural: ClassVar[tuple[str, ...]] = ("r", "d1", "d2")

    def __post_init__(self) -> None:
        """Check what the dials ask of each other."""
        super().__post_init__()
        if self.k is not None and self.k > self.r:
            raise ValueError(f"k = {shown(self.k)}: there are r = {self.r} factors; 1 to {self.r} can be the label")
        Real(self.noise_var_min, why="noise_var_min").check("noise_var_max", self.noise_var_max)

    def law(self, rng: np.random.Generator | None = None, repeats: int | None = None) -> JointGaussian:
        """Draw loadings and variances and return the law."""
        rng = self.structure_rng(rng)
        batch = () if repeats is None or self.frozen else (repeats,)
        width = self.d1 + self.d2
        loadings = rng.standard_normal((*batch, width, self.r))
        variance = self.noise_var_min + (self.noise_var_max - self.noise_var_min) * rng.random((*batch, width))
        factors = np.broadcast_to(np.eye(self.r), (*batch, self.r, self.r))
        root = np.concatenate([loadings, factors], axis=-2)
        covariance = root @ transpose(root)
        place = np.arange(width)
        covariance[..., place, place] += variance
        k = self.r if self.k is None else self.k
        return JointGaussian(covariance, self.d1, self.d2, k, self.r - k)
