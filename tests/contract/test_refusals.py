"""Bad settings are refused where they are written, by a message with the name, the value and what is allowed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from testbed import Experiment
from testbed.generators import (
    LeeMixture,
)
from testbed.keys import canonical
from testbed.laws import Finite, GaussianMixture, JointGaussian, Shifted, SquaredMixture, StudentMixture, Topics
from testbed.pretexts import (
    PseudoLikelihood,
    Raw,
    Truncated,
)
from testbed.registry import KINDS, parse, public
from testbed.regressors import OLS
from testbed.sweep.script import execute
from tests.contract.bad_settings import BAD, INFINITE, NAN

CASES = [(make, name, value) for make, settings in BAD.items() for name, values in settings.items() for value in values]


@pytest.mark.parametrize(("make", "name", "value"), CASES, ids=[f"{n}={v!r}" for _, n, v in CASES])
def test_settings(make: Callable[..., Any], name: str, value: object) -> None:
    with pytest.raises(ValueError) as caught:
        make(**{name: value})
    message = str(caught.value)
    assert message.startswith(f"{name} = {value!r}")
    assert len(message) > len(f"{name} = {value!r}") + 10, "what is allowed?"


def test_every_class_with_settings_has_bad_ones_here() -> None:
    arrays = {
        GaussianMixture,
        Finite,
        JointGaussian,
        Shifted,
        SquaredMixture,
        StudentMixture,
        Topics,
    }  # theirs are tested with the laws
    covered = {make for make in BAD if isinstance(make, type)} | {Raw, Truncated, PseudoLikelihood} | arrays
    assert {cls for kind in KINDS for cls in public(kind).values()} <= covered


SIZES = [0, -1, 2.5, NAN, INFINITE, "a", None, True]


@pytest.mark.parametrize("n", SIZES, ids=repr)
def test_sizes(n: Any) -> None:
    law, rng = LeeMixture(k=2, d1=2, d2=2, structure_seed=0).law(), np.random.default_rng(0)
    for draw in (law.sample, law.moments):
        with pytest.raises(ValueError, match="a sample size is a whole number of at least 1") as caught:
            draw(n, rng)
        assert str(caught.value).startswith(f"n = {n!r}")
    arguments: dict[str, Any] = {
        "name": "sizes", "generator": [law], "pretext": [Raw()], "probe": [OLS()], "n_unlabeled": [10],
        "n_labeled": [10], "repeats": 2,
    }  # fmt: skip
    for field in ("n_unlabeled", "n_labeled", "repeats"):
        with pytest.raises(ValueError) as caught:
            Experiment(**arguments | {field: n if field == "repeats" else [n]})
        assert str(caught.value).startswith(f"{field} = {n!r}")


def test_sizes_written_as_whole_floats_are_sizes() -> None:
    law = LeeMixture(k=2, d1=2, d2=2, structure_seed=0).law()
    draws = [law.sample(n, np.random.default_rng(0)).x1 for n in (100, 1e2, np.int64(100), np.float64(100))]
    assert all(np.array_equal(draws[0], draw) for draw in draws)
    drawn = [law.moments(n, np.random.default_rng(0)).block("x1", "y") for n in (100, 1e2)]
    assert np.array_equal(*drawn)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"d1": 2.5}, "d1 = 2.5: .* a whole number between 1 and 4"),
        ({"d1": True}, "d1 = True"),
        ({"d1": 0}, "d1 = 0"),
        ({"mean": 3.0}, r"mean has shape \(\)"),
        ({"mean": [["a", "b"]]}, "mean must be an array of numbers"),
        ({"probability": [[0.5, 0.5]]}, r"probability has shape \(1, 2\)"),
        ({"probability": [0.5, np.nan]}, "probability holds 1 values that are NaN or infinite"),
        ({"covariance": np.full((5, 5), np.inf)}, "covariance holds 25 values"),
        ({"covariance": np.diag([1.0, 1.0, 1.0, -0.1, 1.0])}, "not positive semidefinite: it holds the variance -0.1"),
        ({"covariance": np.diag([1.0, 0.0, 1.0, 1.0, 1.0])}, "x1 block must be positive definite"),
        ({"covariance": np.ones((7, 5, 5))}, r"covariance has shape \(7, 5, 5\); allowed"),
        ({"label": [0.0, 1.0]}, "label must hold one class number"),
        ({"label": [0]}, "label must hold one class number"),
        ({"label": [-1, 0]}, "label must hold one class number"),
        ({"label": [0, 1], "probability": [1.0, 0.0]}, r"classes \[1\] have no state"),
    ],
)
def test_arrays_of_a_mixture(change: dict[str, object], words: str) -> None:
    good = {"probability": [0.5, 0.5], "mean": np.eye(2, 5), "covariance": np.eye(5), "d1": 2}
    GaussianMixture(**good)
    with pytest.raises(ValueError, match=words):
        GaussianMixture(**good | change)


def test_arrays_of_a_law_cannot_be_changed() -> None:
    mean = np.eye(2, 5)
    law = GaussianMixture([0.5, 0.5], mean, np.eye(5), 2)
    mean[0, 0] = 7.0
    assert law.mean[0, 0] == 1.0
    for array in (law.mean, law.covariance, law.probability, law.label):
        with pytest.raises(ValueError, match="read-only"):
            array[...] = 0


CLOSURES = """
def make(c):
    def scaled(x):
        return c * x
    return scaled
"""


@dataclass(frozen=True)
class Holds:
    value: object


def test_values_that_their_text_would_not_determine() -> None:
    """Two closures share their source and differ in what they do; objects, sets and methods have no text at all."""
    scaled = execute(CLOSURES).make(2.0)
    for wrapped in (scaled, Holds(scaled), [scaled], {"f": scaled}):
        with pytest.raises(TypeError, match=r"make.<locals>.scaled has no canonical text: it takes c from"):
            canonical(wrapped)
    for value in (object(), {1, 2}, 1j, b"x", "x".upper, np.array([object()])):
        with pytest.raises(TypeError, match="has no canonical text"):
            canonical(value)
    assert canonical({2: "a", "b": 1.0, 1: None}) == canonical({"b": 1.0, 1: None, 2: "a"})


@pytest.mark.parametrize(
    "text", ["LeeMixture(**{'k': 3})", "LeeMixture(*[3])", "LeeMixture(3, k=4)", "LeeMixture(k=1)"]
)
def test_texts(text: str) -> None:
    with pytest.raises(ValueError):
        parse(text)


def test_experiments_say_what_is_wrong_with_them() -> None:
    good: dict[str, Any] = {
        "name": "x", "generator": [LeeMixture()], "pretext": [Raw()], "probe": [OLS()], "n_unlabeled": [10],
        "n_labeled": [10],
    }  # fmt: skip
    for change, words in (
        ({"name": 3}, "name = 3"),
        ({"name": None}, "name = None"),
        ({"nested": "no"}, "nested = 'no': True or False"),
        ({"seed": "0"}, "seed = '0'"),
        ({"seed": 1.0}, "seed = 1.0"),
        ({"generator": None}, "generator = None: a list is needed"),
        ({"generator": [LeeMixture().law(np.random.default_rng(0), 3)]}, r"leading axes \(3,\); list its cuts"),
    ):
        with pytest.raises(ValueError, match=words):
            Experiment(**good | change)
    assert Experiment(**good | {"seed": np.int64(3)}).seed == 3
