"""Gaussian mixtures, fitted by scikit-learn's EM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from testbed._linalg import Array
from testbed.allowed import Count
from testbed.arguments import Seed, generator_of, shown
from testbed.laws import GaussianMixture, Law
from testbed.models.base import Data, Model
from testbed.models.discrete import GaussianComponents
from testbed.models.inputs import covariance_of, rows_of

__all__ = ["MixtureModel"]

FLOOR = 1e-6  # added to the variances of a component, as a share of the variance of the column


@dataclass(frozen=True, repr=False)
class MixtureModel(Model):
    """A mixture of Gaussian components, by EM (scikit-learn's GaussianMixture) on rows of x1.

    It is fitted on columns of mean 0 and unit variance and mapped back, so **a fit in other units of each column, or
    with other origins, is the same fit**; "spherical" has one variance for all columns, so its columns are divided by
    one number, and it is the same fit in other common units. To every variance of a component 1e-6 of that of its
    column (of the mean of all, for "spherical") is added: without such a floor the likelihood has no maximum.

    Parameters
    ----------
    components : int
        Number of latent states.
    covariance : "full", "tied", "diag" or "spherical"
        Shape of the covariances; "tied" is one for all components.
    restarts : int
        Starts of EM, each from a k-means clustering, of which the best is kept; another start may end elsewhere.

    Raises
    ------
    ValueError
        Fewer rows than components, NaN, constant columns, rows with weights.

    Examples
    --------
    >>> import numpy as np
    >>> from testbed.generators import CleanMixture
    >>> from testbed.models import MixtureModel
    >>> rng = np.random.default_rng(0)
    >>> rows = CleanMixture(k=3, structure_seed=1).law().sample(500, rng)
    >>> fitted = MixtureModel(3).fit(rows, rng)
    >>> fitted.psi(rows.x1).shape    # the posterior means, or probabilities, of the latent given each row
    (500, 3)
    """

    components: Count
    covariance: Literal["full", "tied", "diag", "spherical"] = "full"
    restarts: Count = 1

    def fit(self, data: Data, rng: Seed) -> GaussianComponents:
        """Fit to rows of x1; the starts are random."""
        rng = generator_of(rng)
        from sklearn.mixture import GaussianMixture as Sklearn

        x, weight = rows_of(self, data)
        if weight is not None:
            raise ValueError(f"{shown(self)} takes no weights: give each row as often as it was drawn")
        if len(x) < self.components:
            raise ValueError(f"{shown(self)} needs n >= {self.components} rows; got n = {len(x)}")
        centre, covariance = covariance_of(self, x)
        variance = np.diagonal(covariance)
        scale = np.sqrt(np.full_like(variance, variance.mean()) if self.covariance == "spherical" else variance)
        model = Sklearn(
            self.components, covariance_type=self.covariance, n_init=self.restarts, max_iter=1000, reg_covar=FLOOR,
            random_state=int(rng.integers(2**31)),
        ).fit((x - centre) / scale)  # fmt: skip
        matrices = _matrices(model.covariances_, self, x.shape[1]) * np.outer(scale, scale)
        return GaussianComponents(model.weights_, centre + scale * model.means_, matrices)

    def optimum(self, law: Law) -> GaussianComponents | None:
        """Return the states of a `GaussianMixture` law that is within the family; None for any other law."""
        if not isinstance(law, GaussianMixture) or law.batch or len(law.probability) != self.components:
            return None
        first = slice(0, law.d1)
        found = GaussianComponents(law.probability, law.mean[:, first], law.covariance[..., first, first])
        return found if self.covariance == "full" or (self.covariance == "tied" and law.shared) else None


def _matrices(covariance: Array, model: MixtureModel, d: int) -> Array:
    """Covariance matrices of scikit-learn's shapes."""
    if model.covariance == "diag":
        return covariance[:, :, None] * np.eye(d)
    if model.covariance == "spherical":
        return covariance[:, None, None] * np.eye(d)
    return covariance
