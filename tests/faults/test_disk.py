"""Some of the faults of `tests.faults.disk`, and that it sees what it is there for."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

from testbed import cli
from tests.faults import disk


@pytest.mark.skipif(sys.platform != "linux", reason="it asks the system which file a descriptor is of")
def test_after_a_fault_the_same_command_leaves_the_files_of_an_undisturbed_run(tmp_path: Path) -> None:
    assert list(disk.faults(tmp_path, 97, random.Random(3))) == []


@pytest.mark.skipif(sys.platform != "linux", reason="likewise")
def test_a_run_that_believes_its_report_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fault that was there: a grown grid is stopped within its report, and the report stays that of the earlier."""
    monkeypatch.setattr("testbed.report.fits", lambda folder, made: (folder / "table.md").exists())
    assert cli.main
    growth = {"growth": disk.scenarios(tmp_path)["growth"]}
    monkeypatch.setattr(disk, "scenarios", lambda here: growth)
    monkeypatch.setattr(disk, "FAULTS", ("kill",))
    assert list(disk.faults(tmp_path, 9, random.Random(0)))
