"""Pages written for the repository, as pages of the site: their anchors, and their links to files outside docs/."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from sitepages.studies import PLACE, pages_of

LINK = re.compile(r"(?<!!)\[(?P<text>[^\]\[]*)\]\((?P<path>\.\./[^)#\s]+)\)")

NOTEBOOK = "---\nfile_format: mystnb\n"  # how a page that is executed begins
WIDE_CODE = re.compile(r"^ {4}\S.{85}|^```python\n(?:(?!```).*\n)*?(?!```).{90}", re.MULTILINE)  # in a block of code


def rewrite(app: Any, name: str, source: list[str]) -> None:
    """Make anchors of a page known to links, and links to files of the repository downloads.

    Identifiers of the site's tool are in small letters; the anchor as it is written stays beside them.
    """
    folder = (Path(app.srcdir) / name).parent
    docs = Path(app.srcdir).resolve()

    studies = pages_of(docs.parent)

    def download(match: re.Match[str]) -> str:
        path = (folder / match["path"]).resolve()
        if path in studies:
            return f"[{match['text']}](/{PLACE}/{studies[path]})"
        if path.is_relative_to(docs) or not path.is_file():
            return match[0]
        words = " ".join(match["text"].replace("`", "").split())
        return f"{{download}}`{words} <{match['path']}>`"

    remove = "html_theme.sidebar_secondary.remove: true\n"  # code is wide
    text = source[0].replace(NOTEBOOK, f"{NOTEBOOK}{remove}", 1)
    if WIDE_CODE.search(text) and not text.startswith("---") and "/" not in name:
        text = f"---\n{remove}---\n{text}"
    text = re.sub(r'<a id="(\w+)"></a>', lambda m: f"{m[0]}[]{{#{m[1].lower()}}}", text)
    text = re.sub(r"(theory\.md#)(\w+)\)", lambda m: f"{m[1]}{m[2].lower()})", text)
    source[0] = LINK.sub(download, text)
