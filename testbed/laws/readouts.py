"""Read-outs W of the label from the conditional means of X2: ranks, beta, and what a leak does to a read-out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cached_property
from typing import ClassVar, Literal

import numpy as np
import numpy.typing as npt

from testbed._linalg import (
    FLAT,
    LOST,
    Array,
    contrasts,
    inner,
    least_squares,
    pinv,
    rank_of,
    residual_square,
    transpose,
)
from testbed.arguments import shown
from testbed.guards import Guarded
from testbed.laws.held import ReadOnly, once
from testbed.laws.leaks import Ranks, Rows, SignedLeak

__all__ = [
    "ABSOLUTE", "CLEAR", "EDGE", "FeatureClass", "Given", "Ranks", "ReadOuts", "Rows", "SignedLeak",
]  # fmt: skip

Given = Literal["y", "yz"]
FeatureClass = Literal["linear", "universal"]

CLEAR = 1e-6  # share of the largest above which a diagonal of a triangular factor leaves no doubt of the rank
ABSOLUTE = 1e-10  # times `ReadOuts.unit2`: below it a singular value of means of X2, or of psi*, is rounding
EDGE = 1e-9  # of sqrt(tr Cov X2), or of a quantity without a unit: below it a violation is rounding
SOLVED = 1e-8  # residual of W'A_bar' = M, which has no unit, below which it counts as solved


class ReadOuts(Guarded, ReadOnly, ABC, kind="population"):
    """Maps W with W'A_bar' = M, from conditional means of X2 to those of the label, and the leak as they see it.

    `Population` says what the attributes are.
    """

    mean2: Array
    mean_y: Array
    s22: Array
    syy: Array
    second2: Array
    A: Array
    A_bar: Array
    M: Array
    latent: bool
    se: dict[str, Array]
    simplex: ClassVar[dict[Given, bool]] = {"y": True, "yz": True}  # whether the codes of label and state sum to one

    @cached_property
    def variance2(self) -> Array:
        """Variances of the coordinates of X2, (..., d2)."""
        return np.diagonal(self.s22, axis1=-2, axis2=-1)

    @cached_property
    def scale2(self) -> Array:
        """Root mean square of |X2 - E X2|: the size of a violation, which moves with the unit of X2, not its origin."""
        return np.asarray(np.sqrt(np.maximum(np.sum(self.variance2, axis=-1), 0.0)))

    @cached_property
    def unit2(self) -> Array:
        """Unit (..., d2) in which each coordinate of a function of X2's means is judged: its standard deviation.

        Where the mean is so far away that its storage has cost digits, the unit is so large that ``ABSOLUTE`` times it
        is what was lost, ``LOST`` times the mean.
        """
        variance = np.clip(self.variance2, 0.0, None)
        return np.maximum(np.sqrt(variance), LOST / ABSOLUTE * np.abs(self.mean2))

    @cached_property
    def lost2(self) -> Array:
        """What storage of the mean of X2 may have cost a difference of values of X2, (...)."""
        return np.asarray(LOST * np.sqrt(np.sum(self.mean2**2, axis=-1)))

    @property
    def rounding2(self) -> Array:
        """Size up to which a violation in x2 is rounding, in the unit of x2 and wherever its origin is, (...)."""
        return EDGE * self.scale2 + self.lost2

    def state_unit(self, given: Given) -> Array:
        """Unit of each coordinate of the state, (..., S): 1 for a one-hot code."""
        return np.ones(self.means(given)[0].shape[-2])

    def deviations(self, given: Given = "yz") -> Array:
        """Conditional means of X2 less its mean, (..., S, d2)."""
        return np.asarray(self.means(given)[0] - self.mean2[..., None, :])

    def means(self, given: Given = "yz") -> tuple[Array, Array]:
        """Conditional means of X2 and the map from states to labels: (A_bar, M), or (A, I) given Y alone."""
        if given not in {"y", "yz"}:
            raise ValueError(f"given = {shown(given)}; allowed: 'y', 'yz'")
        return (self.A_bar, self.M) if given == "yz" else (self.A, np.eye(self.A.shape[-2]))

    def _levelled(self, intercept: bool, given: Given) -> tuple[Array, Array]:
        """Means and map with the common level taken out, P = I - 11'/S, where an intercept frees it."""
        means, read = self.means(given)
        if intercept and self.simplex[given]:
            means = self.deviations(given)
            means = means - means.mean(axis=-2, keepdims=True)
            read = read - read.mean(axis=-1, keepdims=True)
        return means, read

    def _inverse(self, intercept: bool, given: Given) -> tuple[Array, Array]:
        """Pseudo-inverse of the means and the map that it is applied to, rows of both in units of the state."""
        means, read = self._levelled(intercept, given)
        row = self.state_unit(given)[..., None]
        return pinv(row * means, ABSOLUTE, self.unit2), row * read.T

    @once
    def _null(self, intercept: bool, given: Given) -> Array:
        """Projector on the directions of X2 that the means do not reach, (..., d2, d2)."""
        means = self.state_unit(given)[..., None] * self._levelled(intercept, given)[0]
        return np.asarray(np.eye(means.shape[-1]) - pinv(means, ABSOLUTE, self.unit2) @ means)

    def ranks(self, given: Given = "yz") -> Ranks:
        """Rank and affine rank of the conditional means; up to 1e-10 in units of X2 singular values are rounding."""
        means = [self._levelled(intercept, given)[0] for intercept in (False, True)]
        values: list[Array] = [np.asarray(np.linalg.svd(m, compute_uv=False)) for m in means]
        ranks = [rank_of(self.state_unit(given)[..., None] * m, ABSOLUTE, self.unit2) for m in means]
        return Ranks(ranks[0], values[0], ranks[1], values[1])

    @once
    def readout(self, intercept: bool = False, given: Given = "yz") -> tuple[Array, npt.NDArray[np.bool_]]:
        """W (..., d2, k), of least norm with W'A_bar' = M, and whether there is one (...)."""
        inverse, read = self._inverse(intercept, given)
        weight = inverse @ read
        lost = np.max(LOST * np.abs(self.mean2)[..., None, :] @ np.abs(weight), axis=(-2, -1))
        return weight, np.asarray(self._residual(weight, intercept, given) < SOLVED + lost)

    def _residual(self, weight: Array, intercept: bool, given: Given) -> Array:
        means, read = self._levelled(intercept, given)
        return np.asarray(np.abs(means @ weight - read.T).max(axis=(-1, -2)))

    def readout_residual(self, intercept: bool = False, given: Given = "yz") -> tuple[Array, npt.NDArray[np.bool_]]:
        """Largest entry of |W'A_bar' - M| for the W of `readout`, and whether W counts as a solution; both (...)."""
        weight, solved = self.readout(intercept, given)
        return self._residual(weight, intercept, given), solved

    @once
    def beta(self, intercept: bool = False, given: Given = "yz") -> Array:
        """Conditioning of the label in X2: 1/beta = |W|_2 with W' = M (A_bar')^+; 0 where W'A_bar' - M is not 0.

        With an intercept the rows are centred first, P = I - 11'/S: W' = M P (A_bar' P)^+. Given Y alone, A_bar is A
        and M the identity, so beta is the k-th (with intercept the (k-1)-th) singular value.

        References
        ----------
        Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, Assumption 4.1.
        """
        means, read = self.means(given)
        intercept = intercept and self.simplex[given]
        if read.shape[-1] == read.shape[-2] and np.array_equal(read, np.eye(len(read))):  # W is the pseudo-inverse
            basis = contrasts(np.ones(len(read))) if intercept else np.eye(len(read))
            return self._smallest(transpose(basis) @ (self.deviations(given) if intercept else means), given)
        weight, solved = self.readout(intercept, given)
        norm = np.linalg.norm(weight, ord=2, axis=(-2, -1))
        valid = solved & (norm > 0.0)
        return np.where(valid, 1.0 / np.where(valid, norm, 1.0), 0.0)

    def _smallest(self, means: Array, given: Given) -> Array:
        """Smallest singular value of independent rows; 0 where they are dependent in units of X2 and of the state."""
        if means.shape[-2] > means.shape[-1] or means.shape[-2] == 0:  # of one class there is nothing to read
            return np.zeros(means.shape[:-2])
        rows = means.reshape(-1, *means.shape[-2:])
        squares = np.linalg.eigvalsh(rows @ transpose(rows))
        smallest = np.sqrt(np.maximum(squares[:, 0], 0.0))
        doubtful = squares[:, 0] < CLEAR * squares[:, -1]  # squares would lose digits
        if np.any(doubtful):
            smallest[doubtful] = np.linalg.svd(rows[doubtful], compute_uv=False)[:, -1]
        smallest = np.asarray(smallest.reshape(means.shape[:-2]))
        least, row = ABSOLUTE * self.unit2.max(axis=-1), self.state_unit(given)
        if np.all(row == 1.0) and np.all(smallest > least):  # then it is above in every unit
            return smallest
        row = np.ones(means.shape[-2]) if np.all(row == 1.0) else row
        full = rank_of(row[..., None] * means, ABSOLUTE, self.unit2) == means.shape[-2]
        return np.where(full, smallest, 0.0)

    @abstractmethod
    def rows(self, feature_class: FeatureClass = "universal", given: Given = "yz") -> Rows:
        """Centred rows of f, psi and the leak in a class."""

    @property
    @abstractmethod
    def bayes_noise(self) -> Array:
        """Risk of f*: E tr Cov(Y | X1)."""

    @property
    @abstractmethod
    def class_floor(self) -> Array:
        """Distance of the best affine predictor from the best one: E|f*(X1) - f*_H1(X1)|^2."""

    def sharper_bound(
        self, intercept: bool = True, feature_class: FeatureClass = "universal", given: Given = "yz"
    ) -> Array:
        """Bound of e_apx(psi*) - e_apx(phi1): min tr W'GW over all W with W'A_bar' = M, G = E dd' (I7).

        W0 = A_bar^+ M' is moved along the null space N of A_bar by regressing the leak's rows on W0 on those on N:
        its square root is regressed, since a pseudo-inverse of G would call N'G W0 rounding. Infinite where no W
        solves; it never exceeds (eps_CI / beta)^2, and equals its infimum over invertible changes X2 -> X2 T.
        """
        return self._sharper_of(self.rows(feature_class, given), intercept, given)

    def _sharper_of(self, rows: Rows, intercept: bool, given: Given) -> Array:
        weight, solved = self.readout(intercept, given)
        free = rows.leak @ self._null(intercept, given)
        return np.where(solved, residual_square(free, rows.leak @ weight, ABSOLUTE, self.unit2), np.inf)

    def signed_leak(
        self, intercept: bool = True, feature_class: FeatureClass = "universal", given: Given = "yz"
    ) -> SignedLeak:
        """Split the leak by what it does to the label (I14); NaN where no W solves W'A_bar' = M."""
        return self._leak_of(self.rows(feature_class, given), intercept, given)

    def _leak_of(self, rows: Rows, intercept: bool, given: Given) -> SignedLeak:
        weight, solved = self.readout(intercept, given)
        f, _, leak = rows
        g = leak @ weight
        if not intercept:  # uncentred second moments: one row more, where the leak is 0
            level = np.broadcast_to(self.mean_y, (*f.shape[:-2], f.shape[-1]))[..., None, :]
            f, g = np.concatenate([level, f], axis=-2), np.concatenate([0.0 * level, g], axis=-2)
        square = np.diagonal(self.syy, axis1=-2, axis2=-1) + (0.0 if intercept else self.mean_y**2)
        label = np.sqrt(np.maximum(square, 0.0))  # the variance of a certain class is 0 up to rounding
        slope, rest, _ = least_squares(f, g, ABSOLUTE, label)
        signed = inner(f, f @ slope) / np.maximum(inner(f, f), np.finfo(float).tiny)
        outside = leak @ self._null(intercept, given)
        image = label + (np.abs(weight) * self.unit2[..., :, None]).sum(axis=-2)  # unit of W'psi*
        parts = (
            np.maximum(signed, 0.0),
            np.maximum(-signed, 0.0),
            inner(rest, rest),
            inner(outside, outside),
            transpose(slope),
            residual_square(f + g, f, ABSOLUTE, image),
        )
        return SignedLeak(
            *(np.where(solved.reshape(solved.shape + (1,) * (p.ndim - solved.ndim)), p, np.nan) for p in parts)
        )

    def tau(self, intercept: bool = True, feature_class: FeatureClass = "linear", given: Given = "yz") -> Array:
        """Unlabelled pairs per label above which the rank-k pretext beats least squares on x1 (I15).

        tau = tr(W' Cov(X2|X1) W) / tr Cov(Y|X1), both residual covariances of the class; a conjecture beyond jointly
        Gaussian laws and least squares. NaN where no W solves W'A_bar' = M, or where nothing of Y is left.
        """
        return self._tau_of(self.rows(feature_class, given), intercept, feature_class, given)

    @property
    def linear_noise(self) -> Array:
        """Risk of the best affine predictor of the label: `bayes_noise` + `class_floor`."""
        return self.bayes_noise + self.class_floor

    def _tau_of(self, rows: Rows, intercept: bool, feature_class: FeatureClass, given: Given) -> Array:
        weight, solved = self.readout(intercept, given)
        psi = rows.psi @ weight
        kept = np.maximum(inner(weight, self.s22 @ weight) - inner(psi, psi), 0.0)
        noise = self.linear_noise if feature_class == "linear" else self.bayes_noise
        valid = solved & (noise > FLAT * np.trace(self.syy, axis1=-2, axis2=-1))
        return np.where(valid, kept / np.where(valid, noise, 1.0), np.nan)
