"""The linear class of a Gaussian mixture: closed form, from its moments within states and between them."""

from __future__ import annotations

from abc import abstractmethod
from functools import cached_property

import numpy as np

from testbed._linalg import Array, contrasts, inner, is_identity, solve, transpose
from testbed.data import LinearMap
from testbed.laws.population import Given, Population
from testbed.laws.posterior import Posterior
from testbed.laws.states import MixtureStates
from testbed.screens import contained

__all__ = ["MixtureLinear"]


class MixtureLinear(Population):
    """First and second moments of a `GaussianMixture`, and the best affine predictors that follow from them.

    Attributes
    ----------
    mu1, mu2 : (..., S, d1), (..., S, d2)
        Means of the states.
    c11, c12 : (..., d1, d1), (..., d1, d2), or with an axis of states
        Covariances within states.
    centred1, centred2 : (..., S, d1), (..., S, d2)
        Means of the states less those of the views.
    redrawn : bool
        Whether the structure is one of many drawn at random: then integrals have few points.
    share : (k, S)
        P(state | label).
    A_bar, M : (..., G, d2), (k, G)
        For the G values of (Y, Z) that the law shows: the states, unless its `latent` merges some.
    """

    def __init__(self, arrays: MixtureStates, redrawn: bool) -> None:
        self.arrays, self.redrawn, self.se = arrays, redrawn, contained({})
        p = arrays.probability
        self.mu1, self.mu2 = arrays.means(1), arrays.means(2)
        self.c11, self.c12 = arrays.block(1, 1), arrays.block(1, 2)
        self.mean1, self.mean2, self.mean_y = arrays.mean1, arrays.mean2, arrays.mean_y
        self.centred1, self.centred2 = arrays.centred1, arrays.centred2
        by = arrays.one_hot - self.mean_y
        self.syy = (p[:, None] * by).T @ by
        self.latent = arrays.shape[3] > 1
        self.share = arrays.one_hot.T * p / self.mean_y[:, None]  # P(state | label), (k, S)
        self.M, self.A_bar = arrays.one_hot.T, self.mu2
        if arrays.latent is not None:
            mass = p @ arrays.shown
            self._shown_share = arrays.shown.T * p / mass[:, None]  # P(state | label and latent), (G, S)
            self.M, self.A_bar = (arrays.one_hot.T @ arrays.shown > 0.0).astype(float), self._shown_share @ self.mu2

    @cached_property
    def s1y(self) -> Array:  # type: ignore[override]
        """Covariance of x1 with the label, (..., d1, k)."""
        arrays = self.arrays
        return transpose(arrays.probability[:, None] * self.centred1) @ (arrays.one_hot - self.mean_y)

    @cached_property
    def variance2(self) -> Array:
        """Variances of the coordinates of X2, within states and between them, (..., d2)."""
        within = np.diagonal(self._within(self.arrays.block(2, 2)), axis1=-2, axis2=-1)
        return np.asarray(np.sum(self.arrays.probability[:, None] * self.centred2**2, axis=-2) + within)

    @cached_property
    def second2(self) -> Array:  # type: ignore[override]
        """Mean square E|X2|^2, one a repetition, (...)."""
        return np.asarray(np.sum(self.variance2, axis=-1) + np.sum(self.mean2**2, axis=-1))

    @cached_property
    def A(self) -> Array:  # type: ignore[override]
        """Means of X2 given the label, (..., k, d2)."""
        return self.share @ self.mu2

    @cached_property
    def s11(self) -> Array:  # type: ignore[override]
        """Covariance of x1, within states and between them, (..., d1, d1)."""
        return transpose(self.arrays.probability[:, None] * self.centred1) @ self.centred1 + self._within(self.c11)

    @cached_property
    def s12(self) -> Array:  # type: ignore[override]
        """Covariance of x1 with x2, (..., d1, d2)."""
        return transpose(self.arrays.probability[:, None] * self.centred1) @ self.centred2 + self._within(self.c12)

    @cached_property
    def s22(self) -> Array:  # type: ignore[override]
        """Covariance of x2, (..., d2, d2)."""
        within = self._within(self.arrays.block(2, 2))
        return transpose(self.arrays.probability[:, None] * self.centred2) @ self.centred2 + within

    @property
    @abstractmethod
    def posterior(self) -> Posterior:
        """Posterior P(state | x1): called with points of x1 it gives their probabilities."""

    def _within(self, c: Array) -> Array:
        """Average over states of a block of the covariance."""
        return c if self.arrays.shared else np.sum(self.arrays.probability[:, None, None] * c, axis=-3)

    def expected2(self, given: Given) -> Array:
        """E[X2 | what is given] - E X2 in each state, (..., S, d2)."""
        if given == "yz" and self.arrays.latent is None:
            return self.centred2
        return np.asarray((self.arrays.one_hot if given == "y" else self.arrays.shown) @ self.deviations(given))

    def deviations(self, given: Given = "yz") -> Array:
        """Conditional means of X2 given the state, less the mean of X2: (..., S, d2)."""
        self.means(given)
        if given == "yz" and self.arrays.latent is None:
            return self.centred2
        return np.asarray((self.share if given == "y" else self._shown_share) @ self.centred2)

    def cross_given(self, given: Given) -> Array:
        """Partial covariance of X1 and X2: within states, and between those that what is given does not tell apart."""
        within = self._within(self.c12)
        if given == "yz" and self.arrays.latent is None:
            return within
        known, share = (self.arrays.one_hot, self.share) if given == "y" else (self.arrays.shown, self._shown_share)
        d1, d2 = (mu - known @ (share @ mu) for mu in (self.centred1, self.centred2))
        return within + transpose(self.arrays.probability[:, None] * d1) @ d2

    @cached_property
    def root1(self) -> Array:
        """Rows R with R'R = S11: within states, and between them."""
        if not self.arrays.shared:
            return super().root1
        within = np.broadcast_to(self.posterior.root, (*self.arrays.batch, *self.c11.shape[-2:]))
        between = np.sqrt(self.arrays.probability)[:, None] * self.centred1
        return np.concatenate([within, between], axis=-2)

    def distance_to_linear(self, predictor: LinearMap) -> Array:
        """Excess risk of an affine predictor against the best affine one: within states, and between them."""
        if not self.arrays.shared:
            return super().distance_to_linear(predictor)
        gap = predictor.weight - self.linear_f_star.weight
        level = predictor.offset - self.linear_f_star.offset + (self.mean1[..., None, :] @ gap)[..., 0, :]
        within = gap if is_identity(self.c11) else self.posterior.root @ gap
        between = np.sqrt(self.arrays.probability)[:, None] * (self.centred1 @ gap)
        return np.asarray(inner(within, within) + inner(between, between) + np.sum(level**2, axis=-1))

    @cached_property
    def _state_span(self) -> Array:
        """S11^{-1} F', F the centred means of the states times the roots of their probabilities (Woodbury)."""
        white = np.sqrt(self.arrays.probability)[:, None] * transpose(
            self.posterior.white_columns(transpose(self.centred1))
        )
        system = np.eye(white.shape[-2]) + white @ transpose(white)
        return self.posterior.back(transpose(solve(system, white)))

    @cached_property
    def linear_f_star(self) -> LinearMap:
        """Best affine predictor of the label from x1."""
        if not self.arrays.shared:
            return super().linear_f_star
        weight = self._state_span @ (np.sqrt(self.arrays.probability)[:, None] * (self.arrays.one_hot - self.mean_y))
        return LinearMap(weight, self.mean_y - (self.mean1[..., None, :] @ weight)[..., 0, :])

    @property
    def factored(self) -> bool:
        """Whether x1 and x2 are uncorrelated within each state, and the states no more than either has coordinates."""
        states = len(self.arrays.probability)
        return self.arrays.shared and not np.any(self.c12) and 1 < states <= min(self.arrays.shape[:2])

    @cached_property
    def _cross_factor(self) -> tuple[Array, Array] | None:
        """Contrasts of the states, where x1 and x2 are uncorrelated within each."""
        if not self.factored:
            return None
        root = np.sqrt(self.arrays.probability)
        basis = contrasts(root)
        return self._state_span @ basis, transpose(basis) * root @ self.centred2
