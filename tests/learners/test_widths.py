"""A rank that is a number is the width of the representation, or is refused; a named one keeps what there is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from testbed.data import Moments
from testbed.keys import canonical
from testbed.laws import Finite
from testbed.pretexts import (
    ACE,
    CCA,
    PCA,
    Autoencoder,
    DenoisingAutoencoder,
    InstanceClassification,
    JointEmbedding,
    OffDiagonal,
    Predict,
    Pretext,
    Raw,
    Reconstruction,
    RidgeCCA,
    Truncated,
    VICReg,
)
from testbed.registry import public
from testbed.regressors import OLS, bind

RNG = np.random.default_rng(3)
P = RNG.dirichlet(np.ones(5), 2)  # of x1, and of x2, in each class: one law of both views
POINTS = RNG.standard_normal((5, 3))
LAW = Finite(0.5 * np.einsum("ya,yb->yab", P, P)[:, None], POINTS, POINTS)
BOTH = {"most": 3, "said": "x1 has 3 coordinates and x2 has 3"}
TASKS: dict[Any, dict[str, Any]] = {
    PCA: {"most": 3, "said": "x1 has 3 coordinates"},
    Autoencoder: {"most": 3, "said": "x1 has 3 coordinates"},
    DenoisingAutoencoder: {"most": 3, "said": "x1 has 3 coordinates", "corruption": "mask", "level": 0.5},
    InstanceClassification: {"most": 3, "said": "x1 has 3 coordinates"},
    OffDiagonal: {"most": 3, "said": "x1 has 3 coordinates"},
    CCA: BOTH,
    RidgeCCA: BOTH,
    JointEmbedding: {"most": 3, "said": "the views vary in 3 directions only"},
    Reconstruction: {"most": 3, "said": "the views vary in 3 directions only"},
    VICReg: {"most": None},  # outputs that earn nothing are 0: they are there
    Truncated: {"most": 3, "said": r"psi of Predict\(OLS\(\)\) has 3 coordinates", "pretext": Predict(OLS())},
}
TABLES = {"ACE", "Contrastive"}  # as many functions as points are met, at most
TRAINED = {"ContrastiveNetwork", "DeepCCA"}  # networks have as many outputs as they are told


def fitted(task: Pretext) -> Any:
    sample = LAW.sample(200, np.random.default_rng(0))
    return task.fit([Moments.of(sample)] if task.linear else sample, LAW, np.random.default_rng(0))


@pytest.mark.parametrize("cls", TASKS, ids=lambda cls: cls.__name__)
def test_a_representation_has_the_width_that_is_asked_for_or_the_number_is_refused(cls: Any) -> None:
    settings = dict(TASKS[cls])
    most, said = settings.pop("most"), settings.pop("said", "")
    widest = cls(rank=most or 3, **settings)
    for psi in (fitted(widest), widest.optimum(LAW)):
        assert psi(POINTS).shape == (5, most or 3)
    larger = cls(rank=9, **settings)
    for find in (lambda: fitted(larger), lambda: larger.optimum(LAW)):
        if most is None:
            assert find()(POINTS).shape == (5, 9)
            continue
        with pytest.raises(ValueError, match=f"^rank = 9: {said}, so give at most {most}$"):
            find()
    assert fitted(cls(rank="km", **settings))(POINTS).shape == (5, LAW.states)


@pytest.mark.parametrize("cls", TASKS, ids=lambda cls: cls.__name__)
def test_a_named_rank_keeps_what_there_is_in_a_sweep_too(cls: Any) -> None:
    """There it is replaced by its number on the law, of 8 states and views of 3 columns."""
    settings = {name: value for name, value in TASKS[cls].items() if name not in ("most", "said")}
    law = Finite(np.broadcast_to(LAW.joint / 4.0, (2, 4, 5, 5)), POINTS, POINTS)
    bound = bind(cls(rank="km", **settings), law.shape[2], law.states)
    assert canonical(bound) == canonical(cls(rank=8, **settings))
    sample = law.sample(200, np.random.default_rng(0))
    found = bound.fit([Moments.of(sample)] if bound.linear else sample, law, np.random.default_rng(0))
    assert found(POINTS).shape == (5, TASKS[cls]["most"] or 8)


def test_every_task_with_a_rank_is_here() -> None:
    ranked = {name for name, found in public("pretexts").items() if "rank" in found.__dataclass_fields__}
    assert ranked == {cls.__name__ for cls in TASKS} | TABLES | TRAINED


def test_a_truncation_is_no_wider_than_what_it_truncates() -> None:
    for inner, most in ((Raw(), 3), (CCA(2), 2), (Truncated(PCA(3), 2), 2)):
        with pytest.raises(ValueError, match=f"so give at most {most}"):
            fitted(Truncated(inner, 3 if most == 2 else 4))
        assert fitted(Truncated(inner, most))(POINTS).shape == (5, most)


def test_tables_have_no_more_functions_than_points_are_met() -> None:
    """A draw that meets two of five points has one function that is not constant; the task may ask for three."""
    sample = LAW.sample(2, np.random.default_rng(0))
    assert len(np.unique(sample.x1, axis=0)) == 2
    for task in (ACE(3), Truncated(ACE(3), 2)):
        assert task.fit(sample, LAW)(POINTS).shape == (5, 1)
    assert ACE(9).fit(LAW.sample(200, np.random.default_rng(0)), LAW)(POINTS).shape == (5, 4)
