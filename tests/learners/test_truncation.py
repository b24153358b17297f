"""What a truncation keeps: directions that vary most, or the leading variates where all have one variance."""

from __future__ import annotations

import numpy as np
import pytest

from testbed.data import LinearMap
from testbed.generators import CleanFinite, Factors, LeeMixture
from testbed.laws import GaussianMixture, Law
from testbed.pretexts import ACE, CCA, DeepCCA, Optimum, Pretext, Truncated

MIXTURE = LeeMixture(k=4, d1=6, d2=3, alpha=0.3, scale=2.0, structure_seed=4).law()
ORDERS = [list(range(6)), [5, 3, 1, 0, 2, 4], [2, 0, 5, 4, 1, 3]]


def permuted(order: list[int]) -> GaussianMixture:
    """The mixture with the coordinates of x1 in another order."""
    place = [*order, 6, 7, 8]
    covariance = MIXTURE.covariance[..., place, :][..., place]
    return GaussianMixture(MIXTURE.probability, MIXTURE.mean[:, place], covariance, 6)


def risk(law: Law, pretext: Pretext) -> float:
    return float(law.population().approximation_error(pretext.optimum(law)))


@pytest.mark.parametrize("order", ORDERS, ids=str)
@pytest.mark.parametrize(
    "cut",
    [Truncated(CCA(3), 2), Truncated(Truncated(CCA(3), 3), 2), Optimum(Truncated(CCA(3), 2)),
     Truncated(Optimum(CCA(3)), 2)],
    ids=repr,
)  # fmt: skip
def test_a_truncation_of_canonical_variates_keeps_the_leading_ones(cut: Pretext, order: list[int]) -> None:
    """In any order of the coordinates of x1; by variance, which is 1 for all, the risk went from .127 to .208."""
    assert risk(permuted(order), cut) == pytest.approx(risk(permuted(order), CCA(2)), rel=1e-9)
    assert risk(permuted(order), CCA(2)) == pytest.approx(0.12742, rel=4e-3)  # the floor is an integral, to 1e-3


@pytest.mark.parametrize("law", [CleanFinite(structure_seed=1).law(), Factors(structure_seed=0).law()], ids=type)
def test_maximal_correlation_functions_are_cut_in_their_order(law: Law) -> None:
    """Tables, and jointly Gaussian laws, where a truncation by variance had no optimum at all."""
    assert risk(law, Truncated(ACE(3), 2)) == pytest.approx(risk(law, ACE(2)), rel=1e-9)


@pytest.mark.parametrize("task", [CCA, ACE])
def test_what_is_learnt_is_cut_in_its_order(task: type[CCA] | type[ACE]) -> None:
    law = MIXTURE if task is CCA else CleanFinite(structure_seed=1).law()
    rng = np.random.default_rng(0)
    draw, x1 = law.sample(300, rng), law.sample(50, rng).x1
    whole, cut = (p.fit(draw, law, rng) for p in (task(2), Truncated(task(3), 2)))
    assert np.allclose(whole(x1), cut(x1), rtol=1e-9, atol=1e-12)


def test_more_variates_than_there_are_stay_all() -> None:
    """Where the rank is a name; a number says how many there are to be, and is refused."""
    for name, width in (("k", 3), ("km", min(3, MIXTURE.states))):
        found = Truncated(CCA(3), name).optimum(MIXTURE)
        assert isinstance(found, LinearMap) and found.weight.shape == (6, width)
    with pytest.raises(ValueError, match=r"rank = 5: psi of CCA\(3\) has 3 coordinates, so give at most 3"):
        Truncated(CCA(3), 5).optimum(MIXTURE)


def test_outputs_that_an_invertible_map_leaves_equal_are_not_cut() -> None:
    """Nothing orders the outputs of deep CCA: the batch correlations are the same for every basis of them."""
    for task in (DeepCCA(3), Optimum(DeepCCA(3))):
        with pytest.raises(ValueError, match="known up to an invertible map"):
            Truncated(task, 2)
