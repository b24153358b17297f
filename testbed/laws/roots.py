"""Draws of (x1, y) from a mixture with one covariance, as roots: no scatter is formed before it is asked for.

White coordinates w = L1^{-1} (x1 - E X1), with L1 L1' the covariance of x1 within states, and v = L2^{-1} (x2 - E X2),
with L2 L2' that of x2 given x1 and the state, make the laws of this kind alike. A draw of n rows is then ::

    scatter of w            T T' + F'F    T (d1, d1) Bartlett's factor of the rows within states
    scatter of w with y     F'B           F (S - 1, d1) and B (S - 1, k): contrasts of the states' sums of w and of y

Row s of the sums, the sum of the rows of state s over sqrt(N_s), is sqrt(N_s) E[w | s] plus standard normals, for
N_s = 0 too: such a row is one more within states. The reflection that takes (sqrt(N_s / n))_s to minus the first axis
splits the sums into the mean of all rows and S - 1 contrasts, which are the scatter between states.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np

from testbed._linalg import Array, cholesky, is_diagonal, is_identity, transpose, upper
from testbed.data import Moments
from testbed.laws.states import MixtureStates
from testbed.laws.wishart import BlockRoot, Numbers, rooted, triangle
from testbed.screens import Short

__all__ = ["PLAIN", "Frame", "Root", "Stacked", "Steps", "draw_rows", "reflected"]

CLEAR = 1e-4  # a triangular factor whose diagonal stays above this share of its largest is of full rank
REGULAR = 1e-8  # smallest singular value of L2 over its largest, from which v is well defined


class Stacked(Short):
    """Base of dataclasses whose arrays share leading axes: `tails` says how many axes follow these in each field."""

    tails: ClassVar[dict[str, int]]

    def __getitem__(self, index: Any) -> Self:
        """Cut the leading axis of what has one."""
        found: dict[str, Any] = {}
        for field in fields(self):  # type: ignore[arg-type]
            value, tail = getattr(self, field.name), self.tails.get(field.name)
            if isinstance(value, Stacked) or (tail is not None and value is not None and value.ndim > tail):
                found[field.name] = value[index]
        return replace(self, **found)  # type: ignore[type-var]


@dataclass(frozen=True, eq=False, repr=False)
class Frame(Stacked):
    """White coordinates of a mixture.

    Attributes
    ----------
    probability, one_hot : (S,), (S, k)
    root1, root2 : (..., d1, d1), (..., d2, d2)
        L1 and L2.
    mean1, mean2 : (..., d1), (..., d2)
        Of x1 and x2.
    states1, states2 : (..., S, d1), (..., S, d2)
        Means of w and of v in each state.
    slope : (..., d2, d1)
        Of v on w within a state.
    """

    probability: Array
    one_hot: Array
    root1: Array
    root2: Array
    mean1: Array
    mean2: Array
    states1: Array
    states2: Array
    slope: Array

    tails: ClassVar = {"root1": 2, "root2": 2, "mean1": 1, "mean2": 1, "states1": 2, "states2": 2, "slope": 2}

    @staticmethod
    def of(states: MixtureStates, root: BlockRoot) -> Frame | None:
        """White coordinates, from the root of the covariance.

        None where draws have no such form: states with covariances of their own, one state, more than d1 + 1 of
        them, or an x2 of which a direction has no variance given x1 and the state.
        """
        if not states.shared or not 2 <= len(states.probability) <= states.d1 + 1 or not _regular(root.l22):
            return None
        white1, white2 = (
            transpose(_white(r, transpose(mean)))
            for r, mean in ((root.l11, states.centred1), (root.l22, states.centred2))
        )
        slope = _white(root.l22, root.l21) if np.any(root.l21) else root.l21
        return Frame(
            states.probability, states.one_hot, root.l11, root.l22, states.mean1, states.mean2, white1, white2, slope
        )  # fmt: skip

    @cached_property
    def told_apart(self) -> bool:
        """Whether the means of x1 in the states are S points in general position, by a wide margin."""
        size = np.sqrt(self.probability)
        rows = reflected(size, size[:, None] * self.states1)[..., 1:, :]
        diagonal = np.abs(np.diagonal(upper(transpose(rows)), axis1=-2, axis2=-1))
        return bool(np.all(diagonal.min(axis=-1) > CLEAR * diagonal.max(axis=-1)))

    @property
    def fewest(self) -> int:
        """Rows from which the scatter within states has full rank whatever the counts: S + d1."""
        return len(self.probability) + int(self.root1.shape[-1])


def _white(root: Array, a: Array) -> Array:
    return a if is_identity(root) else np.asarray(np.linalg.solve(root, a))


def _regular(root: Array) -> bool:
    """Whether all matrices of a stack are invertible by a wide margin, in the units of their rows."""
    rows = np.linalg.norm(root, axis=-1, keepdims=True)
    if np.any(rows == 0.0):
        return False
    return is_diagonal(root) or bool(np.linalg.svd(root / rows, compute_uv=False)[..., -1].min() > REGULAR)


@dataclass(frozen=True, eq=False, repr=False)
class Root(Stacked):
    """A draw of (x1, y).

    Attributes
    ----------
    n : (...)
        Rows.
    counts : (..., S)
        Rows of each state.
    lower : (..., d1, d1)
        T.
    contrasts : (..., S - 1, d1)
        F.
    level : (..., d1)
        Mean of w over the rows.
    """

    frame: Frame
    n: Array
    counts: Array
    lower: Array
    contrasts: Array
    level: Array

    tails: ClassVar = {"n": 0, "counts": 1, "lower": 2, "contrasts": 2, "level": 1}

    @property
    def direction(self) -> Array:
        """Roots of the shares of the states, (..., S)."""
        return np.sqrt(self.counts) / np.sqrt(self.n)[..., None]

    @property
    def labels(self) -> Array:
        """Contrasts B of the labels, (..., S - 1, k)."""
        return reflected(self.direction, np.sqrt(self.counts)[..., None] * self.frame.one_hot)[..., 1:, :]

    @property
    def share(self) -> Array:
        """Mean of y over the rows, (..., k)."""
        return np.asarray((self.counts[..., None, :] @ self.frame.one_hot)[..., 0, :] / self.n[..., None])

    def moments(self) -> Moments:
        """Moments of (x1, y)."""
        l1, b = self.frame.root1, self.labels
        root = rooted(l1, np.concatenate([self.lower, transpose(self.contrasts)], axis=-1))
        mean = {"x1": self.frame.mean1 + rooted(l1, self.level[..., None])[..., 0], "y": self.share}
        scatter = {
            ("x1", "x1"): root @ transpose(root),
            ("x1", "y"): root[..., self.lower.shape[-1] :] @ b,
            ("y", "y"): transpose(b) @ b,
        }
        return Moments(self.n, mean, scatter)

    def __add__(self, other: Root) -> Root:
        """Pool two draws of one law; T of both together is the Cholesky factor of what they have within states."""
        counts, n = self.counts + other.counts, self.n + other.n
        (one, apart1), (two, apart2) = self._state_means, other._state_means
        share = other.counts / np.maximum(counts, 1.0)
        between = np.sqrt(self.counts * share)[..., None] * (two - one)
        within, lower = _together(self._within, other.lower, np.concatenate([apart1, apart2, between], axis=-2))
        means = one + share[..., None] * (two - one)
        size = np.sqrt(counts)
        rows = reflected(size / np.sqrt(n)[..., None], size[..., None] * means)
        level = -rows[..., 0, :] / np.sqrt(n)[..., None]
        total = Root(self.frame, n, counts, lower, rows[..., 1:, :], level)
        total.__dict__["_within"] = within  # the next step of a nested curve starts from it
        return total

    @cached_property
    def _within(self) -> Array:
        """Scatter of w within states, (..., d1, d1)."""
        return np.asarray(self.lower @ transpose(self.lower))

    @property
    def _state_means(self) -> tuple[Array, Array]:
        """Means of w in each state, 0 where it has no rows; and the rows that empty states add within."""
        first = -self.level * np.sqrt(self.n)[..., None]
        sums = reflected(self.direction, np.concatenate([first[..., None, :], self.contrasts], axis=-2))
        there = (self.counts > 0.0)[..., None]
        return np.where(there, sums / np.sqrt(np.maximum(self.counts, 1.0))[..., None], 0.0), np.where(there, 0.0, sums)


class Steps(NamedTuple):
    """What is done with the numbers of a draw; an engine may have its own code for it."""

    contrasted: Callable[[Array, Array, Array, Array], tuple[Array, Array]]
    turned: Callable[[Array, Array, Array], Array]


def _contrasted(direction: Array, size: Array, means: Array, normals: Array) -> tuple[Array, Array]:
    """Minus the mean over the rows (..., d), times sqrt(n), and the contrasts (..., S - 1, d) of the states' sums."""
    rows = reflected(direction, size[..., None] * means + normals)
    return rows[..., 0, :], rows[..., 1:, :]


