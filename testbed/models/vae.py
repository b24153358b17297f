"""The variational autoencoder: what it is told, and what it knows once it is trained (without jax)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from testbed._linalg import Array
from testbed.allowed import Count, Positive, Whole
from testbed.arguments import Seed, generator_of, shown
from testbed.laws import Law
from testbed.laws.quadrature import Estimate
from testbed.models.base import Data, Elbo, Fitted, Model
from testbed.models.density import log_density
from testbed.models.importance import Sampled, sampled_likelihood
from testbed.models.inputs import check_latent, checked, covariance_of, rows_of
from testbed.models.normal import LOG_2PI, Normal, standard_rate
from testbed.models.vae_training import BLOCK, Layers, Layout, Weights, forward, train
from testbed.regressors.base import Rank
from testbed.screens import short

__all__ = ["VAE", "FittedVAE", "SampledExcess"]

CHUNK = 2**16  # points of the latent that are decoded at once
EXCESS_ROWS, IMPORTANCE_DRAWS = 2000, 500  # draws of x1 in `excess_log_loss`, and points of the latent for each


class SampledExcess(NamedTuple):
    """Excess log-loss in nats, its standard error over x1, and by how much the sampled likelihood is about too low."""

    value: float
    spread: float
    bias: float

    def __repr__(self) -> str:
        return short(self)


@dataclass(frozen=True, eq=False, repr=False)
class FittedVAE(Fitted):
    """z ~ N(0, I_q), x | z ~ N(decode(z), noise_var I), with the encoder q(z|x) = N(mean(x), diag var(x)).

    Its likelihood is an integral over z without closed form: `importance_log_likelihood` estimates it.

    Attributes
    ----------
    centre : (d,)
    scale : float
        The networks see (x - centre) / scale.
    encoder, decoder : layers of weights and offsets
        d -> hidden -> 2 q (means, then log variances), and q -> hidden -> d.
    noise_var : float
        Variance of each coordinate of x given z.
    """

    centre: Array
    scale: float
    encoder: Layers
    decoder: Layers
    noise_var: float

    def __post_init__(self) -> None:
        """Have the layers shown as shapes."""
        self._contain("encoder", "decoder")

    def encode(self, x: Array) -> Normal:
        """Return q(z | x), the encoder's Gaussian for each row."""
        x = checked(x, len(self.centre))
        code: Array = forward(self.encoder, (x - self.centre) / self.scale, np.tanh)
        q = code.shape[-1] // 2
        return Normal(code[:, :q], np.exp(code[:, q:])[..., None] * np.eye(q))

    def encode_mean(self, x: Array) -> Array:
        """Mean of q(z | x), (n, d) -> (n, q)."""
        return self.encode(x).mean

    def decode(self, z: Array) -> Array:
        """Mean of x given z, (..., q) -> (..., d)."""
        return np.asarray(self.centre + self.scale * forward(self.decoder, z, np.tanh))

    @property
    def psi(self) -> Callable[[Array], Array]:
        """The representation of x1: the mean of the encoder."""
        return self.encode_mean

    def posterior(self, x: Array) -> Normal:
        """Return the encoder's approximation q(z | x): the posterior of the decoder has no closed form."""
        return self.encode(x)

    def sample_latent(self, x: Array, rng: Seed) -> Array:
        """Draw z from the encoder, (n, q)."""
        rng = generator_of(rng)
        return self.encode(x).draw(rng)

    def log_likelihood(self, x: Array) -> Array:
        """Refuse: the likelihood has no closed form.

        Raises
        ------
        ValueError
            Always.
        """
        raise ValueError(
            "the likelihood of a VAE has no closed form: estimate it by importance_log_likelihood(x, rng), or bound "
            "it by elbo(x, rng=rng)"
        )

    def importance_log_likelihood(self, x: Array, rng: Seed, draws: int = 1000) -> Sampled:
        """Estimate log p(x) of rows from `draws` points of the latent each: `value` and `se` (n,), in nats.

        Half the points come from the encoder, widened, and the prior, the others from a proposal adapted to these.
        Each half estimates p(x) without bias, so that `value` is on average at most log p(x), and where the two
        disagree `se` is at least half their difference: see `testbed.models.importance`.
        """
        rng = generator_of(rng)
        Whole(10).check("draws", draws)
        x = checked(x, len(self.centre))
        size = max(1, CHUNK // draws)
        blocks = (x[first : first + size] for first in range(0, len(x), size))
        parts = [self._sampled(rows, rng, draws) for rows in blocks]
        return Sampled(*(np.concatenate(part) for part in zip(*parts, strict=True)))

    def _sampled(self, rows: Array, rng: np.random.Generator, draws: int) -> Sampled:
        return sampled_likelihood(lambda z: self._log_decoder(rows[:, None, :], z), self.encode(rows), rng, draws)

    def _log_decoder(self, x: Array, z: Array) -> Array:
        """Log p(x | z)."""
        square = np.sum((x - self.decode(z)) ** 2, axis=-1)
        return np.asarray(-0.5 * (square / self.noise_var + x.shape[-1] * (LOG_2PI + np.log(self.noise_var))))

    def elbo(self, x: Array, q: Normal | None = None, rng: Seed | None = None, draws: int = 32) -> Elbo:
        """Evidence lower bound of rows; E_q log p(x|z) is a mean over `draws`, everything else is closed form.

        Raises
        ------
        ValueError
            Without `rng`.
        """
        rng = None if rng is None else generator_of(rng)
        if rng is None:
            raise ValueError("rng = None: the bound of a VAE is an average over draws of z")
        q = self.encode(x) if q is None else q
        points = (q.draw(rng) for _ in range(draws))
        reconstruction = np.mean([self._log_decoder(x, z) for z in points], axis=0)
        size = np.sum(q.mean**2, axis=-1) + np.trace(q.covariance, axis1=-2, axis2=-1)
        prior = -0.5 * (size + q.mean.shape[-1] * LOG_2PI)
        return Elbo(None, None, reconstruction + prior, q.entropy, reconstruction, standard_rate(q))

    def rates(self, x: Array) -> Array:
        """Mean of KL(q(z_i | x) || N(0, 1)) over rows, latent by latent, in nats: 0 where collapsed."""
        q = self.encode(x)
        var = np.diagonal(q.covariance, axis1=-2, axis2=-1)
        return np.asarray(np.mean(0.5 * (q.mean**2 + var - 1.0 - np.log(var)), axis=0))

    def sampled_excess(self, law: Law, rng: Seed) -> SampledExcess:
        """KL(p_D || p_theta) over 2,000 draws of x1, the likelihood by 500 points of the latent each.

        The logarithm of an unbiased estimate is too low by half its squared relative error, to second order: the mean
        of this over the rows is `bias`. Their errors count the disagreement of the two proposals.
        """
        rng = generator_of(rng)
        x1 = law.sample(EXCESS_ROWS, rng).x1
        sampled = self.importance_log_likelihood(x1, rng, IMPORTANCE_DRAWS)
        ratio = log_density(law, x1) - sampled.value
        spread = float(ratio.std(ddof=1)) / np.sqrt(len(x1))
        return SampledExcess(float(ratio.mean()), spread, 0.5 * float(np.mean(sampled.se**2)))

    def excess_log_loss(self, law: Law, rng: Seed | None = None) -> Estimate:
        """KL(p_D || p_theta) over 2,000 draws of x1, the likelihood by 500 points of the latent each.

        The error has two parts, added as squares: the spread over x1, and the bias of the sampled likelihood, which
        does not average out: half the mean squared error of a row. It is large where the two proposals do not cover
        the posterior, and disagree. The estimate is above KL on average, as the sampled likelihood is below log p(x)
        (Burda, Grosse and Salakhutdinov 2016, Theorem 1); the bias is not subtracted.

        Raises
        ------
        ValueError
            Without `rng`, or a law of finite support.
        """
        rng = None if rng is None else generator_of(rng)
        if rng is None:
            raise ValueError("rng = None: the likelihood of a VAE is sampled")
        found = self.sampled_excess(law, rng)
        return Estimate(np.asarray(found.value), np.asarray(np.hypot(found.spread, found.bias)))


@dataclass(frozen=True, repr=False)
class VAE(Model):
    """Variational autoencoder with networks of tanh units: encoder N(mean(x), diag var(x)), decoder N(mean(z), s2 I).

    Trained by Adam on E_q log p(x|z) - beta KL(q || N(0, I)), the first term by one reparameterised draw for each row,
    the second in closed form. Its noise is alike in all columns, so units of each column matter by definition; in other
    common units and from other origins it is the same fit, up to rounding in single precision. Needs jax and optax to
    train (`pip install 'testbed[neural]'`), and only then.

    Parameters
    ----------
    rank : int, "k", "k-1" or "km"
        Latent dimension, at most the number of columns of x.
    hidden : tuple of int
        Units of the encoder's layers; the decoder has them in reverse.
    noise_var : float, optional
        Holds s2 fixed, in the unit of the square of x; otherwise it is learnt.
    beta : float
        Weight of the KL term.
    epochs, batch : int
        Passes over the rows, and rows in a step.
    learning_rate : float
        Of the first epoch; it falls to 0 along a cosine.

    Raises
    ------
    ImportError
        When fitted without jax and optax.
    ValueError
        A rank that x does not have room for, NaN, constant columns, rows with weights, training that diverges.

    References
    ----------
    Kingma and Welling, "Auto-encoding variational Bayes", ICLR 2014; Higgins et al., "beta-VAE", ICLR 2017.
    """

    needs: ClassVar[tuple[str, ...]] = ("jax", "optax")

    rank: Rank
    hidden: tuple[Count, ...] = (128, 128)
    noise_var: Positive | None = None
    beta: Positive = 1.0
    epochs: Count = 100
    batch: Count = 256
    learning_rate: Positive = 5e-3

    def fit(self, data: Data, rng: Seed) -> FittedVAE:
        """Train one network on rows of x1; `rng` gives its seed."""
        rng = generator_of(rng)
        return self._trained(data, rng, 1, 1)[0]

    def fit_many(self, data: Data, rng: Seed, count: int) -> list[FittedVAE]:
        """Train `count` networks on the same rows from different seeds, in blocks of 5 side by side.

        A block is always run in full and then cut, so the i-th network does not depend on `count`. It is not that of
        `fit` to the last bit, since rounding depends on the width of a block.
        """
        rng = generator_of(rng)
        Whole(1).check("count", count)
        return self._trained(data, rng, -(-count // BLOCK) * BLOCK, BLOCK)[:count]

    def _trained(self, data: Data, rng: np.random.Generator, count: int, block: int) -> list[FittedVAE]:
        x, weight = rows_of(self, data)
        if weight is not None:
            raise ValueError(f"{shown(self)} takes no weights: give each row as often as it was drawn")
        if x.ndim != 2:
            raise ValueError(f"x has shape {x.shape}; a VAE is trained on one set of rows (n, d)")
        rank = check_latent(self.rank, x.shape[1], noise_left=False)
        centre, covariance = covariance_of(self, x)
        scale = float(np.sqrt(np.trace(covariance) / len(covariance)))
        layout = Layout(block, len(x), x.shape[1], rank, self.hidden, min(self.batch, len(x)), self.noise_var is None)
        log_noise = 0.0 if self.noise_var is None else float(np.log(self.noise_var / scale**2))
        seeds = rng.integers(2**31, size=count).reshape(-1, block)
        settings = (self.beta, log_noise, self.learning_rate, self.epochs)
        found = [w for part in seeds for w in train((x - centre) / scale, layout, part, *settings)]
        return [_fitted(w, centre, scale) for w in found]


def _fitted(weights: Weights, centre: Array, scale: float) -> FittedVAE:
    noise_var = float(np.exp(weights.log_noise_var)) * scale**2
    layers = (*weights.encoder, *weights.decoder)
    if not np.isfinite(noise_var) or not all(np.all(np.isfinite(part)) for layer in layers for part in layer):
        raise ValueError("training of the VAE diverged: its weights are not finite; lower learning_rate")
    return FittedVAE(centre, scale, weights.encoder, weights.decoder, noise_var)
