"""Instance classification: tell which of many rows an augmented one was made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from testbed._linalg import Array
from testbed.allowed import Whole
from testbed.arguments import Seed, generator_of, shown
from testbed.data import LinearMap
from testbed.laws import Law
from testbed.laws.augmentation import Augmentation, Level, augment, augmented_moments, check_level
from testbed.pretexts.base import NO_LAW, Draw, Psi, rows_of
from testbed.pretexts.network import fitted
from testbed.pretexts.one_view import OneView, centred, top, width_of
from testbed.regressors.base import Rank

__all__ = ["InstanceClassification"]

COPIES = 10  # augmentations of each instance that the classifier sees


@dataclass(frozen=True, repr=False)
class InstanceClassification(OneView):
    """Tell which of many instances an augmented T(x1) was made from, linearly: Fisher's discriminant directions.

    The optimal posterior is p(i|t) proportional to p(t|x_i). For Gaussian instances and noise of common covariance, a
    bias for each instance and many instances, the logits are spanned by the top generalised eigenvectors v of ::

        B v = lambda W v,    B = Cov E[T(x)|x] between instances,   W = E Cov(T(x)|x) within them,

    scaled to v'W v = 1; beyond Gaussian laws these directions are taken as the linear form of the task. By default
    they are solved for the moments of x1. With `instances` the classifier is trained: multinomial logistic regression
    (scikit-learn's, with its default penalty, coordinates in units of their deviation within instances) on 10
    augmentations of each of so many rows; psi is then the leading principal components of its logits.

    The level of Gaussian noise has the unit of x1. Masks and resampling have none, so the fit is the same in other
    units of each column; a mask sets coordinates to 0, so their origins matter to it.

    Parameters
    ----------
    rank : int, "k", "k-1" or "km"
        Number of directions, at most d1; a named one keeps all d1 where there are fewer.
    level : float or tuple of float
        Standard deviation of Gaussian noise, or probability that a coordinate is masked or resampled; above 0, as
        instances would be told apart by a coordinate that never changes.
    augmentation : "gaussian", "mask" or "resample"
        See `testbed.laws.augmentation`.
    instances : int, optional
        Number of rows that are classes of a trained classifier, at least 3.

    Raises
    ------
    ValueError
        In a fit or at the optimum: a coordinate of x1 that is constant, fewer rows than instances, more directions
        than d1.

    References
    ----------
    Dosovitskiy, Springenberg, Riedmiller and Brox, "Discriminative unsupervised feature learning", NeurIPS 2014; Wu,
    Xiong, Yu and Lin, "Unsupervised feature learning via non-parametric instance discrimination", CVPR 2018.

    Examples
    --------
    >>> from testbed.generators import CleanMixture
    >>> from testbed.pretexts import InstanceClassification
    >>> law = CleanMixture(k=3, structure_seed=1).law()
    >>> psi = InstanceClassification(2).optimum(law)    # what it learns from infinitely many pairs
    >>> truth = law.population()
    >>> float(truth.approximation_error(psi).round(3))    # the excess risk of its best linear read-out, e_apx
    0.092
    """

    rank: Rank
    level: Level = 1.0
    augmentation: Augmentation = "gaussian"
    instances: Annotated[int, Whole(3)] | None = None

    def __post_init__(self) -> None:
        """Check the level of this augmentation."""
        super().__post_init__()
        check_level(self.augmentation, self.level)
        if np.min(self.level) <= 0.0:
            raise ValueError(
                f"level = {shown(self.level)}: must be above 0, or what never changes tells the instances apart"
            )

    @property
    def linear(self) -> bool:
        """Whether moments are enough; the trained classifier is affine in x1 as well, but needs rows."""
        return self.instances is None

    def solve(self, mean: Array, covariance: Array, law: Law) -> LinearMap:
        """Diagonalise the covariance between instances after whitening that within them."""
        seen = augmented_moments(self.augmentation, self.level, mean, covariance)
        if np.any(seen.within <= 0.0):
            raise ValueError(f"{shown(self)}: a coordinate of x1 is constant, and each must vary within instances")
        white = 1.0 / np.sqrt(seen.within)
        rank = width_of(self.rank, law, mean.shape[-1])
        directions = top(white[..., :, None] * seen.between * white[..., None, :], rank)
        return centred(white[..., :, None] * directions, seen.mean)

    def fit(self, draw: Draw, law: Law = NO_LAW, rng: Seed = 0) -> Psi:
        """Solve the task for the moments of the draws, or train the classifier on rows."""
        rng = generator_of(rng)
        if self.instances is None:
            return super().fit(draw, law, rng)
        from sklearn.linear_model import LogisticRegression

        x1 = rows_of(draw, self).x1
        if len(x1) < self.instances:
            raise ValueError(f"{shown(self)} needs n >= {self.instances} rows; got n = {len(x1)}")
        index = np.tile(np.arange(self.instances), COPIES)
        copies = np.stack([augment(self.augmentation, self.level, x1, rng)[: self.instances] for _ in range(COPIES)])
        rows, mean = np.concatenate(copies), copies.mean(axis=(0, 1))  # "resample" took coordinates of all rows
        within = copies.std(axis=0).mean(axis=0)
        scale = np.where(within > 0.0, within, 1.0)  # so that the penalty treats directions alike
        model = fitted(LogisticRegression(max_iter=200), (rows - mean) / scale, index)
        weight = (model.coef_ - model.coef_.mean(axis=0)).T / scale[:, None]
        axes = np.linalg.svd((rows - mean) @ weight, full_matrices=False)[2]
        rank = width_of(self.rank, law, x1.shape[1])
        return centred(weight @ axes[:rank].T, mean)
