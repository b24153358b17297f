"""What each kind of setting takes and refuses, and its words, written out by hand."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from testbed.allowed import Allowed, Choice, Either, Instance, Real, Size, Tuple, Whole
from testbed.regressors import OLS, Regressor

NAN, INFINITE = float("nan"), float("inf")
KINDS: list[tuple[Allowed, list[Any], list[Any], str]] = [
    (Whole(2), [2, 3, np.int64(2), 2**31], [1, 2.0, True, "2", None, NAN, [2], 1 + 0j], "a whole number of at least 2"),
    (Whole(0, None), [0, 10**40], [-1], "a whole number of at least 0"),
    (Whole(2, 5, "cuts"), [2, 5], [1, 6, 10**400], "a whole number from 2 to 5 (cuts)"),
    (Whole(1), [], [2**31 + 1], "a whole number from 1 to 2147483648"),
    (Size(), [1, 1e2, np.float64(100), 2**53], [0, 1.5, NAN, "1", True, None], "is a whole number of at least 1"),
    (Size(), [], [2**53 + 1, 1e30], "a whole number of at least 1, and at most 2^53"),
    (Real(), [0, -1e308, np.float32(1), Fraction(1, 2)], [NAN, -INFINITE, "0", None, 10**400], "a finite number"),
    (Real(above=0.0), [5e-324, 1e308], [0.0, -0.0, -1, INFINITE, True, 1j, [1.0]], "a finite positive number"),
    (Real(at_least=0.0), [0, 0.0, 1e308], [-5e-324, NAN], "a finite number of at least 0"),
    (Real(0.0, 1.0), [0, 1, 1.0, np.float64(0.5)], [-5e-324, 1.0000000000000002], "a finite number from 0 to 1"),
    (Real(0.0, below=1.0), [0.0, 1 - 1e-16], [1.0, 1], "a finite number from 0 to below 1"),
    (Real(above=0.0, below=1.0), [0.5], [0.0, 1.0], "a finite number above 0 and below 1"),
    (Real(above=2.0, why="for moments"), [2.1], [2, INFINITE], "a finite number above 2 (for moments)"),
    (Real(at_most=3.0), [3.0, -1e9], [3.1], "a finite number of at most 3"),
    (Choice(("in", "out")), ["in", np.str_("out")], ["IN", "", None, 1, ["in"], np.array(["in"] * 2)], "'in', 'out'"),
    (Choice((True, False)), [True, False, np.True_], [1, 0, "True", None, 1.0], "True, False"),
    (Instance((Regressor,)), [OLS()], [OLS, "OLS()", None, 3], "a regressor of testbed.regressors"),
    (Tuple(Whole(1)), [(), (1, 2), [3], np.arange(1, 3)], [3, None, (0,), ("a",), np.eye(1), "1"], "a tuple, each"),
    (Tuple(Whole(1), least=1), [(1,)], [(), []], "a tuple of at least 1, each entry a whole number of at least 1"),
    (Either((Whole(3), Choice((None,)))), [None, 3], [2, "None", NAN], "None, or a whole number of at least 3"),
    (Either((Choice(("k",)), Whole(1))), ["k", 1], ["K", 0, None], "a whole number of at least 1, or 'k' is needed"),
]  # fmt: skip


@pytest.mark.parametrize(("allowed", "right", "wrong", "words"), KINDS, ids=[words for *_, words in KINDS])
def test_kinds(allowed: Allowed, right: list[Any], wrong: list[Any], words: str) -> None:
    for value in right:
        held = allowed.check("it", value)
        assert held == (tuple(value) if isinstance(value, list | np.ndarray) else value)
    for value in wrong:
        with pytest.raises(ValueError, match=r"^it = ") as caught:
            allowed.check("it", value)
        assert words in str(caught.value) or "an instance is needed" in str(caught.value)


def test_values_are_held_in_one_form() -> None:
    """Numbers as Python's of the declared type, a list as a tuple: an object is what its canonical text gives."""
    for held, wanted in (
        (Whole(1).check("k", np.int64(3)), 3), (Size().check("n", 1e2), 100), (Real().check("a", 1), 1.0),
        (Real().check("a", np.float64(0.1)), 0.1), (Choice((True, False)).check("b", np.True_), True),
        (Tuple(Whole(1)).check("h", [np.int64(3)]), (3,)), (Tuple(Real()).check("h", np.ones(2)), (1.0, 1.0)),
        (Either((Real(), Choice((None,)))).check("s", 2), 2.0), (Either((Whole(1), Real())).check("s", 2), 2),
    ):  # fmt: skip
        assert held == wanted and type(held) is type(wanted)


def test_what_was_meant_is_said() -> None:
    with pytest.raises(ValueError, match=r"sign = 'alinged'; allowed: 'aligned', 'harmful'; did you mean aligned\?"):
        Choice(("aligned", "harmful")).check("sign", "alinged")
    for needed, class_, example in ((Regressor, OLS, r"OLS\(\)"), (Allowed, Whole, r"Whole\(\.\.\.\)")):
        with pytest.raises(ValueError, match=rf"a class; an instance is needed, such as {example}"):
            Instance((needed,)).check("it", class_)
