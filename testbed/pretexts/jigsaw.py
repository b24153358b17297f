"""The jigsaw task: tell in which order the patches of x1 are."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import permutations
from typing import Annotated

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp

from testbed._linalg import Array
from testbed.allowed import Count, Whole
from testbed.arguments import Seed, generator_of, shown
from testbed.laws import GaussianMixture, JointGaussian, Law
from testbed.laws.densities import gaussian_states
from testbed.maps import Computed
from testbed.pretexts.base import NO_LAW, Draw, Pretext, Psi, rows_of
from testbed.pretexts.network import fitted, layer, layers_of

__all__ = ["Jigsaw", "permutation_scores"]

MOST = 5  # patches: 120 permutations


def _orders(patches: int, d1: int) -> list[npt.NDArray[np.intp]]:
    """Columns of the image put back, for each permutation: a patch shown at place j belongs at place pi(j)."""
    d0 = d1 // patches
    columns = np.arange(d1).reshape(patches, d0)
    return [columns[np.argsort(pi)].ravel() for pi in permutations(range(patches))]


def permutation_scores(law: Law, patches: int) -> Callable[[Array], Array]:
    """Log p(pi | x) for all permutations of equal patches of x1, less its mean over them: (n, d1) -> (n, patches!).

    p(pi | x) is proportional to sum_s p_s N(x put back by pi; mu1_s, C11_s), the permutations equally likely.

    Raises
    ------
    ValueError
        Laws without densities of x1 (not mixtures of Gaussians), with leading axes, with a singular covariance, or
        whose d1 is no multiple of `patches`.
    """
    if not isinstance(law, GaussianMixture | JointGaussian):
        raise ValueError(
            f"jigsaw on a {type(law).__name__}: its patches cannot be permuted; a mixture of Gaussians is needed"
        )
    _check_cut(law.shape[0], patches)
    d1 = law.shape[0]
    states = gaussian_states(law)
    orders = _orders(patches, d1)

    def scores(x1: Array) -> Array:
        x = np.asarray(x1, dtype=float)
        table = np.empty((len(x), len(orders)))
        for i, order in enumerate(orders):
            table[:, i] = logsumexp(states.log_density(x[:, order]), axis=-1)
        return np.asarray(table - table.mean(axis=-1, keepdims=True))

    return Computed(scores, "log posteriors of the orders")


def _check_cut(d1: int, patches: int) -> None:
    if d1 % patches:
        raise ValueError(
            f"patches = {patches}: x1 has {d1} coordinates, which cannot be cut into {patches} equal patches"
        )


@dataclass(frozen=True, repr=False)
class Jigsaw(Pretext):
    """Shuffle the patches of x1 and predict the permutation; psi(x1) is the vector of logits, less their mean.

    One shuffle of each row is classified into patches! permutations: by multinomial logistic regression without hidden
    layers, otherwise by a network of tanh units (scikit-learn's LogisticRegression and MLPClassifier, at most 200
    passes). The optimum is log p(pi|x1), exact in mixtures of Gaussians. x1 is cut into equal runs of coordinates.
    All coordinates must be in one unit, since patches change places: the fit is the same in other common units and from
    another common origin.

    Learnt logits depend a little on all of x1, and a least-squares probe enlarges small directions (as with `Predict`):
    where the optimum has low rank, compare `Truncated` logits. In an additive law it has rank (patches - 1)^2.

    Parameters
    ----------
    patches : int
        Number of patches, 2 to 5; it must divide d1.
    hidden : tuple of int
        Sizes of the hidden layers; empty for linear logits.

    Raises
    ------
    ValueError
        In a fit or at the optimum: laws whose x1 has no such patches.

    References
    ----------
    Noroozi and Favaro, "Unsupervised learning of visual representations by solving jigsaw puzzles", ECCV 2016.

    Examples
    --------
    >>> from testbed.generators import Patches
    >>> from testbed.pretexts import Jigsaw
    >>> law = Patches(patches=3, structure_seed=1).law()
    >>> psi = Jigsaw(patches=3).optimum(law)    # what it learns from infinitely many pairs
    >>> truth = law.population()
    >>> float(truth.approximation_error(psi).round(3))    # the excess risk of its best linear read-out, e_apx
    0.667
    """

    patches: Annotated[int, Whole(2, MOST)]
    hidden: tuple[Count, ...] = ()

    @property
    def linear(self) -> bool:
        """False: the permutation is no function of moments, so rows are needed."""
        return False

    def fit(self, draw: Draw, law: Law = NO_LAW, rng: Seed = 0) -> Psi:
        """Fit a classifier of the permutation to images whose patches are shuffled, and return its scores as psi."""
        rng = generator_of(rng)
        from sklearn.linear_model import LogisticRegression
        from sklearn.neural_network import MLPClassifier

        x1 = rows_of(draw, self).x1
        d1 = x1.shape[1]
        _check_cut(d1, self.patches)
        backs = [np.argsort(order) for order in _orders(self.patches, d1)]  # from the image to the shuffled one
        index = np.r_[np.arange(len(backs)), rng.integers(len(backs), size=max(0, len(x1) - len(backs)))][: len(x1)]
        if len(x1) < len(backs):
            raise ValueError(f"{shown(self)} needs n >= {len(backs)} rows, one for each permutation; got n = {len(x1)}")
        index = rng.permutation(index)
        shuffled = np.take_along_axis(x1, np.stack(backs)[index], axis=1)
        mean, scale = np.full(d1, float(x1.mean())), np.full(d1, max(float(x1.std()), np.finfo(float).tiny))
        if not self.hidden:
            model = fitted(LogisticRegression(max_iter=200), (shuffled - mean) / scale, index)
            weight, bias = model.coef_.T, model.intercept_
            return Computed(
                lambda x: _levelled(((np.asarray(x, dtype=float) - mean) / scale) @ weight + bias), "logits of orders"
            )
        network = MLPClassifier(
            hidden_layer_sizes=self.hidden, activation="tanh", random_state=int(rng.integers(2**31))
        )
        logits = layer(layers_of(fitted(network, (shuffled - mean) / scale, index)), mean, scale, last=True)
        return Computed(lambda x: _levelled(logits(x)), "logits of orders, by a network")

    def optimum(self, law: Law) -> Psi:
        """Log p(pi | x1), less its mean over permutations."""
        return permutation_scores(law, self.patches)


def _levelled(logits: Array) -> Array:
    """Logits less their mean; of two classes one logit is given, that of the second against the first."""
    if logits.shape[-1] == 1:
        return np.hstack([-0.5 * logits, 0.5 * logits])
    return np.asarray(logits - logits.mean(axis=-1, keepdims=True))
