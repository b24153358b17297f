"""What a posterior of Gaussian states tells: Tweedie's formula, and permutations of patches that hide the class."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import Annotated, ClassVar

import numpy as np
from scipy.special import logsumexp, softmax

from testbed._linalg import Array, cholesky, transpose
from testbed.allowed import Positive, Whole
from testbed.laws import Population
from testbed.laws.gaussian_population import GaussianPopulation
from testbed.laws.mixture_population import MixturePopulation
from testbed.laws.table_population import TablePopulation
from testbed.theory.base import EDGE, Assumption, Exact, Kind, Sides, compared, label_varies
from testbed.theory.conditions import unknown, x1_varies

__all__ = ["JigsawCancellation", "Tweedie"]

NODES = 16  # noisy points at which Tweedie's formula is checked
STEP = 1e-30  # imaginary step of a derivative: no difference is taken, so none is lost
MOST = 5  # patches: 120 permutations


def _gaussian_states(truth: Population) -> tuple[Array, Array, Array] | None:
    """Log probabilities (S,), means (..., S, d1) and covariances (..., S, d1, d1) of x1; points are states without.

    Wrapped mixtures, with tails or squares, have other densities.
    """
    if isinstance(truth, TablePopulation):
        d = truth.points1.shape[-1]
        return np.log(truth.p1), truth.points1, np.zeros((len(truth.p1), d, d))
    if isinstance(truth, GaussianPopulation):
        return np.zeros(1), truth.mean1[..., None, :], truth.s11[..., None, :, :]
    if type(truth) is not MixturePopulation:
        return None
    c = truth.c11[..., None, :, :] if truth.arrays.shared else truth.c11
    return np.log(truth.arrays.probability), truth.mu1, np.broadcast_to(c, (*truth.mu1.shape, c.shape[-1]))


@dataclass(frozen=True, repr=False)
class Tweedie(Exact):
    """The best denoiser of Gaussian noise is a step along the score: E[x|xt] = xt + s^2 grad log p_s(xt).

    xt = X1 + N(0, s^2 I) and p_s is its density. Measured is the root mean square of the difference at fixed noisy
    points: one side is the posterior mean, the other the derivative of the log density, taken with an imaginary step.

    Parameters
    ----------
    level : float
        s in units of the root mean variance of the coordinates of x1.

    References
    ----------
    Robbins, "An empirical Bayes approach to statistics", 1956, who has it of Tweedie; Vincent, "A connection between
    score matching and denoising autoencoders", Neural Computation 23, 2011.

    Examples
    --------
    >>> from testbed import check, theory
    >>> sides = theory.Tweedie().sides(check.LAWS["sharp"].population())
    >>> bool(abs(sides.left - sides.right) < 1e-9)
    True
    """

    level: Positive = 0.5

    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Tweedie's formula"
    source: ClassVar[str] = "Robbins 1956"
    claim: ClassVar[str] = "E[x|xt] = xt + s^2 grad log p_s(xt)"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """Both sides are in closed form: Gaussian states, or points."""
        known = np.full(truth.second2.shape, _gaussian_states(truth) is not None)
        return (Assumption("Gaussian states or a finite support", np.where(known, 0.0, -np.inf), known),)

    def subject(self, truth: Population) -> Assumption:
        """An x1 that varies: the noise is in units of its deviation."""
        return x1_varies(truth)

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """Root mean square of the difference, and 0."""
        size = np.sqrt(np.trace(truth.s11, axis1=-2, axis2=-1))  # both sides have that of x1
        return compared(truth, self._distance(truth), 0.0, size)

    def _distance(self, truth: Population) -> Array:
        """Root mean square of the difference; NaN where the states are not Gaussian, or all in one point."""
        states = _gaussian_states(truth)
        if states is None or not np.all(x1_varies(truth).holds):
            return unknown(truth)
        level, mean, covariance = states
        mean = mean - truth.mean1[..., None, :]  # a step along the score does not depend on origins, its digits do
        d = mean.shape[-1]
        variance = self.level**2 * np.trace(truth.s11, axis1=-2, axis2=-1) / d
        noisy = covariance + variance[..., None, None, None] * np.eye(d)
        precision = np.linalg.inv(noisy)
        level = level - 0.5 * np.linalg.slogdet(noisy)[1]
        xt = self._points((states[0], mean, covariance), noisy)
        step = 1j * STEP * np.eye(d)
        score = _log_density(xt[..., None, :] + step, level, mean, precision).imag / STEP
        away = xt[..., None, :] - mean[..., None, :, :]  # (..., nodes, S, d)
        weight = softmax(_log_states(xt, level, mean, precision).real, axis=-1)
        slope = precision @ covariance
        within = mean[..., None, :, :] + (away[..., None, :] @ slope[..., None, :, :, :])[..., 0, :]
        best = np.sum(weight[..., None] * within, axis=-2)
        gap = best - (xt + variance[..., None, None] * score)
        return np.asarray(np.sqrt(np.mean(np.sum(gap**2, axis=-1), axis=-1)))

    def _points(self, states: tuple[Array, Array, Array], noisy: Array) -> Array:
        """Noisy points around states that are drawn with a seed of their own."""
        level, mean, _ = states
        rng = np.random.default_rng(0)
        chosen = rng.choice(len(level), size=NODES, p=np.exp(level) / np.exp(level).sum())
        noise = rng.standard_normal((NODES, mean.shape[-1], 1))
        return np.asarray(mean[..., chosen, :] + (cholesky(noisy)[..., chosen, :, :] @ noise)[..., 0])


def _log_states(x: Array, level: Array, mean: Array, precision: Array) -> Array:
    """Log of p_s N(x; mean_s, K_s) up to a constant at x (..., n, d), real or complex: (..., n, S)."""
    away = x[..., None, :] - mean[..., None, :, :]
    turned = (away[..., None, :] @ precision[..., None, :, :, :])[..., 0, :]
    return np.asarray(level[..., None, :] - 0.5 * np.sum(turned * away, axis=-1))


def _log_density(x: Array, level: Array, mean: Array, precision: Array) -> Array:
    """Log density up to a constant at complex x (..., n, m, d): (..., n, m)."""
    flat = x.reshape(*x.shape[:-3], -1, x.shape[-1])
    each = _log_states(flat, level, mean, precision)
    most = each.real.max(axis=-1, keepdims=True)
    total = np.log(np.sum(np.exp(each - most), axis=-1)) + most[..., 0]
    return np.asarray(total.reshape(x.shape[:-1]))


@dataclass(frozen=True, repr=False)
class JigsawCancellation(Exact):
    """In an additive law of patches the class cancels from the probabilities of their permutations.

    x1 = (x_1, ..., x_m), x_j = a_j + b_y + e_j, with noise whose covariance is one for all classes and does not change
    when patches are exchanged: then sum_j x_pi(j)' K b_y does not depend on pi for any b, so that p(pi | x, y) is one
    for all y, and what is best for the jigsaw knows nothing of the class beyond p(pi | x). Measured is the largest
    difference between p(pi | x, y) of two classes, over permutations and points around the means of all states.

    Parameters
    ----------
    patches : int
        Number m of patches, 2 to 5: equal runs of the coordinates of x1.

    References
    ----------
    This project (P6); the task: Noroozi and Favaro, ECCV 2016.

    Examples
    --------
    >>> from testbed import check, theory
    >>> sides = theory.JigsawCancellation().sides(check.LAWS["patches"].law().population())
    >>> bool(abs(sides.left - sides.right) < 1e-9)
    True
    """

    patches: Annotated[int, Whole(2, MOST)] = 2

    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Jigsaw of an additive law"
    source: ClassVar[str] = "this project (P6)"
    claim: ClassVar[str] = "x_j = a_j + b_y + e_j => p(pi|x, y) = p(pi|x, y') for any b"

    def _cut(self, truth: Population) -> tuple[Array, Array] | None:
        """Means (..., S, m, d0) and covariances (..., S, m, d0, m, d0) of the patches in each state."""
        if type(truth) is not MixturePopulation or truth.mu1.shape[-1] % self.patches:
            return None
        states = _gaussian_states(truth)
        assert states is not None
        _, mean, covariance = states
        shape = (self.patches, mean.shape[-1] // self.patches)
        return mean.reshape(*mean.shape[:-1], *shape), covariance.reshape(*mean.shape[:-1], *shape, *shape)

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """States of equal patches, whose means are additive and whose noise knows neither places nor classes.

        The margins are minus the largest interaction of a state and a place, and minus the largest difference of an
        entry of the covariance within states from its mean over states and exchanges of patches.
        """
        cut = self._cut(truth)
        family = f"Gaussian states of {self.patches} equal patches"
        if cut is None:
            broken = np.zeros(truth.second2.shape, dtype=bool)
            return (Assumption(family, np.full(truth.second2.shape, -np.inf), broken),)
        mean, covariance = cut
        size = np.sqrt(np.trace(truth.s11, axis1=-2, axis2=-1))
        edge = (EDGE + truth.lost1) * size
        rest = mean - mean.mean(axis=-3, keepdims=True) - mean.mean(axis=-2, keepdims=True)
        rest = rest + mean.mean(axis=(-3, -2), keepdims=True)
        interaction = np.sqrt(np.max(np.sum(rest**2, axis=-1), axis=(-2, -1)))
        middle = covariance.mean(axis=-5, keepdims=True)
        own = np.mean([middle[..., j, :, j, :] for j in range(self.patches)], axis=0)
        pairs = list(permutations(range(self.patches), 2))
        cross = np.mean([middle[..., i, :, j, :] for i, j in pairs], axis=0)
        same = np.eye(self.patches)[:, None, :, None]
        even = np.where(same > 0.0, own[..., None, :, None, :], cross[..., None, :, None, :])
        uneven = np.abs(covariance - even).max(axis=(-1, -2, -3, -4, -5))
        none = np.zeros(truth.second2.shape)
        return (
            Assumption(family, none, none == 0.0),
            Assumption("means of patches are additive", -interaction, interaction <= edge),
            Assumption("noise is one for all places and classes", -uneven, uneven <= edge * size),
        )

    def subject(self, truth: Population) -> Assumption:
        """Two classes at least, whose patches could tell."""
        return label_varies(truth)

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """Largest difference of two classes, NaN where there are no patches, and 0; both are probabilities."""
        return compared(truth, self._difference(truth), 0.0, 1.0)

    def _difference(self, truth: Population) -> Array:
        """Largest difference of two classes; NaN where there are no patches."""
        states = _gaussian_states(truth)
        if self._cut(truth) is None or states is None or not isinstance(truth, MixturePopulation):
            return unknown(truth)
        level, mean, covariance = states
        d = mean.shape[-1]
        sides = np.concatenate([transpose(cholesky(covariance)), -transpose(cholesky(covariance))], axis=-2)
        x = (mean[..., None, :] + sides).reshape(*mean.shape[:-2], -1, d)
        columns = np.arange(d).reshape(self.patches, -1)
        orders = [columns[list(pi)].ravel() for pi in permutations(range(self.patches))]
        level = level - 0.5 * np.linalg.slogdet(covariance)[1]
        precision = np.asarray(np.linalg.inv(covariance), dtype=float)
        each = np.stack([_log_states(x[..., order], level, mean, precision) for order in orders], axis=-2)
        classes = [label[:, 0] > 0.0 for label in np.split(truth.arrays.one_hot, truth.arrays.shape[2], axis=-1)]
        chance = np.stack([softmax(logsumexp(each[..., own], axis=-1), axis=-1) for own in classes], axis=-1)
        return np.asarray(np.ptp(chance, axis=-1).max(axis=(-1, -2)))
