"""The posterior P(state | x1) of a Gaussian mixture, in the few coordinates of x1 on which it depends."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property

import numpy as np

from testbed._linalg import Array, is_identity, normalised_exp, scaled_root, sum_of_last, transpose
from testbed.laws.states import MixtureStates

__all__ = ["GeneralPosterior", "Nodes", "Posterior", "SharedPosterior"]


class Nodes:
    """What integrands need at nodes placed around each state, leading axes (..., S, shifts, points).

    Attributes
    ----------
    fbar : (..., S)
        Posterior of the state.
    psi : (..., d2)
        Mean of psi* - E X2 given the coordinates of the node; computed when it is first asked for.
    linear : (..., k)
        Best affine predictor of the label, likewise.
    """

    def __init__(self, posterior: Posterior, place: Array, fbar: Array, weight: Array) -> None:
        self._posterior, self._place, self._weight = posterior, place, weight
        self.fbar = fbar

    def __repr__(self) -> str:
        return f"<nodes {self.fbar.shape[:-1]} of {self._posterior!r}>"

    @cached_property
    def psi(self) -> Array:
        """Return it from what is kept."""
        return self._posterior.mean2_at(self._place, self.fbar)

    @cached_property
    def linear(self) -> Array:
        """Return it from what is kept."""
        return self._posterior.linear_at(self._place, self._weight)


class Posterior(ABC):
    """P(s | x1) and psi* of a mixture; `dimension` is that of the space its integrals live in.

    Everything is computed from deviations from the means E X1 and E X2, so that a shift costs no more than its storage.

    Attributes
    ----------
    root, whiten : (..., d1, d1) or (..., S, d1, d1)
        R with R'R = C11, and its inverse; symmetric unless units of x1 are far apart. Rows times `whiten` are white.
    slope : (..., d1, d2) or (..., S, d1, d2)
        whiten' C12: slope of x2 on whitened x1 within a state.
    """

    dimension: int
    slope: Array

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: P(s | x1), {self.states.mean.shape[-2]} states>"

    def __init__(self, states: MixtureStates) -> None:
        self.states = states
        unit, even = scaled_root(states.block(1, 1))
        self.root = even * unit[..., None, :]
        self._unit, self._inverse = unit, np.linalg.inv(even)
        self.whiten = np.asarray(self._inverse / unit[..., :, None])
        self.log_prior = np.log(states.probability)
        self.slope = self._inverse @ (states.block(1, 2) / unit[..., :, None])

    def white_columns(self, a: Array) -> Array:
        """White coordinates of the columns of a (..., d1, n)."""
        return a if is_identity(self.whiten) else np.asarray(self._inverse @ (a / self._unit[..., :, None]))

    def back(self, a: Array) -> Array:
        """Weights on x1 that belong to weights `a` on white coordinates."""
        return a if is_identity(self.whiten) else self.whiten @ a

    @abstractmethod
    def __call__(self, x1: Array) -> Array:
        """P(s | x1) for rows: (..., n, d1) -> (..., n, S)."""

    @abstractmethod
    def mean2(self, x1: Array) -> Array:
        """E[X2 | x1] = sum_s P(s | x1) (mu2_s + C21_s C11_s^{-1} (x1 - mu1_s))."""

    @abstractmethod
    def affinity(self) -> Array:
        """Logarithm of the Bhattacharyya coefficient of each pair of states, (..., S, S)."""

    @abstractmethod
    def nodes(self, u: Array, weight: Array) -> Nodes:
        """Nodes from standard Gaussian points u around each state, (..., S, shifts, points, dimension).

        `weight` (..., d1, k) is that of the best affine predictor of the label.
        """

    @abstractmethod
    def mean2_at(self, place: Array, fbar: Array) -> Array:
        """Mean of psi* - E X2 at nodes, from their places and posteriors."""

    @abstractmethod
    def linear_at(self, place: Array, weight: Array) -> Array:
        """Best affine predictor of the label at nodes: their places are all of x1 that it reads."""

    @property
    @abstractmethod
    def state_root(self) -> Array:
        """Rows R with R'R = sum_s p_s C21_s C11_s^{-1} C12_s, the covariance of psi* within a known state."""

    @property
    @abstractmethod
    def rest_root(self) -> Array:
        """Rows R with R'R = covariance of what the nodes' coordinates do not see of psi*."""

    def misread(self) -> Array:
        """Upper bound of the Bayes error of the state: sum over pairs of sqrt(p_s p_t) times their affinity."""
        log_bound = self.affinity() + 0.5 * (self.log_prior[:, None] + self.log_prior)
        upper = np.triu_indices(len(self.log_prior), 1)
        return np.asarray(np.exp(log_bound[..., upper[0], upper[1]]).sum(axis=-1))


