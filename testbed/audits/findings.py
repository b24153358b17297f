"""What an audit has found, as numbers: what its tables, words and pictures are made of."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from testbed.audits.estimate import Estimate
from testbed.audits.means import ClassMeans
from testbed.audits.permutation import Permutations
from testbed.audits.saving import Saving

__all__ = ["Findings"]


@dataclass(frozen=True, eq=False, repr=False)
class Findings:
    """The fields of an `Audit`, which says what each of them is."""

    n: int
    pairs: int
    d1: int
    d2: int
    classes: dict[str, int]
    latent: bool
    dropped: tuple[str, ...]
    saving: Saving
    leak: Estimate | None
    epsilon: Estimate
    tests: Permutations
    universal: Estimate | None
    means: ClassMeans
    bound: Estimate
    noise: float
    explained: float
    outputs: int
    truth: dict[str, float] = field(default_factory=dict)

    @property
    def rank_is_sure(self) -> bool:
        """Whether the means of x2 tell all classes apart beyond their error: else label units have no limit."""
        return bool(self.means.least > 0.0)

    @property
    def floor_high(self) -> float:
        """Upper 95% limit of what the leak costs a linear read-out; infinite where there is none."""
        return float(self.leak.high) if self.leak is not None else np.inf
