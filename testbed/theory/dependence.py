"""The dependence of two views as an operator: its rank, its contrastive loss, the worth of its leading features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from testbed._linalg import Array, inner, transpose
from testbed.allowed import Count
from testbed.laws import Population
from testbed.laws.finite_population import FinitePopulation
from testbed.laws.gaussian_population import GaussianPopulation
from testbed.laws.spectral import axes_of
from testbed.theory.base import EDGE, Assumption, Exact, Kind, Sides, Versions, compared
from testbed.theory.conditions import conditional_independence, finite_supports, tabled, unknown

__all__ = ["DependenceRank", "SpectralContrastiveLoss", "TopFeatures"]

HERE = "this project (I13)"


def independent_views(truth: Population) -> Assumption:
    """X1 and X2 independent given (Y, Z), as laws: minus their total variation distance from it, or minus eps_CI."""
    if not isinstance(truth, FinitePopulation):
        return conditional_independence(truth, "linear")  # jointly Gaussian: partial covariances say all
    mass = truth.table.sum(axis=(2, 3), keepdims=True)
    ends = truth.table.sum(axis=3, keepdims=True) * truth.table.sum(axis=2, keepdims=True)
    distance = 0.5 * np.abs(truth.table - ends / np.where(mass > 0.0, mass, 1.0)).sum()
    words = "(Y, Z)" if truth.latent else "Y"
    return Assumption(f"X1, X2 independent given {words}", np.asarray(-distance), np.asarray(distance <= EDGE))


@dataclass(frozen=True, repr=False)
class DependenceRank(Exact):
    """Independence given (Y, Z) bounds the rank of the dependence: Q = D1^{-1/2} P12 D2^{-1/2} has rank at most km.

    Measured is the singular value s_{km+1}, the trivial s_1 = 1 counted. For jointly Gaussian laws the statement
    is that of the linear class, and measured is the canonical correlation after the first k + m, constants not
    counted: over all functions the rank is infinite, as all products of powers of the correlations are singular values.

    References
    ----------
    Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, appendix on nonlinear CCA; the operator's form is this project's (I13).

    Examples
    --------
    >>> from testbed import check, theory
    >>> sides = theory.DependenceRank().sides(check.LAWS["finite"].population())
    >>> bool(abs(sides.left - sides.right) < 1e-9)
    True
    """

    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Rank of the dependence"
    source: ClassVar[str] = HERE
    claim: ClassVar[str] = (
        "X1, X2 independent given (Y, Z) => rank Q <= km, s_{km+1} = 0 (jointly Gaussian: linear class, k + m)"
    )

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """Both views known together, and independent given the state."""
        return (tabled(truth), independent_views(truth))

    def subject(self, truth: Population) -> Assumption:
        """A singular value after the first km, which views of few points (or dimensions) lack, and a dependence."""
        found = 0 if truth.spectrum is None else truth.spectrum.shape[-1]
        left = np.full(truth.second2.shape, float(found - truth.A_bar.shape[-2]))
        first = int(isinstance(truth, FinitePopulation))  # after the constants
        if truth.spectrum is None or found <= max(first, truth.A_bar.shape[-2]):
            return Assumption("there are more singular values than states", left, left > 0.0)
        largest = truth.spectrum[..., first]
        return Assumption("x1 and x2 depend on each other", largest, largest > EDGE)

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """Singular value after the first km, NaN where the spectrum is not known, and 0."""
        states = truth.A_bar.shape[-2]
        if truth.spectrum is None:
            return compared(truth, np.nan, 0.0, 1.0)
        return compared(truth, truth.spectrum[..., states] if truth.spectrum.shape[-1] > states else 0.0, 0.0, 1.0)


@dataclass(frozen=True, repr=False)
class SpectralContrastiveLoss(Exact):
    """The spectral contrastive loss is a low-rank approximation of Q.

    For any features f(x1), g(x2) of `rank` coordinates, F = D1^{1/2} f and G = D2^{1/2} g::

        -2 E f(X1)'g(X2) + E(f(X1)'g(X2'))^2 = |Q - F G'|_F^2 - |Q|_F^2,    X2' an independent copy of X2

    so that only F G' is identified, and the minimum is -(s_1^2 + ... + s_r^2), at F G' = U_r S_r V_r'.

    Parameters
    ----------
    rank : int
        Coordinates r of the features.
    features : "random" or "optimal"
        Features drawn with a seed of their own, or U_r S_r^{1/2} and V_r S_r^{1/2}.

    References
    ----------
    HaoChen, Wei, Gaidon and Ma, NeurIPS 2021, the spectral contrastive loss; here for two views of a finite law.

    Examples
    --------
    >>> from testbed import check, theory
    >>> theory.SpectralContrastiveLoss().sides(check.LAWS["finite"].population())
    <Sides: left 1.03129, right 1.03129, scale 1, error 0>
    """

    rank: Count = 2
    features: Literal["random", "optimal"] = "random"

    versions: ClassVar[Versions] = ({}, {"features": "optimal"})
    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Spectral contrastive loss"
    source: ClassVar[str] = "HaoChen, Wei, Gaidon and Ma, NeurIPS 2021"
    claim: ClassVar[str] = "-2 E f'g + E(f'g')^2 = |Q - F G'|^2 - |Q|^2, least at the truncated SVD"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """The supports of x1 and x2 are finite."""
        return (finite_supports(truth),)

    def subject(self, truth: Population) -> Assumption:
        """The dependence, which is never empty: |Q|^2 is at least 1, that of the constants."""
        return Assumption("Q is not 0", np.ones(truth.second2.shape), np.ones(truth.second2.shape, dtype=bool))

    def _features(self, truth: FinitePopulation) -> tuple[Array, Array]:
        """Features f at the points of x1, and g at those of x2."""
        if self.features == "random":
            rng = np.random.default_rng(0)
            f, g = (rng.standard_normal((len(p), self.rank)) for p in (truth.p1, truth.p2))
            return f, g
        u, s, vt = (a[: self.rank] for a in (truth.operator[0].T, truth.operator[1], truth.operator[2]))
        half = np.sqrt(s)
        return half * u.T / np.sqrt(truth.p1)[:, None], half * vt.T / np.sqrt(truth.p2)[:, None]

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """The loss, and |Q - F G'|^2 - |Q|^2, at the optimum minus the leading squares; NaN without a table."""
        if not isinstance(truth, FinitePopulation):
            return compared(truth, np.nan, np.nan, 1.0)
        f, g = self._features(truth)
        score = f @ g.T
        left = -2.0 * np.sum(truth.p12 * score) + np.sum(np.outer(truth.p1, truth.p2) * score**2)
        if self.features == "optimal":
            return compared(truth, left, -np.sum(truth.operator[1][: self.rank] ** 2), 1.0)
        q = truth.p12 / np.sqrt(np.outer(truth.p1, truth.p2))
        rest = q - (np.sqrt(truth.p1)[:, None] * f) @ (np.sqrt(truth.p2)[:, None] * g).T
        return compared(truth, left, inner(rest, rest) - inner(q, q), 1.0)


@dataclass(frozen=True, repr=False)
class TopFeatures(Exact):
    """Intrinsic risk of the leading features of Q (nonlinear CCA, ACE), with constant 1 and without independence.

    e_apx(top r) <= E|f* - E[f*|X2]|^2 / (1 - s_{r+1}^2), s_{r+1} the first singular value left out. The r pairs come
    beside the constants: the probe has an intercept.

    On finite laws the features are the leading ones of all functions. On jointly Gaussian laws the statement is that of
    the **linear** class: the features are the r leading canonical variates of x1 (`CCA`), and s_{r+1} the first
    canonical correlation left out. Over all functions (`ACE`) singular values are the products of powers of the
    correlations, and the square of the first variate, of s_1^2, may come before the second variate: the leading r
    functions are then others, and this bound says nothing of them.

    Parameters
    ----------
    rank : int
        Number r of pairs.

    References
    ----------
    This project (I13); Makur, Kozynski, Huang and Zheng, Allerton 2015, for the features.

    Examples
    --------
    >>> from testbed import check, theory
    >>> theory.TopFeatures().sides(check.LAWS["sharp"].population())
    <Sides: left 0.16, right 0.447721, scale 1, error 0>
    """

    rank: Count = 1

    versions: ClassVar[Versions] = ({}, {"rank": 2})
    kind: ClassVar[Kind] = "inequality"
    title: ClassVar[str] = "Leading features of the dependence"
    source: ClassVar[str] = HERE
    claim: ClassVar[str] = (
        "e_apx(top r) <= E|f* - E[f*|X2]|^2 / (1 - s_{r+1}^2) (jointly Gaussian: the top r linear functions)"
    )

    def _next(self, truth: Population) -> Array:
        """First singular value left out, 0 where there is none."""
        s = truth.spectrum
        if s is None:
            return unknown(truth)
        place = self.rank + isinstance(truth, FinitePopulation)
        return s[..., place] if s.shape[-1] > place else np.zeros(truth.second2.shape)

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """Both views known together, and s_{r+1} < 1."""
        margin = 1.0 - self._next(truth)
        return (tabled(truth), Assumption("s_{r+1} < 1", margin, margin > EDGE))

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """e_apx of the leading features with an intercept, and the bound; NaN where they are not known."""
        room = 1.0 - self._next(truth) ** 2
        if isinstance(truth, FinitePopulation):
            lost = truth.landmark
            left = truth.approximation_error_table(truth.canonical_features(self.rank + 1), False)
        elif isinstance(truth, GaussianPopulation):
            f, u, s = self._coordinates(truth)
            known = transpose(u) @ f
            outside = f - u @ known
            lost = inner((1.0 - s[..., None] ** 2) * known, known) + inner(outside, outside)
            missed = f - u[..., : self.rank] @ known[..., : self.rank, :]
            left = inner(missed, missed)
        else:
            return compared(truth, np.nan, np.nan)
        return compared(truth, left, np.where(room > EDGE, lost / np.where(room > EDGE, room, 1.0), np.inf))

    def _coordinates(self, truth: GaussianPopulation) -> tuple[Array, Array, Array]:
        """Rows of f* in whitened x1, canonical directions there, and canonical correlations."""
        cross = truth.white1(truth.s12) @ axes_of(truth.s22).inverse
        u, s, _ = np.linalg.svd(cross, full_matrices=False)
        return truth.white1(truth.s1y), u, np.clip(s, 0.0, 1.0)
