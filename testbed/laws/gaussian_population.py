"""The exact population of a jointly Gaussian law."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import ClassVar

import numpy as np

from testbed._linalg import RELATIVE_CUTOFF, Array, inner, least_squares, own_unit, transpose
from testbed.data import Chain
from testbed.laws.checks import images
from testbed.laws.population import Given, Rows, TwoView, View, check_view
from testbed.laws.quadrature import gaussian_points
from testbed.laws.spectral import Axes, SpectralPopulation, axes_of, conditional
from testbed.laws.states import GaussianBlocks
from testbed.screens import contained

__all__ = ["POINTS", "GaussianPopulation", "lost_over"]

POINTS = 4096  # times the shifts of the rule: points at which a nonlinear representation is judged


class GaussianPopulation(SpectralPopulation):
    """Truth of a `JointGaussian` law: both classes coincide, and everything is closed form.

    The conditional means are slopes: A' = S_2y S_yy^+ and A_bar' = S_{2,(y,z)} S_{(y,z)}^+; M = [I 0], projected on
    the range of S_{(y,z)} where that is singular, so that f* = M E[(Y, Z) | X1] still. All means are 0: centred and
    uncentred moments are the same, and an intercept changes nothing.
    """

    simplex: ClassVar[dict[Given, bool]] = {"y": False, "yz": False}

    def __init__(self, arrays: GaussianBlocks) -> None:
        self.arrays, c, at = arrays, arrays.covariance, arrays.blocks
        self._place = {name: list(range(s.start, s.stop)) for name, s in at.items()}
        self._place["yz"] = self._place["y"] + self._place["z"]
        self.latent = arrays.m > 0
        x1, x2, y = (at[v] for v in ("x1", "x2", "y"))
        self.mean1, self.mean2, self.mean_y = (np.zeros((*arrays.batch, d)) for d in arrays.shape[:3])
        self.s11, self.s12, self.s1y = c[..., x1, x1], c[..., x1, x2], c[..., x1, y]
        self.s22, self.syy = c[..., x2, x2], c[..., y, y]
        self.second2 = np.trace(self.s22, axis1=-2, axis2=-1)
        self.A = self._slope("y")
        self.A_bar = self._slope("yz") if self.latent else self.A
        self.M = np.eye(arrays.k, arrays.k + arrays.m)
        axes = axes_of(self._block("yz", "yz"))
        if not np.all(axes.varies):
            if arrays.batch:
                raise ValueError("covariance: the block of (y, z) is singular; such laws cannot have leading axes")
            self.M = self.M @ transpose(axes.root) @ transpose(axes.inverse)
        zero = np.zeros(arrays.batch)
        self.se = contained(
            dict.fromkeys(("bayes_noise", "class_floor", "epsilon_ci_universal", "epsilon_ci_universal_y"), zero)
        )

    def state_unit(self, given: Given) -> Array:
        """Standard deviations of the state; a coordinate that is constant has none."""
        variance = np.diagonal(self._block(given, given), axis1=-2, axis2=-1)
        return np.sqrt(np.clip(variance, 0.0, None))

    def _block(self, a: str, b: str) -> Array:
        return self.arrays.covariance[..., self._place[a], :][..., self._place[b]]

    def _slope(self, given: Given) -> Array:
        """S_state^+ S_{state, 2}, (..., states, d2)."""
        white = axes_of(self._block(given, given)).inverse
        return white @ (transpose(white) @ self._block(given, "x2"))

    @cached_property
    def axes1(self) -> Axes:
        """Principal axes of the covariance of x1."""
        return axes_of(self.s11)

    def f_star(self, x1: Array) -> Array:
        """E[Y | X1 = x1], (..., n, d1) -> (..., n, k)."""
        return self.linear_f_star(x1)

    def psi_star(self, x1: Array) -> Array:
        """E[X2 | X1 = x1], (..., n, d1) -> (..., n, d2)."""
        return self.linear_psi_star(x1)

    def cross_given(self, given: Given) -> Array:
        """Partial covariance of X1 and X2 given the state, (..., d1, d2)."""
        return self.s12 - self._block("x1", given) @ (self.A_bar if given == "yz" else self.A)

    def within2(self, given: Given = "yz") -> Array:
        """Cov(X2 | state), (..., d2, d2)."""
        return conditional(self.arrays.covariance, self._place[given], self._place["x2"])

    def mean_dependence(self, given: Given = "yz") -> Array:
        """Root mean square of E[X2 | X1, state] - E[X2 | state]: what the residual of X1 explains of that of X2."""
        self.means(given)
        both = self._place["x1"] + self._place["x2"]
        c, d1 = conditional(self.arrays.covariance, self._place[given], both), len(self._place["x1"])
        seen = transpose(axes_of(c[..., :d1, :d1]).inverse) @ c[..., :d1, d1:]
        return np.sqrt(inner(seen, seen))

    def _universal_rows(self, given: Given) -> Rows:
        return self._linear_rows(given)

    def _universal_epsilon(self, given: Given) -> Array:
        return self.epsilon_ci("linear", given)

    @cached_property
    def bayes_noise(self) -> Array:
        """Trace of Cov(Y | X1), the risk of the best predictor, (...)."""
        return self.bayes_risk("x1")

    @cached_property
    def class_floor(self) -> Array:
        """Zero for each law, since f* is linear."""
        return np.zeros(self.arrays.batch)

    def bayes_risk(self, view: View) -> Array:
        """Return the trace of Cov(Y | view), the risk of the best predictor from that view, (...)."""
        check_view(view)
        seen = {"x1": ("x1",), "x2": ("x2",), "both": ("x1", "x2")}[view]
        place = [i for v in seen for i in self._place[v]]
        rest = conditional(self.arrays.covariance, place, self._place["y"])
        return np.asarray(np.maximum(np.trace(rest, axis1=-2, axis2=-1), 0.0))

    @cached_property
    def two_view(self) -> TwoView:
        """What each view alone loses, and what predicting the label by way of the other view does (I12)."""
        both = self._place["x1"] + self._place["x2"]
        c = self.arrays.covariance[..., both, :][..., both]
        axes = axes_of(c)
        root = axes.root
        d1, cross = self.arrays.d1, self.arrays.covariance[..., both, :][..., self._place["y"]]
        target = transpose(axes.inverse) @ cross
        white2 = axes_of(self.s22).inverse
        slope2 = white2 @ (transpose(white2) @ cross[..., d1:, :])
        slopes = (self.linear_f_star.weight, slope2, self.linear_psi_star.weight @ slope2)
        views = (root[..., :d1], root[..., d1:], root[..., :d1])
        gaps = [view @ slope - target for view, slope in zip(views, slopes, strict=True)]
        return TwoView(*(inner(gap, gap) for gap in gaps))

    @cached_property
    def spectrum(self) -> Array:
        """Canonical correlations of x1 and x2, falling; the constants' 1 is not among them."""
        return self._correlations("x1", "x2", None)

    def _correlations(self, a: str, b: str, given: Given | None) -> Array:
        place = self._place[a] + self._place[b]
        c = conditional(self.arrays.covariance, self._place[given] if given else [], place)
        d = len(self._place[a])
        left, right = (axes_of(block).inverse for block in (c[..., :d, :d], c[..., d:, d:]))
        s = np.linalg.svd(transpose(left) @ c[..., :d, d:] @ right, compute_uv=False)
        return np.clip(s, 0.0, 1.0)

    def mutual_information(self, a: str = "x1", b: str = "x2", given: Given | None = None) -> Array:
        """I(a; b | given) = -(1/2) sum log(1 - r^2) in nats, r the (partial) canonical correlations."""
        r = self._correlations(a, b, given)
        with np.errstate(divide="ignore"):
            return np.asarray(-0.5 * np.sum(np.log1p(-(r**2)), axis=-1))

    def _nonlinear_approximation(self, psi: Callable[[Array], Array], intercept: bool) -> Array:
        first, second = (psi.first, psi.second) if isinstance(psi, Chain) else (psi, None)
        if first == self.psi_star:
            linear = self.linear_psi_star
            return self.approximation_error(linear if second is None else linear.then(second), intercept)
        if self.arrays.batch:
            raise ValueError("a representation that is not linear is scored on one law: law[r].population()")
        x1 = gaussian_points(self.s11[:1], POINTS, self.arrays.d1).reshape(-1, self.arrays.d1) @ self.root1
        return lost_over(psi, x1, self.f_star(x1), intercept)


def lost_over(psi: Callable[[Array], Array], x1: Array, f: Array, intercept: bool) -> Array:
    """Mean over points of x1 of what a linear read-out of psi leaves of the values f of f* there."""
    features = images(psi, x1)
    size = np.linalg.norm(features, axis=0)
    if intercept:
        features, f = features - features.mean(axis=0), f - f.mean(axis=0)
    unit = own_unit(size, np.linalg.norm(features, axis=0))
    _, rest, _ = least_squares(features, f, RELATIVE_CUTOFF, unit)
    return inner(rest, rest) / len(x1)
