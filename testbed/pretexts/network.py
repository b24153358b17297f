"""Small networks of scikit-learn, and values behind layers of tanh units."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from testbed._linalg import Array

__all__ = ["Layers", "fitted", "layer", "layers_of"]

Layers = Sequence[tuple[Array, Array]]  # weight (a, b) and offset (b,) of each layer


def fitted(network: Any, x: Array, target: Any) -> Any:
    """Fit an estimator for as many passes as it is set to make, converged or not."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(x, target)
    return network


def layers_of(network: Any) -> Layers:
    """Layers of a fitted network of scikit-learn."""
    return list(zip(network.coefs_, network.intercepts_, strict=True))


def layer(layers: Layers, mean: Array, scale: Array, last: bool = False) -> Callable[[Array], Array]:
    """Values behind these layers of tanh units given (x - mean) / scale; the `last` layer of a network is affine."""

    def values(x: Array) -> Array:
        h = (np.asarray(x, dtype=float) - mean) / scale
        for i, (weight, bias) in enumerate(layers):
            h = h @ weight + bias
            h = h if last and i == len(layers) - 1 else np.tanh(h)
        return np.asarray(h)

    return values
