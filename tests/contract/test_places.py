"""No message holds the place of an object in memory, which is another in every process."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

import testbed
from testbed.data import Sample
from testbed.failures import said
from testbed.keys import canonical
from testbed.pretexts import CCA, Predict, Raw
from testbed.report import Named


class Called:
    """An object that is called as a function, and gives too few rows."""

    def __call__(self, x: Any) -> Any:
        return x[:5]

    def forward(self, x: Any) -> Any:
        return x[:5]


def few(x: Any) -> Any:
    return x[:5]


def sampler(n: int, rng: np.random.Generator) -> tuple[Any, Any, Any]:
    x = rng.standard_normal((n, 3))
    return x, x, x[:, :1]


ROWS = np.random.default_rng(0).standard_normal((60, 3))
SAMPLE = Sample(ROWS, ROWS, ROWS[:, :1])
GIVEN = {
    "function": few, "lambda": lambda x: x[:5], "partial": partial(few), "object": Called(), "method": Called().forward,
    "nothing": object(), "vectorised": np.vectorize(few),
}  # fmt: skip
CALLS: dict[str, Callable[[Any], object]] = {
    "psi": lambda given: testbed.held_out(SAMPLE, given),
    "probe": lambda given: testbed.held_out(SAMPLE, Raw(), probe=given),
    "splits": lambda given: testbed.held_out(SAMPLE, Raw(), splits=given),
    "f_star": lambda given: testbed.SampledLaw(sampler, f_star=given, d1=3, d2=3, k=1),
    "sampler": lambda given: testbed.SampledLaw(given, d1=3, d2=3, k=1),
    "regressor": lambda given: Predict(given),
    "text": lambda given: canonical([given, object()]),
    "draw": lambda given: CCA(2).fit(given),
    "entry": lambda given: Named(("a", "b"), {"x": given}),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("given", GIVEN.values(), ids=GIVEN)
def test_no_message_holds_the_place_of_an_object(call: Callable[[Any], object], given: Any) -> None:
    with pytest.raises((ValueError, TypeError, IndexError)) as caught:
        call(given)
    assert " at 0x" not in str(caught.value)


def test_the_same_failure_in_two_processes_reads_the_same() -> None:
    assert said(RuntimeError(f"no {object()}")) == "RuntimeError: no <object object>"
