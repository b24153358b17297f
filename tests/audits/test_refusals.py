"""What an audit refuses: one sentence each, which names the argument, the column or the class; and what it drops."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import testbed
from testbed.audits.input import read
from testbed.audits.residuals import residuals_of

RNG = np.random.default_rng(0)
N = 90
Y = np.arange(N) % 3
X1 = RNG.standard_normal((N, 4)) + Y[:, None]
X2 = RNG.standard_normal((N, 3)) - Y[:, None]
REAL = RNG.standard_normal((N, 2))


def put(array: np.ndarray, column: int, value: Any, rows: Any = slice(None)) -> np.ndarray:
    changed = array.copy()
    changed[rows, column] = value
    return changed


def frame(array: np.ndarray, names: str) -> pd.DataFrame:
    return pd.DataFrame(array, columns=list(names))


WRONG: dict[str, tuple[Callable[[], Any], str]] = {
    # fewer than two classes
    "one class": (lambda: testbed.audit(X1, X2, np.zeros(N, int)), "y has 1 class .'0'.: at least two"),
    "one text": (lambda: testbed.audit(X1, X2, ["a"] * N), "y has 1 class .'a'."),
    "one truth": (lambda: testbed.audit(X1, X2, np.ones(N, bool)), "y has 1 class .'True'."),
    "one class is labelled": (lambda: testbed.audit(X1, X2, np.where(Y == 0, 1.0, np.nan)), "y has 1 class .'1'."),
    # a class of few rows
    "a small class": (
        lambda: testbed.audit(X1, X2, np.where(np.arange(N) < 9, 7, Y)),
        "class '7' .9 rows. has fewer than 10.*merge it",
    ),
    "a small class of texts": (
        lambda: testbed.audit(X1, X2, ["rare"] * 3 + ["a", "b", "c"] * 29),
        "class 'rare' .3 rows",
    ),
    "folds ask for more": (lambda: testbed.audit(X1, X2, Y, folds=16), "class '0' .30 rows.* has fewer than 32"),
    "a small state": (lambda: testbed.audit(X1, X2, Y, np.arange(N) < 20), "state .y, z. '0, True' .7 rows."),
    "a class a row": (
        lambda: testbed.audit(X1, X2, np.arange(N)),
        "90 distinct values in 90 rows, too many for classes",
    ),
    # missing and infinite
    "nan": (lambda: testbed.audit(put(X1, 2, np.nan, slice(4)), X2, Y), r"x1 has values .* in x1\[2\] .4 missing."),
    "inf": (lambda: testbed.audit(X1, put(X2, 0, -np.inf, slice(2)), Y), r"x2 has values .* in x2\[0\] .2 infinite."),
    "nan in a frame": (lambda: testbed.audit(frame(put(X1, 1, np.nan, 3), "abcd"), X2, Y), "in b .1 missing."),
    "NA of pandas": (
        lambda: testbed.audit(frame(X1, "abcd").assign(a=pd.array([1, None] * (N // 2), dtype="Int64")), X2, Y),
        "in a .45 missing.",
    ),
    "nan in pairs": (lambda: testbed.audit(X1, X2, Y, unlabeled=(put(X1, 0, np.nan), X2)), r"unlabeled x1 has values"),
    "inf in y": (lambda: testbed.audit(X1, X2, put(REAL, 0, np.inf, 0)), "y has 1 values that are infinite"),
    "no label": (lambda: testbed.audit(X1, X2, np.full(N, np.nan)), "y is missing in every row"),
    "z is missing": (
        lambda: testbed.audit(X1, X2, Y, np.where(Y == 0, np.nan, 1.0)),
        "z is missing in 30 labelled rows",
    ),
    # nothing left of a view
    "all constant": (lambda: testbed.audit(X1 * 0.0 + 5.0, X2, Y), "x1 has no column that varies"),
    "one row varies": (
        lambda: testbed.audit(put(X1, slice(None), 1.0, slice(1, None)), X2, Y),
        "varies in more than one row",
    ),
    "x2 is a function of y": (
        lambda: testbed.audit(X1, (Y[:, None] == [0, 0]) * [1.0, 2.5], Y),
        "x2 does not vary given the label",
    ),
    "a function of y": (
        lambda: testbed.audit(X1, np.column_stack([Y == 0, Y == 1]) * 1.0, Y),
        "x2 does not vary given",
    ),
    # too few rows
    "few rows": (lambda: testbed.audit(RNG.standard_normal((N, 83)), X2, Y), "n = 90 labelled .* d1 . k . 5 = 91"),
    "few labels": (
        lambda: testbed.audit(RNG.standard_normal((N, 55)), X2, np.where(np.arange(N) < 60, Y, np.nan)),
        "n = 60 .* 63",
    ),
    "few rows of real y": (lambda: testbed.audit(RNG.standard_normal((N, 83)), X2, REAL), "n = 90 .* = 91"),
    # columns with two roles
    "a shared name": (lambda: testbed.audit(frame(X1, "abcd"), frame(X2, "xyd"), Y), "x1 and x2 share the column 'd'"),
    "shared numbers": (
        lambda: testbed.audit(X1, np.column_stack([X2, X1[:, 1]]), Y),
        r"x1\[1\] of x1 and column x2\[3\] of x2 are the same",
    ),
    "another unit": (
        lambda: testbed.audit(X1, np.column_stack([X2, 32.0 - 1.8 * X1[:, 1]]), Y),
        "the same up to origin and unit",
    ),
    "shared, two names": (
        lambda: testbed.audit(frame(X1, "abcd"), frame(X1[:, :3], "xyz"), Y),
        "column a of x1 and column x",
    ),
    "y in x1": (lambda: testbed.audit(np.column_stack([X1, Y]), X2, Y), r"column x1\[4\] of x1 is the label y itself"),
    "y in x1, coded anew": (
        lambda: testbed.audit(np.column_stack([X1, (Y - 1) ** 3 * 7.0]), X2, Y.astype(str)),
        "is the label y itself",
    ),
    "y in x2": (lambda: testbed.audit(X1, np.column_stack([X2, Y]), Y), r"column x2\[3\] of x2 is the label y itself"),
    "real y in x1": (lambda: testbed.audit(np.column_stack([X1, 3.0 - REAL[:, 1]]), X2, REAL), "is the label y itself"),
    # unlabelled pairs with other columns
    "pairs lack a column": (
        lambda: testbed.audit(X1, X2, Y, unlabeled=(X1[:, :3], X2)),
        "pairs have 3 columns of x1 and the table has 4",
    ),
    "pairs of other names": (
        lambda: testbed.audit(frame(X1, "abcd"), X2, Y, unlabeled=(frame(X1, "abce"), X2)),
        "have a column 'e' of x1, which the table has not",
    ),
    "pairs of two lengths": (lambda: testbed.audit(X1, X2, Y, unlabeled=(X1, X2[:5])), "90 rows of x1 and 5 of x2"),
    "no pair": (lambda: testbed.audit(X1, X2, Y, unlabeled=X1), "the pair .x1, x2. of the unlabelled rows"),
    # no numbers
    "objects": (lambda: testbed.audit(X1.astype(object), X2, Y), "x1 has type object"),
    "texts": (lambda: testbed.audit(X1.astype(str), X2, Y), "x1 has type <U32"),
    "a column of text": (lambda: testbed.audit(frame(X1, "abcd").assign(b="x"), X2, Y), "column 'b' of x1 has type"),
    "dates": (
        lambda: testbed.audit(X1, frame(X2, "xyz").assign(z=pd.Timestamp("2020-01-01")), Y),
        "column 'z' of x2 has type datetime",
    ),
    "a category": (
        lambda: testbed.audit(frame(X1, "abcd").assign(a=pd.Categorical(Y)), X2, Y),
        "column 'a' of x1 has type category",
    ),
    "complex": (lambda: testbed.audit(X1 * 1j, X2, Y), "x1 has type complex128"),
    "huge": (lambda: testbed.audit(put(X1, 0, 1e200, 0), X2, Y), "values above 1e.100"),
    "a masked entry": (
        lambda: testbed.audit(np.ma.masked_array(X1, np.arange(4 * N).reshape(N, 4) == 2), X2, Y),
        r"x1\[2\] .1 missing.",
    ),
    "a masked whole number": (
        lambda: testbed.audit(X1, np.ma.masked_equal((X2 * 9).astype(int) % 7, 3), Y),
        "x2 has values that are missing",
    ),
    "tiny": (lambda: testbed.audit(X1 * 1e-200, X2, Y), r"column x1\[0\] of x1 has no value above 1e-100"),
    "a tiny column": (lambda: testbed.audit(X1, X2 * [1.0, 1e-150, 1.0], Y), r"x2\[1\] of x2 has no value above"),
    "huge y": (lambda: testbed.audit(X1, X2, REAL * 1e80), r"column 0 of y has values up to 2.\d*e.80: choose a unit"),
    "overflowing y": (lambda: testbed.audit(X1, X2, REAL * [1.0, 1e200]), "column 1 of y has values up to"),
    "tiny y": (lambda: testbed.audit(X1, X2, REAL * 1e-120), "column 0 of y has values up to"),
    "huge z": (lambda: testbed.audit(X1, X2, REAL[:, 0], REAL[:, 1] * 1e80), "column 0 of z has values up to"),
    # rows and columns that cannot be told apart
    "two columns of a name": (lambda: testbed.audit(frame(X1, "aabc"), X2, Y), "x1 has more than one column 'a'"),
    "a name and its number": (
        lambda: testbed.audit(X1, pd.DataFrame(X2, columns=[1, "1", 2]), Y),
        "x2 has more than one column '1'",
    ),
    "two columns of a name in the pairs": (
        lambda: testbed.audit(frame(X1, "abcd"), X2, Y, unlabeled=(frame(X1, "abcc"), X2)),
        "unlabeled x1 has more than one column 'c'",
    ),
    "another order of rows": (
        lambda: testbed.audit(frame(X1, "abcd"), frame(X2, "xyz"), pd.Series(Y)[::-1]),
        "x1 and y have the same index in another order",
    ),
    "another order of x2": (
        lambda: testbed.audit(frame(X1, "abcd"), frame(X2, "xyz").sample(frac=1.0, random_state=0), Y),
        "x1 and x2 have the same index in another order",
    ),
    "y in x1, one-hot": (
        lambda: testbed.audit(np.column_stack([X1, np.eye(3)[Y]]), X2, Y),
        r"columns x1\[4\], x1\[5\], x1\[6\] of x1 are the label y itself, in pieces",
    ),
    "y in x1, two of three pieces": (
        lambda: testbed.audit(np.column_stack([X1, np.eye(3)[Y][:, :2]]), X2, Y),
        "are the label y itself, in pieces",
    ),
    "y in x1, in bits": (
        lambda: testbed.audit(frame(np.column_stack([X1[:, :2], Y % 2, Y // 2]), "abcd"), X2, Y.astype(str)),
        "columns c, d of x1 are the label",
    ),
    # shapes and settings
    "three axes": (lambda: testbed.audit(X1[None], X2, Y), "x1 has shape .1, 90, 4."),
    "no rows": (lambda: testbed.audit(X1[:0], X2[:0], Y[:0]), "x1 has shape .0, 4."),
    "other lengths": (lambda: testbed.audit(X1, X2[:-1], Y), "x2 has 89 rows and x1 has 90"),
    "y of other length": (lambda: testbed.audit(X1, X2, Y[:-2]), "y has 88 rows and x1 has 90"),
    "y is None": (lambda: testbed.audit(X1, X2, None), "y is None"),
    "y of counts": (
        lambda: testbed.audit(X1, X2, np.column_stack([Y, Y + 1])),
        "neither one-hot classes nor real outputs",
    ),
    "z real, y classes": (lambda: testbed.audit(X1, X2, Y, REAL[:, 0]), "z is real and y has classes"),
    "z groups, y real": (lambda: testbed.audit(X1, X2, REAL, Y), "z has groups and y is real"),
    "z follows from y": (lambda: testbed.audit(X1, X2, REAL, REAL[:, 0] * 2.0), "linearly dependent"),
    "folds": (lambda: testbed.audit(X1, X2, Y, folds=1), "folds = 1: a whole number from 2 to 20"),
    "splits": (lambda: testbed.audit(X1, X2, Y, splits=2.5), "splits = 2.5: a whole number"),  # type: ignore[arg-type]
    "seed": (lambda: testbed.audit(X1, X2, Y, seed=-1), "seed = -1: a whole number"),
    "a row alone": (
        lambda: residuals_of(read(np.column_stack([X1, X1[:, 0] + (np.arange(N) == 5)]), X2, Y, None, None, 5)),
        "labelled row 5 alone",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_bad_input_is_answered_by_one_sentence(name: str) -> None:
    wrong, words = WRONG[name]
    with pytest.raises(ValueError, match=words) as caught:
        wrong()
    assert len(str(caught.value)) < 400 and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("x1", "x2", "words"),
    [
        (np.column_stack([X1, np.full(N, 7.0)]), X2, r"1 of 5 columns of x1 dropped, each constant: x1\[4\]"),
        (np.column_stack([X1, 1e9 + 1e-6 * (np.arange(N) == 3)]), X2, r"1 of 5 columns of x1 dropped, each constant"),
        (np.column_stack([X1, np.arange(N) == 3]), X2, r"each constant but for one row: x1\[4\]"),
        (np.column_stack([X1, 2.0 - 3.0 * X1[:, 0]]), X2, r"each a copy of another column: x1\[4\]"),
        (np.column_stack([X1, X1.sum(axis=1)]), X2, r"1 of 5 columns of x1 dropped, each a linear combination"),
        (X1, np.column_stack([X2, X2[:, 2], np.zeros(N)]), r"1 of 5 columns of x2 dropped, each constant: x2\[4\]"),
        (X1, np.column_stack([X2, (Y - 1.0) ** 2]), r"1 of 4 columns of x2 dropped, each a function of the label"),
    ],
)
def test_columns_that_say_nothing_are_dropped_and_said(x1: np.ndarray, x2: np.ndarray, words: str) -> None:
    table = read(x1, x2, Y, None, None, 5)
    assert any(re.search(words, sentence) for sentence in table.dropped), table.dropped
    found, plain = (residuals_of(t) for t in (table, read(X1, X2, Y, None, None, 5)))
    if x2 is X2:  # columns of x1 that follow from others change nothing
        np.testing.assert_allclose(np.sum(found.cross**2), np.sum(plain.cross**2), rtol=1e-9)


@pytest.mark.parametrize(
    "y",
    [
        Y.astype(str),
        Y == 1,
        Y.astype(float),
        np.eye(3)[Y],
        pd.Series(Y, dtype="category"),
        [None if v == 2 else v for v in Y],
    ],
    ids=["texts", "truths", "floats", "one-hot", "categories", "with gaps"],
)
def test_classes_of_any_type_are_read(y: Any) -> None:
    table = read(X1, X2, y, None, None, 5)
    assert table.labels.state is not None
    assert table.n + len(table.pairs1) == N
    assert sum(table.labels.counts) == table.n


@pytest.mark.parametrize(
    ("y", "classes"),
    [
        (pd.Series(np.where(np.arange(750) < 10, None, np.arange(750) % 25), dtype="Int64"), 25),
        (np.ma.masked_array(np.arange(750) % 25, np.arange(750) < 10), 25),
        (pd.Series(np.arange(750) % 25, dtype="category").where(np.arange(750) >= 10), 25),
        (pd.Categorical(np.arange(750) % 3 / 2.0), 3),
        (pd.DataFrame({"cat": pd.Categorical(np.arange(750) % 3 / 2.0)}), 3),
        ([int(v) for v in np.arange(750) % 25], 25),
    ],
    ids=["Int64 with gaps", "masked", "category with gaps", "fractions", "a column named cat", "list"],
)
def test_classes_with_gaps_are_not_taken_for_real_outputs(y: Any, classes: int) -> None:
    rng = np.random.default_rng(0)
    table = read(rng.standard_normal((750, 4)), rng.standard_normal((750, 3)), y, None, None, 5)
    assert table.labels.state is not None and len(table.labels.names) == classes
    assert table.n + len(table.pairs1) == 750


def test_frames_without_names_share_none() -> None:
    """Columns that pandas counts from 0 have no names: those of the two views are not the same."""
    table = read(pd.DataFrame(X1), pd.DataFrame(X2), pd.Series(Y), None, (pd.DataFrame(X1), pd.DataFrame(X2)), 5)
    assert table.names1 == ("x1[0]", "x1[1]", "x1[2]", "x1[3]") and table.names2[0] == "x2[0]"


def test_rare_columns_that_agree_by_chance_are_no_shared_column() -> None:
    rare = np.zeros(N)
    rare[[4, 9]] = 1.0
    assert read(np.column_stack([X1, rare]), np.column_stack([X2, rare]), Y, None, None, 5).x1.shape[1] == 5


def test_a_misspelt_setting_names_what_was_meant() -> None:
    with pytest.raises(TypeError, match=r"no argument unlabelled; did you mean unlabeled\?"):
        testbed.audit(X1, X2, Y, unlabelled=(X1, X2))  # type: ignore[call-arg]
