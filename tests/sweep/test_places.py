"""Results lie as their scripts lie below experiments/; a folder of an earlier version is found, used and said."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from testbed.cli import main
from testbed.files import FolderError
from testbed.sweep.folder import Folder, existing, results_of

pytestmark = pytest.mark.usefixtures("here_alone")

SCRIPT = """
from testbed import Experiment, vary
from testbed.generators import LeeMixture
from testbed.pretexts import Raw
from testbed.regressors import OLS

LAWS = vary(LeeMixture, k=3, d1=4, d2=3, scale=1.5)
EXPERIMENT = Experiment("tasks_mine", LAWS, [Raw()], [OLS()], [50], [30], repeats=3)
FIGURES = []
"""
FLAT, NESTED = Path("results/tasks_mine"), Path("results/tasks/mine")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("experiments/tasks").mkdir(parents=True)
    Path("experiments/tasks/mine.py").write_text(SCRIPT, encoding="utf-8")
    return tmp_path


def call(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def run(*arguments: str) -> Result:
    result = call("run", "experiments/tasks/mine.py", "--jobs", "1", *arguments)
    assert result.exit_code == 0, result.output
    return result


@pytest.mark.parametrize(
    ("script", "name", "folder"),
    [
        ("experiments/tasks/league.py", "tasks_league", "results/tasks/league"),
        ("experiments/tasks/league.py", "another", "results/tasks/league"),
        ("experiments/tasks/league.py", "tasks_league-tiny", "results/tasks/league-tiny"),
        ("experiments/one.py", "one", "results/one"),
        ("/home/experiments/mine/experiments/a/b.c.py", "x", "results/a/b.c"),
        ("elsewhere/one.py", "two", "results/two"),
        ("elsewhere/experiments.py", "two", "results/two"),
        ("", "two", "results/two"),
    ],
)
def test_the_folder_is_the_path_below_experiments_or_the_name(script: str, name: str, folder: str) -> None:
    assert results_of(name, script) == Path(folder)


def test_every_command_finds_the_nested_folder() -> None:
    assert "3 rows ok, 0 failed (3 new); results/tasks/mine" in run().stderr
    assert "results/tasks/mine" in run("--plan").stdout
    run("--tiny")
    assert Path("results/tasks/mine-tiny/rows.csv").exists()
    for part in ("1/2", "2/2"):
        run("--shard", part)
    whole = (NESTED / "rows.csv").read_bytes()
    NESTED.joinpath("rows.journal").unlink()
    NESTED.joinpath("rows.csv").unlink()
    result = call("collect", *(str(shard) for shard in sorted(NESTED.glob("shard-*"))))
    assert "3 rows ok, 0 failed; results/tasks/mine" in result.stderr
    assert (NESTED / "rows.csv").read_bytes() == whole
    assert not FLAT.exists()


def test_a_flat_folder_is_used_and_said_by_every_command() -> None:
    run()
    NESTED.rename(FLAT)
    rows = (FLAT / "rows.csv").read_bytes()
    key = rows.splitlines()[1].partition(b",")[0].decode()
    said = "results/tasks_mine is used, where these results are; move it to results/tasks/mine, where"
    results = [run(), run("--plan"), call("report", str(NESTED)), call("replay", str(NESTED), key, "0")]
    for result in results:
        assert result.exit_code == 0, result.output
        assert result.stderr.count(said) == 1
    assert "(nothing was missing); results/tasks_mine" in results[0].stderr
    assert not NESTED.exists()
    assert (FLAT / "rows.csv").read_bytes() == rows


def hold(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()


@pytest.mark.parametrize(
    ("flat", "nested", "used"),
    [
        ((), (), NESTED),
        (("table.md",), (), FLAT),
        (("table.md",), ("table.md",), NESTED),
        (("rows.journal",), ("table.md",), FLAT),  # the committed files were moved, and the rows left behind
        (("rows.journal",), ("table.md", "rows.journal"), NESTED),
        (("rows.journal",), None, FLAT),
    ],
)
def test_the_rows_say_which_folder_is_used(flat: tuple[str, ...], nested: tuple[str, ...] | None, used: Path) -> None:
    hold(FLAT, *flat)
    hold(NESTED / "of_another_script", "table.md") if nested is None else hold(NESTED, *nested)
    told: list[object] = []
    assert results_of("tasks_mine", "experiments/tasks/mine.py", tell=told.append) == used == existing(NESTED)
    assert len(told) == (used == FLAT)


def test_results_of_others_are_not_moved_aside_with_a_folder() -> None:
    hold(NESTED, "table.md")
    with pytest.raises(FolderError, match="results/tasks is not moved aside, because it holds other results"):
        Folder(Path("results/tasks"), {"name": "tasks", "seed": 0, "schema": 1}, fresh=True)
    hold(Path("results/tasks.d/shard-1-of-2"), "table.md")
    with Folder(Path("results/tasks.d"), {"name": "tasks", "seed": 0, "schema": 1}, fresh=True) as folder:
        assert folder.notes == ["what was there is now in results/tasks.d.1"]
