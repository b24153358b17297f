"""Probabilistic principal component analysis, from Moments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from testbed._linalg import FLAT, Array
from testbed.allowed import Positive
from testbed.arguments import shown
from testbed.laws import Law
from testbed.models.base import Data, Model
from testbed.models.inputs import check_latent, covariance_of, law_covariance
from testbed.models.linear_gaussian import LinearGaussian
from testbed.regressors.base import Rank

__all__ = ["ProbabilisticPCA", "principal_components"]


@dataclass(frozen=True, repr=False)
class ProbabilisticPCA(Model):
    """x = mean + W z + e, e ~ N(0, s2 I), by maximum likelihood: closed form, every repetition at once.

    W = U_q (L_q - s2 I)^{1/2} with the leading eigenvectors and eigenvalues of the covariance with divisor n, and s2
    the mean of the eigenvalues left out. (scikit-learn's PCA has the divisor n - 1.)

    Its noise is alike in all directions, so **units of each column matter by definition**; in other common units, under
    rotations and from other origins it is the same fit. (`FactorAnalysis` is the model that does not see units of each
    column.)

    Parameters
    ----------
    rank : int, "k", "k-1" or "km"
        Latent dimension q, less than the number of columns of x (at most that, where s2 is fixed).
    noise_var : float, optional
        Holds s2 fixed, in the unit of the square of x:
        W = U_q max(L_q - s2 I, 0)^{1/2}, so latent i collapses iff its eigenvalue is at most s2.

    Raises
    ------
    ValueError
        A rank that x does not have room for, NaN, constant columns, a covariance with no variance left for the noise.

    References
    ----------
    Tipping and Bishop, JRSS B 61 (1999), section 3.2; Lucas et al., "Don't blame the ELBO!", NeurIPS 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from testbed.generators import CleanMixture
    >>> from testbed.models import ProbabilisticPCA
    >>> rng = np.random.default_rng(0)
    >>> rows = CleanMixture(k=3, structure_seed=1).law().sample(500, rng)
    >>> fitted = ProbabilisticPCA(2).fit(rows, rng)
    >>> fitted.psi(rows.x1).shape    # the posterior means, or probabilities, of the latent given each row
    (500, 2)
    """

    rank: Rank
    noise_var: Positive | None = None

    linear: ClassVar[bool] = True

    def fit(self, data: Data, rng: np.random.Generator) -> LinearGaussian:
        """Fit to Moments or rows of x1; nothing is random."""
        return self.of_moments(*covariance_of(self, data))

    def optimum(self, law: Law) -> LinearGaussian:
        """Fit to the covariance of x1 under the law."""
        return self.of_moments(*law_covariance(self, law))

    def of_moments(self, mean: Array, covariance: Array) -> LinearGaussian:
        """Fit to a mean (..., d) and a covariance with divisor n (..., d, d)."""
        rank = check_latent(self.rank, covariance.shape[-1], self.noise_var is None)
        values, vectors = principal_components(covariance)
        if self.noise_var is None:
            s2 = values[..., rank:].mean(axis=-1)
            if np.any(s2 <= FLAT * values[..., 0]):
                raise ValueError(
                    f"{shown(self)}: x has no variance outside {rank} directions, so the likelihood has no maximum; "
                    "lower the rank, draw more rows, or fix noise_var"
                )
        else:
            s2 = np.full(values.shape[:-1], float(self.noise_var))
        scale = np.sqrt(np.maximum(values[..., :rank] - s2[..., None], 0.0))
        noise = np.repeat(s2[..., None], covariance.shape[-1], axis=-1)
        return LinearGaussian(mean, vectors[..., :, :rank] * scale[..., None, :], noise)


def principal_components(covariance: Array) -> tuple[Array, Array]:
    """Eigenvalues, falling, and eigenvectors, each with its largest coordinate positive: (..., d), (..., d, d)."""
    values, vectors = np.linalg.eigh(covariance)
    values, vectors = np.maximum(values[..., ::-1], 0.0), vectors[..., ::-1]
    largest = np.argmax(np.abs(vectors), axis=-2)[..., None, :]
    return values, vectors * np.sign(np.take_along_axis(vectors, largest, axis=-2))
