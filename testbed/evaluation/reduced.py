"""Least squares of the linear class on draws in root form: no scatter, and no representation, is formed.

With w the white x1, S = T T' + F'F its scatter and F'B that with y (see `testbed.laws.roots`), let X = T^{-1} F' and ::

    [X; I] = [Q1; Q2] R     orthonormal columns over a triangle, so that (T T')^{-1} S = I + X X' is never formed

The weights of y on w are ::

    Raw                   V = T^{-T} Q1 R^{-T} B
    Predict(OLS())        V - S^{-1} A (A'S^{-1} A)^{-1} A'V     the same fit under A'V = 0: the weights that vanish on
                                                                psi~ span A
    Oracle("linear")      J c, with c least squares of y on J'w  J spans the weights of psi*

where A'S^{-1} A = E'E for the residuals E of [T^{-1} A; 0] on [Q1; Q2]. The best read-out of psi~ loses
e_apx(psi~) = class floor + tr (A'V*)' (A' Cov(w)^{-1} A)^{-1} A'V*, with V* the weights of the best affine predictor of
y, and Cov(w)^{-1} in the same way.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from testbed._linalg import Array, inner, is_identity, solve, solve_lower, solve_upper, transpose
from testbed.data import LinearMap
from testbed.engine import NUMPY
from testbed.evaluation.draws import MomentsDraws
from testbed.laws import Population
from testbed.laws.pair_roots import PairRoot
from testbed.laws.roots import Frame, Root
from testbed.pretexts import Oracle, Predict, Pretext, Raw
from testbed.regressors import OLS, Regressor

__all__ = ["Labeled", "lost_beyond", "reduced"]


def reduced(
    draws: MomentsDraws, truth: Population, pretext: Pretext, probe: Regressor, n1: int, n2: int
) -> tuple[LinearMap, Array] | None:
    """Predictor of y from x1, and e_apx of the representation that it reads, for each repetition.

    None where the general learners are needed: for other pretexts and probes than `Raw`, ``Oracle("linear")``,
    ``Predict(OLS())`` and `OLS`, laws and sizes whose draws are not in root form, and pairs of another law. The engine
    "fast" has its own code for what vanishes on psi~, for least squares and for e_apx (`testbed.evaluation.compiled`).
    """
    if not (type(probe) is OLS and probe.intercept and type(pretext) in {Raw, Oracle, Predict}):
        return None
    if isinstance(pretext, Predict) and not (type(pretext.regressor) is OLS and pretext.regressor.intercept):
        return None
    law = draws.source.block(draws.block)
    if law.pretext_law is not law or law.frame is None:
        return None
    span = truth.optimal_span if isinstance(pretext, Oracle) and pretext.linear and law.frame.told_apart else None
    if isinstance(pretext, Oracle) and span is None:
        return None
    pairs = draws.pairs(n1) if isinstance(pretext, Predict) else None
    root = draws.labels(n2)
    if root is None or (isinstance(pretext, Predict) and pairs is None):
        return None
    kind = Labeled if draws.source.engine == NUMPY else Fast
    labeled: Labeled = draws.once(("reduced", draws.reps, n2), lambda: kind(root))
    if span is not None:
        return labeled.along(_on_white(root.frame, span)), truth.class_floor
    if pairs is None:
        return labeled.raw, truth.class_floor
    best = _on_white(root.frame, truth.linear_f_star.weight)
    across, lost = draws.once(("lost", draws.reps, n1), lambda: type(labeled).beyond(pairs, best))
    return labeled.within(across), truth.class_floor + lost


class Labeled:
    """Labelled data in root form, and the least squares that methods share."""

    def __init__(self, root: Root) -> None:
        self.root, self.frame = root, root.frame

    @cached_property
    def _seen(self) -> Array:
        """X."""
        return solve_lower(self.root.lower, transpose(self.root.contrasts))

    @cached_property
    def _factors(self) -> tuple[Array, Array]:
        """[Q1; Q2] and R."""
        return _augmented(self._seen)

    @cached_property
    def _fit(self) -> Array:
        """R^{-T} B."""
        return solve(transpose(self._factors[1]), self.root.labels)

    def _predictor(self, weight: Array) -> LinearMap:
        """Affine map of x1 that has these weights on w."""
        frame, root = self.frame, self.root
        on_x = weight if is_identity(frame.root1) else solve(transpose(frame.root1), weight)
        at_mean = root.share - (root.level[..., None, :] @ weight)[..., 0, :]
        return LinearMap(on_x, at_mean - (frame.mean1[..., None, :] @ on_x)[..., 0, :])

    @cached_property
    def raw(self) -> LinearMap:
        """Least squares on x1."""
        return self._predictor(self._weight(None))

    def within(self, vanishing: Array | None) -> LinearMap:
        """Least squares on a representation, from the weights on w that vanish on it."""
        return self.raw if vanishing is None else self._predictor(self._weight(vanishing))

    @staticmethod
    def beyond(pairs: PairRoot, best: Array) -> tuple[Array | None, Array]:
        """What vanishes on psi~, and e_apx(psi~) less the class floor."""
        return pairs.vanishing, lost_beyond(pairs, best)

    def _weight(self, vanishing: Array | None) -> Array:
        """Weights on w of least squares where those that vanish have no part."""
        if vanishing is None:
            white = self._factors[0][..., : self._seen.shape[-2], :] @ self._fit
            return solve_upper(self.root.lower, white)
        shared, rest = _beside(self._factors[0], solve_lower(self.root.lower, vanishing))
        share = solve(transpose(rest) @ rest, transpose(shared) @ self._fit)
        d1 = vanishing.shape[-2]
        white = self._factors[0][..., :d1, :] @ self._fit - rest[..., :d1, :] @ share
        return solve_upper(self.root.lower, white)

    def along(self, span: Array) -> LinearMap:
        """Least squares on the coordinates span'w, (..., d1, r) of full rank."""
        rows = np.concatenate([transpose(self.root.lower) @ span, self.root.contrasts @ span], axis=-2)
        axes, triangle = np.linalg.qr(rows)
        states = axes[..., span.shape[-2] :, :]
        return self._predictor(span @ solve(triangle, transpose(states) @ self.root.labels))


