"""A law of one x turned into two views: two independent augmentations of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from testbed._linalg import Array
from testbed.arguments import shown
from testbed.generators.base import Generator
from testbed.keys import canonical
from testbed.laws import Finite, GaussianMixture, JointGaussian, Law
from testbed.laws.augmentation import Augmentation, Level, augmented_moments, augmented_points, check_level

__all__ = ["Augmented"]


@dataclass(frozen=True, repr=False)
class Augmented(Generator):
    """X1 = T(X) and X2 = T'(X), two independent augmentations of one X: the x1 of a base law, whose label is kept.

    "gaussian" adds N(0, diag(level^2)); "mask" sets each coordinate to 0, "resample" draws it anew from its own
    marginal law, with probability `level`. A tuple has one level for each coordinate, so a nuisance is resampled by
    levels of 1 where it sits and 0 elsewhere. The result is exact again:

    - of a `JointGaussian`: "gaussian" at any level, "mask" and "resample" at levels of 0 and 1 (others leave the
      family);
    - of a `GaussianMixture`: "gaussian";
    - of a `Finite` law: "mask" and "resample".

    X1 and X2 are independent given X, in general not given the label. The x2 of the base is not used.

    Parameters
    ----------
    base : Law or Generator
        Where X and the label come from.
    augmentation : "gaussian", "mask" or "resample"
        How the views are made.
    level : float or tuple of float
        Standard deviation, or probability.

    Raises
    ------
    ValueError
        Dials out of range, at once; combinations whose result has no exact law here, when the law is asked for.

    References
    ----------
    HaoChen, Wei, Gaidon and Ma, "Provable guarantees for self-supervised deep learning with spectral contrastive
    loss", NeurIPS 2021 (views as augmentations of one natural x).

    Examples
    --------
    >>> from testbed.generators import Augmented, CleanMixture
    >>> law = Augmented(CleanMixture(k=3, d1=6, structure_seed=1), "gaussian", 0.5).law()
    >>> law.shape    # both views are copies of x1 with noise of their own
    (6, 6, 3, 1)
    """

    base: Law | Generator
    augmentation: Augmentation = "gaussian"
    level: Level = 0.5

    def __post_init__(self) -> None:
        """Check the level of this augmentation."""
        super().__post_init__()
        check_level(self.augmentation, self.level)

    @property
    def frozen(self) -> bool:
        """Whether all repetitions share one structure, that of the base."""
        return isinstance(self.base, Law) or self.base.frozen

    @property
    def structure_key(self) -> str:
        """Canonical text of the structure of the base, so that augmented and plain laws share their structures."""
        return self.base.structure_key if isinstance(self.base, Generator) else canonical(self.base)

    def law(self, rng: np.random.Generator | None = None, repeats: int | None = None) -> Law:
        """Draw the base and return the law of its two views."""
        base = self.base.law(rng, repeats)
        views: Law | None = None
        if isinstance(base, JointGaussian):
            views = self._gaussian(base)
        elif isinstance(base, GaussianMixture) and self.augmentation == "gaussian":
            views = self._mixture(base)
        elif isinstance(base, Finite) and self.augmentation != "gaussian":
            views = self._finite(base)
        if views is not None:
            return views._mark_cut() if base.redrawn and not views.redrawn else views
        raise ValueError(
            f"augmentation = {shown(self.augmentation)} of a {type(base).__name__} has no exact law here; "
            "allowed: all of a JointGaussian, 'gaussian' of a GaussianMixture, 'mask' and 'resample' of a Finite law"
        )

    def _gaussian(self, base: JointGaussian) -> JointGaussian:
        levels = np.atleast_1d(self.level)
        if self.augmentation != "gaussian" and not np.all((levels == 0.0) | (levels == 1.0)):
            raise ValueError(
                f"level = {shown(self.level)}: on a jointly Gaussian law {shown(self.augmentation)} needs 0 or 1 "
                "for each coordinate; between them the views are not Gaussian"
            )
        d, first = base.d1, slice(0, base.d1)
        rest = slice(base.d1 + base.d2, None)
        s11 = base.covariance[..., first, first]
        seen = augmented_moments(self.augmentation, self.level, np.zeros((*base.batch, d)), s11)
        keep = np.ones(d) if self.augmentation == "gaussian" else 1.0 - np.broadcast_to(levels, d)
        labels = keep[:, None] * base.covariance[..., first, rest]
        views = _pair(seen.between, seen.within)
        both = np.concatenate([labels, labels], axis=-2)
        bottom = np.concatenate([np.swapaxes(both, -1, -2), base.covariance[..., rest, rest]], axis=-1)
        whole = np.concatenate([np.concatenate([views, both], axis=-1), bottom], axis=-2)
        return JointGaussian(whole, d, d, base.k, base.m)

    def _mixture(self, base: GaussianMixture) -> GaussianMixture:
        d = base.d1
        mu, within = base.mean[..., :d], base.covariance[..., :d, :d]
        zero = np.zeros(within.shape[:-1])
        views = _pair(within, augmented_moments("gaussian", self.level, zero, within).within)
        mean = np.concatenate([mu, mu], axis=-1)
        return GaussianMixture(base.probability, mean, views, d, base.label, base.latent)

    def _finite(self, base: Finite) -> Finite:
        mass = base.joint.sum(axis=3)
        points, kernel = augmented_points(self.augmentation, self.level, base.v1, mass.sum(axis=(0, 1)))
        joint = np.einsum("yza,as,at->yzst", mass, kernel, kernel, optimize=True)
        return Finite(joint / joint.sum(), points, points)


def _pair(between: Array, within: Array) -> Array:
    """Covariance of two views that share `between` and have independent parts of the variances `within`."""
    square = between + np.eye(between.shape[-1]) * within[..., None, :]
    return np.concatenate(
        [np.concatenate([square, between], axis=-1), np.concatenate([between, square], axis=-1)], axis=-2
    )
