"""Auto-encoding and denoising of x1 through a bottleneck: linear in closed form, otherwise a small network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from testbed._linalg import Array, standards
from testbed.allowed import Count
from testbed.arguments import Seed, generator_of, shown
from testbed.data import LinearMap
from testbed.laws import Law
from testbed.laws.augmentation import Augmentation, Level, augment, check_level
from testbed.pretexts.base import NO_LAW, Draw, Psi, Unknown, rows_of
from testbed.pretexts.network import layer
from testbed.pretexts.one_view import OneView, denoising, principal, width_of
from testbed.pretexts.rebuilding import train
from testbed.regressors.base import Rank, resolve_rank

__all__ = ["Autoencoder", "DenoisingAutoencoder"]


class Bottleneck(OneView):
    """A code of x1 of `rank` numbers from which x1 is to be rebuilt; `hidden` layers stand on either side of it."""

    rank: Rank
    hidden: tuple[int, ...]

    @property
    def linear(self) -> bool:
        """Whether there are no hidden layers, so that the code is affine in x1."""
        return not self.hidden

    def _input(self, x1: Array, rng: np.random.Generator) -> Array:
        """What the network is given."""
        return x1

    def fit(self, draw: Draw, law: Law = NO_LAW, rng: Seed = 0) -> Psi:
        """Solve the linear task for the moments, or train the network on rows."""
        rng = generator_of(rng)
        if self.linear:
            return super().fit(draw, law, rng)
        x1 = rows_of(draw, self).x1
        rank = resolve_rank(self.rank, law.shape[2], law.states)
        return _code(self._input(x1, rng), x1, (*self.hidden, rank, *self.hidden[::-1]), rng)

    def optimum(self, law: Law) -> Psi:
        """Solve the linear task for the moments of the law; the network's optimum is not known."""
        if self.linear:
            return super().optimum(law)
        return Unknown(f"{shown(self)}: the optimum of a network with hidden layers is not known")


def _code(seen: Array, target: Array, sizes: tuple[int, ...], rng: np.random.Generator) -> Callable[[Array], Array]:
    """Train a network with tanh units on standardised rows, and return its middle layer."""
    mean, scale = standards(target)
    layers = train((seen - mean) / scale, (target - mean) / scale, sizes, int(rng.integers(2**31)))
    return layer(layers[: len(sizes) // 2 + 1], mean, scale)


@dataclass(frozen=True, repr=False)
class Autoencoder(Bottleneck):
    """Rebuild x1 from a code of r numbers, in the least mean square.

    Without hidden layers the code spans the leading principal components (`PCA`). With hidden = (h1, ..., hL) a network
    of tanh units and widths d1, h1, ..., hL, r, hL, ..., h1, d1 is trained on standardised rows (the steps of
    scikit-learn's MLPRegressor with its defaults: Adam, at most 200 passes); psi is its middle layer. Its optimum is
    not known. The linear task weighs columns by their variance, so it is the same in other common units only; the
    network's is the same in other units of each column.

    Parameters
    ----------
    rank : int, "k", "k-1" or "km"
        Size of the code. Of the linear task it is at most d1, and a named one keeps all d1 where there are fewer.
    hidden : tuple of int
        Sizes of the layers before the code, mirrored behind it; empty for the linear task.

    Raises
    ------
    ValueError
        In a fit or at the optimum of the linear task: a number of codes above d1.

    References
    ----------
    Baldi and Hornik, Neural Networks 2, 1989 (linear); Hinton and Salakhutdinov, Science 313, 2006.

    Examples
    --------
    >>> from testbed.generators import CleanMixture
    >>> from testbed.pretexts import Autoencoder
    >>> law = CleanMixture(k=3, structure_seed=1).law()
    >>> psi = Autoencoder(2).optimum(law)    # what it learns from infinitely many pairs
    >>> truth = law.population()
    >>> float(truth.approximation_error(psi).round(3))    # the excess risk of its best linear read-out, e_apx
    0.092
    """

    rank: Rank
    hidden: tuple[Count, ...] = ()

    def solve(self, mean: Array, covariance: Array, law: Law) -> LinearMap:
        """Return the map to the leading principal components of x1."""
        return principal(mean, covariance, width_of(self.rank, law, covariance.shape[-1]))


@dataclass(frozen=True, repr=False)
class DenoisingAutoencoder(Bottleneck):
    """Rebuild x1 from a corrupted T(x1) through a code of r numbers; psi is the code of the clean x1.

    The linear task is reduced-rank regression of x on T(x), in closed form: with St = Cov T(x), C = Cov(T(x), x) and
    V_r the top r eigenvectors of C' St^{-1} C, ::

        psi(x1) = V_r' C' St^{-1} (x1 - E T(x1)),
        mask (probability q):  St = (1-q)^2 S + q(1-q) diag(S + m m'),   C = (1-q) S
        gaussian (std s):      St = S + s^2 I,                           C = S.

    With `hidden` layers it is the network of `Autoencoder`, given one corruption of each row. Units are as there; the
    level of Gaussian noise has the unit of x1, and a mask sets coordinates to 0, so their origins matter to it.

    Parameters
    ----------
    corruption : "gaussian", "mask" or "resample"
        See `testbed.laws.augmentation`.
    level : float or tuple of float
        Standard deviation, or probability below 1 that a coordinate is corrupted; a tuple has one for each coordinate.
    rank, hidden
        As in `Autoencoder`.

    Raises
    ------
    ValueError
        A level of 1; in a fit or at the optimum of the linear task, a number of codes above d1.

    References
    ----------
    Vincent, Larochelle, Bengio and Manzagol, ICML 2008; Chen, Xu, Weinberger and Sha, ICML 2012 (linear, mask).

    Examples
    --------
    >>> from testbed.generators import CleanMixture
    >>> from testbed.pretexts import DenoisingAutoencoder
    >>> law = CleanMixture(k=3, structure_seed=1).law()
    >>> psi = DenoisingAutoencoder("mask", 0.5, 2).optimum(law)    # what it learns from infinitely many pairs
    >>> truth = law.population()
    >>> float(truth.approximation_error(psi).round(3))    # the excess risk of its best linear read-out, e_apx
    0.093
    """

    corruption: Augmentation
    level: Level
    rank: Rank
    hidden: tuple[Count, ...] = ()

    def __post_init__(self) -> None:
        """Check the level of this corruption."""
        super().__post_init__()
        check_level(self.corruption, self.level)
        if self.corruption != "gaussian" and np.max(self.level) >= 1.0:
            raise ValueError(f"level = {shown(self.level)}: must be below 1, since at 1 nothing of x1 is left to see")

    def _input(self, x1: Array, rng: np.random.Generator) -> Array:
        return augment(self.corruption, self.level, x1, rng)

    def solve(self, mean: Array, covariance: Array, law: Law) -> LinearMap:
        """Return the code of the reduced-rank regression of x1 on its corruption, read at the clean x1."""
        rank = width_of(self.rank, law, covariance.shape[-1])
        return denoising(self.corruption, self.level, mean, covariance, rank)