class SharedPosterior(Posterior):
    """States with one covariance: P(s | x1) depends on t = V' C11^{-1/2} (x1 - E X1), of dimension q <= S - 1.

    V spans the whitened centred means C11^{-1/2} (mu1_s - E X1) = V c_s, so t given s is N(c_s, I_q), and what of
    C11^{-1/2} (x1 - mu1_s) is orthogonal to V is N(0, I), independent of the state. The slope within a state splits
    into a part that t sees and a rest.
    """

    def __init__(self, states: MixtureStates) -> None:
        super().__init__(states)
        self.white = transpose(self.white_columns(transpose(states.centred1)))
        self.dimension = self.reduced = max(1, min(self.white.shape[-2] - 1, self.white.shape[-1]))

    @cached_property
    def _factors(self) -> tuple[Array, Array]:
        u, s, vt = np.linalg.svd(self.white, full_matrices=False)
        q = self.reduced
        return transpose(vt[..., :q, :]), u[..., :, :q] * s[..., None, :q]

    @property
    def axes(self) -> Array:
        """Axes V of the whitened centred means, (..., d1, q), on which t is measured."""
        return self._factors[0]

    @property
    def centre(self) -> Array:
        """Means of t given the state, (..., S, q)."""
        return self._factors[1]

    @cached_property
    def seen(self) -> Array:
        """Part of the slope that t sees, (..., q, d2)."""
        return np.asarray(transpose(self.axes) @ self.slope)

    def _posterior(self, t: Array, centre: Array) -> Array:
        """P(s | t) for rows t (..., n, q) and centres (..., S, q)."""
        level = self.log_prior - 0.5 * np.sum(centre**2, axis=-1)
        log = t @ transpose(centre)
        log += level[..., None, :]
        return normalised_exp(log)

    def __call__(self, x1: Array) -> Array:
        """P(s | x1)."""
        return self._posterior((x1 - self.states.mean1[..., None, :]) @ (self.whiten @ self.axes), self.centre)

    def mean2(self, x1: Array) -> Array:
        """Return E[X2 | x1] at the points of x1, (..., n, d1) -> (..., n, d2)."""
        slope = self.whiten @ self.slope
        level = self.states.centred2 - self.states.centred1 @ slope
        inside = (x1 - self.states.mean1[..., None, :]) @ slope
        return np.asarray(self(x1) @ level + inside + self.states.mean2[..., None, :])

    def affinity(self) -> Array:
        """Log affinity: minus an eighth of the squared Mahalanobis distance."""
        square = np.sum(self.white**2, axis=-1)
        product = self.white @ transpose(self.white)
        return np.asarray(-np.maximum(square[..., :, None] + square[..., None, :] - 2.0 * product, 0.0) / 8.0)

    def nodes(self, u: Array, weight: Array) -> Nodes:
        """Nodes t = c_s + u."""
        t = self.centre[..., :, None, None, :] + u
        return Nodes(self, t, self._posterior(t, self.centre[..., None, None, :, :]), weight)

    def mean2_at(self, place: Array, fbar: Array) -> Array:
        """Mean of psi* - E X2 given t: the level of each state by its posterior, and the slope that t sees."""
        level = self.states.centred2 - self.centre @ self.seen
        psi = fbar @ level[..., None, None, :, :]
        psi += place @ self.seen[..., None, None, :, :]
        return np.asarray(psi)

    def linear_at(self, place: Array, weight: Array) -> Array:
        """Best affine predictor of the label, a function of t too (Woodbury)."""
        along = transpose(self.axes) @ (self.root @ weight)
        linear = place @ along[..., None, None, :, :]
        linear += self.states.mean_y
        return np.asarray(linear)

    @property
    def state_root(self) -> Array:
        """Slope of x2 on whitened x1 that all states share."""
        return self.slope

    @cached_property
    def rest_root(self) -> Array:
        """Part of the slope of x2 on whitened x1 that is orthogonal to t."""
        if not np.any(self.slope):
            return self.slope
        return np.asarray(self.slope - self.axes @ self.seen)


