"""Read-outs: how well the label can be read from the conditional means of X2, by ranks, solutions W and beta."""

from __future__ import annotations

from abc import ABC
from functools import cached_property
from typing import ClassVar, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from testbed._linalg import LOST, Array, contrasts, pinv, rank_of, transpose
from testbed.arguments import shown
from testbed.guards import Guarded
from testbed.laws.read_only import ReadOnly

__all__ = ["ABSOLUTE", "CLEAR", "EDGE", "Given", "Ranks", "ReadOuts"]

Given = Literal["y", "yz"]

CLEAR = 1e-6  # share of the largest above which a diagonal of a triangular factor leaves no doubt of the rank
ABSOLUTE = 1e-10  # times `ReadOuts.unit2`: below it a singular value of means of X2, or of psi*, is rounding
EDGE = 1e-9  # of sqrt(tr Cov X2), or of a quantity without a unit: below it a violation is rounding
SOLVED = 1e-8  # residual of W'A_bar' = M, which has no unit, below which it counts as solved


class Ranks(NamedTuple):
    """Ranks of conditional means, and the singular values that decide them."""

    rank: Array  # (...)
    singular_values: Array  # (..., min(S, d2)), falling
    affine_rank: Array  # (...) dimension of their affine hull: the rank that counts with an intercept
    affine_singular_values: Array


class ReadOuts(Guarded, ReadOnly, ABC, kind="population"):
    """Maps W with W'A_bar' = M, from conditional means of X2 to those of the label, and the ranks that decide them.

    Attributes
    ----------
    mean2, s22 : (..., d2), (..., d2, d2)
        Mean and covariance of X2.
    A, A_bar, M : (..., k, d2), (..., S, d2), (k, S)
        Conditional means of X2 given the label and given the state, and the map that sums the latent out.
    simplex : {"y": bool, "yz": bool}
        Whether the coordinates of label and state sum to one (one-hot codes), so that an intercept frees a level.
    """

    mean2: Array
    s22: Array
    A: Array
    A_bar: Array
    M: Array
    simplex: ClassVar[dict[Given, bool]] = {"y": True, "yz": True}

    @cached_property
    def scale2(self) -> Array:
        """Root mean square of |X2 - E X2|: the size of a violation, which moves with the unit of X2, not its origin."""
        return np.asarray(np.sqrt(np.maximum(np.trace(self.s22, axis1=-2, axis2=-1), 0.0)))

    @cached_property
    def unit2(self) -> Array:
        """Unit (..., d2) in which each coordinate of a function of X2's means is judged: its standard deviation.

        Where the mean is so far away that its storage has cost digits, the unit is so large that ``ABSOLUTE`` times it
        is what was lost, ``LOST`` times the mean.
        """
        variance = np.clip(np.diagonal(self.s22, axis1=-2, axis2=-1), 0.0, None)
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
