"""Steps of Adam for two encoders, compiled by jax once for each shape, and what a step descends along."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise
from typing import Any, Literal, NamedTuple

import numpy as np

__all__ = ["Layout", "Objective", "Programs", "programs", "sizes_of", "slopes"]

Objective = Literal["infonce", "logistic", "spectral", "cca"]
Slopes = Callable[[Any, Any, Any], tuple[Any, Any]]


class Layout(NamedTuple):
    """What decides the compiled program; the number of rows and of steps does not."""

    objective: Objective
    batch: int
    sizes1: tuple[int, ...]  # d1, hidden units, outputs
    sizes2: tuple[int, ...]
    shared: bool


class Programs(NamedTuple):
    """All weights are one vector: of each encoder, layer by layer, weight (out, in) and offset (out,).

    Parameters
    ----------
    start : callable
        Weights -> weights on the device, and the state of Adam.
    steps : callable
        Weights, state, batches of x1 (steps, batch, d1) and of x2, rate of each step, ridge -> weights and state.
    """

    start: Callable[..., Any]
    steps: Callable[..., Any]


def sizes_of(layout: Layout) -> list[tuple[int, ...]]:
    """Layers of each encoder that has weights of its own."""
    return [layout.sizes1] if layout.shared else [layout.sizes1, layout.sizes2]


@lru_cache(maxsize=64)
def programs(layout: Layout, name: str) -> Programs:
    """Compile for a layout; an ImportError says what the task of this name needs.

    Units are rows and a batch lies along columns: on a processor XLA takes products of (64, 256) and (256, 64) twice as
    fast as those of (256, 64)' and (256, 64), and of a table by a few columns thirteen times as fast. One vector of
    weights makes of an update one loop. Networks side by side (`jax.vmap`) cost as much each as one alone: it is the
    arithmetic that is paid.
    """
    try:
        import jax
        import optax
    except ImportError as error:
        raise ImportError(
            f"{name} is trained by jax and optax, which are not installed: pip install 'testbed[neural]'"
        ) from error

    adam, descend = optax.scale_by_adam(), slopes(layout.objective)

    def outputs(weights: Any, x1: Any, x2: Any) -> Any:
        layers = _layers(weights, layout)
        return _encode(layers[0], x1), _encode(layers[-1], x2)

    def step(carry: Any, batch: Any) -> Any:
        weights, state, ridge = carry
        one, two, rate = batch
        (f, g), back = jax.vjp(lambda w: outputs(w, one, two), weights)
        updates, state = adam.update(back(descend(f, g, ridge))[0], state)
        return (weights - rate * updates, state, ridge), None

    def steps(weights: Any, state: Any, one: Any, two: Any, rate: Any, ridge: Any) -> Any:
        return jax.lax.scan(step, (weights, state, ridge), (one, two, rate))[0][:2]

    return Programs(jax.jit(lambda weights: (weights, adam.init(weights))), jax.jit(steps))


def slopes(objective: Objective) -> Slopes:
    """Derivatives of an objective of `ContrastiveNetwork` or `DeepCCA`: outputs F, G (r, batch) and ridge -> dF, dG.

    With the scores S = F'G, p_ij = exp s_ij / sum_l exp s_il, n = batch and sigma(t) = 1 / (1 + exp(-t)), ::

        infonce      n dF = G p' - G                                n dG = F p - F
        logistic     n dF = G T',  n dG = F T,                      T_ij = sigma(s_ij) / (n - 1),  T_ii = -sigma(-s_ii)

    and those of the other two by jax, of the loss written in the r x r products of the outputs.
    """
    import jax
    import jax.numpy as jnp

    def infonce(f: Any, g: Any, ridge: Any) -> Any:
        score = f.T @ g
        table = jnp.exp(score - jnp.max(score, axis=1, keepdims=True))
        sums = jnp.concatenate([g, jnp.ones((1, g.shape[1]), g.dtype)]) @ table.T
        n, total = g.shape[1], sums[-1]
        return (sums[:-1] / total - g) / n, ((f / total) @ table - f) / n

    def logistic(f: Any, g: Any, ridge: Any) -> Any:
        n, table, own = g.shape[1], jax.nn.sigmoid(f.T @ g), jnp.sum(f * g, axis=0)
        diagonal = jax.nn.sigmoid(-own) + jax.nn.sigmoid(own) / (n - 1)
        return (g @ table.T / (n - 1) - diagonal * g) / n, (f @ table / (n - 1) - diagonal * f) / n

    def spectral(f: Any, g: Any, ridge: Any) -> Any:
        n, own = g.shape[1], jnp.sum(f * g, axis=0)
        squares = jnp.sum((f @ f.T) * (g @ g.T))  # of all scores
        return -2.0 * jnp.mean(own) + (squares - jnp.sum(own**2)) / (n * (n - 1))

    def cca(f: Any, g: Any, ridge: Any) -> Any:
        f, g = f - jnp.mean(f, axis=1, keepdims=True), g - jnp.mean(g, axis=1, keepdims=True)
        s11, s12, s22 = (a @ b.T / f.shape[1] for a, b in ((f, f), (f, g), (g, g)))
        return -_nuclear()(_white(s22, _white(s11, s12, ridge).T, ridge))

    derived: dict[str, Any] = {"spectral": spectral, "cca": cca}
    if objective in derived:
        slope: Callable[[Any, Any, Any], tuple[Any, Any]] = jax.grad(derived[objective], (0, 1))
        return slope
    return infonce if objective == "infonce" else logistic


def _nuclear() -> Any:
    """Sum of the singular values of T = U s V', whose derivative is U V'.

    That of the decomposition itself would divide by differences of singular values.
    """
    import jax
    import jax.numpy as jnp

    def norm(t: Any) -> Any:
        return jnp.sum(jnp.linalg.svd(t, compute_uv=False))

    def forth(t: Any) -> Any:
        u, s, vt = jnp.linalg.svd(t, full_matrices=False)
        return jnp.sum(s), u @ vt

    nuclear = jax.custom_vjp(norm)
    nuclear.defvjp(forth, lambda slope, change: (change * slope,))
    return nuclear


def _white(covariance: Any, cross: Any, ridge: Any) -> Any:
    """L^{-1} cross, L L' = covariance + ridge I."""
    import jax
    import jax.numpy as jnp

    lower = jnp.linalg.cholesky(covariance + ridge * jnp.eye(len(covariance)))
    return jax.scipy.linalg.solve_triangular(lower, cross, lower=True)


def _layers(weights: Any, layout: Layout) -> list[Any]:
    """Weights and offsets of each encoder, cut out of the vector of all."""
    import jax.numpy as jnp

    shapes = [[((b, a), (b, 1)) for a, b in pairwise(sizes)] for sizes in sizes_of(layout)]
    ends = np.cumsum([np.prod(shape) for layers in shapes for pair in layers for shape in pair])
    parts = iter(jnp.split(weights, ends[:-1]))  # one cut, whose derivative is one concatenation
    return [[tuple(next(parts).reshape(shape) for shape in pair) for pair in layers] for layers in shapes]


def _encode(layers: Any, x: Any) -> Any:
    """Outputs (r, batch) of a network of tanh units at rows (batch, d)."""
    import jax.numpy as jnp

    (weight, offset), *rest = layers
    values = weight @ x.T + offset
    for weight, offset in rest:
        values = weight @ jnp.tanh(values) + offset
    return values
