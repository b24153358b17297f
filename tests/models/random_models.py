"""Random latent-variable models and approximate posteriors for tests."""

from __future__ import annotations

from typing import Any

import numpy as np

from testbed.models.discrete import Categorical, GaussianComponents
from testbed.models.linear_gaussian import LinearGaussian
from testbed.models.normal import Normal


def linear(rng: np.random.Generator) -> tuple[LinearGaussian, np.ndarray[Any, Any], Normal]:
    """A model of d 2..8 columns and q 1..4 latents, rows of its own, and a q of full covariance for each row."""
    d, q, n = int(rng.integers(2, 9)), int(rng.integers(1, 5)), 5
    model = LinearGaussian(rng.normal(size=d), rng.normal(size=(d, q)), rng.uniform(0.2, 3.0, size=d))
    x = model.mean + rng.normal(size=(n, q)) @ model.loading.T + rng.normal(size=(n, d)) * np.sqrt(model.noise_var)
    root = rng.normal(size=(n, q, q + 2))
    return model, x, Normal(rng.normal(size=(n, q)), root @ np.swapaxes(root, -1, -2) / (q + 2))


def gaussians(rng: np.random.Generator) -> tuple[GaussianComponents, np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """A mixture of 2..5 components, rows, and probabilities of the states for each row, some of them 0."""
    k, d, n = int(rng.integers(2, 6)), int(rng.integers(1, 5)), 6
    root = rng.normal(size=(k, d, d + 2))
    model = GaussianComponents(rng.dirichlet(np.ones(k)), rng.normal(size=(k, d)), root @ np.swapaxes(root, -1, -2))
    q = rng.dirichlet(np.ones(k), size=n)
    q[0] = np.eye(k)[0]
    return model, 2.0 * rng.normal(size=(n, d)), q


def categories(rng: np.random.Generator) -> tuple[Categorical, np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    """Latent classes over 1..4 columns of 2..4 levels, rows of values that can occur, and probabilities."""
    k, d, n = int(rng.integers(2, 5)), int(rng.integers(1, 5)), 6
    sizes = rng.integers(2, 5, size=d)
    levels = [np.sort(rng.normal(size=s)) for s in sizes]
    model = Categorical(rng.dirichlet(np.ones(k)), levels, [rng.dirichlet(np.ones(s), size=k) for s in sizes])
    x = np.stack([rng.choice(v, size=n) for v in levels], axis=1)
    return model, x, rng.dirichlet(np.ones(k), size=n)
