"""Scripts that are wrong, or end in the middle: what is said, what is written and with which exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from testbed.cli import main
from testbed.registry import KINDS, public

HEAD = """
from dataclasses import dataclass
from testbed import Experiment, vary
from testbed.generators import LeeMixture
from testbed.pretexts import Predict, Raw
from testbed.regressors import OLS, Regressor

FEW = vary(LeeMixture, k=3, d1=4, d2=3, scale=1.5, alpha=[0.0, 0.5])
"""
SMALL = HEAD + "EXPERIMENT = Experiment('x', {generator}, [Raw()], {probe}, [9], {n})\n"
GOOD = HEAD + 'EXPERIMENT = Experiment("good", FEW, [Raw(), Predict(OLS())], [OLS()], [50], [30], repeats=3)\n'
NO_FIGURE = "FIGURES = []\n"
PER_RUN = ("manifest.json", "rows.journal")  # when and in which order the work was done


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def script(text: str, name: str = "mine.py") -> str:
    Path(name).write_text(text, encoding="utf-8")
    return name


def files(folder: str = "results") -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in sorted(Path(folder).rglob("*")) if p.is_file()}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = 1 / 0\n", "ZeroDivisionError: division by zero (line 1 of the script: x = 1 / 0)"),
        ("def broken(:\n", "mine.py, line 1: invalid syntax"),
        ("import sys\nsys.exit(0)\n", "the script exits by itself"),
        ("import nowhere_to_be_found\n", "nowhere_to_be_found"),
        ("EXPERIMENT = 3\n", "defines no EXPERIMENT"),
        (HEAD + "EXPERIMENT = Experiment('a b', FEW, [Raw()], [OLS()], [9], [9])\n", "name = 'a b'"),
        (SMALL.format(generator="FEW", probe="[OLS()]", n="[0]"), "n_labeled = 0"),
        (SMALL.format(generator="FEW", probe="[lambda a: a]", n="[9]"), "probe holds <function <lambda>"),
        (SMALL.format(generator="vary(LeeMixture, alpha=[0, 2])", probe="[OLS()]", n="[9]"), "alpha = 2"),
        (SMALL.format(generator="vary(LeeMixture, leak=1)", probe="[OLS()]", n="[9]"), "no dial leak"),
        (HEAD + "EXPERIMENT = Experiment('x', FEW, [Raw()], [OLS()], [9])\n", "n_labeled"),
        (HEAD + "@dataclass(frozen=True, repr=False)\nclass Mine(Regressor):\n    f: object = lambda x: x\n"
         "    def fit_rows(self, a, b, rng): ...\n"
         "EXPERIMENT = Experiment('x', FEW, [Raw()], [Mine(lambda x: -x)], [9], [9])\n", "has no canonical text"),
    ],
)  # fmt: skip
def test_wrong_scripts(text: str, words: str, here: Path) -> None:
    script(text)
    for command in (["run", "mine.py"], ["describe", "mine.py"]):
        result = call(*command)
        assert result.exit_code == 2, result.output
        assert words in result.output
        assert result.output.startswith("testbed: ") and "Traceback" not in result.output
    assert [path.name for path in here.iterdir()] == ["mine.py"]


@pytest.mark.parametrize("arguments", [["run", "."], ["run", ".."], ["run", "/"], ["run", ""],
                                       ["run", "binary.py"], ["run", "absent.py"], ["run"],
                                       ["run", "mine.py", "--jobs", "0"], ["run", "mine.py", "--colour"],
                                       ["run", "mine.py", "--out", "binary.py"], ["nothing"],
                                       ["reproduce", "lee2022"], ["describe", "mine.py:ABSENT"],
                                       ["describe", "mine.py:OLS"], ["describe", "OLS()"], ["describe", "absent.py"],
                                       ["report", "mine.py"]], ids=" ".join)  # fmt: skip
def test_wrong_arguments(arguments: list[str], here: Path) -> None:
    script(GOOD)
    Path("binary.py").write_bytes(b"\xff\xfe\x00")
    before = sorted(here.rglob("*"))
    result = call(*arguments)
    assert result.exit_code == 2, result.output
    assert len(result.output) > 20 and "Traceback" not in result.output
    assert sorted(here.rglob("*")) == before


def test_two_runs_and_two_processes_give_the_same_files() -> None:
    assert call("run", script(GOOD), "--jobs", "1").exit_code == 0
    first = files()
    assert call("run", "mine.py", "--jobs", "2", "--out", "other").exit_code == 0
    second = files("other")
    for name, content in first.items():
        if not name.endswith(PER_RUN):
            assert second[name.replace("results/good", "other")] == content, name
    assert call("run", "mine.py", "--jobs", "1").exit_code == 0
    assert {n: c for n, c in files().items() if not n.endswith(PER_RUN)} == {
        n: c for n, c in first.items() if not n.endswith(PER_RUN)
    }
    manifest = json.loads(first["results/good/manifest.json"])
    (block,) = manifest["runs"]
    assert (manifest["name"], manifest["seed"], block["jobs"]) == ("good", 0, 1)
    assert block["versions"]["numpy"] and block["end"] >= block["start"]


@pytest.mark.usefixtures("here_alone")
def test_the_table_is_the_output_and_the_rest_is_not() -> None:
    result = call("run", script(GOOD + NO_FIGURE), "--jobs", "1")
    assert result.stdout == Path("results/good/table.md").read_text(encoding="utf-8")
    assert "12 rows ok, 0 failed (12 new); results/good" in result.stderr


@pytest.mark.usefixtures("here_alone")
def test_a_folder_of_another_experiment_is_left_alone() -> None:
    assert call("run", script(GOOD + NO_FIGURE), "--out", "kept").exit_code == 0
    before = files("kept")
    for change, words in (
        ('"good"', "its name is 'good', this one's is 'bad'"),
        ("seed", "its seed is 0, this one's is 1"),
    ):
        text = GOOD.replace(change, '"bad"') if change == '"good"' else GOOD.replace("repeats=3", "repeats=3, seed=1")
        result = call("run", script(text, "other.py"), "--out", "kept")
        assert result.exit_code == 2
        assert words in result.output and "--out" in result.output
        assert files("kept") == before
    Path("kept/manifest.json").unlink()  # as in a fresh clone, where it is ignored
    result = call("run", "other.py", "--out", "kept")
    assert result.exit_code == 2 and "its seed is 0" in result.output
    Path("kept/manifest.json").write_text("{}", encoding="utf-8")
    result = call("run", "mine.py", "--out", "kept")
    assert result.exit_code == 2 and "manifest.json cannot be read" in result.output


RAISING = (
    HEAD
    + """
