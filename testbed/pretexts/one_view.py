"""Linear tasks that look at x1 alone: principal components, denoising, pseudo-likelihood."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np

from testbed._linalg import Array, solve_positive, transpose
from testbed.arguments import Seed, shown
from testbed.data import LinearMap, Moments, Sample, pooled
from testbed.laws import Law
from testbed.laws.augmentation import Augmentation, Level, augmented_moments
from testbed.pretexts.base import NO_LAW, Draw, Pretext, Psi
from testbed.regressors.base import Rank, check_rank, resolve_rank

__all__ = ["PCA", "OneView", "PseudoLikelihood", "centred", "denoising", "moments_of", "principal", "top", "width_of"]

SINGULAR = 1e-12  # share of the largest variance of a correlation matrix at or below which it is singular


class OneView(Pretext):
    """A task on x1 alone that sees it through its mean and covariance; truth takes the place of both in `optimum`."""

    @property
    def linear(self) -> bool:
        """The representation is affine in x1."""
        return True

    @abstractmethod
    def solve(self, mean: Array, covariance: Array, law: Law) -> LinearMap:
        """Solve the task for a mean (..., d1) and a covariance (..., d1, d1)."""

    def fit(self, draw: Draw, law: Law = NO_LAW, rng: Seed = 0) -> Psi:
        """Solve the task for the moments of the draws (divisor n)."""
        moments = moments_of(draw)
        return self.solve(moments.mean["x1"], moments.block("x1", "x1") / moments.n[..., None, None], law)

    def optimum(self, law: Law) -> Psi:
        """Solve the task for the moments of the law."""
        truth = law.population()
        return self.solve(truth.mean1, truth.s11, law)


def moments_of(draw: Draw) -> Moments:
    """Moments of the draws that a linear task is given."""
    if isinstance(draw, Sample):
        return Moments.of_blocks({"x1": draw.x1, "x2": draw.x2}, draw.weight)
    return pooled(draw)


def centred(weight: Array, mean: Array, full_rank: bool = True) -> LinearMap:
    """Map x -> (x - mean)' weight."""
    return LinearMap(weight, -(mean[..., None, :] @ weight)[..., 0, :], full_rank)


def width_of(rank: Rank, law: Law, d1: int) -> int:
    """Number of coordinates of a linear map of x1 that a rank asks for; ValueError for a number above d1."""
    check_rank(rank, d1, f"x1 has {d1} coordinates")
    return resolve_rank(rank, law.shape[2], law.states)


def top(symmetric: Array, rank: int) -> Array:
    """Eigenvectors of the largest eigenvalues, falling: (..., d, rank), all of them where there are fewer."""
    vectors = np.linalg.eigh(0.5 * (symmetric + transpose(symmetric)))[1]
    return vectors[..., ::-1][..., :rank]


def principal(mean: Array, covariance: Array, rank: int) -> LinearMap:
    """Leading principal components, centred."""
    return centred(top(covariance, rank), mean)


def denoising(augmentation: Augmentation, level: Level, mean: Array, covariance: Array, rank: int) -> LinearMap:
    """Code of the best linear denoiser of a given rank, read at the clean input."""
    seen = augmented_moments(augmentation, level, mean, covariance)
    square = seen.between + np.eye(mean.shape[-1]) * seen.within[..., None, :]
    slope = solve_positive(square, seen.cross)
    return centred(slope @ top(transpose(seen.cross) @ slope, rank), seen.mean)


@dataclass(frozen=True, repr=False)
class PCA(OneView):
    """Leading principal components of x1: psi(x1) = V_r'(x1 - mean), V_r the top r eigenvectors of S11.

    The optimum of linear auto-encoding with a bottleneck of r units, of which only the span is identified. It follows
    variance, so units of each column matter by definition; common units, rotations and origins do not.

    Parameters
    ----------
    rank : int, "k", "k-1" or "km"
        Number of components kept; a named one keeps all of them where there are fewer.

    Raises
    ------
    ValueError
        In a fit or at the optimum: a number above d1.

    References
    ----------
    Baldi and Hornik, "Neural networks and principal component analysis", Neural Networks 2, 1989.

    Examples
    --------
    >>> from testbed.generators import CleanMixture
    >>> from testbed.pretexts import PCA
    >>> law = CleanMixture(k=3, structure_seed=1).law()
    >>> psi = PCA(2).optimum(law)    # what it learns from infinitely many pairs
    >>> truth = law.population()
    >>> float(truth.approximation_error(psi).round(3))    # the excess risk of its best linear read-out, e_apx
    0.092
    """

    rank: Rank

    def solve(self, mean: Array, covariance: Array, law: Law) -> LinearMap:
        """Return the map to the leading eigenvectors of the covariance of x1."""
        return principal(mean, covariance, width_of(self.rank, law, covariance.shape[-1]))


@dataclass(frozen=True, repr=False)
class PseudoLikelihood(OneView):
    """Predict each coordinate of x1 from the others: psi_j(x1) = E^L[x_j | x_-j] - E x_j.

    With Theta = S11^{-1}, psi = (I - diag(Theta)^{-1} Theta)(x1 - mean), in the Gaussian case the conditional means of
    the pseudo-likelihood. It has full rank in general, so least squares is blind to it until it is `Truncated`. Each
    psi_j has the unit of x_j: the fit is the same in other units of each column, a truncation of it is not.

    Raises
    ------
    ValueError
        In a fit or at the optimum, where S11 is singular: some coordinate is then a function of the others.

    References
    ----------
    Besag, "Statistical analysis of non-lattice data", The Statistician 24, 1975.

    Examples
    --------
    >>> from testbed.generators import CleanMixture
    >>> from testbed.pretexts import PseudoLikelihood
    >>> law = CleanMixture(k=3, structure_seed=1).law()
    >>> psi = PseudoLikelihood().optimum(law)    # what it learns from infinitely many pairs
    >>> truth = law.population()
    >>> float(truth.approximation_error(psi).round(3))    # the excess risk of its best linear read-out, e_apx
    0.092
    """

    def solve(self, mean: Array, covariance: Array, law: Law) -> LinearMap:
        """Return the regressions of each coordinate of x1 on the others, from the inverse of the covariance."""
        deviation = np.sqrt(np.diagonal(covariance, axis1=-2, axis2=-1))
        scale = np.where(deviation > 0.0, deviation, 1.0)
        correlation = covariance / (scale[..., :, None] * scale[..., None, :])
        if np.any(np.linalg.eigvalsh(correlation)[..., 0] <= SINGULAR):
            raise ValueError(
                f"{shown(self)}: the covariance of x1 is singular, so some coordinate is a function of the others "
                "(or there are too few rows)"
            )
        d = mean.shape[-1]
        theta = solve_positive(correlation, np.broadcast_to(np.eye(d), correlation.shape))
        theta = theta / (scale[..., :, None] * scale[..., None, :])
        weight = np.eye(d) - theta / np.diagonal(theta, axis1=-2, axis2=-1)[..., None, :]
        return centred(weight, mean, full_rank=False)
