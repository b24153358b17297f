"""The exact population of a topic model."""

from __future__ import annotations

from functools import cached_property
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from testbed._linalg import Array, principal_roots, transpose
from testbed.laws.population import Given, TwoView, View, check_view
from testbed.laws.states import Documents
from testbed.laws.table_population import TablePopulation
from testbed.screens import contained

__all__ = ["TopicsPopulation"]

LINEAR = 1e-9  # share of the size of X2 within which E[X2 | Y] counts as linear in Y


class TopicsPopulation(TablePopulation):
    """Truth of a `Topics` law: sums over all documents of the first half.

    States are topics, and fbar = E[mu | X1], whose coordinates sum to 1. The label is real-valued, with the slope
    A' = E[X2 Y'] E[YY']^+ of X2 on it; given Y alone beta is 0 unless E[X2 | Y] = A'Y.
    """

    simplex: ClassVar[dict[Given, bool]] = {"y": False, "yz": True}

    def __init__(self, arrays: Documents) -> None:
        self.arrays, self.latent, self.se = arrays, True, contained({})
        prior, labels = arrays.probability, arrays.mixture @ arrays.readout
        points, likelihood = arrays.documents(arrays.length1)
        mass = prior @ likelihood
        kept = mass > 0.0
        self.points1, self.p1 = points[kept], mass[kept] / mass[kept].sum()
        self._posterior = (prior[:, None] * likelihood[:, kept] / mass[kept]).T  # (s1, J)
        self.state_table = self._posterior @ arrays.mixture
        self.A_bar, self.M = arrays.topics, arrays.readout.T
        self.f_table, self.psi_table = self.state_table @ arrays.readout, self.state_table @ arrays.topics
        self.psi_centred = self.state_table @ (arrays.topics - self.p1 @ self.psi_table)
        self._fill()
        self._labels = labels
        self.mean2, self.mean_y = prior @ arrays.words, prior @ labels
        between, centred = arrays.words - self.mean2, labels - self.mean_y
        within = np.diag(self.mean2) - (prior[:, None] * arrays.words).T @ arrays.words
        self.s22 = (prior[:, None] * between).T @ between + within / arrays.length2
        self.second2 = np.trace(self.s22) + self.mean2 @ self.mean2
        self.syy = (prior[:, None] * centred).T @ centred
        self._cross = (prior[:, None] * centred).T @ between
        second = (prior[:, None] * labels).T @ labels
        self.A = _pseudo_inverse(second) @ ((prior[:, None] * labels).T @ arrays.words)
        self.se |= {"bayes_noise": np.zeros(()), "class_floor": np.zeros(())}

    @cached_property
    def _given_label(self) -> Array:
        """E[X2 | Y] under each value of mu, (J, V)."""
        group = self._label_groups * self.arrays.probability[:, None]
        means = (group.T @ self.arrays.words) / group.sum(axis=0)[:, None]
        return np.asarray(means[self._label_groups.argmax(axis=1)])

    def mean_dependence(self, given: Given = "yz") -> Array:
        """Root mean square of E[X2 | X1, state] - E[X2 | state]: 0 given the proportions."""
        self.means(given)
        if given == "yz":
            return np.zeros(())
        joint = self.p1[:, None] * self._posterior  # (s1, J): of documents and proportions
        group = self._label_groups
        cells = joint @ group
        inside = (
            np.einsum("aj,jg,jv->agv", joint, group, self.arrays.words) / np.where(cells > 0.0, cells, 1.0)[..., None]
        )
        level = (group.T @ (self.arrays.probability[:, None] * self.arrays.words)) / (
            group.T @ self.arrays.probability
        )[:, None]
        return np.asarray(np.sqrt(np.sum(cells * np.sum((inside - level) ** 2, axis=-1))))

    @cached_property
    def _label_groups(self) -> Array:
        """Which label each value of mu gives, (J, labels)."""
        _, place = np.unique(np.round(self._labels, 12) + 0.0, axis=0, return_inverse=True)
        return np.eye(int(place.max()) + 1)[place.ravel()]

    def leak_table(self, given: Given) -> Array:
        """psi* - E[E[X2 | state] | X1]: exactly 0 given the proportions."""
        if given == "yz":
            return np.zeros_like(self.psi_table)
        return np.asarray(self.psi_table - self._posterior @ self._given_label)

    def _linear_leak_table(self, given: Given) -> Array:
        """In the linear class the label enters linearly: psi* - S_2y S_yy^+ f*."""
        if given == "yz":
            return self.leak_table(given)
        slope = _pseudo_inverse(self.syy) @ self._cross
        return np.asarray(self.psi_table - self.f_table @ slope)

    def readout(self, intercept: bool = False, given: Given = "yz") -> tuple[Array, npt.NDArray[np.bool_]]:
        """W with W'A_bar' = M; given Y alone there is none unless E[X2 | Y] is linear in Y."""
        weight, solved = super().readout(intercept, given)
        return weight, solved & (given == "yz" or self._linear_in_label)

    def beta(self, intercept: bool = False, given: Given = "yz") -> Array:
        """Conditioning of the label in X2, 0 where there is no W."""
        return super().beta(intercept, given) * float(given == "yz" or self._linear_in_label)

    @cached_property
    def _linear_in_label(self) -> bool:
        off = np.abs(self._given_label - self._labels @ self.A).max()
        return bool(off <= LINEAR * self.scale2)

    @cached_property
    def bayes_noise(self) -> Array:
        """Bayes noise E tr Cov(Y | X1), the risk of the best predictor."""
        return self._risk(self.arrays.length1)

    def bayes_risk(self, view: View) -> Array:
        """Risk of the best predictor of the label; both halves together are one document of their joint length."""
        check_view(view)
        first, second = self.arrays.length1, self.arrays.length2
        return self._risk({"x1": first, "x2": second, "both": first + second}[view])

    def _risk(self, length: int) -> Array:
        joint, f = self._read(length)
        square = np.sum((self._labels[:, None] - f[None]) ** 2, axis=-1)
        return np.asarray(np.sum(joint * square))

    def _read(self, length: int) -> tuple[Array, Array]:
        """Probabilities of the proportions with each document of a length, (J, s), and E[Y | document], (s, k)."""
        joint = self.arrays.probability[:, None] * self.arrays.documents(length)[1]
        mass = joint.sum(axis=0)
        return joint, (joint.T @ self._labels) / np.where(mass > 0.0, mass, 1.0)[:, None]

    @cached_property
    def two_view(self) -> TwoView:
        """Losses of the single halves, and of reading the label by way of the other half (I12).

        E[Y|X1,X2] - f* is orthogonal to functions of X1, so the last is E|mu - f*|^2 + e1.
        """
        both = self.bayes_risk("both")
        e1, e2 = self.bayes_noise - both, self.bayes_risk("x2") - both
        _, f2 = self._read(self.arrays.length2)
        via = self._posterior @ (self.arrays.documents(self.arrays.length2)[1] @ f2)
        return TwoView(e1, e2, self.p1 @ np.sum((via - self.f_table) ** 2, axis=-1) + e1)


def _pseudo_inverse(second: Array) -> Array:
    inverse = principal_roots(second)[1]
    return np.asarray(inverse @ transpose(inverse))
