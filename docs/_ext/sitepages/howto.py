"""The how-to pages that show scripts and commands: they are tried as they stand, in a folder of their own.

    PYTHONPATH=docs/_ext python -m sitepages.howto

prints each line whose exit status is not the one that the page says (0, or ``# exit status 1`` behind it), and exits
with 1 if there is one.
"""

from __future__ import annotations

import contextlib
import re
import shlex
import sys
import tempfile
from pathlib import Path

from click.testing import CliRunner

from sitepages.blocks import cells
from testbed.cli import main as testbed

BLOCK = re.compile(r"^```(python|sh)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SCRIPT = re.compile(r"# (\w+\.py)\n")
ELSEWHERE = re.compile(r"dask |sbatch |.* --dask ")  # other programs, and a cluster: tests/faults/test_dask.py


def pages(docs: Path) -> list[Path]:
    """How-to pages that are no notebooks."""
    return [page for page in sorted((docs / "howto").glob("*.md")) if not cells(page)]


def tried(page: Path) -> list[str]:
    """Write the scripts of a page into the current folder and give its commands; what went otherwise than it says."""
    wrong = []
    for kind, text in BLOCK.findall(page.read_text(encoding="utf-8")):
        name = SCRIPT.match(text)
        if kind == "python" and name:
            Path(name[1]).write_text(text, encoding="utf-8")
        elif kind == "python":
            wrong.append(f"{page.name}: a script does not begin with its name")
        else:
            wrong += [f"{page.name}: {line}: {said}" for line in text.splitlines() if (said := fault(line))]
    return wrong


def fault(line: str) -> str:
    """What is wrong with the exit status of a line; empty if it is the one that stands behind it, or is not ours."""
    if ELSEWHERE.match(line):
        return ""
    wanted = re.search(r"# exit status (\d)", line)
    status = _status(_words(line))
    return "" if status == (int(wanted[1]) if wanted else 0) else f"exit status {status}"


def _words(line: str) -> list[str]:
    """Words of a line: patterns become paths, KEY and REP those of the first row that failed."""
    words = shlex.split(line, comments=True)
    if "KEY" in words:
        words[-2:] = _failed(Path(words[2]))
    return [path for word in words for path in (sorted(map(str, Path().glob(word))) if "*" in word else [word])]


def _failed(folder: Path) -> tuple[str, str]:
    import pandas as pd

    rows = pd.read_csv(folder / "rows.csv", dtype=str)
    first = rows[rows["status"] == "failed"].iloc[0]
    return str(first["key"]), str(first["rep"])


def _status(words: list[str]) -> int | str:
    if words[0] == "cmp":
        return int(Path(words[1]).read_bytes() != Path(words[2]).read_bytes())
    if words[0] != "testbed":
        return f"of {words[0]} is not known"
    if words[1] == "run" and "--jobs" not in words:
        words = [*words, "--jobs", "1"]
    return CliRunner().invoke(testbed, words[1:]).exit_code


def main(docs: Path) -> int:
    """Exit status."""
    wrong = []
    for page in pages(docs):
        with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
            wrong += tried(page)
    print(*wrong, sep="\n", end="\n" if wrong else "")
    print(f"how-to pages: {len(pages(docs))} tried, {len(wrong)} lines wrong")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parents[2]))
