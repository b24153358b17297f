"""Laws on finite supports: one table, and everything is a sum over it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from testbed._linalg import Array, transpose
from testbed.arguments import Seed, generator_of
from testbed.data import Moments, Sample
from testbed.laws.base import Law, check_n
from testbed.laws.checks import frozen_array
from testbed.laws.finite_population import FinitePopulation
from testbed.laws.tallies import Tallies

__all__ = ["Finite"]

TOLERANCE = 1e-9  # of the sum of the table


@dataclass(frozen=True, eq=False, repr=False)
class Finite(Law):
    """A law on finite supports of the views.

    P(Y = y, Z = z, X1 = v1_a, X2 = v2_b) = joint[y, z, a, b]; Y is the one-hot code of the class, and Z, shown where
    m > 1, the place of the state among the m of its class. States and support points of mass zero are dropped; points
    of one view with the same embedding are one value of it.

    Parameters
    ----------
    joint : (k, m, s1, s2)
        Probabilities.
    v1 : (s1, d1)
        Embedding of each support point of x1.
    v2 : (s2, d2)
        Embedding of each support point of x2.

    Raises
    ------
    ValueError
        A table that is negative or does not sum to 1, embeddings of the wrong length, NaN, a class without mass.

    Examples
    --------
    >>> from testbed.laws import Finite
    >>> joint = [[[[0.3, 0.1], [0.1, 0.0]]], [[[0.0, 0.1], [0.1, 0.3]]]]    # P(y, z, x1, x2)
    >>> truth = Finite(joint, v1=[[0.0], [1.0]], v2=[[0.0], [1.0]]).population()
    >>> truth.A.round(3)
    array([[0.2],
           [0.8]])
    >>> float(truth.epsilon_ci("universal").round(4))
    0.08
    """

    joint: Array
    v1: Array
    v2: Array

    def __post_init__(self) -> None:
        """Check, copy and freeze the arrays."""
        joint = frozen_array("joint", self.joint)
        if joint.ndim != 4 or joint.size == 0:
            raise ValueError(f"joint has shape {joint.shape}; it must be (k, m, s1, s2), classes and states first")
        if joint.min() < 0.0:
            raise ValueError(f"joint holds the negative value {joint.min():.6g}")
        if abs(joint.sum() - 1.0) > TOLERANCE:
            raise ValueError(f"joint sums to {joint.sum():.12g}; it must sum to 1")
        absent = np.flatnonzero(joint.sum(axis=(1, 2, 3)) == 0.0)
        if absent.size:
            raise ValueError(f"joint: classes {absent.tolist()} have no mass; leave them out")
        for name, axis in (("v1", 2), ("v2", 3)):
            value = np.asarray(getattr(self, name))
            if value.ndim != 2 or len(value) != joint.shape[axis] or value.shape[1] == 0:
                raise ValueError(
                    f"{name} has shape {value.shape}; with {joint.shape[axis]} support points in joint it must be "
                    f"({joint.shape[axis]}, d)"
                )
            object.__setattr__(self, name, frozen_array(name, value))
        object.__setattr__(self, "joint", joint)

    @classmethod
    def from_graph(cls, weight: object, label: object, embedding: object = None) -> Self:
        """Law of the two ends of an edge of an augmentation graph, drawn with probability proportional to its weight.

        Parameters
        ----------
        weight : (s, s)
            Symmetric weights >= 0 between the vertices, augmented data: how often two come from one natural datum.
        label : (s,)
            Class 0..k-1 of each vertex; y is that of x1.
        embedding : (s, d), optional
            Values of the vertices as views; one-hot codes by default.

        Raises
        ------
        ValueError
            Weights that are negative, not symmetric or all zero, a vertex without an edge; labels that are not class
            numbers, one a vertex.

        References
        ----------
        HaoChen, Wei, Gaidon and Ma, "Provable guarantees for self-supervised deep learning with spectral contrastive
        loss", NeurIPS 2021, section 3.
        """
        w = frozen_array("weight", weight)
        if w.ndim != 2 or w.shape[0] != w.shape[1] or w.size == 0:
            raise ValueError(f"weight has shape {w.shape}; it must be (s, s), one row for each vertex")
        if w.min() < 0.0 or w.max() <= 0.0:
            i, j = np.unravel_index(np.argmin(w), w.shape)
            raise ValueError(f"weight[{i}, {j}] = {w[i, j]:g}: entries of at least 0 that are not all 0 are needed")
        skew = np.abs(w - w.T) - TOLERANCE * np.maximum(w, w.T)
        if skew.max() > 0.0:
            i, j = np.unravel_index(np.argmax(skew), w.shape)
            raise ValueError(
                f"weight[{i}, {j}] = {w[i, j]:g} and weight[{j}, {i}] = {w[j, i]:g}: weight must be symmetric, as an "
                "edge has one weight"
            )
        alone = np.flatnonzero(w.sum(axis=1) == 0.0)
        if alone.size:
            raise ValueError(f"weight: vertices {alone.tolist()} have no edge; leave isolated points out")
        y = np.asarray(label)
        if y.shape != (len(w),) or not np.issubdtype(y.dtype, np.integer) or y.min() < 0:
            raise ValueError(f"label must hold one class number (0, 1, ...) for each of the {len(w)} vertices")
        one_hot = np.eye(int(y.max()) + 1)[y]
        joint = one_hot.T[:, None, :, None] * (w / w.sum())
        v = np.eye(len(w)) if embedding is None else embedding
        return cls(joint, v, v)  # type: ignore[arg-type]

    @classmethod
    def from_noise(
        cls,
        prior: object,
        chance: object,
        signal: object,
        noise: object,
        mix: object,
        delta: float = 0.0,
        noise_chance: object = None,
    ) -> Self:
        """Law of two views x = mix (u, q) of a state: the signal u knows it, the noise q is drawn anew in each view.

        The second view is of the same state with probability 1 - delta, else of one drawn independently; y is the
        state of x1. Given their states the views are independent.

        Parameters
        ----------
        prior : (k,)
            Probabilities of the states.
        chance : (k, n_u)
            Probabilities of the values of the signal in each state.
        signal : (n_u, d_u)
            Its values.
        noise : (n_q, d_q)
            Values of the noise.
        mix : (d, d_u + d_q)
            Matrix that makes a view of both.
        delta : float
            Share of wrong pairs, 0 to 1.
        noise_chance : (n_q,) or (k, n_q), optional
            Probabilities of the values of the noise, in x1 those of each state where there are k rows; equal by
            default.

        Raises
        ------
        ValueError
            Probabilities that do not sum to 1, arrays whose shapes do not fit, delta out of range.

        References
        ----------
        Bansal, Kavis and Sanghavi, "Understanding contrastive learning via Gaussian mixture models", NeurIPS 2025,
        whose pairs these are, with finite supports in place of Gaussian noise.
        """
        p, c, u, q, t = (
            frozen_array(name, value)
            for name, value in (
                ("prior", prior), ("chance", chance), ("signal", signal), ("noise", noise), ("mix", mix)
            )
        )  # fmt: skip
        if c.ndim != 2 or c.shape[0] != p.size or u.ndim != 2 or len(u) != c.shape[1]:
            raise ValueError(
                f"chance has shape {c.shape}; it must be (k, n_u), as prior {p.shape} and signal {u.shape}"
            )
        if q.ndim != 2 or t.ndim != 2 or t.shape[1] != u.shape[1] + q.shape[1]:
            raise ValueError(
                f"mix has shape {t.shape}; it must be (d, d_u + d_q), as signal {u.shape}, noise {q.shape}"
            )
        if isinstance(delta, bool) or not 0.0 <= delta <= 1.0:
            raise ValueError(f"delta = {delta!r}: the share of wrong pairs, from 0 to 1")
        r = np.full(len(q), 1.0 / len(q)) if noise_chance is None else frozen_array("noise_chance", noise_chance)
        if r.shape not in ((len(q),), (p.size, len(q))):
            raise ValueError(f"noise_chance has shape {r.shape}; it must be ({len(q)},) or ({p.size}, {len(q)})")
        for name, value in (("prior", p), ("chance", c), ("noise_chance", r)):
            if value.min() < 0.0 or np.abs(value.sum(axis=-1) - 1.0).max() > TOLERANCE:
                raise ValueError(f"{name} must hold probabilities: at least 0, with sum 1")
        own, other = np.broadcast_to(r, (p.size, len(q))), r if r.ndim == 1 else p @ r
        first = (c[:, :, None] * own[:, None, :]).reshape(p.size, -1)
        second = (c[:, :, None] * other).reshape(p.size, -1)
        partner = (1.0 - delta) * second + delta * (p @ second)
        points = np.column_stack([np.repeat(u, len(q), axis=0), np.tile(q, (len(u), 1))]) @ t.T
        joint = p[:, None, None, None] * first[:, None, :, None] * partner[:, None, None, :]
        return cls(joint / joint.sum(), points, points)

    @property
    def batch(self) -> tuple[int, ...]:
        """Empty: a finite law has no leading axes."""
        return ()

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """Dimensions (d1, d2, k, m) of x1, x2, the label and the latent."""
        return self.v1.shape[1], self.v2.shape[1], self.joint.shape[0], self.joint.shape[1]

    def __getitem__(self, index: Any) -> Self:
        """There is no leading axis to cut."""
        raise IndexError("this law has no leading axis to cut")

    @cached_property
    def _cells(self) -> tuple[Array, tuple[Any, ...]]:
        """Probabilities of the cells with mass, normalised, and their indices y, z, a, b."""
        place = np.nonzero(self.joint)
        mass = self.joint[place]
        return mass / mass.sum(), place

    @cached_property
    def _by_x1(self) -> npt.NDArray[np.intp]:
        """Order of the cells by their point of x1."""
        return np.argsort(self._cells[1][2], kind="stable")

    def _counts(self, n: int, rng: np.random.Generator, shape: tuple[int, ...] = ()) -> npt.NDArray[np.int64]:
        return np.asarray(rng.multinomial(check_n(n), self._cells[0], size=shape))

    def sample(self, n: int, rng: Seed, weighted: bool = False) -> Sample:
        """Draw `n` rows in random order; `weighted` gives the cells that the same draw met, by x1, with its counts.

        The weighted form never holds n rows. It is exact only for learners whose objective is additive in rows, with
        weights as multiplicities.
        """
        rng = generator_of(rng)
        counts = self._counts(n, rng)
        if weighted:
            met = self._by_x1[counts[self._by_x1] > 0]
            return self._rows(met, counts[met].astype(float))
        met = np.flatnonzero(counts)
        return self._rows(rng.permutation(np.repeat(met, counts[met])), None)

    def _rows(self, cells: Any, weight: Array | None) -> Sample:
        y, z, a, b = (index[cells] for index in self._cells[1])
        latent = z if self.shape[3] > 1 else None
        return Sample(self.v1[a], self.v2[b], np.eye(self.shape[2])[y], latent, weight)

    def moments(
        self,
        n: int,
        rng: Seed,
        repeats: int | None = None,
        blocks: tuple[str, ...] = ("x1", "x2", "y"),
        x2_square: bool = True,
    ) -> Moments:
        """Draw Moments: multinomial counts of the cells, and the sums over the support that they weigh."""
        rng = generator_of(rng)
        counts = self._counts(n, rng, () if repeats is None else (repeats,))
        y, _, a, b = self._cells[1]
        place = {"x1": a, "x2": b, "y": y}
        values = {"x1": self.v1, "x2": self.v2, "y": np.eye(self.shape[2])}
        met = Tallies(counts)
        single = {v: met.by(place[v], len(values[v])) for v in blocks}
        mean = {v: (single[v] / n) @ values[v] for v in blocks}
        centred = {v: values[v] - mean[v][..., None, :] for v in blocks}
        scatter = {}
        for i, u in enumerate(blocks):
            for v in blocks[i:]:
                if u == v == "x2" and not x2_square:
                    continue
                if u == v:
                    scatter[u, v] = transpose(centred[u]) @ (single[u][..., None] * centred[u])
                else:
                    size = len(values[v])
                    table = met.by(place[u] * size + place[v], len(values[u]) * size)
                    table = table.reshape(*table.shape[:-1], -1, size)
                    scatter[u, v] = transpose(centred[u]) @ (table @ centred[v])
        return Moments(np.full(counts.shape[:-1], float(n)), mean, scatter, deficient=frozenset({"x1"}))

    def population(self) -> FinitePopulation:
        """Return the exact population of the law."""
        return FinitePopulation(self.joint, self.v1, self.v2)
