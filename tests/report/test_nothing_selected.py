"""A smaller run of a script may have none of the cells that it declares: the report is written all the same."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from testbed import report
from testbed.report import Crossing, Curve, Figure, HeatMap, Multiplier, Panel, Slope, Stack, Table, Verdict
from tests.report import synthetic

X = "generator.alpha"
RAW, LEARNT = {"pretext": "Raw()"}, {"pretext": "Predict(OLS())"}
SETTINGS: dict[str, Any] = {"name": "made up", "seed": 0, "schema": 1}


@pytest.fixture(scope="module", params=[1, 15])
def folder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Rows of few cells, and of more than the 127 that numbers of one byte can tell apart."""
    made = synthetic.rows(ks=(5,), repeats=2)
    parts = [made.assign(key=made["key"].astype(str) + f"-{i}", n_labeled=100 * 2**i) for i in range(request.param)]
    rows = pd.concat(parts, ignore_index=True)
    assert (rows["key"].nunique() > 127) == (request.param > 1)
    return synthetic.save(rows, tmp_path_factory.mktemp("few"))


def analyses(where: Mapping[str, object]) -> dict[str, Any]:
    predicted = {"predictors": {"risk": "estimation"}}
    return {
        "SLOPES": [Slope("s", {**where, **RAW}), Slope("t", {**where, **RAW}, predicted=-1.0)],
        "VERDICTS": [Verdict("v", {**where, **RAW}, X, damage="excess_risk", bound=None, ceiling=None, **predicted)],
        "CROSSINGS": [Crossing("c", LEARNT, RAW, where, x=X)],
        "MULTIPLIERS": [Multiplier("m", LEARNT, {"raw": RAW}, [0.1, 0.01], where)],
    }


@pytest.mark.filterwarnings("ignore:.*selects no cells")
@pytest.mark.parametrize("where", [{"n_labeled": 3}, {"n_labeled": 100, X: 0.25}], ids=["none", "one point"])
def test_all_that_can_be_declared_is_reported_of_no_cell_and_of_one_point(
    folder: Path, where: Mapping[str, object]
) -> None:
    panels = [
        Panel("a", X, [Curve("raw", RAW)], where=where),
        Stack("b", X, [Curve("raw", RAW)], where=where),
        HeatMap("c", X, "n_labeled", LEARNT, RAW, where=where),
    ]
    figures = [Figure(panels)] if len(report.read_rows(folder)) < 127 else []  # drawn once, since it is slow
    written = report.write(folder, figures, [Table("All", where=where)], **SETTINGS, analyses=analyses(where))
    stems = {path.stem for path in written}
    assert {"slopes", "verdict", "crossings", "multipliers", "table"} <= stems and ("figure" in stems) == bool(figures)
    for path in written:
        assert path.stat().st_size, path.name
    for name in ("slopes", "verdict", "crossings"):
        assert len(pd.read_csv(folder / f"{name}.csv")) == (2 if name == "slopes" else 1)
    assert np.isnan(pd.read_csv(folder / "crossings.csv")["crossing"][0])
