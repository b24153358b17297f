"""What is declared is kept as text that holds no code, and reads back as what it was."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from testbed.pretexts import Predict, Raw
from testbed.registry import parse, read
from testbed.regressors import OLS
from testbed.report import (
    DECLARED,
    Crossing,
    Curve,
    Figure,
    HeatMap,
    Multiplier,
    Panel,
    ReportError,
    Slope,
    Stack,
    Table,
    Verdict,
    texts,
)
from testbed.sweep.script import execute

ROOT = Path(__file__).parents[2]
EVERY = {
    "FIGURES": [
        Figure(
            [
                Panel('a "b" \n $c$ \\', "n_labeled", [Curve("d", {"x": [1, 2.5, True, None, "e'"]})], offset=1e-300),
                Stack("s", "pretext", ticks={"z": "1", "a": "2"}),
                HeatMap("h", "generator.k", "n_labeled", {"pretext": "Raw()"}, limit=math.inf),
            ],
            "é \u2028 \ud800",
        )
    ],
    "TABLES": [Table("t", rows=["b", "a"], labels={"z": "1", "a": "2"})],
    "SLOPES": [Slope("s", offset=-2.0, predicted="theory.exact"), Slope("t", predicted=-math.inf)],
    "VERDICTS": [Verdict("v", predictors={"z": "a", "a": "b"})],
    "CROSSINGS": [Crossing("c", {"a": 1}, {"b": 2}, predicted={"z": "y", "a": "b"})],
    "MULTIPLIERS": [Multiplier("m", {}, {"z": {"a": 1}, "a": {"b": 2}}, levels=[0.1, 1 / 3])],
}


def test_every_kind_reads_back_as_it_was_with_mappings_in_their_order() -> None:
    kept = texts(EVERY)
    back = {name: read(text, ("report",)) for name, text in kept.items()}
    assert back == EVERY
    assert list(back["MULTIPLIERS"][0].baselines) == ["z", "a"] and list(back["FIGURES"][0].panels[1].ticks) == [
        "z",
        "a",
    ]
    assert texts(back) == kept
    assert texts({"FIGURES": None, "TABLES": []}) == {"TABLES": "[]"}


def test_learners_arrays_and_sets_are_written_as_what_cells_have() -> None:
    where = {"pretext": Predict(OLS()), "n": np.array([1, 2]), "k": np.int64(3), "a": {2, 1}, "r": range(2), "t": (1,)}
    (table,) = read(texts({"TABLES": [Table("t", where)]})["TABLES"], ("report",))
    assert table.where == {"pretext": "Predict(OLS())", "n": [1, 2], "k": 3, "a": [1, 2], "r": [0, 1], "t": [1]}
    assert texts({"TABLES": [Table("t", {"p": Raw()})]}) == texts({"TABLES": [Table("t", {"p": "Raw()"})]})


class Mine(Table):
    """A class of one's own: no reader knows it."""


@pytest.mark.parametrize(
    "value", [len, lambda: 1, OLS, object(), math, Mine("t"), b"bytes", 1j], ids=lambda value: type(value).__name__
)
def test_nothing_that_is_declared_holds_code(value: object) -> None:
    with pytest.raises(ReportError, match="TABLES"):
        texts({"TABLES": [value if isinstance(value, Table) else Table("t", {"x": value})]})


@pytest.mark.parametrize(
    "text",
    [
        "[Table(__import__('os').system('true'))]",
        "[Table('a').__class__]",
        "[Table(*['a'])]",
        "[Table(**{'caption': 'a'})]",
        "[read_rows('/')]",
        "[OLS()]",
        "[Table('a' + 'b' * 10)]",
        "[lambda: 1]",
        "[x for x in [1]]",
        "Table('a')",
        "[" * 1000,
        "[Figure([Stack('a', 'b')], name='../x')]",
        "[Table()]",
        "[{**{}}]",
        "",
    ],
)
def test_texts_of_strangers_run_no_code(text: str) -> None:
    with pytest.raises(ValueError, match=r"neither|not a list|unknown name|by its name|Table|plain file name|nested"):
        read(text, ("report",))


def test_a_law_may_have_lists_and_infinities() -> None:
    assert parse("Predict(OLS())") == Predict(OLS())
    with pytest.raises(ValueError, match="is not a canonical text"):
        parse("[Predict(OLS())]")


def _studies() -> list[Path]:
    return [p for p in sorted((ROOT / "experiments").rglob("*.py")) if _declares(ast.parse(p.read_text("utf-8")))]


def _declares(tree: ast.Module) -> bool:
    named: Callable[[ast.stmt], bool] = lambda node: any(  # noqa: E731
        isinstance(target, ast.Name) and target.id in DECLARED for target in getattr(node, "targets", [])
    )
    return any(named(node) for node in tree.body)


@pytest.mark.parametrize("path", _studies(), ids=lambda path: path.stem)
def test_what_studies_declare_survives_its_text(path: Path) -> None:
    module = execute(path.read_text(encoding="utf-8"))
    kept = texts({name: getattr(module, name, None) for name in DECLARED})
    assert texts({name: read(text, ("report",)) for name, text in kept.items()}) == kept
