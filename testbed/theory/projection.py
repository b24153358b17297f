"""Contrastive losses of bilinear scores: projecting both views on Fisher's space never raises them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from testbed._linalg import RELATIVE_CUTOFF, Array, pinv, transpose
from testbed.allowed import Count
from testbed.laws import Population
from testbed.laws.finite_population import FinitePopulation
from testbed.laws.population import NotDefinedError
from testbed.laws.spectral import axes_of
from testbed.theory.base import EDGE, Assumption, Exact, Kind, Sides, Versions, compared
from testbed.theory.conditions import finite_supports

__all__ = ["ContrastiveLoss", "ProjectedScores", "contrastive_risk", "fisher_projector"]

ContrastiveLoss = Literal["spectral", "logistic", "infonce", "hinge"]
LISTED = 10**7  # tuples of an anchor, its partner and the negatives up to which all are listed
SIZE = 3.0  # of the scores: a hinge is a line where they are below 1
SAME = 1e-9  # of the size of a view: rows of P x that are so close are one value of it


def fisher_projector(mean: Array, cross: Array, label: Array, square: Array) -> Array:
    """Projector P = U (U'C^{-1}U)^{-1} U'C^{-1} of a view on the span U of its means given the label, (..., d, d).

    C is the covariance of the view x given the label, and U holds the means themselves, not their differences. I - P
    takes x to the best linear prediction of what varies within classes from the coordinates W'x that no mean reaches,
    C W (W'C W)^+ W'x, which is defined where C is singular too.

    Parameters
    ----------
    mean, cross, label, square : (..., d), (..., d, k), (..., k, k), (..., d, d)
        E x, Cov(x, y), Cov(y) and Cov(x).
    """
    d = mean.shape[-1]
    white = cross @ axes_of(label).inverse
    within = square - white @ transpose(white)
    deviation = np.sqrt(np.diagonal(square, axis1=-2, axis2=-1))
    unit = np.where(deviation > 0.0, deviation, np.where(mean != 0.0, np.abs(mean), 1.0))  # of each coordinate
    spans = np.concatenate([white, mean[..., :, None]], axis=-1) / unit[..., :, None]
    size = np.linalg.norm(spans, axis=-2)
    spans = spans / np.where(size > EDGE, size, np.inf)[..., None, :]  # a mean far from 0 does not drown the others
    u, s, _ = np.linalg.svd(spans, full_matrices=True)
    reached = np.zeros((*s.shape[:-1], d), dtype=bool)
    reached[..., : s.shape[-1]] = s > RELATIVE_CUTOFF * d
    w = np.where(reached[..., None, :], 0.0, u)  # columns that no mean reaches
    even = within / (unit[..., :, None] * unit[..., None, :])
    rest = even @ w @ pinv(transpose(w) @ even @ w, RELATIVE_CUTOFF) @ transpose(w)
    return np.asarray(np.eye(d) - unit[..., :, None] * rest / unit[..., None, :])


def contrastive_risk(truth: FinitePopulation, scores: Array, loss: ContrastiveLoss, negatives: int = 2) -> float:
    """Population risk of a contrastive loss for scores s(x1, x2) on a finite law.

    With x2' an independent copy of X2 and x2'_1, ..., x2'_K copies, ::

        spectral   -2 E s(X1, X2) + E s(X1, x2')^2
        logistic   E log(1 + exp(-s(X1, X2))) + E log(1 + exp(s(X1, x2')))
        infonce    E log(1 + sum_j exp(s(X1, x2'_j) - s(X1, X2)))
        hinge      E (1 - s(X1, X2))_+ + E (1 + s(X1, x2'))_+

    Parameters
    ----------
    truth : FinitePopulation
        Law with points (s1, d1) and (s2, d2).
    scores : (s1, s2)
        Score of each pair of points.
    loss : "spectral", "logistic", "infonce" or "hinge"
    negatives : int
        Number K of negatives of "infonce".

    Raises
    ------
    NotDefinedError
        Where there are more than 10^7 tuples to list.
    """
    both, apart = truth.p12, np.outer(truth.p1, truth.p2)
    if loss == "spectral":
        return float(-2.0 * np.sum(both * scores) + np.sum(apart * scores**2))
    if loss == "logistic":
        return float(np.sum(both * np.logaddexp(0.0, -scores)) + np.sum(apart * np.logaddexp(0.0, scores)))
    if loss == "hinge":
        return float(np.sum(both * np.maximum(1.0 - scores, 0.0)) + np.sum(apart * np.maximum(1.0 + scores, 0.0)))
    s1, s2 = scores.shape
    if s1 * float(s2) ** (negatives + 1) > LISTED:
        raise NotDefinedError(f"{s1} x {s2} points with {negatives} negatives are too many tuples to list")
    level = np.full((s1, 1), -np.inf)  # log of the sum over negatives, and their probability
    chance = np.ones(1)
    for _ in range(negatives):
        level = np.logaddexp(level[:, :, None], scores[:, None, :]).reshape(s1, -1)
        chance = np.outer(chance, truth.p2).ravel()
    each = np.logaddexp(0.0, level[:, None, :] - scores[:, :, None]) @ chance
    return float(np.sum(both * each))


@dataclass(frozen=True, repr=False)
class ProjectedScores(Exact):
    """Scores x1'M x2 never lose by projecting both views on Fisher's space: L(P1'M P2) <= L(M), for every M.

    P_v is the projector of `fisher_projector` given Y. Where what a view has outside, (I - P)x, has mean 0 given Px
    and the other view, Jensen's inequality in each view in turn gives it for every loss that is convex in the scores
    of one anchor: InfoNCE with any number of negatives, logistic, spectral, hinge. So some optimum over M, of any rank,
    lives in Fisher's space. The condition holds for states with one covariance and Gaussian noise, and for noise that
    is drawn apart from all else; pairs of wrong states, at any share below 1, change nothing. The spectral loss sees
    first and second moments only, and asks only that (I - P)x be uncorrelated with the other view. M is drawn with a
    seed of its own, so that scores are of the size 3; a cosine similarity is no such score.

    Parameters
    ----------
    loss : "spectral", "logistic", "infonce" or "hinge"
    negatives : int
        Number of negatives of "infonce".

    References
    ----------
    This project; that the optimum of InfoNCE on Gaussian mixtures is Fisher's subspace: Bansal, Kavis and Sanghavi,
    "Understanding contrastive learning via Gaussian mixture models", NeurIPS 2025.

    Examples
    --------
    >>> from testbed import check, theory
    >>> theory.ProjectedScores().sides(check.LAWS["finite"].population())
    <Sides: left 3.1581, right 3.7833, scale 3.7833, error 0>
    """

    loss: ContrastiveLoss = "spectral"
    negatives: Count = 2

    versions: ClassVar[Versions] = ({}, {"loss": "logistic"}, {"loss": "infonce"}, {"loss": "hinge"})
    kind: ClassVar[Kind] = "inequality"
    title: ClassVar[str] = "Projection on Fisher's space"
    source: ClassVar[str] = "this project (A8), after Bansal, Kavis and Sanghavi, NeurIPS 2025"
    claim: ClassVar[str] = "L(P1'M P2) <= L(M) for contrastive losses of scores x1'M x2"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """What a view has outside Fisher's space has mean 0 given the rest; the margin is minus its size, a share."""
        if self.loss == "spectral":
            rest, size = _outside(truth), _sizes(truth)
            first = np.linalg.norm(rest[0] @ truth.s12, axis=(-2, -1))
            second = np.linalg.norm(rest[1] @ transpose(truth.s12), axis=(-2, -1))
            seen = np.maximum(first, second) / (size[0] * size[1])
            name = "(I-P)x of each view uncorrelated with the other"
            return (Assumption(name, -seen, seen <= EDGE + truth.lost),)
        name = "E[(I-P)x | Px, other view] = 0 in each view"
        if not isinstance(truth, FinitePopulation):
            none = np.full(truth.second2.shape, -np.inf)
            return (finite_supports(truth), Assumption(name, none, np.isfinite(none)))
        rest, size = _outside(truth), _sizes(truth)
        seen = np.maximum(
            _mean_left(truth.points1, rest[0], truth.p12) / size[0],
            _mean_left(truth.points2, rest[1], truth.p12.T) / size[1],
        )
        return (finite_supports(truth), Assumption(name, -seen, seen <= EDGE + truth.lost))

    def subject(self, truth: Population) -> Assumption:
        """Something outside Fisher's space: the margin is its variance in both views, as a share of their squares."""
        rest, size = _outside(truth), _sizes(truth)
        squares = (truth.s11, truth.s22)
        told = sum(
            np.trace(r @ s @ transpose(r), axis1=-2, axis2=-1) / unit**2
            for r, s, unit in zip(rest, squares, size, strict=True)
        )
        seen = np.trace(truth.s11, axis1=-2, axis2=-1) + np.sum(truth.mean1**2, axis=-1)
        left = np.where((seen > 0.0) & (truth.second2 > 0.0), told, 0.0)  # all scores of a view that is 0 are 0
        return Assumption("the views vary outside Fisher's space", left, left > EDGE)

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        """The loss after projecting, and before; NaN without finite supports, but for the spectral loss."""
        one, two = (np.eye(r.shape[-1]) - r for r in _outside(truth))
        size = _sizes(truth)
        drawn = np.random.default_rng(0).standard_normal((one.shape[-1], two.shape[-1]))
        m = SIZE * drawn / (size[0] * size[1])[..., None, None]
        kept = transpose(one) @ m @ two
        if self.loss == "spectral":
            left, right = (_spectral(truth, scores) for scores in (kept, m))
        elif isinstance(truth, FinitePopulation):
            tables = (truth.points1 @ scores @ truth.points2.T for scores in (kept, m))
            left, right = (np.asarray(contrastive_risk(truth, s, self.loss, self.negatives)) for s in tables)
        else:
            return compared(truth, np.nan, np.nan, 1.0)
        return compared(truth, left, right, np.maximum(1.0, np.abs(right)))


def _sizes(truth: Population) -> tuple[Array, Array]:
    """Root mean squares of the views, 1 where a view is 0, (...)."""
    first = np.trace(truth.s11, axis1=-2, axis2=-1) + np.sum(truth.mean1**2, axis=-1)
    second = np.trace(truth.s22, axis1=-2, axis2=-1) + np.sum(truth.mean2**2, axis=-1)
    one, two = (np.sqrt(np.where(square > 0.0, square, 1.0)) for square in (first, second))
    return one, two


def _outside(truth: Population) -> tuple[Array, Array]:
    """I - P of both views."""
    cross2 = transpose(truth.A) @ truth.syy
    one = fisher_projector(truth.mean1, truth.s1y, truth.syy, truth.s11)
    two = fisher_projector(truth.mean2, cross2, truth.syy, truth.s22)
    return np.eye(one.shape[-1]) - one, np.eye(two.shape[-1]) - two


def _mean_left(points: Array, rest: Array, table: Array) -> Array:
    """Mean of |E[(I-P)x | Px, other view]|, for points (s, d) of a view and the table (s, others) of both."""
    outside = points @ rest.T
    inside = points - outside
    unit = np.abs(points).max(axis=0, initial=0.0)
    grid = np.round(inside / np.where(unit > 0.0, unit, 1.0) / SAME)
    place = np.unique(grid, axis=0, return_inverse=True)[1].ravel()
    group = np.eye(int(place.max()) + 1)[place]
    sums = np.einsum("sg,so,sd->god", group, table, outside)
    return np.asarray(np.sum(np.linalg.norm(sums, axis=-1)))


def _spectral(truth: Population, m: Array) -> Array:
    """-2 tr M'E x1 x2' + tr M'E[x1 x1']M E[x2 x2'], (...)."""
    means = (truth.mean1[..., :, None], truth.mean2[..., :, None])
    cross = truth.s12 + means[0] @ transpose(means[1])
    first, second = (s + v @ transpose(v) for s, v in zip((truth.s11, truth.s22), means, strict=True))
    square = np.trace(transpose(m) @ first @ m @ second, axis1=-2, axis2=-1)
    return np.asarray(-2.0 * np.sum(m * cross, axis=(-2, -1)) + square)
