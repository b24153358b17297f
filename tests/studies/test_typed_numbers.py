"""No caption holds a result that is typed: what is left without its quotes are dials of the study, or is listed here.

A quote is computed when the figure is made, so a copy of a study with another seed, or other sizes, says its own
numbers. Dials are those of the committed summary: of laws, tasks and probes, sample sizes, and levels of multipliers.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import re
import textwrap
from collections.abc import Iterator

import pandas as pd
import pytest

from testbed.report.figures import Figure
from testbed.report.quotes import PLACE
from tests.committed import EXPERIMENTS, RESULTS

NUMBER = re.compile(r"(?<![\w.^_/])(?<!\w-)(?:10\^\{?(\d+)\}?|(\d{1,3}(?:,\d{3})+|\d*\.\d+|\d+))(?![\w^/]|,?\d|[-.]\w)")
DIALS = ("generator", "pretext", "probe", "n_unlabeled", "n_labeled", "baseline")
COUNTS = {*map(float, range(11)), 95.0}  # of classes, parts, dimensions, exact zeros and ones; the level of intervals
MEASURED = re.compile(r"\\(?:epsilon_\{\w+\}|tau|kappa)\s*=\s*\$?\s*\d*\.\d+")  # never typed, whatever the dials are
GIVEN = {  # what a caption says that is no dial of a cell, and no result
    "audit/coverage": {0.05: "level of the test"},
    "falsifier/tightness": {4.2: "number of a theorem of the paper"},
    "falsifier/known_answers": {0.999: "what the study takes for equality"},
    "peers/masked_spikes": {20.0: "draws of others", 20_000.0: "rows of each draw"},
    "tasks/linearity": {32_768.0: "points of the means, NODES of the quadrature"},
    "violations/rank_and_conditioning": {3.1: "number of an example of the paper"},
}
STUDIES = sorted(
    path.relative_to(EXPERIMENTS).with_suffix("").as_posix()
    for path in EXPERIMENTS.rglob("*.py")
    if re.search(r"^(\w+, )*FIGURES\b.*=", path.read_text(encoding="utf-8"), re.MULTILINE)
)


def numbers(text: str) -> Iterator[float]:
    for power, plain in NUMBER.findall(text):
        yield 10.0 ** int(power) if power else float(plain.replace(",", ""))


def dials(study: str) -> set[float]:
    """Every number of a law, a task, a probe or a size of a study."""
    folder, found = RESULTS / study, set()
    head = pd.read_csv(folder / "summary.csv", nrows=0).columns
    wanted = [column for column in head if column in DIALS or column.startswith("generator.")]
    frame = pd.read_csv(folder / "summary.csv", usecols=wanted)
    for column in wanted:
        for value in frame[column].dropna().unique():
            found |= {float(text) for text in re.findall(r"\d*\.?\d+(?:e[+-]?\d+)?", str(value))}
    if (levels := folder / "multipliers.csv").exists():
        found |= set(pd.read_csv(levels)["level"])
    return found


def captions(study: str) -> list[str]:
    """Captions without what is computed."""
    figures = importlib.import_module("experiments." + study.replace("/", ".")).FIGURES
    return [PLACE.sub("", figure.caption) if isinstance(figure, Figure) else typed(figure) for figure in figures]


def typed(draw: object) -> str:
    """What a function that draws has typed into the text that it returns."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(draw)))  # type: ignore[arg-type]
    said = [node.value for node in ast.walk(tree) if isinstance(node, ast.Return) and node.value is not None]
    return " ".join(map(written, said))


def written(node: ast.AST) -> str:
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.FormattedValue):
        return (
            "" if isinstance(node.value, ast.Call | ast.Subscript | ast.Attribute | ast.Name) else written(node.value)
        )
    return "".join(written(child) for child in ast.iter_child_nodes(node))


@pytest.mark.parametrize("study", STUDIES)
def test_what_is_typed_is_no_result(study: str) -> None:
    said = {number for caption in captions(study) for number in numbers(caption)} - COUNTS - {*GIVEN.get(study, {})}
    summary = RESULTS / study / "summary.csv"
    left = said - (dials(study) if summary.exists() and said else set())
    assert not left, f"a result is quoted as <<name>>, and what is none is listed with its reason: {left}"
    assert not (typed_sizes := MEASURED.findall(" ".join(captions(study)))), typed_sizes


def test_numbers_of_a_text() -> None:
    text = r"From $10^4$ pairs of $n_2=100$ they have .013 to 0.017 ($x_1$ .03), $10^{5}$: 5,000; $k-1$, 95%, T25, 1/3."
    assert [*numbers(text)] == [1e4, 100.0, 0.013, 0.017, 0.03, 1e5, 5000.0, 95.0]
    assert MEASURED.findall(r"$\epsilon_{CI}=.67$ and $\epsilon_{CI}=0$, $\tau=$ <<tau>>") == [r"\epsilon_{CI}=.67"]
