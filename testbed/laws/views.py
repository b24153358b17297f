"""A mixture as another view sees it: the risk of predicting the label from x2, or from both views."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from testbed._linalg import Array
from testbed.laws.population import View

if TYPE_CHECKING:
    from testbed.laws.mixture import GaussianMixture

__all__ = ["seen_through"]

FLAT = 1e-12  # share of the largest variance within a state at or below which a direction has none


def seen_through(law: GaussianMixture, view: View) -> GaussianMixture:
    """Return the mixture whose x1 is the given view, its x2 one coordinate that is noise.

    Directions without variance within states are dropped where the means of the states agree along them.

    Raises
    ------
    ValueError
        Where such a direction tells states apart: densities do not exist then.
    """
    first = {"x1": slice(0, law.d1), "x2": slice(law.d1, None), "both": slice(0, None)}[view]
    mean, covariance = law.mean[..., first], law.covariance[..., first, first]
    values, vectors = np.linalg.eigh(covariance)
    flat = values <= FLAT * values.max()
    if np.any(flat):
        axes = vectors[..., ~flat] if covariance.ndim == 2 else vectors
        gone = mean @ vectors[..., flat] if covariance.ndim == 2 else mean
        if covariance.ndim > 2 or np.ptp(gone, axis=-2).max(initial=0.0) > 1e-9 * np.sqrt(values.max()):
            raise ValueError(
                f"bayes_risk({view!r}): the covariance of {view} within states is singular, and its density is not "
                "defined"
            )
        mean, covariance = mean @ axes, np.diag(values[~flat])
    seen = type(law)(law.probability, _padded_mean(mean), _padded(covariance), mean.shape[-1], law.label)
    return seen._mark_cut() if law.redrawn else seen


def _padded_mean(mean: Array) -> Array:
    return np.concatenate([mean, np.zeros((*mean.shape[:-1], 1))], axis=-1)


def _padded(covariance: Array) -> Array:
    d = covariance.shape[-1]
    padded = np.zeros((*covariance.shape[:-2], d + 1, d + 1))
    padded[..., :d, :d], padded[..., d, d] = covariance, 1.0
    return padded
