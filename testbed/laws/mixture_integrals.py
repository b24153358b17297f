"""Integrals over x1 in a Gaussian mixture: of the label's noise, of the class floor, of the leak."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from testbed._linalg import Array, inner, largest_of_last, sum_of_last
from testbed.laws.information import information_within
from testbed.laws.mixture_linear import MixtureLinear
from testbed.laws.population import Given
from testbed.laws.posterior import GeneralPosterior, Nodes, Posterior, SharedPosterior
from testbed.laws.quadrature import (
    SHIFTS,
    Estimate,
    average,
    balanced,
    cube_points,
    gaussian_points,
    normal_of,
    over_shifts,
    resolved,
)

__all__ = ["COPIES", "NODES", "MixtureIntegrals", "overlap_noise"]

DISTINCT = 1e-8  # share of the variance of the label above which what x1 leaves of it is no difference of equals
CERTAIN = 1e-12  # bound of the Bayes error of the state below which its posterior counts as one-hot
NODES = 4096  # of a structure that is redrawn: the error is far below the spread over structures
LARGEST = 2**22  # numbers held at the nodes of one structure
COPIES = 16  # shifts of the points: with 8 the standard error itself would be too uncertain


class MixtureIntegrals(MixtureLinear):
    """Averages over x1 of functions of the posterior of the state, each to its own number of points."""

    @cached_property
    def posterior(self) -> Posterior:
        """Posterior P(state | x1): called with points of x1 it gives their probabilities."""
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
        return sum_of_last(f * (1.0 - f))

    def _floor_at(self, nodes: Nodes) -> Array:
        gap = nodes.fbar @ self.arrays.one_hot - nodes.linear
        return sum_of_last(gap**2)

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
        return self._integral("class_floor", self._floor_apart, self._floor_at)

    @property
    def _floor_apart(self) -> Array:
        """Class floor where f* is one-hot."""
        explained = inner(self.s1y, self.linear_f_star.weight)
        return np.asarray(np.maximum(np.trace(self.syy) - explained, 0.0))

    def _universal_epsilon(self, given: Given) -> Array:
        if given not in self._epsilon_known:
            self._epsilon_known[given] = self._epsilon_integral(given)
        return self._epsilon_known[given]

    @cached_property
    def _epsilon_known(self) -> dict[Given, Array]:
        return {}

    def _epsilon_integral(self, given: Given) -> Array:
        p, arrays = self.arrays.probability, self.arrays
        name = "epsilon_ci_universal" if given == "yz" else "epsilon_ci_universal_y"
        if given == "yz" and arrays.shared and arrays.latent is None and not np.any(self.c12):
            self.se[name] = np.zeros(arrays.batch)  # the state tells all that x1 says of x2
            return np.zeros(arrays.batch)
        means = self.expected2(given)
        between = np.sum(p[:, None] * (self.centred2 - means) ** 2, axis=(-1, -2))
        state = self.posterior.state_root

        def integrand(nodes: Nodes) -> Array:
            gap = nodes.psi - nodes.fbar @ means[..., None, None, :, :]
            return sum_of_last(gap**2)

        rest = self.posterior.rest_root
        square = self._integral(name, between + inner(state, state), integrand, inner(rest, rest))
        epsilon = np.sqrt(square)
        self.se[name] = self.se[name] / np.where(epsilon > 0.0, 2.0 * epsilon, 1.0)  # delta method
        return np.asarray(epsilon)

    def mutual_information(self, a: str = "x1", b: str = "x2", given: Given | None = None) -> Array | None:
        """I(X1; X2 | given) in nats; None for other pairs, and where it is neither closed form nor a frozen law's.

        Closed form where what is given tells all states apart, elsewhere an integral; its error is in `se`.
        """
        if {a, b} != {"x1", "x2"} or given is None:
            return None
        if given not in self._information:
            group = self.arrays.one_hot if given == "y" else self.arrays.shown
            self._information[given] = information_within(self.arrays, group)
        found = self._information[given]
        if found is None:
            return None
        self.se[f"mutual_information_{given}"] = found.se
        return found.value

    @cached_property
    def _information(self) -> dict[Given, Estimate | None]:
        return {}

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


def overlap_noise(
    structure: Array, centre: Array, prior: Array, one_hot: Array, points: int, kept: list[Array] | None = None
) -> Estimate:
    """Estimate E sum_y f_y (1 - f_y), f = P(Y | t), for t given the state s normal around centre_s.

    Points are drawn around the midpoints of pairs of states of different classes, a pair with a probability
    proportional to its bound w_st = sqrt(p_s p_t) exp(-|c_s - c_t|^2 / 8) on the Bayes error. The density of such a
    point is proportional to sum over pairs of sqrt(p_s N_s p_t N_t), so with Z = sum over pairs of w_st ::

        E sum_y f_y (1 - f_y) = Z E [ sum_y f_y (1 - f_y) / sum_pairs sqrt(fbar_s fbar_t) ],

    and the integrand is at most 1: where classes hardly meet, a few thousand points do what millions around the
    states would. The first coordinate of a point picks the pair, the second runs along the line through its centres,
    on which the integrand depends most.

    Parameters
    ----------
    structure : (S, d)
        Its bytes seed the shifts of the points.
    centre : (S, q)
    prior : (S,)
    one_hot : (S, k)
        Class of each state.
    points : int
        Power of 2: points of each shift.
    kept : list of array, optional
        Integrands (COPIES, n) of earlier calls with fewer points, which are the first of these; the new ones are added.
    """
    kept = [] if kept is None else kept
    done = sum(values.shape[-1] for values in kept)
    first, second = np.nonzero(np.triu(one_hot @ one_hot.T == 0.0))
    gap = centre[first] - centre[second]
    square = np.sum(gap**2, axis=-1)
    log_weight = 0.5 * np.log(prior[first] * prior[second]) - square / 8.0
    edges = np.cumsum(np.exp(log_weight - log_weight.max()))
    total = np.exp(log_weight.max()) * edges[-1]
    middle = 0.5 * (centre[first] + centre[second])
    level = np.log(prior) - 0.5 * np.sum(centre**2, axis=-1)
    mirror = _mirrors(gap)
    new = np.empty((COPIES, points - done))
    cubes = cube_points(structure, 1, points, centre.shape[-1] + 1, COPIES)[0, :, done:]
    for cube, values in zip(cubes, new, strict=True):
        pair = np.searchsorted(edges[:-1], cube[:, 0] * edges[-1], side="right")
        u, axis = normal_of(cube[:, 1:]), mirror[pair]
        u -= axis * (2.0 * sum_of_last(axis * u)[..., None])
        score = (middle[pair] + u) @ centre.T + level
        values[:] = _ratio(score, one_hot)
    kept.append(new)
    return over_shifts(total * np.concatenate(kept, axis=-1).mean(axis=-1))


def _mirrors(gap: Array) -> Array:
    """Unit vectors, or 0, whose mirror images carry the first coordinate axis onto each direction (pairs, q)."""
    length = np.linalg.norm(gap, axis=-1, keepdims=True)
    normal = gap / np.where(length > 0.0, length, 1.0)
    normal[:, 0] += np.where(normal[:, 0] < 0.0, -1.0, 1.0)  # the sign that does not cancel
    return np.asarray(normal / np.linalg.norm(normal, axis=-1, keepdims=True))


def _ratio(score: Array, one_hot: Array) -> Array:
    """sum_y f_y (1 - f_y) over the sum of sqrt(fbar_s fbar_t), s and t of different classes, from log masses."""
    root = np.exp(0.5 * (score - largest_of_last(score)[..., None]))
    root /= np.sqrt(sum_of_last(root**2))[..., None]
    square = root**2
    if one_hot.shape[0] == one_hot.shape[1]:  # a state is a class
        noise, pairs = sum_of_last(square * (1.0 - square)), sum_of_last(root) ** 2 - 1.0
    else:
        f = square @ one_hot
        noise = sum_of_last(f * (1.0 - f))
        pairs = sum_of_last(root) ** 2 - sum_of_last((root @ one_hot) ** 2)
    return np.asarray(2.0 * noise / np.where(pairs > 0.0, pairs, np.inf))
