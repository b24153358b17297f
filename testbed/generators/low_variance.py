"""A label in a direction of low variance, which a likelihood of few components ignores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np

from testbed._linalg import Array
from testbed.allowed import Count, NotNegative, Positive, Whole
from testbed.arguments import shown
from testbed.generators.base import Generator, StructureSeed
from testbed.laws import JointGaussian

__all__ = ["LowVarianceLabel"]


@dataclass(frozen=True, repr=False)
class LowVarianceLabel(Generator):
    """x1 is exactly probabilistic PCA of rank `factors`, and the label hangs on what it calls noise.

    With orthonormal u_1, ..., u_{d1}, ::

        X1 ~ N(0, sum_{i <= factors} factor_var u_i u_i' + noise_var I),
        Y = u_{factors + 1}'X1 / sd + N(0, label_noise_var),    X2 = u_{factors + 1}'X1 / sd + N(0, 1),

    sd^2 = noise_var. So probabilistic PCA of that rank has excess log-loss 0 and a code independent of Y, while x2
    carries the label's direction: the likelihood is maximal, and the code is worth nothing. Here k = d2 = 1.

    Parameters
    ----------
    d1 : int
        Dimension of x1.
    factors : int
        Number of directions of high variance, less than d1.
    factor_var, noise_var : float
        Variance that each of them adds, and variance of every direction.
    label_noise_var : float
        Variance of Y given x1; the part that x1 explains has variance 1.
    structure_seed : int, optional
        Freezes the directions; None redraws them for every repetition.

    References
    ----------
    The third of the ways in which likelihood and usefulness part; the label in a direction of low variance is the
    classical warning against regression on principal components (Jolliffe, Applied Statistics 31, 1982).

    Examples
    --------
    >>> from testbed.generators import LowVarianceLabel
    >>> from testbed.pretexts import PCA
    >>> law = LowVarianceLabel(structure_seed=1).law()
    >>> truth = law.population()
    >>> float(truth.approximation_error(PCA(2).optimum(law)).round(3))    # PCA loses the whole label
    1.0
    """

    d1: Annotated[int, Whole(2)] = 10
    factors: Count = 2
    factor_var: Positive = 4.0
    noise_var: Positive = 1.0
    label_noise_var: NotNegative = 0.25
    structure_seed: StructureSeed | None = None

    structural: ClassVar[tuple[str, ...]] = ("d1",)

    def __post_init__(self) -> None:
        """Check what the dials ask of each other."""
        super().__post_init__()
        if self.factors >= self.d1:
            raise ValueError(f"factors = {shown(self.factors)}: with d1 = {self.d1}, at most {self.d1 - 1}")

    def law(self, rng: np.random.Generator | None = None, repeats: int | None = None) -> JointGaussian:
        """Draw the directions and return the law."""
        rng = self.structure_rng(rng)
        batch = () if repeats is None or self.frozen else (repeats,)
        q, _ = np.linalg.qr(rng.standard_normal((*batch, self.d1, self.d1)))
        variance = self.noise_var + self.factor_var * (np.arange(self.d1) < self.factors)
        s11 = (q * variance) @ np.swapaxes(q, -1, -2)
        s11 = 0.5 * (s11 + np.swapaxes(s11, -1, -2))
        cross = np.sqrt(self.noise_var) * q[..., self.factors]
        covariance: Array = np.zeros((*batch, self.d1 + 2, self.d1 + 2))
        covariance[..., : self.d1, : self.d1] = s11
        for place, own in ((self.d1, 2.0), (self.d1 + 1, 1.0 + self.label_noise_var)):
            covariance[..., : self.d1, place] = covariance[..., place, : self.d1] = cross
            covariance[..., place, place] = own
        covariance[..., self.d1, self.d1 + 1] = covariance[..., self.d1 + 1, self.d1] = 1.0
        return JointGaussian(covariance, self.d1, 1, 1)
