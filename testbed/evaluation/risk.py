"""The excess risk against the truth, and its exact split into intrinsic risk, pretext part and estimation."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any

import numpy as np

from testbed._global_state import kept, seeded
from testbed._linalg import RELATIVE_CUTOFF, Array, inner, least_squares, own_unit
from testbed.arguments import Seed, generator_of, keywords, shown
from testbed.data import Chain, LinearMap
from testbed.generators import Generator
from testbed.laws import Law, Population
from testbed.laws.base import check_n
from testbed.laws.sampled import SampledLaw
from testbed.laws.table_population import TablePopulation
from testbed.outside import representation
from testbed.pretexts.base import Psi, Unknown
from testbed.regressors import OLS, LinearRegressor, Regressor, bind
from testbed.regressors.base import Predictor

__all__ = ["EVALUATION_POINTS", "affine_risk", "check_risk", "linear_risk", "nonlinear_risk", "pretext_error", "score"]

ROUNDING = 1e-9  # of the variance of the label: a risk this far below 0 is rounding
FLOOR_ERRORS = 6.0  # standard errors of the class floor that may lie below 0
EVALUATION_POINTS = 2000  # x1 over which a nonlinear predictor is scored


def linear_risk(
    truth: Population, psi: LinearMap, readout: LinearMap, optimum: LinearMap | Unknown, probe: LinearRegressor
) -> dict[str, Any]:
    """Score the affine predictor psi followed by `readout`: closed form, no test set, every repetition at once.

    excess_risk_class = E|f*_H1 - yhat|^2 and excess_risk = E|f* - yhat|^2 = excess_risk_class + class_floor; with
    e_apx(psi) the error of the best read-out (with the probe's intercept, without penalty), ::

        excess_risk = e_apx(psi*)  +  e_apx(psi~) - e_apx(psi*)  +  the rest
                      intrinsic       pretext_part (any sign)       estimation

    The first two are None where the optimum is not known.

    References
    ----------
    Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, Definition of ER and e_apx; the split is I10 of the theory.
    """
    known = not isinstance(optimum, Unknown)
    intrinsic = truth.approximation_error(optimum, probe.intercept) if known else None
    attained = truth.approximation_error(psi, probe.intercept)
    return affine_risk(truth, psi.then(readout), intrinsic, attained)


def affine_risk(truth: Population, predictor: LinearMap, intrinsic: Array | None, attained: Array) -> dict[str, Any]:
    """Score an affine predictor of y from x1, given e_apx of the optimum and of the representation that it reads."""
    in_class, error = truth.distance_to_linear(predictor), truth.se["class_floor"]
    return _columns(truth, in_class, truth.class_floor, error, error, intrinsic, attained)


def pretext_error(truth: Population, psi: Psi, optimum: Psi) -> Array | None:
    """eps_pre^2 = E|psi~ - psi*|^2, psi* the optimum of the task: closed form for affine maps, None for others.

    References
    ----------
    Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, Theorem 4.2.
    """
    if not isinstance(psi, LinearMap) or not isinstance(optimum, LinearMap):
        return None
    slope = psi.weight - optimum.weight
    level = psi.offset - optimum.offset + (truth.mean1[..., None, :] @ slope)[..., 0, :]
    image = truth.root1 @ slope
    return np.asarray(inner(image, image) + np.sum(level**2, axis=-1))


def nonlinear_risk(
    truth: Population, x1: Array, features: Array, psi: Psi, predictor: Predictor, optimum: Psi, probe: Regressor
) -> dict[str, Any]:
    """Score a predictor of features = psi(x1) that is not affine in x1, one repetition.

    excess_risk averages |f* - yhat|^2 (never |y - yhat|^2) over independent points, with its standard error; the class
    is the universal one, so its floor is 0. Under a linear probe e_apx(psi~) is the residual of f* on psi~ over the
    same points, with n / (n - p) for the p coefficients fitted there; e_apx(psi*) belongs to the law. Under a nonlinear
    probe e_apx is E|f* - E[Y | psi]|^2: 0 for x1 itself, otherwise not computed. Where the optimum is not known its
    parts are None.

    On a finite law the points are those of its support, x1 = points1, and everything is an exact sum over them.
    """
    if isinstance(truth, TablePopulation):
        loss = np.sum((truth.f_table - predictor(features)) ** 2, axis=-1)
        best = _table_approximation(truth, features, psi, optimum, probe)
        return _columns(truth, float(truth.p1 @ loss), 0.0, 0.0, 0.0, *best)
    f_star = truth.f_star(x1)
    loss = np.sum((f_star - predictor(features)) ** 2, axis=-1)
    error = float(loss.std(ddof=1) / np.sqrt(len(loss)))
    best = _approximation(truth, features, f_star, psi, optimum, probe)
    return _columns(truth, float(loss.mean()), 0.0, error, 0.0, *best)


def check_risk(truth: Population, risk: Mapping[str, Any]) -> None:
    """Refuse an excess risk below 0: |f* - yhat|^2 is never negative, whatever yhat is.

    Allowed is rounding, 1e-9 of the variance of the label, E|Y - EY|^2. The standard error of an average over points
    excuses nothing, since each of its terms is a square; that of the class floor, which may be a difference of
    integrals, is allowed six times.
    """
    excess, scale = np.asarray(risk["excess_risk"]), np.trace(truth.syy, axis1=-2, axis2=-1)
    limit = ROUNDING * np.asarray(scale) + FLOOR_ERRORS * np.asarray(risk["class_floor_se"])
    if np.iscomplexobj(excess) or np.any(excess < -limit):
        lowest = excess if np.iscomplexobj(excess) else np.min(excess)
        raise ValueError(f"an excess risk of {lowest:.6g}: it is E|f* - yhat|^2, and cannot be below 0")


def _columns(
    truth: Population, in_class: Any, floor: Any, error: Any, floor_error: Any, intrinsic: Any, attained: Any
) -> dict[str, Any]:
    """Columns of a predictor, from its risk in its class, what the class misses, and e_apx of optimum and psi~."""
    excess = in_class + floor
    return {
        "excess_risk": excess,
        "excess_risk_se": error,
        "excess_risk_class": in_class,
        "class_floor": floor,
        "class_floor_se": floor_error,
        "intrinsic": intrinsic,
        "pretext_part": None if intrinsic is None or attained is None else attained - intrinsic,
        "estimation": None if attained is None else excess - attained,
        "label_mse": excess + truth.bayes_noise,
    }


def _table_approximation(
    truth: TablePopulation, features: Array, psi: Psi, optimum: Psi, probe: Regressor
) -> tuple[float | None, float | None]:
    """e_apx of the optimum, None where that is not known, and of the representation at hand: sums over the support."""
    unknown = isinstance(optimum, Unknown)
    if not isinstance(probe, LinearRegressor):
        best = None if unknown else float(truth.lost_table(np.asarray(optimum(truth.points1))))
        return best, float(truth.lost_table(features))
    intrinsic = None if unknown else float(truth.approximation_error(optimum, probe.intercept))
    attained = intrinsic if same(psi, optimum) else float(truth.approximation_error_table(features, probe.intercept))
    return intrinsic, attained


def _approximation(
    truth: Population, features: Array, f_star: Array, psi: Psi, optimum: Psi, probe: Regressor
) -> tuple[float | None, float | None]:
    """e_apx of the optimum and of the representation at hand."""
    if not isinstance(probe, LinearRegressor):
        identity = isinstance(psi, LinearMap) and psi.weight.shape[0] == psi.weight.shape[1]
        known = identity and np.array_equal(psi.weight, np.eye(psi.weight.shape[0]))  # type: ignore[union-attr]
        return (0.0, 0.0) if known else (None, None)
    intrinsic = None if isinstance(optimum, Unknown) else float(truth.approximation_error(optimum, probe.intercept))
    if same(psi, optimum):
        return intrinsic, intrinsic
    if isinstance(psi, LinearMap):
        return intrinsic, float(truth.approximation_error(psi, probe.intercept))
    mean_a, mean_f = (v.mean(axis=0) if probe.intercept else np.zeros(v.shape[1]) for v in (features, f_star))
    unit = own_unit(*(np.linalg.norm(v, axis=0) for v in (features, features - mean_a)))
    _, residual, rank = least_squares(features - mean_a, f_star - mean_f, RELATIVE_CUTOFF, unit)
    spent = int(rank) + int(probe.intercept)
    return intrinsic, float(np.sum(residual**2) / (len(features) - spent))


def same(psi: Psi, other: Psi) -> bool:
    """Whether a representation is the optimum itself, so that the pretext part is 0."""
    if isinstance(psi, LinearMap) and isinstance(other, LinearMap):
        return psi is other
    return not isinstance(psi, LinearMap | Chain) and psi == other


@keywords
def score(
    law: Law | Generator,
    psi: Psi,
    *,
    n_labeled: int,
    rng: Seed,
    probe: Regressor | None = None,
    repeats: int = 30,
) -> dict[str, float]:
    """Score a representation that was trained elsewhere: a probe is fitted on labelled draws and held to the truth.

    Parameters
    ----------
    law : Law or Generator
        One law, or a generator with its structure frozen.
    psi : callable
        (n, d1) -> (n, r).
    n_labeled : int
        Labelled rows of each draw.
    rng : numpy.random.Generator
        Source of all randomness.
    probe : Regressor, optional
        From psi to y; OLS with intercept by default.
    repeats : int
        Independent labelled draws (and sets of evaluation points), at least 2.

    Returns
    -------
    dict
        excess_risk (mean over the draws of E|f* - yhat|^2) with its Monte Carlo standard error excess_risk_mcse;
        approximation_error, the smallest risk of a linear read-out of psi (with the probe's intercept; an integral,
        only where the probe is linear); estimation = excess_risk - approximation_error; label_mse; bayes_noise, with
        the standard error bayes_noise_se of its integral. Of a `testbed.SampledLaw` all are means over fresh rows, the
        approximation error is not known, and without an f* there is label_mse with label_mse_mcse alone.

    Raises
    ------
    ValueError
        Where the law has leading axes, or psi or the probe does not return one row of real, finite numbers for each.

    Examples
    --------
    >>> import numpy as np
    >>> import testbed
    >>> from testbed.generators import CleanMixture
    >>> law = CleanMixture(k=3, structure_seed=1).law()
    >>> found = testbed.score(law, lambda x1: x1[:, :5], n_labeled=200, rng=np.random.default_rng(0))
    >>> found["excess_risk"] > found["approximation_error"] > 0
    True
    """
    rng = generator_of(rng)
    if not isinstance(law, Generator | Law):
        raise ValueError(f"law = {shown(law)}: a law or a generator is needed")
    if not callable(psi) or isinstance(psi, type):
        hint = "; an estimator gives its method, such as fitted.predict or fitted.transform" * hasattr(psi, "fit")
        raise ValueError(f"psi = {shown(psi)}: a function from rows of x1, (n, d1), to (n, r) is needed{hint}")
    if probe is not None and not isinstance(probe, Regressor):
        raise ValueError(f"probe = {shown(probe)}: a regressor of testbed.regressors is needed, such as OLS()")
    if isinstance(law, Generator):
        law = law.law()
    if law.batch:
        raise ValueError(f"law has leading axes {law.batch}; score one of them, law[r]")
    if check_n(repeats, "repeats") < 2:
        raise ValueError(f"repeats = {shown(repeats)}: at least 2 are needed for a standard error")
    n_labeled = check_n(n_labeled, "n_labeled")
    probe = bind(probe or OLS(), law.shape[2], law.states)
    code = law if isinstance(law, SampledLaw) else None
    truth = None if code is not None else law.population()
    number = int(deepcopy(rng).integers(2**31))  # of the global random generators: nothing is drawn from rng itself
    checked = representation(psi, law.shape[0], psi, number)

    def risk(repeat: int) -> tuple[float, float]:
        """Excess risk and Bayes noise; of a law given by code both from fresh rows."""
        labeled = law.sample(n_labeled, rng)
        fresh = law.sample(EVALUATION_POINTS if code is None else code.scored, rng)
        features, later = checked(labeled.x1), checked(fresh.x1)
        if features.shape[1] != later.shape[1]:
            raise ValueError(f"psi gives {features.shape[1]} features of some rows and {later.shape[1]} of others")
        readout = seeded(number + repeat, lambda: probe.fit_counted(features, labeled.y, None, rng))
        if truth is not None:
            target = truth.f_star(fresh.x1)
        else:
            target = fresh.y if code is None or code.f_star is None else code.truth(fresh.x1)
        return _square(target, readout(later)), _square(fresh.y, target)

    with kept():
        risks, noises = np.array([risk(repeat) for repeat in range(repeats)]).T
    excess, error = _mean(risks)
    if code is not None and code.f_star is None:
        return {"label_mse": excess, "label_mse_mcse": error}
    noise, noise_error = _mean(noises) if truth is None else (float(truth.bayes_noise), float(truth.se["bayes_noise"]))
    result = {
        "excess_risk": excess,
        "excess_risk_mcse": error,
        "label_mse": excess + noise,
        "bayes_noise": noise,
        "bayes_noise_se": noise_error,
    }
    if truth is not None and isinstance(probe, LinearRegressor):
        attained = float(truth.approximation_error(checked, probe.intercept))
        result |= {"approximation_error": attained, "estimation": excess - attained}
    return result


def _mean(values: Array) -> tuple[float, float]:
    """Mean of independent values and its standard error."""
    return float(np.mean(values)), float(np.std(values, ddof=1) / np.sqrt(len(values)))


def _square(a: Array, b: Array) -> float:
    return float(np.sum((a - b) ** 2, axis=-1).mean())
