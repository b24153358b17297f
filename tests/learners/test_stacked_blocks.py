"""Repetitions of several blocks are measured in one stack: each has the bits of its own, for every law and learner."""

from __future__ import annotations

from itertools import cycle
from typing import Any

import numpy as np
import pytest

from testbed.check import LAWS
from testbed.data import LinearMap, Moments
from testbed.evaluation import BLOCK, Cell, run_cells, together
from testbed.evaluation.draws import stacks
from testbed.evaluation.source import Source
from testbed.generators import (
    CleanGaussian,
    CleanMixture,
    CommonScale,
    CovariateShift,
    Generator,
    LabelShift,
    LeeMixture,
    SquareTarget,
    StudentTails,
)
from testbed.laws import Finite, JointGaussian, Law
from testbed.models import ProbabilisticPCA
from testbed.pretexts import (
    CCA,
    PCA,
    Autoencoder,
    DenoisingAutoencoder,
    InstanceClassification,
    OffDiagonal,
    Optimum,
    Oracle,
    Posterior,
    Predict,
    Pretext,
    PseudoLikelihood,
    Raw,
    RidgeCCA,
    Truncated,
)
from testbed.regressors import OLS, ReducedRank, Regressor, Ridge

VIEWS = (np.array([[0.3, 0.1, 0.1, 0.5, 0, 0], [0.1, 0.1, 0.6, 0.1, 0.1, 0], [0, 0.2, 0.2, 0.1, 0.2, 0.3]]),
         np.array([[0.5, 0.5, 0, 0], [0.1, 0.2, 0.3, 0.4], [0.1, 0.1, 0.1, 0.7]]))  # fmt: skip
JOINT = np.einsum("ya,yb->yab", *VIEWS)[:, None] / 3.0
POINTS = np.cos(np.arange(12.0) ** 2).reshape(4, 3)
HOT = Finite(JOINT, np.eye(6), POINTS)
SQUARE = np.cos(np.arange(63.0) ** 2).reshape(9, 7)
SMALL = CleanMixture(k=2, d1=3, d2=3, structure_seed=1)
FAMILIES: dict[str, Law | Generator] = {
    "one-hot": HOT,
    "a constant coordinate": Finite(JOINT, np.c_[np.ones(6), np.cos(np.arange(12.0)).reshape(6, 2)], POINTS),
    "singular Gaussian": JointGaussian(SQUARE @ SQUARE.T, 4, 3, 2),
    "Gaussian": CleanGaussian(k=2, d1=4, d2=3, structure_seed=1),
    "mixture": LeeMixture(k=3, d1=4, d2=4, alpha=0.3, scale=2.0, structure_seed=1),
    "a covariance each": CommonScale(SMALL, spread=0.5),
    "shifted": CovariateShift(SMALL),
    "shifted table": LabelShift(HOT, ratio=3.0),
    "redrawn": CleanMixture(k=2, d1=4, d2=3),
    "redrawn Gaussian": CleanGaussian(k=2, d1=4, d2=3),
}
SLOW: dict[str, Law | Generator] = {  # Moments from rows
    "heavy tails": StudentTails(SMALL),
    "squares": SquareTarget(SMALL),
    "topics": LAWS["topics"],
}
TASKS: list[Pretext] = [
    Raw(),
    Oracle("linear"),
    *(Predict(r) for r in (OLS(), OLS(False), Ridge(), Ridge("cv"), Ridge(0.5, False), Ridge(0.0), ReducedRank(1))),
    PCA(1),
    OffDiagonal(1),
    CCA(1),
    RidgeCCA(1, 0.5),
    PseudoLikelihood(),
    DenoisingAutoencoder("mask", 0.3, 1),
    InstanceClassification(1),
    Autoencoder(1, ()),
    Posterior(ProbabilisticPCA(1)),
    Truncated(Predict(OLS()), 1),
    Truncated(Raw(), 2),
]
TASKS += [Optimum(task) for task in TASKS[2:]]
PROBES: list[Regressor] = [OLS(), OLS(False), Ridge(), Ridge("cv"), ReducedRank(1)]


def bits(row: dict[str, Any]) -> list[Any]:
    return [repr(row[name]) for name in sorted(row) if name not in ("seconds", "traceback")]


def compare(law: Law | Generator, probes: list[Regressor], reps: range, alone: tuple[int, ...]) -> int:
    """Number of rows that are ok; those of single repetitions are those of the stack."""
    cells = [Cell(law, t, p, 30, 20, "moments") for t, p in zip(TASKS, cycle(probes), strict=False)]
    whole = {(row["key"], row["rep"]): row for row in run_cells(cells, 0, reps)}
    for rep in alone:
        for row in run_cells(cells, 0, range(rep, rep + 1)):
            assert bits(row) == bits(whole[row["key"], row["rep"]]), (row["pretext"], row["probe"], rep)
    return sum(row["status"] == "ok" for row in whole.values())


@pytest.mark.parametrize("name", FAMILIES)
def test_a_stack_of_blocks_has_the_bits_of_its_slices(name: str) -> None:
    assert all(task.linear for task in TASKS)
    ok = compare(FAMILIES[name], PROBES, range(BLOCK - 4, BLOCK + 5), (BLOCK - 2, BLOCK + 3))
    assert ok > 9 * len(TASKS) / 2, "most of what is compared must be numbers"


