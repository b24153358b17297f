"""Every command that a page shows is one that there is: its options parse, and the files that it names exist."""

from __future__ import annotations

import re
import shlex

import click
import pytest

from testbed.cli import main
from tests.committed import ROOT

PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "experiments").rglob("README.md")),
]
LINE = re.compile(r"^(?: {4})?(?:\.venv/bin/)?testbed (?P<words>[a-z][^\n]*)$", re.MULTILINE)
SPAN = re.compile(r"`(?:\.venv/bin/)?testbed (?P<words>[a-z]+ [^`\n]*)`")
FILE = re.compile(r"(?:experiments|results)/[\w/.-]+")
OWN = re.compile(r"(?:experiments|results)/(?:mine|my_sweep|paper|leak)\b")  # of a script that the page shows
HEADER = re.compile(r"journal \d")  # first line of a file
PLACE = re.compile(r"\b[A-Z]{3,}|\.\.\.|\$")  # words that a reader replaces


def commands() -> list[tuple[str, str]]:
    """Page and command, for every line of a block and every span of text that is a whole command."""
    texts = {page.relative_to(ROOT).as_posix(): page.read_text(encoding="utf-8").replace("\\\n", "") for page in PAGES}
    texts = {name: text for name, text in texts.items() if "generated/" not in name}
    return [
        (name, m["words"])
        for name, text in texts.items()
        for e in (LINE, SPAN)
        for m in e.finditer(text)
        if not HEADER.match(m["words"])
    ]


def wrong(words: str) -> str:
    """What is wrong with a command, without doing what it says."""
    name, *arguments = shlex.split(words, comments=True)
    command = main.commands.get(name)
    if command is None:
        return f"no command {name}"
    try:
        command.make_context(name, arguments)
    except click.UsageError as error:
        return error.format_message()
    named = [path for path in FILE.findall(words.partition("#")[0]) if not OWN.match(path)]
    lost = [path for path in named if not (ROOT / path).exists()]
    return f"{lost[0]} is not there" if lost else ""


def test_every_command_of_a_page_is_one() -> None:
    whole = [(page, words) for page, words in commands() if not PLACE.search(words.partition("#")[0])]
    assert len(whole) > 50
    found = [(page, words, wrong(words)) for page, words in whole]
    assert [one for one in found if one[2]] == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("rum x.py", "no command rum"),
        ("run x.py --tinny", "No such option"),
        ("report results/nowhere", "results/nowhere is not there"),
        ("run x.py --shard 3", "is not i/N"),
        ("run x.py --tiny   # seconds", ""),
    ],
)
def test_a_command_that_is_none_is_found(words: str, said: str) -> None:
    assert said in wrong(words) and bool(said) == bool(wrong(words))
