"""How-to pages of scripts and commands are tried when the site is built; here one of them, and what finds faults."""

from __future__ import annotations

from pathlib import Path

import pytest
from sitepages import howto
from sitepages.blocks import cells

from tests.committed import ROOT

PAGE = "```python\n# one.py\nx = 1\n```\n\n```sh\ntestbed --version\n{}\n```\n"


def test_every_page_shows_commands() -> None:
    found = howto.pages(ROOT / "docs")
    texts = {page.stem: page.read_text(encoding="utf-8") for page in found}
    assert {"slurm_arrays", "dask", "failed_row", "killed_run", "same_bytes", "figure_into_a_paper"} <= set(texts)
    assert [name for name, text in texts.items() if "```sh\n" not in text] == []


def test_a_page_is_tried(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert howto.tried(ROOT / "docs" / "howto" / "slurm_arrays.md") == []
    assert Path("leak.py").is_file() and Path("results/leak/rows.csv").is_file()


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("testbed run lost.py", "exit status 2"),
        ("testbed run lost.py    # exit status 2", ""),
        ("testbed run lost.py --dask tcp://HOST:8786", ""),
        ("frobnicate", "exit status of frobnicate is not known"),
    ],
)
def test_a_line_that_goes_otherwise_is_found(
    line: str, wrong: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("page.md").write_text(PAGE.format(line), encoding="utf-8")
    assert howto.tried(Path("page.md")) == ([f"page.md: {line}: {wrong}"] if wrong else [])


def test_two_published_simulations_are_under_fifteen_lines_each() -> None:
    """Law, experiment, run and figure; `tests/docs/test_pages.py` executes them."""
    _, masks, redundant, _ = cells(ROOT / "docs" / "howto" / "published_simulations.md")
    for cell in (masks, redundant):
        assert len([line for line in cell.code.splitlines() if line.strip()]) < 15
        assert all(word in cell.code for word in ("SampledLaw(", "Experiment(", "run(", "plots.relplot("))
