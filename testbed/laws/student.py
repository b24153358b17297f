"""Mixtures whose noise has heavy tails, and their posterior of the state, in the coordinates where it lives."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import numpy as np
from scipy.special import chdtri, ndtr

from testbed._linalg import Array, inner, normalised_exp, sum_of_last, transpose
from testbed.allowed import Real
from testbed.arguments import Seed, generator_of, shown
from testbed.data import Sample
from testbed.laws.base import check_n
from testbed.laws.derived import Derived
from testbed.laws.mixture_population import MixturePopulation
from testbed.laws.population import NotDefinedError, View
from testbed.laws.posterior import GeneralPosterior, Nodes, Posterior, SharedPosterior
from testbed.laws.quadrature import gaussian_points
from testbed.laws.states import MixtureStates, bare

__all__ = ["GeneralStudentPosterior", "SharedStudentPosterior", "StudentMixture", "placed"]


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
        """Return the exact population of the law."""
        return _StudentPopulation(bare(MixtureStates, self.gaussian), self.redrawn, self.nu)


class _StudentPopulation(MixturePopulation):
    """Truth of a `StudentMixture`: moments of the Gaussian mixture, another posterior."""

    def __init__(self, arrays: MixtureStates, redrawn: bool, nu: float) -> None:
        super().__init__(arrays, redrawn)
        self.nu = nu

    @cached_property
    def posterior(self) -> Posterior:
        """Posterior P(state | x1): called with points of x1 it gives their probabilities."""
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


class SharedStudentPosterior(SharedPosterior):
    """States with one covariance: P(s | x1) depends on t (see `SharedPosterior`) and on the length r of the rest.

    Given the state s and the scale a, t = c_s + a u with u ~ N(0, I_q), and r^2 = a^2 chi^2_{d1 - q}: integrals have
    q + 2 dimensions, and what of psi* they do not see is nothing, as there is no edge.
    """

    def __init__(self, states: MixtureStates, nu: float) -> None:
        super().__init__(states)
        self.nu, self.dimension = nu, self.reduced + 2

    def _of_squares(self, square: Array) -> Array:
        """P(s | x1) from squared Mahalanobis distances (..., S)."""
        return normalised_exp(self.log_prior + _log_t(square, self.nu, self.white.shape[-1]))

    def __call__(self, x1: Array) -> Array:
        """P(s | x1)."""
        w = (x1 - self.states.mean1[..., None, :]) @ self.whiten
        return self._of_squares(_distances(w, self.white))

    def mean2(self, x1: Array) -> Array:
        """Return E[X2 | x1] at the points of x1, (..., n, d1) -> (..., n, d2)."""
        return np.asarray(self(x1) @ self.states.centred2 + self.states.mean2[..., None, :])

    def affinity(self) -> Array:
        """Log affinity: its bound 0, as that of t densities has no closed form."""
        return np.zeros((*self.states.batch, len(self.log_prior), len(self.log_prior)))

    def nodes(self, u: Array, weight: Array) -> Nodes:
        """Nodes (t, r^2): the last two coordinates of u give r and the scale."""
        square = _scale_square(u[..., -1:], self.nu)
        t = self.centre[..., :, None, None, :] + np.sqrt(square) * u[..., :-2]
        left = self.white.shape[-1] - self.reduced
        rest = square * chdtri(float(left), ndtr(-u[..., -2:-1])) if left else 0.0 * square
        fbar = self._of_squares(_distances(t, self.centre[..., None, None, :, :]) + rest)
        return Nodes(self, t, fbar, weight)

    def mean2_at(self, place: Array, fbar: Array) -> Array:
        """Mean of psi* - E X2: that of each state by its posterior."""
        return np.asarray(fbar @ self.states.centred2[..., None, None, :, :])


class GeneralStudentPosterior(GeneralPosterior):
    """States with covariances of their own: integrals run over x1 and the scale."""

    def __init__(self, states: MixtureStates, nu: float) -> None:
        super().__init__(states)
        self.nu, self.dimension = nu, states.d1 + 1

    def _log_joint(self, centred: Array) -> Array:
        columns = []
        for s, log_prior in enumerate(self.log_prior):
            white = (centred - self.states.centred1[..., s, None, :]) @ self.whiten[..., s, :, :]
            tail = _log_t(sum_of_last(white**2), self.nu, centred.shape[-1])
            columns.append(log_prior + self.log_root[..., s, None] + tail)
        return np.stack(columns, axis=-1)

    def affinity(self) -> Array:
        """Log affinity: its bound 0, as that of t densities has no closed form."""
        return np.zeros((*self.states.batch, len(self.log_prior), len(self.log_prior)))

    def nodes(self, u: Array, weight: Array) -> Nodes:
        """Nodes x1 = mu1_s + a C11_s^{1/2} u, handled as rows of x1 - E X1 and folded back."""
        return self._at(placed(self, u, self.nu), weight)


def placed(posterior: Posterior, u: Array, nu: float) -> Array:
    """Points x1 - E X1 from standard Gaussian u (..., S, shifts, points, d1 + 1), the last coordinate for the scale."""
    shared = posterior.states.shared
    root = posterior.root[..., None, None, None, :, :] if shared else posterior.root[..., :, None, :, :]
    noise = np.sqrt(_scale_square(u[..., -1:], nu)) * (u[..., :-1] @ root)
    return np.asarray(posterior.states.centred1[..., :, None, None, :] + noise)


def _scale_square(u: Array, nu: float) -> Array:
    """(nu - 2) / chi^2_nu at standard Gaussian quantiles."""
    return np.asarray((nu - 2.0) / chdtri(nu, ndtr(-u)))


def _log_t(square: Array, nu: float, d: int) -> Array:
    """Log density of t noise of unit covariance at squared distances, up to a constant."""
    return -0.5 * (nu + d) * np.log1p(square / (nu - 2.0))


def _distances(rows: Array, centres: Array) -> Array:
    """Squared distances (..., n, S) of rows (..., n, d) to centres (..., S, d)."""
    length = np.sum(centres**2, axis=-1)[..., None, :]
    product = rows @ transpose(centres)
    return np.asarray(np.maximum(sum_of_last(rows**2)[..., None] - 2.0 * product + length, 0.0))
