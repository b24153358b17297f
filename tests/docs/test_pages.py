"""Pages that are executed: their blocks run, hold the numbers that the text quotes, and are short."""

from __future__ import annotations

from pathlib import Path

import pytest
from sitepages import blocks

from tests.committed import ROOT

PAGES = blocks.executed(ROOT / "docs")
LECTURE = [page for page in PAGES if page.parent.name == "lecture"]
SLOW = {"04_the_vae"}  # trains a network where jax is there
HERE = [  # `make docs` runs all
    page
    for page in PAGES
    if page.stem not in SLOW and (page.parent.name != "howto" or page.stem == "published_simulations")
]


@pytest.mark.parametrize("page", HERE, ids=lambda page: page.stem)
def test_a_page_runs_and_holds_its_numbers(page: Path) -> None:
    assert blocks.unheld(page, blocks.run(page)) == []


@pytest.mark.parametrize("page", LECTURE, ids=lambda page: page.stem)
def test_a_page_of_the_lecture_is_short(page: Path) -> None:
    shown = [cell.code for cell in blocks.cells(page) if cell.shown]
    assert 1 <= sum(code.count("\n") for code in shown) <= blocks.MOST_LINES
    assert any("plt." in code for code in shown), "each has a picture"


def test_every_line_of_a_page_fits() -> None:
    folders = ("start", "lecture", "concepts", "howto")
    pages = [page for folder in folders for page in (ROOT / "docs" / folder).glob("*.md")]
    lines = [(page.name, line) for page in pages for line in page.read_text(encoding="utf-8").splitlines()]
    assert [found for found in lines if len(found[1]) > 120 and not found[1].startswith(("$$", "|"))] == []


def test_a_number_that_nothing_holds_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A page\n\nIt is 0.25, not 0.35 or `0.45`.\n\n```{code-cell}\nprint(1 / 4)\n```\n", "utf-8")
    assert blocks.unheld(page, blocks.run(page)) == ["0.35"]
    assert blocks.unheld(page, "0.25 0.35") == []
