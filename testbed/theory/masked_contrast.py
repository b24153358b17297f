"""Contrast of the two halves that a mask makes of x1: the noise of single coordinates does not enter."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any, ClassVar

import numpy as np

from testbed._linalg import Array, transpose
from testbed.allowed import Count
from testbed.laws import Population
from testbed.laws.gaussian_population import GaussianPopulation
from testbed.laws.spectral import conditional
from testbed.theory.base import EDGE, Assumption, Exact, Kind, Sides, Versions, compared
from testbed.theory.conditions import gaussian, x1_varies

__all__ = ["MaskedContrast", "MaskedContrastSpan", "masked_optimum", "off_diagonal"]

JI = "Ji, Deng, Nakada, Zou and Zhang, JMLR 2023; this form this project (A13)"
MASKED = 10  # coordinates whose masks are all listed


def off_diagonal(square: Array) -> Array:
    """A matrix (..., d, d) with zeros on its diagonal."""
    return np.asarray(square * (1.0 - np.eye(square.shape[-1])))


def masked_optimum(covariance: Array, rank: int, penalty: float = 1.0) -> Array:
    """W'W (..., d, d) at the optimum of -E<W x_a, W x_{1-a}> + (penalty / 2) |W W'|_F^2, W of so many rows.

    sum_{i<=r} (l_i)_+ / (4 penalty) v_i v_i', (l_i, v_i) the leading eigenpairs of the off-diagonal part of Cov x.
    """
    values, vectors = np.linalg.eigh(off_diagonal(covariance))
    values, vectors = values[..., ::-1][..., :rank], vectors[..., ::-1][..., :rank]
    return np.asarray((vectors * (np.maximum(values, 0.0) / (4.0 * penalty))[..., None, :]) @ transpose(vectors))


class _OfFactors(Exact):
    """A statement about x1 = factors + noise of its own in each coordinate: the state (Y, Z) holds the factors."""

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """A jointly Gaussian law, noise of x1 given the state without correlations: minus the largest of them."""
        if not isinstance(truth, GaussianPopulation):
            return (gaussian(truth),)
        variance = np.clip(np.diagonal(truth.s11, axis1=-2, axis2=-1), 0.0, None)
        unit = np.sqrt(np.where(variance > 0.0, variance, 1.0))
        noise = off_diagonal(truth.s11 - _shared(truth)) / unit[..., :, None] / unit[..., None, :]
        largest = np.abs(noise).max(axis=(-2, -1))
        return (gaussian(truth), Assumption("noise of x1 is uncorrelated given the state", -largest, largest <= EDGE))

    def subject(self, truth: Population) -> Assumption:
        """Factors that two coordinates of x1 share: the margin is the share of them in its variances."""
        if not isinstance(truth, GaussianPopulation):
            return x1_varies(truth)
        size = np.trace(truth.s11, axis1=-2, axis2=-1)
        joined = np.linalg.eigvalsh(off_diagonal(_shared(truth)))[..., -1] / np.where(size > 0.0, size, 1.0)
        return Assumption("factors join coordinates of x1", joined, joined > EDGE)


@dataclass(frozen=True, repr=False)
class MaskedContrast(_OfFactors):
    """Contrast of the halves of x1 sees the factors alone: noise in single coordinates drops out exactly.

    x1 has mean 0 and covariance S = U U' + D, D diagonal; a mask a of fair coins gives the views a x and (1 - a) x. As
    E (a x)((1 - a) x)' is the off-diagonal part of S over 4, the least value of ::

        -E<W x_a, W x_{1-a}> + |W W'|_F^2 / 2 = -(1/2) sum_{i<=r} (l_i / 4)_+^2

    has l the eigenvalues of the off-diagonal part of U U': D is not in it, however unequal. Measured with all masks
    listed (d1 at most 10), in the law with its noise.

    Parameters
    ----------
    rank : int
        Number r of rows of W.

    References
    ----------
    Ji, Deng, Nakada, Zou and Zhang, "The power of contrast for feature learning", JMLR 2023, for the setting.

    Examples
    --------
    >>> from testbed import check, theory
    >>> theory.MaskedContrast().sides(check.LAWS["gaussian"].population())
    <Sides: left -0.148086, right -0.148086, scale 1.63605, error 0>
    """

    rank: Count = 1

    versions: ClassVar[Versions] = ({}, {"rank": 2})
    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Masked contrast of factors"
    source: ClassVar[str] = JI
    claim: ClassVar[str] = "min -E<Wx_a, Wx_{1-a}> + |WW'|^2/2 = -(1/2) sum_{i<=r} (l_i/4)_+^2, l of offdiag(UU'): no D"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """Uncorrelated noise; where there are more than 10 coordinates, the room for masks."""
        room = np.full(truth.second2.shape, float(MASKED - truth.s11.shape[-1]))
        few = Assumption(f"at most {MASKED} coordinates to mask", room, room >= 0.0)
        return (*super().assumptions(truth), *(() if np.all(few.holds) else (few,)))

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """The least loss over all masks with the noise, and that of the factors alone; NaN where it is not known."""
        if not isinstance(truth, GaussianPopulation) or truth.s11.shape[-1] > MASKED:
            return compared(truth, np.nan, np.nan)
        masks = np.array(list(product((0.0, 1.0), repeat=truth.s11.shape[-1])))
        both = np.einsum("ma,mb->ab", masks, 1.0 - masks) / len(masks)  # of a_i (1 - a_j)
        met = both * truth.s11
        left = self._least(np.linalg.eigvalsh(0.5 * (met + transpose(met))))
        right = self._least(0.25 * np.linalg.eigvalsh(off_diagonal(_shared(truth))))
        return compared(truth, left, right, np.sum(truth.s11**2, axis=(-2, -1)) / 16.0)

    def _least(self, values: Any) -> Array:
        """-(1/2) of the sum of squares of the leading positive eigenvalues."""
        return np.asarray(-0.5 * np.sum(np.maximum(values[..., ::-1][..., : self.rank], 0.0) ** 2, axis=-1))


@dataclass(frozen=True, repr=False)
class MaskedContrastSpan(_OfFactors):
    """How far the features of a masked contrast are from the span of the factors, at any noise of the coordinates.

    With x1 = U z + e, S = U U' + D, r = rank U and V_r the r leading eigenvectors of the off-diagonal part of S, ::

        lambda_r(U U') |sin(V_r, span U)|_F <= 2 min(sqrt(r) max_j (U U')_jj, |diag(U U')|_F).

    Principal components have no such bound, since D enters theirs.

    References
    ----------
    Ji, Deng, Nakada, Zou and Zhang, "The power of contrast for feature learning", JMLR 2023, for the setting; Yu, Wang
    and Samworth, Biometrika 102, 2015, for the constant.

    Examples
    --------
    >>> from testbed import check, theory
    >>> theory.MaskedContrastSpan().sides(check.LAWS["gaussian"].population())
    <Sides: left 0.156494, right 4.07199, scale 8.60403, error 0>
    """

    kind: ClassVar[Kind] = "inequality"
    title: ClassVar[str] = "Masked contrast, distance to the factors"
    source: ClassVar[str] = JI
    claim: ClassVar[str] = "lambda_r(UU') |sin(V_r, span U)|_F <= 2 min(sqrt(r) max_j (UU')_jj, |diag(UU')|_F)"

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """The sine times lambda_r, and the bound; NaN where the factors are not known."""
        if not isinstance(truth, GaussianPopulation):
            return compared(truth, np.nan, np.nan)
        shared = _shared(truth)
        values, span = np.linalg.eigh(shared)
        there = values > EDGE * np.maximum(values[..., -1:], 0.0)
        count = there.sum(axis=-1)
        found = np.linalg.eigh(off_diagonal(truth.s11))[1]
        leading = np.arange(values.shape[-1]) >= values.shape[-1] - count[..., None]
        overlap = transpose(found * leading[..., None, :]) @ (span * there[..., None, :])
        sine = np.sqrt(np.maximum(count - np.sum(overlap**2, axis=(-2, -1)), 0.0))
        least = np.where(there, values, np.inf).min(axis=-1)
        diagonal = np.diagonal(shared, axis1=-2, axis2=-1)
        bound = np.minimum(np.sqrt(count) * diagonal.max(axis=-1), np.linalg.norm(diagonal, axis=-1))
        left = np.where(count > 0, np.where(np.isfinite(least), least, 0.0) * sine, 0.0)
        return compared(truth, left, 2.0 * bound, np.trace(truth.s11, axis1=-2, axis2=-1))


def _shared(truth: GaussianPopulation) -> Array:
    """U U', what the state explains of the covariance of x1, (..., d1, d1)."""
    at = truth.arrays.blocks
    state = [i for name in ("y", "z") for i in range(at[name].start, at[name].stop)]
    return np.asarray(truth.s11 - conditional(truth.arrays.covariance, state, list(range(truth.s11.shape[-1]))))
