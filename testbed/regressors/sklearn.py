"""Regressors of scikit-learn, or of any package with its interface, on rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from testbed._linalg import Array
from testbed.arguments import Seed, generator_of, shown
from testbed.maps import Computed
from testbed.outside import plain
from testbed.regressors.base import Predictor, Regressor, distinct
from testbed.regressors.outputs import own, takes_several

__all__ = ["Sklearn"]

METHODS = ("fit", "predict", "get_params", "set_params")


def _classifies(estimator: Any) -> bool:
    """Whether it predicts classes: its answers are no means, and a label is a vector here."""
    return getattr(estimator, "_estimator_type", None) == "classifier" or any(
        cls.__name__ == "ClassifierMixin" for cls in type(estimator).__mro__
    )


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

    It is cloned before each fit, and each fit and prediction has arrays of its own, so it may write into them; every
    ``random_state`` left at None is set from the stream of the learner, and every ``n_jobs`` to 1, as rows are what is
    done in parallel.

    All outputs go into one fit where scikit-learn says that the estimator takes several (its tag ``multi_output``) and
    it is made of no others, and otherwise where a trial shows it: two outputs are fitted on 16 synthetic rows, or 512
    where 16 are too few, and the predictions have two columns. The trial is made once for a class, its settings and the
    number of columns of a. An estimator that fails it is fitted once for each output; `fits` says which.

    Parameters
    ----------
    estimator : estimator
        Anything with fit, predict (it may be there only after the fit), get_params and set_params.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.tree import DecisionTreeRegressor
    >>> from testbed.regressors import Sklearn
    >>> a = np.arange(8.0)[:, None]
    >>> found = Sklearn(DecisionTreeRegressor(max_depth=3)).fit_rows(a, a**2, np.random.default_rng(0))
    >>> found(np.array([[3.0]]))
    array([[9.]])
    """

    estimator: Any

    def __post_init__(self) -> None:
        """Check the estimator."""
        present = {"predict"} if _is_regressor(self.estimator) and hasattr(type(self.estimator), "predict") else set()
        missing = [m for m in METHODS if m not in present and not hasattr(self.estimator, m)]
        if missing or isinstance(self.estimator, type) or _classifies(self.estimator):
            raise ValueError(
                f"estimator = {shown(self.estimator)}: a scikit-learn regressor (no classifier), an instance "
                "with fit and predict"
            )

    @property
    def weighted(self) -> bool:
        """Whether it is one of scikit-learn's whose objective is a sum over rows, under settings that keep it one."""
        cls = type(self.estimator)
        needed = ADDITIVE.get(cls.__name__) if cls.__module__.startswith("sklearn.") else None
        return needed is not None and needed(self.estimator.get_params())

    def fits(self, columns: int = 4) -> str:
        """How several outputs are fitted on so many columns: "all outputs in one fit" or "one fit for each output"."""
        return "all outputs in one fit" if takes_several(self.estimator, columns) else "one fit for each output"

    def fit_weighted(self, a: Array, b: Array, weight: Array, rng: Seed) -> Predictor:
        """Fit a clone on the distinct rows, with their mean targets and multiplicities."""
        rng = generator_of(rng)
        points, mean, weight, _ = distinct(a, b, weight)
        return self._fit(points, mean, rng, weight)

    def fit_rows(self, a: Array, b: Array, rng: Seed) -> Predictor:
        """Fit a clone of the estimator on rows (n, p) and (n, q), and return its predictor."""
        rng = generator_of(rng)
        return self._fit(a, b, rng, None)

    def _fit(self, a: Array, b: Array, rng: np.random.Generator, weight: Array | None) -> Predictor:
        from sklearn.base import clone

        estimator = own(self.estimator, rng)

        def fitted(target: Array) -> Any:
            keywords = {} if weight is None else {"sample_weight": np.array(weight)}
            one = clone(estimator)
            one.fit(np.array(a), target, **keywords)
            return one

        who, outputs = f"the predictor of Sklearn({type(self.estimator).__name__})", b.shape[1]
        if outputs > 1 and takes_several(self.estimator, a.shape[1]):
            whole = fitted(np.array(b))
            return Computed(lambda x: plain(whole.predict(np.array(x)), len(x), outputs, who), who)
        each = [fitted(np.array(b)[:, j]) for j in range(outputs)]
        return Computed(
            lambda x: np.array([plain(one.predict(np.array(x)), len(x), 1, who)[:, 0] for one in each]).T, who
        )


def _is_regressor(estimator: Any) -> bool:
    """Whether scikit-learn's tags call it one: a stack, and what is built around it, has no predict before its fit."""
    from sklearn.base import is_regressor

    try:
        return bool(is_regressor(estimator))
    except Exception:  # no tags, or none that can be read
        return False
