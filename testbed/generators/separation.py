"""How far apart classes must be for a given Bayes noise."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.optimize import brentq

from testbed.laws.overlap import overlap_noise
from testbed.laws.quadrature import Estimate

__all__ = ["noise_at", "separation_for"]

EVALUATED = 2**17  # numbers held at the points of one shift
MOST = 2**13  # points of one shift
WIDEST = 64.0  # separation at which the noise is 0 to machine precision


@lru_cache(maxsize=256)
def separation_for(target: float, priors: tuple[float, ...], m: int) -> float:
    """Norm of orthogonal means, under unit noise, at which E tr Cov(Y|X1) is `target`.

    The points of the integral do not move with the separation, so its root is found to a relative 1e-9; the error
    left is that of the integral, a relative 2e-3 (`noise_at` gives its standard error).
    """
    high = 1.0
    while high < WIDEST and float(noise_at(high, priors, m).value) > target:
        high *= 2.0

    def excess(separation: float) -> float:
        value = float(noise_at(separation, priors, m).value)
        return float(np.log(max(value, np.finfo(float).tiny) / target))

    return float(brentq(excess, high / 2.0 if high > 1.0 else 1e-9, high, rtol=1e-9))


def noise_at(separation: float, priors: tuple[float, ...], m: int) -> Estimate:
    """Bayes noise of orthogonal means of one norm, k classes of m equally likely states; with its standard error."""
    states = len(priors) * m
    points = min(MOST, 1 << ((EVALUATED // states).bit_length() - 1))
    one_hot, prior = np.repeat(np.eye(len(priors)), m, axis=0), np.repeat(priors, m) / m
    return overlap_noise(np.eye(states), separation * np.eye(states), prior, one_hot, points)
