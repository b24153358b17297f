"""A mixture whose dials move one thing at a time: the violation, the conditioning, the noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np

from testbed._linalg import Array
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
from testbed.generators.separation import separation_for
from testbed.laws import GaussianMixture
from testbed.laws.population import FeatureClass

__all__ = ["CleanMixture"]


@dataclass(frozen=True, repr=False)
class CleanMixture(Generator):
    """Gaussian classes with an edge from x1 to x2 inside the states, of a size of its own.

    Y has k classes with m equally likely states each. With e1 = X1 - mu1_{y,z} ~ N(0, I) and e2 ~ N(0, I), ::

        X2 = mu2_{y,z} + (c^2 I - rho^2 T T')^{1/2} e2 + rho T e1,        c = x2_std,

    where T is an isometry from directions of x1 to directions of x2, and rho is the size of the edge. So A, A_bar, beta
    and Cov(X2|Y) do not move with rho, and eps_CI is proportional to |rho| in both classes. The rows of A_bar are
    orthogonal, of norms from sigma_min to sigma_max; the means mu1 are orthogonal and of norm `separation`. All but the
    orientation is decided by the dials.

    Parameters
    ----------
    k, m : int
        Classes (at least 2) and states in each (at least 1); k m is at most d1 - 1 and at most d2.
    d1, d2 : int
        Dimensions of x1 and x2.
    sigma_min, sigma_max : float
        Smallest and largest norm of the rows of A_bar, spaced geometrically; sigma_max None means equal norms.
    rho : float
        Size of the edge from x1 to x2 within states, |rho| <= x2_std.
    direction : "inside", "outside" or "generic"
        Range of T: in the row space of A_bar, orthogonal to it (d2 > k m), or random.
    reads : "noise", "means" or "generic"
        Directions of x1 that T reads: orthogonal to all mu1, along them (then the leak has a sign, that of rho, where
        the direction is inside), or random.
    separation : float
        Norm of the means of x1 (unit noise).
    bayes_noise : float, optional
        Target E tr Cov(Y|X1), in place of `separation`: solved for on fixed integration points, to a relative 2e-3.
    priors : tuple of float, optional
        Probabilities of the classes; None means equal.
    x2_std : float
        Standard deviation of each coordinate of X2 within a state.
    epsilon_ci : float, optional
        Target eps_CI given (Y, Z), in place of rho >= 0: exact in the linear class, to the error of the integral in
        the universal one.
    epsilon_ci_class : "linear" or "universal"
        Class of the target.
    structure_seed : int, optional
        Freezes the orientation; None redraws it for every repetition.

    Raises
    ------
    ValueError
        Dials out of range; targets that cannot be attained, with the attainable range.

    References
    ----------
    The clean dial repairs the alpha of Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, section 6, which moves A as well.

    Examples
    --------
    >>> from testbed.generators import CleanMixture
    >>> truth = CleanMixture(k=3, rho=0.5, structure_seed=1).law().population()
    >>> float(truth.epsilon_ci("linear").round(6)), float(truth.beta(intercept=True).round(6))
    (0.866025, 1.0)
    """

    k: Annotated[int, Whole(2)] = 3
    m: Count = 1
    d1: Count = 20
    d2: Count = 10
    sigma_min: Positive = 1.0
    sigma_max: Positive | None = None
    rho: Annotated[float, Real()] = 0.0
    direction: Direction = "inside"
    reads: Reads = "noise"
    separation: Positive = 2.0
    bayes_noise: Positive | None = None
    priors: tuple[Positive, ...] | None = None
    x2_std: Positive = 1.0
    epsilon_ci: NotNegative | None = None
    epsilon_ci_class: FeatureClass = "linear"
    structure_seed: StructureSeed | None = None

    structural: ClassVar[tuple[str, ...]] = ("d1", "d2")

    def __post_init__(self) -> None:
        """Check what the dials ask of each other."""
        super().__post_init__()
        states = self.k * self.m
        if self.sigma_max is not None:
            Real(self.sigma_min, why="sigma_min").check("sigma_max", self.sigma_max)
        Real(-self.x2_std, self.x2_std, why="x2_std").check("rho", self.rho)
        if self.d1 <= states or self.d2 < states:
            raise ValueError(
                f"d1 = {self.d1}, d2 = {self.d2}: orthogonal means of {states} states need d1 > {states} and "
                f"d2 >= {states}"
            )
        check_edge(self.direction, states, self.d2)
        one_size(self.rho, self.epsilon_ci)
        if self.priors is not None:
            object.__setattr__(self, "priors", tuple(float(p) for p in self.priors))
        if len(self._priors) != self.k or abs(self._priors.sum() - 1.0) > 1e-9:
            raise ValueError(f"priors = {shown(self.priors)}: {self.k} positive numbers that sum to 1 are needed")
        if self.bayes_noise is not None:
            most = 1.0 - float(np.sum(self._priors**2))
            if not self.bayes_noise < most:
                raise ValueError(f"bayes_noise = {shown(self.bayes_noise)}; attainable: above 0 and below {most:.6g}")

    @property
    def _priors(self) -> Array:
        return np.full(self.k, 1.0 / self.k) if self.priors is None else np.array(self.priors)

    def law(self, rng: np.random.Generator | None = None, repeats: int | None = None) -> GaussianMixture:
        """Draw the orientation and return the mixture.

        Raises
        ------
        ValueError
            Where epsilon_ci is more than rho = x2_std gives, with the attainable range.
        """
        rng = self.structure_rng(rng)
        batch = () if repeats is None or self.frozen else (repeats,)
        bases = frames(rng, batch, self.d1, self.d2)
        edge = edge_of(bases, self.k * self.m, self.direction, self.reads)
        if self.epsilon_ci is None:
            return self._mixture(bases[0], bases[1], self.rho * edge)
        largest = self._mixture(bases[0], bases[1], self.x2_std * edge)
        words = f" ({self.epsilon_ci_class}); attainable with x2_std = {self.x2_std}"
        share = share_for(self.epsilon_ci, largest.population().epsilon_ci(self.epsilon_ci_class), words)
        return self._mixture(bases[0], bases[1], self.x2_std * share[..., None, None] * edge)

    def _mixture(self, frame1: Array, frame2: Array, edge: Array) -> GaussianMixture:
        """Mixture with the within-state covariance [[I, edge'], [edge, c^2 I]]."""
        states, label = self.k * self.m, np.repeat(np.arange(self.k), self.m)
        probability = self._priors[label] / self.m
        separation = self.separation
        if self.bayes_noise is not None:
            separation = separation_for(self.bayes_noise, tuple(self._priors.tolist()), self.m)
        norms = np.geomspace(self.sigma_min, self.sigma_max or self.sigma_min, states)
        means = (separation * frame1[..., :states, :], norms[:, None] * frame2[..., :states, :])
        return GaussianMixture(
            probability, np.concatenate(means, axis=-1), inside_covariance(edge, self.x2_std), self.d1, label
        )
