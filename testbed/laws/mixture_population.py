"""Exact truth of a Gaussian mixture."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from testbed._linalg import Array, contrasts, inner, least_squares, solve, transpose
from testbed.data import Chain, LinearMap
from testbed.laws.population import ABSOLUTE, Given, Population
from testbed.laws.posterior import GeneralPosterior, Nodes, Posterior, SharedPosterior
from testbed.laws.quadrature import SHIFTS, Estimate, average, gaussian_points

if TYPE_CHECKING:
    from testbed.laws.mixture import GaussianMixture

__all__ = ["MixturePopulation"]

CERTAIN = 1e-12  # bound of the Bayes error of the state below which its posterior counts as one-hot
RELATIVE_ERROR = 1e-3  # of the integrals of a frozen structure
NODES = 4096  # of a structure that is redrawn: the error is far below the spread over structures
LARGEST = 2**23  # numbers held at the nodes of one structure


class MixturePopulation(Population):
    """Truth of a `GaussianMixture`.

    First and second moments, and with them the linear class, are closed form. Quantities of the universal class are
    averages over x1 of functions of the posterior P(s | x1): closed form where a pairwise union bound certifies that
    it is one-hot (`certified`), elsewhere integrals over randomly shifted Sobol points with their standard error in
    `se`. The points of a frozen structure are multiplied until the relative errors of `bayes_noise` and `class_floor`
    are below 1e-3 (or a bound on memory is met).
    """

    def __init__(self, law: GaussianMixture) -> None:
        p, d1 = law.probability, law.d1
        self.law, self.se = law, _Errors(self)
        c = law.covariance
        self.mu1, self.mu2 = law.mean[..., :d1], law.mean[..., d1:]
        self.c11, self.c12 = c[..., :d1, :d1], c[..., :d1, d1:]
        self.mean1, self.mean2 = (np.sum(p[:, None] * mu, axis=-2) for mu in (self.mu1, self.mu2))
        self.mean_y = p @ law.one_hot
        b1, b2 = self.mu1 - self.mean1[..., None, :], self.mu2 - self.mean2[..., None, :]
        by = law.one_hot - self.mean_y
        weighted = transpose(p[:, None] * b1)
        self.s11 = weighted @ b1 + self._within(self.c11)
        self.s12 = weighted @ b2 + self._within(self.c12)
        self.s1y = weighted @ by
        self.syy = (p[:, None] * by).T @ by
        noise2 = np.trace(self._within(c[..., d1:, d1:]), axis1=-2, axis2=-1)
        self.second2 = np.sum(p[:, None] * self.mu2**2, axis=(-1, -2)) + noise2
        self.M = law.one_hot.T
        self.share = self.M * p / self.mean_y[:, None]  # P(state | label), (k, S)
        self.A_bar, self.A = self.mu2, self.share @ self.mu2

    def _within(self, c: Array) -> Array:
        """Average over states of a block of the covariance."""
        return c if self.law.shared else np.sum(self.law.probability[:, None, None] * c, axis=-3)

    def cross_given(self, given: Given) -> Array:
        """Partial covariance of X1 and X2: within states, and for "y" also between the states of a class."""
        within = self._within(self.c12)
        if given == "yz":
            return within
        d1, d2 = (mu - self.law.one_hot @ (self.share @ mu) for mu in (self.mu1, self.mu2))
        return within + transpose(self.law.probability[:, None] * d1) @ d2

    @cached_property
    def root1(self) -> Array:
        """Rows R with R'R = S11: within states, and between them."""
        if not self.law.shared:
            return super().root1
        within = np.broadcast_to(self.posterior.root, (*self.law.batch, *self.c11.shape[-2:]))
        between = np.sqrt(self.law.probability)[:, None] * (self.mu1 - self.mean1[..., None, :])
        return np.concatenate([within, between], axis=-2)

    @cached_property
    def _state_span(self) -> Array:
        """S11^{-1} F', F the centred means of the states times the roots of their probabilities (Woodbury)."""
        centred = self.mu1 - self.mean1[..., None, :]
        white = np.sqrt(self.law.probability)[:, None] * transpose(self.posterior.unwhiten(transpose(centred)))
        system = np.eye(white.shape[-2]) + white @ transpose(white)
        return self.posterior.unwhiten(transpose(solve(system, white)))

    @cached_property
    def linear_f_star(self) -> LinearMap:
        """Best affine predictor of the label from x1."""
        if not self.law.shared:
            return super().linear_f_star
        weight = self._state_span @ (np.sqrt(self.law.probability)[:, None] * (self.law.one_hot - self.mean_y))
        return LinearMap(weight, self.mean_y - (self.mean1[..., None, :] @ weight)[..., 0, :])

    @cached_property
    def _cross_factor(self) -> tuple[Array, Array] | None:
        """Contrasts of the states, where x1 and x2 are uncorrelated within each."""
        states = len(self.law.probability)
        if not self.law.shared or np.any(self.c12) or not 1 < states <= min(self.law.shape[:2]):
            return None
        root = np.sqrt(self.law.probability)
        basis = contrasts(root)
        return self._state_span @ basis, transpose(basis) * root @ self.mu2

    @cached_property
    def posterior(self) -> Posterior:
        """P(state | x1)."""
        return SharedPosterior(self) if self.law.shared else GeneralPosterior(self)

    def f_star(self, x1: Array) -> Array:
        """P(Y | X1 = x1), (..., n, d1) -> (..., n, k)."""
        return np.asarray(self.posterior(x1) @ self.law.one_hot)

    def psi_star(self, x1: Array) -> Array:
        """E[X2 | X1 = x1] = sum_s P(s | x1) (mu2_s + C21_s C11_s^{-1} (x1 - mu1_s)), (..., n, d1) -> (..., n, d2)."""
        return self.posterior.mean2(x1)

    @cached_property
    def certified(self) -> Array:
        """Where the posterior of the state is one-hot to 1e-12, so that everything is closed form."""
        return np.asarray(self.posterior.misread() < CERTAIN)

    @cached_property
    def _nodes(self) -> Nodes:
        points = self._fewest(NODES)
        nodes = self._at(points)
        while not self.law.redrawn and 4 * nodes.fbar.size <= LARGEST and self._unresolved(nodes):
            points *= 4
            nodes = self._at(points)
        return nodes

    def _fewest(self, nodes: int) -> int:
        """Points around each state that give at least `nodes` in all: a power of 2, at least 8."""
        each = -(-nodes // (SHIFTS * len(self.law.probability)))
        return int(max(8, 1 << (each - 1).bit_length()))

    def _at(self, points: int) -> Nodes:
        return self.posterior.nodes(gaussian_points(self.mu1, points, self.posterior.dimension))

    def _unresolved(self, nodes: Nodes) -> bool:
        estimates = (self._noise_at(nodes), self._floor_at(nodes))
        return any(bool(np.any(e.se > np.maximum(RELATIVE_ERROR * e.value, 1e-12))) for e in estimates)

    def _noise_at(self, nodes: Nodes) -> Estimate:
        f = nodes.fbar @ self.law.one_hot
        return average(np.sum(f * (1.0 - f), axis=-1), self.law.probability)

    def _floor_at(self, nodes: Nodes) -> Estimate:
        gap = nodes.fbar @ self.law.one_hot - nodes.linear
        return average(np.sum(gap**2, axis=-1), self.law.probability)

    def _integral(self, name: str, closed: Array, integrand: Callable[[Nodes], Estimate]) -> Array:
        """Take the closed form where the posterior is certified, elsewhere the integral; record the error."""
        if np.all(self.certified):
            value, self.se[name] = closed, np.zeros(np.shape(closed))
            return value
        estimate = integrand(self._nodes)
        self.se[name] = np.where(self.certified, 0.0, estimate.se)
        return np.where(self.certified, closed, estimate.value)

    @cached_property
    def bayes_noise(self) -> Array:
        """1 - E|f*|^2 = E sum_y f_y (1 - f_y): a non-negative integrand."""
        return self._integral("bayes_noise", np.zeros(self.law.batch), self._noise_at)

    @cached_property
    def class_floor(self) -> Array:
        """E|f* - f*_H1|^2: tr(Syy - Sy1 S11^{-1} S1y) where f* is one-hot, elsewhere one non-negative integral."""
        explained = inner(self.s1y, self.linear_f_star.weight)
        return self._integral("class_floor", np.maximum(np.trace(self.syy) - explained, 0.0), self._floor_at)

    def _universal_epsilon(self, given: Given) -> Array:
        p = self.law.probability
        means = self.A_bar if given == "yz" else self.law.one_hot @ self.A
        between = np.sum(p[:, None] * (self.mu2 - means) ** 2, axis=(-1, -2))
        state = self.posterior.state_root

        def integrand(nodes: Nodes) -> Estimate:
            gap = nodes.psi - nodes.fbar @ means[..., None, None, :, :]
            seen, rest = average(np.sum(gap**2, axis=-1), p), self.posterior.rest_root
            return Estimate(seen.value + inner(rest, rest), seen.se)

        name = "epsilon_ci_universal" if given == "yz" else "epsilon_ci_universal_y"
        square = self._integral(name, between + inner(state, state), integrand)
        epsilon = np.sqrt(square)
        self.se[name] = self.se[name] / np.where(epsilon > 0.0, 2.0 * epsilon, 1.0)  # delta method
        return np.asarray(epsilon)

    def _oracle_rows(self, closed: bool) -> tuple[Array, Array, Array, Array]:
        """Values of psi* and of f*, their mass, and rows of psi* that carry nothing of the label.

        One value a state where the posterior is one-hot (`closed`), elsewhere those at the nodes.
        """
        if closed:
            return self.mu2, self.law.one_hot, self.law.probability, self.posterior.state_root
        psi, f = _rows(self._nodes.psi), _rows(self._nodes.fbar @ self.law.one_hot)
        return psi, f, self._mass(psi), self.posterior.rest_root

    def psi_star_root(self) -> Array:
        """Rows R with R'R = Cov psi*(X1)."""
        psi, _, mass, rest = self._oracle_rows(bool(np.all(self.certified)))
        centred = psi - np.sum(mass[:, None] * psi, axis=-2, keepdims=True)
        rest = np.broadcast_to(rest, (*psi.shape[:-2], *rest.shape[-2:]))
        return np.concatenate([np.sqrt(mass)[:, None] * centred, rest], axis=-2)

    def _nonlinear_approximation(self, psi: Callable[[Array], Array], intercept: bool) -> Array:
        """Regress f* on psi over nodes weighted by the root of their mass."""
        first, second = (psi.first, psi.second) if isinstance(psi, Chain) else (psi, None)
        if first == self.psi_star:
            closed = self._oracle_error(True, second, intercept)
            if np.all(self.certified):
                return closed
            return np.where(self.certified, closed, self._oracle_error(False, second, intercept))
        if self.law.batch:
            raise ValueError("a representation that is not linear is scored on one law: law[r].population()")
        u = gaussian_points(self.mu1, self._fewest(8 * NODES), self.law.d1)
        root = self.posterior.root if self.law.shared else self.posterior.root[:, None]
        x1 = (self.mu1[:, None, None, :] + u @ root).reshape(-1, self.law.d1)
        features = psi(x1)
        return self._regress(features, self.f_star(x1), self._mass(x1), np.zeros((0, features.shape[1])), intercept)

    def _oracle_error(self, closed: bool, second: LinearMap | None, intercept: bool) -> Array:
        rows, target, mass, rest = self._oracle_rows(closed)
        if second is not None:
            rows, rest = second(rows), rest @ second.weight
        return self._regress(rows, target, mass, rest, intercept)

    def _mass(self, rows: Array) -> Array:
        """Mass of each node when nodes are laid out state by state."""
        each = rows.shape[-2] // len(self.law.probability)
        return np.repeat(self.law.probability / each, each)

    def _regress(self, rows: Array, target: Array, mass: Array, rest: Array, intercept: bool) -> Array:
        """Residual of target on rows; `rest` are rows of psi that carry nothing of the target."""
        target = np.broadcast_to(target, (*rows.shape[:-1], target.shape[-1]))
        if intercept:
            rows = rows - np.sum(mass[:, None] * rows, axis=-2, keepdims=True)
            target = target - np.sum(mass[:, None] * target, axis=-2, keepdims=True)
        weight = np.sqrt(mass)[:, None]
        rest = np.broadcast_to(rest, (*rows.shape[:-2], *rest.shape[-2:]))
        root = np.concatenate([weight * rows, rest], axis=-2)
        zeros = np.zeros((*rest.shape[:-1], target.shape[-1]))
        _, residual, _ = least_squares(root, np.concatenate([weight * target, zeros], axis=-2), ABSOLUTE * self.scale2)
        return inner(residual, residual)


class _Errors(dict[str, Array]):
    """Standard errors by name; one that is asked for before its quantity has that computed first."""

    def __init__(self, truth: MixturePopulation) -> None:
        super().__init__()
        self._of: dict[str, Callable[[], Array]] = {
            "bayes_noise": lambda: truth.bayes_noise,
            "class_floor": lambda: truth.class_floor,
            "epsilon_ci_universal": lambda: truth.epsilon_ci("universal", "yz"),
            "epsilon_ci_universal_y": lambda: truth.epsilon_ci("universal", "y"),
        }

    def __missing__(self, name: str) -> Array:
        if name not in self._of:
            raise KeyError(f"{name} is in closed form; standard errors: {', '.join(self._of)}")
        self._of[name]()
        return self[name]


def _rows(values: Array) -> Array:
    """Lay nodes (..., S, SHIFTS, points, d) out as rows, state by state."""
    return values.reshape(*values.shape[:-4], -1, values.shape[-1])
