"""Rows that no memory holds are refused before they are drawn."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from testbed.generators import CleanFinite, CleanMixture

MIXTURE, FINITE = (kind(k=3, structure_seed=0).law() for kind in (CleanMixture, CleanFinite))


@pytest.mark.parametrize("n", [10**11, 1e11, np.int64(10**11), 2**53], ids=repr)
@pytest.mark.parametrize("law", [MIXTURE, FINITE], ids=["mixture", "finite"])
def test_rows_that_no_memory_holds_are_refused(law: Any, n: Any) -> None:
    with pytest.raises(
        ValueError, match=rf"n = {int(n)}: rows of {sum(law.shape[:3])} numbers.* GB, so at most \d+ rows"
    ):
        law.sample(n, np.random.default_rng(0))


def test_counts_and_moments_have_any_number_of_rows() -> None:
    rng = np.random.default_rng(0)
    assert FINITE.sample(10**12, rng, weighted=True).n == 10**12
    assert MIXTURE.moments(10**12, rng).n == 10**12
