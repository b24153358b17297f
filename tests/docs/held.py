"""Numbers that a page quotes of committed results: each stands in a sentence, and is read from the file it is from.

    Said("OLS on x1 ({} at k = 5, {} at k = 35)", few, many)

is a piece of the page with a hole for each result; what the page prints there must be the number, rounded to the
digits that are printed; where several are one printed number, each must be. ``{<}`` is a number that the page prints
as the most it is, ``{>}`` as the least. Numbers of the piece that stand in no hole are dials, sizes and constants; a
piece without holes lists such. What is computed and not read is held ``by`` another test, "folder/file.py::name"
below tests/: the results of the piece stand in the text of that test or of what it uses, or it reads the page. Lines
of a page are joined and code is taken out before a piece is looked for.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from tests.committed import ROOT, committed

ASIDE = re.compile(
    r"^---\n.*?\n---\n|```.*?```|^(?:    [^\n]*\n)+|`[^`]*`|\]\([^)]*\)|<a [^>]*></a>|arXiv \S+"
    r"|(?:Theorems?|Lemma|Definition|Assumption|Example|Remark|[Ss]ection) [\d.]+(?: and [\d.]+)?",
    re.MULTILINE | re.DOTALL,
)  # what is no number of the text: the head, code, links, names of theorems
PRINTED = r"-?(?:\d+(?:,\d{3})*(?:\.\d+)?|\.\d+)(?:e-?\d+)?%?"
RESULT = re.compile(r"(?<![\w.,])-?(?:\d*\.\d+(?:e-?\d+)?%?|\d+%|\d+(?=-fold)|\d+e-?\d+)")  # what must be held


@dataclass(frozen=True)
class Said:
    """A piece of a page, and the results that stand in its holes."""

    text: str
    values: tuple[Sequence[float], ...]
    by: str

    def __init__(self, text: str, *values: float | Sequence[float] | pd.Series, by: str = "") -> None:
        object.__setattr__(self, "text", text)
        object.__setattr__(self, "by", by)
        several = [np.ravel(np.asarray(value, dtype=float)).tolist() for value in values]
        object.__setattr__(self, "values", tuple(several))

    def pattern(self) -> re.Pattern[str]:
        """What finds it in a page."""
        parts = re.split(r"\{[<>]?\}", self.text)
        return re.compile(rf"(?<![\w.]){f'({PRINTED})'.join(map(re.escape, parts))}(?!\w|\.\d)")

    def faults(self, page: str, name: str = "") -> list[str]:
        """What is wrong with it on a page whose lines are joined; `name` is that of its file."""
        found = self.pattern().search(page)
        if self.by and (lacking := self._loose(name)):
            return lacking
        signs = re.findall(r"\{([<>]?)\}", self.text)
        if found is None or len(signs) != len(self.values):
            return [f"not on the page, or not {len(self.values)} holes: {self.text}"]
        return [
            f"{self.text}: the page says {said}, the results {value:.6g}"
            for sign, said, values in zip(signs, found.groups(), self.values, strict=True)
            for value in values or [math.nan]
            if not agrees(said, value, sign)
        ]

    def _loose(self, page: str) -> list[str]:
        """Results of the piece that stand nowhere in the test that it is held by."""
        file, _, test = self.by.partition("::")
        text = used(ROOT / "tests" / file, test)
        if not text:
            return [f"{self.text}: there is no test {self.by}"]
        if page and page.rpartition("/")[2] in text:
            return []
        known = {float(number) for number in re.findall(r"(?<![\w.])(?:\d+\.?\d*|\.\d+)(?:e-?\d+)?", text)}
        results = [found.group() for found in RESULT.finditer(self.text)]
        numbers = {said: float(said.rstrip("%").replace("-fold", "")) for said in results}
        return [
            f"{self.text}: {said} is not in the test {self.by}"
            for said, number in numbers.items()
            if not {round(abs(number), 12), round(abs(number) / 100.0, 12) if said.endswith("%") else math.nan} & known
        ]


@cache
def used(file: Path, name: str) -> str:
    """Lines of a function or constant of a file, and of what it uses of that file, of tests and of experiments."""
    text = file.read_text(encoding="utf-8") if file.is_file() else ""
    tree, lines, taken, todo = ast.parse(text), text.splitlines(), {}, [name]
    bound: dict[str, ast.stmt] = {}
    for node in tree.body:
        names = [inner.id for t in getattr(node, "targets", ()) for inner in ast.walk(t) if isinstance(inner, ast.Name)]
        names += [alias.asname or alias.name for alias in getattr(node, "names", ())]
        bound |= dict.fromkeys([*names, getattr(node, "name", "")], node)
    while todo:
        one = todo.pop()
        if one not in bound or one in taken:
            continue
        if isinstance(node := bound[one], ast.ImportFrom):
            module = (node.module or "").replace(".", "/")
            taken[one] = used(ROOT / f"{module}.py", one) if module.startswith(("tests/", "experiments/")) else ""
            continue
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
        taken[one] = "\n".join(lines[first - 1 : node.end_lineno])
        todo += [inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name)]
    return "\n".join(taken.values())


def agrees(said: str, value: float, sign: str = "") -> bool:
    """Whether a printed number is the value, rounded as it is printed."""
    digits = said.replace(",", "").rstrip("%")
    mantissa, _, power = digits.partition("e")
    scale = 10.0 ** int(power or 0) / (100.0 if said.endswith("%") else 1.0)
    number = float(mantissa) * scale
    half = 0.5 * scale * 10.0 ** -len(mantissa.partition(".")[2]) * (1.0 + 1e-9) + 1e-12 * abs(number)
    return {"": abs(value - number) <= half, "<": value <= number, ">": value >= number}[sign]


def joined(page: str) -> str:
    """Text of a page below the root, or of the docstring of a script, on one line, without code and links."""
    text = (ROOT / page).read_text(encoding="utf-8")
    if page.endswith(".py"):
        text = ast.get_docstring(ast.parse(text)) or ""
    return " ".join(ASIDE.sub(" ", text).split())


def counted(page: str, said: Iterable[Said]) -> tuple[int, int, list[str]]:
    """Numbers of a page that must be held, those in holes, and those that stand in no piece."""
    text = joined(page)
    holes, pieces = set(), set()
    for one in said:
        for found in one.pattern().finditer(text):
            pieces |= set(range(*found.span()))
            holes |= set(range(*found.span())) if one.by else {found.start(i + 1) for i in range(len(one.values))}
    numbers = list(RESULT.finditer(text))
    loose = [text[max(0, n.start() - 40) : n.end() + 20] for n in numbers if n.start() not in pieces]
    return len(numbers), sum(n.start() in holes for n in numbers), loose


@cache
def table(study: str, file: str = "summary") -> pd.DataFrame:
    """A committed CSV file of a study."""
    return pd.read_csv(committed(study, f"{file}.csv"), low_memory=False)


def lines(study: str, /, file: str = "summary", **where: object) -> pd.DataFrame:
    """Lines of it; there is one at least.

    ``where`` has columns, or dials of the law without "generator."; a text must begin with it, of several texts in a
    tuple it must contain each, and a number must be equal.
    """
    found = table(study, file)
    for name, value in where.items():
        column = found[name if name in found else f"generator.{name}"]
        if isinstance(value, str):
            found = found[column.str.startswith(value).fillna(False)]
        elif isinstance(value, tuple):
            found = found[[all(text in cell for text in value) for cell in column]]
        else:
            found = found[column == value]
    assert len(found), (study, file, where)
    return found


def at(study: str, column: str, /, file: str = "summary", **where: object) -> pd.Series:
    """A column of the lines that `lines` chooses, which are known."""
    values = lines(study, file, **where)[column].astype(float)
    assert values.notna().all(), (study, column, where)
    return values


def line(study: str, file: str, label: str, *columns: str) -> tuple[float, ...]:
    """Columns of the one line of a label, as verdict.csv, slopes.csv and crossings.csv have it."""
    found = table(study, file)
    (row,) = found[found["label"] == label].index
    return tuple(float(found.loc[row, column]) for column in columns)
