"""Linear losses of one encoder on two views, and the values that they have at their optimum."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from scipy.optimize import minimize

from testbed._linalg import Array, transpose
from testbed.allowed import Count, NotNegative, Positive
from testbed.laws import Population
from testbed.laws.shared_views import SharedViews, pooled_views, ridge_modes, white_views
from testbed.theory.base import Assumption, Exact, Kind, Sides, Versions, compared
from testbed.theory.conditions import x1_varies

__all__ = ["CollapseOfModes", "JointEmbeddingLoss", "ReconstructionLoss"]

STEPS = 2000  # of an optimiser, at most
FLAT = 1e-13  # largest gradient, in units of a loss whose views are white, at which it stops


class _OneEncoder(Exact):
    """A statement about one linear encoder of the views x1 and x2, taken in either order."""

    kind: ClassVar[Kind] = "identity"

    rank: Count

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """Views with as many coordinates: minus the difference of their numbers."""
        d1, d2 = truth.s12.shape[-2:]
        apart = np.full(truth.second2.shape, float(-abs(d1 - d2)))
        return (Assumption("x1 and x2 have as many coordinates", apart, apart == 0.0),)

    def subject(self, truth: Population) -> Assumption:
        """An x1 that varies."""
        return x1_varies(truth)

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """Least value that an optimiser finds, and the closed form; NaN where one encoder does not fit both views."""
        views = _views(truth)
        if views is None:
            return compared(truth, np.nan, np.nan)
        least, right, scale = self._both(views)
        return compared(truth, least, right, scale)

    @abstractmethod
    def _both(self, views: SharedViews) -> tuple[Array, Array, Array]:
        """Least value that an optimiser finds, the closed form, and the size of both, (...)."""


@dataclass(frozen=True, repr=False)
class CollapseOfModes(_OneEncoder):
    """Variance-covariance losses with a ridge penalty keep, shrink or collapse each direction on its own.

    Over linear maps f(v) = W'(v - EV) of r outputs, with S = Cov V and G = Cov(V, V') of both views, ::

        min beta E|f(V) - f(V')|^2 + |E f f' - I|_F^2 + penalty |W|_F^2 = sum_{i<=r} [c_i m_i + (m_i - 1)^2],

    c the eigenvalues of S^{-1/2} (2 beta (S - G) + penalty I) S^{-1/2}, rising, and m_i = max(1 - c_i / 2, 0) those of
    E f f': mode i collapses iff c_i >= 2. Where S is singular it is projected; outputs beyond the dimension are 0 and
    cost 1 each. Measured is the least value that a quasi-Newton method finds.

    Parameters
    ----------
    rank : int
        Number r of outputs.
    beta, penalty : float
        Weights of the agreement, and of |W|_F^2.

    References
    ----------
    This project (A6); Cabannes, Kiani, Balestriero, LeCun and Bietti, "The SSL interplay", ICML 2023, for the loss.

    Examples
    --------
    >>> from testbed import check, theory
    >>> theory.CollapseOfModes().sides(check.LAWS["gaussian-many"].population())
    <Sides: left 1.3809, right 1.3809, scale 2, error 0>
    """

    rank: Count = 2
    beta: Positive = 1.0
    penalty: NotNegative = 0.0

    versions: ClassVar[Versions] = ({}, {"rank": 3, "beta": 0.5, "penalty": 0.3})
    title: ClassVar[str] = "Collapse of modes"
    source: ClassVar[str] = "this project (A6); Cabannes et al., ICML 2023"
    claim: ClassVar[str] = "min VICReg loss = sum_{i<=r} [c_i m_i + (m_i - 1)^2], m_i = max(1 - c_i/2, 0)"

    def energies(self, truth: Population) -> Array:
        """The m_i, (..., r), those of outputs beyond the dimension 0; ValueError where the views do not match."""
        views = _views(truth)
        if views is None:
            raise ValueError(
                f"x1 has {truth.s12.shape[-2]} coordinates, x2 has {truth.s12.shape[-1]}; as many are needed"
            )
        return np.maximum(1.0 - 0.5 * self._values(views), 0.0)

    def loss(self, views: SharedViews, weight: Array) -> Array:
        """The loss of f(v) = W'(v - EV), weight W (..., d, r)."""
        inside = transpose(weight) @ views.square @ weight - np.eye(weight.shape[-1])
        moved = transpose(weight) @ (views.square - views.cross) @ weight
        agreement = 2.0 * self.beta * np.trace(moved, axis1=-2, axis2=-1)
        size = np.sum(weight**2, axis=(-2, -1))
        return np.asarray(agreement + np.sum(inside**2, axis=(-2, -1)) + self.penalty * size)

    def _values(self, views: SharedViews) -> Array:
        """The c_i of r outputs, infinite beyond the dimension."""
        c = ridge_modes(views, self.beta, self.penalty)[0][..., : self.rank]
        beyond = np.full((*c.shape[:-1], self.rank - c.shape[-1]), np.inf)
        return np.concatenate([c, beyond], axis=-1)

    def _both(self, views: SharedViews) -> tuple[Array, Array, Array]:
        c = self._values(views)
        m = np.maximum(1.0 - 0.5 * c, 0.0)
        right = np.sum(np.where(m > 0.0, c, 0.0) * m + (m - 1.0) ** 2, axis=-1)
        axes, varies, inner = white_views(views, 0.5 * self.penalty / self.beta)
        return _each(self._least, axes, varies, 2.0 * self.beta * inner), right, np.full(right.shape, float(self.rank))

    def _least(self, axes: Array, varies: Any, inner: Array) -> float:
        """Least loss over the weights of white coordinates: tr B'NB + |B'B - I|^2."""
        shape = int(varies.sum()), self.rank
        inner = inner[np.ix_(varies, varies)]

        def loss(flat: Array) -> tuple[float, Array]:
            b = flat.reshape(shape)
            inside, moved = b.T @ b - np.eye(self.rank), inner @ b
            return float(np.sum(b * moved) + np.sum(inside**2)), (2.0 * moved + 4.0 * b @ inside).ravel()

        return _minimised(loss, shape)


class _Quotient(_OneEncoder):
    """The best r-dimensional space of directions of white views, by what a loss gains on it."""

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """Views with as many coordinates, and r directions in which they vary."""
        (square,) = super().assumptions(truth)
        views = _views(truth)
        if views is None or self.rank == 1:  # one direction is there where x1 varies
            return (square,)
        room = white_views(views)[1].sum(axis=-1) - float(self.rank)
        return (square, Assumption(f"the views vary in {self.rank} directions", room, room >= 0.0))

    @abstractmethod
    def _gain(self, agreement: Array) -> Array:
        """Matrix of the gain, from G in white coordinates on both sides and from S^{-1/2} G."""

    @abstractmethod
    def _value(self, views: SharedViews, gain: Array) -> Array:
        """Loss from what is gained."""

    def _matrix(self, views: SharedViews) -> tuple[Any, Array]:
        axes, varies, _ = white_views(views)
        gain = self._gain(transpose(axes) @ views.cross @ (axes if self._both_sides else np.eye(axes.shape[-1])))
        return varies, 0.5 * (gain + transpose(gain))

    _both_sides: ClassVar[bool]

    def _both(self, views: SharedViews) -> tuple[Array, Array, Array]:
        varies, gain = self._matrix(views)
        least = 1.0 + np.trace(np.abs(gain), axis1=-2, axis2=-1)[..., None]
        values = np.linalg.eigvalsh(gain - np.eye(gain.shape[-1]) * np.where(varies, 0.0, least)[..., None])
        short = varies.sum(axis=-1) < self.rank  # no space of that dimension
        right = self._value(views, np.where(short, np.nan, values[..., ::-1][..., : self.rank].sum(axis=-1)))
        found = self._value(views, -_each(self._least, gain, varies, gain))
        return found, right, self._value(views, np.zeros(right.shape))

    def _least(self, gain: Array, varies: Any, _: Array) -> float:
        """Minus the largest tr (B'B)^{-1} B'MB."""
        shape = int(varies.sum()), self.rank
        if shape[0] < self.rank:
            return np.nan
        inner = gain[np.ix_(varies, varies)]
        size = max(float(np.abs(inner).max(initial=0.0)), 1e-300)

        def loss(flat: Array) -> tuple[float, Array]:
            b = flat.reshape(shape)
            square = b.T @ b
            kept, moved = np.linalg.solve(square, b.T @ inner @ b), np.linalg.solve(square, (inner @ b).T).T
            slope = -2.0 * (moved - np.linalg.solve(square, (b @ kept).T).T)
            return -float(np.trace(kept)) / size, slope.ravel() / size

        return size * _minimised(loss, shape)


@dataclass(frozen=True, repr=False)
class JointEmbeddingLoss(_Quotient):
    """Least distance of two views under one linear encoder whose outputs have the identity as covariance.

    With S = Cov V and G = Cov(V, V') of both views, ::

        min over W'SW = I_r of E|W'V - W'V'|^2 = 2 sum_{i<=r} (1 - omega_i),

    omega the eigenvalues of S^{-1/2} G S^{-1/2}, falling. Measured is the least value that a quasi-Newton method finds.

    Parameters
    ----------
    rank : int
        Number r of outputs.

    References
    ----------
    Van Assel, Ibrahim, Biancalani, Regev and Balestriero, "Joint embedding vs reconstruction", 2025; here for any two
    views (A5).

    Examples
    --------
    >>> from testbed import check, theory
    >>> theory.JointEmbeddingLoss().sides(check.LAWS["gaussian-many"].population())
    <Sides: left 0.769568, right 0.769568, scale 2, error 0>
    """

    rank: Count = 1

    versions: ClassVar[Versions] = ({}, {"rank": 2})
    title: ClassVar[str] = "Joint embedding"
    source: ClassVar[str] = "Van Assel et al. 2025 (A5)"
    claim: ClassVar[str] = "min over W'SW = I of E|W'V - W'V'|^2 = 2 sum_{i<=r} (1 - omega_i(S^{-1/2} G S^{-1/2}))"

    _both_sides: ClassVar[bool] = True

    def _gain(self, agreement: Array) -> Array:
        return agreement

    def _value(self, views: SharedViews, gain: Array) -> Array:
        return 2.0 * (self.rank - gain)


@dataclass(frozen=True, repr=False)
class ReconstructionLoss(_Quotient):
    """Least error of rebuilding one view from r linear outputs of the other.

    With S = Cov V and G = Cov(V, V') of both views, ::

        min over D, E of E|V' - EV - D'E'(V - EV)|^2 = tr S - sum_{i<=r} sigma_i^2(S^{-1/2} G).

    Where V' is x plus noise of its own, rebuilding V' is rebuilding x. Measured is the least value that a quasi-Newton
    method finds over E, with D its least squares.

    Parameters
    ----------
    rank : int
        Number r of outputs.

    References
    ----------
    Van Assel, Ibrahim, Biancalani, Regev and Balestriero, "Joint embedding vs reconstruction", 2025; here for any two
    views (A5).

    Examples
    --------
    >>> from testbed import check, theory
    >>> theory.ReconstructionLoss().sides(check.LAWS["gaussian-many"].population())
    <Sides: left 12.9515, right 12.9515, scale 15.3639, error 0>
    """

    rank: Count = 1

    versions: ClassVar[Versions] = ({}, {"rank": 2})
    title: ClassVar[str] = "Reconstruction"
    source: ClassVar[str] = "Van Assel et al. 2025 (A5)"
    claim: ClassVar[str] = "min over D, E of E|V' - EV - D'E'(V - EV)|^2 = tr S - sum_{i<=r} sigma_i^2(S^{-1/2} G)"

    _both_sides: ClassVar[bool] = False

    def _gain(self, agreement: Array) -> Array:
        return agreement @ transpose(agreement)

    def _value(self, views: SharedViews, gain: Array) -> Array:
        return np.asarray(np.trace(views.square, axis1=-2, axis2=-1) - gain)


def _views(truth: Population) -> SharedViews | None:
    """Both views in either order; None where they have unequal dimensions."""
    if truth.s12.shape[-2] != truth.s12.shape[-1]:
        return None
    return pooled_views(truth.mean1, truth.mean2, truth.s11, truth.s12, truth.s22)


def _each(least: Any, *arrays: Any) -> Array:
    """A number of each slice of arrays with common leading axes, the last two axes of all but `varies` being d."""
    batch = arrays[0].shape[:-2]
    found = [least(*(a[place] for a in arrays)) for place in np.ndindex(batch)]
    return np.reshape(found, batch)


def _minimised(loss: Any, shape: tuple[int, int]) -> float:
    """Least value of a smooth loss of a matrix, from a start without a pattern."""
    if 0 in shape:
        return float(loss(np.zeros(shape).ravel())[0])
    start = np.cos(np.sqrt(2.0) * np.pi * np.arange(1.0, 1.0 + np.prod(shape)) ** 2)
    options: Any = {"maxiter": STEPS, "maxfun": 2 * STEPS, "ftol": 0.0, "gtol": FLAT, "maxcor": 30}
    return float(minimize(loss, start, jac=True, method="L-BFGS-B", options=options).fun)
