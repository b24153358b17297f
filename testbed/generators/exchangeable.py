"""Two views that are draws from the same state, and a dial that redraws the state of the second."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np

from testbed._linalg import transpose
from testbed.allowed import Count, Positive, Real, Share, Whole
from testbed.generators.base import Generator, StructureSeed
from testbed.laws import GaussianMixture

__all__ = ["ExchangeableViews"]


@dataclass(frozen=True, repr=False)
class ExchangeableViews(Generator):
    """Both views are independent draws of N(mu_s, C) from one state s; y is the state of the first.

    With probability w the state of the second view is redrawn from the prior, uniform on k states. The second state is
    the latent z of the law (every state of the mixture is a pair of them where w > 0), and X1 and X2 are independent
    given y at every w. The best affine predictor of x2 from x1 has the row space S_w^{-1} span(centred mu) of Fisher's
    discriminant, S_w = C, at every w < 1, and is constant at w = 1.

    Means are standard normal times `separation`; C has a random orientation and variances from 1 to `condition`,
    spaced geometrically: where that is large, principal components follow the noise.

    Parameters
    ----------
    k : int
        Number of states, at least 2.
    d : int
        Coordinates of each view, at least 1.
    w : float
        Probability that the second view's state is redrawn, in [0, 1].
    separation : float
        Standard deviation of the coordinates of the means.
    condition : float
        Ratio of the largest to the smallest variance within states, at least 1.
    structure_seed : int, optional
        Freezes means and orientation; None redraws them for every repetition.

    Raises
    ------
    ValueError
        Dials out of range.

    References
    ----------
    Fisher, "The use of multiple measurements in taxonomic problems", Annals of Eugenics 7, 1936.

    Examples
    --------
    >>> from testbed.generators import ExchangeableViews
    >>> truth = ExchangeableViews(k=3, d=6, w=0.5, structure_seed=1).law().population()    # half show another state
    >>> float(truth.epsilon_ci("linear").round(6))
    0.0
    """

    k: Annotated[int, Whole(2)] = 3
    d: Count = 10
    w: Share = 0.0
    separation: Positive = 1.0
    condition: Annotated[float, Real(at_least=1.0)] = 20.0
    structure_seed: StructureSeed | None = None

    structural: ClassVar[tuple[str, ...]] = ("k", "d")

    def law(self, rng: np.random.Generator | None = None, repeats: int | None = None) -> GaussianMixture:
        """Draw means and orientation and return the mixture."""
        rng = self.structure_rng(rng)
        batch = () if repeats is None or self.frozen else (repeats,)
        mu = self.separation * rng.standard_normal((*batch, self.k, self.d))
        axes = np.linalg.qr(rng.standard_normal((*batch, self.d, self.d)))[0]
        within = (axes * np.geomspace(1.0, self.condition, self.d)) @ transpose(axes)
        within = 0.5 * (within + transpose(within))
        covariance = np.zeros((*batch, 2 * self.d, 2 * self.d))
        covariance[..., : self.d, : self.d] = covariance[..., self.d :, self.d :] = within
        first, second = (v.ravel() for v in np.indices((self.k, self.k)))
        probability = ((1.0 - self.w) * (first == second) + self.w / self.k) / self.k
        kept = probability > 0.0
        first, second = first[kept], second[kept]
        mean = np.concatenate([mu[..., first, :], mu[..., second, :]], axis=-1)
        return GaussianMixture(probability[kept], mean, covariance, self.d, first)
