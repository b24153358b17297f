"""Pages of the site that are written from the package and the committed results when it is built."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sitepages import api, columns, commands, gallery, ledger, studies
from sitepages.docstrings import escape, signature, unsaid
from sitepages.links import rewrite

ROOT = Path(__file__).resolve().parents[3]


def pages() -> dict[str, str]:
    """Text of every generated page, by its path below docs/generated/."""
    found: dict[str, str] = {}
    for module in (api, columns, commands, gallery, ledger, studies):
        found |= module.pages(ROOT)
    return found


def write(app: Any) -> None:
    """Write what changed and remove what is no longer generated, so that a second build reads nothing again."""
    folder, wanted = Path(app.srcdir) / "generated", pages()
    for path in folder.rglob("*.md"):
        if path.relative_to(folder).as_posix() not in wanted:
            path.unlink()
    for name, text in wanted.items():
        path = folder / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")


def setup(app: Any) -> dict[str, bool]:
    """What Sphinx calls."""
    app.connect("builder-inited", write)
    app.connect("autodoc-process-signature", signature)
    app.connect("autodoc-skip-member", unsaid)
    app.connect("source-read", rewrite)
    app.connect("autodoc-process-docstring", escape, priority=100)  # before numpydoc, which writes markup of its own
    return {"parallel_read_safe": True, "parallel_write_safe": True}
