"""What the truth of a law is computed from: its arrays, without the samplers. A law has the same fields, and more."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Annotated, Any, TypeVar

import numpy as np
from scipy.special import gammaln, xlogy

from testbed._linalg import LOST, UNEVEN, Array
from testbed.allowed import Count, Size, Whole
from testbed.arguments import shown
from testbed.laws.checks import correlation
from testbed.laws.population import NotDefinedError, View
from testbed.screens import Short

__all__ = ["Documents", "GaussianBlocks", "MixtureStates", "bare", "seen_through"]

T = TypeVar("T", bound="MixtureStates | GaussianBlocks | Documents")
FLAT = 1e-12  # share of the largest eigenvalue of a correlation matrix at or below which there is no variance
ALIKE = 1e-9  # standard deviations by which means of states may differ along a direction without variance


def bare(kind: type[T], law: T) -> T:
    """Arrays of a law as the plain class that its population takes: the population then does not hold the law."""
    made = kind(*(getattr(law, field.name) for field in fields(kind)))
    for name in ("mean1", "mean2", "centred1", "centred2"):  # which a mixture draws from too
        if isinstance(law, MixtureStates):
            made.__dict__[name] = getattr(law, name)
    return made


@dataclass(frozen=True, eq=False, repr=False)
class MixtureStates(Short):
    """S Gaussian states over (x1, x2), with leading axes: see `GaussianMixture`."""

    probability: Array
    mean: Array
    covariance: Array
    d1: int
    label: Any = None
    latent: Any = None

    @property
    def batch(self) -> tuple[int, ...]:
        """Shape of the leading axes: (repeats,) where each repetition has a law of its own, otherwise empty."""
        return self.mean.shape[:-2]

    @property
    def shared(self) -> bool:
        """Whether all states have one covariance."""
        return self.covariance.ndim <= self.mean.ndim

    @cached_property
    def shape(self) -> tuple[int, int, int, int]:
        """Dimensions (d1, d2, k, m), m the largest number of values that the latent has in a class."""
        k = int(self.label.max()) + 1
        shown = self.label if self.latent is None else np.unique(np.c_[self.label, self.latent], axis=0)[:, 0]
        return self.d1, self.mean.shape[-1] - self.d1, k, int(np.bincount(shown).max())

    @cached_property
    def one_hot(self) -> Array:
        """One-hot code of the label of each state, (S, k)."""
        return np.asarray(np.eye(self.shape[2])[self.label])

    @cached_property
    def shown(self) -> Array:
        """Which value of (Y, Z) each state has, one-hot (S, G), in the order of label and latent."""
        if self.latent is None:
            return np.eye(len(self.probability))
        _, group = np.unique(np.c_[self.label, self.latent], axis=0, return_inverse=True)
        return np.asarray(np.eye(int(group.max()) + 1)[group.ravel()])

    def block(self, rows: int, columns: int) -> Array:
        """Covariances within states of view `rows` with view `columns`, 1 or 2: a view of `covariance`."""
        one, two = (slice(0, self.d1) if view == 1 else slice(self.d1, None) for view in (rows, columns))
        return self.covariance[..., one, two]

    def means(self, view: int) -> Array:
        """Means of a view, 1 or 2, in the states, (..., S, d)."""
        return self.mean[..., : self.d1] if view == 1 else self.mean[..., self.d1 :]

    @cached_property
    def mean1(self) -> Array:
        """Mean of X1, (..., d1)."""
        return np.asarray(np.sum(self.probability[:, None] * self.means(1), axis=-2))

    @cached_property
    def mean2(self) -> Array:
        """Mean of X2, (..., d2)."""
        return np.asarray(np.sum(self.probability[:, None] * self.means(2), axis=-2))

    @cached_property
    def mean_y(self) -> Array:
        """Probabilities of the labels, (k,)."""
        return np.asarray(self.probability @ self.one_hot)

    @cached_property
    def centred1(self) -> Array:
        """Means of x1 in the states less E X1: a shift loses here what its storage has lost, and no more."""
        return _centred(self.means(1), self.probability)

    @cached_property
    def centred2(self) -> Array:
        """Means of x2 in the states less E X2."""
        return _centred(self.means(2), self.probability)


def _centred(mu: Array, p: Array) -> Array:
    """Means of the states less their mean, and where that is far from 0, less what rounding of it has left."""
    mean = np.sum(p[:, None] * mu, axis=-2, keepdims=True)
    once = mu - mean
    far = np.abs(mean) > UNEVEN * np.abs(once).max(axis=-2, keepdims=True)
    return np.asarray(once - np.where(far, np.sum(p[:, None] * once, axis=-2, keepdims=True), 0.0))


@dataclass(frozen=True, eq=False, repr=False)
class GaussianBlocks(Short):
    """One covariance over (x1, x2, y, z), with leading axes: see `JointGaussian`."""

    covariance: Array
    d1: Count
    d2: Count
    k: Count
    m: Annotated[int, Whole(0)] = 0

    @property
    def batch(self) -> tuple[int, ...]:
        """Shape of the leading axes: (repeats,) where each repetition has a law of its own, otherwise empty."""
        return self.covariance.shape[:-2]

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Dimensions (d1, d2, k, m)."""
        return self.d1, self.d2, self.k, self.m

    @property
    def blocks(self) -> dict[str, slice]:
        """Coordinates of x1, x2, y and z in the covariance."""
        ends = np.cumsum([0, *self.shape]).tolist()
        return {name: slice(ends[i], ends[i + 1]) for i, name in enumerate(("x1", "x2", "y", "z"))}


