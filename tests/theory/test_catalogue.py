"""The catalogue is kept once: testbed.theory names what its files publish, the ledger runs and the sheet lists."""

from __future__ import annotations

import csv
import re
from collections import Counter
from importlib import import_module
from inspect import isabstract
from pathlib import Path
from pkgutil import iter_modules

import pytest

import testbed.theory
from testbed.keys import canonical
from testbed.theory import STATEMENTS, Statement

ROOT = Path(__file__).parents[2]
FILES = [import_module(f"testbed.theory.{file.name}") for file in iter_modules(testbed.theory.__path__)]
NAMED = list(dict.fromkeys(type(s).__name__ for s in STATEMENTS))


def line(statement: type[Statement]) -> str:
    """The line of a statement in the table of docs/theory.md."""
    cells = (f"`{statement.__name__}`", statement.claim, statement.kind, statement.source)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def test_every_statement_of_a_file_is_named_once() -> None:
    published = [(name, getattr(file, name)) for file in FILES for name in file.__all__]
    classes = [c for _, c in published if isinstance(c, type) and issubclass(c, Statement) and not isabstract(c)]
    forgotten = {c.__name__ for c in classes} - set(testbed.theory.__all__)
    assert not forgotten, f"missing in __all__ of testbed.theory: {sorted(forgotten)}"
    twice = [name for name, n in Counter(testbed.theory.__all__).items() if n > 1]
    elsewhere = [name for name, n in Counter(name for name, _ in published).items() if n > 1]
    assert not twice and not elsewhere
    for name in testbed.theory.__all__:
        assert getattr(testbed.theory, name) is dict(published).get(name, STATEMENTS)


def test_versions_are_settings_of_their_own_class() -> None:
    texts = [canonical(s) for s in STATEMENTS]
    assert len(set(texts)) == len(texts) == sum(len(getattr(testbed.theory, name).versions) for name in NAMED)


def test_a_subclass_has_no_versions_of_its_base() -> None:
    class Narrower(testbed.theory.IntrinsicBound):
        """A statement that says nothing of its versions."""

    assert Narrower.versions == ({},) != testbed.theory.IntrinsicBound.versions


def test_the_committed_ledger_holds_every_version_in_this_order() -> None:
    with (ROOT / "results" / "ledger" / "ledger.csv").open(encoding="utf-8", newline="") as file:
        found = list(dict.fromkeys(row["statement"] for row in csv.DictReader(file)))
    assert found == [canonical(s) for s in STATEMENTS], "run testbed check"


def test_the_sheet_lists_every_statement() -> None:
    text = (ROOT / "docs" / "theory.md").read_text(encoding="utf-8").partition("## The statements that are checked")[2]
    found = [row for row in text.splitlines() if re.match(r"\| `\w+` \|", row)]
    expected = [line(getattr(testbed.theory, name)) for name in NAMED]
    assert found == expected, "the table in docs/theory.md should read:\n" + "\n".join(expected)


def test_a_name_that_is_none_is_refused_with_what_was_meant() -> None:
    with pytest.raises(AttributeError, match="no attribute 'ZeroErrors'; did you mean ZeroError"):
        _ = testbed.theory.ZeroErrors
