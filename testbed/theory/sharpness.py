"""The intrinsic bound cannot be improved: jointly Gaussian laws that attain it at every level."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from testbed._linalg import inner, transpose
from testbed.arguments import shown
from testbed.laws import JointGaussian, Population
from testbed.theory.base import EDGE, Assumption, Kind, readable
from testbed.theory.bounds import IntrinsicBound

__all__ = ["SharpIntrinsicBound", "sharp_law"]


def sharp_law(epsilon_ci: Any, beta: float = 1.0, explained: float = 0.5) -> JointGaussian:
    """Jointly Gaussian law with d1 = 2, d2 = 1, k = 1 whose intrinsic risk is (eps_CI / beta)^2 exactly.

    x1 ~ N(0, I), Var(Y) = 1 and f* = sqrt(F) x1_1. With sin(theta) = eps_CI / (beta sqrt(F)) let
    psi* = beta sqrt(F) cos(theta) (cos(theta) x1_1 + sin(theta) x1_2): psi* / beta is the projection of f* on a
    direction at the angle theta, so f* - psi*/beta is orthogonal to it, and the best read-out leaves
    F sin(theta)^2 = (eps_CI / beta)^2.

    Parameters
    ----------
    epsilon_ci : float or (...) array
        Violation of conditional independence, 0 to beta sqrt(explained); an array gives a law with leading axes.
    beta : float
        Conditioning, above 0.
    explained : float
        F = E f*^2, the share of the label that x1 explains, between 0 and 1.

    Raises
    ------
    ValueError
        Values outside these ranges.
    """
    if not 0.0 < explained < 1.0:
        raise ValueError(f"explained = {shown(explained)}: a number above 0 and below 1")
    if not (np.isfinite(beta) and beta > 0.0):
        raise ValueError(f"beta = {shown(beta)}: a finite number above 0")
    level = np.asarray(epsilon_ci, dtype=float)
    most = beta * np.sqrt(explained)
    if not np.all((level >= 0.0) & (level <= most * (1.0 + 1e-12))):
        raise ValueError(f"epsilon_ci = {shown(epsilon_ci)}; between 0 and beta sqrt(explained) = {most:.6g}")
    sine = np.minimum(level / most, 1.0)
    cosine2 = 1.0 - sine**2
    covariance = np.zeros((*level.shape, 4, 4))  # x1_1, x1_2, x2, y
    covariance[..., [0, 1, 3], [0, 1, 3]] = 1.0
    covariance[..., 0, 3] = np.sqrt(explained)
    covariance[..., 0, 2], covariance[..., 1, 2] = most * cosine2, most * sine * np.sqrt(cosine2)
    covariance[..., 2, 3] = beta
    left = beta**2 * (1.0 - explained * cosine2) ** 2 / (1.0 - explained)  # what the residual of y explains of x2
    covariance[..., 2, 2] = most**2 * cosine2 + left + beta**2
    upper = np.triu(covariance, 1)
    return JointGaussian(covariance + transpose(upper), 2, 1, 1)


@dataclass(frozen=True, repr=False)
class SharpIntrinsicBound(IntrinsicBound):
    """Where the bound is attained: e_apx(psi*) - e_apx(phi1) = (eps_CI / beta)^2.

    It is if and only if W, W'A_bar' = M, is the best read-out of psi* (the leak W'psi* - f is orthogonal to psi*), and
    W stretches the leak as much as it can, E|W'd|^2 = |W|_2^2 E|d|^2. `sharp_law` gives such laws at every level.

    References
    ----------
    This project (I6), for Lee, Lei, Saunshi and Zhuo, NeurIPS 2021, Theorem 4.2.
    """

    kind: ClassVar[Kind] = "identity"
    title: ClassVar[str] = "Theorem 4.2, intrinsic part, attained"
    source: ClassVar[str] = "this project (I6)"
    claim: ClassVar[str] = "e_apx(psi*) - e_apx(phi1) = eps_CI^2 / beta^2"

    def assumptions(self, truth: Population) -> tuple[Assumption, ...]:
        """A read-out that is the best one, and stretches the leak fully."""
        weight, _ = truth.readout(self.intercept, self.given)
        _, psi, gap = truth.rows(self.feature_class, self.given)
        leak = gap @ weight
        skew = np.linalg.norm(transpose(psi) @ leak, axis=(-2, -1))
        largest = np.linalg.norm(weight, ord=2, axis=(-2, -1))
        slack = largest**2 * inner(gap, gap) - inner(leak, leak)
        label = np.maximum(np.trace(truth.syy, axis1=-2, axis2=-1), 0.0)
        return (
            readable(truth, self.intercept, self.given),
            Assumption("leak orthogonal to psi*", -skew, skew <= truth.rounding2 * np.sqrt(label)),
            Assumption("E|W'd|^2 = |W|^2 E|d|^2", -slack, slack <= EDGE * label),
        )
