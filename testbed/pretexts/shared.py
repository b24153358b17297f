"""Linear tasks of one encoder on two views: joint embedding, and reconstruction of the other view or of x."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Literal

import numpy as np

from testbed._linalg import LOST, Array, transpose
from testbed.arguments import Seed, shown
from testbed.data import LinearMap
from testbed.laws import Law
from testbed.laws.augmentation import Augmentation, Level, check_level
from testbed.laws.readouts import FeatureClass
from testbed.laws.shared_views import SharedViews, augmented_views, pooled_views, white_views
from testbed.pretexts.base import NO_LAW, Draw, Pretext, Psi
from testbed.pretexts.one_view import centred, moments_of
from testbed.pretexts.tables import Lookup, Pairs, counted, exact
from testbed.regressors.base import Rank, check_rank, resolve_rank

__all__ = ["JointEmbedding", "OneEncoder", "Reconstruction"]

ZERO = 1e-10  # values of a law at or below this are rounding: their directions are left out


class OneEncoder(Pretext):
    """A task whose encoder serves both views: x1 and x2 in either order, or two augmentations of x1 by a known law."""

    augmentation: Augmentation | None
    level: Level | None
    feature_class: FeatureClass = "linear"

    def __post_init__(self) -> None:
        """Check that an augmentation has a level, and one that it may have, and is seen by linear functions."""
        super().__post_init__()
        if self.feature_class == "universal" and self.augmentation is not None:
            raise ValueError(
                f"feature_class = 'universal' with augmentation = {shown(self.augmentation)}: all functions are known "
                "on the points of a law, so the views must be its x1 and x2"
            )
        if (self.augmentation is None) != (self.level is None):
            raise ValueError(
                f"level = {shown(self.level)} with augmentation = {shown(self.augmentation)}: give both, for views "
                "that are augmentations of x1, or neither, for the views x1 and x2 of the law"
            )
        if self.augmentation is not None and self.level is not None:
            check_level(self.augmentation, self.level)

    @property
    def linear(self) -> bool:
        """The representation is affine in x1, but for all functions on the points."""
        return self.feature_class == "linear"

    @property
    def weighted(self) -> bool:
        """For all functions, counts are all that is looked at."""
        return self.feature_class == "universal"

    @property
    def needs_square(self) -> bool:
        """The scatter (x2, x2) is looked at where x2 is a view."""
        return self.augmentation is None

    @abstractmethod
    def solve(self, views: SharedViews, law: Law, of_law: bool) -> LinearMap:
        """Solve the task for the moments of two views; `of_law` says that they are exact."""

    def fit(self, draw: Draw, law: Law = NO_LAW, rng: Seed = 0) -> Psi:
        """Solve the task for the moments of the draws (divisor n)."""
        self._check_shape(law)
        if self.feature_class == "universal":
            return self._on_points(counted(draw, law, self), law, False)
        moments, n = moments_of(draw), moments_of(draw).n[..., None, None]
        pairs = (("x1", "x1"), ("x1", "x2"), ("x2", "x2"))[: 3 if self.augmentation is None else 1]
        blocks = [moments.block(a, b) / n for a, b in pairs]
        return self.solve(self._views(moments.mean["x1"], moments.mean["x2"], blocks), law, False)

    def optimum(self, law: Law) -> Psi:
        """Solve the task for the moments of the law."""
        self._check_shape(law)
        if self.feature_class == "universal":
            return self._on_points(exact(law, self), law, True)
        truth = law.population()
        return self.solve(self._views(truth.mean1, truth.mean2, [truth.s11, truth.s12, truth.s22]), law, True)

    def _views(self, mean1: Array, mean2: Array, blocks: list[Array]) -> SharedViews:
        if self.augmentation is None or self.level is None:
            return pooled_views(mean1, mean2, *blocks)
        return augmented_views(self.augmentation, self.level, mean1, blocks[0])

    def _on_points(self, pairs: Pairs, law: Law, of_law: bool) -> Psi:
        """Solve the task for the indicators of the points of both views, whose linear functions are all functions."""
        points = np.unique(np.concatenate([pairs.points1, pairs.points2]) + 0.0, axis=0)
        one, two = (Lookup(points, np.eye(len(points)))(p) for p in (pairs.points1, pairs.points2))
        table = one.T @ pairs.p12 @ two
        m1, m2 = table.sum(axis=1), table.sum(axis=0)
        blocks = [np.diag(m1) - np.outer(m1, m1), table - np.outer(m1, m2), np.diag(m2) - np.outer(m2, m2)]
        found = self.solve(pooled_views(m1, m2, *blocks), law, of_law)
        return Lookup(points, found.weight + found.offset)

    def _check_shape(self, law: Law) -> None:
        if self.augmentation is None and law.shape[0] != law.shape[1]:
            raise ValueError(
                f"{shown(self)}: one encoder serves both views, so they must have equally many coordinates; "
                f"x1 has {law.shape[0]}, x2 has {law.shape[1]}"
            )


class _Leading(OneEncoder):
    """The leading eigenvectors of a matrix in coordinates in which the views are white."""

    rank: Rank

    @property
    def leading(self) -> Literal["variance", "first", "none"]:
        """The first coordinates: all have variance 1 over views."""
        return "first"

    @abstractmethod
    def _gain(self, agreement: Array, target: Array) -> Array:
        """Matrix whose leading eigenvalues the task keeps, from white G and white Cov(V, target)."""

    def solve(self, views: SharedViews, law: Law, of_law: bool) -> LinearMap:
        """Whiten the views, diagonalise, and keep the leading directions."""
        axes, varies, _ = white_views(views)
        rank, room = resolve_rank(self.rank, law.shape[2], law.states), int(np.min(varies.sum(axis=-1)))
        check_rank(self.rank, room, f"the views vary in {room} directions only")
        gain = self._gain(transpose(axes) @ views.cross @ axes, transpose(axes) @ views.target)
        gain = 0.5 * (gain + transpose(gain))
        least = 1.0 + np.trace(np.abs(gain), axis1=-2, axis2=-1)[..., None]  # what does not vary comes last
        values, vectors = np.linalg.eigh(gain - np.eye(gain.shape[-1]) * np.where(varies, 0.0, least)[..., None])
        values, weight = values[..., ::-1][..., :rank], (axes @ vectors)[..., ::-1][..., :rank]
        if not of_law:
            return centred(weight, views.mean)
        size = np.sqrt(np.trace(gain @ gain, axis1=-2, axis2=-1))[..., None]
        lost = LOST * (np.abs(views.mean)[..., None, :] @ np.abs(axes))[..., 0, :].max(axis=-1)[..., None]
        kept = np.where(np.abs(values) > (ZERO + lost) * size, 1.0, 0.0)
        return centred(weight * kept[..., None, :], views.mean, full_rank=bool(np.all(kept)))


@dataclass(frozen=True, repr=False)
class JointEmbedding(_Leading):
    """One linear encoder that maps two views of one thing to one place, without collapse.

    With S = Cov V and G = Cov(V, V') of two views, ::

        min over W of E|W'V - W'V'|^2 subject to W'SW = I,    value 2 sum_{i<=r} (1 - omega_i),

    omega the eigenvalues of S^{-1/2} G S^{-1/2}, falling, and W = S^{-1/2} its leading eigenvectors: the directions
    that the augmentation moves least beside their variance. Only the span of W is identified. At the optimum,
    directions of a law with omega = 0 are set to 0. It is the same under any invertible linear map of both views.

    The views are x1 and x2 of the law in either order (exchangeable views, such as those of `Augmented`, have one
    order), or, with an `augmentation` that is known, two of x1; psi is then read at the clean x1, and has the span of
    `InstanceClassification`.

    Parameters
    ----------
    rank : int, "k", "k-1" or "km"
        Number r of outputs.
    augmentation : "gaussian", "mask" or "resample", optional
        How views are made of x1, see `testbed.laws.augmentation`; by default they are x1 and x2.
    level : float or tuple of float, optional
        Its standard deviation, or probability.
    feature_class : "linear" or "universal"
        Functions that the encoder may be: linear ones of a view, or all on the points of a `Finite` law, whose views
        then are x1 and x2 and whose leading eigenfunctions are the outputs; it is fitted on rows.

    Raises
    ------
    ValueError
        An augmentation without a level, or a level without one, or with all functions; in a fit or at the optimum,
        more outputs than directions in which the views vary, or views x1 and x2 of unequal dimensions.

    References
    ----------
    Van Assel, Ibrahim, Biancalani, Regev and Balestriero, "Joint embedding vs reconstruction", 2025.

    Examples
    --------
    >>> from testbed.generators import Augmented, CleanMixture
    >>> from testbed.pretexts import JointEmbedding
    >>> law = Augmented(CleanMixture(k=3, structure_seed=1), "gaussian", 0.5).law()
    >>> psi = JointEmbedding(2).optimum(law)    # what it learns from infinitely many pairs
    >>> truth = law.population()
    >>> float(truth.approximation_error(psi).round(3))    # the excess risk of its best linear read-out, e_apx
    0.077
    """

    rank: Rank
    augmentation: Augmentation | None = None
    level: Level | None = None
    feature_class: FeatureClass = "linear"

    def _gain(self, agreement: Array, target: Array) -> Array:
        return agreement


@dataclass(frozen=True, repr=False)
class Reconstruction(_Leading):
    """Rebuild the other view, or the clean x, from r linear outputs of one view, in the least mean square.

    With S = Cov V and C = Cov(V, T), T what is rebuilt::

        min over D, E of E|T - ET - D'E'(V - EV)|^2 = tr Cov T - sum_{i<=r} sigma_i^2,

    sigma the singular values of S^{-1/2} C, falling; psi = E'(V - EV) with E'SE = I. It follows variance, where
    `JointEmbedding` compares variances with what the augmentation does to them.

    The views are x1 and x2 of the law in either order, and T is the other view; or V is an `augmentation` of x1 that is
    known, T is x1, and psi, read at the clean x1, has the span of the linear `DenoisingAutoencoder`. For Gaussian noise
    both are one task.

    Parameters
    ----------
    rank : int, "k", "k-1" or "km"
        Number r of outputs.
    augmentation : "gaussian", "mask" or "resample", optional
        How views are made of x1, see `testbed.laws.augmentation`; by default they are x1 and x2.
    level : float or tuple of float, optional
        Its standard deviation, or probability.

    Raises
    ------
    ValueError
        As `JointEmbedding`.

    References
    ----------
    Van Assel, Ibrahim, Biancalani, Regev and Balestriero, "Joint embedding vs reconstruction", 2025.

    Examples
    --------
    >>> from testbed.generators import Augmented, CleanMixture
    >>> from testbed.pretexts import Reconstruction
    >>> law = Augmented(CleanMixture(k=3, structure_seed=1), "gaussian", 0.5).law()
    >>> psi = Reconstruction(2).optimum(law)    # what it learns from infinitely many pairs
    >>> truth = law.population()
    >>> float(truth.approximation_error(psi).round(3))    # the excess risk of its best linear read-out, e_apx
    0.077
    """

    rank: Rank
    augmentation: Augmentation | None = None
    level: Level | None = None

    def _gain(self, agreement: Array, target: Array) -> Array:
        return target @ transpose(target)
