"""Pages that are executed: their blocks of code, what these print, and the numbers that the text quotes.

    PYTHONPATH=docs/_ext python -m sitepages.blocks docs/start/five_minutes.md ...

runs pages, by default all, without a notebook's kernel and prints what each prints, its time, and the numbers of its
text that nothing prints or asserts.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import sys
import time
import types
from pathlib import Path
from typing import NamedTuple

CELL = re.compile(r"^```\{code-cell\}[^\n]*\n(?P<options>(?::[^\n]*\n)*)(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
NUMBER = re.compile(r"(?<![\w.,/-])-?\d+\.\d+(?:e-?\d+)?(?![\w.]*\w)|(?<![\w.,/-])\d+e-\d+")
SETTING = re.compile(
    r"```.*?```|`[^`]*`|\]\([^)]*\)|^---\n.*?\n---\n|arXiv \S+|(?:Theorem|Lemma|Definition|Assumption|Example) [\d.]+",
    re.MULTILINE | re.DOTALL,
)  # what is no number of the text: code, links, the head, names of theorems
MOST_LINES = 40


class Cell(NamedTuple):
    """A block of code, and whether a reader sees it."""

    code: str
    shown: bool


def cells(page: Path) -> list[Cell]:
    """Blocks of a page, in order."""
    found = CELL.finditer(page.read_text(encoding="utf-8"))
    return [Cell(m["code"], "remove-cell" not in m["options"]) for m in found]


def executed(docs: Path) -> list[Path]:
    """Pages below docs/ that are notebooks."""
    folders = (docs / name for name in ("start", "lecture", "concepts", "howto"))
    pages = [*docs.glob("*.md"), *(page for folder in folders for page in sorted(folder.glob("*.md")))]
    return [page for page in pages if cells(page)]


def run(page: Path) -> str:
    """Execute the blocks of a page in its folder, as its notebook does; return what they print."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    module = types.ModuleType("page_" + page.stem)
    vars(module)["display"] = print
    said, before = io.StringIO(), Path.cwd()
    os.chdir(page.parent)
    sys.modules[module.__name__] = module  # classes of a page are looked up there
    try:
        with contextlib.redirect_stdout(said), mpl.rc_context():
            for cell in cells(page):
                exec(compile(cell.code, str(page), "exec"), vars(module))
    finally:
        os.chdir(before)
        del sys.modules[module.__name__]
        plt.close("all")
    return said.getvalue()


def unheld(page: Path, said: str) -> list[str]:
    """Decimal numbers of the text that the blocks neither print nor hold in their code."""
    known = said + "".join(cell.code for cell in cells(page))
    held = {float(n) for n in re.findall(r"-?\d*\.\d+(?:e[-+]?\d+)?|-?\d+e[-+]?\d+", known)}
    text = SETTING.sub(" ", CELL.sub(" ", page.read_text(encoding="utf-8")))
    return [n for n in NUMBER.findall(text) if float(n) not in held and -float(n) not in held]


def main(pages: list[Path]) -> int:
    """Exit status."""
    wrong = 0
    for page in pages:
        start = time.perf_counter()
        said = run(page)
        lines = sum(len(cell.code.splitlines()) for cell in cells(page) if cell.shown)
        loose = unheld(page, said)
        wrong += bool(loose)
        print(f"== {page}: {time.perf_counter() - start:.2f} s, {lines} lines, not held: {loose}\n{said}")
    return bool(wrong)


if __name__ == "__main__":
    named = [Path(name).resolve() for name in sys.argv[1:]]
    sys.exit(main(named or executed(Path(__file__).resolve().parents[2])))