@pytest.mark.parametrize("name", SLOW)
def test_so_has_one_of_a_law_whose_moments_are_those_of_rows(name: str) -> None:
    assert compare(SLOW[name], [OLS()], range(BLOCK - 1, BLOCK + 1), (BLOCK,))


def test_two_hundred_repetitions_of_a_law_with_one_hot_inputs() -> None:
    """None fails, and each block is what it is alone."""
    cells = [Cell(HOT, task, OLS(), 60, 40, "moments") for task in (Raw(), Oracle("linear"), Predict(OLS()))]
    whole = run_cells(cells, 0, range(200))
    apart = [row for i in range(0, 200, BLOCK) for row in run_cells(cells, 0, range(i, min(i + BLOCK, 200)))]
    assert all(row["status"] == "ok" for row in whole)
    assert {(r["key"], r["rep"]): bits(r) for r in whole} == {(r["key"], r["rep"]): bits(r) for r in apart}


def test_a_whole_stack_is_as_large_as_is_said() -> None:
    """A call computes the repetitions of `together` at once where it begins at a multiple of them, and no more."""
    sizes = {name: together(Source(FAMILIES[name], 0)) for name in ("one-hot", "mixture", "redrawn")}
    assert sizes == {"one-hot": 16 * BLOCK, "mixture": 16 * BLOCK, "redrawn": BLOCK}
    large = Source(CleanMixture(k=2, d1=30, d2=20, structure_seed=1), 0)
    assert together(large) == 2 * BLOCK
    cuts = [draws.reps for draws in stacks(large, range(2 * BLOCK, 5 * BLOCK))]
    assert cuts == [range(2 * BLOCK, 4 * BLOCK), range(4 * BLOCK, 5 * BLOCK)]


def test_all_that_moments_know_survives_every_way_of_handing_them_on() -> None:
    rng = np.random.default_rng(0)
    psi = Oracle("linear").optimum(HOT)
    assert isinstance(psi, LinearMap) and not psi.full_rank
    each = Predict(OLS()).fit([HOT.moments(30, rng, 3)], HOT, rng)  # a map for each repetition
    assert isinstance(each, LinearMap)
    parts = [HOT.moments(30, rng, 3) for _ in range(4)]
    for linear in (psi, each):
        pushed = [part.push("x1", linear) for part in parts]
        stacked = Moments.stacked(pushed)
        for found, expected in (
            (stacked[3:6], pushed[1]),
            (stacked[4], pushed[1][1]),
            (pushed[0][1] + pushed[1][1], (pushed[0] + pushed[1])[1]),
            (Moments.stacked([pushed[0] + pushed[2], pushed[1]])[:3], pushed[0] + pushed[2]),
            (Moments.stacked([m[None] for m in (pushed[2][0], pushed[2][1])])[1], pushed[2][1]),
        ):
            assert found.deficient == expected.deficient == {"x1"}
            assert not found.full_rank("psi") and not found.full_rank("x1")
            for a, b in zip(found.roots("psi", "y"), expected.roots("psi", "y"), strict=True):
                np.testing.assert_array_equal(a, b)
            np.testing.assert_array_equal(found.most_rank("psi", False), expected.most_rank("psi", False))


def test_what_cannot_be_put_together_is_refused() -> None:
    rng = np.random.default_rng(0)
    one, two = HOT.moments(30, rng, 2), HOT.moments(30, rng, 2)
    with pytest.raises(ValueError, match="hold different blocks or pairs cannot be stacked"):
        Moments.stacked([one, HOT.moments(30, rng, 2, ("x1", "y"))])
    psi, other = LinearMap(np.eye(6)[:, :2], np.zeros(2)), LinearMap(np.eye(6)[:, 1:3], np.zeros(2))
    with pytest.raises(ValueError, match="the blocks 'psi' of two batches are images under different maps"):
        one.push("x1", psi) + two.push("x1", other)
    with pytest.raises(ValueError, match="hold a block 'psi' already"):
        one.push("x1", psi).push("x1", other)


@pytest.mark.parametrize("n", [2, 3])
def test_a_regression_on_too_few_rows_of_a_table_says_so(n: int) -> None:
    rows = run_cells([Cell(HOT, Predict(OLS()), OLS(), n, 30, "moments")], 0, range(20))
    failed = [row["error"] for row in rows if row["status"] == "failed"]
    assert failed and all(f"needs n >= 8; got n = {n}" in error for error in failed)


def test_maps_of_several_blocks_are_one() -> None:
    shared = LinearMap(np.eye(2), np.zeros(2), True)
    assert LinearMap.stacked([shared, LinearMap(np.eye(2), np.zeros(2), True)], [2, 3]) is shared
    mixed = LinearMap.stacked([shared, LinearMap(2.0 * np.eye(2), np.ones(2))], [2, 3])
    assert mixed.weight.shape == (5, 2, 2) and mixed.offset.shape == (5, 2) and not mixed.full_rank
