"""What the READMEs say of the study of learners is what its summary holds."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.committed import committed

SUMMARY = committed("violations/learners", "summary.csv")


@pytest.mark.parametrize(
    ("pretext", "without", "outside", "errors"),
    [
        ('Predict(ReducedRank("k-1"))', 0.103, 0.383, 4.0),
        ("Predict(Sklearn(RandomForestRegressor(", 0.086, 0.090, 2.6),  # the README says 2.7 of them
        ('Oracle("universal")', 0.0015, 0.0039, 4.0),
    ],
)
def test_a_leak_outside_harms_more_than_those_that_are_cut(
    pretext: str, without: float, outside: float, errors: float
) -> None:
    frame = pd.read_csv(SUMMARY, low_memory=False)
    frame = frame[(frame["n_labeled"] == 250) & frame["pretext"].str.startswith(pretext)]
    laws = (frame["generator"].str.startswith("CleanMixture"), frame["generator"].str.contains('"outside"'))
    low, high = (frame[law]["excess_risk"].item() for law in laws)
    assert (round(low, 4 - (low > 0.01)), round(high, 4 - (high > 0.01))) == (without, outside)
    each = [frame[law]["excess_risk_mcse"].item() for law in laws]
    assert high - low > errors * (each[0] ** 2 + each[1] ** 2) ** 0.5
