"""Whether an estimator fits several outputs at once: its tag, or a trial."""

from __future__ import annotations

import io
import warnings
from contextlib import redirect_stderr, redirect_stdout
from typing import Any

import numpy as np

from testbed._global_state import kept, seeded
from testbed.arguments import Seed, generator_of
from testbed.keys import canonical

__all__ = ["own", "takes_several"]

ROWS = (16, 512)  # synthetic rows of the trial; many where it takes more than a few, as 20 components or 20 folds do
_TRIED: dict[tuple[str, int], bool] = {}


def own(estimator: Any, rng: Seed) -> Any:
    """Clone an estimator: its missing seeds are drawn from a stream, and it starts no other threads or processes."""
    rng = generator_of(rng)
    from sklearn.base import clone

    mine = clone(estimator)
    for name, value in sorted(mine.get_params(deep=True).items()):
        if name.split("__")[-1] == "random_state" and value is None:
            mine.set_params(**{name: int(rng.integers(2**31))})
        elif name.split("__")[-1] == "n_jobs" and value != 1:
            mine.set_params(**{name: 1})
    return mine


def takes_several(estimator: Any, columns: int) -> bool:
    """Whether one fit serves all outputs, on inputs of so many columns."""
    if _tagged(estimator) and not _composed(estimator):
        return True
    try:
        key = canonical(estimator), columns
    except TypeError:  # it has no text of its own: tried each time
        return _decided(estimator, columns)
    if key not in _TRIED:
        _TRIED[key] = _decided(estimator, columns)
    return _TRIED[key]


def _decided(estimator: Any, columns: int) -> bool:
    """Decide by a trial of two outputs; where one output cannot be fitted to such rows either, by the tag."""
    return _tried(estimator, columns, 2) or (_tagged(estimator) and not _tried(estimator, columns, 1))


def _composed(estimator: Any) -> bool:
    """Whether it is made of several: the tag of a pipeline is that of its last step, whatever the others take."""
    return any(hasattr(value, "fit") for value in estimator.get_params(deep=True).values())


def _tagged(estimator: Any) -> bool:
    """Whether scikit-learn's tag says so; a search carries no such tag, and is what it searches over."""
    from sklearn.model_selection._search import BaseSearchCV
    from sklearn.utils import get_tags

    try:
        if isinstance(estimator, BaseSearchCV):
            return _tagged(estimator.estimator)
        return bool(get_tags(estimator).target_tags.multi_output)
    except Exception:  # whatever an estimator of somebody's own does, the trial decides
        return False


def _tried(estimator: Any, columns: int, outputs: int) -> bool:
    """Fit 2 outputs, or 1, to few rows, and to many if that fails: whether predictions have the shape of the targets.

    Nothing of it is seen outside, neither warnings nor the global random state.
    """
    quiet = io.StringIO()
    with kept(), warnings.catch_warnings(), np.errstate(all="ignore"), redirect_stdout(quiet), redirect_stderr(quiet):
        warnings.simplefilter("ignore")
        return any(_fits(estimator, columns, outputs, rows) for rows in ROWS)


def _fits(estimator: Any, columns: int, outputs: int, rows: int) -> bool:
    rng = np.random.default_rng(0)
    a = rng.standard_normal((rows, columns))
    b = a[:, :1] + rng.standard_normal((rows, 2))
    target = b if outputs == 2 else b[:, 0]

    def trial() -> bool:
        mine = own(estimator, rng)
        mine.fit(a.copy(), target.copy())
        return bool(np.shape(mine.predict(a.copy())) == target.shape)

    try:
        return seeded(0, trial)
    except MemoryError:  # of the process, which may be tried again: it says nothing of the estimator
        raise
    except Exception:  # whatever it raises, it cannot do it
        return False
