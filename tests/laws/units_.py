"""A law in other units and about other origins, and the quantities that must not notice."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from testbed._linalg import Array
from testbed.check import LAWS, one_law
from testbed.data import LinearMap
from testbed.generators import Factors
from testbed.laws import (
    Finite,
    GaussianMixture,
    JointGaussian,
    Law,
    Population,
    Shifted,
    SquaredMixture,
    StudentMixture,
)
from testbed.pretexts import CCA

EPS = float(np.finfo(float).eps)


class Move(NamedTuple):
    """x1 becomes x1 t + b1, and x2 becomes c x2 + b2."""

    t: Array
    b1: Array
    c: float
    b2: Array

    def tolerance(self, after: Law) -> float:
        """Share that storage and arithmetic may cost: max(1e-9, 100 x 2.2e-16 x (|b|/sd + cond(T)^2))."""
        p, size = after.population(), 0.0
        for shift, square in ((self.b1, p.s11), (self.b2, p.s22)):
            deviation = np.sqrt(np.diagonal(square))
            varies = deviation > 1e-13 * np.abs(shift)
            size = max([size, *(np.abs(shift[varies]) / deviation[varies])])
        diagonal = np.count_nonzero(self.t - np.diag(np.diag(self.t))) == 0
        return max(1e-9, 100.0 * EPS * (size + (1.0 if diagonal else float(np.linalg.cond(self.t)) ** 2)))


def moved(law: Law, move: Move) -> Law:
    """The same law of x1 t + b1 and c x2 + b2."""
    d1 = law.shape[0]
    if isinstance(law, Finite):
        return Finite(law.joint, law.v1 @ move.t + move.b1, move.c * law.v2 + move.b2)
    if isinstance(law, JointGaussian):
        assert not np.any(move.b1)
        assert not np.any(move.b2)
        return JointGaussian(_turned(law.covariance, move), *law.shape)
    if isinstance(law, GaussianMixture):
        mean = np.concatenate([law.mean[:, :d1] @ move.t + move.b1, move.c * law.mean[:, d1:] + move.b2], axis=-1)
        return replace(law, mean=mean, covariance=_turned(law.covariance, move))
    if isinstance(law, StudentMixture):
        return replace(law, gaussian=moved(law.gaussian, move))
    if isinstance(law, SquaredMixture):  # its x2 is a square, which has no shift
        assert not np.any(move.b2)
        return replace(law, gaussian=moved(law.gaussian, move._replace(c=np.sqrt(move.c))))
    assert isinstance(law, Shifted)
    return Shifted(moved(law.target, move), moved(law.pairs, move))


def _turned(covariance: Array, move: Move) -> Array:
    d1, width = len(move.t), covariance.shape[-1]
    map_ = np.eye(width)
    map_[:d1, :d1] = move.t
    second = np.arange(d1, d1 + len(move.b2))
    map_[second, second] = move.c
    turned = map_.T @ covariance @ map_
    return np.asarray(0.5 * (turned + np.swapaxes(turned, -1, -2)))


@cache
def exact_laws() -> dict[str, Law]:
    """Laws whose quantities are closed form: full and deficient rank, with and without a leak or a latent."""
    names = (
        "finite", "finite-leak", "finite-plane-leak", "two-means-equal", "latent-few", "latent-readable", "one-hot",
        "label-shown", "gaussian", "gaussian-leak", "gaussian-wide", "gaussian-rank-1", "gaussian-latent", "sharp",
        "lee-printed",
    )  # fmt: skip
    finite = one_law(LAWS["finite-leak"])
    assert isinstance(finite, Finite)
    constant = [np.column_stack([v, np.full(len(v), 0.3)]) for v in (finite.v1, finite.v2)]
    return {name: one_law(LAWS[name]) for name in names} | {
        "factors": one_law(Factors(structure_seed=1)),
        "finite-constant": Finite(finite.joint, *constant),
        "shifted": Shifted(finite, one_law(LAWS["finite-leak"])),
    }


@cache
def integrated_laws() -> dict[str, Law]:
    """Laws whose universal class takes integrals over x1."""
    clean = one_law(LAWS["clean-square"])
    assert isinstance(clean, GaussianMixture)
    unequal = replace(clean, covariance=np.stack([clean.covariance * s for s in (1.0, 0.7, 1.4)]))
    plain = {name: one_law(LAWS[name]) for name in ("clean", "leak-square", "lee-leak", "latent-leak", "patches-any")}
    return plain | {"unequal": unequal, "student": StudentMixture(clean, 6.0), "squared": SquaredMixture(clean)}


def quantities(law: Law, shifted: bool) -> tuple[dict[str, tuple[Any, int]], dict[str, tuple[Any, int]]]:
    """Quantities with closed forms and those of integrals: values, and the power of the unit of x2 that they have.

    Where origins move, only those with an intercept are asked for.
    """
    p, closed, integrated = law.population(), {}, {}
    variates = CCA(min(2, *law.shape[:2])).optimum(law) if _distinct(p) else LinearMap.identity(law.shape[0])
    for i in (True,) if shifted else (True, False):
        closed[f"e_apx of x1, {i}"] = (p.approximation_error(LinearMap.identity(law.shape[0]), i) - p.class_floor, 0)
        closed[f"e_apx of linear psi*, {i}"] = (p.approximation_error(p.linear_psi_star, i) - p.class_floor, 0)
        closed[f"e_apx of CCA, {i}"] = (p.approximation_error(variates, i) - p.class_floor, 0)
        integrated[f"e_apx of psi*, {i}"] = (p.approximation_error(p.psi_star, i), 0)
        for given in ("yz", "y"):
            closed[f"beta, {i}, {given}"] = (p.beta(i, given), 1)
            for kind, into in (("linear", closed), ("universal", integrated)):
                into[f"sharper, {i}, {given}, {kind}"] = (p.sharper_bound(i, kind, given), 0)
                into[f"tau, {i}, {given}, {kind}"] = (p.tau(i, kind, given), 0)
                for name, part in p.signed_leak(i, kind, given)._asdict().items():
                    if kind == "linear" or name != "slope":
                        into[f"{name}, {i}, {given}, {kind}"] = (part, 2 if name == "neutral" else 0)
    for given in ("yz", "y"):
        closed[f"affine rank, {given}"] = (p.ranks(given).affine_rank, 0)
        if not shifted:
            closed[f"rank, {given}"] = (p.ranks(given).rank, 0)
        closed[f"eps_CI, {given}, linear"] = (p.epsilon_ci("linear", given), 1)
        integrated[f"eps_CI, {given}, universal"] = (p.epsilon_ci("universal", given), 1)
        integrated[f"dependence in means, {given}"] = (p.mean_dependence(given), 1)
    integrated |= {"class floor": (p.class_floor, 0), "Bayes noise": (p.bayes_noise, 0)}
    if p.spectrum is not None:
        closed["spectrum"] = (p.spectrum, 0)
    if p.two_view is not None:
        closed["two views"] = (np.array(p.two_view), 0)
    return closed, integrated


def _distinct(p: Population) -> bool:
    """Whether the leading canonical correlations of the linear class are far enough apart to name their variates."""
    rows = p.rows("linear").psi
    inside = np.linalg.pinv(p.s22, rcond=1e-9, hermitian=True)
    values = np.sqrt(np.clip(np.sort(np.linalg.eigvals(inside @ (rows.T @ rows)).real)[::-1], 0.0, None))
    return bool(np.all(-np.diff(np.append(values, 0.0))[:2] > 1e-3))
