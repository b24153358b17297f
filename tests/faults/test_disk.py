"""Some of the faults of `tests.faults.disk`, and that it sees what it is there for."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

import pytest

from tests.faults import disk


@pytest.mark.skipif(sys.platform != "linux", reason="it asks the system which file a descriptor is of")
def test_after_a_fault_the_same_command_leaves_the_files_of_an_undisturbed_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("growth", "collect"):  # all of them, by hand
        chosen = {name: disk.scenarios(tmp_path)[name]}
        monkeypatch.setattr(disk, "scenarios", lambda here, chosen=chosen: chosen)
        assert list(disk.faults(tmp_path, 150, random.Random(3))) == []
        monkeypatch.undo()


@pytest.mark.skipif(sys.platform != "linux", reason="likewise")
def test_a_run_that_believes_its_report_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The fault that was there: a grown grid is stopped within its report, and the report stays that of the earlier."""
    monkeypatch.setattr("testbed.report.fits", lambda folder, made: _made_of(folder) in (None, made))
    growth = {"growth": disk.scenarios(tmp_path)["growth"]}
    monkeypatch.setattr(disk, "scenarios", lambda here: growth)
    monkeypatch.setattr(disk, "FAULTS", ("kill",))
    assert list(disk.faults(tmp_path, 43, random.Random(0)))


def _made_of(folder: Path) -> object:
    try:
        return json.loads((folder / "report.json").read_text(encoding="utf-8"))["made of"]
    except OSError:
        return "nothing"
