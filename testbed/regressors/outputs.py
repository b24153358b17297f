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

ROWS = 16  # synthetic rows of the trial, which has two outputs
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
    if _tagged(estimator):
        return True
    try:
        key = canonical(estimator), columns
    except TypeError:  # it has no text of its own: tried each time
        return _tried(estimator, columns)
    if key not in _TRIED:
        _TRIED[key] = _tried(estimator, columns)
    return _TRIED[key]


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


def _tried(estimator: Any, columns: int) -> bool:
    """Fit two outputs and look; nothing of it is seen outside, neither warnings nor the global random state."""
    rng = np.random.default_rng(0)
    a = rng.standard_normal((ROWS, columns))
    b = a[:, :1] + rng.standard_normal((ROWS, 2))

    def trial() -> bool:
        mine = own(estimator, rng)
        mine.fit(a.copy(), b.copy())
        return bool(np.shape(mine.predict(a.copy())) == b.shape)

    quiet = io.StringIO()
    with kept(), warnings.catch_warnings(), np.errstate(all="ignore"), redirect_stdout(quiet), redirect_stderr(quiet):
        warnings.simplefilter("ignore")
        try:
            return seeded(0, trial)
        except MemoryError:  # of the process, which may be tried again: it says nothing of the estimator
            raise
        except Exception:  # whatever it raises, it cannot do it
            return False
