"""Bad settings are refused where they are written, by a message with the name, the value and what is allowed."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pytest

from testbed import Experiment
from testbed.allowed import Allowed
from testbed.arguments import shown
from testbed.generators import LeeMixture
from testbed.keys import canonical
from testbed.laws import GaussianMixture
from testbed.pretexts import Raw
from testbed.registry import parse
from testbed.regressors import OLS
from testbed.settings import declared
from testbed.sweep.script import execute
from tests.contract.bad_settings import CLASSES, INFINITE, NAN, RULES, UNDECLARED, made, settings, wrong

DECLARED = settings()


def refused(make: Callable[..., Any], name: str, value: object) -> None:
    """By the name, the value and what is allowed."""
    with pytest.raises(ValueError) as caught:
        make(**{name: value})
    message, told = str(caught.value), f"{name} = {shown(value)}"
    assert message.startswith(told)
    assert len(message) > len(told) + 10, "what is allowed?"


@pytest.mark.parametrize(("cls", "name", "allowed"), DECLARED, ids=[f"{c.__name__}.{n}" for c, n, _ in DECLARED])
def test_what_a_field_does_not_allow_is_refused(cls: type, name: str, allowed: Allowed) -> None:
    """Each bound violated from its side, each choice by another word, each type by another one."""
    for value in wrong(allowed):
        refused(partial(made, cls), name, value)


@pytest.mark.parametrize(("make", "name", "values"), RULES, ids=[f"{n} of {m}"[:60] for m, n, _ in RULES])
def test_what_other_settings_do_not_allow_is_refused(make: Callable[..., Any], name: str, values: list[Any]) -> None:
    for value in values:
        refused(make, name, value)


def test_every_setting_declares_what_it_may_be() -> None:
    """A field of a public class has a type that says what it allows, or stands in UNDECLARED with a reason."""
    for cls in CLASSES:
        silent = {f.name for f in dataclasses.fields(cls) if f.init} - set(declared(cls))
        names, _ = UNDECLARED.get(cls.__name__, ("", ""))
        assert silent == set(names.split()), f"{cls.__name__}: a type of testbed.allowed, or a reason in UNDECLARED"


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
        ({"d1": 2.5}, r"d1 = 2.5: a whole number from 1 to 4 \(mean has 5 columns\) is needed"),
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
        ({"nested": "no"}, "nested = 'no'; allowed: True, False"),
        ({"seed": "0"}, "seed = '0'"),
        ({"seed": 1.0}, "seed = 1.0"),
        ({"generator": None}, "generator = None: a list is needed"),
        ({"generator": [LeeMixture().law(np.random.default_rng(0), 3)]}, r"leading axes \(3,\); list its cuts"),
    ):
        with pytest.raises(ValueError, match=words):
            Experiment(**good | change)
    assert Experiment(**good | {"seed": np.int64(3)}).seed == 3
