"""V8: conditional means of X2 that say nothing, while its conditional laws say everything."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from testbed.generators.violations.base import Violation, refused
from testbed.laws import Finite, GaussianMixture, Law

__all__ = ["RandomSign"]


@dataclass(frozen=True, repr=False)
class RandomSign(Violation):
    """V8: X2 is multiplied by a fair sign that is independent of everything else, and hidden.

    So E[X2 | anything of x1, y, z] = 0: A = 0, psi* = 0 in both classes, eps_CI = 0, beta = 0, and regression of X2
    fails altogether (e_apx(psi*) = E|f* - EY|^2 with intercept). The laws p(x2 | y) still differ, and X2^2 is what it
    was: in a mixture E[X2_i^2 | state] = mu2_i^2 + C22_ii, of full rank in general. Regressing h(X2) = X2^2
    (`SquareTarget`) or the singular functions (`CanonicalTarget`) therefore works, and so does nonlinear CCA, but not
    linear CCA.

    Breaks the rank assumption alone: independence given (Y, Z), where the base has it, stays.

    Parameters
    ----------
    base : Generator or Law
        A mixture (a state becomes two, of means mu2 and -mu2, which neither Y nor Z tells apart) or a finite law.

    Raises
    ------
    ValueError
        From `law`: a jointly Gaussian base, since the result is a mixture of two Gaussian laws.

    Examples
    --------
    >>> from testbed.generators import CleanMixture, RandomSign
    >>> truth = RandomSign(CleanMixture(k=3, structure_seed=1)).law().population()
    >>> float(abs(truth.A).max().round(6))    # E[X2 | Y] is gone
    0.0
    """

    def violate(self, base: Law) -> Law:
        """Multiply X2 by the sign."""
        if isinstance(base, Finite):
            joint = np.concatenate([base.joint, base.joint], axis=-1) / 2.0
            return Finite(joint, base.v1, np.concatenate([base.v2, -base.v2]))
        if not isinstance(base, GaussianMixture):
            refused(self, base, "with a random sign it would be a law of another family")
        sign = np.where(np.arange(base.mean.shape[-1]) < base.d1, 1.0, -1.0)
        mean = np.concatenate([base.mean, base.mean * sign], axis=-2)
        mean = np.asarray(mean)
        turned = base.covariance * sign * sign[:, None]
        covariance = base.covariance
        if not base.shared:
            covariance = np.concatenate([covariance, turned], axis=-3)
        elif np.any(turned != covariance):  # an edge turns with the sign
            states = len(base.probability)
            wide = [np.broadcast_to(c, (*base.batch, *c.shape[-2:]))[..., None, :, :] for c in (covariance, turned)]
            covariance = np.concatenate([np.repeat(c, states, axis=-3) for c in wide], axis=-3)
        return self.changed(
            base, probability=np.tile(base.probability, 2) / 2.0, mean=mean, covariance=covariance,
            label=np.tile(base.label, 2), latent=np.tile(base.place, 2),
        )  # fmt: skip
