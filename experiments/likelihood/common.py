"""What several of these studies compute: half of an interval."""

from __future__ import annotations

import numpy as np
from scipy.stats import t as student

from testbed._linalg import Array

__all__ = ["half_interval"]


def half_interval(values: Array) -> Array:
    """Half of Student's 95% interval of the mean over repetitions, the first axis."""
    n = len(values)
    return np.asarray(student.ppf(0.975, n - 1) * values.std(axis=0, ddof=1) / np.sqrt(n))
