"""What a comparison comes to: wrong statements are violated, broken assumptions are not, errors are allowed for."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from testbed.check import LAWS, check
from testbed.check.simulate import mean_of, slope_of
from testbed.check.verdict import judge
from testbed.generators import CleanGaussian
from testbed.laws import Finite, Population
from testbed.laws.population import NotDefinedError
from testbed.report.ledger import lines, short_table
from testbed.theory import (
    Assumption,
    Exact,
    ExactLeastSquares,
    IntrinsicBound,
    LatentOptimum,
    LinearOracleRate,
    OracleRate,
    Sides,
    ZeroError,
)
from testbed.theory.base import Kind, compared


@dataclass(frozen=True, repr=False)
class Wrong(Exact):
    """The intrinsic risk is `share` of its bound, on any law or on none."""

    share: float = 0.5
    promised: bool = True
    off_by: float = 0.0

    kind: ClassVar[Kind] = "inequality"
    title: ClassVar[str] = "Wrong"
    source: ClassVar[str] = "nowhere"
    claim: ClassVar[str] = "e_apx <= share e_apx"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        return (Assumption("promised", np.asarray(0.0), np.asarray(self.promised)),)

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        left = truth.approximation_error(truth.psi_star)
        return compared(truth, left, self.share * left, error=self.off_by)


@dataclass(frozen=True, repr=False)
class WrongRate(OracleRate):
    """A rate that is twice as fast."""

    @property
    def exponent(self) -> float | None:
        return -2.0


@dataclass(frozen=True, repr=False)
class WrongMean(ExactLeastSquares):
    """Twice the mean."""

    def sides(self, truth: Population, n_unlabeled: int | None = None, n_labeled: int | None = None) -> Sides:
        sides = super().sides(truth, n_unlabeled, n_labeled)
        return sides._replace(right=2.0 * sides.right)


@pytest.mark.parametrize(
    ("kind", "predicted", "measured", "error", "verdict"),
    [
        ("identity", 1.0, 1.0 + 5e-10, 0.0, "holds"),
        ("identity", 1.0, 1.0 + 2e-9, 0.0, "violated"),
        ("identity", 1.0, 1.0 + 3.9e-3, 1e-3, "holds"),
        ("identity", 1.0, 1.0 - 4.1e-3, 1e-3, "violated"),
        ("identity", 0.0, 5e-10, 0.0, "holds"),
        ("identity", 1e3, 1e3 + 5e-7, 0.0, "holds"),
        ("inequality", 1.0, -7.0, 0.0, "holds"),
        ("inequality", 1.0, 1.0 + 2e-9, 0.0, "violated"),
        ("inequality", math.inf, 3.0, 0.0, "holds"),
        ("inequality", 0.0, 3e-3, 1e-3, "holds"),
        ("rate", -1.0, -1.03, 0.01, "consistent"),
        ("rate", -1.0, -1.05, 0.01, "violated"),
        ("identity", 1.0, math.nan, 0.0, "error"),
        ("inequality", math.nan, 1.0, 0.0, "error"),
    ],
)
def test_verdict(kind: Kind, predicted: float, measured: float, error: float, verdict: str) -> None:
    assert judge(kind, True, predicted, measured, error, 1.0) == verdict
    assert judge(kind, False, predicted, measured, error, 1.0) == "not applicable"
    simulated = judge(kind, True, predicted, measured, error, 1.0, simulated=True)
    assert simulated == (verdict if verdict in ("violated", "error") else "consistent")


def test_a_wrong_statement_is_violated() -> None:
    (record,) = check(Wrong(), LAWS["leak-inside"], "leak-inside")
    assert record.verdict == "violated" and record.ratio == pytest.approx(2.0)
    assert check(Wrong(share=1.0), LAWS["leak-inside"])[0].verdict == "holds"


def test_a_broken_assumption_is_not_a_violation_and_shows_what_happened() -> None:
    (record,) = check(Wrong(promised=False), LAWS["leak-inside"])
    assert record.verdict == "not applicable" and record.measured > record.predicted > 0.0
    (record,) = check(ZeroError(), LAWS["example-3.1"], "example-3.1")
    assert record.verdict == "not applicable" and record.measured == pytest.approx(0.5)
    assert [(m.name, m.margin, m.holds) for m in record.margins] == [
        ("eps_CI = 0 given Y", 0.0, True),
        ("W'A' = M solvable", 0.0, False),
    ]
    assert "BROKEN" in record.text and ", against predicted" in record.text


def test_the_error_of_an_integral_is_allowed_for() -> None:
    (exact,) = check(Wrong(share=0.99), LAWS["leak-inside"])
    (loose,) = check(Wrong(share=0.99, off_by=exact.measured / 100.0), LAWS["leak-inside"])
    assert (exact.verdict, loose.verdict) == ("violated", "holds")
    assert loose.low < loose.predicted < loose.measured < loose.high
    (record,) = check(IntrinsicBound("universal"), LAWS["lee-leak"])
    assert record.error > 0.0 and record.verdict == "holds"


def test_wrong_rates_and_means_are_violated() -> None:
    assert check(WrongRate(), LAWS["gaussian"])[0].verdict == "violated"
    assert check(WrongMean(), LAWS["gaussian"])[0].verdict == "violated"
    assert check(ExactLeastSquares(), LAWS["gaussian"])[0].verdict == "consistent"


def test_slopes() -> None:
    """The jackknife error of an exponent is that of independent draws of it."""
    rng, sizes = np.random.default_rng(0), [100.0, 200.0, 400.0]
    slopes = [slope_of([rng.exponential(1.0 / n, size=400) for n in sizes], sizes) for _ in range(300)]
    values, errors = (np.array([getattr(s, name) for s in slopes]) for name in ("value", "error"))
    assert values.mean() == pytest.approx(-1.0, abs=5.0 * values.std() / np.sqrt(300))
    assert errors.mean() == pytest.approx(values.std(), rel=0.25)
    exact = slope_of([np.full(5, 3.0 / n**2) for n in sizes], sizes)
    assert exact.value == pytest.approx(-2.0) and exact.error == pytest.approx(0.0, abs=1e-12)
    with pytest.raises(ValueError, match="the mean at size 200 is not positive"):
        slope_of([np.ones(3), np.zeros(3)], [100.0, 200.0])
    mean = mean_of(np.array([1.0, 2.0, 3.0]))
    assert (mean.value, mean.error) == (2.0, pytest.approx(1.0 / np.sqrt(3.0)))


def test_one_structure_of_a_generator_that_redraws_it() -> None:
    from testbed.generators import LeeMixture

    (record,) = check(LatentOptimum(), LeeMixture(k=3, d1=4, d2=4, scale=2.0))
    assert record.verdict == "holds" and record.law == record.law_text == "LeeMixture(k=3, d1=4, d2=4, scale=2.0)"


def one_hot_law() -> Finite:
    """Three classes, views independent given the class, x1 one-hot on six points."""
    left = np.array([[0.3, 0.1, 0.1, 0.5, 0, 0], [0.1, 0.1, 0.6, 0.1, 0.1, 0], [0, 0.2, 0.2, 0.1, 0.2, 0.3]])
    right = np.array([[0.5, 0.5, 0, 0], [0.1, 0.2, 0.3, 0.4], [0.1, 0.1, 0.1, 0.7]])
    joint = np.einsum("ya,yb->yab", left, right)[:, None] / 3.0
    return Finite(joint, np.eye(6), np.cos(np.arange(12.0) ** 2).reshape(4, 3))


def test_no_repetition_fails_where_the_columns_of_x1_are_dependent() -> None:
    (record,) = check(LinearOracleRate(), one_hot_law())
    assert record.verdict == "consistent" and record.measured == pytest.approx(-1.0, abs=0.05), record.text


@pytest.mark.parametrize(
    ("raised", "words"),
    [
        (np.linalg.LinAlgError("Singular matrix"), "LinAlgError: Singular matrix"),
        (ValueError("cannot reshape array"), "ValueError: cannot reshape array"),
        (ZeroDivisionError("by zero"), "ZeroDivisionError: by zero"),
    ],
)
def test_what_goes_wrong_is_an_error_and_no_word_about_the_law(
    raised: Exception, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(*_: object) -> None:
        raise raised

    monkeypatch.setattr(LatentOptimum, "sides", wrong)
    for law in ("clean", "leak-inside"):  # the assumption holds on the first, and is broken on the second
        (record,) = check(LatentOptimum(), LAWS[law], law)
        assert record.verdict == "error" and record.remark == words and not record.applies
        assert record.text.startswith(f"error           {law}: error: {words} | eps_CI = 0 given Y: ")
    (line,) = lines([r.row for s in ("clean", "lee") for r in check(LatentOptimum(), LAWS[s], s)])
    assert line.verdict == "error" and line.text == "error           LatentOptimum() (identity): 2 error"
    assert "| 0, error 1 |" in short_table([record.row])


def test_a_side_that_the_law_does_not_define_is_not_applicable_and_one_that_is_nan_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def undefined(*_: object) -> None:
        raise NotDefinedError("this law has no such side")

    monkeypatch.setattr(LatentOptimum, "sides", undefined)
    (record,) = check(LatentOptimum(), LAWS["clean"])
    assert record.verdict == "not applicable" and record.remark == "this law has no such side"
    assert record.margins[-1].name == "both sides are defined on this law"
    monkeypatch.setattr(LatentOptimum, "sides", lambda _, truth: compared(truth, 0.0, np.nan))
    (record,) = check(LatentOptimum(), LAWS["clean"])
    assert record.verdict == "error" and record.remark == "what is predicted is NaN, and every assumption holds"


def test_a_mean_that_no_learner_has_at_these_sizes_is_not_defined() -> None:
    wide = CleanGaussian(k=2, d1=1200, d2=3, structure_seed=0).law()
    (record,) = check(ExactLeastSquares("x1"), wide)
    assert record.verdict == "not applicable"
    assert record.remark == "at n1 = 1000 and n2 = 1000 the mean is infinite: there are too few rows"
