"""Check the built site: links resolve, nothing comes from a network, every public name and label has its place.

    PYTHONPATH=docs/_ext python -m sitepages.check build/docs

Prints what is wrong, one a line, and exits with 1 if anything is.
"""

from __future__ import annotations

import re
import sys
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from urllib.parse import unquote, urlsplit

from sitepages.api import KINDS, home
from sitepages.docstrings import LABEL

LOADED = {"script": "src", "img": "src", "link": "href", "iframe": "src", "source": "src"}
NOT_LOADED = {"canonical", "author", "next", "prev", "search", "index", "genindex"}


class Page(HTMLParser):
    """Anchors of a page, where it leads, and what it loads."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect."""
        given = {name: value or "" for name, value in attrs}
        self.anchors |= {given[name] for name in ("id", "name") if name in given}
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        if tag in LOADED and LOADED[tag] in given and given.get("rel", "") not in NOT_LOADED:
            self.loads.append(given[LOADED[tag]])


def broken(site: Path) -> list[str]:
    """Internal links without a target, and resources of a network."""
    pages = {path: Page(path) for path in sorted(site.rglob("*.html")) if "_static" not in path.relative_to(site).parts}
    found = []
    for path, page in pages.items():
        where = path.relative_to(site)
        found += [f"{where}: loads {load} from a network" for load in page.loads if load.startswith(("http", "//"))]
        for link in dict.fromkeys(page.links + page.loads):
            parts = urlsplit(link)
            if parts.scheme or link.startswith("//"):
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if not target.exists():
                found.append(f"{where}: {link} leads to no file")
            elif parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors | {"top"}:
                found.append(f"{where}: {link} leads to no anchor")
    for style in sorted((site / "_static").rglob("*.css")):
        remote = re.findall(r"url\(['\"]?((?:https?:)?//[^)]+)\)", style.read_text(encoding="utf-8"))
        found += [f"{style.relative_to(site)}: loads {link} from a network" for link in remote]
    return found


def undocumented(site: Path) -> list[str]:
    """Public names that the API lacks."""
    text = "".join(path.read_text(encoding="utf-8") for path in sorted((site / "generated" / "api").glob("*.html")))
    found = []
    for package in KINDS:
        for name in import_module(package).__all__:
            place = home(package, name, getattr(import_module(package), name))
            if f'id="{place}"' not in text:
                found.append(f"{place} is public, and the API lacks it")
    return found


def unresolved(docs: Path) -> list[str]:
    """Labels on the pages that the theory sheet does not define."""
    defined = set(re.findall(r'<a id="(\w+)"></a>', (docs / "theory.md").read_text(encoding="utf-8"))) | {"P12"}
    found = []
    for path in sorted(docs.rglob("*.md")):
        text = path.read_text(encoding="utf-8")
        found += [f"{path.relative_to(docs)}: no label {x}" for x in sorted(set(LABEL.findall(text)) - defined)]
    return found


def main(site: Path) -> int:
    """Exit status."""
    wrong = broken(site) + undocumented(site) + unresolved(Path(__file__).resolve().parents[2])
    print(*wrong, sep="\n", end="\n" if wrong else "")
    pages = list(site.rglob("*.html"))
    size = sum(path.stat().st_size for path in site.rglob("*") if path.is_file()) / 2**20
    print(f"site: {len(pages)} pages, {size:.0f} MiB, {len(wrong)} things wrong")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
