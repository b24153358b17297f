"""The landmark embedding: density ratios of x1 with some x2, from a contrastive classifier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from testbed._linalg import Array, standards
from testbed.allowed import Count, Tuple, Whole
from testbed.arguments import Seed, generator_of, shown
from testbed.data import Sample
from testbed.laws import Finite, Law
from testbed.laws.densities import density_ratio
from testbed.maps import Computed
from testbed.pretexts.base import NO_LAW, Draw, Pretext, Psi, rows_of
from testbed.pretexts.network import fitted, layer, layers_of
from testbed.pretexts.tables import Lookup, counted

__all__ = ["Landmarks"]

MOST = 30.0  # logit above which a learnt ratio is cut


@dataclass(frozen=True, repr=False)
class Landmarks(Pretext):
    """psi_j(x1) = p(x1, l_j) / (p(x1) p(l_j)) at landmarks l_1, ..., l_m drawn from p(x2).

    As m grows a linear probe reaches mu(x1) = E[E[Y|X2] | X1 = x1]. It is the ratio that is needed, not its log. Learnt
    by counting pairs on a `Finite` law, elsewhere from the logit of a network of tanh units that tells the pairs (x1,
    x2) from as many with the x2 of another row (scikit-learn's MLPClassifier with its defaults: Adam, at most 200
    passes); landmarks are then x2 of the draws. Those of the optimum are a fixed draw from the law.

    Parameters
    ----------
    landmarks : int
        Number of landmarks m.
    hidden : tuple of int
        Sizes of the hidden layers of the network, at least one layer.

    Raises
    ------
    ValueError
        In a fit on fewer rows than landmarks; at the optimum of a law without densities.

    References
    ----------
    Tosh, Krishnamurthy and Hsu, "Contrastive learning, multi-view redundancy, and linear models", ALT 2021.

    Examples
    --------
    >>> from testbed.generators import CleanFinite
    >>> from testbed.pretexts import Landmarks
    >>> law = CleanFinite(k=3, structure_seed=1).law()
    >>> psi = Landmarks(5).optimum(law)    # what it learns from infinitely many pairs
    >>> truth = law.population()
    >>> float(truth.approximation_error(psi).round(3))    # the excess risk of its best linear read-out, e_apx
    0.0
    """

    landmarks: Count
    hidden: Annotated[tuple[int, ...], Tuple(Whole(1), least=1)] = (64,)

    @property
    def linear(self) -> bool:
        """False: density ratios are not affine in x1."""
        return False

    def fit(self, draw: Draw, law: Law = NO_LAW, rng: Seed = 0) -> Psi:
        """Estimate the ratio, and read it at x2 of the draws."""
        rng = generator_of(rng)
        draw = rows_of(draw, self)
        if len(draw.x2) < self.landmarks:
            raise ValueError(f"{shown(self)} needs n >= {self.landmarks} pairs; got n = {len(draw.x2)}")
        marks = draw.x2[rng.choice(len(draw.x2), self.landmarks, replace=False)]
        if isinstance(law.pretext_law, Finite):
            pairs = counted(draw, law, self)
            columns = Lookup(pairs.points2, np.eye(len(pairs.points2)))(marks)
            return Lookup(pairs.points1, (pairs.p12 / np.outer(*pairs.marginals)) @ columns.T)
        return self._classifier(draw, marks, rng)

    def _classifier(self, draw: Sample, marks: Array, rng: np.random.Generator) -> Psi:
        """Classify true and shuffled pairs."""
        from sklearn.neural_network import MLPClassifier

        true = np.hstack([draw.x1, draw.x2])
        other = np.hstack([draw.x1, draw.x2[rng.permutation(len(draw.x2))]])
        mean, scale = standards(true)
        network = MLPClassifier(
            hidden_layer_sizes=self.hidden, activation="tanh", random_state=int(rng.integers(2**31))
        )
        rows, kind = (np.vstack([true, other]) - mean) / scale, np.repeat([1, 0], len(true))
        logit = layer(layers_of(fitted(network, rows, kind)), mean, scale, last=True)

        def ratios(x1: Array) -> Array:
            rows = np.asarray(x1, dtype=float)
            columns = [logit(np.hstack([rows, np.broadcast_to(mark, (len(rows), len(mark)))]))[:, 0] for mark in marks]
            return np.exp(np.minimum(np.stack(columns, axis=-1), MOST))

        return Computed(ratios, f"ratios of densities at {len(marks)} landmarks, learnt")

    def optimum(self, law: Law) -> Psi:
        """Exact ratios at a fixed draw of landmarks."""
        ratio = density_ratio(law)
        marks = law.sample(self.landmarks, np.random.default_rng(0)).x2
        return Computed(lambda x1: ratio(x1, marks), f"ratios of densities at {len(marks)} landmarks")
