"""Generated pages lack nothing, docstrings are shown as they are written, and the check of the site finds faults."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest
from click import Context
from sitepages import api, check, columns, commands, docstrings, gallery, ledger, links, studies

from testbed import columns as table
from testbed.cli import main
from testbed.theory import STATEMENTS, Sides
from tests.committed import ROOT

PAGE = '<html><body><a id="here"></a>{}</body></html>'


def test_every_column_has_a_line() -> None:
    page = columns.pages(ROOT)["columns.md"]
    assert [name for name in table.COLUMNS if f"| `{name}` |" not in page] == []
    symbols = [column.symbol.replace("|", r"\|") for column in table.COLUMNS.values()]
    assert [symbol for symbol in symbols if symbol and f"${symbol}$" not in page] == []


def test_every_statement_has_a_page_and_every_version_a_section() -> None:
    pages = ledger.pages(ROOT)
    rows = ledger.records(ROOT)
    for statement in {row["statement"] for row in rows}:
        assert f"## `{statement}`" in pages[f"ledger/{statement.partition('(')[0]}.md"]
    assert {f"ledger/{type(s).__name__}.md" for s in STATEMENTS} <= set(pages)
    of_classes = "\n".join(text for name, text in pages.items() if "index" not in name)
    shown = sum(line.startswith("| `") for line in of_classes.splitlines())
    assert shown == len(rows)


def test_every_public_name_is_in_the_api() -> None:
    pages = api.pages(ROOT)
    for package in api.KINDS:
        assert [name for name in api.names(package) if f"\n## {name}\n" not in pages[f"api/{package}.md"]] == []


def test_every_command_is_in_the_reference() -> None:
    page = commands.pages(ROOT)["commands.md"]
    assert all(f"## testbed {name}\n" in page for name in main.list_commands(Context(main)))


def test_every_study_of_the_index_is_in_the_gallery() -> None:
    found = gallery.studies(ROOT)
    named = (ROOT / "results" / "README.md").read_text(encoding="utf-8").count("](../experiments/")
    assert len(found) == named > 20
    assert all(pictures and (ROOT / "results" / p).is_file() for _, _, pictures in found for p in pictures)


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("psi* = A'f*", r"psi\* = A'f\*"),
        ("E[Y | X1]", r"E[Y \| X1]"),
        ("of `a*b` and ``c|d``", "of `a*b` and ``c|d``"),
        ("the name_ of it", r"the name\_ of it"),
        (">>> 2 * 3", ">>> 2 * 3"),
    ],
)
def test_docstrings_are_shown_as_they_are_written(written: str, shown: str) -> None:
    lines = [written]
    docstrings.escape(None, "class", "", None, None, lines)
    assert lines == [shown]


def test_fields_of_named_tuples_are_described_by_their_class() -> None:
    fields = [getattr(Sides, name) for name in Sides._fields]
    assert [docstrings.unsaid(None, "class", "", field, False, None) for field in fields] == [True] * 4
    assert docstrings.unsaid(None, "class", "", Sides.count, False, None) is None
    assert all(f"\n{name} : " in (inspect.getdoc(Sides) or "") for name in Sides._fields)


def test_labels_lead_to_the_theory_sheet() -> None:
    assert docstrings.linked("(I6) and Q9", {"I6"}, "theory.md") == "([I6](theory.md#I6)) and Q9"
    assert {"I6", "T1", "F1"} <= ledger.known_labels(ROOT)


def test_links_to_files_of_the_repository_become_downloads(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "script.py").write_text("", encoding="utf-8")
    source = ["[the `script`](../script.py), [page](other.md), [lost](../lost.py), [I6](theory.md#I6)"]
    app = type("App", (), {"srcdir": str(tmp_path / "docs")})
    links.rewrite(app, "page", source)
    assert source == ["{download}`the script <../script.py>`, [page](other.md), [lost](../lost.py), [I6](theory.md#i6)"]


def test_a_page_of_wide_code_has_the_whole_width(tmp_path: Path) -> None:
    """The list of sections beside a page would hide the ends of its lines."""
    app = type("App", (), {"srcdir": str(tmp_path / "docs")})
    remove = "---\nhtml_theme.sidebar_secondary.remove: true\n---\n"
    long, short = 95 * "x", 60 * "x"
    for text, wide in (
        (f"    {long}\n", True),
        (f"```python\n{short}\n{long}\n```\n", True),
        (f"    {short}\n", False),
        (f"```python\n{short}\n```\n{long}\n", False),
    ):
        source = [text]
        links.rewrite(app, "page", source)
        assert source == [remove + text if wide else text]


def test_pages_beside_the_scripts_are_pages_of_the_site(tmp_path: Path) -> None:
    (tmp_path / "experiments" / "tasks").mkdir(parents=True)
    (tmp_path / "docs").mkdir()
    (tmp_path / "experiments" / "README.md").write_text("[tasks](tasks/README.md) [files](../docs/files.md)", "utf-8")
    (tmp_path / "experiments" / "tasks" / "README.md").write_text("[I6](../../docs/theory.md#I6) [a](a.png)", "utf-8")
    assert studies.pages(tmp_path) == {
        "studies/experiments.md": "[tasks](experiments-tasks.md) [files](../../files.md)",
        "studies/experiments-tasks.md": "[I6](../../theory.md#I6) [a](../../../experiments/tasks/a.png)",
    }
    source = ["[tasks](../experiments/tasks/README.md)"]
    links.rewrite(type("App", (), {"srcdir": str(tmp_path / "docs")}), "page", source)
    assert source == ["[tasks](/generated/studies/experiments-tasks.md)"]


@pytest.mark.parametrize(
    ("body", "fault"),
    [
        ('<a href="other.html">x</a>', "other.html leads to no file"),
        ('<a href="#there">x</a>', "#there leads to no anchor"),
        ('<a href="index.html#there">x</a>', "index.html#there leads to no anchor"),
        ('<img src="lost.png">', "lost.png leads to no file"),
        ('<script src="https://cdn.example/x.js"></script>', "loads https://cdn.example/x.js from a network"),
        ('<a href="#here">x</a> <a href="https://example.org">y</a>', ""),
    ],
)
def test_the_check_finds_broken_links(body: str, fault: str, tmp_path: Path) -> None:
    (tmp_path / "_static").mkdir()
    (tmp_path / "index.html").write_text(PAGE.format(body), encoding="utf-8")
    assert check.broken(tmp_path) == ([f"index.html: {fault}"] if fault else [])


def test_the_check_finds_names_and_labels_without_a_place(tmp_path: Path) -> None:
    assert len(check.undocumented(tmp_path)) == sum(len(api.names(package)) for package in api.KINDS)
    (tmp_path / "theory.md").write_text('<a id="I6"></a>**I6.**', encoding="utf-8")
    (tmp_path / "page.md").write_text("By I6 and I99.", encoding="utf-8")
    assert check.unresolved(tmp_path) == ["page.md: no label I99"]


def test_a_dataclass_shows_its_settings() -> None:
    for name, thing in api.names("testbed.generators").items():
        if inspect.isclass(thing) and hasattr(thing, "__dataclass_fields__") and thing.__dataclass_fields__:
            found = docstrings.signature(None, "class", name, thing, None, None, None)
            assert found is not None and all(field in found[0] for field in inspect.signature(thing).parameters), name
