"""Laws made from a Gaussian mixture whose views are independent within its states; the squares of X2 are one."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from testbed._linalg import outer
from testbed.arguments import Seed, generator_of, shown
from testbed.data import Moments, Sample
from testbed.laws.base import Law, pooled_moments
from testbed.laws.checks import frozen_array
from testbed.laws.mixture import GaussianMixture
from testbed.laws.mixture_population import MixturePopulation
from testbed.laws.population import NotDefinedError, View
from testbed.laws.states import MixtureStates

__all__ = ["Derived", "SquaredMixture"]


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
        """Shape of the leading axes: (repeats,) where each repetition has a law of its own, otherwise empty."""
        return self.gaussian.batch

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Dimensions (d1, d2, k, m) of x1, x2, the label and the latent."""
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
        return pooled_moments(self, n, generator_of(rng), repeats, blocks, x2_square)

    @abstractmethod
    def sample(self, n: int, rng: np.random.Generator) -> Sample:
        """Draw `n` rows of an unbatched law, as a Sample."""

    @abstractmethod
    def population(self) -> MixturePopulation:
        """Return the exact population of the law."""


@dataclass(frozen=True, eq=False, repr=False)
class SquaredMixture(Derived):
    """(X1, X2^2, Y, Z) of a Gaussian mixture without an edge, the square coordinate by coordinate.

    E[X2_i^2 | s] = mu2_i^2 + C_ii and Cov(X2_i^2, X2_j^2 | s) = 2 C_ij^2 + 4 mu2_i mu2_j C_ij, with mu2 and C those of
    X2 in state s. As X1 and X2 are independent within states, every quantity but those that look back from X2 to the
    label follows from these and from x1: the population is as exact as that of a Gaussian mixture.

    Parameters
    ----------
    gaussian : GaussianMixture
        The law of (X1, X2, Y, Z), without an edge within its states.

    Raises
    ------
    ValueError
        A mixture with an edge: E[X2^2 | X1, state] would be quadratic in X1.

    Examples
    --------
    >>> from testbed.generators import CleanMixture
    >>> from testbed.laws import SquaredMixture
    >>> gaussian = CleanMixture(k=3, structure_seed=1).law()
    >>> SquaredMixture(gaussian).shape == gaussian.shape
    True
    """

    def sample(self, n: int, rng: Seed) -> Sample:
        """Draw `n` rows of the mixture and square the coordinates of their x2."""
        rng = generator_of(rng)
        drawn = self.gaussian.sample(n, rng)
        return Sample(drawn.x1, drawn.x2**2, drawn.y, drawn.z)

    def population(self) -> MixturePopulation:
        """Return the exact population, from that of the mixture."""
        return _SquaredPopulation(self._alike(), self.redrawn)

    def _alike(self) -> MixtureStates:
        """Gaussian states with the same means and covariances; of those of x2 only the average over states counts."""
        law, d1 = self.gaussian, self.gaussian.d1
        mu = law.mean[..., d1:]
        c = law.covariance[..., None, :, :] if law.shared else law.covariance
        c22 = np.broadcast_to(c[..., d1:, d1:], (*mu.shape, mu.shape[-1]))
        square = 2.0 * c22**2 + 4.0 * outer(mu, mu) * c22
        if law.shared:
            square = np.sum(law.probability[:, None, None] * square, axis=-3)
        covariance = np.broadcast_to(law.covariance, (*square.shape[:-2], *law.covariance.shape[-2:])).copy()
        covariance[..., d1:, d1:] = square
        mean = law.mean.copy()
        mean[..., d1:] = mu**2 + np.diagonal(c22, axis1=-2, axis2=-1)
        mean, covariance = frozen_array("mean", mean), frozen_array("covariance", covariance)
        return MixtureStates(law.probability, mean, covariance, d1, law.label, law.latent)


class _SquaredPopulation(MixturePopulation):
    """Truth of squares; the risk of reading the label off them is not computed."""

    def bayes_risk(self, view: View) -> np.ndarray:
        """Risk of the best predictor of the label from "x1"."""
        if view == "x1":
            return self.bayes_noise
        raise NotDefinedError(f"bayes_risk({shown(view)}) is not computed for squares")
