"""Variance-covariance regularisation with a ridge penalty, in closed form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from testbed.allowed import NotNegative, Positive
from testbed.data import LinearMap
from testbed.laws import Law
from testbed.laws.augmentation import Augmentation, Level
from testbed.laws.readouts import FeatureClass
from testbed.laws.shared_views import SharedViews, ridge_modes
from testbed.pretexts.one_view import centred
from testbed.pretexts.shared import OneEncoder
from testbed.regressors.base import Rank, resolve_rank

__all__ = ["VICReg"]


@dataclass(frozen=True, repr=False)
class VICReg(OneEncoder):
    """Agreement of two views with a covariance held near the identity: each direction is kept, shrunk or collapses.

    One linear encoder f(v) = W'(v - EV) of r outputs minimises ::

        beta E|f(V) - f(V')|^2 + |E f f' - I|_F^2 + penalty |W|_F^2 = sum_{i<=r} [c_i m_i + (m_i - 1)^2],

    c the eigenvalues of S^{-1/2} (2 beta (S - G) + penalty I) S^{-1/2}, rising, with S = Cov V, G = Cov(V, V'); the
    energies m_i = max(1 - c_i / 2, 0) are the eigenvalues of E f f'. So mode i collapses iff c_i >= 2, whatever is
    done with the others. Directions in which the views do not vary are projected out; outputs beyond the dimension, and
    collapsed ones, are 0 and cost 1 each. W is identified up to a rotation of the outputs; here they are uncorrelated,
    the energies falling.

    The views are x1 and x2 of the law in either order (exchangeable views, such as those of `Augmented`, have one
    order), or, with an `augmentation` that is known, two of x1; psi is then read at the clean x1. Without a penalty it
    is the same under any invertible linear map of both views; the penalty makes units matter.

    Parameters
    ----------
    rank : int, "k", "k-1" or "km"
        Number r of outputs.
    beta : float
        Weight of the agreement.
    penalty : float
        Weight of |W|_F^2, in the unit of x1 squared.
    augmentation : "gaussian", "mask" or "resample", optional
        How views are made of x1, see `testbed.laws.augmentation`; by default they are x1 and x2.
    level : float or tuple of float, optional
        Its standard deviation, or probability.
    feature_class : "linear" or "universal"
        Functions that the encoder may be: linear ones of a view, or all on the points of a `Finite` law, whose views
        then are x1 and x2: |W|_F^2 is that of the values at the points, and it is fitted on rows.

    Raises
    ------
    ValueError
        An augmentation without a level, or a level without one, or with all functions; in a fit or at the optimum,
        views x1 and x2 of unequal dimensions.

    References
    ----------
    Bardes, Ponce and LeCun, "VICReg", ICLR 2022, for the task; Cabannes, Kiani, Balestriero, LeCun and Bietti, "The SSL
    interplay", ICML 2023, for its quadratic form; the energies are this project's (A6).

    Examples
    --------
    >>> from testbed.generators import Augmented, CleanMixture
    >>> from testbed.pretexts import VICReg
    >>> law = Augmented(CleanMixture(k=3, structure_seed=1), "gaussian", 0.5).law()
    >>> psi = VICReg(2, beta=0.5).optimum(law)    # what it learns from infinitely many pairs
    >>> truth = law.population()
    >>> float(truth.approximation_error(psi).round(3))    # the excess risk of its best linear read-out, e_apx
    0.077
    """

    rank: Rank
    beta: Positive = 1.0
    penalty: NotNegative = 0.0
    augmentation: Augmentation | None = None
    level: Level | None = None
    feature_class: FeatureClass = "linear"

    def solve(self, views: SharedViews, law: Law, of_law: bool) -> LinearMap:
        """Keep the modes of least c, each with the root of its energy."""
        c, modes = ridge_modes(views, self.beta, self.penalty)
        rank = resolve_rank(self.rank, law.shape[2], law.states)
        energy = np.maximum(1.0 - 0.5 * c[..., :rank], 0.0)
        weight = modes[..., :rank] * np.sqrt(energy)[..., None, :]
        if rank > weight.shape[-1]:
            beyond = np.zeros((*weight.shape[:-1], rank - weight.shape[-1]))
            weight = np.concatenate([weight, beyond], axis=-1)
        return centred(weight, views.mean, full_rank=bool(np.all(energy > 0.0)) and rank == energy.shape[-1])
