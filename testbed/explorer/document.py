"""One HTML file from its parts: style, vendored libraries, the page's own scripts, and the data of a folder."""

from __future__ import annotations

import hashlib
import html
import json
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

__all__ = ["SCRIPTS", "document", "libraries", "part"]

# In the order in which they stand in the page: each uses what those before it define.
SCRIPTS = (
    "data", "state", "numbers", "series", "lines", "bars", "maps", "python", "copies", "row", "table", "dials",
    "controls", "main",
)  # fmt: skip


def document(name: str, data: Mapping[str, Any]) -> str:
    """The page of a folder: it asks for nothing, and runs no script but its own, which are named by their hashes."""
    own = "".join(f"\n// {script}.js\n{part('page', f'{script}.js')}" for script in SCRIPTS)
    scripts = [*(text for _, text in libraries()), f"(() => {{\n'use strict';\n{own}\n}})();\n"]
    hashes = " ".join(f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in scripts)
    style = "style-src 'unsafe-inline'; img-src data:"  # Plot writes both: its style, and the colours of a legend
    policy = f"default-src 'none'; script-src {hashes}; {style}; base-uri 'none'; form-action 'none'"
    texts = {
        "policy": policy,
        "title": html.escape(name),
        "style": part("page", "page.css"),
        "licences": "\n\n".join(said for said, _ in libraries()),
        "data": _inside(json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)),
        "scripts": "\n".join(f"<script>{text}</script>" for text in scripts),
    }
    page = part("page", "page.html")
    for key, text in texts.items():
        before, mark, after = page.partition(f"<!--{key}-->")
        if not mark:
            raise ValueError(f"page.html has no place for {key}")
        page = before + text + after
    return page


def _inside(text: str) -> str:
    """JSON that can stand in a script element: nothing in it ends the element."""
    return text.replace("<", "\\u003c")


@cache
def part(folder: str, name: str) -> str:
    """Text of a file that belongs to the package."""
    return (files("testbed.explorer") / folder / name).read_text(encoding="utf-8")


@cache
def libraries() -> tuple[tuple[str, str], ...]:
    """The vendored libraries, as published: what they are with their licence, and their text.

    Raises
    ------
    ValueError
        If one of them is not the file whose SHA-256 is recorded.
    """
    found = []
    for entry in json.loads(part("vendored", "vendored.json")):
        text = part("vendored", entry["file"])
        if hashlib.sha256(text.encode()).hexdigest() != entry["sha256"]:
            raise ValueError(f"{entry['file']} is not {entry['name']} {entry['version']} as it was published")
        said = f"{entry['name']} {entry['version']}, SHA-256 {entry['sha256']}\n\n{part('vendored', entry['licence'])}"
        found.append((said.strip(), text))
    return tuple(found)
