"""What the studies lean on: the two-view ceiling, and psi* of shifted pairs."""

from __future__ import annotations

import numpy as np
import pytest

from testbed import Experiment, run
from testbed.generators import CleanFinite, CleanMixture, CovariateShift, LabelShift, StudentTails
from testbed.pretexts import Oracle, Predict, Truncated
from testbed.regressors import OLS, ReducedRank
from testbed.theory import TwoViewCeiling

BASE = CleanMixture(k=3, d1=6, d2=6, structure_seed=0)


def test_the_two_view_ceiling_is_what_the_second_view_adds() -> None:
    law = CleanFinite(structure_seed=1).law()
    truth = law.population()
    joint = truth.table.sum(axis=1)  # (k, s1, s2)
    both = 1.0 - float(np.sum(joint**2 / np.maximum(joint.sum(axis=0), 1e-300)))
    assert float(TwoViewCeiling().predicted(truth)) == pytest.approx(float(truth.bayes_noise) - both, abs=1e-12)
    assert float(TwoViewCeiling().predicted(BASE.law().population())) > 0.01  # X2 has a label of its own to tell
    assert np.isnan(TwoViewCeiling().predicted(StudentTails(BASE, nu=5.0).law().population()))


def pretext_parts(law: object, *pretexts: object, n: int = 10**7) -> list[float]:
    frame = run(Experiment("x", [law], list(pretexts), [OLS()], [n], [1000], repeats=2), progress=False)
    return [float(v) for v in frame.groupby("pretext", sort=False)["pretext_part"].mean()]


def test_label_shift_breaks_the_universal_optimum_and_covariate_shift_does_not() -> None:
    optimum = Oracle("universal", pairs=True)
    assert pretext_parts(LabelShift(BASE, ratio=1.0), optimum)[0] < 1e-20
    assert pretext_parts(CovariateShift(BASE, threshold=2.0), optimum)[0] < 1e-20
    assert pretext_parts(LabelShift(BASE, ratio=16.0), optimum)[0] > 1e-3


def test_in_the_linear_class_neither_shift_moves_the_span_of_the_optimum() -> None:
    """S11^-1 S12 of the pairs spans C^-1 times the differences of the means, whatever is shifted."""
    for law in (LabelShift(BASE, ratio=16.0), CovariateShift(BASE, threshold=2.0)):
        parts = pretext_parts(law, Oracle("linear", pairs=True), Predict(ReducedRank("k-1")))
        assert abs(parts[0]) < 1e-9
        assert abs(parts[1]) < 1e-5  # at n1 = 1e7
    truncated = Truncated(Predict(OLS()), "k-1")
    a, b = pretext_parts(BASE, truncated, Predict(ReducedRank("k-1")), n=500)
    assert a == pytest.approx(b, rel=1e-9)  # components of the fitted values are those of reduced rank
