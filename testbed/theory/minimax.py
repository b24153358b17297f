"""The leading singular functions are the best encoder in the worst case over labels that fit the two views."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Annotated, ClassVar

import numpy as np
from scipy.optimize import minimize_scalar

from testbed._linalg import Array
from testbed.allowed import Count, Real
from testbed.laws import Population
from testbed.laws.finite_population import FinitePopulation
from testbed.theory.base import EDGE, Assumption, Exact, Kind, Sides, Versions, compared
from testbed.theory.conditions import finite_supports

__all__ = ["MinimaxFeatures", "MinimaxRivals", "minimax_value", "worst_error", "worst_leading_error"]

Inside = Annotated[float, Real(above=0.0, below=1.0)]


def minimax_value(s: Array, c: float, d: int) -> float:
    """V = (s_1^2 - c^2) / (s_1^2 - s_{d+1}^2) where s_{d+1} < c, else 1.

    Parameters
    ----------
    s : (n,)
        Nontrivial singular values, falling, padded with zeros to all functions of x1 but the constants.
    c : float
        Least compatibility of a label, above 0 and below s_1.
    d : int
        Functions of the encoder, below n.

    Raises
    ------
    ValueError
        c or d out of range.
    """
    if not 0.0 < c < s[0]:
        raise ValueError(f"c = {c!r}: a number above 0 and below the largest singular value {s[0]:.6g}")
    if not 1 <= d < len(s):
        raise ValueError(f"d = {d!r}: a whole number from 1 to {len(s) - 1}, one function fewer than there are")
    return float((s[0] ** 2 - c**2) / (s[0] ** 2 - s[d] ** 2)) if s[d] < c else 1.0


def worst_leading_error(s: Array, c: float, d: int) -> float:
    """Largest e_apx of (u_1, ..., u_d) over the class: a linear programme in the weights <f, u_i>^2.

    max of sum_{i>d} w_i over w >= 0, sum w = 1, sum s_i^2 w_i >= c^2; its corners have one weight, or two with
    equality.
    """
    square, lost = s**2, (np.arange(len(s)) >= d).astype(float)
    best = float(lost[square >= c**2].max())
    for i, j in combinations(range(len(s)), 2):
        high, low = (i, j) if square[i] >= square[j] else (j, i)
        if square[low] < c**2 < square[high]:
            w = (c**2 - square[low]) / (square[high] - square[low])
            best = max(best, float(w * lost[high] + (1.0 - w) * lost[low]))
    return best


def worst_error(s: Array, c: float, encoder: Array) -> float:
    """Largest e_apx of any encoder over the class, min over l >= 0 of the largest eigenvalue of I - P + l (S^2 - c^2).

    Parameters
    ----------
    encoder : (n, d)
        Coordinates of its functions in u_1, ..., u_n; P projects on their span.
    """
    q = np.linalg.qr(encoder)[0]
    lost, slope = np.eye(len(s)) - q @ q.T, np.diag(s**2 - c**2)

    def dual(at: float) -> float:
        return float(np.linalg.eigvalsh(lost + at * slope)[-1])

    most = 2.0 / (s[0] ** 2 - c**2)  # beyond it the bound is above 1, its value at 0
    found = minimize_scalar(dual, bounds=(0.0, most), method="bounded", options={"xatol": 1e-12 * most})
    return min(dual(0.0), float(found.fun))


class _OfSpectrum(Exact):
    """A statement about the class of labels that fit the views, by share * s_1."""

    d: Count
    share: Inside

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """Finite supports; named where it fails, one function more than the encoder has."""
        if not isinstance(truth, FinitePopulation):
            return (finite_supports(truth),)
        room = np.asarray(float(len(truth.p1) - 2 - self.d))
        spare = Assumption(f"x1 has more than {self.d + 1} points", room, room >= 0.0)
        return (finite_supports(truth), *(() if room >= 0.0 else (spare,)))

    def subject(self, truth: Population) -> Assumption:
        """Views that depend on each other: the margin is the largest singular value."""
        if not isinstance(truth, FinitePopulation):
            return Assumption("Q is not 0", np.ones(truth.second2.shape), np.ones(truth.second2.shape, dtype=bool))
        largest = np.asarray(self._spectrum(truth).max(initial=0.0))
        return Assumption("x1 and x2 depend on each other", largest, largest > EDGE)

    def _spectrum(self, truth: FinitePopulation) -> Array:
        """Nontrivial singular values, with zeros for all other functions of x1 but the constants."""
        s = np.zeros(len(truth.p1) - 1)
        found = np.clip(truth.spectrum[1:], 0.0, 1.0)
        s[: len(found)] = found
        return s

    def _defined(self, truth: Population) -> Array | None:
        if not isinstance(truth, FinitePopulation):
            return None
        s = self._spectrum(truth)
        return s if len(s) > self.d and s[0] > 0.0 else None


@dataclass(frozen=True, repr=False)
class MinimaxFeatures(_OfSpectrum):
    """The worst label that fits the views costs the d leading singular functions V, at every c.

    With s_1 >= s_2 >= ... the nontrivial singular values of Q, u_i its functions of x1, and the class of labels that
    are compatible with the views, F_c = {f: E f = 0, E f^2 = 1, sum s_i^2 <f, u_i>^2 >= c^2}, c = share * s_1::

        max over f in F_c of e_apx(u_1..u_d; f) = V = (s_1^2 - c^2) / (s_1^2 - s_{d+1}^2) if s_{d+1} < c, else 1.

    The left side is the linear programme of `worst_leading_error`.

    Parameters
    ----------
    d : int
        Functions of the encoder, beside the constants.
    share : float
        c / s_1, above 0 and below 1.

    References
    ----------
    Zhai, Yang, Varici, Wang and Ravikumar, "Contextures: representations from contexts", ICML 2025, Theorem 16, for a
    range of c; that no range is needed is this project's.

    Examples
    --------
    >>> from testbed import check, theory
    >>> theory.MinimaxFeatures().sides(check.LAWS["finite"].population())
    <Sides: left 0.808248, right 0.808248, scale 1, error 0>
    """

    d: Count = 1
    share: Inside = 0.75

    versions: ClassVar[Versions] = ({}, {"d": 2, "share": 0.3})
    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Worst label of the leading functions"
    source: ClassVar[str] = "this project (A3), after Zhai et al., ICML 2025"
    claim: ClassVar[str] = "max over F_c of e_apx(top d) = (s_1^2 - c^2)/(s_1^2 - s_{d+1}^2), or 1 where s_{d+1} >= c"

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """The linear programme, and V; NaN where they are not defined."""
        s = self._defined(truth)
        if s is None:
            return compared(truth, np.nan, np.nan, 1.0)
        c = self.share * s[0]
        return compared(truth, worst_leading_error(s, c, self.d), minimax_value(s, c, self.d), 1.0)


@dataclass(frozen=True, repr=False)
class MinimaxRivals(_OfSpectrum):
    """No other encoder of d functions has a lower worst case: V <= max over f in F_c of e_apx(Phi; f), for every Phi.

    V and F_c are those of `MinimaxFeatures`. The maximum over the sphere under one quadratic constraint equals
    min over l >= 0 of the largest eigenvalue of I - P + l (S^2 - c^2). Phi is drawn with a seed of its own; the least
    of 8 is taken.

    Parameters
    ----------
    d : int
        Functions of the encoder, beside the constants.
    share : float
        c / s_1, above 0 and below 1.

    References
    ----------
    Zhai, Yang, Varici, Wang and Ravikumar, "Contextures: representations from contexts", ICML 2025, Theorem 16, for a
    range of c; that no range is needed is this project's.

    Examples
    --------
    >>> from testbed import check, theory
    >>> sides = theory.MinimaxRivals().sides(check.LAWS["finite"].population())
    >>> bool(sides.left <= sides.right)
    True
    """

    d: Count = 1
    share: Inside = 0.75

    versions: ClassVar[Versions] = ({}, {"d": 2, "share": 0.3})
    kind: ClassVar[Kind] = "inequality"
    title: ClassVar[str] = "No encoder has a better worst label"
    source: ClassVar[str] = "this project (A3), after Zhai et al., ICML 2025"
    claim: ClassVar[str] = "V <= max over F_c of e_apx(Phi; f), for every Phi of d functions"

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """V, and the least worst case of 8 encoders; NaN where they are not defined."""
        s = self._defined(truth)
        if s is None:
            return compared(truth, np.nan, np.nan, 1.0)
        c, rng = self.share * s[0], np.random.default_rng(0)
        rivals = [worst_error(s, c, rng.standard_normal((len(s), self.d))) for _ in range(8)]
        return compared(truth, minimax_value(s, c, self.d), min(rivals), 1.0)