@dataclass(frozen=True, repr=False)
class Raising(Regressor):
    def fit_rows(self, a, b, rng):
        raise {error}

EXPERIMENT = Experiment("raising", FEW, [Raw()], [OLS(), Raising()], [50], [30], repeats=2)
"""
    + NO_FIGURE
)


@pytest.mark.usefixtures("here_alone")
def test_a_failed_cell_is_reported_and_the_others_are_kept() -> None:
    result = call("run", script(RAISING.format(error="OSError('no such weather')")), "--jobs", "1")
    assert result.exit_code == 1
    assert "4 rows ok, 4 failed" in result.stderr
    assert result.stderr.count("failed: OSError: no such weather") == 1
    rows = Path("results/raising/rows.csv").read_text(encoding="utf-8")
    assert rows.count(",ok,") == rows.count(",failed,OSError: no such weather") == 4


PANEL = "from testbed.report import Curve, Figure, Panel, Table\nFIGURES = [Figure([Panel('a', {x}, {curves})])]\n"


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ("FIGURES = 3\n", "FIGURES = 3: a list of testbed.report.Figure is needed"),
        ("FIGURES = [3]\n", "a list of testbed.report.Figure is needed"),
        ("VERDICTS = [3]\n", "VERDICTS = [3]: a list of testbed.report.Verdict is needed"),
        (
            "from testbed.report import Verdict\nVERDICTS = [Verdict('a')]\n",
            "VERDICTS: there is no column intrinsic_class",
        ),
        ("TABLES = {}\n", "a list of testbed.report.Table is needed"),
        (PANEL.format(x="'generator.kk'", curves="[Curve('b')]"), "no column generator.kk"),
        (PANEL.format(x="'generator.k'", curves="[Curve('b', {'prettext': 'Raw()'})]"), "no column prettext"),
        (PANEL.format(x="'generator.k'", curves="[Curve('b', y='risk')]"), "no column risk"),
        ("from testbed.report import Table\nTABLES = [Table('a', value='risk')]\n", "no column risk"),
    ],
)
def test_figures_that_cannot_be_drawn_are_refused_before_the_run(declared: str, words: str) -> None:
    result = call("run", script(GOOD + declared), "--jobs", "1")
    assert result.exit_code == 2
    assert words in result.output
    assert not Path("results").exists()


@pytest.mark.usefixtures("here_alone")
def test_a_report_that_fails_keeps_the_rows() -> None:
    """Two curves of one place are seen only when they are drawn."""
    text = GOOD + PANEL.format(x="'generator.k'", curves="[Curve('b', {'pretext': 'Raw()'})]")
    result = call("run", script(text), "--jobs", "1")
    assert result.exit_code == 2
    assert "rows.csv is written, but not its report" in result.output
    assert Path("results/good/rows.csv").exists()
    assert call("report", "results/good", "--script", script(GOOD, "mended.py")).exit_code == 0


def test_laws_of_a_script_are_described() -> None:
    script(GOOD + "ONE = LeeMixture(k=4, d1=3, d2=5, scale=1.0, structure_seed=2)\nLAW = ONE.law()\nOTHER = OLS()\n")
    every = call("describe", "mine.py")
    assert every.exit_code == 0 and every.output.count("Bayes noise") == 2
    one, law = (call("describe", f"mine.py:{name}") for name in ("ONE", "LAW"))
    assert one.exit_code == law.exit_code == 0
    assert one.output.split("\n", 1)[1] == law.output.split("\n", 1)[1]
    assert "k = 4, m = 1" in one.output
    assert call("describe", "mine.py:FEW").output.count("Bayes noise") == 2
    wrong = call("describe", "mine.py:OTHER")
    assert wrong.exit_code == 2 and "OLS() is neither a generator nor a law" in wrong.output


def test_everything_public_is_listed() -> None:
    output = call("list").output
    for kind in KINDS:
        for name, cls in public(kind).items():
            assert f"  {name}(" in output
            assert str(cls.__doc__).strip().splitlines()[0] in output
    listed = output.partition("\nexperiments\n")[2]
    for name in ("lee2021_figure1", "tasks/league", "likelihood/collapse", "falsifier/known_answers"):
        assert f"experiments/{name}.py\n" in listed
    assert "plane.py" not in listed and "images.py" not in listed  # what `testbed run` does not run
