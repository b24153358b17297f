"""Importance sampling of log p(x) where z ~ N(0, I): by two proposals, whose difference shows what both may miss."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.special import logsumexp

from testbed._linalg import Array, cholesky, solve_lower, transpose
from testbed.arguments import Seed, generator_of
from testbed.models.normal import LOG_2PI, Normal
from testbed.screens import short

__all__ = ["Sampled", "sampled_likelihood"]

LADDER = (0.0, 0.25, 0.5, 0.75)  # how far, on a logarithmic scale, the widths lie between those of encoder and prior
WIDER = 3.0  # variance of the wide component beside the adapted one


class Sampled(NamedTuple):
    """Estimates of log p(x) of rows in nats, each (n,): see `sampled_likelihood`."""

    value: Array
    se: Array
    first: Array
    second: Array
    effective: Array

    def __repr__(self) -> str:
        return short(self)

    @property
    def gap(self) -> Array:
        """By how much the second proposal finds more than the first, (n,): on average 0 where both cover p(z|x)."""
        return self.second - self.first


def sampled_likelihood(log_decoder: Callable[[Array], Array], encoder: Normal, rng: Seed, draws: int) -> Sampled:
    """Estimate log p(x) = log E p(x|z), z ~ N(0, I_q), from `draws` points z for each row.

    An encoder trained with a light KL term is far narrower than p(z|x), and draws from it alone miss most of p(x) while
    their spread looks small. So

    - the first half of the draws comes from a mixture of five: N(m, s^2) of the encoder, three of the same mean whose
      deviations lie between s and 1 on a logarithmic scale, and the prior;
    - the second half from a mixture of four: Gaussians with the weighted mean and covariance of the first half, and
      with three times that covariance, the encoder, and the prior.

    Each half gives an unbiased estimate of p(x), the mean of p(x, z) over the density of its mixture, and `value` is
    the logarithm of their mean. On average it is therefore at most log p(x). `se` is the standard error of that
    logarithm (delta method), or half the difference of the two logarithms where that is larger: **where the proposals
    disagree, the error says so.** `effective` is (sum w)^2 / sum w^2 over all draws; below about ten no error is to be
    trusted.

    Parameters
    ----------
    log_decoder : (n, draws, q) -> (n, draws)
        log p(x | z) of each row at points of its own.
    encoder : Normal
        Mean (n, q) and diagonal covariance (n, q, q) of q(z|x).

    References
    ----------
    Veach and Guibas, SIGGRAPH 1995 (the balance heuristic); Hesterberg, Technometrics 37, 1995 (defensive mixtures);
    Burda, Grosse and Salakhutdinov, ICLR 2016, Theorem 1 (its mean is at most log p(x)).
    """
    rng = generator_of(rng)
    n, q = encoder.mean.shape
    eye = np.broadcast_to(np.eye(q), (n, q, q))
    prior = Normal(np.zeros((n, q)), eye)
    deviation = np.sqrt(np.diagonal(encoder.covariance, axis1=-2, axis2=-1))
    ladder = [Normal(encoder.mean, deviation[..., None] ** (2.0 - 2.0 * t) * eye) for t in LADDER]
    z, log1 = _weighted(log_decoder, [*ladder, prior], rng, draws - draws // 2)
    adapted = _adapted(z, log1, encoder)
    wide = Normal(adapted.mean, WIDER * adapted.covariance)
    _, log2 = _weighted(log_decoder, [adapted, wide, encoder, prior], rng, draws // 2)
    parts = [logsumexp(log, axis=-1) - np.log(log.shape[-1]) for log in (log1, log2)]
    value = np.logaddexp(*parts) - np.log(2.0)
    spread = [np.exp(log - value[:, None]).var(axis=-1, ddof=1) / log.shape[-1] for log in (log1, log2)]
    # Weights as if the draws were of one mixture: each half has the same share of the estimate.
    log = np.concatenate([log1 - np.log(log1.shape[-1]), log2 - np.log(log2.shape[-1])], axis=-1)
    effective = np.exp(2.0 * logsumexp(log, axis=-1) - logsumexp(2.0 * log, axis=-1))
    se = np.maximum(0.5 * np.sqrt(spread[0] + spread[1]), 0.5 * np.abs(parts[1] - parts[0]))
    return Sampled(value, se, parts[0], parts[1], effective)


def _weighted(
    log_decoder: Callable[[Array], Array], mixture: list[Normal], rng: np.random.Generator, draws: int
) -> tuple[Array, Array]:
    """Points from the components of a mixture in turn, (n, draws, q), and the logarithms of their weights."""
    noise = rng.standard_normal((*mixture[0].mean.shape[:1], draws, mixture[0].mean.shape[-1]))
    roots = [cholesky(part.covariance) for part in mixture]
    places = [np.arange(i, draws, len(mixture)) for i in range(len(mixture))]
    z = np.empty_like(noise)
    for part, root, place in zip(mixture, roots, places, strict=True):
        z[:, place] = part.mean[:, None, :] + noise[:, place] @ transpose(root)
    shares = [len(place) / draws for place in places]
    density = [
        np.log(share) + _log_normal(z, part.mean, root)
        for part, root, share in zip(mixture, roots, shares, strict=True)
        if share > 0.0
    ]
    prior = -0.5 * np.sum(z**2 + LOG_2PI, axis=-1)
    return z, np.asarray(log_decoder(z) + prior - logsumexp(np.stack(density), axis=0))


def _log_normal(z: Array, mean: Array, root: Array) -> Array:
    """Log density of N(mean, root root') of each row at its points (n, draws, q)."""
    white = solve_lower(root, transpose(z - mean[:, None, :]))
    level = np.sum(np.log(np.diagonal(root, axis1=-2, axis2=-1)), axis=-1)
    return np.asarray(-0.5 * np.sum(white**2 + LOG_2PI, axis=-2) - level[:, None])


def _adapted(z: Array, log_weight: Array, encoder: Normal) -> Normal:
    """Mean and covariance of weighted points; few effective ones are given the encoder's width."""
    share = np.exp(log_weight - logsumexp(log_weight, axis=-1, keepdims=True))[..., None]
    mean = np.sum(share * z, axis=1)
    rest = z - mean[:, None, :]
    least = encoder.covariance * np.sum(share**2, axis=1)[..., None]  # over the effective number of points
    return Normal(mean, transpose(share * rest) @ rest + least)
