"""Shorter ways to the same bits: sums along a short axis, counts of cells that were met, answers that are kept."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from testbed._linalg import largest_of_last, normalised_exp, sum_of_last
from testbed.check import LAWS
from testbed.laws.tallies import Tallies


@pytest.mark.parametrize("rows", [3, 2000])
@pytest.mark.parametrize("n", [1, 2, 3, 7, 8, 9, 20])
def test_sums_and_maxima_have_the_bits_of_numpy(rows: int, n: int) -> None:
    log = 30.0 * np.random.default_rng(n).standard_normal((2, rows, n))
    assert_array_equal(sum_of_last(log), np.sum(log, axis=-1))
    assert_array_equal(largest_of_last(log), np.max(log, axis=-1))
    p = np.exp(log - log.max(axis=-1, keepdims=True))
    assert_array_equal(normalised_exp(log.copy()), p / p.sum(axis=-1, keepdims=True))


@pytest.mark.parametrize("n", [5, 10_000])
@pytest.mark.parametrize("shape", [(), (7,)])
def test_counts_by_place_whether_few_cells_are_met_or_all(n: int, shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(n)
    counts, place = rng.multinomial(n, np.full(60, 1.0 / 60.0), size=shape), rng.integers(0, 4, size=60)
    assert (np.count_nonzero(counts) < 0.25 * counts.size) == (n == 5)
    assert_array_equal(Tallies(counts).by(place, 5), counts @ np.eye(5)[place])


def test_what_is_kept_is_told_apart_by_its_arguments_and_read_only() -> None:
    truth, fresh = (LAWS["latent"].law().population() for _ in range(2))
    asked = [(intercept, given) for intercept in (False, True) for given in ("y", "yz")]
    found = [truth.beta(*each) for each in asked]
    for each, value in zip(asked[::-1], found[::-1], strict=True):
        assert_array_equal(value, fresh.beta(*each))
        assert truth.beta(*each) is value
    weight, _ = truth.readout(True, "yz")
    with pytest.raises(ValueError, match="read-only"):
        weight[...] = 0.0
