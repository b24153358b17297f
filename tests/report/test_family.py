"""The family of simulated records: Holm's correction by hand, and beside the rule of four standard errors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import norm
from statsmodels.stats.multitest import multipletests

from testbed.report.family import family, family_said


def record(z: float, kind: str = "rate", verdict: str = "consistent", statement: str = "A()") -> dict[str, Any]:
    return {"statement": statement, "kind": kind, "verdict": verdict, "predicted": 1.0, "measured": 1.0 + 0.1 * z,
            "error": 0.1, "n_labeled": None if kind == "rate" else 100}  # fmt: skip


def test_holm_by_hand() -> None:
    p, adjusted = family([record(3.5), record(-1.0), record(2.5)])
    raw = 2.0 * norm.sf([3.5, 1.0, 2.5])
    assert p == pytest.approx(raw)
    assert adjusted == pytest.approx([3 * raw[0], raw[1], 2 * raw[2]])


def test_levels_are_those_of_statsmodels() -> None:
    z = np.random.default_rng(1).standard_normal(40) * 2.0
    p, adjusted = family([record(value, ("rate", "inequality")[i % 2]) for i, value in enumerate(z)])
    np.testing.assert_allclose(adjusted, multipletests(p, method="holm")[1], rtol=1e-12)
    assert adjusted.max() == 1.0


def test_only_an_excess_speaks_against_an_inequality() -> None:
    p, _ = family([record(-5.0, "inequality"), record(2.0, "inequality")])
    assert p == pytest.approx(norm.sf([-5.0, 2.0]))


def test_what_is_violated_is_of_the_family_and_what_is_exact_is_not() -> None:
    rows = [record(0.5), record(6.0, verdict="violated"), record(9.0, verdict="not applicable")]
    exact = {**record(9.0, "identity", "violated", "Exact()"), "n_labeled": None}
    rows += [exact, {**record(1.0), "error": 0.0}]
    p, adjusted = family(rows)
    assert len(p) == 2 and adjusted.min() == pytest.approx(2 * 2 * norm.sf(6.0))
    assert "level rejects 1. At a level of 0.05" in family_said(rows)
    assert "instead of four, it rejects 1." in family_said(rows)
    assert family_said([exact]) == ""


def test_a_statement_that_is_violated_everywhere_is_of_the_family() -> None:
    """A family is not chosen by what comes of it."""
    rows = [record(0.5), record(6.0, verdict="violated", statement="B()"), record(7.0, "identity", "violated", "C()")]
    p, _ = family(rows)
    assert len(p) == 3 and "rejects 2." in family_said(rows)


def test_the_family_of_both_rules_errs_as_seldom_as_it_says() -> None:
    """5,000 families of 60 true statements: Holm's rejects one in at most .05 of them (three errors: .059)."""
    z = np.random.default_rng(0).standard_normal((5000, 60))
    smallest = 2.0 * norm.sf(np.abs(z).max(axis=1)) * 60  # Holm rejects something if and only if Bonferroni does
    assert 0.03 < (smallest <= 0.05).mean() < 0.059
    assert "Neither needs the records to be independent" in family_said([record(x) for x in z[0]])
