"""Learners that write into what they are given: they change no row of the others, in any order."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import decomposition
from sklearn.cross_decomposition import PLSRegression
from sklearn.linear_model import Ridge as ReferenceRidge
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR

import testbed
from testbed import Experiment
from testbed.data import LinearMap, Moments, Sample
from testbed.generators import CleanFinite, CleanMixture
from testbed.laws import Law
from testbed.pretexts import PCA, Oracle, Predict, Pretext, Raw, Truncated
from testbed.regressors import OLS, KernelRidge, LinearRegressor, Nystroem, Regressor, Sklearn

MIXTURE = CleanMixture(k=3, d1=6, d2=4, structure_seed=0)
FINITE = CleanFinite(k=3, structure_seed=0)
KNN = KNeighborsRegressor(5)
SCALED = Predict(Sklearn(make_pipeline(StandardScaler(copy=False), KNN)))
BASE = Experiment("own", [MIXTURE], [Predict(Sklearn(KNN))], [OLS()], [300], [100], repeats=3)
COLUMNS = ["status", "excess_risk", "excess_risk_se", "pretext_part", "estimation"]


def rows(experiment: Experiment) -> pd.DataFrame:
    return testbed.run(experiment, progress=False)


def assert_kept(alone: pd.DataFrame, among: pd.DataFrame) -> None:
    """Every row of the first is in the second, to the bit."""
    a, b = (frame.set_index(["key", "rep"])[COLUMNS] for frame in (alone, among))
    pd.testing.assert_frame_equal(b.loc[a.index], a, check_exact=True)


def spoil(value: Any) -> None:
    """Write into whatever arrays can be reached from a value, by numpy and behind its back."""
    if isinstance(value, np.ndarray):
        for allow in (lambda: value.setflags(write=True), lambda: value.fill(7.0)):
            with suppress(ValueError):
                allow()
        if value.dtype == float and value.flags.c_contiguous:  # as libraries do that take the memory
            ctypes.memset(value.ctypes.data, 0, value.nbytes)
    elif isinstance(value, dict | list | tuple):
        for inside in value.values() if isinstance(value, dict) else value:
            spoil(inside)


@dataclass(frozen=True, repr=False)
class Vandal(Regressor):
    """Least squares that then overwrites its inputs, in the fit and in each prediction."""

    def fit_rows(self, a: np.ndarray, b: np.ndarray, rng: np.random.Generator) -> Callable[[np.ndarray], np.ndarray]:
        weight = np.linalg.lstsq(a, b, rcond=None)[0]
        spoil((a, b))

        def predict(x: np.ndarray) -> np.ndarray:
            found = x @ weight
            spoil(x)
            return found

        return predict


@dataclass(frozen=True, repr=False)
class VandalTask(Pretext):
    """The identity, as a view of its input, after the draw and the truth were overwritten."""

    weighted = True
    linear = False

    def fit(self, draw: Any, law: Law, rng: np.random.Generator) -> Callable[[np.ndarray], np.ndarray]:
        assert isinstance(draw, Sample)
        spoil(list(vars(draw).values()))
        truth = law.population()
        shared = [v for name, v in vars(truth).items() if not name.startswith("_")]
        for array in (truth.linear_f_star.weight, truth.linear_psi_star.weight, *shared):
            if isinstance(array, np.ndarray):
                with pytest.raises(ValueError, match="read-only"):
                    array[...] = 7.0
        return lambda x: x[:]

    def optimum(self, law: Law) -> LinearMap:
        return LinearMap.identity(law.shape[0])


@dataclass(frozen=True, repr=False)
class VandalMoments(LinearRegressor):
    """OLS that then tries to overwrite the Moments."""

    intercept: bool = True

    def fit(self, moments: Moments, source: str, target: str) -> LinearMap:
        found = OLS().fit(moments, source, target)
        for held in (moments.mean, moments.scatter):
            for array in held.values():
                with suppress(ValueError):
                    array[...] = 7.0
        return found


def test_a_neighbour_that_scales_in_place_changes_nothing() -> None:
    alone = rows(BASE)
    np.testing.assert_allclose(alone["excess_risk"], [0.273333, 0.370127, 0.264166], atol=5e-7)
    for pretexts in ([SCALED, *BASE.pretext], [*BASE.pretext, SCALED]):
        assert_kept(alone, rows(replace(BASE, pretext=pretexts)))


@pytest.mark.parametrize("generator", [MIXTURE, FINITE], ids=["mixture", "finite"])
@pytest.mark.parametrize("draws", ["auto", "rows"])
def test_vandals_change_no_row_of_the_others(generator: Any, draws: str) -> None:
    """In any order, as pretext, probe and baseline."""
    kind: Any = draws
    honest = [Raw(), Predict(KernelRidge(0.1, 1.0)), Truncated(Predict(Nystroem(20)), 2), Predict(OLS()), PCA(2)]
    probes = [OLS(), KernelRidge(0.1), Sklearn(KNN)]
    base = replace(
        BASE, generator=[generator], pretext=[*honest, Oracle("universal")], probe=probes, draws=kind, repeats=2
    )
    alone = rows(base)
    assert (alone["status"] == "ok").all(), alone["error"].dropna().iloc[0]
    vandals = [VandalTask(), Predict(Vandal()), Truncated(Predict(Vandal()), 2), Predict(VandalMoments()), SCALED]
    first = replace(base, pretext=[*vandals, *honest, Oracle("universal")], probe=[Vandal(), VandalMoments(), *probes])
    last = replace(base, pretext=[Oracle("universal"), *honest[::-1], *vandals], probe=[*probes[::-1], Vandal()])
    found = [rows(first), rows(last)]
    for among in found:
        assert_kept(alone, among)
        assert (among["status"] == "ok").all(), among["error"].dropna().iloc[0]
    shared = found[1].set_index(["key", "rep"]).index.intersection(found[0].set_index(["key", "rep"]).index)
    assert_kept(*(f.set_index(["key", "rep"]).loc[shared].reset_index() for f in found))


def test_a_write_by_numpy_is_refused_with_a_sentence() -> None:
    @dataclass(frozen=True, repr=False)
    class Centred(Regressor):
        def fit_rows(self, a: np.ndarray, b: np.ndarray, rng: np.random.Generator) -> Any:
            a -= a.mean(axis=0)
            return OLS().fit_rows(a, b, rng)

    Centred.__qualname__ = "Centred"
    found = rows(replace(BASE, probe=[Centred()], draws="rows"))
    assert (found["status"] == "failed").all()
    assert found["error"].str.contains("write into a copy, a = a.copy()", regex=False).all()


IN_PLACE = [
    make_pipeline(StandardScaler(copy=False), SVR()),  # one fit an output: the second would see the first one's scale
    make_pipeline(decomposition.PCA(2, copy=False), KNN),
    PLSRegression(2, copy=False),
    ReferenceRidge(1.0, copy_X=False),
]
COPIES = [
    make_pipeline(StandardScaler(), SVR()),
    make_pipeline(decomposition.PCA(2), KNN),
    PLSRegression(2),
    ReferenceRidge(1.0),
]


@pytest.mark.parametrize(("in_place", "copies"), list(zip(IN_PLACE, COPIES, strict=True)), ids=str)
def test_estimators_that_work_in_place_predict_what_their_copies_do(in_place: Any, copies: Any) -> None:
    rng = np.random.default_rng(0)
    a, b, new = rng.normal(size=(40, 5)) + 3.0, rng.normal(size=(40, 3)), rng.normal(size=(9, 5))
    kept = a.copy(), b.copy(), new.copy()
    fits = [Sklearn(e).fit_rows(a, b, np.random.default_rng(1)) for e in (in_place, copies)]
    np.testing.assert_allclose(fits[0](new), fits[1](new), atol=1e-12)
    np.testing.assert_array_equal(fits[0](new), fits[0](new))
    for before, after in zip(kept, (a, b, new), strict=True):
        np.testing.assert_array_equal(before, after)
