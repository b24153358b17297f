"""Edits of a script between two runs: recomputed, refused with the reason, or rightly kept; never mixed in silence."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from testbed.cli import main
from testbed.sweep.journal import FRAME, MARK, SIGNATURE

pytestmark = pytest.mark.usefixtures("here_alone", "forked_workers")

SCRIPT = '''
from dataclasses import dataclass
from pathlib import Path
import numpy as np
import helper
from helper import shift as moved
from testbed import Experiment, vary
from testbed.generators import LeeMixture
from testbed.pretexts import Raw
from testbed.regressors import OLS, Regressor

SCALE = 2.0  # a constant
FACTORS = {"a": 1.0}
HALVED = {"h": lambda x: x}
TABLE = np.loadtxt(Path(__file__).parent / "table.txt")
UNUSED = 3

def tagged(cls):
    cls.tag = 1.0
    return cls

def scaled(x, by=SCALE):
    """Scale."""
    # a comment
    return x * by * TABLE[0]

class Parent(Regressor):
    power = 1

    def fit_rows(self, a, b, rng):
        nothing = HALVED["h"](moved(FACTORS["a"]))
        return OLS().fit_rows(a, scaled(b) * self.tag * helper.size(2.0) ** self.power + nothing, rng)

@tagged
@dataclass(frozen=True, repr=False)
class Mine(Parent):
    extra: float = 0.0

EXPERIMENT = Experiment("mine", vary(LeeMixture, k=3, d1=4, d2=3, scale=1.5, alpha=[0.0]), [Raw()], [OLS(), Mine()],
                        [50], [30], repeats=2)
FIGURES = []
'''
FILES = {
    "mine.py": SCRIPT,
    "helper.py": "import other\nCONST = 1.0\ndef size(x):\n    return x * CONST * other.deep(1.0)\n"
    "def shift(x):\n    return x - x\ndef unused():\n    return 1\n",
    "other.py": "def deep(x):\n    return x\n",
    "table.txt": "1.0 5.0\n",
}


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["run", "mine.py", "--jobs", "1", *arguments])


def edit(file: str, old: str, new: str) -> None:
    text = Path(file).read_text(encoding="utf-8")
    assert old in text
    Path(file).write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("finished")
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        result = call()
    assert result.exit_code == 0, result.output
    return folder


@pytest.fixture
def here(finished: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(finished, tmp_path / "copy")
    monkeypatch.chdir(tmp_path / "copy")
    return tmp_path / "copy"


REFUSED = {
    "a constant": ("mine.py", "SCALE = 2.0", "SCALE = 3.0", "SCALE"),
    "an entry of a mapping": ("mine.py", '"a": 1.0', '"a": 1.5', "FACTORS"),
    "an entry that is set later": ("mine.py", "EXPERIMENT =", "FACTORS['a'] = 7.0\nEXPERIMENT =", "FACTORS"),
    "a lambda": ("mine.py", "lambda x: x", "lambda x: x + 1", "HALVED"),
    "a helper": ("mine.py", "x * by * TABLE", "x * by + TABLE", "scaled"),
    "a default": ("mine.py", "by=SCALE", "by=1.0", "scaled"),
    "a base class": ("mine.py", "power = 1", "power = 2", "Parent"),
    "a decorator": ("mine.py", "cls.tag = 1.0", "cls.tag = 1.1", "tagged"),
    "a data file": ("table.txt", "1.0", "2.0", "the value of TABLE"),
    "a sibling": ("helper.py", "CONST = 1.0", "CONST = 1.2", "helper.CONST"),
    "a sibling of a sibling": ("other.py", "return x", "return x * 2", "other.deep"),
    "an attribute that is set": (
        "mine.py",
        "EXPERIMENT =",
        "helper.CONST = 5.0\nEXPERIMENT =",
        "helper, the value of helper.CONST",
    ),
    "code that is evaluated": ("helper.py", "return x * CONST", "return eval('x * 9')", "helper.size"),
    "where a name comes from": ("mine.py", "from helper import shift as", "from other import deep as", "moved"),
}
KEPT = {
    "a comment": ("mine.py", "# a comment", "# another comment"),
    "a docstring": ("mine.py", '"""Scale."""', '"""Scale x."""'),
    "reordered imports": ("mine.py", "import numpy as np\nimport helper\n", "import helper\nimport numpy as np\n"),
    "the grid beside a lambda": ("mine.py", "UNUSED = 3", "UNUSED = 3  # of course\nOTHER = lambda: 4"),
    "another name imported": ("helper.py", "import other", "import other, math"),
    "an unused constant": ("mine.py", "UNUSED = 3", "UNUSED = 4"),
    "an unused sibling": ("helper.py", "return 1", "return 2"),
}
ANEW = {"a renamed class": ("Mine", "Other"), "the class itself": ("extra: float = 0.0", "extra: float = 0.5")}


@pytest.mark.parametrize("kind", REFUSED)
def test_a_change_that_rows_depend_on_is_refused(here: Path, kind: str) -> None:
    *change, name = REFUSED[kind]
    before = (here / "results/mine/rows.csv").read_bytes()
    edit(*change)
    result = call()
    assert result.exit_code == 2
    assert f"Mine@37ebcafd00fe()) it is {name}" in result.output
    assert "--fresh" in result.output and "--accept-changes" in result.output
    assert (here / "results/mine/rows.csv").read_bytes() == before
    change[1], change[2] = change[2], change[1]
    edit(*change)
    assert "nothing was missing" in call().output  # taken back, all is well


@pytest.mark.parametrize("kind", KEPT)
def test_a_change_that_rows_do_not_depend_on_is_none(here: Path, kind: str) -> None:
    edit(*KEPT[kind])
    result = call()
    assert (result.exit_code, "nothing was missing" in result.output) == (0, True), result.output


@pytest.mark.parametrize("kind", ANEW)
def test_a_class_with_another_text_is_another_cell(here: Path, kind: str) -> None:
    edit("mine.py", *ANEW[kind])
    result = call("--plan")
    assert "2 done (0 failed), 2 to do" in result.output


def test_rows_of_an_earlier_grid_are_not_mixed_with_those_of_another_version(here: Path) -> None:
    edit("mine.py", "[50], [30]", "[50], [40]")
    edit("mine.py", "SCALE = 2.0", "SCALE = 3.0")
    assert "it is SCALE" in call().output
    refused = call("--accept-changes")
    assert refused.exit_code == 2 and "They belong to an earlier grid" in refused.output


def test_a_change_is_accepted_if_its_rows_are_the_same(here: Path) -> None:
    edit("mine.py", "SCALE = 2.0", "SCALE = 1.0 + 1.0")
    assert call().exit_code == 2
    accepted = call("--accept-changes")
    assert accepted.exit_code == 0, accepted.output
    assert "one row of each of 1 cells was run again, and is the same" in accepted.output
    assert "nothing was missing" in call().output
    edit("mine.py", "SCALE = 1.0 + 1.0", "SCALE = 1.0 + 2.0")
    refused = call("--accept-changes")
    assert refused.exit_code == 2 and "the change is not accepted: repetition 1 of cell" in refused.output


def test_fresh_computes_anew(here: Path) -> None:
    edit("mine.py", "SCALE = 2.0", "SCALE = 3.0")
    assert call("--fresh").exit_code == 0
    assert "nothing was missing" in call().output
    old, new = ((here / f"results/{name}/rows.csv").read_text(encoding="utf-8") for name in ("mine.1", "mine"))
    assert old.splitlines()[1:3] == new.splitlines()[1:3]  # OLS() is no class of the script
    assert old.splitlines()[3:] != new.splitlines()[3:]


def test_whole_files_count_where_code_cannot_be_followed(here: Path) -> None:
    edit("helper.py", "return x * CONST", "return eval('x')")
    assert call("--fresh").exit_code == 0
    edit("helper.py", "return 1", "return 2")
    result = call()
    assert result.exit_code == 2
    assert "it is the file of helper, which counts as a whole since helper.size uses eval" in result.output


def test_a_function_that_a_module_is_asked_for_by_its_dictionary_counts(here: Path) -> None:
    edit("mine.py", "helper.size(2.0)", 'helper.__dict__["size"](2.0)')
    assert call("--fresh").exit_code == 0
    edit("helper.py", "CONST * other", "3 * CONST * other")
    result = call()
    assert result.exit_code == 2, result.output
    assert "the file of helper, which counts as a whole" in result.output


@pytest.mark.parametrize("way", ['__import__("helper")', '__import__("importlib").import_module("helper")'])
def test_a_module_that_is_imported_by_a_text_counts(here: Path, way: str) -> None:
    edit("mine.py", "import helper\nfrom helper import shift as moved\n", "def moved(x): return x\n")
    edit("mine.py", "helper.size(2.0)", f"{way}.size(2.0)")
    assert call("--fresh").exit_code == 0
    assert "nothing was missing" in call().output
    edit("helper.py", "CONST * other", "3 * CONST * other")
    result = call()
    assert result.exit_code == 2, result.output
    assert "it is the file of helper" in result.output


def test_a_journal_without_fingerprints_is_read_and_says_so(here: Path) -> None:
    journal = here / "results/mine/rows.journal"
    content, kept, at = journal.read_bytes(), [SIGNATURE], len(SIGNATURE)
    while at < len(content):
        mark, length, _ = FRAME.unpack_from(content, at)
        assert mark == MARK
        record = content[at : at + FRAME.size + length]
        if json.loads(record[FRAME.size :].partition(b"\n")[0])["kind"] != "fingerprints":
            kept.append(record)
        at += FRAME.size + length
    assert b"".join(kept) != content
    journal.write_bytes(b"".join(kept))
    for _ in range(2):  # what is not known stays so
        result = call()
        assert result.exit_code == 0
        assert "1 cells have rows from before it was noted" in result.output
        assert "nothing was missing" in result.output
    edit("mine.py", "SCALE = 2.0", "SCALE = 3.0")  # what is changed from here on is seen
    assert "it is SCALE" in call().output


def test_another_version_of_an_imported_package_is_announced(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import numpy as np

    old = np.__version__
    monkeypatch.setattr(np, "__version__", "9.9")
    result = call()
    assert result.exit_code == 0
    assert f"numpy is 9.9; rows in the folder were computed with {old}" in result.output


def test_shards_of_two_versions_are_not_merged(here: Path) -> None:
    assert call("--out", "a", "--shard", "1/2").exit_code == 0
    edit("mine.py", "SCALE = 2.0", "SCALE = 3.0")
    assert call("--out", "b", "--shard", "2/2").exit_code == 0
    refused = CliRunner().invoke(main, ["collect", "a", "b", "--out", "both"])
    assert refused.exit_code == 2 and "it is SCALE" in refused.output
