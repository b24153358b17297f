"""A correlation that is not 1 is not printed as 1."""

from __future__ import annotations

import pytest

from testbed.report.analyses.verdicts import _ranked


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.9970, "0.997"),
        (0.99996, "0.99996"),
        (-0.998, "-0.998"),
        (1.0, "1.00"),
        (0.994, "0.99"),
        (0.44, "0.44"),
        (-1.0, "-1.00"),
    ],
)
def test_digits_tell_an_order_from_a_perfect_one(value: float, text: str) -> None:
    assert _ranked(value) == text
