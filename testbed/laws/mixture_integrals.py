"""Integrals over x1 in a Gaussian mixture: of the label's noise, of the class floor, of the leak."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from testbed._linalg import Array, inner
from testbed.laws.information import InformedMoments
from testbed.laws.overlap import COPIES, overlap_noise
from testbed.laws.population import Given
from testbed.laws.posterior import GeneralPosterior, Nodes, Posterior, SharedPosterior
from testbed.laws.quadrature import SHIFTS, Estimate, average, balanced, gaussian_points, resolved

__all__ = ["NODES", "MixtureIntegrals"]

DISTINCT = 1e-8  # share of the variance of the label above which what x1 leaves of it is no difference of equals
CERTAIN = 1e-12  # bound of the Bayes error of the state below which its posterior counts as one-hot
NODES = 4096  # of a structure that is redrawn: the error is far below the spread over structures
LARGEST = 2**22  # numbers held at the nodes of one structure


class MixtureIntegrals(InformedMoments):
    """Averages over x1 of functions of the posterior of the state, each to its own number of points."""

    @cached_property
    def posterior(self) -> Posterior:
        """P(state | x1)."""
        return (SharedPosterior if self.arrays.shared else GeneralPosterior)(self.arrays)

    @cached_property
    def certified(self) -> Array:
        """Where the posterior of the state is one-hot to 1e-12, so that everything is closed form."""
        return np.asarray(self.posterior.misread() < CERTAIN)

    @cached_property
    def _nodes(self) -> Nodes:
        """Nodes of regressions on psi*."""
        return self._at(self._fewest(NODES if self.redrawn else 8 * NODES))

    def _fewest(self, nodes: int) -> int:
        """Points around each state that give at least `nodes` in all: a power of 2, at least 8."""
        each = -(-nodes // (SHIFTS * len(self.arrays.probability)))
        return int(max(8, 1 << (each - 1).bit_length()))

    def _at(self, points: int) -> Nodes:
        if points not in self._kept:
            u = gaussian_points(self.mu1, points, self.posterior.dimension)
            self._kept[points] = self.posterior.nodes(u, self.linear_f_star.weight)
        return self._kept[points]

    @cached_property
    def _kept(self) -> dict[int, Nodes]:
        return {}

    def _noise_at(self, nodes: Nodes) -> Array:
        f = nodes.fbar @ self.arrays.one_hot
        return np.asarray(np.sum(f * (1.0 - f), axis=-1))

    def _floor_at(self, nodes: Nodes) -> Array:
        gap = nodes.fbar @ self.arrays.one_hot - nodes.linear
        return np.asarray(np.sum(gap**2, axis=-1))

    def _integral(
        self, name: str, closed: Array, integrand: Callable[[Nodes], Array], plus: Array | float = 0.0
    ) -> Array:
        """Take the closed form where the posterior is certified, elsewhere the integral; record the error."""
        if np.all(self.certified):
            value, self.se[name] = closed, np.zeros(np.shape(closed))
            return value
        p, fewest = self.arrays.probability, self._fewest(NODES)
        most = fewest if self.redrawn else LARGEST // (SHIFTS * len(p) ** 2)

        def plain(points: int) -> Estimate:
            found = average(integrand(self._at(points)), p)
            return Estimate(found.value + plus, found.se)

        estimate = resolved(plain, fewest, most)
        if estimate.unresolved and not self.redrawn:
            nodes = self._at(max(self._kept))
            estimate = balanced(integrand(nodes), nodes.fbar, p)
            estimate = Estimate(estimate.value + plus, estimate.se)
        return self._record(name, closed, estimate)

    def _record(self, name: str, closed: Array, estimate: Estimate) -> Array:
        self.se[name] = np.where(self.certified, 0.0, estimate.se)
        return np.where(self.certified, closed, estimate.value)

    @cached_property
    def bayes_noise(self) -> Array:
        """1 - E|f*|^2 = E sum_y f_y (1 - f_y): a non-negative integrand."""
        closed, arrays = np.zeros(self.arrays.batch), self.arrays
        around = self.redrawn or arrays.shape[2] == 1 or not isinstance(self.posterior, SharedPosterior)
        if around or np.all(self.certified):
            return self._integral("bayes_noise", closed, self._noise_at)
        centre = self.posterior.centre  # type: ignore[attr-defined]
        kept: list[Array] = []

        def estimate(points: int) -> Estimate:
            return overlap_noise(self.mu1, centre, arrays.probability, arrays.one_hot, points, kept)

        most = LARGEST // (COPIES * len(arrays.probability))
        return self._record("bayes_noise", closed, resolved(estimate, NODES // COPIES, most))

    @cached_property
    def class_floor(self) -> Array:
        """E|f* - f*_H1|^2: tr(Syy - Sy1 S11^{-1} S1y) where f* is one-hot, elsewhere one non-negative integral."""
        explained = inner(self.s1y, self.linear_f_star.weight)
        return self._integral("class_floor", np.maximum(np.trace(self.syy) - explained, 0.0), self._floor_at)

    def _universal_epsilon(self, given: Given) -> Array:
        if given not in self._epsilon_known:
            self._epsilon_known[given] = self._epsilon_integral(given)
        return self._epsilon_known[given]

    @cached_property
    def _epsilon_known(self) -> dict[Given, Array]:
        return {}

    def _epsilon_integral(self, given: Given) -> Array:
        p = self.arrays.probability
        means = self.expected2(given)
        between = np.sum(p[:, None] * (self.centred2 - means) ** 2, axis=(-1, -2))
        state = self.posterior.state_root

        def integrand(nodes: Nodes) -> Array:
            gap = nodes.psi - nodes.fbar @ means[..., None, None, :, :]
            return np.asarray(np.sum(gap**2, axis=-1))

        rest = self.posterior.rest_root
        name = "epsilon_ci_universal" if given == "yz" else "epsilon_ci_universal_y"
        square = self._integral(name, between + inner(state, state), integrand, inner(rest, rest))
        epsilon = np.sqrt(square)
        self.se[name] = self.se[name] / np.where(epsilon > 0.0, 2.0 * epsilon, 1.0)  # delta method
        return np.asarray(epsilon)

    @cached_property
    def linear_noise(self) -> Array:
        """E|Y - f*_H1|^2 = tr(Syy - Sy1 S11^{-1} S1y); where that is a difference of equals, a sum of two integrals."""
        whole = np.trace(self.syy, axis1=-2, axis2=-1)
        left = whole - inner(self.s1y, self.linear_f_star.weight)
        distinct = left > DISTINCT * whole
        summed = 0.0 if np.all(distinct) else self.bayes_noise + self.class_floor
        error = 0.0 if np.all(distinct) else self.se["bayes_noise"] + self.se["class_floor"]
        self.se["linear_noise"] = np.where(distinct, 0.0, error)
        return np.where(distinct, left, summed)
