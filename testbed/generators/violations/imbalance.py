"""V11: the classes have unequal probabilities."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from testbed._linalg import Array
from testbed.allowed import Real
from testbed.generators.violations.base import Violation, refused
from testbed.laws import Finite, GaussianMixture, Law

__all__ = ["Imbalanced", "reweighted"]


@dataclass(frozen=True, repr=False)
class Imbalanced(Violation):
    """V11: the probability of class y is multiplied by ratio^{-y / (k-1)}, and all are normalised.

    From a base with equal classes the first is then `ratio` times as likely as the last. Laws within classes stay, and
    with them A, A_bar and, where the base has no edge, independence and e_apx(psi*) = 0; f*, the Bayes noise and eps_CI
    move.

    Breaks the sample size that the theory asks for (n2 against the fourth power of the largest inverse probability): a
    class with n2 min p near 1 is absent from many labelled draws, and its risk does not fall there. (`CleanMixture` has
    a dial `priors` for other shapes.)

    Parameters
    ----------
    base : Generator or Law
        A mixture or a finite law.
    ratio : float
        Probability of the first class over that of the last, if the base has equal ones; at least 1.

    Raises
    ------
    ValueError
        ratio out of range; from `law`: a law whose label is real.

    Examples
    --------
    >>> from testbed.generators import CleanMixture, Imbalanced
    >>> truth = Imbalanced(CleanMixture(k=3, structure_seed=1), ratio=4.0).law().population()
    >>> truth.mean_y.round(3)
    array([0.571, 0.286, 0.143])
    """

    ratio: Annotated[float, Real(at_least=1.0)] = 1.0

    def violate(self, base: Law) -> Law:
        """Return the law of the base with its classes weighted by powers of `ratio`."""
        return reweighted(self, base, self.ratio)


def reweighted(violation: Violation, base: Law, ratio: float) -> Law:
    """Return a law whose class y has ratio^{-y / (k-1)} times its probability, normalised."""
    if not isinstance(base, GaussianMixture | Finite):
        refused(violation, base, "its label is real, so there are no classes")
    k = base.shape[2]
    factor: Array = ratio ** (-np.arange(k) / max(k - 1, 1))
    if isinstance(base, Finite):
        joint = base.joint * factor[:, None, None, None]
        return Finite(joint / joint.sum(), base.v1, base.v2)
    p = base.probability * factor[base.label]
    return GaussianMixture(p / p.sum(), base.mean, base.covariance, base.d1, base.label, base.latent)
