"""The index of a tree of results folders: a table of links, without a script."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from testbed.explorer.document import part

__all__ = ["Entry", "index_of"]


@dataclass(frozen=True)
class Entry:
    """One line: name, link, numbers of cells and laws, declared panels, and the SHA-256 of summary.csv."""

    name: str
    link: str
    cells: int
    laws: int
    panels: Sequence[Mapping[str, Any]]
    sha: str


def index_of(name: str, entries: Sequence[Entry]) -> str:
    """The page that links to the pages of all folders."""
    lines = "\n".join(_line(entry) for entry in entries)
    page = part("page", "index.html").replace("<!--style-->", part("page", "page.css"))
    return page.replace("<!--title-->", html.escape(name)).replace("<!--lines-->", lines)


def _line(entry: Entry) -> str:
    titles = "; ".join(html.escape(panel["title"]) for panel in entry.panels)
    name = re.sub("([/_])", r"\1<wbr>", html.escape(entry.name))  # where a narrow window may break it
    return (
        f'<tr><th scope="row"><a href="{html.escape(entry.link)}">{name}</a></th>'
        f"<td>{entry.cells}</td><td>{entry.laws}</td><td>{titles}</td><td><code>{entry.sha}</code></td></tr>"
    )
