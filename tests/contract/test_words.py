"""One word for one thing: what the table 'Words' of CONTRIBUTING rules out is not said, and a docstring is a phrase."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
NAMES = re.compile(
    r"``[^`]*``|`[^`]*`|^ *[\w, ]+ : .*$|^\w+ has shape|^ *(?:>>>|\.\.\.) .*$|^ {4,}\$? ?testbed .*$", re.MULTILINE
)


def table() -> dict[str, list[str]]:
    """Words of the table, each with those that are never said in its place."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").split("\n## Words\n")[1].split("\n## ")[0]
    lines = [re.split(r"(?<!\\)\|", line.strip("|")) for line in text.splitlines() if line.startswith("| ")]
    return {word.strip(): re.findall(r"\*([^*]+)\*", never) for word, _, never in lines[1:]}


@cache
def code() -> tuple[list[tuple[str, str]], list[str]]:
    """Place and text of every string of three words or more; and each docstring that says no more than three."""
    found, short = [], []
    for path in sorted((ROOT / "testbed").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant):
                if isinstance(node.value, str) and len(node.value.split()) > 2:
                    found.append((f"{path.relative_to(ROOT)}:{node.lineno}", node.value))
            elif isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_"):
                words = ast.get_docstring(node)
                if words and len(words.split()) <= 3:
                    short.append(f"{path.relative_to(ROOT)}:{node.lineno}: {node.name}: {words}")
    return found, short


def texts() -> list[tuple[str, str]]:
    """Place and text: the documentation, and the strings of the code."""
    pages = [(path.name, path.read_text(encoding="utf-8")) for path in sorted((ROOT / "docs").glob("*.md"))]
    return pages + code()[0]


def said(text: str, words: list[str]) -> list[str]:
    """Which of some words a text says; names, as in backticks or before the colon of a parameter, are not words."""
    pattern = r"(?<![\w.-])(" + "|".join(map(re.escape, sorted(words, key=len, reverse=True))) + r")s?(?![\w(=-])"
    return re.findall(pattern, NAMES.sub("", text), flags=re.IGNORECASE)


def test_no_word_is_ruled_out_twice_or_is_a_word_of_the_table() -> None:
    never = [word for words in table().values() for word in words]
    assert len(table()) > 20 and len(never) == len(set(never))
    assert not set(never) & set(table())


def test_words_that_are_ruled_out_are_not_said() -> None:
    never = [word for words in table().values() for word in words]
    found = [f"{place}: {word}" for place, text in texts() for word in said(text, never)]
    assert not found, "\n".join(found)


def test_a_docstring_says_more_than_three_words() -> None:
    assert not code()[1], "\n".join(code()[1])


def test_a_word_is_found_where_it_is_said_and_a_name_is_none() -> None:
    text = "A knob of the `readout`.\n\nreadout : (T, k)\n    Its read-outs."
    assert said(text, ["knob", "readout"]) == ["knob"]
    assert said("Two readouts.", ["readout"]) == ["readout"]
