"""The script that draws the controlled figure with numpy alone agrees with the committed study."""

from __future__ import annotations

import subprocess
import sys
from math import hypot

import pandas as pd

from tests.committed import EXPERIMENTS, committed

SCRIPT = EXPERIMENTS / "figure1_in_numpy.py"
PSI, RANK = 'Oracle("linear")', 'Predict(ReducedRank("k", intercept=False))'
LABELS, CLASSES, LEAK, LEARNT = (
    ("CleanGaussian", 40),
    ("CleanMixture", 40),
    ("CleanGaussian", 4),
    ("CleanGaussian", 20),
)
# The method's name in the script -> the laws and their d1, the pretext and the column of the study.
METHODS = {
    "labels, psi*": (LABELS, PSI, "estimation"),
    "labels, psi of rank k": (LABELS, RANK, "estimation"),
    "classes, psi*": (CLASSES, PSI, "estimation"),
    "one label with a leak, psi*": (LEAK, PSI, "intrinsic_class"),
    "the same with 1,000 labels": (LEAK, PSI, "excess_risk_class"),
}


def test_numpy_alone_finds_the_means_of_the_controlled_figure() -> None:
    """Means within four standard errors of their difference, exact ones to the six digits of the file.

    There are 43 comparisons, so they fail by chance for 1 seed in 100 (Student's t of 49 degrees of freedom).
    """
    ran = subprocess.run([sys.executable, "-I", SCRIPT, "50"], capture_output=True, text=True, check=True, cwd="/")
    head, *lines = [(line[:34].strip(), *line[34:].split()) for line in ran.stdout.splitlines()]
    assert head == ("panel, method", "k", "n1", "n2", "eps_CI", "mean", "s.e.", "theory")
    summary = pd.read_csv(committed("lee2021_controlled", "summary.csv"))
    compared = 0
    for name, *texts in lines:
        k, n1, n2, epsilon, mean, error, theory = (float(text) for text in texts)
        panel, method = name.split(" ", 1)
        laws, pretext, column = (LEARNT, RANK, "pretext_part") if panel == "(f)" else METHODS[method]
        cells = summary[summary["generator"].str.startswith(laws[0]) & (summary["generator.d1"] == laws[1])]
        cells = cells[cells["pretext"] == pretext]
        cells = cells[(cells["generator.k"] == k) & (cells["n_labeled"] == n2)]
        if n1 and pretext != PSI:
            cells = cells[cells["n_unlabeled"] == n1]
        if laws == LEAK:
            cells = cells[cells["generator.epsilon_ci"] == epsilon]
        assert len(cells) == 1, name
        expected, its_error = (float(cells[text].iloc[0]) for text in (column, f"{column}_mcse"))
        if error == 0.0:
            assert abs(mean - expected) <= 1e-4 * expected and abs(theory - mean) <= 1e-4 * mean
        else:
            assert abs(mean - expected) <= 4.0 * hypot(error, its_error), (name, *texts, expected)
        if theory == theory:  # not NaN
            assert abs(mean - theory) <= 4.0 * error + 1e-4 * theory
        compared += 1
    assert compared == 33 + 14 + 3


def test_it_is_short_and_imports_numpy_alone() -> None:
    lines = SCRIPT.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 100
    assert [line for line in lines if line.startswith(("import ", "from "))] == ["import sys", "import numpy as np"]
