"""The exact population of a law on finite supports."""

from __future__ import annotations

from functools import cached_property

import numpy as np

from testbed._linalg import Array
from testbed.laws.population import Given, TwoView, View, check_view
from testbed.laws.table_population import TablePopulation, centred
from testbed.screens import contained

__all__ = ["FinitePopulation"]

AXES: dict[str, tuple[int, ...]] = {"x1": (2,), "x2": (3,), "y": (0,), "yz": (0, 1)}


class FinitePopulation(TablePopulation):
    """Truth of a `Finite` law: sums over its table, states and support points of mass zero dropped.

    Attributes
    ----------
    table : (k, m, s1, s2)
        Joint probabilities, points with one embedding merged, normalised.
    p12, p2 : (s1, s2), (s2,)
        Law of (X1, X2), and of X2.
    points2 : (s2, d2)
        Distinct values of x2 with mass.
    state_table : (s1, S)
        fbar: probabilities of the states given x1.
    """

    def __init__(self, joint: Array, v1: Array, v2: Array) -> None:
        table, self.points1 = _merge(joint, v1, 2)
        table, self.points2 = _merge(table, v2, 3)
        self.table = table / table.sum()
        self.se, self.latent = contained({}), joint.shape[1] > 1
        k, m, s1, s2 = self.table.shape
        states = self.table.reshape(k * m, s1, s2)
        mass = states.sum(axis=(1, 2))
        states, prior = states[mass > 0.0], mass[mass > 0.0]
        self.M = np.repeat(np.eye(k), m, axis=1)[:, mass > 0.0]
        self.p12 = states.sum(axis=0)
        self.p1, self.p2 = self.p12.sum(axis=1), self.p12.sum(axis=0)
        self.state_table = states.sum(axis=2).T / self.p1[:, None]
        self.f_table = self.state_table @ self.M.T
        self.mean2 = self.p2 @ self.points2
        self.centred2 = centred(self.points2, self.p2)  # a shift of x2 loses here what its storage has lost, no more
        self.psi_centred = (self.p12 @ self.centred2) / self.p1[:, None]
        self.psi_table = self.psi_centred + self.mean2
        self._fill()
        self._deviations = (states.sum(axis=1) / prior[:, None]) @ self.centred2
        self._deviations_y = ((self.M * prior) @ self._deviations) / self.mean_y[:, None]
        self.A_bar, self.A = self._deviations + self.mean2, self._deviations_y + self.mean2
        self.s22 = (self.p2[:, None] * self.centred2).T @ self.centred2
        self.syy = np.diag(self.mean_y) - np.outer(self.mean_y, self.mean_y)
        self.second2 = np.trace(self.s22) + self.mean2 @ self.mean2
        self.se |= {"bayes_noise": np.zeros(()), "class_floor": np.zeros(())}

    def leak_table(self, given: Given) -> Array:
        """psi* - A_bar' fbar at the points of x1 (given Y: psi* - A' f*)."""
        seen = self.state_table if given == "yz" else self.f_table
        return np.asarray(self.psi_centred - seen @ self.deviations(given))

    def deviations(self, given: Given = "yz") -> Array:
        """Conditional means of X2 given the state, less the mean of X2: (S, d2)."""
        self.means(given)
        return np.asarray(self._deviations if given == "yz" else self._deviations_y)

    def mean_dependence(self, given: Given = "yz") -> Array:
        """Root mean square of E[X2 | X1, state] - E[X2 | state]."""
        self.means(given)
        table = self.table if given == "yz" else self.table.sum(axis=1, keepdims=True)
        cells = table.sum(axis=-1)  # (k, m or 1, s1)
        sums, mass = table @ self.centred2, cells.sum(axis=-1)
        inside = sums / np.where(cells > 0.0, cells, 1.0)[..., None]
        level = sums.sum(axis=-2) / np.where(mass > 0.0, mass, 1.0)[..., None]
        return np.asarray(np.sqrt(np.sum(cells * np.sum((inside - level[..., None, :]) ** 2, axis=-1))))

    @cached_property
    def bayes_noise(self) -> Array:
        """1 - E|f*|^2 = E sum_y f_y (1 - f_y)."""
        return np.asarray(self.p1 @ np.sum(self.f_table * (1.0 - self.f_table), axis=-1))

    def bayes_risk(self, view: View) -> Array:
        """Risk of the best predictor of the label from one view or from both."""
        check_view(view)
        by_class = self.table.sum(axis=1)
        axes: tuple[int, ...] = {"x1": (2,), "x2": (1,), "both": ()}[view]
        mass = by_class.sum(axis=axes).reshape(len(by_class), -1)
        total = mass.sum(axis=0)
        share = mass / np.where(total > 0.0, total, 1.0)
        return np.asarray(np.sum(mass * (1.0 - share)))

    @cached_property
    def f2_table(self) -> Array:
        """E[Y | X2] at the points of x2, (s2, k)."""
        return np.asarray(self.table.sum(axis=(1, 2)).T / self.p2[:, None])

    @cached_property
    def two_view(self) -> TwoView:
        """What each view alone loses, and what predicting the label by way of the other view does (I12)."""
        both = np.moveaxis(self.table.sum(axis=1), 0, -1) / np.where(self.p12 > 0.0, self.p12, 1.0)[..., None]
        via = (self.p12 @ self.f2_table) / self.p1[:, None]
        gaps = (self.f_table[:, None] - both, self.f2_table[None] - both, via[:, None] - both)
        return TwoView(*(np.asarray(np.sum(self.p12 * np.sum(gap**2, axis=-1))) for gap in gaps))

    @cached_property
    def landmark(self) -> Array:
        """Residual E|f* - E[f* | X2]|^2, the numerator of the two-view bound (I13)."""
        mean = (self.p12.T @ self.f_table) / self.p2[:, None]
        rest = self.f_table[:, None] - mean[None]
        return np.asarray(np.sum(self.p12 * np.sum(rest**2, axis=-1)))

    @cached_property
    def operator(self) -> tuple[Array, Array, Array]:
        """Singular value decomposition U, s, V' of Q = D1^{-1/2} P12 D2^{-1/2}; s[0] = 1 belongs to constants."""
        u, s, vt = np.linalg.svd(self.p12 / np.sqrt(np.outer(self.p1, self.p2)), full_matrices=False)
        return u, s, vt

    @property
    def spectrum(self) -> Array:
        """Singular values of Q, the trivial 1 first."""
        return self.operator[1]

    def canonical_features(self, rank: int) -> Array:
        """Nonlinear CCA (ACE) features D1^{-1/2} U_r at the points of x1, the constant first: (s1, r)."""
        return np.asarray(self.operator[0][:, :rank] / np.sqrt(self.p1)[:, None])

    def mutual_information(self, a: str = "x1", b: str = "x2", given: Given | None = None) -> Array:
        """I(a; b | given) in nats, a and b among x1, x2, y, yz."""
        axes = {name: set(AXES[name]) for name in (a, b)}
        condition = set(AXES[given]) if given else set()
        parts = (axes[a] | condition, axes[b] | condition, axes[a] | axes[b] | condition, condition)
        h = [self._entropy(part) for part in parts]
        return np.maximum(h[0] + h[1] - h[2] - h[3], 0.0)

    def _entropy(self, axes: set[int]) -> Array:
        p = self.table.sum(axis=tuple(i for i in range(4) if i not in axes))
        return np.asarray(-np.sum(p * np.log(np.where(p > 0.0, p, 1.0))))


def _merge(joint: Array, points: Array, axis: int) -> tuple[Array, Array]:
    """Sum the table over points with one embedding, and drop points without mass."""
    values, place = np.unique(points + 0.0, axis=0, return_inverse=True)
    shape = list(joint.shape)
    shape[axis] = len(values)
    table = np.zeros(shape)
    np.add.at(np.moveaxis(table, axis, 0), place.ravel(), np.moveaxis(joint, axis, 0))
    mass = table.sum(axis=tuple(i for i in range(4) if i != axis))
    return np.compress(mass > 0.0, table, axis=axis), values[mass > 0.0]