@dataclass(frozen=True, eq=False, repr=False)
class Documents(Short):
    """Topics, the values of their proportions, and the lengths of both halves of a document: see `Topics`."""

    topics: Array
    mixture: Array
    probability: Array
    readout: Array
    length1: Annotated[int, Size()] = 4
    length2: Annotated[int, Size()] = 4

    @cached_property
    def words(self) -> Array:
        """Word distribution under each value of the proportions, (J, V)."""
        return np.asarray(self.mixture @ self.topics)

    def documents(self, length: int) -> tuple[Array, Array]:
        """Word frequencies of all documents of a length, (s, V), and their probabilities given mu, (J, s)."""
        counts = _compositions(length, self.topics.shape[1])
        ways = gammaln(length + 1.0) - gammaln(counts + 1.0).sum(axis=-1)
        log = sum(xlogy(counts[:, v], self.words[:, v, None]) for v in range(counts.shape[1]))
        return counts / length, np.asarray(np.exp(ways + log))


def _compositions(total: int, parts: int) -> Array:
    """All vectors of `parts` whole numbers >= 0 that sum to `total`, one a row."""
    rows = np.arange(total + 1.0)[:, None]
    for _ in range(parts - 2):
        left = (total - rows.sum(axis=1)).astype(int)
        rows = np.concatenate(
            [np.repeat(rows, left + 1, axis=0), np.concatenate([np.arange(r + 1.0) for r in left])[:, None]], axis=1
        )
    last = total - rows.sum(axis=1, keepdims=True)
    return np.concatenate([rows, last], axis=1) if parts > 1 else np.full((1, 1), float(total))


def seen_through(states: MixtureStates, view: View) -> MixtureStates:
    """Return the states whose x1 is the given view, its x2 one coordinate that is noise.

    Directions without variance within states are dropped where the means of the states agree along them.

    Raises
    ------
    NotDefinedError
        Where such a direction tells states apart: densities do not exist then.
    """
    first = {"x1": slice(0, states.d1), "x2": slice(states.d1, None), "both": slice(0, None)}[view]
    mean, covariance = states.mean[..., first], states.covariance[..., first, first]
    values, vectors = np.linalg.eigh(correlation(covariance))
    flat = values <= FLAT * values.max()
    if np.any(flat):
        if covariance.ndim > 2 or _told_apart(mean, covariance, vectors[..., flat]):
            raise NotDefinedError(
                f"bayes_risk({shown(view)}): the covariance of {view} within states is singular, and its density "
                "is not defined"
            )
        mean, covariance = (mean / _unit(covariance)) @ vectors[:, ~flat], np.diag(values[~flat])
        if np.all(flat):  # a constant, which tells as much as noise does
            mean, covariance = np.zeros((*mean.shape[:-1], 1)), np.eye(1)
    return MixtureStates(states.probability, _padded_mean(mean), _padded(covariance), mean.shape[-1], states.label)


def _unit(covariance: Array) -> Array:
    """Standard deviations, 1 for a coordinate without variance."""
    deviation = np.sqrt(np.diagonal(covariance))
    return np.where(deviation > 0.0, deviation, 1.0)


def _told_apart(mean: Array, covariance: Array, axes: Array) -> bool:
    """Whether means of states differ along axes without variance, by more than rounding."""
    unit, there = _unit(covariance), np.diagonal(covariance) > 0.0
    apart = np.ptp((mean - mean[..., :1, :]) / unit @ axes, axis=-2)
    rounding = ALIKE * np.abs(axes[there]).sum(axis=0) + LOST * np.abs(mean / unit).max(axis=-2) @ np.abs(axes)
    return bool(np.any(apart > rounding))


def _padded_mean(mean: Array) -> Array:
    return np.concatenate([mean, np.zeros((*mean.shape[:-1], 1))], axis=-1)


def _padded(covariance: Array) -> Array:
    d = covariance.shape[-1]
    padded = np.zeros((*covariance.shape[:-2], d + 1, d + 1))
    padded[..., :d, :d], padded[..., d, d] = covariance, 1.0
    return padded