class Fast(Labeled):
    """The same, compiled: the numbers agree to rounding."""

    def _weight(self, vanishing: Array | None) -> Array:
        from testbed.evaluation.compiled import fitted
        from testbed.evaluation.lane_layout import given

        lower = given(self.root.lower)
        across = given(np.empty((*lower.shape[:2], 0)) if vanishing is None else vanishing)
        return fitted(lower, given(self.root.contrasts), given(self.root.labels), across)

    @staticmethod
    def beyond(pairs: PairRoot, best: Array) -> tuple[Array | None, Array]:
        """What vanishes on psi~, and e_apx(psi~) less the class floor."""
        if pairs.loose is None:
            return Labeled.beyond(pairs, best)
        from testbed.evaluation.compiled import lost, vanishing
        from testbed.evaluation.lane_layout import given

        across = pairs.vanishing if np.any(pairs.frame.slope) else None  # an edge: x2 knows of w too
        if across is None:
            parts = (pairs.lower, pairs.contrasts, pairs.own, pairs.noise, pairs.loose)
            across = vanishing(*map(given, parts))
        means = np.sqrt(pairs.frame.probability)[:, None] * pairs.frame.states1
        return across, lost(given(across), given(means), given(best))


def lost_beyond(pairs: PairRoot, best: Array) -> Array:
    """e_apx(psi~) less the class floor, from the weights (..., d1, k) on w of the best affine predictor of y."""
    across = pairs.vanishing
    if across is None:
        return np.zeros(best.shape[:-2])
    frame = pairs.frame
    axes, _ = _augmented(transpose(np.sqrt(frame.probability)[:, None] * frame.states1))
    _, rest = _beside(axes, across)
    target = transpose(across) @ best
    found: Any = inner(target, solve(transpose(rest) @ rest, target))
    return np.asarray(found)


def _on_white(frame: Frame, weight: Array) -> Array:
    """Weights on w, from those on x1."""
    return weight if is_identity(frame.root1) else transpose(frame.root1) @ weight


def _augmented(columns: Array) -> tuple[Array, Array]:
    """Orthonormal columns and the triangle of a matrix (..., d, q) over the identity."""
    eye = np.broadcast_to(np.eye(columns.shape[-1]), (*columns.shape[:-2], columns.shape[-1], columns.shape[-1]))
    found = np.linalg.qr(np.concatenate([columns, eye], axis=-2))
    return found[0], found[1]


def _beside(axes: Array, columns: Array) -> tuple[Array, Array]:
    """Products of orthonormal axes (..., d + q, q) with columns (..., d, m) over zeros, and the residuals of these."""
    d = columns.shape[-2]
    shared = transpose(axes[..., :d, :]) @ columns
    rest = -axes @ shared
    rest[..., :d, :] += columns
    return shared, rest
