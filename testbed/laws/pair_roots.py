"""Draws of the pairs (x1, x2) of a mixture in root form, in two stages: what least squares knows of them, and the rest.

In the white coordinates of `testbed.laws.roots` ::

    scatter of w            S = R R'      R = T (I + Q (K - I) Q'), where T^{-1} F' = Q C', Q'Q = I and K K' = I + C'C
    scatter of w with v     R M           M (d1, d2) standard normal but for what it knows of the states and of w

Least squares of v on w has the weight R^{-T} M. Its predictor is read by least squares again, so it matters only
through the column space of M, that is through the d1 - d2 directions N orthogonal to it: the columns of A = R N span
the weights that vanish on it, A' R^{-T} M = 0. A rotation of v leaves S - 1 columns of M that know of the states, and
given these N is uniformly distributed on what is orthogonal to them. The first stage draws these columns and N; the
second, from a stream of its own, what M has beyond them, and the scatter of v.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import ClassVar

import numpy as np

from testbed._linalg import Array, cholesky, solve_lower, transpose
from testbed.data import Moments
from testbed.laws.roots import PLAIN, Frame, Root, Steps, draw_rows, reflected
from testbed.laws.wishart import Numbers, rooted, triangle

__all__ = ["PairRoot", "draw_pairs"]


@dataclass(frozen=True, eq=False)
class PairRoot(Root):
    """A draw of (x1, x2), as far as least squares of x2 on x1 knows it.

    Attributes
    ----------
    own : (..., S - 1, r)
        Contrasts of the sums of the states' means of v; rotated, and only the r columns that are not 0, where r < d2.
    noise : (..., d1, r)
        Standard normals: what the columns of M that know of the states or of w have beside that.
    loose : (..., d1, d1 - d2), or None where d2 >= d1
        Standard normals, of which N is the part that is orthogonal to these columns.
    """

    own: Array
    noise: Array
    loose: Array | None

    tails: ClassVar = Root.tails | {"own": 2, "noise": 2, "loose": 2}

    @cached_property
    def _bases(self) -> tuple[Array, Array, Array]:
        """Q, C and K."""
        basis, upper_root = np.linalg.qr(solve_lower(self.lower, transpose(self.contrasts)))
        cast = transpose(upper_root)
        return basis, cast, cholesky(np.eye(cast.shape[-1]) + transpose(cast) @ cast)

    @cached_property
    def known(self) -> Array:
        """Columns of M that know of the states or of w, (..., d1, r), after a rotation of v where r < d2."""
        (basis, cast, stretch), slope = self._bases, self.frame.slope
        known = self.noise + basis @ solve_lower(stretch, transpose(cast) @ self.own)
        if np.any(slope):
            below = transpose(self.lower) @ transpose(slope)
            inner = transpose(basis) @ below
            known = known + below + basis @ (transpose(stretch) @ inner - inner)
        return np.asarray(known)

    @cached_property
    def free(self) -> Array | None:
        """N, not normalised, (..., d1, d1 - d2)."""
        if self.loose is None:
            return None
        axes: Array = np.linalg.qr(self.known)[0]
        return np.asarray(self.loose - axes @ (transpose(axes) @ self.loose))

    @cached_property
    def vanishing(self) -> Array | None:
        """A = R N: weights on w that vanish on the fitted representation; None where no direction is left to them."""
        return None if self.free is None else self._through(self.free)

    def _through(self, a: Array) -> Array:
        """R a."""
        basis, _, stretch = self._bases
        inner = transpose(basis) @ a
        return np.asarray(self.lower @ (a + basis @ (stretch @ inner - inner)))

    def completed(self, rng: Numbers, square: bool) -> Moments:
        """Moments of (x1, x2): the second stage is drawn from `rng`, the scatter of x2 with itself last."""
        frame, own = self.frame, _own(self)
        level = rng.standard_normal(own[..., 0, :].shape) - own[..., 0, :]
        level = level / np.sqrt(self.n)[..., None] + (self.level[..., None, :] @ transpose(frame.slope))[..., 0, :]
        whole = self._whole(rng, own)
        first = self.moments()
        across = rooted(frame.root2, transpose(rooted(frame.root1, self._through(whole))))
        mean = {"x1": first.mean["x1"], "x2": frame.mean2 + rooted(frame.root2, level[..., None])[..., 0]}
        scatter = {("x1", "x1"): first.scatter["x1", "x1"], ("x2", "x1"): across}
        if square:
            d1, d2 = whole.shape[-2:]
            cast = self._bases[1]
            outside = cholesky(np.eye(cast.shape[-1]) + cast @ transpose(cast))
            rows = solve_lower(outside, own[..., 1:, :])  # the S - 1 rows of v that w leaves free
            rows = rows + rng.standard_normal(rows.shape)
            last = triangle(self.n - self.counts.shape[-1] - d1, d2, rng)
            parts = rooted(frame.root2, np.concatenate([transpose(whole), transpose(rows), last], axis=-1))
            scatter["x2", "x2"] = parts @ transpose(parts)
        return Moments(self.n, mean, scatter)

    def _whole(self, rng: Numbers, own: Array) -> Array:
        """M: beside its known columns, those of which the first stage has drawn only the space that they span."""
        d1, d2, r = self.lower.shape[-1], self.frame.root2.shape[-1], self.known.shape[-1]
        if r == d2:
            return self.known
        batch = self.known.shape[:-2]
        if self.free is None:
            more = rng.standard_normal((*batch, d1, d2 - r))
        else:
            axes = np.linalg.qr(np.concatenate([self.known, self.free], axis=-1), mode="complete")[0]
            along = rng.standard_normal((*batch, r, d2 - r))
            turn = _haar(rng.standard_normal((*batch, d2 - r, d2 - r)))
            size = transpose(triangle(np.full(batch, float(d1 - r)), d2 - r, rng))
            more = axes[..., :r] @ along + axes[..., d1 - d2 + r :] @ (turn @ size)
        turned = np.linalg.qr(transpose(own[..., 1:, :]), mode="complete")[0]
        return np.asarray(np.concatenate([self.known, more], axis=-1) @ transpose(turned))


def draw_pairs(frame: Frame, n: int, rng: Numbers, shape: tuple[int, ...], steps: Steps = PLAIN) -> PairRoot:
    """Draw the first stage of n >= S + d1 pairs."""
    d2, d1 = frame.slope.shape[-2:]
    if n < frame.fewest:
        raise ValueError(f"n = {n}: at least {frame.fewest} pairs, one a state and a coordinate of x1, are needed")
    root = draw_rows(frame, n, rng, shape, steps)
    if not np.any(frame.slope) and len(frame.probability) <= d2:
        own = steps.turned(root.direction, np.sqrt(root.counts), frame.states2)
    else:
        own = _own(root)[..., 1:, :]
    noise = rng.standard_normal((*shape, d1, d2 if np.any(frame.slope) else min(d2, own.shape[-2])))
    loose = rng.standard_normal((*shape, d1, d1 - d2)) if d2 < d1 else None
    parts = {field.name: getattr(root, field.name) for field in fields(root)}
    return PairRoot(**parts, own=own, noise=noise, loose=loose)


def _own(root: Root) -> Array:
    """Sums of the states' means of v less what the slope on w explains, (..., S, d2): minus the mean, contrasts."""
    frame, size = root.frame, np.sqrt(root.counts)
    states = frame.states2 - frame.states1 @ transpose(frame.slope) if np.any(frame.slope) else frame.states2
    return reflected(root.direction, size[..., None] * states)


def _haar(normals: Array) -> Array:
    """Orthogonal matrix, uniformly distributed."""
    q, r = np.linalg.qr(normals)
    return np.asarray(q * np.sign(np.diagonal(r, axis1=-2, axis2=-1))[..., None, :])
