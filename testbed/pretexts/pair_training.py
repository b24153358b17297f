"""Training of two encoders on pairs: their rows, batches and start, around the steps that jax compiles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from testbed._linalg import Array, standards
from testbed.arguments import Seed, generator_of
from testbed.pretexts.pair_steps import Layout, programs, sizes_of
from testbed.screens import Short

__all__ = ["Encoder", "train"]

Layers = tuple[tuple[Array, Array], ...]  # weight (a, b) and offset (b,) of each layer
CHUNK = 100  # steps of one call of the compiled program; the last call is filled up by steps of rate 0


@dataclass(frozen=True, eq=False, repr=False)
class Encoder(Short):
    """A network of tanh units with an affine last layer, given (x - mean) / scale: (n, d) -> (n, r)."""

    layers: Layers
    mean: Array
    scale: Array

    def __call__(self, x: Array) -> Array:
        """Outputs at rows, in double precision."""
        return np.asarray(_forward(self.layers, (np.asarray(x, dtype=float) - self.mean) / self.scale))


def train(
    x1: Array,
    x2: Array,
    layout: Layout,
    rng: Seed,
    *,
    steps: int,
    learning_rate: float,
    ridge: float,
    task: str,
) -> tuple[Encoder, Encoder]:
    """Train on rows (n, d1) and (n, d2), standardised coordinate by coordinate, in single precision.

    A fixed number of steps of Adam, whose rate falls to 0 along a cosine; batches are cut from random passes over the
    rows. A run is decided by `rng` on one machine type.

    Raises
    ------
    ImportError
        Without jax or optax.
    ValueError
        Training that diverges.
    """
    rng = generator_of(rng)
    compiled = programs(layout, task.partition("(")[0])
    (one, *scaling1), (two, *scaling2) = _standard(x1, x2, layout.shared)
    weights, state = compiled.start(np.concatenate([_start(sizes, rng) for sizes in sizes_of(layout)]))
    rates = learning_rate * 0.5 * (1.0 + np.cos(np.pi * np.arange(steps) / steps))
    batches = _batches(len(one), layout.batch, rng)
    for first in range(0, steps, CHUNK):
        rows = np.stack([next(batches) for _ in range(CHUNK)])
        rate = np.zeros(CHUNK, dtype=np.float32)
        rate[: len(rates[first : first + CHUNK])] = rates[first : first + CHUNK]
        taken = (np.take(x, rows, axis=0) for x in (one, two))
        weights, state = compiled.steps(weights, state, *taken, rate, np.float32(ridge))
    found = np.asarray(weights, float)
    if not np.all(np.isfinite(found)):
        raise ValueError(f"training of {task} diverged: its weights are not finite; lower learning_rate")
    layers = _cut(found, sizes_of(layout))
    return Encoder(layers[0], *scaling1), Encoder(layers[-1], *scaling2)


def _standard(x1: Array, x2: Array, shared: bool) -> list[tuple[Array, Array, Array]]:
    """Rows of each view standardised, with the means and deviations; one encoder has those of both views together."""
    seen = [np.concatenate([x1, x2])] * 2 if shared else [x1, x2]
    parts: list[tuple[Any, Array, Array]] = []
    for x, rows in zip((x1, x2), seen, strict=True):
        mean, scale = standards(rows)
        parts.append((((x - mean) / scale).astype(np.float32), mean, scale))
    return parts


def _start(sizes: tuple[int, ...], rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Weights of variance 1 over the numbers that a unit is given, and offsets 0, as `Programs` lays them out."""
    parts = []
    for a, b in pairwise(sizes):
        parts += [(rng.standard_normal((a, b)) / np.sqrt(a)).T.ravel(), np.zeros(b)]
    return np.concatenate(parts).astype(np.float32)


def _cut(weights: Array, encoders: list[tuple[int, ...]]) -> list[Layers]:
    """Layers of each encoder from the vector of all weights."""
    found, rest = [], weights
    for sizes in encoders:
        layers = []
        for a, b in pairwise(sizes):
            weight, offset, rest = np.split(rest, [a * b, (a + 1) * b])
            layers.append((weight.reshape(b, a).T, offset))
        found.append(tuple(layers))
    return found


def _batches(n: int, size: int, rng: np.random.Generator) -> Iterator[npt.NDArray[np.intp]]:
    """Places of the rows of each batch: random passes over all rows, cut to whole batches."""
    while True:
        yield from rng.permutation(n)[: n // size * size].reshape(-1, size)


def _forward(layers: Layers, x: Array) -> Array:
    """Outputs of a network at rows."""
    for weight, offset in layers[:-1]:
        x = np.tanh(x @ weight + offset)
    weight, offset = layers[-1]
    return x @ weight + offset
