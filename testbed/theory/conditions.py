"""Conditions and sizes that statements share: kinds of laws, independence, read-outs, representations, their ranks."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from testbed._linalg import LOST, RELATIVE_CUTOFF, Array, inner, rank_of
from testbed.data import LinearMap
from testbed.laws import Population
from testbed.laws.finite_population import FinitePopulation
from testbed.laws.gaussian_population import GaussianPopulation
from testbed.laws.population import ABSOLUTE
from testbed.laws.readouts import FeatureClass
from testbed.laws.table_population import centred
from testbed.theory.base import Assumption

__all__ = [
    "LEE", "PRETEXTS", "Representation", "conditional_independence", "damage", "damage_error",
    "features", "finite_supports", "fitted_directions", "gaussian", "mean_independence", "needed", "rank", "readable",
    "residual", "strictly_linear", "tabled", "unknown", "x1_varies",
]  # fmt: skip

LEE = "Lee, Lei, Saunshi and Zhuo, NeurIPS 2021"
Representation = Literal["x1", "linear_psi_star", "psi_star"]
PRETEXTS: dict[str, str] = {"x1": "Raw()", "linear_psi_star": 'Oracle("linear")', "psi_star": 'Oracle("universal")'}


def needed(name: str, value: int | None) -> int:
    """Return the sample size that a prediction depends on, or raise a ValueError where it is None."""
    if value is None:
        raise ValueError(f"{name} = None: this prediction depends on it; give a whole number")
    return value


def gaussian(truth: Population) -> Assumption:
    """A jointly Gaussian law; no distance from that family is defined, so the margin is 0 or minus infinity."""
    holds = np.full(truth.second2.shape, isinstance(truth, GaussianPopulation))
    return Assumption("jointly Gaussian", np.where(holds, 0.0, -np.inf), holds)


def finite_supports(truth: Population) -> Assumption:
    """A law on finite supports; like `gaussian`, without a distance."""
    holds = np.full(truth.second2.shape, isinstance(truth, FinitePopulation))
    return Assumption("finite supports", np.where(holds, 0.0, -np.inf), holds)


def tabled(truth: Population) -> Assumption:
    """A law on finite supports, or a jointly Gaussian one: everything about both views is known."""
    holds = np.full(truth.second2.shape, isinstance(truth, FinitePopulation | GaussianPopulation))
    return Assumption("finite supports or jointly Gaussian", np.where(holds, 0.0, -np.inf), holds)


def x1_varies(truth: Population) -> Assumption:
    """Some coordinate of x1 is not a constant: the margin is the largest variance that is not lost in its mean."""
    variance = np.diagonal(truth.s11, axis1=-2, axis2=-1)
    lost = (LOST * truth.mean1) ** 2
    left = np.broadcast_to(np.where(variance > lost, variance, 0.0).max(axis=-1), truth.second2.shape)
    return Assumption("x1 varies", left, left > 0.0)


def conditional_independence(truth: Population, feature_class: Any, given: Any = "yz") -> Assumption:
    """X1 and X2 independent given the state, as far as the class sees it: the margin is -eps_CI."""
    epsilon = truth.epsilon_ci(feature_class, given)
    words = "(Y, Z)" if given == "yz" and truth.latent else "Y"
    return Assumption(f"eps_CI = 0 given {words}", -epsilon, epsilon <= truth.rounding2)


def mean_independence(truth: Population, given: Any = "yz") -> Assumption:
    """E[X2 | X1, state] = E[X2 | state]: the margin is minus the root mean square of the difference."""
    size = truth.mean_dependence(given)
    words = "Y,Z" if given == "yz" and truth.latent else "Y"
    return Assumption(f"E[X2|X1,{words}] = E[X2|{words}]", -size, size <= truth.rounding2)


def readable(truth: Population, intercept: bool, given: Any = "yz") -> Assumption:
    """Some W has W'A_bar' = M, so that a linear read-out finds the label in the means of X2: the margin is beta."""
    beta = truth.beta(intercept, given)
    name = "A" if given == "y" or not truth.latent else "A_bar"
    return Assumption(f"W'{name}' = M solvable{', with intercept' if intercept else ''}", beta, beta > 0.0)


def strictly_linear(truth: Population) -> Assumption:
    """The linear optimum without a constant is the one with it: the margin is minus their root mean square distance."""
    affine, linear = truth.linear_psi_star, truth.reduced_psi_star(truth.s12.shape[-1], intercept=False)
    slope = truth.root1 @ (affine.weight - linear.weight)
    level = truth.mean2 - linear.offset - (truth.mean1[..., None, :] @ linear.weight)[..., 0, :]
    size = np.sqrt(inner(slope, slope) + np.sum(level**2, axis=-1))
    return Assumption("linear psi* needs no constant", -size, size <= truth.rounding2 + truth.lost1 * truth.scale2)


def damage(truth: Population, feature_class: FeatureClass, intercept: bool) -> Array:
    """e_apx(psi*) - e_apx(phi1), what the pretext optimum of the class loses, (...)."""
    if feature_class == "linear":
        return truth.approximation_error(truth.linear_psi_star, intercept) - truth.class_floor
    return truth.approximation_error(truth.psi_star, intercept)


def damage_error(truth: Population, feature_class: FeatureClass, intercept: bool) -> Array:
    """Standard error of the damage once that has been asked for, (...): in the linear class the floor cancels."""
    name = "approximation_error" if intercept else "approximation_error_no_intercept"
    known = 0.0 if feature_class == "linear" else truth.se.get(name, 0.0)
    return np.broadcast_to(known, truth.second2.shape)


def features(truth: Population, representation: Representation) -> Any:
    """The representation as what `Population.approximation_error` takes."""
    if representation == "x1":
        return LinearMap.identity(truth.s11.shape[-1])
    return truth.linear_psi_star if representation == "linear_psi_star" else truth.psi_star


def rank(truth: Population, representation: Representation, intercept: bool) -> Array:
    """Rank of the features, of their second moments where no intercept takes up the means, (...)."""
    if representation == "x1":
        rows, mean = truth.root1, truth.mean1
        unit, floor = truth.unit1, RELATIVE_CUTOFF
    elif representation == "linear_psi_star":
        rows, mean, unit, floor = truth.root1 @ truth.linear_psi_star.weight, truth.mean2, truth.unit2, ABSOLUTE
    else:
        rows, mean, unit, floor = truth.psi_star_root(), truth.mean2, truth.unit2, ABSOLUTE
    if not intercept:
        level = np.broadcast_to(mean, (*rows.shape[:-2], mean.shape[-1]))[..., None, :]
        rows = np.concatenate([rows, level], axis=-2)
    return rank_of(rows, floor, unit).astype(float)


def fitted_directions(truth: FinitePopulation, representation: Representation, intercept: bool) -> Array:
    """Orthonormal columns that the weighted features span at the points of x1, the constant among them, (s1, p)."""
    psi = np.asarray(features(truth, representation)(truth.points1), dtype=float)
    unit = truth.unit1 if representation == "x1" else truth.unit2  # what is rounding in psi* is no feature
    psi = (centred(psi, truth.p1) if intercept else psi) / np.where(unit > 0.0, unit, 1.0)
    if intercept:
        psi = np.column_stack([np.ones(len(psi)), psi])
    u, s, _ = np.linalg.svd(np.sqrt(truth.p1)[:, None] * psi, full_matrices=False)
    return np.asarray(u[:, s > ABSOLUTE * max(s.max(), 1.0)])


def residual(truth: Population, representation: Representation, intercept: bool) -> Array:
    """What the best read-out leaves of the label: E tr Cov(Y | X1) + e_apx(psi); jointly Gaussian: tr S_yy|psi."""
    return truth.bayes_noise + truth.approximation_error(features(truth, representation), intercept)


def unknown(truth: Population) -> Array:
    """Return NaN with the leading axes of the population, for what a law does not give."""
    return np.full(truth.second2.shape, np.nan)
