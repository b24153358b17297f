"""Mixtures whose noise has heavy tails."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import chdtri, ndtr

from testbed._linalg import Array, inner
from testbed.data import Sample
from testbed.laws.base import check_n
from testbed.laws.derived import Derived
from testbed.laws.mixture_population import MixturePopulation
from testbed.laws.population import View
from testbed.laws.posterior import Nodes, Posterior
from testbed.laws.quadrature import gaussian_points

__all__ = ["StudentMixture"]


@dataclass(frozen=True, eq=False, repr=False)
class StudentMixture(Derived):
    """States with multivariate Student t noise of `nu` degrees of freedom, of the covariances of a Gaussian mixture.

    Given the state s the views are independent, X_i = mu_i + a_i C_i^{1/2} e_i with e_i ~ N(0, I) and
    a_i^2 = (nu - 2) / chi^2_nu, so Cov(X_i | s) = C_i: first and second moments, and with them the linear class, are
    those of the Gaussian mixture, in closed form. The posterior is that of t densities, ::

        P(s | x1) ~ p_s |C1_s|^{-1/2} (1 + (x1 - mu1_s)' C1_s^{-1} (x1 - mu1_s) / (nu - 2))^{-(nu + d1) / 2},

    and psi* = sum_s P(s | x1) mu2_s. Universal quantities are integrals over e_1 and a_1 with randomly shifted Sobol
    points and a standard error. `class_floor` is E|f* - EY|^2 less what is explained linearly, and has the error of
    `bayes_noise`: its own integrand has no variance for nu <= 4.

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
    """

    nu: float = 5.0

    def __post_init__(self) -> None:
        """Check the dial."""
        super().__post_init__()
        value = self.nu
        if isinstance(value, bool) or not isinstance(value, int | float | np.number) or not 2.0 < value < np.inf:
            raise ValueError(f"nu = {value!r}: a finite number above 2 is needed, for covariances to exist")

    def sample(self, n: int, rng: np.random.Generator) -> Sample:
        """Draw `n` rows: Gaussian noise, and a scale of its own for each view of each row."""
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
            each = noise[:, view] @ root if root.ndim == 2 else np.einsum("ni,nij->nj", noise[:, view], root[states])
            views.append(law.mean[states, view] + scale[:, i, None] * each)
        z = law.place[states] if law.shape[3] > 1 else None
        return Sample(views[0], views[1], law.one_hot[states], z)

    def _truth(self) -> MixturePopulation:
        return _StudentPopulation(self)


class _StudentPopulation(MixturePopulation):
    """Truth of a `StudentMixture`: moments of the Gaussian mixture, another posterior."""

    def __init__(self, law: StudentMixture) -> None:
        super().__init__(law.gaussian)
        self.nu = law.nu

    @cached_property
    def posterior(self) -> Posterior:
        """P(state | x1)."""
        return _StudentPosterior(self, self.nu)

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
        raise ValueError(f"bayes_risk({view!r}) is not computed for heavy tails")

    def _points1(self, points: int) -> Array:
        u = gaussian_points(self.mu1, points, self.posterior.dimension)
        x1: Array = self.posterior.place(u)  # type: ignore[attr-defined]
        return x1.reshape(-1, self.law.d1)


class _StudentPosterior(Posterior):
    """P(s | x1) of t densities; integrals run over x1 and the scale, one coordinate more."""

    def __init__(self, truth: MixturePopulation, nu: float) -> None:
        super().__init__(truth)
        self.nu, self.dimension = nu, truth.law.d1 + 1
        self.log_root = np.linalg.slogdet(self.whiten)[1]

    def _of(self, a: Array, s: int) -> Array:
        """Matrix of a state."""
        return a if self.truth.law.shared else a[..., s, :, :]

    def __call__(self, x1: Array) -> Array:
        """P(s | x1)."""
        columns = []
        for s, log_prior in enumerate(self.log_prior):
            white = (x1 - self.truth.mu1[..., s, None, :]) @ self._of(self.whiten, s)
            level = log_prior + (0.0 if self.truth.law.shared else self.log_root[..., s, None])
            tail = np.log1p(np.sum(white**2, axis=-1) / (self.nu - 2.0))
            columns.append(level - 0.5 * (self.nu + x1.shape[-1]) * tail)
        log = np.stack(columns, axis=-1)
        p = np.exp(log - log.max(axis=-1, keepdims=True))
        return np.asarray(p / p.sum(axis=-1, keepdims=True))

    def mean2(self, x1: Array) -> Array:
        """E[X2 | x1]."""
        return self(x1) @ self.truth.mu2

    def affinity(self) -> Array:
        """Log affinity: its bound 0, as that of t densities has no closed form."""
        states = len(self.log_prior)
        return np.zeros((*self.truth.law.batch, states, states))

    def place(self, u: Array) -> Array:
        """Points x1 from standard Gaussian u (..., S, shifts, points, d1 + 1), the last coordinate for the scale."""
        square = (self.nu - 2.0) / chdtri(self.nu, ndtr(-u[..., -1:]))
        root = self.root[..., None, None, :, :] if self.truth.law.shared else self.root[..., :, None, :, :]
        return np.asarray(self.truth.mu1[..., :, None, None, :] + np.sqrt(square) * (u[..., :-1] @ root))

    def nodes(self, u: Array) -> Nodes:
        """Nodes at such points, handled as rows of x1 and folded back."""
        x1 = self.place(u)
        rows = x1.reshape(*self.truth.law.batch, -1, x1.shape[-1])
        values = (self(rows), self.mean2(rows), self.truth.linear_f_star(rows))
        return Nodes(*(v.reshape(*x1.shape[:-1], v.shape[-1]) for v in values))

    @property
    def state_root(self) -> Array:
        """Nothing: there is no edge."""
        return np.zeros((0, self.slope.shape[-1]))

    @property
    def rest_root(self) -> Array:
        """Nothing."""
        return np.zeros((0, self.slope.shape[-1]))
