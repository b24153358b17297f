"""Every label of a statement that code or documentation cites is defined in docs/theory.md, once."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHEET = ROOT / "docs" / "theory.md"
LABEL = re.compile(r"(?<![\w@.])([AIFTPMV][1-9][0-9]?[a-d]?)(?![\w(=])")
OTHERS = {"P12"}  # the joint table of two views, a matrix and no label
FOLDERS = ("testbed", "experiments", "docs")


def cited() -> Iterator[tuple[str, str]]:
    """File and label, for each place that cites one; a name that is assigned to in a script is no citation."""
    files = [p for folder in FOLDERS for kind in ("*.py", "*.md") for p in sorted((ROOT / folder).rglob(kind))]
    for path in [*files, ROOT / "README.md", ROOT / "CONTRIBUTING.md"]:
        text = path.read_text(encoding="utf-8")
        assigned = set(re.findall(r"^([AIFTPMV]\d+)\b.*=", text, flags=re.M)) if path.suffix == ".py" else set()
        for label in LABEL.findall(text):
            if label not in OTHERS | assigned:
                yield str(path.relative_to(ROOT)), label


def defined() -> list[str]:
    return re.findall(r'<a id="([AIFTPMV]\d+[a-d]?)"></a>', SHEET.read_text(encoding="utf-8"))


def test_each_label_is_defined_once() -> None:
    twice = [label for label, n in Counter(defined()).items() if n > 1]
    assert not twice


def test_each_citation_resolves() -> None:
    known = set(defined())
    lost = sorted({f"{path}: {label}" for path, label in cited() if label not in known})
    assert not lost, "\n".join(lost)


def test_citations_are_found() -> None:
    """The search sees the labels that are certainly cited, so an empty result would not pass in silence."""
    assert {"I6", "I14", "F1", "T1", "M3", "P6"} <= {label for _, label in cited()}
