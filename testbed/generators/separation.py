"""The distance between classes that gives a wanted Bayes noise."""

from __future__ import annotations

from functools import lru_cache
from math import exp, log

import numpy as np

from testbed.laws.mixture_integrals import overlap_noise
from testbed.laws.quadrature import Estimate

__all__ = ["noise_at", "separation_for"]

COARSE, FINE = 2**10, 2**15  # points of one shift: to find the root, and to correct it
WIDEST = 64.0  # separation at which the noise is 0 to machine precision
STEP = 1e-3  # relative, of the slope of log noise


@lru_cache(maxsize=256)
def separation_for(target: float, priors: tuple[float, ...], m: int) -> float:
    """Norm of orthogonal means, under unit noise, at which E tr Cov(Y|X1) is `target`.

    The root is found on few points that do not move with the separation, and corrected by one Newton step on many:
    what is left is the error of the fine integral, a relative 1e-3 at most (`noise_at` gives its standard error).
    """
    from scipy.optimize import brentq  # slow to import

    def excess(separation: float, points: int = COARSE) -> float:
        value = float(noise_at(separation, priors, m, points).value)
        return log(max(value, np.finfo(float).tiny) / target)

    high = 1.0
    while high < WIDEST and excess(high) > 0.0:
        high *= 2.0
    root = float(brentq(excess, high / 2.0 if high > 1.0 else 1e-9, high, rtol=1e-6))
    slope = (excess(root * exp(STEP)) - excess(root * exp(-STEP))) / (2.0 * STEP)  # in log separation
    return root * exp(-excess(root, FINE) / slope)


def noise_at(separation: float, priors: tuple[float, ...], m: int, points: int = FINE) -> Estimate:
    """Bayes noise of orthogonal means of one norm, k classes of m equally likely states; with its standard error."""
    states = len(priors) * m
    one_hot, prior = np.repeat(np.eye(len(priors)), m, axis=0), np.repeat(priors, m) / m
    return overlap_noise(np.eye(states), separation * np.eye(states), prior, one_hot, points)
