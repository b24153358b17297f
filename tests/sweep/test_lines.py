"""Lines of rows.csv that are written a column at a time are those that are written a row at a time."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from testbed.columns import MEASURED, THEORY
from testbed.evaluation import Block, Cell
from testbed.generators import CleanMixture
from testbed.pretexts import Raw
from testbed.regressors import OLS
from testbed.sweep.rows import encode, encode_blocks
from testbed.theory import STATEMENTS

N = 3
LAST = f"{THEORY}last"
CELL = Cell(CleanMixture(), Raw(), OLS(), 100, 100, "moments", theory={"last": STATEMENTS[0]})
NUMBER = st.sampled_from([0.0, -0.0, 1.0, 1e22, 5e-324, 1e-5, 123456789.123]) | st.floats(
    allow_nan=False, allow_infinity=False
)
SINGLE = st.floats(width=32, allow_nan=False, allow_infinity=False)
VALUE = (
    NUMBER
    | st.integers(-(2**40), 2**40)
    | st.booleans()
    | st.lists(NUMBER, min_size=N, max_size=N).map(np.array)
    | st.lists(st.integers(-9, 9), min_size=N, max_size=N).map(np.array)
    | st.lists(SINGLE, min_size=N, max_size=N).map(lambda values: np.array(values, dtype=np.float32))
)


def block(first: int, values: list[Any]) -> Block:
    names = ("excess_risk", "class_floor", "beta", "rank_used", LAST)
    with np.errstate(all="ignore"):
        return Block.of(
            CELL, range(first, first + N), dict.fromkeys(MEASURED, 0.5) | dict(zip(names, values, strict=True))
        )


@settings(max_examples=60)
@given(st.lists(st.lists(VALUE, min_size=4, max_size=4), min_size=1, max_size=3), VALUE | st.just(np.nan))
def test_lines_of_blocks_are_those_of_their_rows(measured: list[list[Any]], last: Any) -> None:
    """Signed zeros, whole numbers, numbers that all repetitions share, and predictions that are not defined."""
    blocks = [block(N * i, [*values, last]) for i, values in enumerate(measured)]
    assert encode_blocks(blocks) == encode(row for each in blocks for row in each)


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_a_prediction_that_is_not_defined_is_empty_and_a_measured_number_that_is_not_finite_has_failed(
    wrong: float,
) -> None:
    some: npt.NDArray[np.float64] = np.array([1.0, wrong, -0.0])
    ok = block(0, [0.5, 0.5, 0.5, None, some])
    assert [line.rsplit(b",", 3)[1] for line in encode_blocks([ok]).splitlines()] == [b"1.0", b"", b"-0.0"]
    assert ok.columns[-1] == [1.0, None, -0.0] and not ok.failed
    bad = block(N, [0.5, some, 0.5, 2, some])
    assert list(bad.failed) == [1] and [column[1] for column in bad.columns] == [None] * len(CELL.measured)
    assert bad.columns[MEASURED.index("rank_used")] == [2, None, 2]
    lines = encode_blocks([ok, bad]).splitlines()
    assert lines[4] == b"4" + b"," * (len(CELL.measured) + 1) + b"failed,not finite: class_floor"
    assert b"\n".join(lines) + b"\n" == encode(row for each in (ok, bad) for row in each)


def test_what_was_measured_may_change_later() -> None:
    """A law keeps its arrays, and a learner may write into what it has returned."""
    shared = np.array([1.0, 2.0, 3.0])
    kept = block(0, [shared, 0.5, 0.5, 1, 0.5])
    shared[:] = 0.0
    assert kept.columns[0] == [1.0, 2.0, 3.0]
