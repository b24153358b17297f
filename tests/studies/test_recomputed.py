"""Cells of every committed study are computed again from its script: each number of their summary is the printed one.

Of each study, one cell of each kind of law, of draws and of learners (linear or not), that of the smallest samples,
with all its repetitions: means, Monte Carlo errors and intervals of all columns. Not computed again here are cells of
learners that take long (`SLOW`) or need jax: of the neural league the linear learners and regression by a network
alone. Studies that are no `Experiment` (likelihood/, audit/, falsifier/) have no cells.
"""

from __future__ import annotations

import csv
import io
from functools import cache

import numpy as np
import pandas as pd
import pytest

from testbed import Experiment, FromRows
from testbed.columns import ENDS, SHAPE
from testbed.evaluation import Cell, run_cells
from testbed.report import summarize
from testbed.report.files import measured, to_csv
from testbed.sweep.script import execute
from testbed.things import things
from tests.committed import EXPERIMENTS, RESULTS, committed

SLOW = ("Jigsaw(", "Sklearn(", "Autoencoder(", "Nystroem(", "ACE(", 'Oracle("universal"', "Posterior(")
MOST_ROWS = 200  # labels of a kernel ridge
NAMED = {  # cells of slow learners that their study is about: generator, pretext
    "lee2021_figure1": ("LeeMixture(k=2)", "Predict(Nystroem())"),
    "tasks/jigsaw": ("Patches()", "Truncated(Jigsaw(4), 9)"),
}
STUDIES = sorted(path.parent.relative_to(RESULTS).as_posix() for path in RESULTS.rglob("summary.csv"))


@cache
def experiment(study: str) -> Experiment:
    """What the script of a study declares."""
    path = EXPERIMENTS / f"{study}.py"
    found = execute(path.read_text(encoding="utf-8"), str(path)).EXPERIMENT
    assert isinstance(found, Experiment)
    return found


def cheap(cell: Cell) -> bool:
    """Whether the repetitions of a cell take a second or two together, without jax."""
    learners = " ".join(cell.texts[1:])
    slow = any(word in learners for word in SLOW) or ("KernelRidge(" in learners and cell.n_labeled > MOST_ROWS)
    return not slow and not any(getattr(thing, "needs", ()) for thing in things((cell.pretext, cell.probe)))


def chosen(study: str) -> list[Cell]:
    """Cells of a study that are cheap, the first of each kind by sample sizes, and the named one."""
    cells = sorted(experiment(study).cells(), key=lambda cell: cell.n_unlabeled + cell.n_labeled)
    kinds: dict[tuple[object, ...], Cell] = {}
    for cell in cells:
        if cheap(cell):
            kinds.setdefault((type(cell.generator), cell.draws, cell.pretext.linear and cell.probe.linear), cell)
        elif cell.texts[:2] == NAMED.get(study):
            kinds.setdefault(cell.texts[:2], cell)
    return list(kinds.values())


def lines(content: bytes) -> dict[str, dict[str, str]]:
    """Lines of a summary by key."""
    return {line["key"]: line for line in csv.DictReader(io.StringIO(content.decode()))}


@pytest.mark.parametrize("study", STUDIES)
def test_cells_are_what_the_committed_summary_says(study: str) -> None:
    """Numbers agree within a unit of their sixth digit, since other processors round the last bits otherwise."""
    printed, cells = lines(committed(study, "summary.csv").read_bytes()), chosen(study)
    assert cells, "no cell of this study is cheap: name one"
    for cell in cells:
        line = printed[cell.key]
        repeats = int(line["n_ok"]) + int(line["n_failed"])
        rows = pd.DataFrame(run_cells([cell], experiment(study).seed, range(repeats)))
        rows[list(cell.measured)] = rows[list(cell.measured)].astype(float)
        found = lines(to_csv(summarize(rows)))[cell.key]
        columns = measured(cell.measured)
        names = [*(f"{name}{end}" for name in columns for end in ("", *ENDS)), *SHAPE]
        ours, theirs = (np.array([float(texts[name] or "nan") for name in names]) for texts in (found, line))
        far = ~np.isclose(ours, theirs, rtol=1e-5, atol=1e-12, equal_nan=True)
        assert not far.any(), (cell.texts, [(names[i], ours[i], theirs[i]) for i in np.flatnonzero(far)])
        assert (found["n_ok"], found["n_failed"]) == (line["n_ok"], line["n_failed"])
        risk = "label_mse" if isinstance(cell.generator, FromRows) else "excess_risk"
        assert np.isfinite(ours[names.index(risk)])
