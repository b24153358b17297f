"""The law of the paper's simulation (section 6), as it is printed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np

from testbed.allowed import Count, Positive, Share, Whole
from testbed.generators.base import Generator, StructureSeed
from testbed.laws import GaussianMixture

__all__ = ["LeeMixture"]


@dataclass(frozen=True, repr=False)
class LeeMixture(Generator):
    """Gaussian classes with a leak of x1 into x2.

    Y is uniform on k classes, with centres mu1_y in R^d1 and mu2_y in R^d2 uniform on [0, scale) in each coordinate.
    X1 ~ N(mu1_y, I), X2hat ~ N(mu2_y, I) independently given Y, and

        X2 = (1 - alpha) X2hat + alpha X1,

    where X1 is truncated to d2 coordinates, or followed by zeros. alpha is not a correlation, and A moves with it.

    Parameters
    ----------
    k : int
        Number of classes, at least 2.
    d1, d2 : int
        Dimensions of x1 and x2, at least 1.
    alpha : float
        Leak, in [0, 1]: X1 and X2 are independent given Y if and only if alpha = 0.
    scale : float
        Length of the cube's edge, positive; at the printed 10 the classes do not overlap.
    structure_seed : int, optional
        Freezes the centres; None redraws them for every repetition.

    References
    ----------
    Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, section 6 (simulations) and Figure 1.

    Examples
    --------
    >>> from testbed.generators import LeeMixture
    >>> truth = LeeMixture(k=5, alpha=0.2, structure_seed=1).law().population()
    >>> truth.A.shape
    (5, 40)
    >>> float(truth.epsilon_ci("linear").round(3))
    1.214
    """

    k: Annotated[int, Whole(2)] = 10
    d1: Count = 50
    d2: Count = 40
    alpha: Share = 0.0
    scale: Positive = 10.0
    structure_seed: StructureSeed | None = None

    structural: ClassVar[tuple[str, ...]] = ("k", "d1", "d2", "scale")

    def law(self, rng: np.random.Generator | None = None, repeats: int | None = None) -> GaussianMixture:
        """Draw the centres and return the mixture."""
        rng = self.structure_rng(rng)
        batch = () if repeats is None or self.frozen else (repeats,)
        centres = rng.random((*batch, self.k, self.d1 + self.d2))
        centres *= self.scale
        carry = np.eye(self.d1, self.d2)  # truncates x1, or appends zeros
        mu1, mu2 = centres[..., : self.d1], centres[..., self.d1 :]
        if self.alpha:
            mu2[...] = (1.0 - self.alpha) * mu2 + self.alpha * (mu1 @ carry)
        covariance = np.eye(self.d1 + self.d2)
        covariance[: self.d1, self.d1 :] = self.alpha * carry
        covariance[self.d1 :, : self.d1] = self.alpha * carry.T
        covariance[self.d1 :, self.d1 :] *= (1.0 - self.alpha) ** 2
        covariance[self.d1 :, self.d1 :] += self.alpha**2 * carry.T @ carry
        probability = np.full(self.k, 1.0 / self.k)
        return GaussianMixture(probability, centres, covariance, self.d1)
