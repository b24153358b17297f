"""A jointly Gaussian law whose dials move one thing at a time: where the finite-sample formulas are exact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np

from testbed._linalg import Array, transpose
from testbed.allowed import Count, NotNegative, Positive, Real, Whole
from testbed.arguments import shown
from testbed.generators.base import Generator, StructureSeed
from testbed.generators.edge import (
    Direction,
    Reads,
    check_edge,
    edge_of,
    frames,
    inside_covariance,
    one_size,
    share_for,
)
from testbed.laws import JointGaussian

__all__ = ["CleanGaussian"]


@dataclass(frozen=True, repr=False)
class CleanGaussian(Generator):
    """`CleanMixture` with k real labels in place of classes, and everything jointly Gaussian.

    With U = (Y, Z) ~ N(0, I) in k + m dimensions, e1 ~ N(0, I) and e2 ~ N(0, I)::

        X1 = s F1' U + e1,        X2 = A_bar' U + (c^2 I - rho^2 T T')^{1/2} e2 + rho T e1,        c = x2_std,

    F1 of k + m orthonormal rows, A_bar of orthogonal ones, the first k of them A, T an isometry from directions of x1
    to directions of x2. Each label is equally hard: Cov(Y|X1) = bayes_noise / k I, s^2 = k / bayes_noise - 1. So A_bar,
    beta, the Bayes noise and Cov(X2|Y,Z) do not move with rho, and eps_CI, one number for both classes, is proportional
    to |rho|.

    Parameters
    ----------
    k, m : int
        Labels, at least 1, and latents beside them, 0 for none; k + m is at most d1 and d2.
    d1, d2 : int
        Dimensions of x1 and x2.
    sigma_min, sigma_max : float
        Smallest and largest norm of the rows of A_bar, spaced geometrically; sigma_max None means equal norms.
    rho : float
        Size of the edge from x1 to x2 given label and latent, |rho| <= x2_std.
    direction : "inside", "outside" or "generic"
        Range of T: in the row space of A_bar, orthogonal to it (d2 > k + m), or random.
    reads : "noise", "means" or "generic"
        Directions of x1 that T reads: orthogonal to F1, along it (then the leak has a sign, that of rho, where the
        direction is inside), or random.
    bayes_noise : float
        E tr Cov(Y|X1), above 0 and below k.
    x2_std : float
        Standard deviation of each coordinate of X2 given label and latent.
    epsilon_ci : float, optional
        Target eps_CI, in place of rho >= 0: exact.
    structure_seed : int, optional
        Freezes the orientation; None redraws it for every repetition.

    Raises
    ------
    ValueError
        Dials out of range; epsilon_ci that cannot be attained, with the attainable range.

    References
    ----------
    Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, section 3, the jointly Gaussian case.

    Examples
    --------
    >>> from testbed.generators import CleanGaussian
    >>> truth = CleanGaussian(k=1, rho=0.5, structure_seed=1).law().population()
    >>> float(truth.epsilon_ci("linear").round(6))
    0.5
    """

    k: Count = 1
    m: Annotated[int, Whole(0)] = 0
    d1: Count = 20
    d2: Count = 5
    sigma_min: Positive = 1.0
    sigma_max: Positive | None = None
    rho: Annotated[float, Real()] = 0.0
    direction: Direction = "inside"
    reads: Reads = "noise"
    bayes_noise: Positive = 0.5
    x2_std: Positive = 1.0
    epsilon_ci: NotNegative | None = None
    structure_seed: StructureSeed | None = None

    structural: ClassVar[tuple[str, ...]] = ("d1", "d2")

    def __post_init__(self) -> None:
        """Check what the dials ask of each other."""
        super().__post_init__()
        if self.sigma_max is not None:
            Real(self.sigma_min, why="sigma_min").check("sigma_max", self.sigma_max)
        Real(-self.x2_std, self.x2_std, why="x2_std").check("rho", self.rho)
        if self.bayes_noise >= self.k:
            raise ValueError(f"bayes_noise = {shown(self.bayes_noise)}; attainable: above 0 and below k = {self.k}")
        if self.d1 < self._states or self.d2 < self._states:
            raise ValueError(
                f"d1 = {self.d1}, d2 = {self.d2}: orthogonal rows of {self._states} labels and latents need as many "
                "dimensions"
            )
        check_edge(self.direction, self._states, self.d2)
        one_size(self.rho, self.epsilon_ci)
        leaks = self.rho != 0.0 or bool(self.epsilon_ci)
        if leaks and self.reads == "noise" and self.d1 == self._states:
            raise ValueError(f"reads = 'noise': with d1 = k + m = {self.d1} nothing of x1 is noise alone; raise d1")

    @property
    def _states(self) -> int:
        return self.k + self.m

    def law(self, rng: np.random.Generator | None = None, repeats: int | None = None) -> JointGaussian:
        """Draw the orientation and return the law.

        Raises
        ------
        ValueError
            Where epsilon_ci is more than rho = x2_std gives, with the attainable range.
        """
        rng = self.structure_rng(rng)
        batch = () if repeats is None or self.frozen else (repeats,)
        bases = frames(rng, batch, self.d1, self.d2)
        edge = edge_of(bases, self._states, self.direction, self.reads)
        if self.epsilon_ci is None:
            return self._joint(bases[0], bases[1], self.rho * edge)
        largest = self._joint(bases[0], bases[1], self.x2_std * edge)
        words = f"; attainable with x2_std = {self.x2_std}"
        share = share_for(self.epsilon_ci, largest.population().epsilon_ci("linear"), words)
        return self._joint(bases[0], bases[1], self.x2_std * share[..., None, None] * edge)

    def _joint(self, frame1: Array, frame2: Array, edge: Array) -> JointGaussian:
        """The law with the covariance [[I, edge'], [edge, c^2 I]] of (x1, x2) given the label."""
        strength = np.sqrt(self.k / self.bayes_noise - 1.0)
        states, width = self._states, self.d1 + self.d2
        norms = np.geomspace(self.sigma_min, self.sigma_max or self.sigma_min, states)
        means = np.concatenate([strength * frame1[..., :states, :], norms[:, None] * frame2[..., :states, :]], axis=-1)
        covariance = np.zeros((*edge.shape[:-2], width + states, width + states))
        covariance[..., :width, :width] = inside_covariance(edge, self.x2_std) + transpose(means) @ means
        covariance[..., width:, :width] = means
        covariance[..., :width, width:] = transpose(means)
        covariance[..., width:, width:] = np.eye(states)
        return JointGaussian(covariance, self.d1, self.d2, self.k, self.m)
