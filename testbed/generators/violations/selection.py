"""V9: only some of the pairs are seen, by a rule that looks at both views."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np

from testbed._linalg import LOST, Array, outer, transpose
from testbed.allowed import Positive, Real
from testbed.arguments import shown
from testbed.generators.edge import Direction, Reads
from testbed.generators.violations.base import Violation, refused
from testbed.generators.violations.rank import cosines
from testbed.generators.violations.within import row_space
from testbed.laws import Finite, GaussianMixture, JointGaussian, Law
from testbed.laws.readouts import EDGE

__all__ = ["Selected", "tilted", "weights"]


@dataclass(frozen=True, repr=False)
class Selected(Violation):
    """V9: a pair is seen with a probability proportional to exp(-(w1'x1 + w2'x2 - c)^2 / (2 t^2)).

    A collider: pairs whose views are independent given the state are not so once selected. With w = (w1, w2),
    c = `threshold` and t = `t_std`, state s of a mixture becomes, with g = t^2 + w'C_s w, ::

        mass p_s sqrt(t^2 / g) exp(-(w'mu_s - c)^2 / (2 g)),  mean mu_s - C_s w (w'mu_s - c) / g,  C_s - C_s w w'C_s / g

    so the selected law is a mixture again and its population as exact as the base's; a finite table is weighted; a
    jointly Gaussian law stays one for c = 0. Unlabelled and labelled samples, and the risk, are of the selected law.
    t -> infinity selects nothing; A, beta and the shares of the classes move with t.

    Breaks conditional independence: eps_CI > 0 from a base that had none. The control is `separable`: selection by
    s(x1) t(x2), the same weight on w1'x1 and on w2'x2 apart, which keeps eps_CI = 0 while A and f* move as well.

    Parameters
    ----------
    base : Generator or Law
        A mixture of a frozen structure (the shares of its states move with it), a finite or a jointly Gaussian law.
    t_std : float
        Width t of what is selected, in units of w'x.
    threshold : float
        Centre c; 0 for a jointly Gaussian law.
    direction : "inside", "outside" or "generic"
        w2, of length 1: in the row space of A_bar (the image of the contrast cos(pi (s + 1/2) / S) of the states), the
        first coordinate less its part there (as V2: no harm), or the first coordinate.
    reads : "noise", "means" or "generic"
        w1, likewise: the first coordinate less its part in the span of the states' means of x1, inside that span, or
        the first coordinate.
    separable : bool
        The control.

    Raises
    ------
    ValueError
        Dials out of range; from `law`: mixtures with leading axes, topics, a jointly
        Gaussian base with a threshold.

    Examples
    --------
    >>> from testbed.generators import CleanMixture, Selected
    >>> truth = Selected(CleanMixture(k=3, structure_seed=1), threshold=0.5).law().population()
    >>> float(truth.epsilon_ci("linear")) > 0.0
    True
    """

    t_std: Positive = 1.0
    threshold: Annotated[float, Real()] = 0.0
    direction: Direction = "inside"
    reads: Reads = "noise"
    separable: bool = False

    def violate(self, base: Law) -> Law:
        """Return the law of the pairs that are selected."""
        first, second = weights(self, base, 1, self.reads), weights(self, base, 2, self.direction)
        w1 = np.concatenate([first, np.zeros_like(second)], axis=-1)
        w2 = np.concatenate([np.zeros_like(first), second], axis=-1)
        for w in (w1, w2) if self.separable else (w1 + w2,):
            base = tilted(self, base, w, self.threshold, self.t_std)
        return base


def tilted(violation: Violation, base: Law, w: Array, c: float, t: float) -> Law:
    """Weight a law by exp(-(w'x - c)^2 / (2 t^2)), x = (x1, x2), and normalise.

    Raises
    ------
    ValueError
        Where the result has no exact population here.
    """
    d1 = base.shape[0]
    if isinstance(base, Finite):
        score = (base.v1 @ w[:d1])[:, None] + base.v2 @ w[d1:] - c
        log = np.where(base.joint > 0.0, -(score**2) / (2.0 * t**2), -np.inf)
        joint = base.joint * np.exp(log - log.max())
        return Finite(joint / joint.sum(), base.v1, base.v2)
    if isinstance(base, JointGaussian):
        if c != 0.0:
            refused(violation, base, f"threshold = {shown(c)} would move its mean from 0")
        load = (base.covariance[..., : w.shape[-1]] @ w[..., None])[..., 0]
        g = t**2 + np.sum(load[..., : w.shape[-1]] * w, axis=-1)
        return JointGaussian(base.covariance - outer(load, load) / np.asarray(g)[..., None, None], *base.shape)
    if not isinstance(base, GaussianMixture):
        refused(violation, base, "the selected law has no closed form here")
    if base.batch:
        refused(violation, base, "shares of states would differ between structures; freeze one by structure_seed")
    load = base.covariance @ w  # (D,), or (S, D)
    g = t**2 + load @ w
    gap = base.mean @ w - c
    log = np.log(base.probability) - 0.5 * np.log(g) - gap**2 / (2.0 * g)
    mass = np.exp(log - log.max())
    mean = base.mean - np.atleast_2d(load) * (gap / g)[:, None]
    covariance = base.covariance - outer(load, load) / np.asarray(g)[..., None, None]
    return GaussianMixture(mass / mass.sum(), mean, covariance, base.d1, base.label, base.latent)


def weights(violation: Violation, base: Law, view: int, kind: str) -> Array:
    """Unit weights of the coordinates of x1 or x2 (view 1, 2): in the span of the states' means, off it, or neither."""
    truth, d = base.population(), base.shape[view - 1]
    first = np.broadcast_to(np.eye(1, d)[0], (*base.batch, d))
    if kind == "generic":
        return np.asarray(first)
    if view == 2:
        means = truth.A_bar
    elif isinstance(base, Finite | GaussianMixture):
        means = _means1(base)
    elif isinstance(base, JointGaussian):
        means = transpose(base.covariance[..., :d, base.blocks["y"].start :])
    else:
        refused(violation, base, "the selected law has no closed form here")
    inside = row_space(means)
    if kind in ("inside", "means"):
        chosen = cosines(means.shape[-2])[:, min(1, means.shape[-2] - 1)] @ means
    else:
        chosen = first - (inside @ (transpose(inside) @ first[..., None]))[..., 0]
    size = np.linalg.norm(chosen, axis=-1, keepdims=True)
    if np.any(size <= _rounding(base, view, means, free=kind == "outside")):
        refused(violation, base, f"x{view} has no direction of the kind {shown(kind)}")
    return np.asarray(chosen / size)


def _rounding(base: Law, view: int, means: Array, free: bool) -> Array:
    """Length up to which a combination of means is rounding, in their unit; of a unit vector (`free`), without one."""
    if free:
        return np.asarray(EDGE)
    truth = base.population()
    square = np.trace(truth.s11 if view == 1 else truth.s22, axis1=-2, axis2=-1)
    if view == 1 and isinstance(base, JointGaussian):  # covariances stand for means
        square = square * np.trace(base.covariance[..., base.blocks["y"].start :, base.blocks["y"].start :], 0, -2, -1)
    lost = LOST * np.abs(means).max(axis=(-2, -1))
    return np.asarray(EDGE * np.sqrt(square) + lost)[..., None]


def _means1(base: Finite | GaussianMixture) -> Array:
    """Means of x1 in the states."""
    if isinstance(base, GaussianMixture):
        return base.mean[..., : base.d1]
    mass = base.joint.sum(axis=-1).reshape(-1, base.joint.shape[2])
    mass = mass[mass.sum(axis=1) > 0.0]
    return np.asarray((mass / mass.sum(axis=1, keepdims=True)) @ base.v1)
