"""Training of the variational autoencoder: jax and optax, one compilation for each shape."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from testbed._linalg import Array

__all__ = ["BLOCK", "Layers", "Layout", "Weights", "forward", "train"]

BLOCK = 5  # seeds that are trained side by side; a block is always run in full

Layers = tuple[tuple[Array, Array], ...]  # weight (a, b) and offset (b,) of each layer, tanh between them


class Layout(NamedTuple):
    """What decides the compiled program: shapes, and whether the variance of the decoder is learnt."""

    seeds: int
    rows: int
    columns: int
    latent: int
    hidden: tuple[int, ...]
    batch: int
    learn_noise: bool


class Weights(NamedTuple):
    """A trained network on standardised rows."""

    encoder: Layers
    decoder: Layers
    log_noise_var: float


class _Programs(NamedTuple):
    start: Callable[..., Any]
    epoch: Callable[..., Any]


def train(
    x: Array, layout: Layout, seeds: Any, beta: float, log_noise_var: float, rate: float, epochs: int
) -> list[Weights]:
    """Train on standardised rows (n, d), one network for each of `layout.seeds` seeds.

    Adam, its rate falling to 0 along a cosine over the epochs; each epoch is one random pass over the rows, cut to
    whole batches. The same seeds give the same weights on one machine type.

    Raises
    ------
    ImportError
        Without jax or optax.
    """
    from tqdm import tqdm

    programs = _programs(layout)
    rows = np.asarray(x, dtype=np.float32)
    weights, state, keys = programs.start(np.asarray(seeds, dtype=np.uint32), np.float32(log_noise_var))
    for epoch in tqdm(range(epochs), desc=f"VAE, {layout.seeds} seeds", unit="epoch", disable=None, leave=False):
        now = rate * 0.5 * (1.0 + np.cos(np.pi * epoch / epochs))
        weights, state = programs.epoch(weights, state, keys, epoch, rows, np.float32(beta), np.float32(now))
    host = [[(np.asarray(w, float), np.asarray(b, float)) for w, b in weights[part]] for part in ("encoder", "decoder")]
    noise = np.asarray(weights["log_noise_var"], float)
    parts = [[tuple((w[i], b[i]) for w, b in layers) for layers in host] for i in range(layout.seeds)]
    return [Weights(encoder, decoder, float(noise[i])) for i, (encoder, decoder) in enumerate(parts)]


@lru_cache(maxsize=32)
def _programs(layout: Layout) -> _Programs:
    try:
        import jax
        import jax.numpy as jnp
        import optax
    except ImportError as error:
        raise ImportError(
            "VAE is trained by jax and optax, which are not installed: pip install 'testbed[neural]'"
        ) from error

    d, q, steps = layout.columns, layout.latent, layout.rows // layout.batch
    adam = optax.scale_by_adam()

    def layers(key: Any, sizes: tuple[int, ...]) -> Any:
        keys = jax.random.split(key, len(sizes) - 1)
        pairs = zip(keys, sizes[:-1], sizes[1:], strict=True)
        return [(jax.random.normal(k, (a, b)) / np.sqrt(a), jnp.zeros(b)) for k, a, b in pairs]

    def start(seed: Any, log_noise_var: Any) -> Any:
        first, second, key = jax.random.split(jax.random.key(seed), 3)
        weights = {
            "encoder": layers(first, (d, *layout.hidden, 2 * q)),
            "decoder": layers(second, (q, *layout.hidden[::-1], d)),
            "log_noise_var": log_noise_var,
        }
        return weights, adam.init(weights), key

    def loss(weights: Any, x: Any, noise: Any, beta: Any) -> Any:
        """Minus the bound of a batch, by one reparameterised draw for each row; the KL term in closed form."""
        code = forward(weights["encoder"], x, jnp.tanh)
        mean, log_var = code[:, :q], code[:, q:]
        rest = x - forward(weights["decoder"], mean + jnp.exp(0.5 * log_var) * noise, jnp.tanh)
        log_s2 = weights["log_noise_var"] if layout.learn_noise else jax.lax.stop_gradient(weights["log_noise_var"])
        error = 0.5 * (jnp.sum(rest**2, axis=1) * jnp.exp(-log_s2) + d * log_s2)
        rate = 0.5 * jnp.sum(mean**2 + jnp.exp(log_var) - 1.0 - log_var, axis=1)
        return jnp.mean(error + beta * rate)

    def epoch(weights: Any, state: Any, key: Any, number: Any, rows: Any, beta: Any, rate: Any) -> Any:
        order, draws = jax.random.split(jax.random.fold_in(key, number))
        taken = jax.random.permutation(order, layout.rows)[: steps * layout.batch]
        batches = rows[taken].reshape(steps, layout.batch, d)
        noise = jax.random.normal(draws, (steps, layout.batch, q))

        def step(carry: Any, batch: Any) -> Any:
            weights, state = carry
            updates, state = adam.update(jax.grad(loss)(weights, *batch, beta), state)
            return (jax.tree.map(lambda w, u: w - rate * u, weights, updates), state), None

        return jax.lax.scan(step, (weights, state), (batches, noise))[0]

    return _Programs(
        jax.jit(jax.vmap(start, in_axes=(0, None))),
        jax.jit(jax.vmap(epoch, in_axes=(0, 0, 0, None, None, None, None)), donate_argnums=(0, 1)),
    )


def forward(layers: Any, x: Any, activation: Callable[[Any], Any]) -> Any:
    """Image of rows under a network, in numpy or jax: the last layer is linear."""
    for weight, offset in layers[:-1]:
        x = activation(x @ weight + offset)
    weight, offset = layers[-1]
    return x @ weight + offset
