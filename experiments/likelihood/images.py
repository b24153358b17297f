"""scikit-learn's bundled 8 x 8 digits as rows with a density: 1,797 images of ten classes, pixels in [0, 17/16)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from sklearn.datasets import load_digits

from testbed._linalg import Array
from testbed.data import Sample
from testbed.keys import stream
from testbed.laws import GaussianMixture

__all__ = ["SIDE", "Digits", "digits", "halves", "pooled_mixture"]

SIDE, CLASSES = 8, 10


class Digits(NamedTuple):
    """Images (n, 8, 8) and classes (n,)."""

    image: Array
    label: np.ndarray


def digits() -> Digits:
    """All images; uniform noise of one grey level is added, so that no pixel is constant and x has a density."""
    found = load_digits()
    noise = stream(0, "structure", "digits", 0).random(found.images.shape)
    return Digits((found.images + noise) / 16.0, np.asarray(found.target))


def halves(data: Digits) -> Sample:
    """Left half as x1 (32 pixels, row by row), right half as x2, class as y."""
    left, right = (half.reshape(len(data.image), -1) for half in np.split(data.image, 2, axis=2))
    return Sample(left, right, np.eye(CLASSES)[data.label])


def pooled_mixture(rows: Sample) -> GaussianMixture:
    """Return the law with the class shares, class means and pooled covariance within classes of the rows.

    Its linear class is that of the rows, so its beta, ranks and linear eps_CI given y are their plug-in estimates.
    """
    both, share = np.c_[rows.x1, rows.x2], rows.y.mean(axis=0)
    mean = rows.y.T @ both / (len(both) * share[:, None])
    rest = both - rows.y @ mean
    return GaussianMixture(share / share.sum(), mean, rest.T @ rest / len(both), rows.x1.shape[1])
