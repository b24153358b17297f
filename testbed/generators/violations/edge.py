"""V1 and V2: an edge from x1 to x2 within the states, inside or outside the row space of A."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from testbed._linalg import Array, solve, symmetric_root, transpose
from testbed.allowed import NotNegative, Real
from testbed.arguments import shown
from testbed.generators.edge import Direction, Reads, one_size
from testbed.generators.rotations import orthogonal
from testbed.generators.violations.base import Violation, refused
from testbed.generators.violations.within import Within, complement, row_space
from testbed.laws import Law
from testbed.laws.population import FeatureClass

__all__ = ["DirectEdge", "Sized"]


class Sized(Violation):
    """A violation that adds an edge of a size: `rho`, or the eps_CI it is to have."""

    rho: float
    epsilon_ci: float | None

    def __post_init__(self) -> None:
        """Refuse two sizes at once."""
        super().__post_init__()
        one_size(self.rho, self.epsilon_ci)

    @abstractmethod
    def _edge(self, parts: Within) -> Array:
        """Edge of size 1, (..., d1, d2): the largest canonical correlation within states that it makes is 1."""

    def _of_size(self, base: Law, rho: float, epsilon_ci: float | None, feature_class: FeatureClass) -> Law:
        """Add the edge, rho times as large as possible, or of the eps_CI that is asked for."""
        parts = Within.of(base, self)
        edge, own = self._edge(parts), parts.c12
        if epsilon_ci is None:
            if np.any(own) and np.any(parts.correlation(own + rho * edge) > 1.0 + 1e-9):
                low, high = _attainable(parts, edge)
                raise ValueError(
                    f"rho = {shown(rho)}: the base has an edge of its own; attainable beside it: {low:.6g} to "
                    f"{high:.6g}"
                )
            return parts.with_edge(own + rho * edge)
        truth = base.population()
        if np.any(truth.epsilon_ci("linear") > truth.rounding2):
            raise ValueError(
                f"epsilon_ci = {shown(epsilon_ci)}: the base has eps_CI > 0 already, and the two add up by "
                "direction; give rho"
            )
        most = parts.with_edge(edge).population().epsilon_ci(feature_class)
        least = float(np.min(most))
        if epsilon_ci > least * (1.0 + 1e-12):
            raise ValueError(f"epsilon_ci = {shown(epsilon_ci)} ({feature_class}); attainable: 0 to {least:.6g}")
        share = np.minimum(epsilon_ci / np.where(most > 0.0, most, 1.0), 1.0)
        return parts.with_edge(share[..., None, None] * edge)


@dataclass(frozen=True, repr=False)
class DirectEdge(Sized):
    """V1, V2: an edge from x1 to x2 within the states of any mixture with one covariance, or of a jointly Gaussian law.

    With e1 = X1 - E[X1 | state] ~ N(0, C11) and e2 ~ N(0, I), ::

        X2 = E[X2 | state] + (C22 - rho^2 T C11 T')^{1/2} e2 + rho T e1,

    T C11 T' <= C22 with equality along the directions of the edge: |rho| is the canonical correlation of the views
    within a state along each of them, at most 1. Where the base has no edge, A, A_bar, beta and Cov(X2 | state) do not
    move with rho, and eps_CI is proportional to |rho| in both classes, ::

        linear^2 = rho^2 tr(T C11 S11^{-1} C11 T'),  universal^2 = rho^2 [tr(T C11 T') - E tr(T Cov(mu1 | x1) T')].

    Breaks conditional independence. Inside the row space of A_bar (V1) e_apx(psi*) is quadratic in eps_CI, then
    flattens; outside it (V2, the negative control) e_apx(psi*) is what it was, without an intercept too, and so is the
    excess over e_apx(phi1) in the linear class.

    Parameters
    ----------
    base : Generator or Law
    rho : float
        Size of the edge, from -1 to 1; beside an edge of the base, those of these sizes at which the covariance is
        still positive semidefinite.
    direction : "inside", "outside" or "generic"
        Range of T: in the row space of A_bar, orthogonal to it, or of no relation to it (fixed, the same in all
        structures).
    reads : "noise", "means" or "generic"
        Directions of C11^{-1/2} x1 that T reads: orthogonal to the centred means of the states, along them (then the
        leak has a sign, see `SignedEdge`), or of no relation to them.
    epsilon_ci : float, optional
        Target eps_CI given (Y, Z) in place of rho >= 0, for a base without an edge; exact in the linear class, to the
        error of the integral in the universal one.
    epsilon_ci_class : "linear" or "universal"
        Class of the target.

    Raises
    ------
    ValueError
        Dials out of range; from `law`: a base without Gaussian noise of one covariance within states, no direction of
        the kind that is asked for, a target that cannot be attained, with the attainable range.

    References
    ----------
    Repairs the alpha of Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, section 6, which moves A as well.

    Examples
    --------
    >>> from testbed.generators import CleanMixture, DirectEdge
    >>> truth = DirectEdge(CleanMixture(k=3, structure_seed=1), epsilon_ci=0.3).law().population()
    >>> float(truth.epsilon_ci("linear").round(6))
    0.3
    """

    rho: Annotated[float, Real(-1.0, 1.0)] = 0.0
    direction: Direction = "inside"
    reads: Reads = "noise"
    epsilon_ci: NotNegative | None = None
    epsilon_ci_class: FeatureClass = "linear"

    def violate(self, base: Law) -> Law:
        """Return the law of the base with the edge added to its covariance within states."""
        return self._of_size(base, self.rho, self.epsilon_ci, self.epsilon_ci_class)

    def _edge(self, parts: Within) -> Array:
        d1, d2 = parts.c12.shape[-2:]
        white = transpose(solve(parts.root1, parts.s1s))
        source, onto = _basis(self.reads, white, d1, 1), _basis(self.direction, parts.means, d2, 2)
        for basis, name, where in ((source, "reads", "x1"), (onto, "direction", "x2")):
            if basis.shape[-1] == 0:
                refused(self, parts.law, f"{name} = {shown(getattr(self, name))}, and {where} has no such direction")
        r = min(source.shape[-1], onto.shape[-1])
        within = onto[..., :r]  # L = E (E' C22^{-1} E)^{-1/2}: the largest with L L' <= C22
        metric = transpose(within) @ parts.inverse_root2
        scale = np.linalg.inv(symmetric_root(metric @ transpose(metric)))
        return np.asarray(parts.root1 @ source[..., :r] @ transpose(within @ scale))


def _basis(kind: str, rows: Array, d: int, view: int) -> Array:
    """Orthonormal columns in the span of rows, orthogonal to it, or a fixed random rotation (..., d, r)."""
    if kind in ("inside", "means"):
        return row_space(rows)
    if kind in ("outside", "noise"):
        return complement(rows)
    return np.broadcast_to(orthogonal(np.random.default_rng([d, view]), (), d), (*rows.shape[:-2], d, d))


def _attainable(parts: Within, edge: Array) -> tuple[float, float]:
    """Range of rho that leaves a covariance beside the edge of the base: the correlation is convex in rho."""
    ends = []
    for sign in (-1.0, 1.0):
        low, high = 0.0, 2.0
        for _ in range(60):
            middle = 0.5 * (low + high)
            possible = bool(np.all(parts.correlation(parts.c12 + sign * middle * edge) <= 1.0))
            low, high = (middle, high) if possible else (low, middle)
        ends.append(sign * low)
    return ends[0], ends[1]
