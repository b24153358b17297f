"""The numbers that pages and caption quote of the league of later tasks are those of its committed results."""

from __future__ import annotations

import pandas as pd
import pytest

from experiments.successors.league import CUBE, LAWS, TASKS
from testbed.theory import LossAlone
from tests.committed import committed

LEAGUE = pd.read_csv(committed("successors/league", "summary.csv"))
SOURCES = {label: text for text, label in (LAWS | CUBE).texts.items()}


def cells(law: str, pairs: int = 10_000, column: str = "excess_risk", probe: str = "OLS()") -> pd.Series:
    """Values of one law, by the name of the task."""
    found = LEAGUE[(LEAGUE["n_unlabeled"] == pairs) & (LEAGUE["probe"] == probe)]
    chosen = found[found["generator"] == SOURCES[law]]
    return pd.Series(
        chosen[column].to_numpy(), index=[TASKS.texts.get(text, "InfoNCE, 16") for text in chosen["pretext"]]
    )


def test_the_league_is_whole() -> None:
    assert set(LEAGUE["n_ok"]) == {64} and len(LEAGUE) == 2 * 2 * (3 * 12 + 11)


def test_where_conditional_independence_holds() -> None:
    found, few, intrinsic = cells("classes, CI holds"), cells("classes, CI holds", 300), "intrinsic"
    lost = cells("classes, CI holds", column=intrinsic)
    assert lost[["PCA", "VICReg"]].tolist() == pytest.approx([0.1952, 0.1952], abs=5e-5)  # Var f*: all of it
    assert (lost.drop(["PCA", "VICReg"]) < 3e-4).all()
    rest = found.drop(["PCA", "VICReg", "refined", "none"])
    assert [rest.min(), rest.max()] == pytest.approx([0.013, 0.017], abs=5e-4)
    assert found[["none", "refined"]].tolist() == pytest.approx([0.0315, 0.1081], abs=5e-4)
    starved = few[["joint embed.", "InfoNCE, 1", "InfoNCE, 16"]]
    assert starved.tolist() == pytest.approx([0.0240, 0.1033, 0.1031], abs=5e-4)


def test_a_nuisance_that_the_views_share() -> None:
    found = cells("classes, a shared nuisance")
    kept = found.drop(["none", "refined"])
    assert [kept.min(), kept.max()] == pytest.approx([0.208, 0.214], abs=5e-4)
    assert found[["none", "refined"]].tolist() == pytest.approx([0.0299, 0.1015], abs=5e-4)
    assert cells("classes, a shared nuisance", column="intrinsic")["refined"] < 1e-12


def test_the_mean_classifier_does_not_know_shares() -> None:
    """At 10^4 pairs the two read-outs agree on equal classes, and not on unequal ones."""
    tasks = ["CCA", "joint embed.", "ACE", "spectral", "InfoNCE, 1", "InfoNCE, 16"]
    for law, least, means in (
        ("classes, CI holds", (1 / 3, 1 / 3), (1 / 3, 1 / 3)),
        ("unequal classes, CI holds", (0.3113, 0.3120), (0.3704, 0.3728)),
    ):
        for probe, ends in (("OLS()", least), ("ClassMeans()", means)):
            errors = cells(law, column="error01", probe=probe)[tasks]
            assert [errors.min(), errors.max()] == pytest.approx(ends, abs=6e-4)


def test_no_one_optimum_on_the_cube() -> None:
    """Over all functions e_apx of an optimum takes every value from 0 to .5; tasks of linear functions lose none."""
    found = cells("cube")
    universal = ["ACE", "spectral", "InfoNCE, 1"]
    sides = LossAlone(rank=2).sides(CUBE["cube"].law().population())
    assert float(sides.left) == pytest.approx(0.5, abs=1e-9)
    parts = cells("cube", column="intrinsic")
    assert parts[["ACE", "spectral"]].isna().all() and (parts.drop(universal) < 1e-12).all()
    assert found[universal].between(0.29, 0.375).all() and (found.drop(universal) < 2e-4).all()
