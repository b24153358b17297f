"""Compiled code that is kept on disk is never that of other sources."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from testbed.evaluation.kept_code import forget_old
from tests.forked import ROOT

INNER = "from numba import njit\nNUMBER = 2.0\n# evaluation.lanes\n@njit(cache=True)\ndef inner():\n    return NUMBER\n"
OUTER = (
    "from numba import njit\nimport lanes\n# testbed.evaluation.lanes\n"
    "@njit(cache=True)\ndef outer():\n    return lanes.inner()\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "lanes.py").write_text(INNER, encoding="utf-8")
    (tmp_path / "outer.py").write_text(OUTER, encoding="utf-8")
    (tmp_path / "other.py").write_text("", encoding="utf-8")
    (tmp_path / "constants").mkdir()
    return tmp_path


def test_what_is_kept_goes_when_a_source_or_a_constant_changes_and_not_before(folder: Path) -> None:
    constants = folder / "constants"
    assert forget_old(folder, constants)
    kept = [folder / "__pycache__" / f"outer.nb{kind}" for kind in "ic"]
    for path in kept:
        path.touch()
    (folder / "other.py").write_text("x = 1\n", encoding="utf-8")  # no kernel
    assert not forget_old(folder, constants)
    assert all(path.exists() for path in kept)
    for changed in (folder / "lanes.py", constants / "arrays.py"):
        kept[0].touch()
        changed.write_text(INNER.replace("2.0", "3.0"), encoding="utf-8")
        assert forget_old(folder, constants)
        assert not any(path.exists() for path in kept)
        assert not forget_old(folder, constants)


def test_an_edit_of_an_inner_function_reaches_the_outer_one(folder: Path) -> None:
    pytest.importorskip("numba", reason="the extra fast is not installed")
    code = (
        "from pathlib import Path; from testbed.evaluation.kept_code import forget_old; here = Path('.').resolve(); "
        "forget_old(here, here / 'constants'); from outer import outer; print(outer())"
    )

    def said() -> str:
        environment = {"PYTHONPATH": f"{ROOT}:{folder}", "PATH": "", "OMP_NUM_THREADS": "1"}
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=folder, env=environment, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    assert said() == "2.0"
    assert list((folder / "__pycache__").glob("outer*.nbc"))
    (folder / "lanes.py").write_text(INNER.replace("2.0", "31.0"), encoding="utf-8")  # of another size: for Python too
    assert said() == "31.0"
