"""What a learner returns: real, finite numbers of the right shape, or a failed row that says what came."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.neighbors import KNeighborsRegressor

import testbed
from testbed import Experiment
from testbed.data import LinearMap
from testbed.evaluation.risk import check_risk
from testbed.generators import CleanMixture
from testbed.laws import JointGaussian, Law
from testbed.pretexts import Predict, Pretext, Raw
from testbed.regressors import OLS, Regressor, Ridge, Sklearn

KNN = KNeighborsRegressor(5)
BASE = Experiment(
    "own", [CleanMixture(k=3, d1=6, d2=4, structure_seed=0)], [Predict(Sklearn(KNN))], [OLS()], [300], [100], repeats=3
)


def rows(experiment: Experiment) -> pd.DataFrame:
    return testbed.run(experiment, progress=False)


@dataclass(frozen=True, repr=False)
class Returns(Regressor):
    """Predicts what is called for."""

    kind: str

    def fit_rows(self, a: np.ndarray, b: np.ndarray, rng: np.random.Generator) -> Any:
        level = np.tile(b.mean(axis=0), (2000, 1))
        given: dict[str, Callable[[int], Any]] = {
            "column": lambda n: level[:n, :1],
            "row": lambda n: level[0],
            "complex": lambda n: level[:n] + 1j,
            "transposed": lambda n: level[:n].T,
            "none": lambda n: None,
            "text": lambda n: level[:n].astype(str),
            "nan": lambda n: np.where(level[:n] > level[0, 0], np.nan, level[:n]),
            "masked": lambda n: np.ma.masked_greater(level[:n], level[0].min()),
            "ragged": lambda n: [[0.0], [0.0, 1.0]],
            "three axes": lambda n: level[:n, :, None],
            "array": lambda n: level[:n],
            "sparse": lambda n: sparse.csr_array(level[:n]),
            "frame": lambda n: pd.DataFrame(level[:n]),
            "matrix": lambda n: np.asmatrix(level[:n]),
            "list": lambda n: level[:n].tolist(),
        }
        return lambda x: given[self.kind](len(x))


WRONG = {
    "column": "returned a ndarray of shape (2000, 1) and dtype float64; it must return real numbers of shape (2000, 3)",
    "row": "of shape (3,)",
    "complex": "dtype complex128",
    "transposed": "of shape (3, 2000)",
    "none": "returned None",
    "text": "dtype <U",
    "nan": "values are not finite",
    "masked": "returned a MaskedArray of shape (2000, 3) and dtype float64, of which",
    "ragged": "returned a list, which is no array",
    "three axes": "of shape (2000, 3, 1)",
}


@pytest.mark.parametrize("kind", WRONG)
def test_outputs_that_are_not_real_numbers_of_the_shape_fail_and_say_what_came(kind: str) -> None:
    found = rows(replace(BASE, pretext=[Raw()], probe=[Returns(kind)], repeats=1))
    assert (found["status"] == "failed").all()
    assert found["error"].str.contains(WRONG[kind], regex=False).all(), found["error"].iloc[0]


@pytest.mark.filterwarnings("ignore:the matrix subclass")
def test_outputs_of_other_types_are_converted() -> None:
    kinds = ["array", "sparse", "frame", "matrix", "list"]
    found = rows(replace(BASE, pretext=[Raw()], probe=[Returns(k) for k in kinds], repeats=1))
    assert (found["status"] == "ok").all(), found["error"].dropna().iloc[0]
    assert found["excess_risk"].nunique() == 1


@dataclass(frozen=True, repr=False)
class Features(Pretext):
    """Representations of every kind."""

    kind: str
    linear = False

    def fit(self, draw: Any, law: Law, rng: np.random.Generator) -> Any:
        weight = np.eye(6)[:, :2]
        given: dict[str, Any] = {
            "one axis": lambda x: x[:, 0],
            "complex": lambda x: x[:, :2] + 1j,
            "by rows": lambda x: x[:, : 1 + (len(x) > 500)],
            "estimator": KNN,
            "nan": lambda x: np.log(-np.abs(x)),
            "huge": lambda x: 1e160 * x,
            "tiny": lambda x: 1e-200 * x,
            "large": lambda x: 1e90 * x[:, :2],
            "small": lambda x: 1e-90 * x[:, :2],
            "complex map": LinearMap(weight + 1j, np.zeros(2)),
            "wide map": LinearMap(weight.T, np.zeros(6)),
            "nan map": LinearMap(weight * np.nan, np.zeros(2)),
            "sparse": lambda x: sparse.csr_array(x[:, :2]),
            "frame": lambda x: pd.DataFrame(x[:, :2]),
            "integers": lambda x: np.sign(x[:, :2]).astype(int),
            "map": LinearMap(weight, np.zeros(2)),
        }
        with np.errstate(invalid="ignore"):
            return given[self.kind]

    def optimum(self, law: Law) -> LinearMap:
        return LinearMap.identity(law.shape[0])


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("one axis", "of shape (100,) and dtype float64; it must return real numbers of shape (100, r)"),
        ("complex", "dtype complex128"),
        ("by rows", "gave 1 features of some rows and 2 of others"),
        ("huge", "e+160; it must lie between 1e-100 and 1e+100"),  # least squares would see no feature in them
        ("tiny", "e-200; it must lie between 1e-100 and 1e+100"),
        ("estimator", "gave a KNeighborsRegressor; its fit must return a function of rows or a LinearMap"),
        ("complex map", "gave a LinearMap with weight (6, 2) of complex128"),
        ("wide map", "gave a LinearMap with weight (2, 6) of float64"),
        ("nan map", "of which 12 values are not finite"),
    ],
)
def test_representations_are_checked(kind: str, words: str) -> None:
    found = rows(replace(BASE, pretext=[Features(kind)], repeats=1))
    assert (found["status"] == "failed").all()
    assert found["error"].str.contains(words, regex=False).all(), found["error"].iloc[0]


def test_representations_of_other_types_are_converted() -> None:
    found = rows(replace(BASE, pretext=[Features(k) for k in ("sparse", "frame", "integers", "map")], repeats=1))
    assert (found["status"] == "ok").all(), found["error"].dropna().iloc[0]
    risk = found.set_index("pretext")["excess_risk"]
    assert risk['Features("sparse")'] == risk['Features("frame")']


def test_the_size_of_a_representation_is_no_matter() -> None:
    found = rows(replace(BASE, pretext=[Features(k) for k in ("large", "small", "frame")], repeats=1))
    assert (found["status"] == "ok").all(), found["error"].dropna().iloc[0]
    assert np.ptp(found["excess_risk"]) < 1e-12


def test_a_probe_of_one_output_may_return_one_axis() -> None:
    predictor = Ridge(1.0).fit_counted(np.eye(4), np.ones((4, 1)), None, np.random.default_rng(0))
    assert predictor(np.eye(4)).shape == (4, 1)

    @dataclass(frozen=True, repr=False)
    class Flat(Regressor):
        def fit_rows(self, a: np.ndarray, b: np.ndarray, rng: np.random.Generator) -> Any:
            return lambda x: np.full(len(x), b.mean())

    flat = Flat().fit_counted(np.eye(4), np.ones((4, 1)), None, np.random.default_rng(0))
    np.testing.assert_array_equal(flat(np.eye(3, 4)), np.ones((3, 1)))


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_a_risk_below_rounding_of_zero_is_refused(scale: float) -> None:
    """Rounding is 1e-9 of the variance of the label; an average of squares has no other excuse."""
    covariance = np.diag([1.0, 1.0, scale**2])
    covariance[0, 2] = covariance[2, 0] = 0.5 * scale
    truth = JointGaussian(covariance, 1, 1, 1).population()
    variance = scale**2

    def risk(share: float, floor_se: float = 0.0, se: float = 0.0) -> dict[str, Any]:
        named = {"excess_risk": share, "class_floor_se": floor_se, "excess_risk_se": se}
        return {name: np.array([0.1, value]) * variance for name, value in named.items()}

    for fine in (risk(0.0), risk(-1e-10), risk(-1e-3, floor_se=1e-3)):
        check_risk(truth, fine)
    for wrong in (risk(-1e-8), risk(-1e-3, se=1.0), risk(-1e-2, floor_se=1e-3)):
        with pytest.raises(ValueError, match="cannot be below 0"):
            check_risk(truth, wrong)
    with pytest.raises(ValueError, match="cannot be below 0"):
        check_risk(truth, {"excess_risk": np.array(1j), "class_floor_se": np.zeros(())})
