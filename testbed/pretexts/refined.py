"""Pairs refined with labels: what x1 tells of x2 beyond the label is regressed out before the pretext sees them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Literal

import numpy as np

from testbed._linalg import Array, pinv, transpose
from testbed.allowed import Count
from testbed.arguments import Seed, generator_of, shown
from testbed.data import Sample
from testbed.laws import Finite, GaussianMixture, JointGaussian, Law
from testbed.laws.spectral import axes_of
from testbed.pretexts.base import NO_LAW, Draw, Pretext, Psi, Unknown

__all__ = ["Refined"]

FLAT = 1e-12  # share of a column's size at or below which what is left of it by the others is rounding


@dataclass(frozen=True, repr=False)
class Refined(Pretext):
    """A pretext on the pairs (x1, x2 - Bhat x1), Bhat from least squares of x2 on (1, x1, y) in n labelled rows.

    It takes a leak, dependence of the views given the label, out of the pairs, whatever its size was; the error of Bhat
    is a new one. On jointly Gaussian laws ::

        E eps_CI(after)^2 = tr Cov(X2|X1,Y) tr(S11^{-1} S11|y) / (n - d1 - k - 2),

    so it pays only where eps_CI^2 was larger, and at eps_CI = 0 it can only harm. The n rows are drawn from the law by
    the learner's own stream, one draw for each repetition: they are not those that the probe is given, so an account of
    labels adds n to `n_labeled`. A fit needs rows of the pairs. The optimum is that of many labelled rows, n without
    end; it is known on `JointGaussian`, `GaussianMixture` and `Finite` laws.

    Parameters
    ----------
    pretext : Pretext
        What is learnt from the refined pairs; one that looks at pairs.
    n : int
        Number of labelled rows for Bhat, at least d1 + k + 3: below, its error has no finite mean.

    Raises
    ------
    ValueError
        A pretext that looks at no pairs; in a fit or at the optimum, fewer labelled rows than d1 + k + 3.

    References
    ----------
    Teng, Huang and He, "Can pretext-based self-supervised learning be boosted by downstream data? A theoretical
    analysis", AISTATS 2022; the mean is this project's (A14).

    Examples
    --------
    >>> from testbed.generators import CleanMixture
    >>> from testbed.pretexts import Predict, Refined
    >>> from testbed.regressors import ReducedRank
    >>> law = CleanMixture(k=3, rho=0.6, structure_seed=1).law()
    >>> truth = law.population()
    >>> for task in (Predict(ReducedRank(2)), Refined(Predict(ReducedRank(2)), 200)):    # e_apx without and with it
    ...     print(float(truth.approximation_error(task.optimum(law)).round(3)))
    0.341
    0.092
    """

    reads_law: ClassVar[bool] = True

    pretext: Pretext
    n: Count

    def __post_init__(self) -> None:
        """Check that there are pairs to refine."""
        super().__post_init__()
        if not self.pretext.folds:
            raise ValueError(f"pretext = {shown(self.pretext)} looks at no pairs, so there is nothing to refine")

    @property
    def linear(self) -> bool:
        """Moments of pairs hold no labelled rows, so rows are needed; psi is affine where the pretext's is."""
        return False

    @property
    def weighted(self) -> bool:
        """Whether the pretext takes weights."""
        return self.pretext.weighted

    @property
    def leading(self) -> Literal["variance", "first", "none"]:
        """The rule of the inner pretext for what `Truncated` keeps."""
        return self.pretext.leading

    def fit(self, draw: Draw, law: Law = NO_LAW, rng: Seed = 0) -> Psi:
        """Draw the labelled rows, regress, and give the pretext the refined pairs."""
        rng = generator_of(rng)
        self._check_rows(law)
        if not isinstance(draw, Sample):
            raise TypeError(f"{shown(self)} is fitted on rows, not on Moments")
        slope = _slope(law.sample(self.n, rng))
        return self.pretext.fit(replace(draw, x2=draw.x2 - draw.x1 @ slope), law, rng)

    def optimum(self, law: Law) -> Psi:
        """Optimum of the pretext on the law whose x2 is x2 - B x1."""
        self._check_rows(law)
        refined = _refined(law)
        if refined is None:
            return Unknown(
                f"{shown(self)}: the law of refined pairs is not one of those here, of a {type(law).__name__}"
            )
        return self.pretext.optimum(refined)

    def _check_rows(self, law: Law) -> None:
        d1, _, k, _ = law.shape
        if self.n < d1 + k + 3:
            raise ValueError(
                f"n = {self.n}: the error of regressing x2 on (1, x1, y) has a finite mean from d1 + k + 3 = "
                f"{d1 + k + 3} labelled rows on"
            )


def _slope(rows: Sample) -> Array:
    """Slopes of x1 (d1, d2) in the regression of x2 on (1, x1, y); of least norm where columns depend on each other."""
    x1, x2, y = (v - v.mean(axis=0) for v in (rows.x1, rows.x2, rows.y))
    u, s, _ = np.linalg.svd(y, full_matrices=False)
    u = u[:, s > FLAT * s.max(initial=0.0)]
    left = x1 - u @ (u.T @ x1)
    unit = np.linalg.norm(x1, axis=0)
    return np.asarray(pinv(left, FLAT * max(1.0, left.shape[1]), np.where(unit > 0.0, unit, 1.0)) @ x2)


def _refined(law: Law) -> Law | None:
    """The law of (x1, x2 - B x1, y, z), B the slopes of x1 in the best affine predictor of x2 from (x1, y)."""
    truth = law.population()
    white = axes_of(truth.syy).inverse
    seen = truth.s1y @ white
    within = axes_of(truth.s11 - seen @ transpose(seen)).inverse
    slope = within @ (transpose(within) @ truth.cross_given("y"))
    d1, d2 = slope.shape[-2:]
    if isinstance(law, JointGaussian | GaussianMixture):
        width = law.covariance.shape[-1]
        change = np.broadcast_to(np.eye(width), (*slope.shape[:-2], width, width)).copy()
        change[..., :d1, d1 : d1 + d2] = -slope
        each = law.covariance.ndim > change.ndim  # a covariance for each state
        side = change[..., None, :, :] if each else change
        covariance = transpose(side) @ law.covariance @ side
        covariance = 0.5 * (covariance + transpose(covariance))
        if isinstance(law, JointGaussian):
            return replace(law, covariance=covariance)
        return replace(law, mean=law.mean @ change, covariance=covariance)
    if isinstance(law, Finite):
        k, m, s1, s2 = law.joint.shape
        joint = np.einsum("yzab,ac->yzacb", law.joint, np.eye(s1)).reshape(k, m, s1, s1 * s2)
        points = (law.v2[None] - (law.v1 @ slope)[:, None]).reshape(s1 * s2, d2)
        return Finite(joint, law.v1, points)
    return None
