"""Small networks of scikit-learn, and their layers read out."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from testbed._linalg import Array

__all__ = ["fitted", "layer"]


def fitted(network: Any, x: Array, target: Any) -> Any:
    """Fit an estimator for as many passes as it is set to make, converged or not."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        network.fit(x, target)
    return network


def layer(network: Any, depth: int, mean: Array, scale: Array, last: bool = False) -> Callable[[Array], Array]:
    """Values of layer `depth` of a network of tanh units given (x - mean) / scale; the `last` layer is affine."""
    weights = list(zip(network.coefs_[:depth], network.intercepts_[:depth], strict=True))

    def values(x: Array) -> Array:
        h = (np.asarray(x, dtype=float) - mean) / scale
        for i, (weight, bias) in enumerate(weights):
            h = h @ weight + bias
            h = h if last and i == depth - 1 else np.tanh(h)
        return np.asarray(h)

    return values
