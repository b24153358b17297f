"""A test finds its place: every module has a test file of its name, or the table in CONTRIBUTING names one."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
FOLDERS = {"": "contract", "pretexts": "learners", "regressors": "learners"}  # of tests, where the name is another one


@cache
def modules() -> list[str]:
    """Every module as in the table, "laws/mixture"."""
    paths = (path.relative_to(ROOT / "testbed") for path in (ROOT / "testbed").rglob("*.py"))
    return sorted(path.with_suffix("").as_posix() for path in paths if path.name != "__init__.py")


def own(module: str) -> Path:
    """The test file that has the name of a module."""
    package, _, name = module.rpartition("/")
    top = package.split("/")[0]
    return ROOT / "tests" / FOLDERS.get(top, top) / f"test_{name.strip('_')}.py"


def table() -> list[tuple[str, str]]:
    """Test file and module, for each module of each row."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## Which test covers what")[2]
    found = []
    for test, covered in re.findall(r"^\| (\w+/test_\w+) \| (.+) \|$", text.partition("\n## ")[0], re.MULTILINE):
        for group in covered.split("; "):
            package = re.match(r"[\w/]*", group)[0]  # type: ignore[index]
            found += [(test, package + name) for name in re.findall(r"`(\w+)`", group)]
    return found


def test_every_module_has_a_test_file() -> None:
    named = {module for _, module in table()}
    without = [module for module in modules() if not own(module).is_file() and module not in named]
    assert not without, f"a test file of the name, or a place in the table of CONTRIBUTING: {without}"


def test_the_table_names_what_is_there_once() -> None:
    rows = table()
    assert len(rows) > 100, "the table of CONTRIBUTING is not read"
    gone = [test for test, _ in rows if not (ROOT / "tests" / f"{test}.py").is_file()]
    gone += [module for _, module in rows if module not in modules()]
    twice = [module for module, n in Counter(module for _, module in rows).items() if n > 1]
    needless = [module for _, module in rows if own(module).is_file()]
    assert not gone and not twice and not needless, (gone, twice, needless)
