"""Classes of a notebook or a prompt: the rows of one process for any number, or a sentence with the way out."""

from __future__ import annotations

import linecache
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

import testbed
from testbed import Experiment
from testbed.files import FolderError
from testbed.generators import LeeMixture
from testbed.keys import canonical
from testbed.pretexts import Raw
from testbed.regressors import OLS
from testbed.sweep.script import ScriptError, execute

IMPORTS = """
from __future__ import annotations
from dataclasses import dataclass
from testbed.regressors import OLS, Regressor
"""
HELPER = """
def helper(x):
    return x * {factor}
"""
MINE = '''
# what comes before a class is not part of it
@dataclass(frozen=True, repr=False)
class Mine(Regressor):
    """A learner of one's own."""

    power: float = 1.0

    def fit_rows(self, a, b, rng):
        return OLS().fit_rows(a, helper(b) * self.power, rng)
'''
Cell = Callable[[str], dict[str, Any]]


@pytest.fixture
def cell(monkeypatch: pytest.MonkeyPatch) -> Cell:
    """Execute a text as a notebook does: in __main__, which has no file, under a name that linecache knows."""
    notebook = ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", notebook)
    count = 0

    def run(text: str) -> dict[str, Any]:
        nonlocal count
        count += 1
        name = f"/tmp/ipykernel_1/{count}.py"
        monkeypatch.setitem(linecache.cache, name, (len(text), None, text.splitlines(keepends=True), name))
        exec(compile(text, name, "exec"), vars(notebook))
        return vars(notebook)

    return run


def of(*probes: object) -> Experiment:
    law = LeeMixture(k=3, d1=4, d2=3, scale=1.5)
    return Experiment("mine", [law], [Raw()], [OLS(), *probes], [50], [30], repeats=2)  # type: ignore[list-item]


def rows(experiment: Experiment, **settings: Any) -> pd.DataFrame:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return testbed.run(experiment, progress=False, **settings)


def test_a_class_of_a_cell_has_the_text_that_it_has_in_a_script(cell: Cell) -> None:
    cell(IMPORTS + HELPER.format(factor=2.0))
    mine = cell(MINE)["Mine"](power=2)
    module = execute(IMPORTS + HELPER.format(factor=3.0) + MINE + "\nEXPERIMENT = None\n")
    assert canonical(mine) == canonical(module.Mine(power=2))
    assert canonical(mine).startswith("Mine@") and "power=2.0" in canonical(mine)


def test_a_class_of_a_cell_has_the_same_rows_in_two_processes(cell: Cell, tmp_path: Path) -> None:
    cell(IMPORTS + HELPER.format(factor=2.0))
    names = cell(MINE)
    experiment = of(names["Mine"](), names["Mine"](power=2))
    one = rows(experiment)
    two = rows(experiment, jobs=2, out=tmp_path / "out")
    pd.testing.assert_frame_equal(one, two, check_exact=True)
    assert one["status"].eq("ok").all() and one["probe"].nunique() == 3
    cell(MINE)  # the same text again
    assert len(rows(of(cell("")["Mine"](), names["Mine"](power=2)), out=tmp_path / "out")) == 6
    cell(HELPER.format(factor=3.0))
    with pytest.raises(FolderError, match="it is helper"):
        rows(experiment, out=tmp_path / "out")
    with pytest.raises(FolderError, match="the change is not accepted"):
        rows(experiment, out=tmp_path / "out", accept_changes=True)


def test_a_lambda_of_a_cell_is_seen_to_change_and_so_is_what_it_uses(cell: Cell, tmp_path: Path) -> None:
    cell(IMPORTS + "factor = lambda: 2.0\nhelper = lambda x: x * factor()\n")
    experiment = of(cell(MINE)["Mine"]())
    for text, back in (
        ("helper = lambda x: x * factor() + 1\n", "helper = lambda x: x * factor()\n"),
        ("factor = lambda: 3.0\n", "factor = lambda: 2.0\n"),
    ):
        rows(experiment, out=tmp_path / "out", fresh=True)
        cell(text)
        with pytest.raises(FolderError, match="it is the cell of <lambda>"):
            rows(experiment, out=tmp_path / "out")
        cell(back)


def test_a_class_whose_text_is_not_kept_has_rows_in_memory_only(cell: Cell, tmp_path: Path) -> None:
    names = cell(IMPORTS + HELPER.format(factor=2.0))
    exec(MINE, names)  # as at a bare prompt
    experiment = of(names["Mine"]())
    with pytest.warns(UserWarning, match="the text of Mine is not kept anywhere"):
        found = testbed.run(experiment, progress=False)
    assert found["status"].eq("ok").all()
    with pytest.raises(FolderError, match=r"the text of Mine is not kept anywhere.*leave out= away"):
        testbed.run(experiment, tmp_path / "out", progress=False)
    assert not (tmp_path / "out").exists()
    first = names["Mine"]
    exec(MINE, names)
    with pytest.raises(ValueError, match=r"two versions of __main__.Mine have the same canonical text"):
        of(first(), names["Mine"]())


