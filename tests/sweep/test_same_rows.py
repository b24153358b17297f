"""Rows keep their bytes: for any number of processes, and when the grid grows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin

import testbed
from testbed import Experiment, vary
from testbed.files import FolderError
from testbed.generators import LeeMixture
from testbed.keys import canonical
from testbed.pretexts import Predict, Raw, Truncated
from testbed.registry import parse
from testbed.regressors import OLS, KernelRidge, Nystroem, ReducedRank, Sklearn
from testbed.sweep.script import execute

EXPERIMENT = Experiment(
    name="small",
    generator=vary(LeeMixture, k=3, d1=6, d2=5, scale=3.0, alpha=[0.0, 0.5]),
    pretext=[Raw(), Predict(OLS()), Truncated(Predict(Nystroem(20)), 2)],
    probe=[OLS()],
    n_unlabeled=[200],
    n_labeled=[40, 60],
    repeats=3,
)
LINEAR = replace(EXPERIMENT, pretext=[Raw(), Predict(ReducedRank("k"))])


def rows(experiment: Experiment) -> pd.DataFrame:
    return testbed.run(experiment, progress=False)


def assert_kept(old: pd.DataFrame, new: Experiment) -> None:
    """Every row of the old grid is in the new one, to the bit."""
    before, after = (frame.set_index(["key", "rep"]) for frame in (old, rows(new)))
    assert len(after) > len(before)
    pd.testing.assert_frame_equal(after.loc[before.index, before.columns], before, check_exact=True, check_dtype=False)


def test_processes_and_repetition_give_the_same_bytes(tmp_path: Path) -> None:
    for name, jobs in (("one", 1), ("again", 1), ("two", 2)):
        testbed.run(EXPERIMENT, tmp_path / name, jobs=jobs, progress=False)
    one, again, two = ((tmp_path / name / "rows.csv").read_bytes() for name in ("one", "again", "two"))
    assert one == again == two
    assert one.count(b",ok,") == 2 * 3 * 2 * 3


def test_a_grid_may_grow_in_every_direction() -> None:
    more = vary(LeeMixture, k=3, d1=6, d2=5, scale=3.0, alpha=[1.0, 0.5, 0.0])
    old = rows(EXPERIMENT)
    assert_kept(old, replace(EXPERIMENT, generator=more))
    learners = [Predict(KernelRidge()), *EXPERIMENT.pretext]
    assert_kept(old, replace(EXPERIMENT, pretext=learners, baseline=[KernelRidge()]))
    assert_kept(old, replace(EXPERIMENT, n_labeled=[60, 50, 40], repeats=5))
    assert_kept(rows(LINEAR), replace(LINEAR, repeats=70))
    nested = replace(LINEAR, nested=True)
    assert_kept(rows(nested), replace(nested, n_labeled=[40, 60, 90]))


def test_methods_on_rows_are_paired() -> None:
    """With draws="rows" OLS on x1 is the same fit whether it is a probe on Raw() or a baseline: one row."""
    paired = rows(replace(LINEAR, draws="rows", baseline=[OLS()]))
    assert not paired.duplicated(["key", "rep"]).any()
    assert set(paired["draws"]) == {"rows"}


class Moody(RegressorMixin, BaseEstimator):
    """Fails on some draws."""

    def fit(self, x: object, y: object) -> Moody:
        if float(x[0, 0]) % 1.0 < 0.5:  # type: ignore[index]
            raise RuntimeError("not today")
        self.size_ = y.shape[1:]  # type: ignore[attr-defined]
        return self

    def predict(self, x: object) -> object:
        import numpy as np

        return np.zeros((len(x), *self.size_))  # type: ignore[arg-type]

    def __sklearn_tags__(self) -> object:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags


def test_what_fails_is_a_row_and_loses_nothing_else() -> None:
    found = rows(replace(EXPERIMENT, baseline=[Sklearn(Moody())], n_labeled=[4, 60], repeats=8))
    small = found[(found["n_labeled"] == 4) & (found["probe"] == "OLS()") & (found["pretext"] == "Raw()")]
    assert (small["status"] == "failed").all()
    assert small["error"].str.contains("needs n >= 8; got n = 4").all()
    moody = found[found["probe"].str.startswith("Sklearn")]
    assert {"ok", "failed"} == set(moody["status"])
    assert moody.loc[moody["status"] == "failed", "error"].eq("RuntimeError: not today").all()
    others = found[(found["probe"] == "OLS()") & (found["n_labeled"] == 60)]
    assert (others["status"] == "ok").all()


def test_another_experiment_is_refused(tmp_path: Path) -> None:
    testbed.run(replace(LINEAR, repeats=1), tmp_path / "out", progress=False)
    before = (tmp_path / "out" / "rows.csv").read_bytes()
    with pytest.raises(FolderError, match="its seed is 0, this one's is 1"):
        testbed.run(replace(LINEAR, seed=1), tmp_path / "out", progress=False)
    with pytest.raises(FolderError, match="its name is 'small', this one's is 'other'"):
        testbed.run(replace(LINEAR, name="other"), tmp_path / "out", progress=False)
    assert (tmp_path / "out" / "rows.csv").read_bytes() == before


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "a/b"}, "name = 'a/b'"),
        ({"generator": []}, r"generator = \[\]"),
        ({"generator": LeeMixture}, "a list is needed"),
        ({"pretext": [Raw]}, "each entry must be a pretext"),
        ({"probe": [Moody()]}, "wrap one of scikit-learn's"),
        ({"n_labeled": [0]}, "n_labeled = 0"),
        ({"n_unlabeled": [2.5]}, "n_unlabeled = 2.5"),
        ({"repeats": 0}, "repeats = 0"),
        ({"seed": -1}, "seed = -1"),
        ({"draws": "lines"}, "draws = 'lines'"),
    ],
)
def test_bad_experiments_are_refused(change: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replace(EXPERIMENT, **change)


def test_canonical_texts() -> None:
    import numpy as np

    assert canonical(LeeMixture(k=np.int64(10), alpha=0, scale=np.float64(10))) == "LeeMixture()"
    assert canonical(LeeMixture(alpha=1)) == "LeeMixture(alpha=1.0)"
    for text in ('Truncated(Predict(ReducedRank("k")), 3)', "LeeMixture(k=3, structure_seed=4)", "Ridge(penalty=2.0)"):
        assert canonical(parse(text)) == text
    with pytest.raises(TypeError, match="lambda"):
        canonical(lambda x: x)
    source = "class Mine:\n    size = {}\n"
    first, second = (canonical(execute(source.format(n)).Mine) for n in (1, 2))
    assert first.startswith("Mine@")
    assert first != second


def test_structure_is_common_along_dials_that_do_not_decide_it() -> None:
    found = rows(replace(LINEAR, repeats=2))
    floors = found[found["pretext"] == "Raw()"].groupby("rep")["class_floor"].nunique()
    assert (floors == 1).all()


def test_a_dial_written_as_a_whole_number_is_the_same_dial() -> None:
    assert LeeMixture(scale=3).structure_key == LeeMixture(scale=3.0).structure_key


def test_rank_used_is_what_the_dimensions_allow() -> None:
    pretexts = [Truncated(Raw(), 6), Predict(ReducedRank(9)), Raw()]
    found = rows(replace(LINEAR, pretext=pretexts, probe=[ReducedRank(5)], repeats=1, n_labeled=[60]))
    assert found.set_index("pretext")["rank_used"].iloc[:3].tolist() == [6, 5, 3]
