"""Every column is declared once: what is measured, what reports read, and what the documentation lists agree."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import testbed
from testbed import Experiment, FromRows
from testbed.columns import (
    AVERAGED,
    COLUMNS,
    ERRORS,
    EXTRA,
    IDENTITY,
    MEASURED,
    OPTIONAL,
    ROWS,
    STATUS,
    TRUTH,
    parts_of,
    table,
)
from testbed.evaluation import Block
from testbed.generators import CleanFinite, CleanMixture
from testbed.pretexts import CCA, Predict, Raw
from testbed.regressors import OLS, KernelRidge, ReducedRank

ROOT = Path(__file__).parents[2]
NUMBERS = (*MEASURED, *EXTRA)


@cache
def rows() -> Any:
    """Rows of every kind: closed forms, integrals and scores, with and without a rank, and all that may be asked."""
    tasks = [Raw(), Predict(ReducedRank(rank=1)), CCA(1)]
    sizes: dict[str, Any] = {"n_unlabeled": [200], "n_labeled": [60], "repeats": 2, "extra": list(EXTRA)}
    laws = [CleanFinite(s1=5, s2=4, structure_seed=0), CleanMixture(k=3, d1=4, d2=3, structure_seed=0)]
    return testbed.run(Experiment("columns", laws, tasks, [OLS(), KernelRidge()], **sizes), progress=False)


@cache
def own() -> Any:
    """Rows of a user's table, whose truth is not known."""
    sample = CleanMixture(k=3, d1=4, d2=3, structure_seed=0).law().sample(200, np.random.default_rng(0))
    table = FromRows(sample.x1, sample.x2, sample.y)
    sizes: dict[str, Any] = {"n_unlabeled": [80], "n_labeled": [60], "repeats": 2, "extra": list(EXTRA)}
    return testbed.run(Experiment("columns", [table], [CCA(1)], [OLS(), KernelRidge()], **sizes), progress=False)


def test_what_is_declared_is_measured() -> None:
    """Each declared column has a number in some row, and is empty in none unless it says when."""
    found = rows()
    assert (found["status"] == "ok").all(), found["error"].tolist()
    never = [name for name in NUMBERS if found[name].isna().all() and own()[name].isna().all()]
    assert not never, f"declared in testbed.columns, and measured nowhere: {never}"
    gaps = [name for name in NUMBERS if name not in OPTIONAL and found[name].isna().any()]
    assert not gaps, f"empty in rows that are ok, and testbed.columns does not say when: {gaps}"
    assert (own()["status"] == "ok").all() and own()[list(TRUTH)].isna().all(axis=None)
    empty = [name for name in NUMBERS if name not in (*TRUTH, *OPTIONAL) and own()[name].isna().any()]
    assert not empty, f"empty in rows of one's own, and testbed.columns does not say so: {empty}"
    for column in ROWS:
        if column.kind == "share":
            assert found[column.name].dropna().between(0.0, 1.0).all(), column.name
    for whole in ("excess_risk", "intrinsic"):
        known = found.dropna(subset=list(parts_of(whole)))
        assert len(known)
        np.testing.assert_allclose(known[list(parts_of(whole))].sum(axis=1), known[whole], rtol=1e-12, atol=1e-15)


def test_what_is_measured_is_declared() -> None:
    cell = Experiment("one", [CleanFinite()], [Raw()], [OLS()], n_unlabeled=[9], n_labeled=[9]).cells()[0]
    with pytest.raises(ValueError, match=r"not declared in testbed.columns: novelty$"):
        Block.of(cell, range(1), dict.fromkeys((*MEASURED, "novelty"), 1.0))
    assert not Block.of(cell, range(1), dict.fromkeys((*MEASURED, *EXTRA), 1.0)).failed
    assert [name for name in rows() if "." not in name] == [*IDENTITY, *MEASURED, *EXTRA, *STATUS]


def test_declarations_fit_one_another() -> None:
    names = [column.name for column in ROWS]
    assert len(set(names)) == len(names)
    assert COLUMNS["beta"] in ROWS  # a dial takes no name of a column
    for column in ROWS:
        assert column.words and column.kind != "dial"
        assert all(f"{name}_se" in ERRORS for name in column.integrals)
        assert not column.part_of or column.part_of in AVERAGED
    assert all(name.removesuffix("_se") in AVERAGED for name in ERRORS)


def test_the_documentation_has_the_table() -> None:
    text = (ROOT / "docs" / "files.md").read_text(encoding="utf-8")
    missing = [line for line in table().splitlines() if line not in text.splitlines()]
    assert not missing, "docs/files.md lacks lines of `python -m testbed.columns`:\n" + "\n".join(missing)
    assert table() in text


def test_no_other_file_lists_the_columns() -> None:
    """More than two columns of numbers in one literal of what reads rows are a second list of them."""
    for path in sorted((ROOT / "testbed").rglob("*.py")):
        if path.parent.name not in {"report", "sweep", "cli", "check"}:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Tuple | ast.List | ast.Set | ast.Dict):
                parts = [*node.keys, *node.values] if isinstance(node, ast.Dict) else node.elts
                names = {part.value for part in parts if isinstance(part, ast.Constant) and part.value in NUMBERS}
                assert len(names) <= 2, f"{path.name}, line {node.lineno} lists columns: {sorted(names)}"
