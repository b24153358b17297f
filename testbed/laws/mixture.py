"""Mixtures of Gaussian states: the law behind the paper's simulation."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any, Self

import numpy as np

from testbed._linalg import Array, transpose
from testbed.allowed import Whole
from testbed.arguments import Seed, generator_of
from testbed.data import Moments, Sample
from testbed.laws.base import Law, check_n
from testbed.laws.checks import correlation, frozen_array, least_eigenvalue, positive_semidefinite, probabilities
from testbed.laws.mixture_population import MixturePopulation
from testbed.laws.roots import Frame
from testbed.laws.states import MixtureStates, bare
from testbed.laws.wishart import BlockRoot, leading, remainder, rooted

__all__ = ["GaussianMixture"]

SINGULAR = 1e-12  # eigenvalue of a correlation matrix of x1 up to which it counts as singular


@dataclass(frozen=True, eq=False, repr=False)
class GaussianMixture(MixtureStates, Law):
    """Mixture of S Gaussian states over (x1, x2); the state decides the label.

    Given state s, (X1, X2) ~ N(mean_s, covariance_s); Y is the one-hot code of label_s, and Z the place of s among
    the states of its class, or latent_s: states of one class that share it are not told apart by (Y, Z).

    Parameters
    ----------
    probability : (S,)
        Probabilities of the states; states of mass zero are dropped.
    mean : (..., S, d1 + d2)
        Means; leading axes are repetitions.
    covariance : (d1 + d2, d1 + d2), or (..., d1 + d2, d1 + d2), or (..., S, d1 + d2, d1 + d2)
        Shared by all states (without or with the leading axes of `mean`), or one for each state.
    d1 : int
        Dimension of x1.
    label : (S,), optional
        Class 0..k-1 of each state; by default every state is a class.
    latent : (S,), optional
        Value 0, 1, ... of Z in each state; by default the states of a class are numbered, so that Z tells all of them
        apart.

    Raises
    ------
    ValueError
        Wrong shapes, NaN, negative probabilities or a sum other than 1, a covariance that is not symmetric, not
        positive semidefinite, or singular in its x1 block, a class without mass.

    Examples
    --------
    >>> import numpy as np
    >>> from testbed.laws import GaussianMixture
    >>> mean = [[1.0, 0.0, 2.0], [-1.0, 0.0, -2.0]]
    >>> law = GaussianMixture(probability=[0.5, 0.5], mean=mean, covariance=np.eye(3), d1=2)
    >>> law.population().A    # E[X2 | Y]: one row a class
    array([[ 2.],
           [-2.]])
    >>> law.sample(100, np.random.default_rng(0)).x1.shape
    (100, 2)
    """

    def __post_init__(self) -> None:
        """Check, copy and freeze the arrays."""
        p = probabilities("probability", self.probability)
        mean = frozen_array("mean", self.mean)
        states = len(p)
        if mean.ndim < 2 or mean.shape[-2] != states:
            raise ValueError(f"mean has shape {mean.shape}; with {states} states it must be (..., {states}, d1 + d2)")
        width = mean.shape[-1]
        if width < 2:
            raise ValueError(f"mean has shape {mean.shape}; it must have a column for x1 and one for x2 at least")
        d1 = Whole(1, width - 1, f"mean has {width} columns").check("d1", self.d1)
        covariance = positive_semidefinite("covariance", self.covariance)
        shared, each = mean.shape[:-2], mean.shape[:-1]
        leading = covariance.shape[:-2]
        if covariance.shape[-1] != width or (leading not in {(), shared, each} and leading != (1,) * len(shared)):
            raise ValueError(
                f"covariance has shape {covariance.shape}; allowed: ({width}, {width}) or {shared} + that, shared by "
                f"all states, or {each} + that, one for each state"
            )
        lowest = least_eigenvalue(correlation(covariance[..., :d1, :d1]))
        if lowest <= SINGULAR:
            raise ValueError(
                f"covariance: its x1 block must be positive definite; scaled to variances of 1, its smallest "
                f"eigenvalue is {lowest:.3g}, which is rounding"
            )
        if leading and leading not in {shared, each}:
            covariance = frozen_array("covariance", covariance.reshape(width, width))
        label = np.arange(states) if self.label is None else np.asarray(self.label)
        if label.shape != (states,) or not np.issubdtype(label.dtype, np.integer) or label.min() < 0:
            raise ValueError(f"label must hold one class number (0, 1, ...) for each of the {states} states")
        massive = p > 0.0
        missing = set(range(int(label.max()) + 1)) - set(label[massive].tolist())
        if missing:
            raise ValueError(f"label: classes {sorted(missing)} have no state of positive probability")
        if not np.all(massive):
            mean = frozen_array("mean", mean[..., massive, :])
            if covariance.ndim == mean.ndim + 1:
                covariance = frozen_array("covariance", covariance[..., massive, :, :])
        for name, value in (
            ("probability", frozen_array("probability", p[massive])),
            ("mean", mean),
            ("covariance", covariance),
            ("d1", d1),
            ("label", frozen_array("label", label[massive], dtype=np.int64)),
            ("latent", None if self.latent is None else self._checked_latent(states)[massive]),
        ):
            object.__setattr__(self, name, value)

    def _checked_latent(self, states: int) -> Any:
        latent = np.asarray(self.latent)
        if latent.shape != (states,) or not np.issubdtype(latent.dtype, np.integer) or latent.min() < 0:
            raise ValueError(f"latent must hold one whole number (0, 1, ...) for each of the {states} states")
        return frozen_array("latent", latent, dtype=np.int64)

    @cached_property
    def _root(self) -> BlockRoot:
        return BlockRoot.of(self.covariance, self.d1)

    @cached_property
    def frame(self) -> Frame | None:
        """White coordinates in which draws have the form of roots; None where they have none.

        A subclass that draws its Moments in another way has none either.
        """
        return Frame.of(self, self._root) if type(self).moments is GaussianMixture.moments else None

    @cached_property
    def place(self) -> Any:
        """Value of the latent z in each state, (S,): by default its place among the states of its class."""
        if self.latent is not None:
            return self.latent
        return np.array([np.sum(self.label[:s] == c) for s, c in enumerate(self.label)])

    def __getitem__(self, index: Any) -> Self:
        """Cut the leading axis."""
        if not self.batch:
            raise IndexError("this law has no leading axis to cut")
        cut = object.__new__(type(self))  # nothing to check again
        kept = {"covariance", "mean"} if self.covariance.ndim > 2 else {"mean"}
        for field in fields(self):
            value = getattr(self, field.name)
            object.__setattr__(cut, field.name, value[index] if field.name in kept else value)
        return cut._mark_cut()

    def sample(self, n: int, rng: Seed) -> Sample:
        """Draw `n` rows: states, then Gaussian noise around their means."""
        rng = generator_of(rng)
        if self.batch:
            raise ValueError(
                f"this law has leading axes {self.batch}; draw rows from one of them, law[r].sample(n, rng)"
            )
        n = check_n(n)
        states = rng.choice(len(self.probability), size=n, p=self.probability)
        noise = rng.standard_normal((n, self.mean.shape[-1]))
        x = self.mean[states]
        l11, l21, l22 = (root[states] if root.ndim == 3 else root for root in self._root)
        d1 = self.d1
        x[:, :d1] += _rows(noise[:, :d1], l11)
        x[:, d1:] += _rows(noise[:, :d1], l21) + _rows(noise[:, d1:], l22)
        z = self.place[states] if self.shape[3] > 1 else None
        return Sample(x[:, :d1].copy(), x[:, d1:].copy(), self.one_hot[states], z)

    def moments(
        self,
        n: int,
        rng: Seed,
        repeats: int | None = None,
        blocks: tuple[str, ...] = ("x1", "x2", "y"),
        x2_square: bool = True,
    ) -> Moments:
        """Draw Moments: multinomial counts, Gaussian state means, Wishart scatter within states, then pool.

        With one covariance the scatter within is Wishart(n - S', C), S' the number of states that were drawn;
        otherwise one Wishart(N_s - 1, C_s) for each state. Exact for every n, empty states included.
        """
        rng = generator_of(rng)
        if repeats is not None and self.batch:
            raise ValueError("repeats is for laws without leading axes; this one has its own")
        shape = self.batch if repeats is None else (repeats,)
        n = check_n(n)
        counts = rng.multinomial(n, self.probability, size=shape).astype(float)
        x2, y, d1 = "x2" in blocks, "y" in blocks, self.d1
        means = self._state_means(counts, rng, x2)
        parts, dofs = self._parts(counts)
        width, states = means.shape[-1], counts.shape[-1]
        root = np.empty((*shape, width, len(parts) * d1 + states))  # R R' is the scatter of (x1, x2)
        for i, (part, dof) in enumerate(zip(parts, dofs, strict=True)):
            columns = root[..., i * d1 : (i + 1) * d1]
            columns[..., :d1, :], columns[..., d1:, :] = leading(dof, part, rng, x2)
        lasts = [remainder(dof, part, rng) for part, dof in zip(parts, dofs, strict=True)] if x2 and x2_square else []
        mean = (counts[..., None, :] @ means) / n
        scale = np.sqrt(counts)[..., None]
        between = root[..., -states:]
        between[...] = transpose(scale * (means - mean))
        scatter = root @ transpose(root if lasts else root[..., :d1, :])
        values = {"x1": mean[..., 0, :d1]}
        pairs = {("x1", "x1"): scatter[..., :d1, :d1]}
        if x2:
            values["x2"], pairs["x2", "x1"] = mean[..., 0, d1:], scatter[..., d1:, :d1]
        if lasts:
            pairs["x2", "x2"] = sum((a @ transpose(a) for a in lasts), scatter[..., d1:, d1:])
        if y:
            values["y"] = (counts[..., None, :] @ self.one_hot)[..., 0, :] / n
            label = scale * (self.one_hot - values["y"][..., None, :])
            pairs |= {("x1", "y"): between[..., :d1, :] @ label, ("y", "y"): transpose(label) @ label}
            if x2:
                pairs["x2", "y"] = between[..., d1:, :] @ label
        return Moments(np.full(shape, float(n)), values, pairs)

    def _state_means(self, counts: Array, rng: np.random.Generator, x2: bool) -> Array:
        """Means of the rows of each state; the law's own mean where a state is empty (it then has no weight)."""
        scale = np.where(counts > 0.0, 1.0 / np.sqrt(np.maximum(counts, 1.0)), 0.0)[..., None]
        l11, l21, l22 = self._root
        e1 = rng.standard_normal((*counts.shape, self.d1))
        e1 *= scale
        means = np.empty((*counts.shape, self.d1 + (l22.shape[-1] if x2 else 0)))
        means[..., : self.d1] = _state_rows(e1, l11, self.shared)
        if x2:
            e2 = rng.standard_normal((*counts.shape, l22.shape[-1]))
            e2 *= scale
            means[..., self.d1 :] = _state_rows(e2, l22, self.shared)
            if np.any(l21):
                means[..., self.d1 :] += _state_rows(e1, l21, self.shared)
        means += self.mean[..., : means.shape[-1]]
        return means

    def _parts(self, counts: Array) -> tuple[list[BlockRoot], list[Array]]:
        """Roots and degrees of freedom of the scatter within states: one Wishart where they share a covariance."""
        if self.shared:
            return [self._root], [counts.sum(axis=-1) - np.sum(counts > 0.0, axis=-1)]
        states = range(counts.shape[-1])
        roots = [BlockRoot(*(r[..., s, :, :] for r in self._root)) for s in states]
        return roots, [np.maximum(counts[..., s] - 1.0, 0.0) for s in states]

    def population(self) -> MixturePopulation:
        """Return the exact population of the law."""
        return MixturePopulation(bare(MixtureStates, self), self.redrawn)


def _rows(noise: Array, root: Array) -> Array:
    """Apply one root to all rows, or to each row its own."""
    return transpose(rooted(root, transpose(noise))) if root.ndim == 2 else np.einsum("ni,nji->nj", noise, root)


def _state_rows(noise: Array, root: Array, shared: bool) -> Array:
    """Apply a root to the row of each state: noise (..., S, d)."""
    if shared:
        return transpose(rooted(root, transpose(noise)))
    return (root @ noise[..., None])[..., 0]
