"""Linear-Gaussian models: z ~ N(0, I), x | z ~ N(mean + W z, diag noise_var); everything is closed form."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from testbed._linalg import Array, cholesky, solve, solve_lower, transpose
from testbed.arguments import Seed, generator_of, shown
from testbed.data import LinearMap
from testbed.laws import JointGaussian, Law
from testbed.laws.quadrature import Estimate
from testbed.models.base import Elbo, Fitted
from testbed.models.density import gaussian_excess, integrated_excess
from testbed.models.inputs import checked
from testbed.models.normal import LOG_2PI, Normal, divergence, inverse, log_determinant, standard_rate

__all__ = ["LinearGaussian"]


@dataclass(frozen=True, eq=False, repr=False)
class LinearGaussian(Fitted):
    """x = mean + W z + e, z ~ N(0, I_q), e ~ N(0, diag noise_var): probabilistic PCA, factor analysis, linear VAE.

    x ~ N(mean, W W' + Psi), and z | x ~ N(Lambda^{-1} W' Psi^{-1} (x - mean), Lambda^{-1}) with
    Lambda = I + W' Psi^{-1} W.

    Attributes
    ----------
    mean : (..., d)
    loading : (..., d, q)
        W.
    noise_var : (..., d)
        Diagonal of Psi.

    References
    ----------
    Tipping and Bishop, "Probabilistic principal component analysis", JRSS B 61 (1999).
    """

    mean: Array
    loading: Array
    noise_var: Array

    @property
    def covariance(self) -> Array:
        """Covariance W W' + Psi of x, (..., d, d), with Psi = diag(noise_var)."""
        d = self.loading.shape[-2]
        return self.loading @ transpose(self.loading) + self.noise_var[..., None] * np.eye(d)

    @property
    def precision(self) -> Array:
        """Lambda, precision of the posterior, (..., q, q)."""
        return np.eye(self.loading.shape[-1]) + transpose(self.loading) @ self._scaled

    @property
    def _scaled(self) -> Array:
        return self.loading / self.noise_var[..., None]

    @property
    def psi(self) -> LinearMap:
        """The representation of x1: the posterior mean, which is affine in x1."""
        weight = transpose(solve(self.precision, transpose(self._scaled)))
        return LinearMap(weight, -(self.mean[..., None, :] @ weight)[..., 0, :])

    def log_likelihood(self, x: Array) -> Array:
        """Return log N(x; mean, W W' + Psi) of rows in nats, (..., n, d) -> (..., n), with Psi = diag(noise_var)."""
        x = checked(x, self.mean.shape[-1])
        lower = cholesky(self.covariance)
        white = solve_lower(lower, transpose(x - self.mean[..., None, :]))
        level = np.sum(np.log(np.diagonal(lower, axis1=-2, axis2=-1)), axis=-1)
        return np.asarray(-0.5 * (np.sum(white**2, axis=-2) + x.shape[-1] * LOG_2PI) - level[..., None])

    def posterior(self, x: Array) -> Normal:
        """Mean (..., n, q) and covariance, which all rows share."""
        return Normal(self.psi(checked(x, self.mean.shape[-1])), inverse(self.precision)[..., None, :, :])

    def mean_field(self, x: Array) -> Normal:
        """Return the best posterior with independent coordinates: variances 1 / Lambda_ii, as KL(q || p) chooses."""
        variance = 1.0 / np.diagonal(self.precision, axis1=-2, axis2=-1)
        return Normal(self.psi(x), (variance[..., None] * np.eye(variance.shape[-1]))[..., None, :, :])

    @property
    def mean_field_gap(self) -> Array:
        """Nats a point that the best mean-field posterior loses, (1/2)(sum log Lambda_ii - log det Lambda), (...)."""
        diagonal = np.diagonal(self.precision, axis1=-2, axis2=-1)
        return np.asarray(0.5 * (np.sum(np.log(diagonal), axis=-1) - log_determinant(self.precision)))

    def rotated(self, rotation: Array) -> LinearGaussian:
        """Return the model with decoder W R: the same law of x, another code."""
        return replace(self, loading=self.loading @ rotation)

    def sample_latent(self, x: Array, rng: Seed) -> Array:
        """Draw z from the posterior of each row, (..., n, q)."""
        rng = generator_of(rng)
        return self.posterior(x).draw(rng)

    def elbo(self, x: Array, q: Normal | None = None, rng: np.random.Generator | None = None) -> Elbo:
        """Evidence lower bound for any Gaussian q, exact."""
        if q is not None and not isinstance(q, Normal):
            raise ValueError(f"q = {shown(q)}: None, or a Normal is needed")
        exact = self.posterior(x)
        q = exact if q is None else q
        rest = x - self.mean[..., None, :] - q.mean @ transpose(self.loading)
        square = np.sum(rest**2 / self.noise_var[..., None, :], axis=-1)
        inside = (transpose(self.loading) @ self._scaled)[..., None, :, :]
        trace = np.trace(inside @ q.covariance, axis1=-2, axis2=-1)
        logs = np.sum(np.log(self.noise_var), axis=-1)[..., None]
        reconstruction = -0.5 * (x.shape[-1] * LOG_2PI + logs + square + trace)
        gap = divergence(q, exact)
        return Elbo(self.log_likelihood(x), gap, self._energy(x, q), q.entropy, reconstruction, standard_rate(q))

    def _energy(self, x: Array, q: Normal) -> Array:
        """E_q log p(x, z), from the joint covariance of (x, z)."""
        d, w = self.loading.shape[-2], self.loading
        identity = np.broadcast_to(np.eye(w.shape[-1]), (*w.shape[:-2], w.shape[-1], w.shape[-1]))
        top = np.concatenate([self.covariance, w], axis=-1)
        joint = np.concatenate([top, np.concatenate([transpose(w), identity], axis=-1)], axis=-2)
        both = np.concatenate([x - self.mean[..., None, :], q.mean], axis=-1)
        square = np.sum(both * transpose(solve(joint, transpose(both))), axis=-1)
        inside = inverse(joint)[..., d:, d:][..., None, :, :]
        trace = np.trace(inside @ q.covariance, axis1=-2, axis2=-1)
        return np.asarray(-0.5 * (both.shape[-1] * LOG_2PI + log_determinant(joint)[..., None] + square + trace))

    def excess_log_loss(self, law: Law, rng: np.random.Generator | None = None) -> Estimate:
        """KL(p_D || p_theta): closed form for a `JointGaussian`, an integral over Sobol points for a mixture.

        Raises
        ------
        ValueError
            A law of finite support, against which a density has no likelihood.
        """
        if isinstance(law, JointGaussian):
            return gaussian_excess(law, self.mean, self.covariance)
        return integrated_excess(law, self.log_likelihood)
