"""Singular values that are equal at the rank that is kept: there is no one optimum, and its parts are empty."""

from __future__ import annotations

import numpy as np
import pytest

from testbed.evaluation import Cell, run_cells
from testbed.generators import CleanMixture, DirectEdge, DropLatent, LeeMixture
from testbed.pretexts import Optimum, Predict
from testbed.pretexts.base import Unknown
from testbed.regressors import OLS, ReducedRank

TIED = DropLatent(CleanMixture(k=2, m=3, d1=12, d2=8, separation=1.5, structure_seed=0))


def test_a_tie_leaves_the_optimum_unknown() -> None:
    """States apart by equal lengths: any of five directions is a best predictor of rank 1; they differ in e_apx."""
    law = TIED.law()
    assert isinstance(Predict(ReducedRank(1)).optimum(law), Unknown)
    assert not isinstance(Predict(ReducedRank(5)).optimum(law), Unknown)  # the whole tied space
    assert not isinstance(Predict(OLS()).optimum(law), Unknown)
    with pytest.raises(ValueError, match="differ in what they keep"):
        Optimum(Predict(ReducedRank(1))).optimum(law)
    rows = run_cells([Cell(TIED, Predict(ReducedRank(1)), OLS(), 1000, 200, "moments")], 0, range(4))
    for row in rows:
        assert row["status"] == "ok"
        assert row["intrinsic"] is None
        assert row["pretext_part"] is None
        assert isinstance(row["estimation"], float)


def test_turning_a_tied_space_changes_what_is_kept() -> None:
    """The reason: two best predictors of rank 1 of one law lose different parts of the label."""
    law = TIED.law()
    truth = law.population()
    weight = truth.linear_psi_star.weight
    found = []
    for axis in (0, 1):
        u, _, vt = np.linalg.svd(truth.root1 @ weight, full_matrices=False)
        kept = weight @ np.outer(vt[axis], vt[axis])
        found.append(float(truth.approximation_error(type(truth.linear_psi_star)(kept, np.zeros(8)))))
        assert u.shape[1] == 8
    assert abs(found[0] - found[1]) > 1e-3


def test_singular_values_apart_stay() -> None:
    law = LeeMixture(k=4, d1=6, d2=5, scale=3.0, structure_seed=1).law()
    assert not np.any(law.population().ambiguous(2))
    law = LeeMixture(k=4, d1=6, d2=5, scale=3.0).law(np.random.default_rng(0), 8)
    assert law.population().ambiguous(2).shape == (8,)
    assert not np.any(law.population().ambiguous(2))


def test_a_tie_that_the_label_does_not_see_is_none() -> None:
    """A leak outside the row space of A, of equal strength in three directions: each loses the whole label."""
    law = DirectEdge(CleanMixture(k=3, d1=8, d2=6, structure_seed=0), direction="outside", epsilon_ci=1.7).law()
    truth = law.population()
    s = np.linalg.svd(truth.root1 @ truth.linear_psi_star.weight, compute_uv=False)
    assert abs(s[1] - s[2]) < 1e-9 * s[1]
    assert not truth.ambiguous(2)
    found = truth.approximation_error(truth.reduced_psi_star(2))
    label = truth.root1 @ truth.linear_f_star.weight
    assert float(found) == pytest.approx(float(truth.class_floor) + float(np.sum(label**2)), rel=1e-9)
