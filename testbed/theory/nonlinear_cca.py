"""What the leading functions of the dependence lose of the label: two bounds without hidden constants."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from testbed._linalg import Array, inner, transpose
from testbed.laws import Population
from testbed.laws.finite_population import FinitePopulation
from testbed.laws.gaussian_population import GaussianPopulation
from testbed.theory.base import EDGE, Assumption, Exact, Kind, Sides, Versions, compared
from testbed.theory.conditions import finite_supports
from testbed.theory.dependence import TopFeatures

__all__ = ["NonlinearCCABound", "SharperTopFeatures"]

SINGULAR = 1e-8  # share of the largest eigenvalue of K at or below which the laws of x2 given the states are dependent


@dataclass(frozen=True, repr=False)
class SharperTopFeatures(TopFeatures):
    """Loss of the leading features of Q, from what the label keeps in the functions that are left out.

    With s_0 = 1 >= s_1 >= ... the singular values of Q, u_i its functions of x1 (u_0 = 1) and
    c_i = E f*(X1) u_i(X1), for the leading r functions beside the constant::

        e_apx(u_0, ..., u_r) (1 - s_{r+1}^2) <= E|f* - E[f*|X2]|^2 - sum_{i <= r} c_i^2 (1 - s_i^2)

    with equality where the rest of f* lives in functions of one singular value, s_{r+1}. `TopFeatures` is the same
    without the sum. It is compared as it stands, since a quotient by 1 - s^2 would lose digits as s tends to 1. On
    jointly Gaussian laws the features are the leading **linear** functions, as in `TopFeatures`.

    Parameters
    ----------
    rank : int
        Number r of functions beside the constant.

    References
    ----------
    This project; it sharpens the bound of `TopFeatures` (I13).

    Examples
    --------
    >>> from testbed import check, theory
    >>> theory.SharperTopFeatures().sides(check.LAWS["sharp"].population())
    <Sides: left 0.16, right 0.16, scale 1, error 0>
    """

    versions: ClassVar[Versions] = ({}, {"rank": 2})
    title: ClassVar[str] = "Leading features, sharper"
    source: ClassVar[str] = "this project (A1)"
    claim: ClassVar[str] = (
        "e_apx(top r) (1 - s_{r+1}^2) <= E|f* - E[f*|X2]|^2 - sum_{i<=r} c_i^2 (1 - s_i^2) "
        "(jointly Gaussian: linear functions)"
    )

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """The loss times 1 - s_{r+1}^2, and what is left of the residual; NaN where the functions are not known."""
        if isinstance(truth, FinitePopulation):
            basis, s = truth.operator[0], truth.spectrum
            f, kept = np.sqrt(truth.p1)[:, None] * truth.f_table, self.rank + 1
        elif isinstance(truth, GaussianPopulation):
            f, basis, s = self._coordinates(truth)
            kept = self.rank
        else:
            return compared(truth, np.nan, np.nan)
        c = transpose(basis) @ f
        outside = f - basis @ c
        lost = inner(c[..., kept:, :], c[..., kept:, :]) + inner(outside, outside)
        rest = (1.0 - s[..., kept:, None] ** 2) * c[..., kept:, :] ** 2
        room = 1.0 - self._next(truth) ** 2
        return compared(truth, lost * room, np.sum(rest, axis=(-2, -1)) + inner(outside, outside))


@dataclass(frozen=True, repr=False)
class NonlinearCCABound(Exact):
    """Loss of the top km functions of the dependence, from how far X1 and X2 are from independent given (Y, Z).

    T g = E[g(X2) | X1] and L g = E[E[g(X2) | Y, Z] | X1] are equal under conditional independence. Their distance
    eps_op = |T - L|_op is the largest singular value of Q - D1^{-1/2} sum_s p_s p(x1|s) p(x2|s)' D2^{-1/2}. With
    K[s, t] = sum_{x2} p(x2|s) p(x2|t) / p(x2), M the map from states to labels, and s_km the first singular value that
    is left out (the constant is among the km functions)::

        e_apx(top km functions) <= (s_km + eps_op)^2 tr M K^+ M' <= 4 eps_op^2 tr M K^+ M'

    tr M K^+ M' plays the part of 1 / beta^2: it is finite as soon as the **laws** p(x2|s) determine the label, where
    beta of Theorem 4.2 needs their means.

    Parameters
    ----------
    form : "spectrum" or "distance"
        The first bound, or the second, which knows eps_op alone.

    References
    ----------
    The shape is that of the theorem on nonlinear CCA in Lee, Lei, Saunshi and Zhuo, NeurIPS 2021 (November version);
    the constant is this project's.

    Examples
    --------
    >>> from testbed import check, theory
    >>> theory.NonlinearCCABound().sides(check.LAWS["finite-leak"].population())
    <Sides: left 0.00783301, right 0.29824, scale 0.656929, error 0>
    """

    form: Literal["spectrum", "distance"] = "spectrum"

    versions: ClassVar[Versions] = ({}, {"form": "distance"})
    kind: ClassVar[Kind] = "inequality"
    title: ClassVar[str] = "Nonlinear CCA, near independence"
    source: ClassVar[str] = "this project (A11)"
    claim: ClassVar[str] = "e_apx(top km) <= (s_km + eps_op)^2 tr M K^+ M' <= 4 eps_op^2 tr M K^+ M'"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """Finite supports, and laws of x2 given the states that determine the label."""
        if not isinstance(truth, FinitePopulation):
            return (finite_supports(truth),)
        gram, inverse = _gram(truth)
        left = truth.M - truth.M @ inverse @ gram
        size = np.sqrt(inner(left, left))
        return finite_supports(truth), Assumption("laws of X2 given the state determine Y", -size, size <= EDGE)

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """e_apx of the top km functions, the constant among them, and the bound; NaN without a table."""
        if not isinstance(truth, FinitePopulation):
            return compared(truth, np.nan, np.nan)
        states = truth.M.shape[-1]
        left = truth.approximation_error_table(truth.canonical_features(states), False)
        _, inverse = _gram(truth)
        size = np.trace(truth.M @ inverse @ truth.M.T)
        distance = _distance(truth)
        out = truth.spectrum[states] if len(truth.spectrum) > states else 0.0
        factor = 2.0 * distance if self.form == "distance" else out + distance
        return compared(truth, left, factor**2 * size)


def _given_states(truth: FinitePopulation) -> tuple[Array, Array]:
    """p_s and the laws p(x2 | s), (S, s2), of the states with mass."""
    states = truth.table.reshape(-1, *truth.table.shape[2:]).sum(axis=1)
    mass = states.sum(axis=1)
    return mass[mass > 0.0], states[mass > 0.0] / mass[mass > 0.0, None]


def _gram(truth: FinitePopulation) -> tuple[Array, Array]:
    """K and its pseudo-inverse."""
    _, given = _given_states(truth)
    gram = (given / truth.p2) @ given.T
    return gram, np.linalg.pinv(gram, rcond=SINGULAR, hermitian=True)


def _distance(truth: FinitePopulation) -> Array:
    """eps_op."""
    _, given = _given_states(truth)
    joint = (truth.state_table * truth.p1[:, None]) @ given
    gap = (truth.p12 - joint) / np.sqrt(np.outer(truth.p1, truth.p2))
    return np.asarray(np.linalg.norm(gap, 2))
