"""What the studies lean on: the two-view ceiling, and psi* of shifted pairs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import KNeighborsRegressor

from testbed import Experiment, run
from testbed.generators import CleanFinite, CleanMixture, CovariateShift, LabelShift, StudentTails
from testbed.laws import Finite, JointGaussian, Law, Shifted
from testbed.pretexts import ACE, CCA, Optimum, Oracle, Predict, Pretext, Raw, Truncated
from testbed.pretexts.base import Psi
from testbed.regressors import OLS, ReducedRank, Sklearn
from testbed.theory import TwoViewCeiling

BASE = CleanMixture(k=3, d1=6, d2=6, structure_seed=0)


def test_the_two_view_ceiling_is_what_the_second_view_adds() -> None:
    law = CleanFinite(structure_seed=1).law()
    truth = law.population()
    joint = truth.table.sum(axis=1)  # (k, s1, s2)
    both = 1.0 - float(np.sum(joint**2 / np.maximum(joint.sum(axis=0), 1e-300)))
    assert float(TwoViewCeiling().sides(truth).right) == pytest.approx(float(truth.bayes_noise) - both, abs=1e-12)
    assert float(TwoViewCeiling().sides(BASE.law().population()).right) > 0.01  # X2 has a label of its own to tell
    assert np.isnan(TwoViewCeiling().sides(StudentTails(BASE, nu=5.0).law().population()).right)


def parts(law: object, *pretexts: object, n: int = 10**7) -> pd.DataFrame:
    frame = run(Experiment("x", [law], list(pretexts), [OLS()], [n], [1000], repeats=2), progress=False)
    assert (frame["status"] == "ok").all()
    return frame.groupby("pretext", sort=False)[["intrinsic", "pretext_part"]].mean()


def pretext_parts(law: object, *pretexts: object, n: int = 10**7) -> list[float]:
    return [float(v) for v in parts(law, *pretexts, n=n)["pretext_part"]]


def test_label_shift_breaks_the_universal_optimum_and_covariate_shift_does_not() -> None:
    """What the pairs teach is the optimum: its error is intrinsic, and nothing of it is the pretext's."""
    optimum = Oracle("universal", pairs=True)
    for law, least, most in (
        (LabelShift(BASE, ratio=1.0), 0.0, 1e-20),
        (CovariateShift(BASE, threshold=2.0), 0.0, 1e-20),
        (LabelShift(BASE, ratio=16.0), 1e-3, 1.0),
    ):
        found = parts(law, optimum)
        assert least <= found["intrinsic"].iloc[0] <= most
        assert found["pretext_part"].iloc[0] == 0.0


def noise_in_the_target() -> Shifted:
    """Pairs whose x2 tells of the label, labelled data whose x2 is noise: the target's own E[X2|X1] is 0."""
    c = np.eye(7)  # x1 of three coordinates, x2 of two, y of two
    c[0, 5] = c[5, 0] = c[1, 6] = c[6, 1] = np.sqrt(0.9)
    told = c.copy()
    told[0, 3] = told[3, 0] = told[1, 4] = told[4, 1] = np.sqrt(0.9)
    told[3, 5] = told[5, 3] = told[4, 6] = told[6, 4] = 0.9
    return Shifted(JointGaussian(c, 3, 2, 2), JointGaussian(told, 3, 2, 2))


@pytest.mark.parametrize(
    "pretext",
    [Predict(OLS()), CCA(2), Optimum(CCA(2)), Truncated(Predict(OLS()), 2), Predict(ReducedRank(2)),
     Oracle("linear", pairs=True)],
    ids=repr,
)  # fmt: skip
def test_the_split_is_taken_on_the_law_that_draws_the_pairs(pretext: Pretext) -> None:
    """The target's own optimum is 0: an intrinsic risk of 1.8 and a pretext part of -1.8 would say nothing."""
    found = parts(noise_in_the_target(), pretext, n=10**8)
    assert abs(found["intrinsic"].iloc[0]) < 1e-12
    assert abs(found["pretext_part"].iloc[0]) < 1e-6


def test_an_oracle_of_the_target_is_its_own_optimum() -> None:
    found = parts(noise_in_the_target(), Oracle("linear"), Raw())
    assert found["intrinsic"].tolist() == pytest.approx([1.8, 0.0], abs=1e-12)
    assert found["pretext_part"].tolist() == [0.0, 0.0]


def test_tables_of_pairs_are_counted_and_solved_under_a_shift() -> None:
    """Contrastive tasks know the finite law that draws the pairs; its optimum is the intrinsic risk."""
    law = LabelShift(CleanFinite(structure_seed=1), ratio=5.0)
    task = ACE("k-1")
    found = parts(law, task, n=10**8)
    truth, pairs = law.law().population(), law.law().pretext_law
    expected = float(truth.approximation_error(task_optimum(task, pairs)))
    assert found["intrinsic"].iloc[0] == pytest.approx(expected, rel=1e-9)
    assert abs(found["pretext_part"].iloc[0]) < 1e-5


def task_optimum(task: ACE, law: Law) -> Psi:
    return replace(task, rank=law.shape[2] - 1).optimum(law)


def test_what_the_pairs_never_met_leaves_the_parts_empty() -> None:
    """The target has a point of x1 that the pairs have not: their E[X2|X1] is not defined there."""
    table = np.full((2, 1, 3, 2), 1.0) / 12
    v2 = np.array([[0.0], [1.0]])
    target = Finite(table, np.array([[0.0], [1.0], [2.0]]), v2)
    fewer = Finite(table[:, :, :2] / table[:, :, :2].sum(), np.array([[0.0], [1.0]]), v2)
    frame = run(
        Experiment("x", [Shifted(target, fewer)], [Predict(Sklearn(KNeighborsRegressor(3)))], [OLS()], [50], [50],
                   repeats=2), progress=False,
    )  # fmt: skip
    assert (frame["status"] == "ok").all() and frame["intrinsic"].isna().all()


def test_in_the_linear_class_neither_shift_moves_the_span_of_the_optimum() -> None:
    """S11^-1 S12 of the pairs spans C^-1 times the differences of the means, whatever is shifted."""
    for law in (LabelShift(BASE, ratio=16.0), CovariateShift(BASE, threshold=2.0)):
        parts = pretext_parts(law, Oracle("linear", pairs=True), Predict(ReducedRank("k-1")))
        assert abs(parts[0]) < 1e-9
        assert abs(parts[1]) < 1e-5  # at n1 = 1e7
    truncated = Truncated(Predict(OLS()), "k-1")
    a, b = pretext_parts(BASE, truncated, Predict(ReducedRank("k-1")), n=500)
    assert a == pytest.approx(b, rel=1e-9)  # components of the fitted values are those of reduced rank
