"""Names for groups of cells: what curves, bars, tables and slopes they give, and that sweep scripts hold data only."""

from __future__ import annotations

import ast
from pathlib import Path

import pandas as pd
import pytest

from testbed.generators import LeeMixture
from testbed.keys import canonical
from testbed.laws import JointGaussian
from testbed.pretexts import Predict, Raw
from testbed.registry import read
from testbed.regressors import OLS, Ridge
from testbed.report import Curve, Figure, Named, Slope, Stack, Table, figures_text, table
from testbed.report.cells import select

TASKS = Named("pretext", {"none": Raw(), "$x_2|x_1$": Predict(OLS())})
METHODS = Named(("pretext", "probe"), {"OLS": (Raw(), OLS()), "ridge": (Raw(), Ridge())})
LAWS = [LeeMixture(k=2), LeeMixture(k=3)]
SCRIPTS = sorted(
    path
    for path in (Path(__file__).parents[2] / "experiments").rglob("*.py")
    if "\nEXPERIMENT = " in path.read_text(encoding="utf-8")
)


def test_one_name_serves_curves_stacks_tables_and_slopes() -> None:
    law = {"generator": LAWS[0]}
    assert TASKS.curves("intrinsic", label="{}, optimum", where=law, color={"none": "black"}) == [
        Curve("none, optimum", {"pretext": Raw(), **law}, "intrinsic", color="black"),
        Curve("$x_2|x_1$, optimum", {"pretext": Predict(OLS()), **law}, "intrinsic"),
    ]
    bars = [Curve("$n_2=10$", {"n_labeled": 10})]
    pretexts, texts = [Raw(), Predict(OLS())], {"Raw()": "none", "Predict(OLS())": "$x_2|x_1$"}
    assert TASKS.stack("split", bars, where=law, xlabel="task") == Stack(
        "split", "pretext", bars, {"pretext": pretexts, **law}, texts, "task"
    )
    assert TASKS.table("Risk", ["n_labeled"], where=law, name="risk") == Table(
        "Risk", {"pretext": pretexts, **law}, "excess_risk", ["n_labeled"], ("pretext",), texts, "risk"
    )
    assert METHODS.slopes("n_labeled", "estimation", 2.0, -1.0, label="a, {}", where=law) == [
        Slope("a, OLS", {"pretext": Raw(), "probe": OLS(), **law}, "n_labeled", "estimation", 2.0, -1.0),
        Slope("a, ridge", {"pretext": Raw(), "probe": Ridge(), **law}, "n_labeled", "estimation", 2.0, -1.0),
    ]


def test_values_are_listed_once_and_lists_of_laws_are_opened() -> None:
    kinds = Named("generator", {"both": LAWS, "first": LAWS[0]})
    assert kinds.of("generator") == LAWS
    assert METHODS.of("pretext") == [Raw()]
    assert METHODS.all_cells(n_labeled=10) == {"pretext": [Raw()], "probe": [OLS(), Ridge()], "n_labeled": 10}


def test_a_table_calls_each_column_by_its_label() -> None:
    cells = {"key": ["a", "b"], "generator": "g", "pretext": "Raw()", "probe": ["OLS()", "Ridge()"], "draws": "rows"}
    numbers = {"n_labeled": 10, "n_ok": 5, "n_failed": 0, "excess_risk": [1.0, 2.0], "excess_risk_mcse": 0.1}
    spec = METHODS.table("Risk", ["n_labeled"])
    shown = table(pd.DataFrame({**cells, **numbers}), spec.value, spec.rows, spec.columns, labels=spec.labels)
    assert {"OLS", "ridge"} <= set(shown.columns)


def test_joined_and_chosen() -> None:
    assert list((TASKS | Named("pretext", {"rank 1": Predict(Ridge())})).only("rank 1", "none")) == ["rank 1", "none"]
    with pytest.raises(ValueError, match=r"names of 'pretext' and of \('pretext', 'probe'\) are not joined"):
        TASKS | METHODS
    with pytest.raises(KeyError, match="some"):
        TASKS.only("some")


@pytest.mark.parametrize("entry", [Raw(), (Raw(),), (Raw(), OLS(), 1), [Raw(), OLS()]])
def test_an_entry_has_a_value_for_each_column(entry: object) -> None:
    with pytest.raises(ValueError, match="'a' needs a tuple of 2 values, pretext, probe"):
        Named(("pretext", "probe"), {"a": entry})


def test_no_entries_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one entry"):
        Named("pretext", {})


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.stem)
def test_a_sweep_script_is_data(path: Path) -> None:
    """It defines no functions, but for a law that is given by code: what it declares is read from top to bottom."""
    functions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if path.stem == "redundant":  # a SampledLaw is its function; after it, from LAWS on, there is none
        line = next(n.lineno for n in tree.body if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == "LAWS")
        tree.body = [node for node in tree.body if node.lineno >= line]
    assert not [node.lineno for node in ast.walk(tree) if isinstance(node, functions)]


def test_laws_of_one_shape_keep_their_names() -> None:
    """A law reads as its shape, and cells have its canonical text."""
    laws = [JointGaussian.from_correlations([r], [[1.0]]) for r in (0.3, 0.6)]
    names = Named("generator", dict(zip(("weak", "strong"), laws, strict=True)))
    assert [names.texts[canonical(law)] for law in laws] == ["weak", "strong"]
    summary = pd.DataFrame({"generator": [canonical(law) for law in laws], "n_ok": [1, 2]})
    for law, n in zip(laws, (1, 2), strict=True):
        assert select(summary, {"generator": law}, "a test")["n_ok"].tolist() == [n]
        panel = Stack("as kept in figures.txt", "pretext", where={"generator": law})
        [figure] = read(figures_text([Figure([panel])]), ("report",))
        assert select(summary, figure.panels[0].where, "a test")["n_ok"].tolist() == [n]


def test_a_quote_selects_the_entries_it_names() -> None:
    names = Named("pretext", {"a": Raw(), "b": [Raw(), Predict(OLS())]})
    one = names.quote("a", column="intrinsic", where={"n_labeled": 40}, digits=3)
    assert (one.column, one.where, one.digits) == ("intrinsic", {"pretext": [Raw()], "n_labeled": 40}, 3)
    assert names.quote(pick="most").where == {"pretext": [Raw(), Predict(OLS())]}