def test_what_cannot_be_sent_to_other_processes_is_said(cell: Cell) -> None:
    cell(IMPORTS + "import threading\nLOCK = threading.Lock()\ndef helper(x):\n    with LOCK:\n        return x\n")
    experiment = of(cell(MINE)["Mine"]())
    assert rows(experiment)["status"].eq("ok").all()
    with pytest.raises(ScriptError, match=r"cannot be sent to other processes.*use jobs=1, or put it into a script"):
        rows(experiment, jobs=2)


def module(folder: Path, name: str, text: str, patch: pytest.MonkeyPatch) -> Any:
    """Import a file as a user does."""
    (folder / f"{name}.py").write_text(text, encoding="utf-8")
    made = ModuleType(name)
    made.__file__ = str(folder / f"{name}.py")
    patch.setitem(sys.modules, name, made)
    exec(compile(text, made.__file__, "exec"), vars(made))
    return made


def test_two_classes_of_one_name_are_refused_not_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = IMPORTS + HELPER.format(factor=2.0) + MINE
    a, b = (module(tmp_path, name, text, monkeypatch) for name in ("moda", "modb"))
    assert canonical(a.Mine()) == "Mine()"
    words = r"moda.Mine and modb.Mine have the same canonical text, Mine\(\)"
    with pytest.raises(ValueError, match=words):
        of(a.Mine(), b.Mine())
    with pytest.raises(ValueError, match=words):
        of(a.Mine()) + of(b.Mine())
    with pytest.raises(ValueError, match=words):
        Experiment("mine", [LeeMixture()], [Raw()], [a.Mine()], [50], [30], baseline=[b.Mine()])
    experiment = of(a.Mine(), a.Mine(), b.Mine(power=2))  # one twice, and one with a text of its own
    assert len(experiment.probe) == 3
    testbed.run(of(a.Mine()), tmp_path / "out", progress=False)
    with pytest.raises(FolderError, match=r"it is moda.* \(no longer used\)"):
        testbed.run(of(b.Mine()), tmp_path / "out", progress=False)


def test_where_the_command_line_gives_other_rows_it_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = IMPORTS + HELPER.format(factor=2.0) + MINE
    made = module(tmp_path, "a_script", text, monkeypatch)
    made.EXPERIMENT = of(made.Mine())
    with pytest.warns(UserWarning, match="while `testbed run a_script.py` names them with the hash of their text"):
        testbed.run(made.EXPERIMENT, progress=False)


def test_a_mended_module_is_loaded_again_and_its_failed_rows_are_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is in memory must be what the file says, as the folder notes the text of the file."""
    broken = HELPER.format(factor="sum(divmod(1, len(x) - 30))") + MINE  # 30 labelled rows fail, 40 do not
    module(tmp_path, "my_learners", IMPORTS + broken, monkeypatch)
    law = LeeMixture(k=3, d1=4, d2=3, scale=1.5)

    def again(**settings: bool) -> pd.DataFrame:
        mine = sys.modules["my_learners"].Mine()
        experiment = Experiment("mine", [law], [Raw()], [mine], [50], [30, 40], repeats=2)
        return testbed.run(experiment, tmp_path / "out", progress=False, **settings)  # type: ignore[arg-type]

    with pytest.warns(UserWarning, match="2 of 4 rows failed"):
        again()
    mended = IMPORTS + HELPER.format(factor="1.0") + MINE
    (tmp_path / "my_learners.py").write_text(mended.replace("a, helper", "a, 1.0 * helper"), encoding="utf-8")  # alone
    words = r"my_learners was edited since it was imported.*importlib.reload\(my_learners\)"
    with pytest.warns(UserWarning, match=words), pytest.raises(FolderError, match="the script has changed"):
        again()
    module(tmp_path, "my_learners", mended, monkeypatch)
    with pytest.raises(FolderError, match="retry_failed=True"):
        again(accept_changes=True)
    with pytest.warns(UserWarning, match="is the same; 2 rows that failed are done again"):
        found = again(retry_failed=True, accept_changes=True)
    assert found["status"].eq("ok").all()


def test_failed_rows_are_warned_of() -> None:
    law = LeeMixture(k=3, d1=4, d2=3, scale=1.5)
    experiment = Experiment("few", [law], [Raw()], [OLS()], [50], [2, 30], repeats=2)
    with pytest.warns(UserWarning, match=r"^2 of 4 rows failed, the first with ValueError: OLS"):
        testbed.run(experiment, progress=False)


def test_a_missing_extra_is_refused_before_anything_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OLS, "needs", ("no_such_package",), raising=False)
    with pytest.raises(ValueError, match="OLS needs no_such_package: pip install"):
        testbed.run(of(), tmp_path / "out", progress=False)
    assert not (tmp_path / "out").exists()
