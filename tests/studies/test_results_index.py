"""results/ is nested as experiments/ is, its page names every study once, and no link to it is broken."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from testbed.cli import main
from testbed.sweep.folder import results_of
from testbed.sweep.script import experiment_of
from tests.committed import EXPERIMENTS, RESULTS, ROOT

INDEX = (RESULTS / "README.md").read_text(encoding="utf-8")
LINES = [line for line in INDEX.splitlines() if "](../experiments/" in line]
OTHERS = ("benchmarks", "ledger")  # not of a script below experiments/
PAGES = sorted(
    path
    for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *EXPERIMENTS.rglob("*.md"), RESULTS / "README.md"]
    if path.is_file()
)


def scripts(declares: str = r"^(EXPERIMENT|STUDY)\b.*=") -> set[str]:
    """Scripts below experiments/ that `testbed run` runs, without their suffix."""
    found = [path for path in EXPERIMENTS.rglob("*.py") if re.search(declares, path.read_text("utf-8"), re.MULTILINE)]
    return {path.relative_to(EXPERIMENTS).with_suffix("").as_posix() for path in found}


def folders() -> set[str]:
    """Folders of committed results, as the scripts that they are of; not those of tiny runs and shards."""
    tables = {path.parent.relative_to(RESULTS).as_posix() for path in RESULTS.rglob("table.md")}
    return {name for name in tables if not name.endswith("-tiny") and "/shard-" not in name}


def test_the_page_names_every_study_once() -> None:
    said = [re.findall(r"\]\(\.\./experiments/([\w/]+)\.py\)", line) for line in LINES]
    assert sorted(name for (name,) in said) == sorted(folders())
    for name in OTHERS:
        assert f"]({name}/" in INDEX


def test_every_study_has_its_folder_and_every_folder_its_script() -> None:
    """Results stand where `testbed run` writes those of that script."""
    assert scripts() <= folders() <= scripts(r"^(EXPERIMENT\b.*=|STUDY\b.*=|def main\()")


@pytest.mark.parametrize("study", sorted(scripts(r"^EXPERIMENT\b.*=")))
def test_a_sweep_runs_into_its_committed_folder(study: str) -> None:
    path = EXPERIMENTS / f"{study}.py"
    name = experiment_of(path.read_text(encoding="utf-8"), path=str(path)).name
    assert name == study.replace("/", "_")  # what rows are named by did not move with the folders
    assert results_of(name, str(path), RESULTS) == RESULTS / study


@pytest.mark.parametrize(("tiny", "folder"), [([], "lee2021_figure1"), (["--tiny"], "lee2021_figure1-tiny")])
def test_reproduce_writes_into_the_committed_folder(
    tiny: list[str], folder: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """From any directory: what `make reproduce` calls."""
    asked: list[Path] = []

    def instead(source: object, folder: Path, *rest: object) -> None:
        asked.append(folder)
        raise ValueError("enough")

    monkeypatch.setattr("testbed.sweep.runner.run_script", instead)
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["reproduce", "lee2021", *tiny])
    assert "enough" in result.output
    assert asked == [RESULTS / folder]


@pytest.mark.parametrize("line", LINES)
def test_a_line_has_the_question_the_script_and_all_figures(line: str) -> None:
    question, script, figures = (cell.strip() for cell in line.strip("|").split("|"))
    study = script[1:].partition("]")[0]
    assert question.endswith("?") and script == f"[{study}](../experiments/{study}.py)"
    drawn = {path.relative_to(RESULTS).as_posix() for path in (RESULTS / study).glob("*.png")}
    assert set(re.findall(r"\(([^)]*)\)", figures)) == drawn


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_links_to_files_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", text)
    # pages that the site makes are checked where it is built
    files = [target for target in targets if not re.match(r"[a-z]+:|(\.\./)?generated/", target)]
    assert [target for target in files if not (page.parent / target).exists()] == []
