"""The pages that stand beside the scripts, experiments/README.md and those below it, as pages of the site."""

from __future__ import annotations

import os
import re
from pathlib import Path

LINK = re.compile(r"\]\((?!https?:|#)([^)#\s]+)(#\w+)?\)")
PLACE = "generated/studies"  # below docs/


def pages_of(root: Path) -> dict[Path, str]:
    """Page beside the scripts -> its name below docs/generated/studies/."""
    found = sorted((root / "experiments").rglob("README.md"))
    return {path: path.parent.relative_to(root).as_posix().replace("/", "-") + ".md" for path in found}


def pages(root: Path) -> dict[str, str]:
    """Their text, with links from the place where they stand on the site."""
    names, home = pages_of(root), root / "docs" / PLACE

    def moved(path: Path) -> str:
        def link(match: re.Match[str]) -> str:
            target = (path.parent / match[1]).resolve()
            to = names[target] if target in names else Path(os.path.relpath(target, home)).as_posix()
            return f"]({to}{match[2] or ''})"

        return LINK.sub(link, path.read_text(encoding="utf-8"))

    return {f"studies/{name}": moved(path) for path, name in names.items()}
