"""Training of two encoders on pairs: jax and optax, one compilation for each shape."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from testbed._linalg import Array, standards
from testbed.arguments import Seed, generator_of
from testbed.screens import Short

__all__ = ["Encoder", "Layout", "Objective", "train"]

Objective = Literal["infonce", "logistic", "spectral", "cca"]
CHUNK = 100  # steps of one call of the compiled program; the last call is filled up by steps of rate 0


class Layout(NamedTuple):
    """What decides the compiled program; the number of rows and of steps does not."""

    objective: Objective
    batch: int
    sizes1: tuple[int, ...]  # d1, hidden units, outputs
    sizes2: tuple[int, ...]
    shared: bool


@dataclass(frozen=True, eq=False, repr=False)
class Encoder(Short):
    """A network of tanh units with an affine last layer, given (x - mean) / scale: (n, d) -> (n, r)."""

    layers: tuple[tuple[Array, Array], ...]
    mean: Array
    scale: Array

    def __call__(self, x: Array) -> Array:
        """Outputs at rows, in double precision."""
        return np.asarray(_forward(self.layers, (np.asarray(x, dtype=float) - self.mean) / self.scale, np.tanh))


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
    programs = _programs(layout, task.partition("(")[0])
    (one, *scaling1), (two, *scaling2) = _standard(x1, x2, layout.shared)
    weights: Any = [_start(sizes, rng) for sizes in (layout.sizes1, layout.sizes2)[: 1 if layout.shared else 2]]
    state = programs.start(weights)
    rates = learning_rate * 0.5 * (1.0 + np.cos(np.pi * np.arange(steps) / steps))
    batches = _batches(len(one), layout.batch, rng)
    for first in range(0, steps, CHUNK):
        rows = np.stack([next(batches) for _ in range(CHUNK)])
        rate = np.zeros(CHUNK, dtype=np.float32)
        rate[: len(rates[first : first + CHUNK])] = rates[first : first + CHUNK]
        weights, state = programs.steps(weights, state, one[rows], two[rows], rate, np.float32(ridge))
    found = [tuple((np.asarray(w, float), np.asarray(b, float)) for w, b in layers) for layers in weights]
    if not all(np.all(np.isfinite(part)) for layers in found for layer in layers for part in layer):
        raise ValueError(f"training of {task} diverged: its weights are not finite; lower learning_rate")
    return Encoder(found[0], *scaling1), Encoder(found[-1], *scaling2)


def _standard(x1: Array, x2: Array, shared: bool) -> list[tuple[Array, Array, Array]]:
    """Rows of each view standardised, with the means and deviations; one encoder has those of both views together."""
    seen = [np.concatenate([x1, x2])] * 2 if shared else [x1, x2]
    parts: list[tuple[Any, Array, Array]] = []
    for x, rows in zip((x1, x2), seen, strict=True):
        mean, scale = standards(rows)
        parts.append((((x - mean) / scale).astype(np.float32), mean, scale))
    return parts


def _start(sizes: tuple[int, ...], rng: np.random.Generator) -> list[tuple[Array, Array]]:
    weights = [(rng.standard_normal((a, b)) / np.sqrt(a), np.zeros(b)) for a, b in pairwise(sizes)]
    return [(w.astype(np.float32), b.astype(np.float32)) for w, b in weights]


def _batches(n: int, size: int, rng: np.random.Generator) -> Iterator[npt.NDArray[np.intp]]:
    """Places of the rows of each batch: random passes over all rows, cut to whole batches."""
    while True:
        yield from rng.permutation(n)[: n // size * size].reshape(-1, size)


class _Programs(NamedTuple):
    start: Callable[..., Any]
    steps: Callable[..., Any]


@lru_cache(maxsize=64)
def _programs(layout: Layout, name: str) -> _Programs:
    try:
        import jax
        import jax.numpy as jnp
        import optax
    except ImportError as error:
        raise ImportError(
            f"{name} is trained by jax and optax, which are not installed: pip install 'testbed[neural]'"
        ) from error

    adam, eye = optax.scale_by_adam(), jnp.eye(layout.batch, dtype=bool)

    def apart(table: Any) -> Any:
        """Mean over pairs of different rows: views that are independent."""
        return jnp.sum(jnp.where(eye, 0.0, table)) / (layout.batch * (layout.batch - 1))

    def norm(t: Any) -> Any:
        return jnp.sum(jnp.linalg.svd(t, compute_uv=False))

    def forth(t: Any) -> Any:
        u, s, vt = jnp.linalg.svd(t, full_matrices=False)
        return jnp.sum(s), u @ vt

    nuclear = jax.custom_vjp(norm)  # the derivative of the decomposition divides by differences of singular values
    nuclear.defvjp(forth, lambda slope, change: (change * slope,))

    def white(covariance: Any, cross: Any, ridge: Any) -> Any:
        lower = jnp.linalg.cholesky(covariance + ridge * jnp.eye(len(covariance)))
        return jax.scipy.linalg.solve_triangular(lower, cross, lower=True)

    def loss(weights: Any, x1: Any, x2: Any, ridge: Any) -> Any:
        f, g = _forward(weights[0], x1, jnp.tanh), _forward(weights[-1], x2, jnp.tanh)
        if layout.objective == "cca":
            f, g = f - jnp.mean(f, axis=0), g - jnp.mean(g, axis=0)
            s11, s12, s22 = (a.T @ b / layout.batch for a, b in ((f, f), (f, g), (g, g)))
            return -nuclear(white(s22, white(s11, s12, ridge).T, ridge))
        score = f @ g.T
        own = jnp.diagonal(score)
        if layout.objective == "infonce":
            return jnp.mean(jax.nn.logsumexp(score, axis=1) - own)
        if layout.objective == "logistic":
            return jnp.mean(jax.nn.softplus(-own)) + apart(jax.nn.softplus(score))
        return -2.0 * jnp.mean(own) + apart(score**2)

    def step(carry: Any, batch: Any) -> Any:
        weights, state, ridge = carry
        one, two, rate = batch
        updates, state = adam.update(jax.grad(loss)(weights, one, two, ridge), state)
        return (jax.tree.map(lambda w, u: w - rate * u, weights, updates), state, ridge), None

    def steps(weights: Any, state: Any, one: Any, two: Any, rate: Any, ridge: Any) -> Any:
        return jax.lax.scan(step, (weights, state, ridge), (one, two, rate))[0][:2]

    return _Programs(jax.jit(adam.init), jax.jit(steps))


def _forward(layers: Any, x: Any, activation: Callable[[Any], Any]) -> Any:
    """Image of rows under a network, in numpy or jax."""
    for weight, offset in layers[:-1]:
        x = activation(x @ weight + offset)
    weight, offset = layers[-1]
    return x @ weight + offset
