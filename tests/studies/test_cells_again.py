"""One cell of every committed sweep is computed again, with all of its repetitions, and is that of its summary.

So a change of the code that moves a committed number is seen here, and not only where the numbers are quoted. The cell
is the cheapest one: on Moments, where there are some, with a pretext that is learnt; on rows without a task.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pandas as pd
import pytest

import testbed
from testbed import Experiment
from testbed.pretexts import Optimum, Oracle, Raw
from testbed.sweep.script import experiment_of
from tests.committed import EXPERIMENTS, committed

STUDIES = sorted(
    path.relative_to(EXPERIMENTS).with_suffix("").as_posix()
    for path in EXPERIMENTS.rglob("*.py")
    if "\nEXPERIMENT = " in path.read_text(encoding="utf-8")
)
PLACES = ("generator.", "pretext.", "probe.")


def cheapest(experiment: Experiment) -> tuple[Experiment, Any]:
    """A cell of an experiment, and its grid cut to that cell."""
    grids = [dataclasses.replace(grid, parts=()) for grid in (experiment, *experiment.parts)]
    pairs = [(grid, cell) for grid in grids for cell in grid.cells()]

    def cost(pair: tuple[Experiment, Any]) -> tuple[bool, bool, int]:
        cell, rows = pair[1], pair[1].draws == "rows"
        dear = not isinstance(cell.pretext, Raw) if rows else isinstance(cell.pretext, Raw | Oracle | Optimum)
        return rows, dear, cell.n_unlabeled + cell.n_labeled

    grid, cell = min(pairs, key=cost)
    sizes: dict[str, Any] = {"n_unlabeled": [cell.n_unlabeled], "n_labeled": [cell.n_labeled]}
    who: dict[str, Any] = {"generator": [cell.generator], "pretext": [cell.pretext], "probe": [cell.probe]}
    return dataclasses.replace(grid, baseline=(), **who, **sizes), cell


@pytest.mark.parametrize("study", STUDIES)
def test_a_cell_computed_again_is_that_of_the_summary(study: str) -> None:
    path = EXPERIMENTS / f"{study}.py"
    one, cell = cheapest(experiment_of(path.read_text(encoding="utf-8"), path=str(path)))
    rows = testbed.run(one)
    rows = rows[rows["key"] == cell.key]
    summary = pd.read_csv(committed(study, "summary.csv")).set_index("key")
    kept = summary.loc[cell.key]
    assert (len(rows), 0) == (kept["n_ok"], kept["n_failed"])
    measured = [
        column
        for column in rows.columns.intersection(summary.columns)
        if f"{column}_mcse" in summary and not column.startswith(PLACES)
    ]
    assert {"excess_risk", "intrinsic", "pretext_part", "estimation", "bayes_noise"} <= set(measured)
    for column in measured:
        mean = rows[column].mean()
        assert np.isclose(mean, kept[column], rtol=1e-5, atol=1e-9, equal_nan=True), (column, mean, kept[column])
