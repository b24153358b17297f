"""Rows of a user in place of a law: what is read, what is refused and by which sentence, and how they are cut."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_matrix

import testbed
from testbed import Experiment, FromRows, held_out
from testbed.data import Moments, Sample
from testbed.describe import describe
from testbed.keys import canonical
from testbed.pretexts import CCA, PCA, OffDiagonal, Optimum, Oracle, Predict, Raw, Refined, RidgeCCA, Truncated
from testbed.regressors import OLS, KernelRidge, Ridge

RNG = np.random.default_rng(0)
X1, X2, Y = RNG.normal(size=(40, 3)), RNG.normal(size=(40, 2)), RNG.normal(size=40)
ROWS, SAMPLE = FromRows(X1, X2, Y), Sample(X1, X2, Y[:, None])


def gap(values: Any, place: Any, what: Any = np.nan) -> Any:
    copy = values.copy()
    copy[place] = what
    return copy


def swept(**changes: Any) -> Experiment:
    settings: dict[str, Any] = {"pretext": [Raw()], "probe": OLS(), "n_unlabeled": 10, "n_labeled": 10}
    return Experiment("own", ROWS, **{**settings, **changes})


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "a gap": (lambda: FromRows(gap(X1, (3, 1)), X2, Y), r"^x1 has values that are missing .* x1\[1\] \(1 missing\)"),
    "infinite": (lambda: FromRows(X1, gap(X2, (0, 0), np.inf), Y), r"^x2 has values that are missing or infinite"),
    "a masked gap": (lambda: FromRows(np.ma.masked_less(X1, -1.0), X2, Y), "^x1 has values that are missing"),
    "no label": (lambda: FromRows(X1, X2, gap(Y, 5)), "^y is missing in 1 of 40 rows, of which the first is row 5: "),
    "no class": (lambda: FromRows(X1, X2, [None, *"ab" * 19, "a"]), "^y is missing in 1 of 40 rows"),
    "no pandas class": (lambda: FromRows(X1, X2, pd.Series([pd.NA, *"abc" * 13])), "^y is missing in 1 of 40 rows"),
    "no output": (lambda: FromRows(X1, X2, gap(X2, (7, 1))), "^y is missing in 1 of 40 rows, .* first is row 7"),
    "short x2": (lambda: FromRows(X1, X2[:30], Y), "^x2 has 30 rows and x1 has 40: one row each"),
    "short y": (lambda: FromRows(X1, X2, Y[:3]), "^y has 3 rows and x1 has 40: one row each"),
    "another index": (lambda: FromRows(pd.DataFrame(X1), pd.DataFrame(X2)[::-1], Y), "^x1 and x2 have different ind"),
    "texts": (lambda: FromRows(np.full((40, 2), "a"), X2, Y), "^x1 has type <U1: an array"),
    "a text": (lambda: FromRows(X1, X2, "label"), "^y = 'label': an array with a row each"),
    "a number": (lambda: FromRows(X1, X2, 3.0), r"^y = 3.0: an array with a row each"),
    "a name": (lambda: FromRows(X1, X2, None), "^y = None: a label for each row"),
    "a text column": (lambda: FromRows(pd.DataFrame({"a": list("ab" * 20)}), X2, Y), "^column 'a' of x1 has type"),
    "no rows": (lambda: FromRows(np.zeros((0, 3)), np.zeros((0, 2)), []), r"^x1 has shape \(0, 3\)"),
    "no columns": (lambda: FromRows(X1, np.zeros((40, 0)), Y), r"^x2 has shape \(40, 0\)"),
    "few rows": (lambda: FromRows(X1[:3], X2[:3], Y[:3]), "^x1 has 3 rows: at least 4"),
    "a constant view": (lambda: FromRows(X1, np.ones((40, 2)), Y), "^x2 has no column that varies"),
    "one class": (lambda: FromRows(X1, X2, ["a"] * 40), "^y is the same in all 40 rows"),
    "one output": (lambda: FromRows(X1, X2, np.ones(40)), "^y is the same in all 40 rows"),
    "a class a row": (lambda: FromRows(X1, X2, np.arange(40)), "^y has 40 distinct values in 40 rows, too many"),
    "complex": (lambda: FromRows(1j * X1, X2, Y), "^x1 has type complex128"),
    "a share": (lambda: FromRows(X1, X2, Y, held_out=1.5), "^held_out = 1.5: a finite number above 0 and below 1"),
    "nothing left": (lambda: FromRows(X1, X2, Y, held_out=0.99), "^held_out = 0.99 of 40 rows leaves 0"),
    "drawn twice": (lambda: ROWS.sample(41, 0), "^n = 41: there are 40 rows"),
    "an oracle": (lambda: swept(pretext=[Oracle("linear")]), r"^pretext holds Oracle\(.linear.\), which reads"),
    "inside": (lambda: swept(pretext=[Truncated(Optimum(CCA(2)), 1)]), r"^pretext holds Optimum\(CCA\(2\)\), which"),
    "labels": (lambda: swept(pretext=[Refined(CCA(1), 20)]), r"^pretext holds Refined\(CCA\(1\), 20\), which reads"),
    "a latent": (lambda: swept(pretext=[CCA("km")]), r'^CCA\("km"\) has the rank "km", and FromRows shows no latent'),
    "too many": (lambda: swept(n_labeled=[10, 25]), "^n_unlabeled = 10 and n_labeled = 25: of 40 rows 10 are held out"),
    "precision": (lambda: swept(precision=0.1, repeats=30), "^precision = 0.1: it is about the truth of a law"),
    "a bound": (lambda: swept(theory={"b": testbed.theory.IntrinsicBound()}), "^theory = .*: it is about the truth"),
    "an excess risk": (lambda: testbed.score(ROWS, lambda x: x, n_labeled=5, rng=0), "testbed.held_out gives the risk"),
    "a truth": (lambda: ROWS.population(), "^the law of rows of one's own is not known"),
    "a fit, gap": (lambda: CCA(1).fit(Sample(gap(X1, (3, 1)), X2, Y[:, None])), "^x1 has values that are missing"),
    "a fit, length": (lambda: CCA(1).fit(Sample(X1, X2[:9], Y[:, None])), "^x2 has 9 rows and x1 has 40"),
    "a fit, rank": (lambda: CCA("k").fit(SAMPLE), "^rank = 'k' of draws needs the law"),
    "a fit, oracle": (lambda: Oracle("linear").fit(SAMPLE), "reads the law itself"),
    "a fit, array": (lambda: CCA(1).fit(X1), "^draw = an array of shape"),
    "a fit, nothing": (lambda: CCA(1).fit([]), r"^draw = \[\]: a Sample"),
    "a fit, folds": (lambda: Predict(Ridge(penalty="cv")).fit(Moments.of(SAMPLE)), "batches of Moments, and has 1"),
    "no sample": (lambda: held_out(ROWS, CCA(1)), r"^sample = <FromRows: .*: a testbed.data.Sample"),
    "weights": (lambda: held_out(Sample(X1, X2, Y[:, None], weight=np.ones(40)), Raw()), "^sample has weights"),
    "one fold": (lambda: held_out(SAMPLE, CCA(1), splits=1), "^splits = 1: a whole number from 2 to 40"),
    "folds in words": (lambda: held_out(SAMPLE, CCA(1), splits="five"), "^splits = 'five': a whole number"),
    "a shared row": (lambda: held_out(SAMPLE, Raw(), splits=[([0, 1], [1, 2])]), r"^splits\[0\]: row 1 is both learnt"),
    "a lost row": (lambda: held_out(SAMPLE, Raw(), splits=[([0, 1], [99])]), r"^splits\[0\]: rows held out reach"),
    "a mask": (lambda: held_out(SAMPLE, Raw(), splits=[(Y > 0, Y < 0)]), r"^splits\[0\]: training rows are"),
    "one row": (lambda: held_out(SAMPLE, Raw(), splits=[(range(30), [35])]), "^splits hold out one row in all"),
    "no split": (lambda: held_out(SAMPLE, Raw(), splits=[]), r"^splits = \[\]"),
    "triples": (lambda: held_out(SAMPLE, Raw(), splits=[(1, 2, 3)]), "^splits = .*: a number of folds, or pairs"),
    "no function": (lambda: held_out(SAMPLE, 3), "^psi = 3: a pretext, or a function"),
    "no probe": (lambda: held_out(SAMPLE, Raw(), probe=3), "^probe = 3: a regressor"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_is_named_in_one_sentence(case: str) -> None:
    call, sentence = REFUSED[case]
    with pytest.raises(ValueError, match=sentence) as caught:
        call()
    assert "\n" not in str(caught.value)


def test_frames_are_the_arrays_that_they_hold() -> None:
    frames = [pd.DataFrame(v, columns=list(names)) for v, names in ((X1, "abc"), (X2, "de"))]
    assert canonical(FromRows(*frames, pd.Series(Y))) == canonical(ROWS)
    assert canonical(FromRows(X1.tolist(), X2.tolist(), Y.tolist())) == canonical(ROWS)
    assert canonical(FromRows(np.asfortranarray(X1), X2, Y[:, None])) == canonical(ROWS)


@pytest.mark.parametrize(
    "label",
    [
        list("ab") * 20, np.array([3, 7] * 20), np.array([False, True] * 20), pd.Categorical(list("ab") * 20),
        pd.Series([0, 1] * 20), np.array([["a"], ["b"]] * 20), pd.DataFrame({"y": list("ab") * 20}),
        pd.Series(list("ab") * 20, dtype="category"), pd.Series([0, 1] * 20, dtype="Int64"),
    ],
)  # fmt: skip
def test_one_column_of_names_is_classes(label: Any) -> None:
    np.testing.assert_array_equal(FromRows(X1, X2, label).y, np.tile(np.eye(2), (20, 1)))


def test_other_labels_are_numbers() -> None:
    np.testing.assert_array_equal(FromRows(X1, X2, np.round(Y)).y, np.round(Y)[:, None])
    hot = np.tile(np.eye(2, dtype=int), (20, 1))
    np.testing.assert_array_equal(FromRows(X1, X2, hot).y, hot)


def test_the_text_follows_the_bytes_and_holds_no_row() -> None:
    assert len(canonical(ROWS)) < 250
    for changed in (FromRows(gap(X1, (0, 0), np.nextafter(X1[0, 0], 9.0)), X2, Y), FromRows(X1, X2[::-1], Y)):
        assert canonical(changed) != canonical(ROWS)
    assert canonical(pickle.loads(pickle.dumps(ROWS))) == canonical(ROWS)


def test_rows_are_a_copy_that_nobody_can_write_into() -> None:
    mine = X1.copy()
    rows = FromRows(mine, X2, Y)
    mine[0, 0] = 99.0
    assert rows.x1[0, 0] == X1[0, 0]
    with pytest.raises(ValueError, match="read-only"):
        rows.x1[0, 0] = 1.0


def test_a_text_that_is_kept_is_not_that_of_another_array() -> None:
    """Texts of large arrays are kept by their place in memory, where other arrays come to lie."""
    texts = set()
    for i in range(20):
        rows = FromRows(np.full((5000, 2), float(i)) + np.arange(5000)[:, None], np.arange(5000.0), np.arange(5000.0))
        assert canonical(rows) == canonical(rows)
        texts.add(canonical(rows))
        del rows
    assert len(texts) == 20


def test_the_order_is_one_of_all_rows_and_its_own_in_each_repetition() -> None:
    orders = [tuple(ROWS.order(seed, rep)) for seed in (0, 1) for rep in range(3)]
    assert len(set(orders)) == 6
    assert all(sorted(order) == list(range(40)) for order in orders)
    assert tuple(FromRows(X1, X2, Y, held_out=0.5, name="other").order(0, 0)) == orders[0]
    assert len({*ROWS.sample(40, 0).x1[:, 0]}) == 40


@pytest.mark.parametrize("task", [PCA(2), CCA(2), Predict(OLS()), Truncated(Predict(OLS()), 1), Raw()], ids=str)
def test_linear_tasks_take_rows_or_their_moments_without_a_law(task: Any) -> None:
    law = testbed.laws.JointGaussian(np.eye(6), d1=3, d2=2, k=1)
    given = task.fit(SAMPLE, law, 0)(X1)
    for found in (task.fit(SAMPLE), task.fit(Moments.of(SAMPLE)), task.fit([Moments.of(SAMPLE)])):
        image = found(X1)
        sign = np.sign(np.sum(image * given, axis=0))  # components are known up to it
        np.testing.assert_allclose(sign * image, given, rtol=1e-9, atol=1e-9)


def test_other_tasks_take_rows_without_a_law_or_labels() -> None:
    unlabelled = Sample(X1, X2, np.full((40, 1), np.nan))
    np.testing.assert_array_equal(Predict(KernelRidge()).fit(unlabelled)(X1), Predict(KernelRidge()).fit(SAMPLE)(X1))


def test_describe_says_what_there_is() -> None:
    text = describe(ROWS)
    assert "d1 = 3, d2 = 2, k = 1: 40 rows" in text and "testbed.audit" in text


def test_an_audit_takes_the_same_rows() -> None:
    views, label = RNG.normal(size=(2, 120, 2)), ["a", "b"] * 60
    rows = FromRows(*views, label)
    assert testbed.audit(rows.x1, rows.x2, rows.y, splits=3).epsilon == testbed.audit(*views, label, splits=3).epsilon


WRONG: dict[str, tuple[Any, str]] = {
    "complex": (X1 + 1j, "x1 has type complex128"),
    "objects": (X1.astype(object), "x1 has type object"),
    "texts": (np.array([["a"]] * 40), "x1 has type <U1"),
    "infinite": (gap(X1, (0, 0), np.inf), r"missing or infinite, in x1\[0\] \(1 infinite\)"),
    "masked": (np.ma.masked_less(X1, -1.0), r"missing or infinite, in x1"),
    "whole numbers that floats do not hold": (2**53 + np.arange(120).reshape(40, 3), "2.53 or more"),
}


@pytest.mark.parametrize(("x1", "words"), WRONG.values(), ids=WRONG)
@pytest.mark.parametrize(
    "read",
    [lambda x1: FromRows(x1, X2, Y), lambda x1: CCA(1).fit(Sample(x1, X2, Y[:, None])),
     lambda x1: Moments.of(Sample(x1, X2, Y[:, None]))],
    ids=["FromRows", "fit", "Moments"],
)  # fmt: skip
def test_what_is_no_table_of_numbers_is_refused_wherever_rows_are_read(
    read: Callable[[Any], Any], x1: Any, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        read(x1)


def test_frames_sparse_matrices_and_single_columns_have_the_moments_of_their_numbers() -> None:
    label = np.eye(2)[np.arange(40) % 2]
    known = Moments.of(Sample(X1, X2[:, :1], label))
    for x1 in (pd.DataFrame(X1), csr_matrix(X1), X1.tolist()):
        found = Moments.of(Sample(x1, X2[:, 0], pd.DataFrame(label)))
        assert all(np.allclose(found.scatter[pair], known.scatter[pair], rtol=0, atol=1e-12) for pair in known.scatter)
    assert np.array_equal(FromRows(X1, X2, csr_matrix(label)).y, label)


@pytest.mark.parametrize(
    ("task", "words"),
    [
        (PCA(4), "rank = 4: x1 has 3 coordinates, so give at most 3"),
        (OffDiagonal(4), "rank = 4: x1 has 3 coordinates, so give at most 3"),
        (CCA(9), "rank = 9: x1 has 3 coordinates and x2 has 2, so give at most 2"),
        (RidgeCCA(9, 0.5), "rank = 9: x1 has 3 coordinates and x2 has 2, so give at most 2"),
        (Truncated(Predict(OLS()), 9), r"rank = 9: psi of Predict\(OLS\(\)\) has 2 coordinates, so give at most 2"),
    ],
    ids=repr,
)
def test_more_coordinates_than_there_are_columns_are_refused(task: Any, words: str) -> None:
    """A number says how wide the representation is to be, on rows of one's own too."""
    with pytest.raises(ValueError, match=words):
        task.fit(SAMPLE)
