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
    """Labels needed without the pretext, and their multiple of n, over floors of what the leak may cost.

    They rise from 0 to its upper limit; where it has none, to the most that a read-out can lose, which is what x1
    explains of y.
    """
    import pandas as pd

    k = audit.outputs
    if isinstance(n, bool) or not isinstance(n, int | np.integer) or not k + 1 < n <= 10**15:
        raise ValueError(f"n = {shown(n)}: a whole number of labels above k + 1 = {k + 1} is needed")
    high = audit.floor_high
    floors = np.linspace(0.0, high if 0.0 < high < np.inf else audit.explained, POINTS)
    needed = audit.d1 + 1 + audit.noise * audit.d1 / (floors + audit.noise * k / (n - k - 1))
    return pd.DataFrame({"floor": floors, "labels without the pretext": needed, "multiple of n": needed / n})
