"""Mixtures whose noise has heavy tails."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import numpy as np

from testbed._linalg import Array, inner
from testbed.allowed import Real
from testbed.arguments import Seed, generator_of, shown
from testbed.data import Sample
from testbed.laws.base import check_n
from testbed.laws.derived import Derived
from testbed.laws.mixture_population import MixturePopulation
from testbed.laws.population import View
from testbed.laws.posterior import Posterior
from testbed.laws.quadrature import gaussian_points
from testbed.laws.states import MixtureStates, bare
from testbed.laws.student_posterior import GeneralStudentPosterior, SharedStudentPosterior, placed
from testbed.laws.undefined import NotDefinedError

__all__ = ["StudentMixture"]


@dataclass(frozen=True, eq=False, repr=False)
class StudentMixture(Derived):
    """States with multivariate Student t noise of `nu` degrees of freedom, of the covariances of a Gaussian mixture.

    Given the state s the views are independent, X_i = mu_i + a_i C_i^{1/2} e_i with e_i ~ N(0, I) and
    a_i^2 = (nu - 2) / chi^2_nu, so Cov(X_i | s) = C_i: first and second moments, and with them the linear class, are
    those of the Gaussian mixture, in closed form. The posterior is that of t densities, ::

        P(s | x1) ~ p_s |C1_s|^{-1/2} (1 + (x1 - mu1_s)' C1_s^{-1} (x1 - mu1_s) / (nu - 2))^{-(nu + d1) / 2},

    and psi* = sum_s P(s | x1) mu2_s. Universal quantities are integrals over a_1 and over what of e_1 the posterior
    sees, with randomly shifted Sobol points and a standard error. `class_floor` is E|f* - EY|^2 less what is explained
    linearly, and has the error of `bayes_noise`: its own integrand has no variance for nu <= 4.

    Parameters
    ----------
    gaussian : GaussianMixture
        The law with Gaussian noise, without an edge within its states.
    nu : float
        Degrees of freedom, above 2.

    Raises
    ------
    ValueError
        nu out of range; a mixture with an edge.

    Examples
    --------
    >>> import numpy as np
    >>> from testbed.generators import CleanMixture
    >>> from testbed.laws import StudentMixture
    >>> law = StudentMixture(CleanMixture(k=3, structure_seed=1).law(), nu=3.0)
    >>> float(np.abs(law.sample(1000, np.random.default_rng(0)).x1).max()) > 10.0
    True
    """

    nu: Annotated[float, Real(above=2.0, why="for covariances to exist")] = 5.0

    def sample(self, n: int, rng: Seed) -> Sample:
        """Draw `n` rows: Gaussian noise, and a scale of its own for each view of each row."""
        rng = generator_of(rng)
        law = self.gaussian
        if law.batch:
            raise ValueError(
                f"this law has leading axes {law.batch}; draw rows from one of them, law[r].sample(n, rng)"
            )
        states = rng.choice(len(law.probability), size=check_n(n), p=law.probability)
        noise = rng.standard_normal((n, law.mean.shape[-1]))
        scale = np.sqrt((self.nu - 2.0) / rng.chisquare(self.nu, size=(n, 2)))
        views = []
        for i, (view, root) in enumerate(((slice(0, law.d1), law._root.l11), (slice(law.d1, None), law._root.l22))):
            each = noise[:, view] @ root.T if root.ndim == 2 else np.einsum("ni,nji->nj", noise[:, view], root[states])
            views.append(law.mean[states, view] + scale[:, i, None] * each)
        z = law.place[states] if law.shape[3] > 1 else None
        return Sample(views[0], views[1], law.one_hot[states], z)

    def population(self) -> MixturePopulation:
        """Return the exact truth."""
        return _StudentPopulation(bare(MixtureStates, self.gaussian), self.redrawn, self.nu)


class _StudentPopulation(MixturePopulation):
    """Truth of a `StudentMixture`: moments of the Gaussian mixture, another posterior."""

    def __init__(self, arrays: MixtureStates, redrawn: bool, nu: float) -> None:
        super().__init__(arrays, redrawn)
        self.nu = nu

    @cached_property
    def posterior(self) -> Posterior:
        """P(state | x1)."""
        return (SharedStudentPosterior if self.arrays.shared else GeneralStudentPosterior)(self.arrays, self.nu)

    @cached_property
    def bayes_noise(self) -> Array:
        """1 - E|f*|^2 = E sum_y f_y (1 - f_y), an integral."""
        return self._integral("bayes_noise", np.zeros(self.arrays.batch), self._noise_at)

    @cached_property
    def class_floor(self) -> Array:
        """E|f* - f*_H1|^2, as a difference."""
        value = np.maximum(self.baseline_risk - inner(self.s1y, self.linear_f_star.weight), 0.0)
        self.se["class_floor"] = self.se["bayes_noise"]
        return value

    def bayes_risk(self, view: View) -> Array:
        """Risk of the best predictor of the label from "x1"."""
        if view == "x1":
            return self.bayes_noise
        raise NotDefinedError(f"bayes_risk({shown(view)}) is not computed for heavy tails")

    def _points1(self, points: int) -> Array:
        u = gaussian_points(self.mu1, points, self.arrays.d1 + 1)
        return placed(self.posterior, u, self.nu).reshape(-1, self.arrays.d1) + self.mean1
