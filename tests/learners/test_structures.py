"""Closed forms of structures that are drawn anew, compiled: numpy's numbers, whatever the law."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose

pytest.importorskip("numba", reason="the engine fast is that of the extra `fast`")

from testbed._linalg import Array
from testbed.evaluation.structures import CompiledMixture, CompiledPopulation, compiled_law
from testbed.generators import CleanMixture, LeeMixture
from testbed.laws import GaussianMixture
from testbed.laws.mixture_population import MixturePopulation

RNG = np.random.default_rng(11)
REPEATS = 19  # two groups of eight lanes, and three left over


def mixture(scale: float = 2.0, **others: Any) -> GaussianMixture:
    """Five states in 6 and 5 dimensions, of uneven probabilities; what is named is another."""
    parts: dict[str, Any] = {
        "probability": [0.1, 0.3, 0.2, 0.25, 0.15],
        "mean": scale * RNG.standard_normal((REPEATS, 5, 11)),
        "covariance": np.eye(11),
        "d1": 6,
    }
    return GaussianMixture(**{**parts, **others})


def means(change: str) -> Array:
    """Means of the states of stacks that are degenerate in some way."""
    found = 2.0 * RNG.standard_normal((REPEATS, 5, 11))
    if change == "alike in x2":
        found[:, 1, 6:] = found[:, 0, 6:]
    elif change == "alike in x2 but for rounding":
        found[:, 1, 6:] = found[:, 0, 6:] + 1e-7
    elif change == "all alike":
        found[:] = found[:, :1]
    elif change == "far from the origin":
        found += 1e7
    elif change == "some far apart":
        found[::2] *= 1e4
    elif change == "orthogonal":
        found[:, :, 6:] = 3.0 * np.eye(5)
    return found


def covariance(change: str) -> Array:
    c = np.eye(11)
    if change == "an edge":
        c[0, 8] = c[8, 0] = 0.4
    elif change == "x2 singular":
        c[7:, 7:] = 0.0
    return c


LAWS: dict[str, GaussianMixture] = {
    "printed": LeeMixture(k=10, d1=50, d2=40).law(np.random.default_rng(1), REPEATS),
    "more classes than x2 has coordinates": LeeMixture(k=7, d1=9, d2=3).law(np.random.default_rng(1), REPEATS),
    "two states a class": CleanMixture(k=3, m=2, d1=9, d2=7).law(np.random.default_rng(1), REPEATS),
    "covariances of their own": CleanMixture(k=3, d1=9, d2=7, rho=0.5).law(np.random.default_rng(1), REPEATS),
    "two classes": LeeMixture(k=2, d1=1, d2=1).law(np.random.default_rng(1), REPEATS),
    "uneven": mixture(),
    "labels out of order": mixture(label=np.array([2, 0, 1, 0, 2])),
    "labels turned": mixture(label=np.array([4, 0, 1, 3, 2])),
    "a state without mass": mixture(probability=[0.1, 0.0, 0.4, 0.35, 0.15], label=np.array([0, 0, 1, 1, 2])),
    **{change: mixture(covariance=covariance(change)) for change in ("an edge", "x2 singular")},
    **{
        change: mixture(mean=means(change))
        for change in (
            "alike in x2", "alike in x2 but for rounding", "all alike", "far from the origin", "some far apart",
            "orthogonal",
        )
    },
}  # fmt: skip


def numbers(truth: MixturePopulation) -> dict[str, Array]:
    found = {
        "weight": truth.linear_f_star.weight,
        "offset": truth.linear_f_star.offset,
        "certified": truth.certified,
        "class_floor": truth.class_floor,
        "bayes_noise": truth.bayes_noise,
        "mean1": truth.mean1,
        "centred1": truth.centred1,
        "centred2": truth.centred2,
        "variance2": truth.variance2,
        "second2": truth.second2,
        "eps_CI": truth.epsilon_ci("linear"),
        "spanned": np.asarray(truth.spanned),
    }
    span = truth.optimal_span
    found |= {} if span is None else {"span": span}
    for intercept in (True, False):
        found |= {f"beta {intercept} {given}": truth.beta(intercept, given) for given in ("yz", "y")}
    return found


@pytest.mark.parametrize("name", list(LAWS))
def test_the_numbers_are_numpys(name: str) -> None:
    """To 1e-12 of the largest of a kind; what conditioning leaves in doubt is numpy's to the bit."""
    law = LAWS[name]
    made = compiled_law(law)
    assert isinstance(made, CompiledMixture) and isinstance(made.population(), CompiledPopulation)
    ours, theirs = numbers(made.population()), numbers(law.population())
    assert list(ours) == list(theirs)
    for key, value in ours.items():
        assert_allclose(value, theirs[key], rtol=1e-11, atol=1e-12 * np.abs(theirs[key]).max(), err_msg=key)
    part = numbers(made[5:12].population())
    assert all(np.array_equal(part[key], value[5:12] if value.ndim else value) for key, value in ours.items())
    frame, plain = made.frame, law.frame
    assert (frame is None) == (plain is None)
    if frame is not None and plain is not None:
        assert np.array_equal(frame.states1, plain.states1) and np.array_equal(frame.states2, plain.states2)


def test_what_is_in_doubt_is_left_to_numpy() -> None:
    """States far apart, and means that hardly tell them apart; of each stack only the structures that are in doubt."""
    apart = compiled_law(LAWS["some far apart"]).population()
    plain = LAWS["some far apart"].population()
    same = (apart.linear_f_star.weight == plain.linear_f_star.weight).all(axis=(1, 2))
    assert same[::2].all() and not same[1::2].any()
    alike = compiled_law(LAWS["alike in x2 but for rounding"]).population()
    assert np.array_equal(alike.beta(True), LAWS["alike in x2 but for rounding"].population().beta(True))


def test_an_eigenvalue_that_is_met_exactly_is_found() -> None:
    """Of thousands of structures some step ends on it to the last bit, where the pivot is 0."""
    law = compiled_law(LeeMixture(k=3, d1=2, d2=2).law(np.random.default_rng(5), 4096))
    assert isinstance(law, CompiledMixture) and np.isfinite(law.forms.smallest).all()


def test_other_laws_are_left_alone() -> None:
    """One structure, covariances of the states' own, another unit of x1, latents that merge states, cuts of a stack."""
    each = np.broadcast_to(np.eye(11), (REPEATS, 5, 11, 11))
    merged = mixture(label=np.array([0, 0, 1, 1, 2]), latent=np.array([0, 0, 0, 1, 0]))
    for law in (LAWS["uneven"][0], mixture(covariance=each), mixture(covariance=2.0 * np.eye(11)), merged):
        assert compiled_law(law) is law
    cut = compiled_law(LAWS["uneven"])[3]
    assert type(cut) is GaussianMixture and cut.redrawn and np.array_equal(cut.mean, LAWS["uneven"].mean[3])
