"""The classifier that compares features with their class means, as a probe on Moments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from testbed._linalg import Array
from testbed.arguments import shown
from testbed.data import LinearMap, Moments
from testbed.regressors.base import LinearRegressor

__all__ = ["ClassMeans"]

NEAR = 1e-9  # how far shares of classes may sum from 1, and one may lie below 0


@dataclass(frozen=True, repr=False)
class ClassMeans(LinearRegressor):
    """The mean classifier: a point belongs to the class whose mean feature has the largest inner product with it.

    With mu_c the mean of the features a in class c, output c is ::

        a'mu_c              as Arora et al. define it
        a'mu_c - |mu_c|^2/2 with an intercept: its largest output is the class of the nearest mean

    The outputs are scores and no estimate of P(Y = c | a), so their squared risk says little; the 0-1 error of the
    largest one, ``extra=("error01",)`` of an experiment, is what to look at. A class that no row has gets the mean 0.

    Parameters
    ----------
    intercept : bool
        Whether -|mu_c|^2/2 is added.

    Raises
    ------
    ValueError
        In a fit, where the labels are not one-hot, so that the shares of the classes do not sum to 1.

    References
    ----------
    Arora, Khandeparkar, Khodak, Plevrakis and Saunshi, "A theoretical analysis of contrastive unsupervised
    representation learning", ICML 2019.

    Examples
    --------
    >>> import numpy as np
    >>> from testbed.regressors import ClassMeans
    >>> a, y = np.array([[2.0], [4.0], [-1.0]]), np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    >>> ClassMeans().fit_rows(a, y, np.random.default_rng(0))(np.array([[1.0]])).round(6)
    array([[ 3., -1.]])
    """

    intercept: bool = False

    def fit(self, moments: Moments, source: str, target: str) -> LinearMap:
        """Means of block `source` in the classes of block `target`, every repetition at once."""
        share, n = moments.mean[target], moments.n[..., None]
        if np.any(share < -NEAR) or np.any(np.abs(share.sum(axis=-1) - 1.0) > NEAR):
            raise ValueError(
                f"{shown(self)}: y has column means {shown(share)}; labels of classes are needed, one column a class, "
                "with a 1 in the class of the row"
            )
        whole = moments.block(source, target) / n[..., None] + moments.mean[source][..., :, None] * share[..., None, :]
        met = share > NEAR
        means: Array = np.where(met[..., None, :], whole / np.where(met, share, 1.0)[..., None, :], 0.0)
        level = -0.5 * np.sum(means**2, axis=-2) if self.intercept else np.zeros(share.shape)
        return LinearMap(means, level)
