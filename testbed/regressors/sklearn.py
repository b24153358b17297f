"""Any scikit-learn regressor."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from testbed._linalg import Array
from testbed.regressors.base import Predictor, Regressor, distinct

__all__ = ["Sklearn"]


def _whole_tree(settings: Mapping[str, Any]) -> bool:
    """Splits of least squares that look at no number of rows; without a depth, ties among equal rows would decide."""
    plain = {"min_samples_leaf": 1, "min_samples_split": 2, "min_weight_fraction_leaf": 0.0, "max_features": None}
    same = all(settings.get(name) == value for name, value in plain.items())
    return same and settings["criterion"] == "squared_error" and settings["max_depth"] is not None


# Estimators that see weighted rows as the rows written out, and the settings under which they do.
ADDITIVE: dict[str, Callable[[Mapping[str, Any]], bool]] = {
    "LinearRegression": lambda _: True,
    "Ridge": lambda settings: settings["solver"] not in ("sag", "saga"),
    "Lasso": lambda settings: settings["selection"] == "cyclic",
    "ElasticNet": lambda settings: settings["selection"] == "cyclic",
    "KernelRidge": lambda _: True,
    "DecisionTreeRegressor": lambda settings: settings["splitter"] == "best" and _whole_tree(settings),
}


@dataclass(frozen=True, repr=False, eq=False)
class Sklearn(Regressor):
    """A scikit-learn regressor on rows.

    It is cloned before each fit; every ``random_state`` left at None is set from the stream of the learner. A
    regressor of a single output is fitted once for each (`MultiOutputRegressor`).

    Parameters
    ----------
    estimator : estimator
        Anything with fit, predict, get_params and set_params.
    """

    estimator: Any

    def __post_init__(self) -> None:
        """Check the estimator."""
        missing = [m for m in ("fit", "predict", "get_params", "set_params") if not hasattr(self.estimator, m)]
        if missing or isinstance(self.estimator, type):
            raise ValueError(
                f"estimator = {self.estimator!r}: a scikit-learn regressor, an instance with fit and predict"
            )

    @property
    def weighted(self) -> bool:
        """Whether it is one of scikit-learn's whose objective is a sum over rows, under settings that keep it one."""
        cls = type(self.estimator)
        needed = ADDITIVE.get(cls.__name__) if cls.__module__.startswith("sklearn.") else None
        return needed is not None and needed(self.estimator.get_params())

    def fit_weighted(self, a: Array, b: Array, weight: Array, rng: np.random.Generator) -> Predictor:
        """Fit a clone on the distinct rows, with their mean targets and multiplicities."""
        points, mean, weight, _ = distinct(a, b, weight)
        return self._fit(points, mean, rng, sample_weight=weight)

    def fit_rows(self, a: Array, b: Array, rng: np.random.Generator) -> Predictor:
        """Fit a clone on rows."""
        return self._fit(a, b, rng)

    def _fit(self, a: Array, b: Array, rng: np.random.Generator, **keywords: Array) -> Predictor:
        from sklearn.base import clone
        from sklearn.multioutput import MultiOutputRegressor
        from sklearn.utils import get_tags

        estimator = clone(self.estimator)
        for name, value in sorted(estimator.get_params(deep=True).items()):
            if name.split("__")[-1] == "random_state" and value is None:
                estimator.set_params(**{name: int(rng.integers(2**31))})
        single = b.shape[1] == 1
        if not single and not get_tags(estimator).target_tags.multi_output:
            estimator = MultiOutputRegressor(estimator)
        estimator.fit(a, b[:, 0] if single else b, **keywords)
        return lambda x: np.asarray(estimator.predict(x), dtype=float).reshape(len(x), b.shape[1])
