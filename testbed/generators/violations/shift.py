"""V12: unlabelled pairs and labelled data come from different laws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from testbed.allowed import Positive, Real
from testbed.generators.edge import Reads
from testbed.generators.violations.base import Violation
from testbed.generators.violations.imbalance import reweighted
from testbed.generators.violations.selection import tilted, weights
from testbed.laws import Law, Shifted

__all__ = ["CovariateShift", "LabelShift"]


@dataclass(frozen=True, repr=False)
class CovariateShift(Violation):
    """V12: unlabelled pairs are selected by x1 alone, with weight exp(-(w1'x1 - c)^2 / (2 t^2)).

    Labelled data, truth and evaluation are the base's. p(x2 | x1) is one, so the universal psi* is unchanged; errors of
    the pretext are weighed by another law of x1, up or down, and the best affine psi does move. In closed form where
    `Selected` is: the law of the pairs is `law.pretext_law`, with a population of its own.

    Breaks the assumption that pretext and downstream data have one law.

    Parameters
    ----------
    base : Generator or Law
    t_std, threshold : float
        Width t and centre c of what is selected, in units of w1'x1.
    reads : "noise", "means" or "generic"
        w1, as in `Selected`.

    Raises
    ------
    ValueError
        As `Selected`.

    Examples
    --------
    >>> from testbed.generators import CleanMixture, CovariateShift
    >>> law = CovariateShift(CleanMixture(k=3, structure_seed=1), threshold=0.5).law()
    >>> truth = law.population()
    >>> bool((law.pretext_law.population().mean1 - truth.mean1).round(2).any())
    True
    """

    t_std: Positive = 1.0
    threshold: Annotated[float, Real()] = 0.0
    reads: Reads = "means"

    def violate(self, base: Law) -> Law:
        """Select the pairs by x1."""
        w1 = weights(self, base, 1, self.reads)
        w = np.concatenate([w1, np.zeros((*base.batch, base.shape[1]))], axis=-1)
        return Shifted(base, tilted(self, base, w, self.threshold, self.t_std))


@dataclass(frozen=True, repr=False)
class LabelShift(Violation):
    """V12: in the unlabelled pairs class y has ratio^{-y / (k-1)} times its probability, normalised.

    Labelled data, truth and evaluation are the base's; laws within classes are one. The psi* of the pairs is A_bar'
    times another posterior, so it is no linear image of the base's f*: e_apx > 0 even there, and at rank k. The
    law of the pairs is `law.pretext_law`, with a population of its own.

    Breaks the assumption that pretext and downstream data have one law.

    Parameters
    ----------
    base : Generator or Law
        A mixture or a finite law.
    ratio : float
        Factor between the first and the last class, at least 1.

    Raises
    ------
    ValueError
        As `Imbalanced`.

    Examples
    --------
    >>> from testbed.generators import CleanMixture, LabelShift
    >>> law = LabelShift(CleanMixture(k=3, structure_seed=1), ratio=4.0).law()
    >>> truth = law.population()
    >>> truth.mean_y.round(3), law.pretext_law.population().mean_y.round(3)
    (array([0.333, 0.333, 0.333]), array([0.571, 0.286, 0.143]))
    """

    ratio: Annotated[float, Real(at_least=1.0)] = 1.0

    def violate(self, base: Law) -> Law:
        """Weigh the classes of the pairs."""
        return Shifted(base, reweighted(self, base, self.ratio))
