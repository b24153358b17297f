"""Some of the damage of `tests.faults.mutations`."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

from tests.faults.mutations import mutations


@pytest.mark.skipif(sys.platform != "linux", reason="it works in forks")
def test_a_damaged_folder_gives_the_right_bytes_or_a_sentence(tmp_path: Path) -> None:
    assert list(mutations(tmp_path, 7, random.Random(5))) == []