def _turned(direction: Array, size: Array, means: Array) -> Array:
    """Contrasts (..., S - 1, S - 1) of sums of the states' means (..., S, d), d >= S, after a rotation of these."""
    return transpose(upper(transpose(reflected(direction, size[..., None] * means)[..., 1:, :])))


PLAIN = Steps(_contrasted, _turned)


def draw_rows(frame: Frame, n: int, rng: Numbers, shape: tuple[int, ...], steps: Steps = PLAIN) -> Root:
    """Draw n >= S rows of (x1, y)."""
    counts = rng.multinomial(n, frame.probability, size=shape).astype(float)
    states, d1 = counts.shape[-1], frame.root1.shape[-1]
    if n < states:
        raise ValueError(f"n = {n}: at least as many rows as states, {states}, are needed")
    lower = triangle(np.full(shape, float(n - states)), d1, rng)
    size = np.sqrt(counts)
    normals = rng.standard_normal((*shape, states, d1))
    first, contrasts = steps.contrasted(size / np.sqrt(n), size, frame.states1, normals)
    return Root(frame, np.full(shape, float(n)), counts, lower, contrasts, -first / np.sqrt(n))


def _together(within: Array, lower: Array, rows: Array) -> tuple[Array, Array]:
    """Scatter within states (..., d1, d1) plus T T' of `lower` plus the squares of rows (..., q, d1); its factor."""
    more = np.concatenate([transpose(lower), rows], axis=-2)
    total = within + transpose(more) @ more
    return total, cholesky(total)


def reflected(direction: Array, rows: Array) -> Array:
    """Rows (..., S, d) under the reflection that takes a unit vector (..., S), first entry >= 0, to -(1, 0, ..., 0)."""
    axis = direction.copy()
    axis[..., 0] += 1.0
    along = (axis[..., None, :] @ rows) / (1.0 + direction[..., :1, None])
    return np.asarray(rows - axis[..., :, None] * along)