class GeneralPosterior(Posterior):
    """States with covariances of their own: no reduction, integrals run over x1 itself."""

    def __init__(self, states: MixtureStates) -> None:
        super().__init__(states)
        self.dimension = states.d1
        self.log_root = np.linalg.slogdet(self.whiten)[1]

    def _log_joint(self, centred: Array) -> Array:
        """Log p_s N(x1; mu1_s, C11_s) up to a constant, for rows x1 - E X1: (..., n, d1) -> (..., n, S)."""
        columns = []
        for s in range(len(self.log_prior)):
            white = (centred - self.states.centred1[..., s, None, :]) @ self.whiten[..., s, :, :]
            level = self.log_prior[s] + self.log_root[..., s]
            columns.append(level[..., None] - 0.5 * sum_of_last(white**2))
        return np.stack(columns, axis=-1)

    def __call__(self, x1: Array) -> Array:
        """P(s | x1)."""
        return normalised_exp(self._log_joint(x1 - self.states.mean1[..., None, :]))

    def mean2(self, x1: Array) -> Array:
        """Return E[X2 | x1] at the points of x1, (..., n, d1) -> (..., n, d2)."""
        centred = x1 - self.states.mean1[..., None, :]
        return self._mean2(centred, normalised_exp(self._log_joint(centred))) + self.states.mean2[..., None, :]

    def _mean2(self, centred: Array, fbar: Array) -> Array:
        """E[X2 | x1] - E X2 for rows x1 - E X1 and their posteriors."""
        total = np.zeros((*fbar.shape[:-1], self.slope.shape[-1]))
        slope = self.whiten @ self.slope
        for s in range(len(self.log_prior)):
            inside = (centred - self.states.centred1[..., s, None, :]) @ slope[..., s, :, :]
            total = total + fbar[..., s, None] * (self.states.centred2[..., s, None, :] + inside)
        return total

    def affinity(self) -> Array:
        """Log of the Bhattacharyya affinity of each pair of states, (..., S, S)."""
        c11, mu1 = self.states.block(1, 1), self.states.centred1
        middle = 0.5 * (c11[..., :, None, :, :] + c11[..., None, :, :, :])
        gap = mu1[..., :, None, :] - mu1[..., None, :, :]
        quadratic = np.sum(gap * np.linalg.solve(middle, gap[..., None])[..., 0], axis=-1)
        volume = np.linalg.slogdet(middle)[1] + self.log_root[..., :, None] + self.log_root[..., None, :]
        return np.asarray(-quadratic / 8.0 - 0.5 * volume)

    def nodes(self, u: Array, weight: Array) -> Nodes:
        """Nodes x1 = mu1_s + C11_s^{1/2} u, handled as rows of x1 - E X1 and folded back."""
        return self._at(self.states.centred1[..., :, None, None, :] + u @ self.root[..., :, None, :, :], weight)

    def _at(self, x1: Array, weight: Array) -> Nodes:
        fbar = normalised_exp(self._log_joint(self._rows(x1)))
        return Nodes(self, x1, fbar.reshape(*x1.shape[:-1], fbar.shape[-1]), weight)

    def _rows(self, nodes: Array) -> Array:
        return nodes.reshape(*self.states.batch, -1, nodes.shape[-1])

    def mean2_at(self, place: Array, fbar: Array) -> Array:
        """E[X2 | x1] - E X2."""
        psi = self._mean2(self._rows(place), self._rows(fbar))
        return psi.reshape(*place.shape[:-1], psi.shape[-1])

    def linear_at(self, place: Array, weight: Array) -> Array:
        """Best affine predictor of the label at x1."""
        linear = self._rows(place) @ weight + self.states.mean_y
        return np.asarray(linear.reshape(*place.shape[:-1], linear.shape[-1]))

    @cached_property
    def state_root(self) -> Array:
        """Slopes of the states, each weighted by the root of its probability, on top of each other."""
        weighted = np.sqrt(self.states.probability)[:, None, None] * self.slope
        return np.asarray(weighted.reshape(*weighted.shape[:-3], -1, weighted.shape[-1]))

    @property
    def rest_root(self) -> Array:
        """No rows: the nodes see all of x1, so nothing of psi* is left."""
        return np.zeros((0, self.slope.shape[-1]))
