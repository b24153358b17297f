"""A sample of the random wrong calls that wrong_calls.py makes by hand: none is answered by accident."""

from __future__ import annotations

import pytest

from tests.faults.wrong_calls import api
from tests.faults.wrong_commands import command_line


@pytest.mark.parametrize("seed", [11, 12])
def test_wrong_calls_of_the_public_api(seed: int) -> None:
    assert not list(api(120, seed))


def test_wrong_calls_of_the_command_line() -> None:
    assert not list(command_line(12, 13))
