"""Beyond the data: how many labels least squares on x1 would need, as a curve over what the leak may cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from testbed.arguments import shown

if TYPE_CHECKING:
    import pandas as pd

    from testbed.audits.findings import Findings

__all__ = ["needed_labels"]

POINTS = 9


def needed_labels(audit: Findings, n: int) -> pd.DataFrame:
    """Labels needed without the pretext, and their multiple of n, over floors from 0 to the upper limit of the leak."""
    import pandas as pd

    k = audit.outputs
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or not k + 1 < n <= 10**15:
        raise ValueError(f"n = {shown(n)}: a whole number of labels above k + 1 = {k + 1} is needed")
    high = audit.floor_high
    floors = np.linspace(0.0, high, POINTS) if np.isfinite(high) and high > 0.0 else np.zeros(1)
    needed = audit.d1 + 1 + audit.noise * audit.d1 / (floors + audit.noise * k / (n - k - 1))
    return pd.DataFrame({"floor": floors, "labels without the pretext": needed, "multiple of n": needed / n})
