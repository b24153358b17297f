"""The map of when the pretext pays, against rows; and the crossover that the theory predicts."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.reference_crossover import POINTS, mapped, reference
from testbed.generators import CleanGaussian, CleanMixture
from testbed.theory import Crossover, ExactLeastSquares, ReducedRankPretext
from tests.committed import committed
from tests.statistics_ import z_limit

CONTRASTS = committed("violations/when_it_pays", "contrasts.csv")


@pytest.mark.parametrize("point", [POINTS[0], POINTS[3], POINTS[5]], ids=str)
def test_the_map_agrees_with_rows(point: object) -> None:
    (m0, e0), (m1, e1) = reference(point, repetitions=60, seed=1), mapped(point, CONTRASTS)
    assert abs(m0 - m1) < z_limit(3) * np.hypot(e0, e1)


@pytest.mark.parametrize("epsilon", [0.0, 0.2])
def test_at_the_solved_crossover_both_risks_are_equal(epsilon: float) -> None:
    laws = (
        (CleanGaussian(k=3, d2=6, epsilon_ci=epsilon, structure_seed=0), "k", False),
        (CleanMixture(k=4, d2=6, epsilon_ci=epsilon, structure_seed=0), "k-1", True),
    )
    for generator, rank, intercept in laws:
        truth = generator.law().population()
        for n2 in (100, 1000):
            n1 = float(Crossover(rank, intercept, "solved").sides(truth, None, n2).right)
            risk = ExactLeastSquares("x1", intercept).sides(truth, None, n2).right
            if not np.isfinite(n1):
                best = ReducedRankPretext(rank, intercept, "excess_risk").sides(truth, 10**12, n2).right
                assert best >= risk
                continue
            learnt = ReducedRankPretext(rank, intercept, "excess_risk").sides(truth, n1, n2).right
            assert learnt == pytest.approx(risk, rel=1e-9)


def test_without_a_leak_the_solved_crossover_tends_to_tau() -> None:
    truth = CleanGaussian(k=3, d2=6, structure_seed=0).law().population()
    for n2, tolerance in ((1000, 0.05), (100_000, 5e-4)):
        leading, solved = (
            float(Crossover(intercept=False, order=o).sides(truth, None, n2).right) for o in ("leading", "solved")
        )
        assert leading == pytest.approx(float(truth.tau(False)) * n2)
        assert solved == pytest.approx(leading, rel=tolerance)


@pytest.mark.parametrize(("name", "value"), [("rank", "km"), ("intercept", 1), ("order", "second")])
def test_settings(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=f"{name} = {value!r}; allowed"):
        Crossover(**{name: value})
