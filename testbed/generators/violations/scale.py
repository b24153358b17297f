"""V7: the views depend on each other through the size of their noise alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from testbed.allowed import Real
from testbed.generators.violations.base import Violation, refused
from testbed.laws import Finite, GaussianMixture, Law

__all__ = ["CommonScale"]


@dataclass(frozen=True, repr=False)
class CommonScale(Violation):
    """V7, a negative control: a hidden scale multiplies the noise of both views within a state.

    X - E[X | state] = a e, e ~ N(0, C), a^2 = 1 - spread or 1 + spread with equal probability, independent of the state
    and shown by neither Y nor Z. Means, A, beta and Cov(X | state) stay; with e1, e2 independent the squares do not::

        Cov(e1_i^2 a^2, e2_j^2 a^2 | state) = spread^2 C_ii C_jj,   correlation spread^2 / (2 + 3 spread^2).

    Breaks conditional independence: X1 and X2 depend on each other given (Y, Z). But E[X2 | X1, state] = E[X2 | state]
    where the base has no edge, so eps_CI stays 0 in both classes, e_apx(psi*) = 0 at full rank, and regression takes no
    harm at the population. Contrastive learning and nonlinear CCA see the dependence. f* and the Bayes noise move.

    Parameters
    ----------
    base : Generator or Law
        A mixture.
    spread : float
        Standard deviation of a^2, 0 to below 1.

    Raises
    ------
    ValueError
        spread out of range; from `law`: a finite law (it has no noise around its states to scale) or a jointly Gaussian
        one (independent means are independent there).

    Examples
    --------
    >>> from testbed.generators import CleanMixture, CommonScale
    >>> truth = CommonScale(CleanMixture(k=3, structure_seed=1), spread=0.5).law().population()
    >>> float(truth.epsilon_ci("linear").round(6))
    0.0
    """

    spread: Annotated[float, Real(at_least=0.0, below=1.0)] = 0.0

    def violate(self, base: Law) -> Law:
        """Return the mixture in which each state appears twice, with less and with more noise in both views."""
        if isinstance(base, Finite):
            refused(self, base, "a finite support has no noise around the means of its states to scale")
        if not isinstance(base, GaussianMixture):
            refused(self, base, "its dependence is in covariances alone, so what is uncorrelated is independent")
        each = base.covariance
        if base.shared:
            each = np.broadcast_to(each, (*base.batch, *each.shape[-2:]))[..., None, :, :]
            each = np.repeat(each, len(base.probability), axis=-3)
        squares = (1.0 - self.spread, 1.0 + self.spread)
        return self.changed(
            base, probability=np.tile(base.probability, 2) / 2.0, mean=np.concatenate([base.mean] * 2, axis=-2),
            covariance=np.concatenate([a * each for a in squares], axis=-3), label=np.tile(base.label, 2),
            latent=np.tile(base.place, 2),
        )  # fmt: skip
