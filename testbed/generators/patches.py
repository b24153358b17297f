"""Images of several patches, whose place and class show in their means, additively or together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np

from testbed._linalg import Array
from testbed.allowed import Count, NotNegative, Whole
from testbed.arguments import shown
from testbed.generators.base import Generator, StructureSeed
from testbed.laws import GaussianMixture

__all__ = ["Patches"]


@dataclass(frozen=True, repr=False)
class Patches(Generator):
    """Each view is an image of `patches` patches with d0 coordinates, in order: x_j = a_j + b_y + g_{j,y} + e_j.

    a_j says where a patch belongs, b_y which of k equally likely classes the image has, g_{j,y} both at once, and
    e_j ~ N(0, I). X2 is another image of the same class: the views are independent given y. With g = 0 (additive) the
    class cancels from the law p(pi|x) of a permutation of the patches, for any b; with a = b = 0 (interaction) the
    permutation can only be told by way of the class. So the two are the negative and the positive control of
    `Jigsaw`.

    Parameters
    ----------
    patches, d0, k : int
        Number of patches (at least 2), coordinates of each (at least 1), classes (at least 2).
    position_std, class_std, interaction_std : float
        Standard deviations of the coordinates of a, b and g, at least 0.
    orthogonal : bool
        Whether b is projected on the complement of the span of a (d0 > patches is needed): then the scores of single
        patches know nothing of the class either. Class means are on a line at d0 = patches + 1 and affinely
        independent, so that E[X2|X1] keeps all of the label, from d0 = patches + k - 1.
    structure_seed : int, optional
        Freezes a, b and g; None redraws them for every repetition.

    Raises
    ------
    ValueError
        Dials out of range; means that are all zero.

    References
    ----------
    Noroozi and Favaro, "Unsupervised learning of visual representations by solving jigsaw puzzles", ECCV 2016 (the
    task; this law is a control made for it).

    Examples
    --------
    >>> from testbed.generators import Patches
    >>> Patches(patches=4, d0=5, k=3, structure_seed=1).law().shape    # d1 = d2 = 4 patches of 5, three classes
    (20, 20, 3, 1)
    """

    patches: Annotated[int, Whole(2)] = 4
    d0: Count = 5
    k: Annotated[int, Whole(2)] = 3
    position_std: NotNegative = 1.6
    class_std: NotNegative = 3.0
    interaction_std: NotNegative = 0.0
    orthogonal: bool = True
    structure_seed: StructureSeed | None = None

    structural: ClassVar[tuple[str, ...]] = ("patches", "d0", "k")

    def __post_init__(self) -> None:
        """Check what the dials ask of each other."""
        super().__post_init__()
        if self.class_std == self.interaction_std == 0.0:
            raise ValueError("class_std = 0.0 and interaction_std = 0.0: no mean knows the class; raise one of them")
        if self.orthogonal and self.class_std > 0.0 and self.position_std > 0.0 and self.d0 <= self.patches:
            raise ValueError(
                f"d0 = {shown(self.d0)}: orthogonal class means need d0 > patches = {self.patches}; or orthogonal=False"
            )

    def law(self, rng: np.random.Generator | None = None, repeats: int | None = None) -> GaussianMixture:
        """Draw the means and return the mixture."""
        rng = self.structure_rng(rng)
        batch = () if repeats is None or self.frozen else (repeats,)
        a = rng.standard_normal((*batch, self.patches, self.d0))
        b = rng.standard_normal((*batch, self.k, self.d0))
        g = rng.standard_normal((*batch, self.k, self.patches, self.d0))
        if self.orthogonal and self.d0 > self.patches:
            b = _outside(b, a)
        a, b, g = self.position_std * a, self.class_std * b, self.interaction_std * g
        image = (a[..., None, :, :] + b[..., :, None, :] + g).reshape(*batch, self.k, self.patches * self.d0)
        mean = np.concatenate([image, image], axis=-1)
        d1 = image.shape[-1]
        return GaussianMixture(np.full(self.k, 1.0 / self.k), mean, np.eye(2 * d1), d1)


def _outside(b: Array, a: Array) -> Array:
    """Project the rows of b on the complement of those of a."""
    basis = np.linalg.qr(np.swapaxes(a, -1, -2))[0]
    return np.asarray(b - (b @ basis) @ np.swapaxes(basis, -1, -2))
