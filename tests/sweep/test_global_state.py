"""What a process has one of: learners that draw from its generators have rows of their own; memory is used again."""

from __future__ import annotations

import platform
import random
import subprocess
import sys
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.neighbors import KNeighborsRegressor

import testbed
from testbed import Experiment
from testbed._global_state import kept, seeded
from testbed.data import LinearMap
from testbed.evaluation import score
from testbed.generators import CleanMixture
from testbed.laws import Law
from testbed.pretexts import PCA, Oracle, Predict, Pretext, Raw, Truncated
from testbed.regressors import OLS, Regressor, Ridge, Sklearn

KNN = KNeighborsRegressor(5)
BASE = Experiment(
    "own", [CleanMixture(k=3, d1=6, d2=4, structure_seed=0)], [Predict(Sklearn(KNN))], [OLS()], [300], [100], repeats=3
)
COLUMNS = ["status", "excess_risk", "excess_risk_se", "pretext_part", "estimation"]


def rows(experiment: Experiment) -> pd.DataFrame:
    return testbed.run(experiment, progress=False)


def assert_kept(alone: pd.DataFrame, among: pd.DataFrame) -> None:
    """Every row of the first is in the second, to the bit."""
    a, b = (frame.set_index(["key", "rep"])[COLUMNS] for frame in (alone, among))
    pd.testing.assert_frame_equal(b.loc[a.index], a, check_exact=True)


class Moody(RegressorMixin, BaseEstimator):
    """Adds noise from the global generators, in the fit and when it predicts."""

    def fit(self, x: Any, y: Any) -> Moody:
        self.level_ = np.mean(y, axis=0) + np.random.normal(size=y.shape[1:])  # noqa: NPY002
        return self

    def predict(self, x: Any) -> Any:
        noise = np.random.normal(size=(len(x), *self.level_.shape))  # noqa: NPY002
        return self.level_ + noise + random.random()


@dataclass(frozen=True, repr=False)
class Nothing(Regressor):
    """Fails when it predicts."""

    def fit_rows(self, a: np.ndarray, b: np.ndarray, rng: np.random.Generator) -> Any:
        return lambda x: None


@dataclass(frozen=True, repr=False)
class RandomProjection(Pretext):
    """Directions from the global generator: of each repetition alone, though it is linear."""

    linear = True

    def fit(self, draw: Any, law: Law, rng: np.random.Generator) -> LinearMap:
        return LinearMap(np.random.normal(size=(6, 2)), np.zeros(2))  # noqa: NPY002

    def optimum(self, law: Law) -> LinearMap:
        return LinearMap.identity(law.shape[0])


@pytest.mark.parametrize("draws", ["auto", "rows"])
def test_what_draws_from_the_global_state_has_rows_of_its_own_and_leaves_the_state(draws: str) -> None:
    kind: Any = draws
    pretexts: list[Pretext] = [Predict(Sklearn(Moody())), RandomProjection(), Raw()]
    base = replace(BASE, pretext=pretexts, probe=[OLS(), Sklearn(Moody())], repeats=3, draws=kind)
    np.random.seed(5)  # noqa: NPY002
    np.random.normal()  # noqa: NPY002
    random.seed(5)
    before = np.random.get_state(), random.getstate()  # noqa: NPY002
    first = rows(base)
    after = np.random.get_state(), random.getstate()  # noqa: NPY002
    assert before[1] == after[1]
    assert all(np.array_equal(a, b) for a, b in zip(before[0], after[0], strict=True))
    np.random.seed(6)  # noqa: NPY002
    random.seed(6)
    assert (first["status"] == "ok").all(), first["error"].dropna().iloc[0]
    assert_kept(first, rows(replace(base, pretext=pretexts[::-1], probe=base.probe[::-1], repeats=4)))
    assert_kept(rows(replace(base, pretext=pretexts[1:2])), first)
    each = first[first["pretext"].str.startswith("RandomProjection") & (first["probe"] == "OLS()")]
    assert each["excess_risk"].nunique() == 3  # no repetition shares its directions with another


def test_the_state_is_given_back_when_a_row_fails_and_whatever_generator_it_is() -> None:
    numpy: Any = np.random
    theirs = numpy.get_bit_generator()
    try:
        numpy.set_bit_generator(np.random.PCG64(3))
        expected = np.random.RandomState(np.random.PCG64(3)).normal(size=4)
        assert np.random.normal() == expected[0]  # noqa: NPY002
        found = rows(replace(BASE, probe=[Nothing(), Sklearn(Moody())], repeats=1))
        assert set(found["status"]) == {"failed", "ok"}
        np.testing.assert_array_equal(np.random.normal(size=3), expected[1:])  # noqa: NPY002
    finally:
        numpy.set_bit_generator(theirs)


def test_a_score_is_the_same_whatever_the_global_state() -> None:
    def noisy(x: np.ndarray) -> np.ndarray:
        return x + np.random.normal(size=x.shape)  # noqa: NPY002

    scores = []
    for seed in (1, 2):
        np.random.seed(seed)  # noqa: NPY002
        rng = np.random.default_rng(0)
        scores.append(score(BASE.generator[0], noisy, n_labeled=60, rng=rng, probe=Sklearn(Moody()), repeats=3))
    assert scores[0] == scores[1]


def test_built_in_linear_learners_stay_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """They draw from no global generator, so no stack is done one repetition at a time."""

    def alone(*_: object) -> None:
        raise AssertionError("a stack was cut")

    monkeypatch.setattr(testbed.evaluation.study, "_attempt", alone)
    pretexts = [Raw(), Predict(OLS()), Predict(Ridge("cv")), PCA(2), Truncated(Predict(OLS()), 2), Oracle("linear")]
    found = rows(replace(BASE, pretext=pretexts, probe=[OLS(), Ridge()]))
    assert (found["status"] == "ok").all()


class Tensors:
    """The part of torch's interface that is used, with one number as the state of its generator."""

    def __init__(self) -> None:
        self.state, self.random, self.cuda = 7, self, self

    def manual_seed(self, number: int) -> None:
        self.state = number

    def get_rng_state(self) -> Any:
        return np.array([self.state])

    def set_rng_state(self, state: Any) -> None:
        self.state = int(state[0])

    def is_available(self) -> bool:
        return False


def test_a_generator_of_torch_is_seeded_and_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the learner itself is the first to import it: the work is then done again, seeded."""
    torch = Tensors()
    seen = []

    def work() -> int:
        monkeypatch.setitem(sys.modules, "torch", torch)
        seen.append(torch.state)
        torch.state += 1
        return seen[-1]

    monkeypatch.delitem(sys.modules, "torch", raising=False)
    with kept():
        assert seeded(11, work) == 11
        assert seeded(11, work) == 11
    assert seen == [7, 11, 11]
    torch.state = 5
    with kept():
        seeded(12, work)
    assert torch.state == 5


FAULTS = """
import resource
from testbed.evaluation import Cell, run_blocks
from testbed.generators import LeeMixture
from testbed.pretexts import Predict
from testbed.regressors import OLS
cell = Cell(LeeMixture(k=10, d1=50, d2=40), Predict(OLS()), OLS(), 4000, 1000, "moments")
seen = []
for start in range(0, 5 * 64, 64):
    run_blocks([cell], 0, range(start, start + 64))
    seen.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt)
print(seen[-1] - seen[-3])
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only this C library gives memory back at once")
def test_a_block_takes_the_memory_of_the_one_before() -> None:
    """Two blocks map some 4,000 pages anew (each 4 kB) where freed memory is given back; else next to none."""
    done = subprocess.run([sys.executable, "-c", FAULTS], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 1000
