"""The linear variational autoencoder: decoder and encoder are linear, so its bound needs no sampling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from testbed._linalg import Array, transpose
from testbed.allowed import Count, Positive
from testbed.arguments import Seed, generator_of
from testbed.data import LinearMap
from testbed.laws import Law
from testbed.models.base import Data, Elbo, Model
from testbed.models.inputs import check_latent, covariance_of, law_covariance
from testbed.models.linear_gaussian import LinearGaussian
from testbed.models.normal import LOG_2PI, Normal
from testbed.regressors.base import Rank

__all__ = ["FittedLinearVAE", "LinearVAE"]


@dataclass(frozen=True, eq=False, repr=False)
class FittedLinearVAE(LinearGaussian):
    """Decoder N(mean + W z, s2 I), and the encoder q(z|x) = N(V'(x - mean), diag encoder_var).

    Attributes
    ----------
    encoder : (..., d, q)
        V.
    encoder_var : (..., q)
    """

    encoder: Array
    encoder_var: Array

    def encode(self, x: Array) -> Normal:
        """Return q(z | x), the encoder's Gaussian for each row."""
        diagonal = self.encoder_var[..., None] * np.eye(self.encoder_var.shape[-1])
        return Normal(self.psi(x), diagonal[..., None, :, :])

    @property
    def psi(self) -> LinearMap:
        """The representation of x1: the mean of the encoder, which is affine in x1."""
        return LinearMap(self.encoder, -(self.mean[..., None, :] @ self.encoder)[..., 0, :])

    def posterior(self, x: Array) -> Normal:
        """Exact posterior of the decoder, which the encoder approximates."""
        return self.decoder.posterior(x)

    @property
    def decoder(self) -> LinearGaussian:
        """The model of x without its encoder, whose posterior is exact."""
        return LinearGaussian(self.mean, self.loading, self.noise_var)

    def elbo(self, x: Array, q: Normal | None = None, rng: np.random.Generator | None = None) -> Elbo:
        """Evidence lower bound, exact; by default for the encoder."""
        return self.decoder.elbo(x, self.encode(x) if q is None else q)

    def mean_field(self, x: Array) -> Normal:
        """Best posterior of the decoder with independent coordinates."""
        return self.decoder.mean_field(x)

    def rotated(self, rotation: Array) -> LinearGaussian:
        """Return the decoder with W R; an encoder of independent coordinates does not turn with it."""
        return self.decoder.rotated(rotation)

    def rates(self, covariance: Array) -> Array:
        """Mean of KL(q(z_i | x) || N(0, 1)) over x of a covariance, latent by latent, in nats: 0 where collapsed."""
        explained = np.sum(self.encoder * (covariance @ self.encoder), axis=-2)
        return np.asarray(0.5 * (explained + self.encoder_var - 1.0 - np.log(self.encoder_var)))


@dataclass(frozen=True, repr=False)
class LinearVAE(Model):
    """Encoder N(V'(x - mean), diag v), decoder N(mean + W z, s2 I), trained on the evidence lower bound by L-BFGS.

    With S the covariance of x (divisor n) the objective is exact, ::

        E log p(x|z) - beta KL,   KL = (1/2) sum_i [(V'SV)_ii + v_i - 1 - log v_i],
        E log p(x|z) = -(1/2) [d log(2 pi s2) + (tr (I - W V') S (I - W V')' + sum_i v_i |w_i|^2) / s2].

    At beta = 1 its optimum is the likelihood of probabilistic PCA, with W along the principal axes; with s2 fixed,
    latent i collapses iff the i-th eigenvalue of S is at most beta s2. In other common units and from other origins it
    is the same fit; units of each column matter by definition, as in `ProbabilisticPCA`.

    Parameters
    ----------
    rank : int, "k", "k-1" or "km"
        Latent dimension, less than the number of columns of x (at most that, where s2 is fixed).
    noise_var : float, optional
        Holds s2 fixed, in the unit of the square of x.
    beta : float
        Weight of the KL term.
    start_std : float
        Standard deviation of the entries of V and W at the start, in units of the scale of x. All repetitions of a
        stack start alike.
    max_iterations : int
        Most steps of L-BFGS.

    Raises
    ------
    ValueError
        A rank that x does not have room for, NaN, constant columns.

    References
    ----------
    Lucas, Tucker, Grosse and Norouzi, "Don't blame the ELBO! A linear VAE perspective on posterior collapse",
    NeurIPS 2019, section 4.

    Examples
    --------
    >>> import numpy as np
    >>> from testbed.generators import CleanMixture
    >>> from testbed.models import LinearVAE
    >>> rng = np.random.default_rng(0)
    >>> rows = CleanMixture(k=3, structure_seed=1).law().sample(500, rng)
    >>> fitted = LinearVAE(2).fit(rows, rng)
    >>> fitted.psi(rows.x1).shape    # the posterior means, or probabilities, of the latent given each row
    (500, 2)
    """

    rank: Rank
    noise_var: Positive | None = None
    beta: Positive = 1.0
    start_std: Positive = 0.3
    max_iterations: Count = 5000

    linear: ClassVar[bool] = True

    def fit(self, data: Data, rng: Seed) -> FittedLinearVAE:
        """Train on Moments or rows of x1 from a random start."""
        rng = generator_of(rng)
        return self.of_moments(*covariance_of(self, data), rng)

    def optimum(self, law: Law) -> FittedLinearVAE:
        """Train on the covariance of x1 under the law, from a fixed start."""
        return self.of_moments(*law_covariance(self, law), np.random.default_rng(0))

    def of_moments(self, mean: Array, covariance: Array, rng: Seed) -> FittedLinearVAE:
        """Train on a mean (..., d) and a covariance with divisor n (..., d, d)."""
        rng = generator_of(rng)
        d = covariance.shape[-1]
        rank = check_latent(self.rank, d, self.noise_var is None)
        start = self.start_std * rng.standard_normal((2, d, rank)) / np.sqrt(d)
        fits = [self._climb(c, start) for c in covariance.reshape(-1, d, d)]
        v, w, var, s2 = (
            np.stack(parts).reshape(*covariance.shape[:-2], *parts[0].shape) for parts in zip(*fits, strict=True)
        )
        return FittedLinearVAE(mean, w, np.repeat(s2, d, axis=-1), v, var)

    def _climb(self, covariance: Array, start: Array) -> tuple[Array, Array, Array, Array]:
        """V, W, encoder variances and s2 (1,) of one covariance, in units of its scale."""
        from scipy.optimize import minimize

        d, rank = start.shape[1:]
        scale = float(np.trace(covariance)) / d
        target = covariance / scale
        fixed = None if self.noise_var is None else float(np.log(self.noise_var / scale))
        point: Any = np.concatenate([start.ravel(), np.zeros(rank), [0.0 if fixed is None else fixed]])
        most = self.max_iterations
        options: Any = {"maxiter": most, "maxfun": 4 * most, "ftol": 1e-15, "gtol": 1e-9, "maxcor": 30}
        loss: Any = _loss
        fixed_terms = (target, rank, self.beta, fixed)
        found = minimize(loss, point, fixed_terms, "L-BFGS-B", jac=True, options=options)
        v, w, log_var, log_s2 = _parts(found.x, d, rank)
        return v / np.sqrt(scale), w * np.sqrt(scale), np.exp(log_var), np.exp(log_s2) * scale


def _parts(point: Array, d: int, rank: int) -> tuple[Array, Array, Array, Array]:
    size = d * rank
    v, w = (point[i * size : (i + 1) * size].reshape(d, rank) for i in range(2))
    return v, w, point[2 * size : -1], point[-1:]


def _loss(point: Array, s: Array, rank: int, beta: float, fixed: float | None) -> tuple[float, Array]:
    """Minus the bound a point, and its gradient in (V, W, log v, log s2)."""
    d = len(s)
    v, w, log_var, log_s2 = _parts(point, d, rank)
    var, s2 = np.exp(log_var), float(np.exp(log_s2[0]))
    sv, norms = s @ v, np.sum(w**2, axis=0)
    code = transpose(v) @ sv  # covariance of the means of the code
    error = float(np.trace(s) - 2.0 * np.sum(w * sv) + np.sum((w @ code) * w) + var @ norms)
    rate = 0.5 * float(np.sum(np.diagonal(code) + var - 1.0 - log_var))
    loss = 0.5 * (d * (LOG_2PI + np.log(s2)) + error / s2) + beta * rate
    grad_v = (s @ (v @ (transpose(w) @ w)) - s @ w) / s2 + beta * sv
    grad_w = (w @ code - sv + w * var) / s2
    grad_var = 0.5 * var * norms / s2 + 0.5 * beta * (var - 1.0)
    grad_s2 = 0.5 * (d - error / s2) if fixed is None else 0.0
    return loss, np.concatenate([grad_v.ravel(), grad_w.ravel(), grad_var, [grad_s2]])
