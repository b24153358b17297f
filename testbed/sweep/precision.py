"""Precision on demand: how many repetitions a cell needs, decided from the repetitions it has.

The rule is a function of the first repetitions of the cell in their order, and looks at them only at boundaries that
follow from the same repetitions; so it does not matter in which order, on how many machines, or in how many runs they
were computed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from testbed._linalg import Array
from testbed.evaluation import BLOCK

__all__ = ["Rule"]


@dataclass(frozen=True)
class Rule:
    """Stop a cell when the Monte Carlo standard error of its excess risk is small against its mean.

    With m and s the mean and standard deviation of excess_risk over the ok ones among the first N repetitions, n of
    them, a cell stops where s / sqrt(n) <= `precision` |m|. Otherwise it goes on to the number of repetitions that m
    and s call for, but at most to 2N, rounded up to a block of 64. It starts with the `first` repetitions and ends at
    `most`. Errors of integrals that all repetitions share do not count, as no repetition lessens them.

    Few looks, each at much more data than the one before, keep the bias of stopping small: a cell stops early where s
    happens to be small or m large.
    """

    precision: float
    first: int
    most: int

    def after(self, risks: Array, reached: int) -> int | str:
        """Where a cell goes on to, or why it stops: "precision", "max_repeats", or "failing" (fewer than 2 are ok).

        Parameters
        ----------
        risks : array (n,)
            Excess risk of the ok ones among the first `reached` repetitions.
        """
        if len(risks) < 2:
            return "failing"
        mean, std = abs(float(np.mean(risks))), float(np.std(risks, ddof=1))
        if std <= self.precision * mean * math.sqrt(len(risks)):
            return "precision"
        if reached >= self.most:
            return "max_repeats"
        with np.errstate(divide="ignore"):
            share = float(np.square(np.float64(std) / (self.precision * mean * math.sqrt(len(risks)))))
        wanted = reached * min(share, 2.0)
        return min(self.most, max(math.ceil(wanted / BLOCK), reached // BLOCK + 1) * BLOCK)
