"""How well the means of x2 tell the classes apart: singular values of P A with a band from Weyl's inequality."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from testbed._linalg import Array
from testbed.audits.labels import Labels
from testbed.audits.residuals import Residuals
from testbed.screens import Short

__all__ = ["ClassMeans", "class_means"]

DRAWS = 400
PIECE = 2048  # rows at a time


@dataclass(frozen=True, eq=False, repr=False)
class ClassMeans(Short):
    """Singular values of the conditional means of x2, in units of its within-class standard deviations.

    Attributes
    ----------
    values : (min(q, d2),)
        Singular values of P A_bar (for real y: of the slopes on y), falling.
    half, wide : float
        Every singular value lies within `half` of its estimate with probability .95 at least, and within `wide` with
        .975.
    rank : int
        Values above `half`: the rank is at least this.
    factor : float
        |M P|_2: beta is at least the last value divided by it (1 without z).
    solvable : bool
        Whether d2 is large enough for the means to determine the label.
    """

    values: Array
    half: float
    wide: float
    rank: int
    factor: float
    solvable: bool

    @property
    def least(self) -> float:
        """Lower limit of beta at .975; 0 where the means are not told apart."""
        return max(float(self.values[-1]) - self.wide, 0.0) / self.factor if self.solvable else 0.0


def class_means(r: Residuals, labels: Labels, rng: np.random.Generator) -> ClassMeans:
    """Singular values and their band.

    Weyl: |sigma_i(B + E) - sigma_i(B)| <= |E|_2 for every i; the quantile of |E|_2 comes from Gaussian draws of the
    error of the means, with a covariance of its own for each state, and of the units of x2.
    """
    contrasts = labels.contrast @ r.means / r.scale
    values = np.asarray(np.linalg.svd(contrasts, compute_uv=False), dtype=float)
    norms = np.linalg.norm(_errors(r, labels, rng), ord=2, axis=(1, 2))
    half, wide = (float(np.quantile(norms, level)) for level in (0.95, 0.975))
    factor = float(np.linalg.norm(labels.summed, 2))
    return ClassMeans(values, half, wide, int(np.sum(values > half)), factor, contrasts.shape[0] <= contrasts.shape[1])


def _errors(r: Residuals, labels: Labels, rng: np.random.Generator) -> Array:
    """Draws of the error of the contrasts, (400, q, d2): normal multipliers on what each row adds to it.

    A row adds its residual to the means (over sqrt(1 - leverage), so that the variance has the right divisor) and its
    square to the standard deviations, in units of which x2 is.
    """
    scaled, weights = r.r2 / r.scale, r.rows @ labels.contrast.T / np.sqrt(1.0 - r.leverage)[:, None]
    q, d2 = weights.shape[1], scaled.shape[1]
    errors, units = np.zeros((DRAWS, q * d2)), np.zeros((DRAWS, d2))
    for start in range(0, r.n, PIECE):
        own = scaled[start : start + PIECE]
        drawn = rng.standard_normal((DRAWS, len(own)))
        errors += drawn @ (weights[start : start + PIECE, :, None] * own[:, None, :]).reshape(len(own), -1)
        units += drawn @ ((own**2 - 1.0) / (2.0 * r.n))
    return np.asarray(errors.reshape(DRAWS, q, d2) - (labels.contrast @ r.means / r.scale) * units[:, None, :])
