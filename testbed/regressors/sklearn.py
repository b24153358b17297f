"""Any scikit-learn regressor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from testbed._linalg import Array
from testbed.regressors.base import Predictor, Regressor

__all__ = ["Sklearn"]


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

    def fit_rows(self, a: Array, b: Array, rng: np.random.Generator) -> Predictor:
        """Fit a clone on rows."""
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
        estimator.fit(a, b[:, 0] if single else b)
        return lambda x: np.asarray(estimator.predict(x), dtype=float).reshape(len(x), b.shape[1])
