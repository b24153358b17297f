"""Types say what settings may be: how they are read, and that texts, copies and classes of others stay as they are."""

from __future__ import annotations

import dataclasses
import pickle
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal, Optional

import numpy as np
import pytest

from testbed import vary
from testbed.allowed import Choice, Count, Either, Instance, NotNegative, Positive, Real, Tuple, Whole
from testbed.generators import CleanMixture, Generator, LeeMixture
from testbed.keys import Dial, canonical
from testbed.laws import Law
from testbed.pretexts import Predict, Truncated
from testbed.registry import parse
from testbed.regressors import KernelRidge, ReducedRank, Ridge
from testbed.settings import declared

if TYPE_CHECKING:
    from somewhere import Unknown  # type: ignore[import-not-found]


@dataclass(frozen=True, repr=False)
class Holds(Dial):
    count: Count
    nu: Annotated[float, "a note of another kind", Real(above=2.0)]
    base: Generator | Law
    words: Literal["in", "out"] = "in"
    switch: bool = False
    maybe: Positive | None = None
    penalty: NotNegative | Literal["loo"] = "loo"
    layers: tuple[Count, ...] = ()
    plain: int = 3
    pair: tuple[Count, Count] = (1, 1)
    either: Count | str = 1
    anything: Any = None
    old: Optional[float] = None  # noqa: UP045 - its text must not change
    fixed: int = dataclasses.field(default=3, init=False)


@dataclass(frozen=True, repr=False)
class Foreign(Dial):
    """A class from outside: a hint that only type checkers can read, and a check of its own."""

    first: Unknown
    switch: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "first", str(self.first))


GOOD = Holds(1, 3, LeeMixture())


def test_what_types_declare() -> None:
    assert declared(Holds) == {
        "count": Whole(1),
        "nu": Real(above=2.0),
        "base": Instance((Generator, Law)),
        "words": Choice(("in", "out")),
        "switch": Choice((True, False)),
        "maybe": Either((Real(above=0.0), Choice((None,)))),
        "penalty": Either((Real(at_least=0.0), Choice(("loo",)))),
        "layers": Tuple(Whole(1)),
    }
    assert declared(Foreign) == {}
    assert Foreign(3, 7).first == "3"  # type: ignore[arg-type]


def test_the_settings_of_a_subclass_are_checked_before_its_own_rule() -> None:
    with pytest.raises(ValueError, match="k = 'x': a whole number"):
        CleanMixture(k="x")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"sigma_max = 0.5: a finite number of at least 1 \(sigma_min\) is needed"):
        CleanMixture(sigma_max=0.5)


def test_texts_know_nothing_of_the_notes() -> None:
    """A union with a note in it gives the text of the plain union: whole numbers are written as floats."""
    assert canonical(GOOD) == "Holds(1, 3.0, LeeMixture())"
    for change, text in (
        ({"maybe": 2}, "maybe=2.0"), ({"penalty": 0}, "penalty=0.0"), ({"layers": [np.int64(4)]}, "layers=[4]"),
        ({"old": 2}, "old=2"), ({"switch": np.True_}, "switch=True"),
    ):  # fmt: skip
        assert canonical(dataclasses.replace(GOOD, **change)) == f"Holds(1, 3.0, LeeMixture(), {text})"
    for text in (
        "Ridge(penalty=1.0)",
        "KernelRidge(penalty=0.0, bandwidth=2.0)",
        "CleanMixture(sigma_max=2.0, epsilon_ci=0.0)",
        'Truncated(Predict(ReducedRank("k")), 2)',
        "VAE(2, hidden=[4, 3], noise_var=1.0)",
        "LeeMixture(structure_seed=0)",
        'DenoisingAutoencoder("gaussian", 1.0, 2)',
        'ContrastiveNetwork("logistic", 2, learning_rate=1.0)',
    ):
        assert canonical(parse(text)) == text


def test_copies_are_checked_and_equal() -> None:
    for learner in (GOOD, Truncated(Predict(ReducedRank("k")), 2), Ridge(1), KernelRidge(bandwidth=3)):
        for copy in (pickle.loads(pickle.dumps(learner)), dataclasses.replace(learner)):
            assert copy == learner
            assert repr(copy) == repr(learner)
    with pytest.raises(ValueError, match="count = 0"):
        dataclasses.replace(GOOD, count=0)
    with pytest.raises(ValueError, match="k = 1: a whole number of at least 2 is needed"):
        vary(LeeMixture, k=[2, 1])
    with pytest.raises(ValueError, match=r"regressor = 3: a regressor of testbed\.regressors"):
        Predict(3)  # type: ignore[arg-type]
