"""Columns that an experiment may ask for: what a task's optimum keeps of the label, 0-1 errors, angles, ranks."""

from __future__ import annotations

from collections.abc import Callable, MutableMapping, Sequence
from weakref import WeakKeyDictionary

import numpy as np

from testbed._linalg import Array
from testbed.data import LinearMap
from testbed.keys import canonical
from testbed.laws import Law, Population
from testbed.laws.undefined import NotDefinedError
from testbed.measures import error01, intrinsic_split, subspace_sine
from testbed.pretexts import Predict, Pretext, Truncated
from testbed.pretexts.base import Psi, Unknown
from testbed.regressors import LinearRegressor, ReducedRank, Regressor

__all__ = ["errors01", "rank_used", "sines", "split_columns"]

NOTHING = 1e-12  # share of E|Y - EY|^2 up to which an intrinsic risk is rounding: neither of its parts is anything
_SPLITS: MutableMapping[Population, dict[tuple[str, bool], float | None]] = WeakKeyDictionary()  # a frozen truth stays


def split_columns(
    law: Law, pretext: Pretext, optimum: Psi, probe: Regressor, intrinsic: float | Array | None
) -> dict[str, float | Array]:
    """Intrinsic risk of a linear probe as information_lost + not_linear (`testbed.measures.intrinsic_split`).

    Exact on finite supports, for a linear psi of a jointly Gaussian law, and where the intrinsic risk is 0. For a
    linear psi of a Gaussian mixture the part that is lost is a mean over a fixed draw of 32,768 points, cut to the
    intrinsic risk, and the other part is the rest. Empty elsewhere, and where structures are redrawn.
    """
    if law.batch or intrinsic is None or not isinstance(probe, LinearRegressor) or isinstance(optimum, Unknown):
        return {}
    truth, whole = law.population(), float(intrinsic)
    if whole <= NOTHING * float(np.trace(truth.syy)):
        return {"information_lost": max(whole, 0.0), "not_linear": 0.0}
    known, key = _SPLITS.setdefault(truth, {}), (canonical(pretext), probe.intercept)
    if key not in known:
        known[key] = _lost(law, optimum, probe.intercept)
    found = known[key]
    if found is None:
        return {}
    lost = min(max(found, 0.0), max(whole, 0.0))
    return {"information_lost": lost, "not_linear": whole - lost}


def _lost(law: Law, optimum: Psi, intercept: bool) -> float | None:
    try:
        return intrinsic_split(law, optimum, intercept=intercept, rng=np.random.default_rng(0)).lost
    except NotDefinedError:  # E[Y | psi] is not known
        return None


def errors01(law: Law, predictors: Sequence[Callable[[Array], Array]], points: Sequence[Array]) -> Array | None:
    """0-1 error of the argmax readout, one for each predictor and its points of x1.

    Exact on finite supports. Empty for real-valued labels, and on Moments where structures are redrawn.
    """
    if law.batch or not law.population().simplex["y"]:
        return None
    return np.array([error01(law, p, x1)[0] for p, x1 in zip(predictors, points, strict=True)])


def sines(truth: Population, psi: Psi, optimum: Psi) -> dict[str, Array]:
    """Sines of the largest angles between what a linear psi reads of x1, and what the truth reads that it misses.

    subspace_sine is against the optimum of the task, where that is linear; label_sine against the best linear predictor
    of y: 0 where psi reads all of it, 1 where a direction of it is lost. Empty for a psi that is not linear.
    """
    if not isinstance(psi, LinearMap):
        return {}
    found = {"label_sine": subspace_sine(psi, truth.linear_f_star)}
    return found | ({"subspace_sine": subspace_sine(psi, optimum)} if isinstance(optimum, LinearMap) else {})


def rank_used(pretext: Pretext, probe: Regressor, shape: tuple[int, int, int, int], width: int) -> int | None:
    """Rank that a bound learner was given, cut to what its dimensions allow: psi has `width` coordinates."""
    d1, d2, k, _ = shape
    if isinstance(pretext, Truncated):
        return min(width, d1)
    if isinstance(pretext, Predict) and isinstance(pretext.regressor, ReducedRank):
        return min(int(pretext.regressor.rank), d1, d2)
    return min(int(probe.rank), width, k) if isinstance(probe, ReducedRank) else None
