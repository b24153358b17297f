"""Memory of rows of one's own grows with the rows, and not with their square."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from testbed.data import Sample
from testbed.pretexts import CCA, PCA, Predict, Pretext
from testbed.regressors import OLS


def peak(task: Pretext, n: int) -> int:
    """Bytes that a fit and its features hold at most, beside the rows."""
    x = np.random.default_rng(0).standard_normal((n, 20))
    rows = Sample(x[:, :10], x[:, 10:], x[:, :1])
    tracemalloc.start()
    try:
        task.fit(rows)(rows.x1)  # type: ignore[call-arg]
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("task", [CCA(3), PCA(3), Predict(OLS())], ids=repr)
def test_four_times_the_rows_take_at_most_five_times_the_memory(task: Pretext) -> None:
    """With memory of order n^2 the ratio would be 16; n^2 numbers of 2,000 rows alone are 32 MB."""
    peak(task, 100)  # what is imported on first use
    few, many = peak(task, 2_000), peak(task, 8_000)
    assert many <= 5 * few and few < 2_000 * 20 * 8 * 10, (few, many)
