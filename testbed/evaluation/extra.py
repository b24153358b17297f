"""Columns beside the risk: what belongs to the law and the learners, what an experiment asks for, predictions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from testbed._linalg import Array
from testbed.columns import THEORY
from testbed.data import LinearMap
from testbed.evaluation.cell import Cell
from testbed.evaluation.measures import error01, intrinsic_split, subspace_sine
from testbed.evaluation.risk import pretext_error
from testbed.keys import canonical
from testbed.laws import Law, Population
from testbed.laws.population import NotDefinedError
from testbed.pretexts import Predict, Truncated
from testbed.pretexts.base import Psi, Unknown
from testbed.regressors import LinearRegressor, ReducedRank
from testbed.theory import Statement

__all__ = ["Learnt", "asked", "constants", "errors01", "rank_used"]

NOTHING = 1e-12  # share of E|Y - EY|^2 up to which an intrinsic risk is rounding: neither of its parts is anything
_KNOWN: MutableMapping[Population, dict[tuple[Any, ...], Any]] = WeakKeyDictionary()  # a frozen truth stays


class Learnt(NamedTuple):
    """A law, learners whose named ranks are numbers, the representation they learnt, and the one they aim at."""

    law: Law
    pretext: Any
    probe: Any
    psi: Any
    optimum: Any


def constants(learnt: Learnt, width: int) -> dict[str, Any]:
    """Columns that belong to the law, beta with the probe's intercept, and the rank that a learner was given."""
    truth, probe = learnt.law.population(), learnt.probe
    intercept = probe.intercept if isinstance(probe, LinearRegressor) else True
    return {
        "epsilon_ci_linear": _once(truth, ("linear",), lambda: truth.epsilon_ci("linear")),
        "epsilon_ci_universal": _once(truth, ("universal",), lambda: truth.epsilon_ci("universal")),
        "epsilon_ci_universal_se": truth.se["epsilon_ci_universal"],
        "beta": _once(truth, ("beta", intercept), lambda: truth.beta(intercept)),
        "bayes_noise": truth.bayes_noise,
        "bayes_noise_se": truth.se["bayes_noise"],
        "rank_used": rank_used(learnt, width),
    }


def asked(cell: Cell, learnt: Learnt, risk: Mapping[str, Any], errors: Callable[[], Any]) -> dict[str, Any]:
    """Columns that the experiment asks for: further numbers of the representation, and predictions for its law.

    The split of the intrinsic risk is that of `split`. The sines are of the largest angles between what a linear psi
    reads of x1 and what the task's linear optimum, or the best linear predictor of y, reads: 0 where psi reads all of
    it, 1 where a direction is lost.
    """
    law, pretext, _, psi, optimum = learnt
    truth, sizes, intrinsic = law.population(), (cell.n_unlabeled, cell.n_labeled), risk["intrinsic"]
    linear, aimed = isinstance(psi, LinearMap), isinstance(optimum, LinearMap)
    ways: dict[str, Callable[[], Any]] = {
        "intrinsic_class": lambda: None if intrinsic is None else intrinsic - risk["class_floor"],
        "pretext_error": lambda: pretext_error(truth, psi, optimum) if isinstance(pretext, Predict) else None,
        "information_lost": lambda: split(learnt, intrinsic)[0],
        "not_linear": lambda: split(learnt, intrinsic)[1],
        "label_mse_se": lambda: None,
        "error01": errors,
        "subspace_sine": lambda: subspace_sine(psi, optimum) if linear and aimed else None,
        "label_sine": lambda: subspace_sine(psi, truth.linear_f_star) if linear else None,
    }

    def predicted(statement: Statement) -> Any:
        return _once(truth, (canonical(statement), *sizes), lambda: statement.sides(truth, *sizes).right)

    columns = {name: ways[name]() for name in cell.extra}
    return columns | {f"{THEORY}{name}": predicted(statement) for name, statement in cell.theory.items()}


def split(learnt: Learnt, intrinsic: float | Array | None) -> tuple[float | None, float | None]:
    """Intrinsic risk of a linear probe as information lost and what is not linear (`intrinsic_split`).

    Exact on finite supports, for a linear psi of a jointly Gaussian law, and where the intrinsic risk is 0. For a
    linear psi of a Gaussian mixture the part that is lost is a mean over a fixed draw of 32,768 points, cut to the
    intrinsic risk, and the other part is the rest. Empty elsewhere, and where structures are redrawn.
    """
    law, pretext, probe, _, optimum = learnt
    if law.batch or intrinsic is None or not isinstance(probe, LinearRegressor) or isinstance(optimum, Unknown):
        return None, None
    truth, whole = law.population(), float(intrinsic)
    if whole <= NOTHING * float(np.trace(truth.syy)):
        return max(whole, 0.0), 0.0
    key = ("lost", canonical(pretext), probe.intercept)
    found = _once(truth, key, lambda: _lost(law, optimum, probe.intercept))
    if found is None:
        return None, None
    lost = min(max(found, 0.0), max(whole, 0.0))
    return lost, whole - lost


def _lost(law: Law, optimum: Psi, intercept: bool) -> float | None:
    try:
        return intrinsic_split(law, optimum, intercept=intercept, rng=np.random.default_rng(0)).lost
    except NotDefinedError:  # E[Y | psi] is not known
        return None


def errors01(law: Law, predictors: Sequence[Callable[[Array], Array]], points: Sequence[Array]) -> Array | None:
    """0-1 error of predicting the class of the largest output, one for each predictor and its points of x1.

    Exact on finite supports. Empty for real-valued labels, and on Moments where structures are redrawn.
    """
    if law.batch or not law.population().simplex["y"]:
        return None
    return np.array([error01(law, p, x1)[0] for p, x1 in zip(predictors, points, strict=True)])


def rank_used(learnt: Learnt, width: int) -> int | None:
    """Rank that a learner was given, cut to what its dimensions allow: psi has `width` coordinates."""
    (d1, d2, k, _), pretext, probe = learnt.law.shape, learnt.pretext, learnt.probe
    if isinstance(pretext, Truncated):
        return min(width, d1)
    if isinstance(pretext, Predict) and isinstance(pretext.regressor, ReducedRank):
        return min(int(pretext.regressor.rank), d1, d2)
    return min(int(probe.rank), width, k) if isinstance(probe, ReducedRank) else None


def _once(truth: Population, key: tuple[Any, ...], compute: Callable[[], Any]) -> Any:
    """Compute what belongs to a law, unless it is known of it; what is known must not hold on to the law."""
    known = _KNOWN.setdefault(truth, {})
    if key not in known:
        known[key] = compute()
    return known[key]
