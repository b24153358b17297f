"""Runs: what a row depends on and what it does not, what fails, and what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import testbed
from testbed import Experiment, vary
from testbed.columns import MEASURED
from testbed.data import LinearMap, Moments
from testbed.evaluation import Block
from testbed.files import FolderError
from testbed.generators import CleanMixture, LeeMixture
from testbed.pretexts import Predict, Raw
from testbed.regressors import OLS, KernelRidge, LinearRegressor, ReducedRank, Regressor

KEY = ["key", "rep"]
FALSE_ALARM = 1e-6  # probability that a comparison of equal laws fails
EXPERIMENT = Experiment(
    name="runs",
    generator=vary(LeeMixture, k=3, d1=6, d2=5, scale=3.0, alpha=[0.0, 0.5]),
    pretext=[Raw(), Predict(OLS())],
    probe=[OLS()],
    n_unlabeled=[200],
    n_labeled=[60],
    repeats=5,
)


def rows(experiment: Experiment) -> pd.DataFrame:
    return testbed.run(experiment, progress=False)


def assert_same(first: pd.DataFrame, second: pd.DataFrame, columns: list[str] | None = None) -> None:
    """The rows of `first` are in `second`, to the bit."""
    a, b = first.set_index(KEY), second.set_index(KEY)
    kept = [*MEASURED, "status"] if columns is None else columns
    pd.testing.assert_frame_equal(b.loc[a.index, kept], a[kept], check_exact=True, check_dtype=False)


@pytest.mark.usefixtures("forked_workers")
def test_two_blocks_over_two_processes_give_the_same_bytes(tmp_path: Path) -> None:
    long = replace(EXPERIMENT, repeats=70)
    for jobs in (1, 2):
        testbed.run(long, tmp_path / str(jobs), jobs=jobs, progress=False)
    one, two = ((tmp_path / name / "rows.csv").read_bytes() for name in "12")
    assert one == two
    assert one.count(b"\n") == 1 + 2 * 2 * 70
    assert_same(rows(EXPERIMENT), rows(long))


def test_the_order_of_a_grid_does_not_matter() -> None:
    forward = replace(EXPERIMENT, n_labeled=[40, 60], baseline=[KernelRidge()], repeats=3)
    backward = replace(forward, generator=forward.generator[::-1], pretext=forward.pretext[::-1], n_labeled=[60, 40])
    first, second = rows(forward), rows(backward)
    assert len(first) == len(second)
    assert_same(first, second)
    assert list(first["key"]) != list(second["key"])


def test_duplicates_count_once() -> None:
    twice = replace(
        EXPERIMENT,
        generator=[*EXPERIMENT.generator, LeeMixture(k=np.int64(3), d1=6, d2=5, scale=3.0, alpha=0)],
        pretext=[Raw(), Predict(OLS()), Raw()],
        probe=[OLS(), OLS(intercept=True)],
        baseline=[OLS()],
        n_labeled=[60, 60],
    )
    pd.testing.assert_frame_equal(rows(twice), rows(EXPERIMENT), check_exact=True)


def test_another_seed_is_another_draw() -> None:
    first, second = (rows(replace(EXPERIMENT, seed=seed)) for seed in (0, 1))
    assert list(first["key"]) == list(second["key"])
    assert not np.isin(first["excess_risk"], second["excess_risk"]).any()


@pytest.mark.parametrize("draws", ["auto", "rows"])
def test_nested_sweeps_accumulate_their_labelled_data(draws: str) -> None:
    """A nested list of one value is one draw of that size, and its longer lists start from it."""
    nested = replace(EXPERIMENT, nested=True, n_labeled=[40, 60], draws=draws)
    found, plain = rows(nested), rows(replace(nested, nested=False))
    assert (found["status"] == "ok").all()
    assert set(found["key"]).isdisjoint(plain["key"])
    assert_same(rows(replace(nested, n_labeled=[40])), found)
    assert not np.isin(found["excess_risk"], plain["excess_risk"]).any()


@pytest.mark.parametrize("draws", ["auto", "rows"])
def test_too_few_rows_are_rows_that_say_what_is_needed(draws: str) -> None:
    found = rows(replace(EXPERIMENT, n_labeled=[3, 60], pretext=[Raw()], draws=draws))
    failed = found[found["n_labeled"] == 3]
    assert len(failed) == 2 * 5
    assert (failed["status"] == "failed").all()
    assert failed["error"].str.contains(r"ValueError: OLS\(\) on features of rank .* needs n >= .*; got n = 3").all()
    assert failed[list(MEASURED)].isna().all(axis=None)
    assert (found.loc[found["n_labeled"] == 60, "status"] == "ok").all()


@dataclass(frozen=True, repr=False)
class Moody(LinearRegressor):
    """OLS that refuses draws with too many of the first class, on Moments or on rows."""

    intercept: bool = True
    most: float = 1.0 / 3.0

    def fit(self, moments: Moments, source: str, target: str) -> LinearMap:
        if np.any(moments.mean[target][..., 0] > self.most):
            raise RuntimeError("too many of the first class")
        return OLS().fit(moments, source, target)


@dataclass(frozen=True, repr=False)
class Picky(LinearRegressor):
    """OLS that refuses pairs whose first mean is a standard error above its expectation, .709: one in six."""

    intercept: bool = True

    def fit(self, moments: Moments, source: str, target: str) -> LinearMap:
        if np.any(moments.mean[source][..., 0] > 0.79):
            raise RuntimeError("a mean is too large")
        return OLS().fit(moments, source, target)


@dataclass(frozen=True, repr=False)
class Infinite(Regressor):
    """A fit that returns nonsense without saying so."""

    def fit_rows(self, a: np.ndarray, b: np.ndarray, rng: np.random.Generator) -> LinearMap:
        return LinearMap(np.full((a.shape[1], b.shape[1]), np.nan), np.zeros(b.shape[1]))


@pytest.mark.parametrize("draws", ["auto", "rows"])
def test_a_learner_that_raises_loses_its_own_repetitions_only(draws: str) -> None:
    found = rows(replace(EXPERIMENT, probe=[OLS(), Moody()], repeats=20, draws=draws))
    moody, ols = (found[found["probe"] == text] for text in ("Moody()", "OLS()"))
    assert len(moody) == len(ols) == 2 * 2 * 20
    assert (ols["status"] == "ok").all()
    failed = moody["status"] == "failed"
    assert 0 < failed.sum() < len(moody)
    assert (moody.loc[failed, "error"] == "RuntimeError: too many of the first class").all()
    assert moody.loc[failed, list(MEASURED)].isna().all(axis=None)
    if draws == "auto":  # the same fit of the same Moments, though repetitions had to be taken one at a time
        calm = rows(replace(EXPERIMENT, probe=[Moody(most=1.0)], repeats=20, draws=draws))
        for whole, close in ((calm, 0.0), (ols, 1e-9)):  # OLS itself goes a shorter way over the same draws
            both = moody[~failed].merge(whole, on=["generator", "pretext", "rep"], suffixes=("", "_whole"))
            assert len(both) == (~failed).sum()
            np.testing.assert_allclose(both["excess_risk"], both["excess_risk_whole"], rtol=close)


def test_numbers_that_are_not_finite_are_failures() -> None:
    found = rows(replace(EXPERIMENT, probe=[Infinite()], pretext=[Raw()], repeats=2))
    assert (found["status"] == "failed").all()
    assert found["error"].str.contains("18 values are not finite", regex=False).all()
    block = Block.of(EXPERIMENT.cells()[0], range(2), dict.fromkeys(MEASURED, np.array([1.0, np.nan])))
    (*_, first, _), (*_, second, why) = block
    assert (first, second) == ("ok", "failed") and why is not None and str(why).startswith("not finite: excess_risk")


def test_a_pretext_that_fails_once_loses_one_repetition_of_a_stack_of_blocks() -> None:
    """The stack of a small frozen law holds several blocks: each repetition alone is still cut from all of them."""
    law = CleanMixture(k=3, d1=6, d2=4, structure_seed=0)
    found = rows(replace(EXPERIMENT, generator=[law], pretext=[Raw(), Predict(Picky())], repeats=130))
    moody = found[found["pretext"] != "Raw()"]
    failed = moody["status"] == "failed"
    assert 0 < failed.sum() < 65
    assert (moody.loc[failed, "error"] == "RuntimeError: a mean is too large").all()


def test_rows_and_moments_agree_in_law() -> None:
    """The structure is frozen, so that the two samples of each comparison are independent."""
    frozen = replace(
        EXPERIMENT,
        generator=[LeeMixture(k=3, d1=6, d2=5, scale=3.0, alpha=0.5, structure_seed=1)],
        pretext=[Raw(), Predict(OLS()), Predict(ReducedRank("k-1"))],
        repeats=200,
    )
    moments, lines = rows(frozen), rows(replace(frozen, draws="rows"))
    assert (set(moments["draws"]), set(lines["draws"])) == ({"moments"}, {"rows"})
    comparisons = list(samples(moments, lines))
    assert len(comparisons) == 3
    for name, one, two in comparisons:
        assert len(one) == len(two) == 200
        assert stats.ks_2samp(one, two).pvalue > FALSE_ALARM / len(comparisons), name
    _, raw, _ = comparisons[0]
    assert stats.ks_2samp(raw, 1.3 * raw).pvalue < FALSE_ALARM, "a risk 30% larger would be seen"


def samples(first: pd.DataFrame, second: pd.DataFrame) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    for name in first["pretext"].unique():
        one, two = (frame.loc[frame["pretext"] == name, "excess_risk"].to_numpy() for frame in (first, second))
        yield str(name), one, two


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": ""}, "name = ''"),
        ({"generator": [LeeMixture]}, "generator holds .*LeeMixture.*must be a generator or a law"),
        ({"pretext": OLS()}, r"pretext holds OLS\(\); each entry must be a pretext"),  # a single value is a list of one
        ({"pretext": [OLS()]}, r"pretext holds OLS\(\)"),
        ({"probe": "OLS()"}, r"probe = 'OLS\(\)': a list is needed"),
        ({"probe": [Raw()]}, r"probe holds Raw\(\)"),
        ({"baseline": [Raw()]}, r"baseline holds Raw\(\)"),
        ({"n_labeled": None}, "n_labeled = None: a list is needed"),
        ({"n_labeled": []}, r"n_labeled = \[\]"),
        ({"n_unlabeled": [-5]}, "n_unlabeled = -5"),
        ({"n_unlabeled": [True]}, "n_unlabeled = True"),
        ({"repeats": 1.5}, "repeats = 1.5"),
        ({"seed": 0.5}, "seed = 0.5"),
        ({"seed": True}, "seed = True"),
        ({"draws": "moments"}, "draws = 'moments'"),
    ],
)
def test_bad_input_is_refused_by_name_and_value(change: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        replace(EXPERIMENT, **change)


def test_a_folder_of_another_seed_is_left_alone(tmp_path: Path) -> None:
    testbed.run(replace(EXPERIMENT, repeats=1), tmp_path / "out", progress=False)
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    with pytest.raises(FolderError, match="its seed is 0, this one's is 7"):
        testbed.run(replace(EXPERIMENT, repeats=1, seed=7), tmp_path / "out", progress=False)
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before
    (tmp_path / "file").write_text("")
    with pytest.raises(FolderError, match="cannot be written"):
        testbed.run(EXPERIMENT, tmp_path / "file" / "out", progress=False)
