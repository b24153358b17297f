"""A Gaussian mixture whose target is the square of each coordinate of X2."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from testbed._linalg import outer
from testbed.arguments import Seed, generator_of, shown
from testbed.data import Sample
from testbed.laws.checks import frozen_array
from testbed.laws.derived import Derived
from testbed.laws.mixture_population import MixturePopulation
from testbed.laws.population import View
from testbed.laws.states import MixtureStates
from testbed.laws.undefined import NotDefinedError

__all__ = ["SquaredMixture"]


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
        """Draw `n` rows."""
        rng = generator_of(rng)
        drawn = self.gaussian.sample(n, rng)
        return Sample(drawn.x1, drawn.x2**2, drawn.y, drawn.z)

    def population(self) -> MixturePopulation:
        """Return the exact truth."""
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
