"""Numbers of every committed LaTeX table stand with their decimal points below each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.committed import RESULTS

TABLES = sorted(path for path in RESULTS.rglob("*.tex") if ".caption." not in path.name)
BODY = re.compile(
    r"\\begin\{(?:tabular|longtable)\}\{([^\n]*)\}\n(?:(?!\\end\{tab|\\end\{long).)*?"
    r"(?:\\midrule(?!\n\\end)|\\endfoot)\n(.*?)(?:\\bottomrule\n)?\\end\{(?:tabular|longtable)\}",
    re.DOTALL,
)
SPEC = re.compile(r"r@\{\}l|p\{[^}]*\}|[lcr]")
POINT = re.compile(r"(\$-\$)?\d*\.\d+(\(\d+\))?(\$\\times10\^\{-?\d+\}\$)?")  # a number with a decimal point, whole


def columns(body: str, spec: str) -> Iterator[tuple[str, list[list[str]]]]:
    """Each column's specification and its cells: one text, or the two halves of an aligned one."""
    lines = [re.sub(r" (\\\\|\\tabularnewline)$", "", line) for line in body.splitlines()]
    cells = [line.split(" & ") for line in lines]
    kinds, at = SPEC.findall(spec), [0] * len(cells)
    for kind in kinds:
        found = []
        for i, line in enumerate(cells):
            halves = kind == "r@{}l" and not line[at[i]].startswith(r"\multicolumn{2}")
            found.append([re.sub(r"\\textbf\{(.*)\}$", r"\1", cell) for cell in line[at[i] : at[i] + 1 + halves]])
            at[i] += 1 + halves
        yield kind, found
    assert all(place == len(line) for place, line in zip(at, cells, strict=True)), "a line has other columns"


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.relative_to(RESULTS).as_posix())
def test_decimal_points_are_below_each_other(path: Path) -> None:
    tables = BODY.findall(path.read_text(encoding="utf-8"))
    assert tables
    for spec, body in tables:
        for kind, cells in columns(body, spec):
            for cell in cells:
                if kind != "r@{}l":  # a column of texts has no number of its own
                    assert not POINT.fullmatch(cell[0]), (spec, cells)
                elif len(cell) == 2 and cell[0].startswith(
                    r"\shortstack"
                ):  # as tall as each other, the intervals below
                    left, right = (re.fullmatch(r"\\shortstack\[[rl]\]\{(.*) \\\\ (.*)\}", half) for half in cell)
                    assert left and right and left[2] == rf"\vphantom{{{right[2]}}}", cell
                    assert "." not in left[1] and right[1][:1] in ("", "."), cell
                elif len(cell) == 2:  # digits before the point, the point and what follows
                    assert "." not in cell[0] and (cell[1][:1] in ("", ".", "(", " ", "$") or cell[1] == "~"), cell
                else:  # across both halves, which is no number
                    assert not POINT.fullmatch(re.sub(r"^\\multicolumn\{2\}\{c\}\{(.*)\}$", r"\1", cell[0])), cell


def test_a_number_beside_its_place_is_found() -> None:
    assert POINT.fullmatch("0.0123(45)") and POINT.fullmatch(r"$-$1.50(2)$\times10^{-9}$")
    assert not any(POINT.fullmatch(text) for text in ("12", "failed (6)", "-0.98 to 1.02", r"$n_1$ = 0.5", "-"))
    body = "k & 0 & .1(2) \\\\\nl & \\multicolumn{2}{c}{-} \\\\\n"
    assert list(columns(body, "lr@{}l")) == [
        ("l", [["k"], ["l"]]),
        ("r@{}l", [["0", ".1(2)"], [r"\multicolumn{2}{c}{-}"]]),
    ]
