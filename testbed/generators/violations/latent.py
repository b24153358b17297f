"""V3: a latent that moves both views is dropped from the analysis, altogether or in steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from testbed.allowed import Whole
from testbed.generators.violations.base import Violation, refused
from testbed.laws import Finite, GaussianMixture, JointGaussian, Law

__all__ = ["DropLatent"]


@dataclass(frozen=True, repr=False)
class DropLatent(Violation):
    """V3: Z stays in the law of the views and is dropped from what they are held against.

    The draws of (x1, x2, y) are those of the base. What changes is the state that A_bar, eps_CI, beta and the
    bounds are about: with `keep` = 0 it is Y alone, so eps_CI is what it was given Y, while the base's own, given
    (Y, Z), may be 0. Its size is E|psi* - A'f*|^2 of the base. `keep` = 0, 1, 2, ... is a path on which Z is refined
    step by step: 1/beta never falls along it; eps_CI usually falls, but may rise (a collider).

    Parameters
    ----------
    base : Generator or Law
        With a latent: a mixture or a finite law with m > 1, or a jointly Gaussian one with m > 0.
    keep : int
        How much of Z is kept. In a mixture or a finite law: its values 0, ..., keep - 1, all others being one value
        (so from m - 1 on all of Z); jointly Gaussian: its first `keep` coordinates.

    Raises
    ------
    ValueError
        keep that is no whole number; from `law`: a base without a latent, or whose latent is not one of these.

    Examples
    --------
    >>> from testbed.generators import CleanMixture, DropLatent
    >>> truth = DropLatent(CleanMixture(k=3, m=2, structure_seed=1)).law().population()
    >>> float(truth.epsilon_ci("linear").round(3))
    0.447
    """

    keep: Annotated[int, Whole(0)] = 0

    def violate(self, base: Law) -> Law:
        """Return the law of the base in which the latent is hidden, up to what `keep` leaves."""
        if not isinstance(base, GaussianMixture | Finite | JointGaussian):
            refused(self, base, "its latent is what the label is read off")
        if base.shape[3] <= (0 if isinstance(base, JointGaussian) else 1):
            refused(self, base, "it has no latent to drop (m is too small)")
        if isinstance(base, JointGaussian):
            d1, d2, k, m = base.shape
            m = min(m, self.keep)
            width = d1 + d2 + k + m
            return JointGaussian(base.covariance[..., :width, :width], d1, d2, k, m)
        if isinstance(base, GaussianMixture):
            return self.changed(base, latent=np.minimum(base.place, self.keep))
        kept = min(self.keep, base.shape[3] - 1)
        rest = base.joint[:, kept:].sum(axis=1, keepdims=True)
        return Finite(np.concatenate([base.joint[:, :kept], rest], axis=1), base.v1, base.v2)
