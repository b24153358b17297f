"""Contrastive learning and the classifier that compares with class means (Arora et al. 2019)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from testbed._linalg import Array
from testbed.allowed import Count
from testbed.laws import Population
from testbed.laws.finite_population import FinitePopulation
from testbed.theory.base import EDGE, Assumption, Exact, Kind, Sides, Versions, compared
from testbed.theory.conditions import finite_supports

__all__ = ["MeanClassifier"]


@dataclass(frozen=True, repr=False)
class MeanClassifier(Exact):
    """The loss of the mean classifier is at most the contrastive loss, less what collisions of classes cost.

    Classes c have shares rho_c; x and x+ are independent draws of the law D_c of one class, and x- is one of another
    class, drawn independently, which is the same one with probability tau = sum rho_c^2. With l(v) = log2(1 + e^{-v})
    and mu_c the mean of f in class c, for any features f::

        L_un(f)  = E l(f(x)'f(x+) - f(x)'f(x-))
        L_sup(f) = sum_{a != b} rho_a rho_b / (1 - tau) E_{x ~ D_a} l(f(x)'(mu_a - mu_b))
        L_sup(f) <= (L_un(f) - tau) / (1 - tau)

    The logarithm must be that of base 2: a collision costs l(0) = 1 on average, at least. The terms of generalisation
    in the paper have hidden constants, and are not here.

    Parameters
    ----------
    width : int
        Outputs of the features, which are drawn at random, with a seed of their own.
    small : bool
        Whether they are of size 0.001: there both sides are nearly equal.

    References
    ----------
    Arora, Khandeparkar, Khodak, Plevrakis and Saunshi, "A theoretical analysis of contrastive unsupervised
    representation learning", ICML 2019, Lemma 4.3 (population part).

    Examples
    --------
    >>> from testbed import check, theory
    >>> theory.MeanClassifier().sides(check.LAWS["twins"].population())
    <Sides: left 0.91152, right 1.24266, scale 1, error 0>
    """

    width: Count = 2
    small: bool = False

    versions: ClassVar[Versions] = ({}, {"small": True})
    kind: ClassVar[Kind] = "inequality"
    title: ClassVar[str] = "Mean classifier"
    source: ClassVar[str] = "Arora, Khandeparkar, Khodak, Plevrakis and Saunshi, ICML 2019 (A4)"
    claim: ClassVar[str] = "L_sup(f) <= (L_un(f) - tau) / (1 - tau), losses in bits"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """Finite supports, views independent given the class, and of one law."""
        if not isinstance(truth, FinitePopulation):
            return (finite_supports(truth),)
        joint, one, two = _classes(truth)
        apart = 0.5 * np.abs(joint - one[:, :, None] * two[:, None, :] * truth.mean_y[:, None, None]).sum()
        return (
            finite_supports(truth),
            Assumption("X1, X2 independent given Y", np.asarray(-apart), np.asarray(apart <= EDGE)),
            _one_law(truth, one, two),
        )

    def subject(self, truth: Population) -> Assumption:
        """Two classes at least."""
        other = np.ones(truth.second2.shape)  # laws of another kind are refused for that
        left = 1.0 - np.sum(truth.mean_y**2) * other if isinstance(truth, FinitePopulation) else other
        return Assumption("there are two classes", left, left > EDGE)

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """L_sup and its bound, in bits; NaN without a table or two classes, or where the views differ in points."""
        if not isinstance(truth, FinitePopulation) or truth.points1.shape != truth.points2.shape:
            return compared(truth, np.nan, np.nan, 1.0)
        if not np.all(self.subject(truth).holds):
            return compared(truth, np.nan, np.nan, 1.0)
        f = np.random.default_rng(0).standard_normal((len(truth.p1), self.width))
        return compared(truth, *bits(truth.mean_y, _classes(truth)[1], f * (1e-3 if self.small else 1.0)), 1.0)


def bits(share: Array, given: Array, f: Array) -> tuple[Array, Array]:
    """L_sup and (L_un - tau) / (1 - tau) of features f (s, r), for classes with laws `given` (k, s) on s points."""
    score = f @ f.T
    tau = np.sum(share**2)
    cost = np.log2(1.0 + np.exp(score[:, None, :] - score[:, :, None]))  # of x, x+, x-
    contrastive = np.einsum("c,ca,cb,d,de,abe->", share, given, given, share, given, cost, optimize=True)
    means = given @ f
    margin = f @ means.T  # (s, k)
    each = np.log2(1.0 + np.exp(margin[:, None, :] - margin[:, :, None]))  # of x, class a, class b
    pairs = np.outer(share, share) * (1.0 - np.eye(len(share)))
    supervised = np.einsum("ab,ax,xab->", pairs, given, each) / (1.0 - tau)
    return np.asarray(supervised), np.asarray((contrastive - tau) / (1.0 - tau))


def _classes(truth: FinitePopulation) -> tuple[Array, Array, Array]:
    """P(y, x1, x2), and the laws of both views in each class."""
    joint = truth.table.sum(axis=1)
    mass = truth.mean_y[:, None]
    return joint, joint.sum(axis=2) / mass, joint.sum(axis=1) / mass


def _one_law(truth: FinitePopulation, one: Array, two: Array) -> Assumption:
    """Both views have one law in each class: minus their largest total variation distance."""
    same = truth.points1.shape == truth.points2.shape and np.array_equal(truth.points1, truth.points2)
    apart = 0.5 * np.abs(one - two).sum(axis=1).max() if same else np.inf
    return Assumption("X1 and X2 have one law given Y", np.asarray(-apart), np.asarray(apart <= EDGE))
