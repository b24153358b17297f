"""Docstrings are plain English: what a page's markup would read as emphasis or as a formula is escaped."""

from __future__ import annotations

import inspect
import re
from typing import Any

LABEL = re.compile(r"(?<![\w@.`])([AIFTPMV][1-9][0-9]?[a-d]?)(?![\w(=])")

WIDE = "---\nhtml_theme.sidebar_secondary.remove: true\n---\n"  # before a page whose table needs the whole width


def _outside_literals(pattern: str, replacement: str, line: str) -> str:
    parts = re.split(r"(``.+?``|`[^`]+`)", line)
    return "".join(p if i % 2 else re.sub(pattern, replacement, p) for i, p in enumerate(parts))


def escape(app: Any, what: str, name: str, thing: Any, options: Any, lines: list[str]) -> None:
    """Escape stars, bars and closing underscores of a docstring, outside literals, blocks of code and examples."""
    code = False
    for i, line in enumerate(lines):
        bare = line.strip()
        code = bare.startswith(">>>") or (code and bool(bare))
        if not code:
            lines[i] = _outside_literals(r"\\|\*|\||_(?=\W|$)", r"\\\g<0>", line)


def signature(
    app: Any, what: str, name: str, thing: Any, options: Any, given: str | None, returns: str | None
) -> tuple[str, str | None] | None:
    """The settings of a dataclass with their defaults, where its construction is wrapped."""
    if what != "class" or not hasattr(thing, "__dataclass_fields__"):
        return None
    own = inspect.signature(thing.__init__).parameters.values()
    bare = [p.replace(annotation=inspect.Parameter.empty) for p in own if p.name != "self"]
    return str(inspect.Signature(bare)), None


def unsaid(app: Any, what: str, name: str, thing: Any, skip: bool, options: Any) -> bool | None:
    """Leave out fields of a named tuple, which its docstring describes: Python says of them what number they have."""
    return True if str(getattr(thing, "__doc__", "")).startswith("Alias for field number") else None


def markdown(text: str) -> str:
    """Plain text as Markdown that shows the same characters."""
    return _outside_literals(r"[\\*_|<>\[\]$#~{}]", r"\\\g<0>", text)


def cell(text: str) -> str:
    """Plain text as a cell of a table."""
    return " ".join(markdown(text).split())


def code(text: str) -> str:
    """A formula or a name as code, also in a cell of a table."""
    mark = "``" if "`" in text else "`"
    return f"{mark}{text}{mark}".replace("|", "\\|") if text else ""


def linked(text: str, known: set[str], sheet: str) -> str:
    """Text in Markdown whose labels, I6 or T1, lead to the theory sheet."""
    return LABEL.sub(lambda m: f"[{m[1]}]({sheet}#{m[1]})" if m[1] in known else m[1], text)


def parts(thing: Any) -> tuple[str, str]:
    """Summary and the rest of a docstring up to its sections, as paragraphs of plain text."""
    text = inspect.getdoc(thing) or ""
    body = re.split(r"\n\w[\w ]*\n---+\n", text)[0].strip()
    first, _, rest = body.partition("\n\n")
    return " ".join(first.split()), rest.strip()
