"""Estimators of scikit-learn as they are passed: all outputs in one fit where they take them, and no number of jobs."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, RegressorMixin, clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.decomposition import PCA
from sklearn.ensemble import AdaBoostRegressor, BaggingRegressor, RandomForestRegressor, StackingRegressor
from sklearn.ensemble import HistGradientBoostingRegressor as Boosting
from sklearn.feature_selection import SelectFromModel
from sklearn.linear_model import LassoCV, LinearRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.multioutput import MultiOutputRegressor
from sklearn.neighbors import KNeighborsRegressor
from sklearn.neural_network import MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVR
from sklearn.tree import DecisionTreeRegressor

from testbed import Experiment
from testbed.generators import CleanMixture
from testbed.keys import canonical
from testbed.pretexts import Predict, Raw
from testbed.regressors import OLS, Sklearn, outputs
from testbed.sweep.replay import _fits

RNG = np.random.default_rng(0)
A, NEW = RNG.normal(size=(60, 4)), RNG.normal(size=(9, 4))
B = A @ RNG.normal(size=(4, 3)) + RNG.normal(size=(60, 3))
MLP = MLPRegressor(hidden_layer_sizes=(5,), max_iter=20)
STACK = StackingRegressor([("tree", DecisionTreeRegressor(max_depth=2)), ("ridge", Ridge())], cv=2)
ALL, EACH = "all outputs in one fit", "one fit for each output"


class Broken(RegressorMixin, BaseEstimator):
    """Cannot be fitted to few rows, and says so in every way that there is."""

    def fit(self, x: Any, y: Any) -> Broken:
        np.random.normal()  # noqa: NPY002
        print("fitting")
        warnings.warn("few rows", stacklevel=1)
        if len(x) < 600:
            raise ZeroDivisionError
        self.level_ = np.mean(y, axis=0)
        return self

    def predict(self, x: Any) -> Any:
        return np.full((len(x), *np.shape(self.level_)), self.level_)


@pytest.mark.parametrize(
    ("estimator", "how"),
    [
        (MLP, ALL),
        (make_pipeline(StandardScaler(), MLP), ALL),
        (GridSearchCV(MLP, {"alpha": [1e-4, 1e-2]}, cv=2), ALL),
        (MLPRegressor(hidden_layer_sizes=(5,), max_iter=20, early_stopping=True), ALL),
        (BaggingRegressor(DecisionTreeRegressor(), n_estimators=3), ALL),
        (KNeighborsRegressor(20), ALL),  # more neighbours than the trial has rows: the tag is enough
        (make_pipeline(StandardScaler(), KNeighborsRegressor(20)), ALL),
        (GridSearchCV(KNeighborsRegressor(), {"n_neighbors": [20, 30]}), ALL),
        (GridSearchCV(MLP, {"alpha": [1e-4]}, cv=20), ALL),  # 16 rows are too few for what these do, 512 are not
        (MLPRegressor(hidden_layer_sizes=(5,), max_iter=20, early_stopping=True, validation_fraction=0.05), ALL),
        (make_pipeline(StandardScaler(), KNeighborsRegressor(600)), ALL),  # nor can one output: the tag is enough
        (make_pipeline(SelectFromModel(LassoCV(cv=3)), KNeighborsRegressor()), EACH),  # its first step takes one output
        (SVR(), EACH),
        (make_pipeline(StandardScaler(), SVR()), EACH),
        (AdaBoostRegressor(n_estimators=3), EACH),
        (Boosting(max_iter=3), EACH),
        (TransformedTargetRegressor(SVR()), EACH),
        (STACK, EACH),
        (Broken(), EACH),
    ],
    ids=lambda v: type(v).__name__,
)
def test_all_outputs_go_into_one_fit_where_the_estimator_takes_them(estimator: Any, how: str, capsys: Any) -> None:
    before, text = np.random.get_state()[1].copy(), canonical(estimator)  # type: ignore[index] # noqa: NPY002
    learner = Sklearn(estimator)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert learner.fits() == how
    assert capsys.readouterr() == ("", "")
    np.testing.assert_array_equal(before, np.random.get_state()[1])  # type: ignore[index] # noqa: NPY002
    assert canonical(estimator) == text and how not in repr(learner)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("estimator", [MLP, make_pipeline(StandardScaler(), MLP)], ids=["alone", "pipeline"])
def test_a_network_is_one_network(estimator: Any) -> None:
    ours = Sklearn(estimator).fit_rows(A, B, np.random.default_rng(3))(NEW)
    seed = int(np.random.default_rng(3).integers(2**31))
    name = "random_state" if estimator is MLP else "mlpregressor__random_state"
    direct = clone(estimator).set_params(**{name: seed}).fit(A, B).predict(NEW)
    np.testing.assert_array_equal(ours, direct)


def test_one_fit_for_each_output_is_that_of_scikit_learn() -> None:
    ours = Sklearn(SVR()).fit_rows(A, B, RNG)(NEW)
    np.testing.assert_array_equal(ours, MultiOutputRegressor(SVR()).fit(A, B).predict(NEW))


@pytest.mark.filterwarnings("ignore")
def test_a_pipeline_whose_first_step_takes_one_output_is_fitted() -> None:
    estimator = make_pipeline(SelectFromModel(LassoCV(cv=3)), LinearRegression())
    ours = Sklearn(estimator).fit_rows(A, B, RNG)(NEW)
    np.testing.assert_array_equal(ours, MultiOutputRegressor(estimator).fit(A, B).predict(NEW))


@pytest.mark.filterwarnings("ignore")
def test_a_network_behind_more_components_than_the_first_trial_has_rows_is_one_network() -> None:
    wide = RNG.normal(size=(60, 30))
    estimator = make_pipeline(PCA(20, random_state=0), clone(MLP).set_params(random_state=0))
    ours = Sklearn(estimator).fit_rows(wide, B, RNG)(wide)
    np.testing.assert_array_equal(ours, clone(estimator).fit(wide, B).predict(wide))


def test_the_trial_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    monkeypatch.setattr(outputs, "_TRIED", {})
    monkeypatch.setattr(outputs, "_tried", lambda *_: bool(calls.append(1)) or True)
    for _ in range(3):
        for estimator in (MLP, clone(MLP), MLPRegressor(hidden_layer_sizes=(5,), max_iter=21)):
            Sklearn(estimator).fits()
    assert len(calls) == 2


@pytest.mark.parametrize(
    "estimator",
    [STACK, make_pipeline(StandardScaler(), STACK), GridSearchCV(STACK, {"ridge__alpha": [0.1, 1.0]}, cv=2)],
    ids=["stack", "pipeline", "search"],
)
def test_what_gains_predict_in_the_fit_is_accepted(estimator: Any) -> None:
    assert not hasattr(estimator, "predict")
    predicted = Sklearn(estimator).fit_rows(A, B[:, :2], np.random.default_rng(0))(NEW)
    assert predicted.shape == (9, 2)


@pytest.mark.parametrize(
    "estimator",
    [StandardScaler(), make_pipeline(StandardScaler()), SVR, object()],
    ids=["scaler", "pipeline", "class", "object"],
)
def test_what_never_predicts_is_refused(estimator: Any) -> None:
    with pytest.raises(ValueError, match="estimator ="):
        Sklearn(estimator)


FOREST = RandomForestRegressor(5)


@pytest.mark.parametrize(
    ("plain", "parallel"),
    [
        (FOREST, RandomForestRegressor(5, n_jobs=2)),
        (make_pipeline(StandardScaler(), FOREST), make_pipeline(StandardScaler(), RandomForestRegressor(5, n_jobs=-1))),
        (
            GridSearchCV(KNeighborsRegressor(), {"n_neighbors": [2, 5]}),
            GridSearchCV(KNeighborsRegressor(n_jobs=2), {"n_neighbors": [2, 5]}, n_jobs=2),
        ),
        (MultiOutputRegressor(SVR()), MultiOutputRegressor(SVR(), n_jobs=1)),
    ],
    ids=lambda v: type(v).__name__,
)
def test_the_number_of_jobs_is_no_setting(plain: Any, parallel: Any) -> None:
    assert canonical(Sklearn(plain)) == canonical(Sklearn(parallel))
    assert "n_jobs=None" in canonical(parallel) and "n_jobs=2" not in canonical(parallel)
    fits = [Sklearn(e).fit_rows(A, B, np.random.default_rng(2))(NEW) for e in (plain, parallel)]
    np.testing.assert_array_equal(*fits)
    mine = outputs.own(parallel, np.random.default_rng(0))
    assert {v for k, v in mine.get_params().items() if k.split("__")[-1] == "n_jobs"} == {1}


def test_the_tag_of_a_linear_model_needs_no_trial() -> None:
    assert Sklearn(LinearRegression()).fits() == ALL


def test_replay_says_how_an_estimator_was_fitted() -> None:
    law = CleanMixture(k=3, d1=6, d2=4, structure_seed=0)
    cells = Experiment("s", [law], [Predict(Sklearn(MLP)), Raw()], [Sklearn(SVR()), OLS()], [9], [9], repeats=1).cells()
    network, support = f"pretext MLPRegressor: {ALL}", f"probe SVR: {EACH}"
    assert [_fits(cell, 0) for cell in cells] == [[network, support], [network], [support], []]
