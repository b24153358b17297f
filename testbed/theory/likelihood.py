"""Likelihood and the evidence lower bound, as statements on the second moments of x1.

Where a model is needed it is probabilistic PCA of a rank, fitted to infinitely many x1: a function of the law.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np

from testbed._linalg import FLAT, Array
from testbed.allowed import Count, Real
from testbed.laws import Population
from testbed.laws.gaussian_population import GaussianPopulation
from testbed.laws.population import NotDefinedError
from testbed.laws.spectral import axes_of
from testbed.models import LinearVAE, ProbabilisticPCA
from testbed.models.inputs import rows_with
from testbed.models.linear_gaussian import LinearGaussian
from testbed.models.linear_vae import FittedLinearVAE
from testbed.models.normal import Normal, divergence
from testbed.theory.base import Assumption, Exact, Kind, Sides, Versions, compared
from testbed.theory.conditions import x1_varies

__all__ = ["CollapseThreshold", "EvidenceForms", "ExcessLogLoss", "LinearVAEOptimum", "MeanFieldGap"]

CLOSE = 0.01  # share of s2 within which an eigenvalue is too close to it for its latent to be called active or not
ACTIVE = 1e-4  # nats of KL(q(z_i|x) || p(z_i)) above which a latent is active
START = 0  # seed of the start of training: its end does not depend on it


def _eigenvalues(truth: Population) -> Array:
    """Eigenvalues of the covariance of x1, falling, (..., d1)."""
    return np.asarray(np.maximum(np.linalg.eigvalsh(truth.s11)[..., ::-1], 0.0))


def _noise_left(truth: Population, rank: int) -> Assumption:
    """x1 has variance outside its leading directions, so that the likelihood has a maximum: the margin is s2."""
    d1 = truth.s11.shape[-1]
    name = f"variance of x1 outside {rank} directions"
    if rank >= d1:
        return Assumption(name, np.full(truth.second2.shape, float(d1 - rank - 1)), np.zeros(truth.second2.shape, bool))
    values = _eigenvalues(truth)
    s2 = values[..., rank:].mean(axis=-1)
    variances = np.diagonal(truth.s11, axis1=-2, axis2=-1)
    varies = variances.min(axis=-1) > FLAT * variances.max(axis=-1)
    return Assumption(name, s2, (s2 > FLAT * values[..., 0]) & varies)


class _OfModel(Exact):
    """A statement about probabilistic PCA of x1."""

    rank: int

    spread: ClassVar[float] = 1e6  # largest variance of x1 in units of the noise's at which rounding is below 1e-9

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """x1 has variance left for the noise of the model; named where it fails, enough of it to compute with."""
        left = _noise_left(truth, self.rank)
        largest = _eigenvalues(truth)[..., 0]
        room = self.spread - largest / np.where(left.holds, left.margin, np.inf)
        if np.all(room > 0.0):
            return (left,)
        return (left, Assumption(f"variances of x1 at most {self.spread:g} times the noise's", room, room > 0.0))

    def subject(self, truth: Population) -> Assumption:
        """An x1 that varies."""
        return x1_varies(truth)

    def _nats(self, truth: Population, left: Any, right: Any) -> Sides:
        """Both sides, on the scale of a nat for each coordinate of x1."""
        return compared(truth, left, right, float(truth.s11.shape[-1]))

    def _asks_for_noise(self, truth: Population) -> None:
        """Refuse a law without variance for the noise of the model: its likelihood has no maximum."""
        left = _noise_left(truth, self.rank)
        if not np.all(left.holds):
            raise NotDefinedError(f"probabilistic PCA of rank {self.rank} has no best likelihood: it needs {left.name}")

    def _model(self, truth: Population) -> LinearGaussian:
        self._asks_for_noise(truth)
        return ProbabilisticPCA(self.rank).of_moments(np.zeros_like(truth.mean1), truth.s11)

    def _rows(self, truth: Population) -> Array:
        """Rows of x1 - E X1 over which the mean of a function of second degree is its expectation under the law."""
        return rows_with(np.zeros_like(truth.mean1), truth.s11)


@dataclass(frozen=True, repr=False)
class EvidenceForms(_OfModel):
    """The evidence lower bound is one number in each of its forms, whatever q is (M2).

    E log p(x) - E KL(q || p(z|x)), or E E_q log p(x, z) + E H(q), equals E E_q log p(x|z) - E KL(q || p(z)). Here q
    has half the posterior mean and the covariance of the prior.

    References
    ----------
    Kingma and Welling, "Auto-encoding variational Bayes", ICLR 2014, section 2.2.

    Examples
    --------
    >>> from testbed import check, theory
    >>> theory.EvidenceForms().sides(check.LAWS["sharp"].population())
    <Sides: left -2.83788, right -2.83788, scale 2, error 0>
    """

    rank: Count = 1
    form: Literal["evidence", "energy"] = "evidence"

    versions: ClassVar[Versions] = ({}, {"form": "energy"})
    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Forms of the ELBO"
    source: ClassVar[str] = "Kingma and Welling, ICLR 2014, section 2.2"
    claim: ClassVar[str] = "E log p(x) - E KL(q||p(z|x)) = E log p(x|z) - E KL(q||p(z)) = E log p(x,z) + E H(q)"

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """One of the other forms, and E E_q log p(x|z) - E KL(q || p(z)), in nats."""
        model, x = self._model(truth), self._rows(truth)
        exact = model.posterior(x)
        q = Normal(0.5 * exact.mean, np.broadcast_to(np.eye(self.rank), exact.covariance.shape))
        evidence, energy, right = (form.mean(axis=-1) for form in model.elbo(x, q).forms)
        return self._nats(truth, evidence if self.form == "evidence" else energy, right)


@dataclass(frozen=True, repr=False)
class MeanFieldGap(_OfModel):
    """What the best q of independent coordinates loses when the decoder W is turned to W R (M3).

    (1/2)(sum log Lambda_ii - log det Lambda) nats a point, Lambda = R'W'WR/s2 + I: 0 at the principal axes, where the
    likelihood, which does not depend on R, has no preference. R turns the first two axes by `angle`.

    References
    ----------
    This project (M3); the preference of the bound for an axis: Rolinek, Zietlow and Martius, "Variational autoencoders
    pursue PCA directions (by accident)", CVPR 2019.

    Examples
    --------
    >>> from testbed import check, theory
    >>> theory.MeanFieldGap().sides(check.LAWS["finite"].population())
    <Sides: left 0.453345, right 0.453345, scale 3, error 0>
    """

    rank: Count = 2
    angle: Annotated[float, Real()] = 0.5

    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Gap of a mean-field posterior"
    source: ClassVar[str] = "this project (M3)"
    claim: ClassVar[str] = "E log p(x) - max_q ELBO = (1/2)(sum log Lambda_ii - log det Lambda)"

    def _model(self, truth: Population) -> LinearGaussian:
        rotation = np.eye(self.rank)
        if self.rank > 1:
            c, s = np.cos(self.angle), np.sin(self.angle)
            rotation[:2, :2] = [[c, -s], [s, c]]
        return super()._model(truth).rotated(rotation)

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """E log p(x) less the bound at the best q, and (1/2)(sum log Lambda_ii - log det Lambda)."""
        model, x = self._model(truth), self._rows(truth)
        left = (model.log_likelihood(x) - model.elbo(x, model.mean_field(x)).value).mean(axis=-1)
        return self._nats(truth, left, model.mean_field_gap)


@dataclass(frozen=True, repr=False)
class LinearVAEOptimum(_OfModel):
    """The best evidence lower bound of a linear VAE is the best likelihood of probabilistic PCA (M4).

    References
    ----------
    Lucas, Tucker, Grosse and Norouzi, "Don't blame the ELBO!", NeurIPS 2019, section 4.
    """

    rank: Count = 2

    spread: ClassVar[float] = 1e3  # up to which the training can be relied on to end at the optimum
    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Optimum of a linear VAE"
    source: ClassVar[str] = "Lucas, Tucker, Grosse and Norouzi, NeurIPS 2019, section 4"
    claim: ClassVar[str] = "max ELBO(linear VAE) = max E log p(x), probabilistic PCA"

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """E ELBO after training, and E log p(x), -(1/2) [d log 2 pi + sum_{i<=q} log lambda_i + (d - q) log s2 + d]."""
        self._asks_for_noise(truth)
        values, d = _eigenvalues(truth), truth.s11.shape[-1]
        s2 = values[..., self.rank :].mean(axis=-1)
        logs = np.sum(np.log(values[..., : self.rank]), axis=-1) + (d - self.rank) * np.log(s2)
        if not np.all(self.applies(truth)):
            raise NotDefinedError("variances of x1 are too far apart for the end of the training to be its optimum")
        trained = LinearVAE(self.rank).of_moments(np.zeros_like(truth.mean1), truth.s11, np.random.default_rng(START))
        left = trained.elbo(self._rows(truth)).value.mean(axis=-1)
        return self._nats(truth, left, -0.5 * (d * (np.log(2.0 * np.pi) + 1.0) + logs))


@dataclass(frozen=True, repr=False)
class CollapseThreshold(_OfModel):
    """With its variance s2 fixed, latent i of a linear VAE collapses iff lambda_i <= s2 (M4).

    Here s2 is the mean variance of the coordinates of x1.

    References
    ----------
    Lucas, Tucker, Grosse and Norouzi, "Don't blame the ELBO!", NeurIPS 2019, section 4.
    """

    rank: Count = 2

    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Posterior collapse of a linear VAE"
    source: ClassVar[str] = "Lucas, Tucker, Grosse and Norouzi, NeurIPS 2019, section 4"
    claim: ClassVar[str] = "active latents = #{i <= q: lambda_i > s2}, s2 = tr S11 / d1"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """Variance is left for the noise, and no eigenvalue is too close to s2 to tell."""
        s2 = self._s2(truth)[..., None]
        distance = np.abs(_eigenvalues(truth)[..., : self.rank] / np.where(s2 > 0.0, s2, 1.0) - 1.0).min(axis=-1)
        clear = Assumption("no eigenvalue within 1% of s2", distance - CLOSE, distance > CLOSE)
        return (_noise_left(truth, self.rank), clear)

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """Number of latents whose rate is above 1e-4 nats after training, and of leading eigenvalues above s2."""
        above = _eigenvalues(truth)[..., : self.rank] > self._s2(truth)[..., None]
        self._asks_for_noise(truth)
        left = np.array([self._active(*moments) for moments in _slices(truth)]).reshape(truth.second2.shape)
        return self._nats(truth, left, np.sum(above, axis=-1))

    def _s2(self, truth: Population) -> Array:
        return np.asarray(np.trace(truth.s11, axis1=-2, axis2=-1) / truth.s11.shape[-1])

    def _active(self, mean: Array, covariance: Array) -> float:
        model = LinearVAE(self.rank, noise_var=float(np.trace(covariance)) / len(covariance))
        fitted: FittedLinearVAE = model.of_moments(mean, covariance, np.random.default_rng(START))
        return float(np.sum(fitted.rates(covariance) > ACTIVE))


@dataclass(frozen=True, repr=False)
class ExcessLogLoss(_OfModel):
    """Excess log-loss of probabilistic PCA on a Gaussian law: what its equal variances cost (M6).

    KL(p_D || p_theta) = (1/2) [(d - q) log s2 - sum_{i > q} log lambda_i]: the logarithm of the arithmetic over the
    geometric mean of the variances left out.

    References
    ----------
    Tipping and Bishop, JRSS B 61 (1999), section 3.2, with the entropy of the law subtracted.
    """

    rank: Count = 2

    versions: ClassVar[Versions] = ({}, {"rank": 1})
    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Excess log-loss of probabilistic PCA"
    source: ClassVar[str] = "Tipping and Bishop, JRSS B 1999, section 3.2"
    claim: ClassVar[str] = "KL(p_D || p_theta) = (1/2)[(d-q) log s2 - sum_{i>q} log lambda_i]"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """x1 is Gaussian, with a density."""
        gaussian = np.full(truth.second2.shape, isinstance(truth, GaussianPopulation))
        return (
            Assumption("x1 is Gaussian", np.where(gaussian, 0.0, -1.0), gaussian),
            self._density(truth),
            *super().assumptions(truth),
        )

    def subject(self, truth: Population) -> Assumption:
        """Two directions at least are left out: the variance of one is its own mean, and costs nothing on any law."""
        left = np.full(truth.second2.shape, float(truth.s11.shape[-1] - self.rank - 1))
        return Assumption(f"two directions of x1 outside {self.rank}", left, left > 0.0)

    def _density(self, truth: Population) -> Assumption:
        values = _eigenvalues(truth)
        return Assumption("x1 has a density", values[..., -1], axes_of(truth.s11).varies.all(axis=-1))

    def _asks_for_noise(self, truth: Population) -> None:
        """Refuse a singular covariance too: the law then has no density to be held against."""
        super()._asks_for_noise(truth)
        if not np.all(self._density(truth).holds):
            raise NotDefinedError("the covariance of x1 is singular, so x1 has no density")

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """KL of two Gaussians, and (1/2) [(d - q) log s2 - sum_{i > q} log lambda_i]."""
        self._asks_for_noise(truth)
        rest = _eigenvalues(truth)[..., self.rank :]
        dense = rest[..., -1] > 0.0
        safe = np.where(dense[..., None], rest, 1.0)
        value = 0.5 * (rest.shape[-1] * np.log(safe.mean(axis=-1)) - np.sum(np.log(safe), axis=-1))
        model = self._model(truth)
        law = Normal(np.zeros_like(truth.mean1)[..., None, :], truth.s11[..., None, :, :])
        left = divergence(law, Normal(model.mean[..., None, :], model.covariance[..., None, :, :]))[..., 0]
        return self._nats(truth, left, np.where(dense, value, np.inf))


def _slices(truth: Population) -> list[tuple[Array, Array]]:
    """Mean and covariance of x1 of each law of a stack."""
    d = truth.s11.shape[-1]
    means = np.broadcast_to(truth.mean1, (*truth.s11.shape[:-2], d)).reshape(-1, d)
    return list(zip(means, truth.s11.reshape(-1, d, d), strict=True))
