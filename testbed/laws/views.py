"""A mixture as another view sees it: the risk of predicting the label from x2, or from both views."""

from __future__ import annotations

import numpy as np

from testbed._linalg import LOST, Array
from testbed.arguments import shown
from testbed.laws.checks import correlation
from testbed.laws.population import View
from testbed.laws.states import MixtureStates
from testbed.laws.undefined import NotDefinedError

__all__ = ["seen_through"]

FLAT = 1e-12  # share of the largest eigenvalue of a correlation matrix at or below which there is no variance
ALIKE = 1e-9  # standard deviations by which means of states may differ along a direction without variance


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
