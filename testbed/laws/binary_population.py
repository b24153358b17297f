"""The population of a `BinaryGaussian`: linear in the views, and one-dimensional integrals over the score."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import ClassVar, NamedTuple

import numpy as np
from scipy.special import expit, ndtr

from testbed._linalg import Array, inner, transpose
from testbed.data import Chain
from testbed.laws.gaussian_population import POINTS, GaussianPopulation, lost_over
from testbed.laws.population import Given, Rows, View, check_view
from testbed.laws.quadrature import gaussian_points
from testbed.laws.spectral import Axes, SpectralPopulation
from testbed.screens import contained

__all__ = ["LINKS", "BinaryPopulation"]

REACH = 9.0  # standard deviations that the rule covers: what is left out has probability 1e-19
CHUNK = 2**21  # nodes of a rule at once


class Link(NamedTuple):
    """A distribution function and its density."""

    value: Callable[[Array], Array]
    slope: Callable[[Array], Array]


LINKS = {
    "probit": Link(ndtr, lambda t: np.exp(-0.5 * t**2) / np.sqrt(2.0 * np.pi)),
    "logistic": Link(expit, lambda t: expit(t) * expit(-t)),
}


def rule(scale: float) -> tuple[Array, Array]:
    """Nodes and weights of the trapezoidal rule for E h(u), u ~ N(0, 1), of a link of `scale` times u.

    The rule converges exponentially in the distance of the next singularity of h, pi / scale for the logistic function,
    over the step: 0.2 / scale leaves e^-98, and what limits it is rounding.
    """
    step = min(0.1, 0.2 / max(scale, 1e-9))
    count = int(np.ceil(REACH / step))
    u = step * np.arange(-count, count + 1)
    weight = np.exp(-0.5 * u**2)
    return np.asarray(u), np.asarray(weight / weight.sum())


class BinaryPopulation(SpectralPopulation):
    """Truth of a `BinaryGaussian`.

    With c = E g'(T + shift), Stein's identity gives Cov(X, p) = c Cov(X, T) for both views, and with it the linear
    class and the means of X2 given the class. The rest of p(X1), which is orthogonal to all linear functions, has one
    variance: it is all that the universal class has beyond the linear one.
    """

    latent = False
    simplex: ClassVar[dict[Given, bool]] = {"y": True, "yz": True}

    def __init__(self, score: GaussianPopulation, link: str, shift: float) -> None:
        self.score, self.link, self.shift = score, LINKS[link], shift
        self.closed = link == "probit"
        u, weight = rule(float(np.sqrt(score.syy[0, 0])))
        at = np.sqrt(score.syy[0, 0]) * u + shift
        share, slope = float(weight @ self.link.value(at)), float(weight @ self.link.slope(at))
        away = float(weight @ self.link.value(-at))  # 1 - share, without a loss of digits
        sign = np.array([[-1.0, 1.0]])
        self.mean1, self.mean2, self.mean_y = score.mean1, score.mean2, np.array([away, share])
        self.s11, self.s12, self.s22, self.second2 = score.s11, score.s12, score.s22, score.second2
        self.s1y = slope * score.s1y * sign
        self.syy = share * away * (sign.T @ sign)
        cross = slope * score.arrays.covariance[score.arrays.blocks["y"], score.arrays.blocks["x2"]]
        self.A = np.vstack([-cross / away, cross / share])
        self.A_bar, self.M = self.A, np.eye(2)
        zero = np.zeros(())
        self.se = contained(
            dict.fromkeys(("bayes_noise", "class_floor", "epsilon_ci_universal", "epsilon_ci_universal_y"), zero)
        )
        self._slope = slope

    @property
    def axes1(self) -> Axes:
        """Principal axes of the covariance of x1."""
        return self.score.axes1

    def f_star(self, x1: Array) -> Array:
        """P(Y | X1 = x1), (..., n, d1) -> (..., n, 2)."""
        p = self._share(self.score.f_star(x1)[..., 0], float(self.score.bayes_noise))
        away = self._share(-self.score.f_star(x1)[..., 0], float(self.score.bayes_noise), -1.0)
        return np.stack([away, p], axis=-1)

    def psi_star(self, x1: Array) -> Array:
        """E[X2 | X1 = x1], (..., n, d1) -> (..., n, d2)."""
        return self.linear_psi_star(x1)

    def _share(self, mean: Array, variance: float, sign: float = 1.0) -> Array:
        """E g(T + shift) for a score T of these means (or E g(-T - shift) of minus these), and one variance."""
        at = mean + sign * self.shift
        if self.closed:
            return np.asarray(self.link.value(at / np.sqrt(1.0 + variance)))
        deviation = np.sqrt(max(variance, 0.0))
        u, weight = rule(deviation)
        flat, size = at.reshape(-1), max(1, CHUNK // len(u))
        parts = [self.link.value(flat[i : i + size, None] + deviation * u) @ weight for i in range(0, len(flat), size)]
        return np.concatenate([np.zeros(0), *parts]).reshape(at.shape)

    def _rest(self, explained: float) -> tuple[float, float]:
        """Bayes noise where so much of the variance of the score is seen, and the variance of p that is not linear."""
        deviation, left = np.sqrt(explained), float(self.score.syy[0, 0]) - explained
        u, weight = rule(deviation)
        p, away = self._share(deviation * u, left), self._share(-deviation * u, left, -1.0)
        linear = self.mean_y[1] + self._slope * deviation * u
        return 2.0 * float(weight @ (p * away)), float(weight @ (p - linear) ** 2)

    @cached_property
    def _of_x1(self) -> tuple[float, float]:
        return self._rest(float(self.score.syy[0, 0] - self.score.bayes_noise))

    @property
    def bayes_noise(self) -> Array:
        """2 E p (1 - p), the risk of the best predictor from x1."""
        return np.asarray(self._of_x1[0])

    @property
    def class_floor(self) -> Array:
        """E|f* - f*_H1|^2, twice the variance of p(X1) that is not linear."""
        return np.asarray(2.0 * self._of_x1[1])

    def bayes_risk(self, view: View) -> Array:
        """Risk of the best predictor of the class from "x1", "x2" or "both"."""
        check_view(view)
        return np.asarray(self._rest(float(self.score.syy[0, 0] - self.score.bayes_risk(view)))[0])

    def cross_given(self, given: Given) -> Array:
        """Partial covariance of X1 and X2 given the class, (d1, d2)."""
        return self.s12 - self.s1y @ self.A

    def within2(self, given: Given = "yz") -> Array:
        """Mean of Cov(X2 | Y), (d2, d2)."""
        return self.s22 - transpose(self.A) @ (self.mean_y[:, None] * self.A)

    def _universal_rows(self, given: Given) -> Rows:
        linear, rest = self.white1(self.s1y), np.sqrt(self._of_x1[1]) * np.array([[-1.0, 1.0]])
        f = np.concatenate([linear, rest])
        psi = np.concatenate([self.white1(self.s12), np.zeros((1, self.s12.shape[-1]))])
        return Rows(f, psi, psi - f @ self.A)

    def _universal_epsilon(self, given: Given) -> Array:
        leak = self._universal_rows(given).leak
        return np.asarray(np.sqrt(inner(leak, leak)))

    def _nonlinear_approximation(self, psi: Callable[[Array], Array], intercept: bool) -> Array:
        first, second = (psi.first, psi.second) if isinstance(psi, Chain) else (psi, None)
        if first == self.psi_star:
            linear = self.linear_psi_star
            return self.approximation_error(linear if second is None else linear.then(second), intercept)
        d1 = self.s11.shape[-1]
        x1 = gaussian_points(self.s11[:1], POINTS, d1).reshape(-1, d1) @ self.root1
        return lost_over(psi, x1, self.f_star(x1), intercept)
