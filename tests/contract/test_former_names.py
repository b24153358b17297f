"""Names of the version before are found where they were, with a warning that says where they are."""

from __future__ import annotations

import importlib

import pytest

from testbed import evaluation
from testbed.generators import CleanMixture
from testbed.theory import ExactLeastSquares, IntrinsicBound


@pytest.mark.parametrize("name", ["error01", "intrinsic_split", "subspace_sine"])
def test_measures_are_in_evaluation(name: str) -> None:
    former = importlib.import_module("testbed.measures")
    with pytest.warns(DeprecationWarning, match=f"testbed.evaluation.{name}"):
        assert getattr(former, name) is getattr(evaluation, name)
    with pytest.raises(AttributeError, match="nothing"):
        former.nothing  # noqa: B018


def test_sides_of_statements() -> None:
    truth = CleanMixture(k=3, rho=0.5, structure_seed=1).law().population()
    statement = IntrinsicBound("linear", intercept=True)
    with pytest.warns(DeprecationWarning, match="sides"):
        assert statement.predicted(truth) == statement.sides(truth).right
    with pytest.warns(DeprecationWarning, match="sides"):
        assert statement.measured(truth) == statement.sides(truth).left
    with pytest.warns(DeprecationWarning, match="sides"):
        assert ExactLeastSquares().predicted(truth, 100, 100).shape == ()
