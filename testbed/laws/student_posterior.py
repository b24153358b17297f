"""P(state | x1) under multivariate Student t noise, in the coordinates where it lives."""

from __future__ import annotations

import numpy as np
from scipy.special import chdtri, ndtr

from testbed._linalg import Array, transpose
from testbed.laws.posterior import GeneralPosterior, Nodes, Posterior, SharedPosterior
from testbed.laws.states import MixtureStates

__all__ = ["GeneralStudentPosterior", "SharedStudentPosterior", "placed"]


class SharedStudentPosterior(SharedPosterior):
    """States with one covariance: P(s | x1) depends on t (see `SharedPosterior`) and on the length r of the rest.

    Given the state s and the scale a, t = c_s + a u with u ~ N(0, I_q), and r^2 = a^2 chi^2_{d1 - q}: integrals have
    q + 2 dimensions, and what of psi* they do not see is nothing, as there is no edge.
    """

    def __init__(self, states: MixtureStates, nu: float) -> None:
        super().__init__(states)
        self.nu, self.dimension = nu, self.reduced + 2

    def _of_squares(self, square: Array) -> Array:
        """P(s | x1) from squared Mahalanobis distances (..., S)."""
        return _from_log(self.log_prior + _log_t(square, self.nu, self.white.shape[-1]))

    def __call__(self, x1: Array) -> Array:
        """P(s | x1)."""
        w = (x1 - self.states.mean1[..., None, :]) @ self.whiten
        return self._of_squares(_distances(w, self.white))

    def mean2(self, x1: Array) -> Array:
        """E[X2 | x1]."""
        return np.asarray(self(x1) @ self.states.centred2 + self.states.mean2[..., None, :])

    def affinity(self) -> Array:
        """Log affinity: its bound 0, as that of t densities has no closed form."""
        return np.zeros((*self.states.batch, len(self.log_prior), len(self.log_prior)))

    def nodes(self, u: Array, weight: Array) -> Nodes:
        """Nodes (t, r^2): the last two coordinates of u give r and the scale."""
        square = _scale_square(u[..., -1:], self.nu)
        t = self.centre[..., :, None, None, :] + np.sqrt(square) * u[..., :-2]
        left = self.white.shape[-1] - self.reduced
        rest = square * chdtri(float(left), ndtr(-u[..., -2:-1])) if left else 0.0 * square
        fbar = self._of_squares(_distances(t, self.centre[..., None, None, :, :]) + rest)
        along = transpose(self.axes) @ (self.root @ weight)
        psi = fbar @ self.states.centred2[..., None, None, :, :]
        return Nodes(fbar, psi, t @ along[..., None, None, :, :] + self.states.mean_y)


class GeneralStudentPosterior(GeneralPosterior):
    """States with covariances of their own: integrals run over x1 and the scale."""

    def __init__(self, states: MixtureStates, nu: float) -> None:
        super().__init__(states)
        self.nu, self.dimension = nu, states.d1 + 1

    def _log_joint(self, centred: Array) -> Array:
        columns = []
        for s, log_prior in enumerate(self.log_prior):
            white = (centred - self.states.centred1[..., s, None, :]) @ self.whiten[..., s, :, :]
            tail = _log_t(np.sum(white**2, axis=-1), self.nu, centred.shape[-1])
            columns.append(log_prior + self.log_root[..., s, None] + tail)
        return np.stack(columns, axis=-1)

    def affinity(self) -> Array:
        """Log affinity: its bound 0, as that of t densities has no closed form."""
        return np.zeros((*self.states.batch, len(self.log_prior), len(self.log_prior)))

    def nodes(self, u: Array, weight: Array) -> Nodes:
        """Nodes x1 = mu1_s + a C11_s^{1/2} u, handled as rows of x1 - E X1 and folded back."""
        return self._at(placed(self, u, self.nu), weight)


def placed(posterior: Posterior, u: Array, nu: float) -> Array:
    """Points x1 - E X1 from standard Gaussian u (..., S, shifts, points, d1 + 1), the last coordinate for the scale."""
    shared = posterior.states.shared
    root = posterior.root[..., None, None, None, :, :] if shared else posterior.root[..., :, None, :, :]
    noise = np.sqrt(_scale_square(u[..., -1:], nu)) * (u[..., :-1] @ root)
    return np.asarray(posterior.states.centred1[..., :, None, None, :] + noise)


def _scale_square(u: Array, nu: float) -> Array:
    """(nu - 2) / chi^2_nu at standard Gaussian quantiles."""
    return np.asarray((nu - 2.0) / chdtri(nu, ndtr(-u)))


def _log_t(square: Array, nu: float, d: int) -> Array:
    """Log density of t noise of unit covariance at squared distances, up to a constant."""
    return -0.5 * (nu + d) * np.log1p(square / (nu - 2.0))


def _distances(rows: Array, centres: Array) -> Array:
    """Squared distances (..., n, S) of rows (..., n, d) to centres (..., S, d)."""
    length = np.sum(centres**2, axis=-1)[..., None, :]
    product = rows @ transpose(centres)
    return np.asarray(np.maximum(np.sum(rows**2, axis=-1, keepdims=True) - 2.0 * product + length, 0.0))


def _from_log(log: Array) -> Array:
    p = np.exp(log - log.max(axis=-1, keepdims=True))
    return np.asarray(p / p.sum(axis=-1, keepdims=True))
